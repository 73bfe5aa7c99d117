"""The sentences that say why dates are those dates."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.choices import DeadlineKind
from pipeline.explaining import explain
from pipeline.models import Deadline
from pipeline.selectors.stops import Pauses, pauses_of
from pipeline.workdays import WorkCalendar


def explained(deadlines: Sequence[Deadline], calendar: WorkCalendar) -> dict[int, str]:
    """Why each deadline falls on its day. One query however many; rows come with `application__round`."""
    pauses = pauses_of(deadlines)
    return {deadline.pk: explanation(deadline, calendar, pauses) for deadline in deadlines}


def explanation(deadline: Deadline, calendar: WorkCalendar, pauses: Pauses) -> str:
    window = deadline.application.round if deadline.kind == DeadlineKind.ROUND_CLOSE and deadline.application else None
    return explain(
        deadline.kind,
        deadline.due_on,
        calendar,
        starts_on=deadline.starts_on,
        length=deadline.length,
        unit=deadline.unit,
        latest_on=deadline.latest_on,
        pauses=pauses.of(deadline),
        notice=window.notice_number if window else "",
    )
