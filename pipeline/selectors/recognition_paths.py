"""A firm's path through each programme across the years, and the rung that comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from crm.models import ChangeRecord
from pipeline.choices import Title
from pipeline.models import Application, Recognition
from pipeline.selectors.chips import GapChip, gap_chips
from pipeline.selectors.programmes import Opening, openings
from pipeline.selectors.recognition_duties import Duties, duties_of
from pipeline.selectors.renewals import Renewal, renewals
from pipeline.workflows import PROGRAMMES

if TYPE_CHECKING:
    from crm.models import Firm, User

VALID, SUSPENDED, RENEWED, LAPSED, ENDED = "valid", "suspended", "renewed", "lapsed", "ended"
STATE_WORDS = {
    VALID: _("有效"),
    SUSPENDED: _("暂停"),
    RENEWED: _("已续"),
    LAPSED: _("已失效"),
    ENDED: _("已撤销"),
}
STATE_TONES = {VALID: "fine", SUSPENDED: "soon", RENEWED: "wait", LAPSED: "act", ENDED: "act"}
STATE_ICONS = {
    VALID: "circle-check",
    SUSPENDED: "triangle-alert",
    RENEWED: "rotate-ccw",
    LAPSED: "circle-x",
    ENDED: "circle-x",
}


@dataclass(frozen=True)
class PathEntry:
    """One title on the path: its state today, and whether the firm had held the same before."""

    row: Recognition
    state: str
    again: bool
    duties: Duties
    history: tuple[ChangeRecord, ...] = ()

    @property
    def word(self) -> str:
        return str(STATE_WORDS[self.state])

    @property
    def tone(self) -> str:
        return STATE_TONES[self.state]

    @property
    def icon(self) -> str:
        return STATE_ICONS[self.state]


@dataclass(frozen=True)
class ProgrammePath:
    """What a firm was granted in one programme, newest first, what renews it, and what it leads to."""

    programme: str
    entries: tuple[PathEntry, ...]
    renewal: Renewal | None
    following: Opening | None
    chip: GapChip | None  # how far the firm is from the rung that follows


def recognition_paths(firm: Firm, *, user: User, today: date) -> list[ProgrammePath]:
    """The paths of one firm, in ladder order; programmes without a title are left out. Ten queries."""
    rows = list(firm.recognitions.order_by("-granted_on", "-pk"))
    for row in rows:
        row.firm = firm
    applications = list(Application.objects.visible_to(user).open().filter(firm=firm))
    offers = [opening for opening in openings(rows, applications, today) if opening.suggested]
    chips = {chip.programme: chip for chip in gap_chips([firm.pk], programmes=PROGRAMMES).get(firm.pk, ())}
    current = {item.title.programme: item for item in renewals(_newest(rows), user=user, today=today)}
    history = _history(rows, user)
    duties = duties_of(rows, today)
    entries = [_entry(row, rows, history.get(row.pk, []), duties[row.pk], today) for row in rows]
    return [
        _path(
            programme, [entry for entry in entries if entry.row.programme == programme], current, offers, chips, today
        )
        for programme in PROGRAMMES
        if any(row.programme == programme for row in rows)
    ]


def _newest(rows: Sequence[Recognition]) -> list[Recognition]:
    """The newest title of each programme that was not ended early; library entries renew nothing."""
    found: dict[str, Recognition] = {}
    for row in rows:
        if row.title != Title.LIBRARY and row.ended_on is None:
            found.setdefault(row.programme, row)
    return list(found.values())


def _path(
    programme: str,
    entries: Sequence[PathEntry],
    current: dict[str, Renewal],
    offers: Iterable[Opening],
    chips: dict[str, GapChip],
    today: date,
) -> ProgrammePath:
    valid = any(entry.row.is_valid_on(today) for entry in entries)
    next_programme = PROGRAMMES[programme].next_programme if valid else ""
    following = next((opening for opening in offers if opening.programme == next_programme), None)
    return ProgrammePath(
        programme=programme,
        entries=tuple(entries),
        renewal=current.get(programme),
        following=following,
        chip=chips.get(next_programme) if following else None,
    )


def _history(rows: Sequence[Recognition], user: User) -> dict[int, list[ChangeRecord]]:
    """What was changed of each title, oldest first. One query."""
    wanted = {"object_type": "pipeline.recognition", "object_id__in": [str(row.pk) for row in rows]}
    found: dict[int, list[ChangeRecord]] = {}
    for record in ChangeRecord.objects.visible_to(user).filter(**wanted).select_related("actor").order_by("at", "pk"):
        found.setdefault(int(record.object_id), []).append(record)
    return found


def _entry(
    row: Recognition, rows: Sequence[Recognition], history: list[ChangeRecord], duties: Duties, today: date
) -> PathEntry:
    same = [other for other in rows if (other.programme, other.title) == (row.programme, row.title)]
    again = any(other.granted_on < row.granted_on for other in same)
    renewed = any(other.granted_on > row.granted_on for other in same)
    return PathEntry(row, state_of(row, renewed, today), again, duties, tuple(history))


def state_of(row: Recognition, renewed: bool, today: date) -> str:
    """What a title is today. One that a newer title follows is renewed, whether or not it still runs."""
    if row.ended_on and row.ended_on <= today:
        return ENDED
    if renewed:
        return RENEWED
    if not row.is_valid_on(today):
        return LAPSED
    return SUSPENDED if row.suspended_on else VALID


OTHER_FIELDS = {"annual_report": _("年度报告"), "major_change": _("重大变化"), "change_report": _("重大变化报告")}


def change_field(name: str) -> str:
    """A field of a title as people read it, or what was recorded beside it."""
    if name in OTHER_FIELDS:
        return str(OTHER_FIELDS[name])
    return str(Recognition._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
