"""An application as its firm sees it: public words only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from pipeline.choices import Phase, Turn
from pipeline.models import Application, Deadline, StageEvent
from pipeline.models.applications import UNDO, standing_events
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.days import DueItem
from pipeline.selectors.moves import Move, moves_of
from pipeline.workdays import WorkCalendar
from pipeline.workflow import Stage
from pipeline.workflows import WORKFLOWS


@dataclass(frozen=True)
class Step:
    """One step of the tracker: its public name, whether it is past, now or to come, and when it was reached."""

    label: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class PublicEvent:
    label: str
    at: datetime
    note: str
    by_firm: bool


@dataclass(frozen=True)
class Tracker:
    """What a firm sees of one application."""

    application: Application
    stage: Stage
    steps: tuple[Step, ...]
    due: DueItem | None
    returned: StageEvent | None
    events: tuple[PublicEvent, ...]
    moves: tuple[Move, ...]

    @property
    def my_turn(self) -> bool:
        """True when the firm itself must act now; resting in the gazelle library is no task."""
        return self.stage.turn == Turn.FIRM and self.stage.phase != Phase.POOL

    @property
    def over(self) -> bool:
        return self.stage.phase == Phase.CLOSED


def trackers(applications: Iterable[Application], *, today: date) -> list[Tracker]:
    """The trackers of a firm's applications, without moves and history. Three queries."""
    rows = list(applications)
    events: dict[int, list[StageEvent]] = {}
    for event in StageEvent.objects.filter(application__in=rows).order_by("version"):
        events.setdefault(event.application_id, []).append(event)
    due = _due(rows, today, work_calendar())
    return [_tracker(row, events.get(row.pk, []), due.get(row.pk)) for row in rows]


def tracker(application: Application, *, user: Any, today: date) -> Tracker:
    """One application with its history and what the firm may do. Five queries."""
    events = list(application.events.order_by("version"))
    calendar = work_calendar()
    moves = tuple(move for move in moves_of(application, user, today=today, calendar=calendar) if move.allowed)
    return _tracker(application, events, _due([application], today, calendar).get(application.pk), moves)


def _due(applications: list[Application], today: date, calendar: WorkCalendar) -> dict[int, DueItem]:
    found: dict[int, DueItem] = {}
    deadlines = Deadline.objects.open().filter(application__in=applications, for_firm=True).order_by("due_on")
    for deadline in deadlines:
        found.setdefault(deadline.application_id or 0, DueItem.of(deadline, today, calendar))
    return found


def _tracker(
    application: Application, events: list[StageEvent], due: DueItem | None, moves: tuple[Move, ...] = ()
) -> Tracker:
    stage = application.current
    returned = [event for event in standing_events(events) if event.transition == "return_for_correction"]
    return Tracker(
        application=application,
        stage=stage,
        steps=steps_of(application, events),
        due=due,
        returned=returned[-1] if returned and stage.pauses else None,
        events=tuple(_public(application, event) for event in reversed(events) if not _internal(application, event)),
        moves=moves,
    )


def steps_of(application: Application, events: list[StageEvent]) -> tuple[Step, ...]:
    """The public steps of the main line. A return stands, under its own name, where the application was returned."""
    line = [stage for stage in application.workflow.main_line if not stage.internal]
    reached = {event.to_stage: event.at for event in standing_events(events)}
    stage = application.current
    here = next((place for place, step in enumerate(line) if step.code == stage.code), None)
    furthest = max((place for place, step in enumerate(line) if step.code in reached), default=-1)
    over = stage.phase in {Phase.CLOSED, Phase.RECOGNISED}
    beside = here is None and not over
    place_now = furthest if here is None else here
    steps = []
    for place, step in enumerate(line):
        current = place == place_now and not over
        state = "now" if current else "past" if place <= place_now else "next"
        label = stage.public_label if current and beside else step.public_label
        at = application.stage_since if current and beside else reached.get(step.code)
        steps.append(Step(str(label), state, at if state != "next" else None))
    return tuple(steps)


def _internal(application: Application, event: StageEvent) -> bool:
    return WORKFLOWS[application.workflow_code].stage(event.to_stage).internal


def _public(application: Application, event: StageEvent) -> PublicEvent:
    """What the firm reads of a move: the public name of where it led, and the note where it was meant for the firm."""
    corrected = event.transition == UNDO
    stage = application.workflow.stage(event.to_stage)
    by_firm = event.acted_as == "firm"
    shared = by_firm or stage.mails_firm or corrected
    label = _("更正为：{stage}").format(stage=stage.public_label) if corrected else str(stage.public_label)
    return PublicEvent(label, event.at, event.note if shared else "", by_firm)
