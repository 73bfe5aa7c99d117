"""When the authority's clock stood still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.choices import ClockMode, DeadlineKind, StopEnd
from pipeline.models import Application, ClockRule, ClockStop, Deadline
from pipeline.workdays import Pause
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Pauses:
    """The pauses of many terms. A term is known by its application and the day it began."""

    known: Mapping[tuple[int, date], tuple[Pause, ...]]

    def of(self, deadline: Deadline) -> tuple[Pause, ...]:
        if deadline.kind != DeadlineKind.STAGE_TERM or not deadline.application_id or not deadline.starts_on:
            return ()
        return self.known.get((deadline.application_id, deadline.starts_on), ())


def pauses_of(deadlines: Iterable[Deadline]) -> Pauses:
    """The pauses of these deadlines. One query, none where no term is among them."""
    wanted = {row.application_id for row in deadlines if row.kind == DeadlineKind.STAGE_TERM and row.application_id}
    return _read(ClockStop.objects.filter(application__in=wanted)) if wanted else Pauses({})


def every_pause() -> Pauses:
    """The pauses of all applications that are not closed. One query."""
    return _read(ClockStop.objects.filter(application__closed_at=None))


def _read(stops) -> Pauses:
    found: dict[tuple[int, date], tuple[Pause, ...]] = {}
    for stop in stops.filter(ended=StopEnd.RESUMED).order_by("stopped_version"):
        key = (stop.application_id, stop.starts_on)
        found[key] = (*found.get(key, ()), Pause(stop.stopped_on, stop.resumed_on))
    return Pauses(found)


def open_stop(application: Application) -> ClockStop | None:
    """The term of this application that stands still now. One query."""
    return application.stops.filter(resumed_on=None).order_by("stopped_version").last()  # type: ignore[attr-defined]


def mode_of(programme: str) -> str:
    """What becomes of a term after a correction: the bureau's own rule, else the workflow table's. One query."""
    ruled = ClockRule.objects.filter(programme=programme).values_list("mode", flat=True).first()
    return ruled or default_mode(programme)


def resuming_stop(application: Application) -> ClockStop | None:
    """The term that stands still now and will run on when the application is back. At most two queries."""
    held = open_stop(application)
    return held if held and mode_of(application.programme) == ClockMode.RESUME else None


@dataclass(frozen=True)
class RuleInForce:
    """A programme's rule for terms after a correction, and whether the bureau set it or the table's default holds."""

    programme: str
    mode: str
    own: bool

    @property
    def mode_label(self) -> str:
        return str(ClockMode(self.mode).label)


def rules_in_force() -> list[RuleInForce]:
    """The rule of every programme. One query."""
    own = dict(ClockRule.objects.values_list("programme", "mode"))
    return [RuleInForce(code, own.get(code) or default_mode(code), code in own) for code in PROGRAMMES]


def default_mode(programme: str) -> str:
    return ClockMode.RESTART if PROGRAMMES[programme].restarts else ClockMode.RESUME
