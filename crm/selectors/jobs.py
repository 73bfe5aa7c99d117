"""Background jobs, shaped for pages and programs: what became of each item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.choices import JobState
from crm.models import Job

PAGE_PARTS = 5


@dataclass(frozen=True)
class Outcomes:
    """Some outcomes of a job, in the order of its parts, and after which part the next ones stand; None at the end."""

    rows: list[dict[str, Any]]
    after: int | None


def outcomes(job: Job, *, after: int = -1, outcome: str = "", parts: int = PAGE_PARTS) -> Outcomes:
    """What became of each item of a job cut into parts, some parts at a time. One query.

    Each row is `{"outcome": "done"|"refused", "reasons": […], …}` as the part left it; `outcome` keeps one sort.
    """
    done = job.chunks.filter(state=JobState.DONE, number__gt=after).order_by("number")
    found = list(done.values_list("number", "result")[: parts + 1])
    rows = [
        row
        for _number, result in found[:parts]
        for row in result.get("rows", ())
        if not outcome or row["outcome"] == outcome
    ]
    return Outcomes(rows, found[parts - 1][0] if len(found) > parts else None)


def every_outcome(job: Job, outcome: str) -> Iterator[dict[str, Any]]:
    """All rows of one sort, also of a job that was cancelled on the way; fifty parts a query."""
    after: int | None = -1
    while after is not None:
        found = outcomes(job, after=after, outcome=outcome, parts=50)
        yield from found.rows
        after = found.after
