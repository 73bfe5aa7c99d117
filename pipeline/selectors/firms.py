"""Firms with what this room knows of them: where they stand on the ladder, and what has happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.fact_codes import FLAG_PREFIX
from crm.models import ChangeRecord, Firm, Touch
from crm.selectors.firms import fact_table
from pipeline.choices import Title
from pipeline.models import Application, Recognition, StageEvent
from pipeline.selectors.applications import IN_PROGRESS
from pipeline.selectors.policies import flag_labels
from pipeline.workflows import PROGRAMMES

FULL, HALF, HOLLOW, STRUCK = "full", "half", "hollow", "struck"
RUNG_WORDS = {
    FULL: gettext_lazy("有效"),
    HALF: gettext_lazy("办理中"),
    HOLLOW: gettext_lazy("未取得"),
    STRUCK: gettext_lazy("已失效"),
}
OTHER_FIELDS = {
    "post": gettext_lazy("岗位"),
    "member": gettext_lazy("企业账号"),
    "recognition": gettext_lazy("认定结果"),
    "right": gettext_lazy("知识产权"),
    "credential": gettext_lazy("资质"),
}
TIMELINE_LENGTH = 40


@dataclass(frozen=True)
class Rung:
    """One programme on a firm's ladder badge: full (valid), half (in progress), hollow (not yet), struck (lapsed)."""

    programme: str
    state: str
    year: int | None


Ladder = tuple[Rung, ...]


def ladders(firms: Iterable[Firm], *, today: date | None = None) -> dict[int, Ladder]:
    """Each firm's ladder, derived from its recognitions and running applications. Two queries."""
    ids = [firm.pk for firm in firms]
    held: dict[int, list[Recognition]] = {}
    for recognition in Recognition.objects.filter(firm__in=ids).order_by("-granted_on", "-pk"):
        held.setdefault(recognition.firm_id, []).append(recognition)
    running: dict[int, list[Application]] = {}
    for application in (
        Application.objects.in_progress().filter(firm__in=ids).only("firm", "programme", "year", "phase")
    ):
        running.setdefault(application.firm_id, []).append(application)
    return {firm: ladder_of(held.get(firm, []), running.get(firm, []), today=today) for firm in ids}


def ladder_of(
    recognitions: Iterable[Recognition], applications: Iterable[Application], *, today: date | None = None
) -> Ladder:
    """One firm's ladder from its titles, newest first, and its applications. No query."""
    today = today or timezone.localdate()
    titles = [recognition for recognition in recognitions if recognition.title != Title.LIBRARY]
    running = {item.programme: item.year for item in applications if item.phase in IN_PROGRESS}
    return tuple(
        _rung(programme, [title for title in titles if title.programme == programme], running.get(programme), today)
        for programme in PROGRAMMES
    )


def _rung(programme: str, held: list[Recognition], running: int | None, today: date) -> Rung:
    valid = [recognition for recognition in held if recognition.is_valid_on(today)]
    if valid:
        return Rung(programme, FULL, valid[0].granted_on.year)
    if running:
        return Rung(programme, HALF, running)
    return Rung(programme, STRUCK, held[0].granted_on.year) if held else Rung(programme, HOLLOW, None)


def figures_shown(firm: Firm) -> dict[str, Any]:
    """The figures of a firm, and what the yes/no facts that one edition declares are called. One query, or two."""
    table = fact_table(firm)
    codes = [cell[0].code for cell in table.undated if cell[0].code.startswith(FLAG_PREFIX)]
    labels = flag_labels(code.removeprefix(FLAG_PREFIX) for code in codes)
    return {"facts": table, "flags": {FLAG_PREFIX + name: label for name, label in labels.items()}}


@dataclass(frozen=True)
class Happening:
    """One entry of a firm's timeline. `public` says whether the firm sees it too."""

    at: datetime
    icon: str
    what: str
    who: str
    note: str = ""
    url: str = ""
    public: bool = False
    group: str = "system"


def firm_timeline(firm: Firm, recognitions: Iterable[Recognition], *, user: Any) -> list[Happening]:
    """What has happened with a firm, newest first, from the records this reader may see. Three queries."""
    found = [*_moves(firm, user), *_touches(firm, user), *_changes(firm, user), *_granted(recognitions)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:TIMELINE_LENGTH]


def _moves(firm: Firm, user: Any) -> Iterable[Happening]:
    events = StageEvent.objects.visible_to(user).filter(application__firm=firm).select_related("application", "actor")
    for event in events.order_by("-at")[:TIMELINE_LENGTH]:
        application = event.application
        stage = application.workflow.stage(event.to_stage)
        what = f"{application.programme_label} · {event.label} → {stage.label}"
        who = event.who
        url = f"/applications/{application.pk}/"
        yield Happening(event.at, "arrow-right", what, who, event.note, url, not stage.internal, "moves")


def _touches(firm: Firm, user: Any) -> Iterable[Happening]:
    icons = {"note": "sticky-note", "call": "phone", "visit": "map-pin"}
    touches = Touch.objects.visible_to(user).filter(firm=firm).select_related("actor")
    for touch in touches.order_by("-on", "-pk")[:TIMELINE_LENGTH]:
        at = touch.created_at if timezone.localdate(touch.created_at) == touch.on else _noon(touch.on)
        yield Happening(
            at, icons[touch.kind], touch.get_kind_display(), str(touch.actor or ""), touch.text, group="talks"
        )


def _changes(firm: Firm, user: Any) -> Iterable[Happening]:
    records = ChangeRecord.objects.visible_to(user).filter(object_type="crm.firm", object_id=str(firm.pk))
    for record in records.select_related("actor").order_by("-at")[:TIMELINE_LENGTH]:
        what = _("修改{field}：{old} → {new}").format(
            field=field_label(record.field), old=record.old or _("空"), new=record.new or _("空")
        )
        yield Happening(record.at, "pencil", what, str(record.actor or _("系统")), record.reason)


def _granted(recognitions: Iterable[Recognition]) -> Iterable[Happening]:
    for recognition in recognitions:
        what = f"{recognition.programme_label} · {recognition.get_title_display()} {recognition.number}"
        yield Happening(
            _noon(recognition.granted_on), "award", what, "", recognition.document, public=True, group="moves"
        )


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def field_label(name: str) -> str:
    """A field's name as people read it."""
    try:
        return str(Firm._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return str(OTHER_FIELDS.get(name, name))
