"""What has happened with a firm, newest first: one list out of seven kinds of rows, page by page."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.change_words import field_words, is_figure, value_words
from crm.models import ChangeRecord, Contact, Firm, Task, Touch
from crm.services.firms import EDITABLE
from crm.services.history import shown
from pipeline.models import Document, Recognition, StageEvent
from pipeline.models.applications import INTERNAL

MOVES, TALKS, FILES, SYSTEM, PUBLIC = "moves", "talks", "files", "system", "public"
GROUPS = {
    "": gettext_lazy("全部"),
    MOVES: gettext_lazy("动作"),
    TALKS: gettext_lazy("联系"),
    FILES: gettext_lazy("文件"),
    SYSTEM: gettext_lazy("系统"),
    PUBLIC: gettext_lazy("企业可见"),
}
LENGTH = 20


@dataclass(frozen=True, order=True)
class Place:
    """Where an entry stands: its instant, then the kind of row and its key where two have the same instant."""

    at: datetime
    source: str
    pk: int


@dataclass(frozen=True)
class Happening:
    """One entry of a firm's timeline. `public` says whether the firm sees it too; `restore` names a change to undo,
    `is_figure` says that it tells of one."""

    icon: str
    what: str
    who: str
    place: Place
    note: str = ""
    url: str = ""
    public: bool = False
    restore: int = 0
    is_figure: bool = False
    lines: tuple[str, ...] = ()  # of figures that changed together, each of them

    @property
    def at(self) -> datetime:
        return self.place.at


@dataclass(frozen=True)
class Timeline:
    """One page of it. `after` is the mark that the next page starts from, empty on the last one."""

    rows: list[Happening]
    after: str
    is_first: bool
    show: str

    @property
    def groups(self) -> list[tuple[str, Any]]:
        return list(GROUPS.items())


@dataclass(frozen=True)
class Source:
    """One kind of row: its group, by which column it is ordered, which of its rows the firm sees, how it is told."""

    group: str
    rows: Callable[[Firm, Any], QuerySet[Any]]
    column: str
    tell: Callable[[Any, Place, Firm], Happening]
    public: Q | None = None
    alone: bool = False  # shown only where its group is asked for


def firm_timeline(
    firm: Firm, *, user: Any, show: str = "", after: str = "", titles: list[Recognition] | None = None
) -> Timeline:
    """One page of what happened, from the records this reader may see. One query for each kind that is shown.

    `titles` are the firm's recognitions where the caller has them already.
    """
    show, mark = (show if show in GROUPS else ""), _decode(after)
    found: list[Happening] = []
    for name, source in SOURCES.items():
        if not _is_shown(source, show):
            continue
        rows = source.rows(firm, user)
        if show == PUBLIC and source.public is not None:
            rows = rows.filter(source.public)
        known = titles if name == "title" else None
        found += _read(name, source, rows, firm, mark) if known is None else _among(known, source, firm, mark)
    found.sort(key=lambda entry: entry.place, reverse=True)
    rows_shown = found[:LENGTH]
    more = len(found) > LENGTH
    return Timeline(_together(rows_shown), _encode(rows_shown[-1].place) if more else "", mark is None, show)


def _together(rows: list[Happening]) -> list[Happening]:
    """Figures that changed in one act, such as a line of an import, told once: they hide what was said otherwise."""
    found: list[Happening] = []
    for act, entries in groupby(rows, key=lambda entry: (entry.is_figure, entry.at, entry.who, entry.note)):
        several = list(entries)
        if act[0] and len(several) > 1:
            what = _("修改企业数据 {n} 项").format(n=len(several))
            lines = tuple(entry.what for entry in reversed(several))
            several = [replace(several[0], what=what, lines=lines)]
        found += several
    return found


def _is_shown(source: Source, show: str) -> bool:
    if show == PUBLIC:
        return source.public is not None
    return show == source.group or (not show and not source.alone)


def _read(name: str, source: Source, rows: QuerySet[Any], firm: Firm, mark: Place | None) -> Iterable[Happening]:
    """The newest entries of one kind that stand after the mark."""
    column = source.column
    if mark is not None:
        rows = rows.filter(_beyond(name, column, mark))
    for row in rows.order_by(f"-{column}", "-pk")[: LENGTH + 1]:
        yield source.tell(row, Place(_instant(getattr(row, column)), name, row.pk), firm)


def _among(titles: list[Recognition], source: Source, firm: Firm, mark: Place | None) -> Iterable[Happening]:
    """The same of rows that are read already. No query."""
    for row in titles:
        place = Place(_instant(row.granted_on), "title", row.pk)
        if mark is None or place < mark:
            yield source.tell(row, place, firm)


def _beyond(name: str, column: str, mark: Place) -> Q:
    """Rows of one kind that stand after a place; the kind counts where two have the same instant."""
    at: Any = mark.at
    if column.endswith("_on"):
        at = timezone.localdate(mark.at)
        noon = _instant(at)
        if noon < mark.at:
            return Q(**{f"{column}__lte": at})
        if noon > mark.at:
            return Q(**{f"{column}__lt": at})
    earlier = Q(**{f"{column}__lt": at})
    if name == mark.source:
        return earlier | Q(**{column: at, "pk__lt": mark.pk})
    return Q(**{f"{column}__lte": at}) if name < mark.source else earlier


def _instant(value: date | datetime) -> datetime:
    """Of a day without an hour noon stands for it."""
    return value if isinstance(value, datetime) else timezone.make_aware(datetime.combine(value, time(12)))


def _encode(place: Place) -> str:
    text = json.dumps([place.at.isoformat(), place.source, place.pk])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(mark: str) -> Place | None:
    """The place that a mark names; None for what somebody cut short."""
    try:
        at, source, pk = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        instant = datetime.fromisoformat(at)
        known = source in SOURCES and isinstance(pk, int) and abs(pk) < 10**18 and instant.tzinfo is not None
        return Place(instant, source, pk) if known else None
    except (ValueError, TypeError):
        return None


# How each kind is told ------------------------------------------------------------------------------------------------


def _move(event: StageEvent, place: Place, firm: Firm) -> Happening:
    application = event.application
    stage = application.workflow.stage(event.to_stage)
    what = f"{application.programme_label} · {event.label} → {stage.label}"
    url = f"/applications/{application.pk}/"
    return Happening("arrow-right", what, event.who, place, event.note, url, not stage.internal)


def _touch(touch: Touch, place: Place, firm: Firm) -> Happening:
    icon = {"note": "sticky-note", "call": "phone", "visit": "map-pin"}[touch.kind]
    what = f"{touch.get_kind_display()} · {touch.get_outcome_display()}" if touch.outcome else touch.get_kind_display()
    return Happening(icon, what, str(touch.actor or ""), place, touch.text, public=touch.public)


def _task(task: Task, place: Place, firm: Firm) -> Happening:
    word = _("取消{kind}") if task.cancelled_at else _("兑现{kind}") if task.is_promise else _("完成{kind}")
    what = f"{word.format(kind=task.get_kind_display())} · {task.title}"
    icon = "circle-x" if task.cancelled_at else "circle-check"
    return Happening(icon, what, str(task.done_by or ""), place, task.outcome, f"/tasks/{task.pk}/")


def _file(document: Document, place: Place, firm: Firm) -> Happening:
    what = _("上传 {label}").format(label=document.label)
    return Happening("file-text", what, str(document.uploaded_by or ""), place, document.file_name, public=True)


def _title(recognition: Recognition, place: Place, firm: Firm) -> Happening:
    what = f"{recognition.programme_label} · {recognition.get_title_display()} {recognition.number}"
    return Happening("award", what, "", place, recognition.document, public=True)


def _change(record: ChangeRecord, place: Place, firm: Firm) -> Happening:
    model: type[Model] = Contact if record.object_type == Contact._meta.label_lower else Firm
    what = _("修改{field}：{old} → {new}").format(
        field=field_words(record.field, model),
        old=value_words(record.field, record.old, model) or _("空"),
        new=value_words(record.field, record.new, model) or _("空"),
    )
    mine = model is Firm and record.field in EDITABLE and shown(getattr(firm, record.field)) != record.old
    who = str(record.actor or _("系统"))
    return Happening(
        "pencil", what, who, place, record.reason, restore=record.pk if mine else 0, is_figure=is_figure(record.field)
    )


def _moves_of(firm: Firm, user: Any) -> QuerySet[StageEvent]:
    return StageEvent.objects.visible_to(user).filter(application__firm=firm).select_related("application", "actor")


def _changes_of(firm: Firm, user: Any) -> QuerySet[ChangeRecord]:
    own = ChangeRecord.objects.visible_to(user).filter(object_type=Firm._meta.label_lower, object_id=str(firm.pk))
    return own.select_related("actor")


def _contact_changes_of(firm: Firm, user: Any) -> QuerySet[ChangeRecord]:
    keys = [str(contact.pk) for contact in firm.contacts.all()]
    rows = ChangeRecord.objects.visible_to(user).filter(object_type=Contact._meta.label_lower, object_id__in=keys)
    return rows.select_related("actor")


def _closed_tasks(firm: Firm, user: Any) -> QuerySet[Task]:
    closed = Task.objects.visible_to(user).filter(firm=firm).annotate(ended_at=Coalesce("done_at", "cancelled_at"))
    return closed.exclude(ended_at=None).select_related("done_by")


SOURCES = {
    "change": Source(SYSTEM, _changes_of, "at", _change),
    "contact": Source(SYSTEM, _contact_changes_of, "at", _change, alone=True),
    "event": Source(MOVES, _moves_of, "at", _move, public=~Q(to_stage__in=INTERNAL)),
    "file": Source(
        FILES,
        lambda firm, user: Document.objects.visible_to(user).filter(firm=firm).select_related("uploaded_by"),
        "uploaded_at",
        _file,
        public=Q(),
    ),
    "task": Source(TALKS, _closed_tasks, "ended_at", _task),
    "title": Source(MOVES, lambda firm, user: Recognition.objects.filter(firm=firm), "granted_on", _title, public=Q()),
    "touch": Source(
        TALKS,
        lambda firm, user: Touch.objects.visible_to(user).filter(firm=firm).select_related("actor"),
        "at",
        _touch,
        public=Q(public=True),
    ),
}
