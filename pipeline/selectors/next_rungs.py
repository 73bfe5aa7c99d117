"""Firms that a new title lets climb: what an officer may start next, shown in the day until it is started.

Ours, where the law is silent: a title is new for 90 days; a firm that already holds the next title beyond this year, or
whose next application runs or was tried this year, is left out, and so is one whose title is suspended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When

from crm.access import WRITERS, scope_of
from crm.choices import FirmStatus
from pipeline.choices import Phase
from pipeline.models import Application, Recognition
from pipeline.selectors.chips import GapChip, gap_chips
from pipeline.workflows import PROGRAMMES

if TYPE_CHECKING:
    from crm.models import User
    from pipeline.models.results import RecognitionQuerySet

NEW_DAYS = 90
SHOWN = 6
LEADING = {code: table.next_programme for code, table in PROGRAMMES.items() if table.next_programme}


@dataclass(frozen=True)
class NextRung:
    """A firm with a new title, the programme that it leads to, and how far the firm is from that."""

    title: Recognition
    programme: str
    year: int
    chip: GapChip | None


def next_rungs(user: User, today: date) -> list[NextRung]:
    """What this person may start, newest titles first, no more than a day shows. Two queries."""
    looked_after = Q(firm__officer=user) | Q(firm__officer=None)
    rows = Recognition.objects.visible_to(user).filter(looked_after, _writable_by(user))
    found = climbing(rows, today).select_related("firm", "firm__region").order_by("-granted_on", "-pk")[:SHOWN]
    titles = list(found)
    chips = gap_chips({row.firm_id for row in titles}, programmes=set(LEADING.values()), today=today) if titles else {}
    return [_rung(row, chips.get(row.firm_id, ()), today) for row in titles]


def _writable_by(user: User) -> Q:
    """The titles of firms where this person may change something: reading reaches wider than that."""
    scope = scope_of(user)
    posts = tuple((path, role) for path, role in scope.posts if role in WRITERS)
    return replace(scope, posts=posts).q(path="firm__region_path", firm=None)


def climbing(rows: RecognitionQuerySet, today: date) -> RecognitionQuerySet:
    """The new titles among these whose next programme has neither been started nor reached."""
    following = Case(
        *(When(programme=code, then=Value(after)) for code, after in LEADING.items()), output_field=CharField()
    )
    rows = rows.valid_on(today).filter(
        programme__in=LEADING,
        granted_on__gte=today - timedelta(days=NEW_DAYS),
        suspended_on=None,
        firm__status=FirmStatus.ACTIVE,
    )
    of_next = {"firm": OuterRef("firm"), "programme": OuterRef("following")}
    tried = Application.objects.filter(~Q(phase__in=[Phase.RECOGNISED, Phase.CLOSED]) | Q(year=today.year), **of_next)
    lasting = Q(valid_until=None) | Q(valid_until__year__gt=today.year)
    held = Recognition.objects.valid_on(today).filter(lasting, **of_next)
    return rows.annotate(following=following).filter(~Exists(tried), ~Exists(held))


def _rung(row: Recognition, chips: tuple[GapChip, ...], today: date) -> NextRung:
    programme = LEADING[row.programme]
    return NextRung(row, programme, today.year, next((chip for chip in chips if chip.programme == programme), None))
