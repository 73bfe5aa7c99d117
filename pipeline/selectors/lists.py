"""Official lists as a page or a report shows them: counted by what each line came to, and who of ours is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from crm.published.matching import Standing
from pipeline.models import Application, OfficialList, OfficialListRow
from pipeline.models.lists import RowResult

MISSING = "missing"
TO_DECIDE = (Standing.DECIDE, Standing.WRONG_CODE)


@dataclass(frozen=True)
class ListCounts:
    """How many lines of a list are what. `open` may be confirmed, `done` can be taken back."""

    standings: dict[str, int]
    open: int
    done: int
    refused: int

    @property
    def total(self) -> int:
        return sum(self.standings.values())

    @property
    def to_decide(self) -> int:
        return sum(self.standings.get(standing, 0) for standing in TO_DECIDE)

    def as_dict(self) -> dict[str, int]:
        return {**self.standings, "total": self.total, "open": self.open, "done": self.done, "refused": self.refused}


def list_counts(lists: Iterable[OfficialList], user: Any) -> dict[int, ListCounts]:
    """The counts of each list, of the rows that this reader may see. One query."""
    ids = [found.pk for found in lists]
    rows = OfficialListRow.objects.visible_to(user).filter(official_list__in=ids).order_by()
    tallies: dict[int, dict[tuple[str, str], int]] = {pk: {} for pk in ids}
    for pk, standing, result, number in rows.values_list("official_list", "standing", "result").annotate(Count("pk")):
        tallies[pk][(standing, result)] = number
    return {pk: _counts(tally) for pk, tally in tallies.items()}


def _counts(tally: dict[tuple[str, str], int]) -> ListCounts:
    standings = {str(standing): 0 for standing in Standing.values}
    for (standing, _result), number in tally.items():
        standings[standing] += number
    matched = {result: number for (standing, result), number in tally.items() if standing == Standing.MATCHED}
    done = matched.get(RowResult.DONE, 0)
    return ListCounts(standings, standings[Standing.MATCHED] - done, done, matched.get(RowResult.REFUSED, 0))


def missing_from(found: OfficialList, user: Any) -> QuerySet[Application]:
    """Ours that should stand on the list and do not: open applications in the stages it is expected from."""
    expected = (
        Application.objects.visible_to(user)
        .open()
        .filter(programme=found.programme, stage__in=found.type.expected_from, region_path__under=found.region_path)
    )
    listed = found.rows.filter(firm__isnull=False).values("firm")
    return expected.exclude(firm__in=listed).select_related("firm", "region", "officer")
