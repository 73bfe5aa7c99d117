"""The back-planned timetable (一企一策倒排): from the last day of a round backwards, step by step. Pure.

Steps follow one another. The latest day on which the first open step can begin is the last responsible day: after it
the usual pace no longer reaches the round.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.functional import Promise

from pipeline.choices import Turn
from pipeline.workdays import ONE_DAY, WorkCalendar

SOON_WORKDAYS = 5
ACT, SOON, FINE = "act", "soon", "fine"
Text = str | Promise


@dataclass(frozen=True)
class PlanStep:
    """One step on the way to filing. `workdays` is what it usually takes; unless `confirmed`, that is our default."""

    code: str
    label: Text
    who: Text
    workdays: int
    public: Text  # what the firm reads: what to do
    confirmed: bool = False

    @property
    def by_firm(self) -> bool:
        return str(self.who) == str(Turn.FIRM.label)


@dataclass(frozen=True)
class PlannedStep:
    """A step with the latest days on which it can begin and must be done; `slack` in working days, negative if late."""

    step: PlanStep
    begin_on: date
    end_on: date
    slack: int
    missed: bool  # its latest beginning has passed
    done: bool

    @property
    def tone(self) -> str:
        """Red once the latest beginning has passed, amber within five working days of it."""
        if self.done:
            return FINE
        return ACT if self.missed else SOON if self.slack <= SOON_WORKDAYS else FINE


@dataclass(frozen=True)
class Plan:
    """The whole timetable up to the round's last day."""

    closes_on: date
    steps: tuple[PlannedStep, ...]
    provisional: bool = False  # it reaches into a year whose holiday notice is not out yet

    @cached_property
    def next(self) -> PlannedStep | None:
        """The first step that is not done; None when all are."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def begin_on(self) -> date | None:
        """The last responsible day."""
        return self.next.begin_on if self.next else None

    @property
    def tone(self) -> str:
        return self.next.tone if self.next else FINE


def back_plan(
    closes_on: date, today: date, steps: Sequence[PlanStep], calendar: WorkCalendar, done: Collection[str] = ()
) -> Plan:
    """Lay the steps backwards from the last working day of the round; `done` holds the codes of finished steps."""
    planned: list[PlannedStep] = []
    end_on = calendar.on_or_before(closes_on)
    for step in reversed(steps):
        begin_on = calendar.back(end_on, step.workdays - 1)
        planned.append(
            PlannedStep(step, begin_on, end_on, calendar.left(today, begin_on), begin_on < today, step.code in done)
        )
        end_on = calendar.on_or_before(begin_on - ONE_DAY)
    return Plan(closes_on, tuple(reversed(planned)), calendar.is_provisional(closes_on))
