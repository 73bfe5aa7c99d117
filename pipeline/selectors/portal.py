"""An application as its firm sees it: public words only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pipeline.choices import Acting, DeadlineKind, Phase, Turn
from pipeline.models import Application, Deadline, StageEvent
from pipeline.models.applications import UNDO, standing_events
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.days import DueItem
from pipeline.selectors.moves import Move, moves_of
from pipeline.selectors.stays import Stays, every_compiled_stay
from pipeline.workdays import WorkCalendar
from pipeline.workflow import Stage
from pipeline.workflows import WORKFLOWS

Expected = dict[str, tuple[date, date]]


@dataclass(frozen=True)
class Step:
    """One step of the tracker: its public name, whether it is past, now or to come, when it was reached, who acts.

    Of a step to come `expected` says from when to when it is usually reached; empty where too little is known.
    """

    label: str
    state: str
    at: datetime | None = None
    who: str = ""
    expected: tuple[date, date] | None = None


@dataclass(frozen=True)
class PublicEvent:
    label: str
    at: datetime
    note: str
    by_firm: bool
    who: str


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
    """The trackers of a firm's applications, without moves and history. Four queries."""
    rows, usual = list(applications), every_compiled_stay()
    events: dict[int, list[StageEvent]] = {}
    for event in StageEvent.objects.filter(application__in=rows).order_by("version"):
        events.setdefault(event.application_id, []).append(event)
    due = _due(rows, today, work_calendar())
    return [_tracker(row, events.get(row.pk, []), due.get(row.pk), steps=_expected(row, usual, today)) for row in rows]


def tracker(application: Application, *, user: Any, today: date) -> Tracker:
    """One application with its history and what the firm may do. Six queries."""
    events = list(application.events.select_related("actor").order_by("version"))
    calendar = work_calendar()
    moves = tuple(move for move in moves_of(application, user, today=today, calendar=calendar) if move.allowed)
    expected = _expected(application, every_compiled_stay(), today)
    due = _due([application], today, calendar).get(application.pk)
    return _tracker(application, events, due, moves, steps=expected)


def _due(applications: list[Application], today: date, calendar: WorkCalendar) -> dict[int, DueItem]:
    found: dict[int, DueItem] = {}
    deadlines = Deadline.objects.open().filter(application__in=applications, for_firm=True).order_by("due_on")
    for deadline in deadlines:
        found.setdefault(deadline.application_id or 0, DueItem.of(deadline, today, calendar))
    return found


def _tracker(
    application: Application,
    events: list[StageEvent],
    due: DueItem | None,
    moves: tuple[Move, ...] = (),
    *,
    steps: Expected,
) -> Tracker:
    stage = application.current
    returned = [event for event in standing_events(events) if event.transition == "return_for_correction"]
    return Tracker(
        application=application,
        stage=stage,
        steps=steps_of(application, events, steps),
        due=due,
        returned=returned[-1] if returned and stage.pauses else None,
        events=tuple(_public(application, event) for event in reversed(events) if not _internal(application, event)),
        moves=moves,
    )


def _public_line(application: Application) -> list[Stage]:
    return [stage for stage in application.workflow.main_line if not stage.internal]


def _expected(application: Application, usual: Stays, today: date) -> Expected:
    """When each step to come is usually reached: the usual stays of the stages before it, added up from today's.

    Nothing where the application stands beside the line, and nothing beyond a stage of which too little is known.
    """
    line, known = _public_line(application), usual.get(application.programme, {})
    here = next((place for place, step in enumerate(line) if step.code == application.stage), None)
    if here is None or application.closed_at:
        return {}
    found: Expected = {}
    low = high = timezone.localdate(application.stage_since)
    for stage, following in pairwise(line[here:]):
        if (stay := known.get(stage.code)) is None:
            break
        low, high = low + timedelta(days=stay.median), high + timedelta(days=stay.most)
        if high >= today:
            found[following.code] = (max(low, today), high)
    return found


def responsible(stage: Stage, application: Application) -> str:
    """Who acts in a stage, in the firm's words."""
    if stage.turn == Turn.FIRM:
        return _("贵单位")
    if stage.turn == Turn.COUNTY:
        return _("{region}科技部门").format(region=application.region.short_name)
    return "" if stage.turn == Turn.NOBODY else str(stage.turn.label)


def steps_of(application: Application, events: list[StageEvent], expected: Expected | None = None) -> tuple[Step, ...]:
    """The public steps of the main line. A return stands, under its own name, where the application was returned."""
    line = _public_line(application)
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
        acting = stage if current else step
        soon = (expected or {}).get(step.code) if state == "next" else None
        steps.append(Step(str(label), state, at if state != "next" else None, responsible(acting, application), soon))
    return tuple(steps)


def _internal(application: Application, event: StageEvent) -> bool:
    return WORKFLOWS[application.workflow_code].stage(event.to_stage).internal


def _public(application: Application, event: StageEvent) -> PublicEvent:
    """What the firm reads of a move: the public name of where it led, and the note where it was meant for the firm."""
    corrected = event.transition == UNDO
    stage = application.workflow.stage(event.to_stage)
    by_firm = event.by_firm
    who = event.who if event.acted_as == Acting.AGENT else _("贵单位") if by_firm else _("主管部门")
    shared = by_firm or stage.mails_firm or corrected
    label = _("更正为：{stage}").format(stage=stage.public_label) if corrected else str(stage.public_label)
    return PublicEvent(label, event.at, event.note if shared else "", by_firm, who)


# After something was submitted ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receipt:
    """What the firm last did on an application, as a paper to keep: what comes next, who has it, until when."""

    application: Application
    event: StageEvent
    done: str
    who: str
    next_who: str
    next_on: tuple[date, date] | None
    due: Deadline | None
    still: bool  # nothing has happened since


def receipt_of(application: Application, *, today: date) -> Receipt | None:
    """None while the firm has done nothing itself. Four queries."""
    events = list(application.events.select_related("actor").order_by("version"))
    own = [event for event in standing_events(events) if event.by_firm]
    if not own:
        return None
    last = own[-1]
    expected = _expected(application, every_compiled_stay(), today)
    terms = application.deadlines.open().filter(kind=DeadlineKind.STAGE_TERM)
    return Receipt(
        application=application,
        event=last,
        done=last.label,
        who=last.who,
        next_who=responsible(application.current, application),
        next_on=next(iter(expected.values()), None),
        due=terms.order_by("due_on").first(),
        still=last.version == application.version,
    )
