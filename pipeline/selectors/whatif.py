"""A forecast with something imagined: what it would come to, in the region and in the counties below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crm.models import User
from pipeline.forecasting.whatif import Numbers, changed, joined, starts_needed
from pipeline.models import Application, Forecast, Round
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.forecasts import OpenRow, counties, open_rows
from pipeline.workdays import WorkCalendar

SURE = 0.9999  # what is not done yet is never surer than this
WANTED = 0.8  # the probability that a back-solved number is to reach
WEEKS = (0, -8, -4, 4, 8)


@dataclass(frozen=True)
class Imagined:
    """What is imagined. `passes` and `fails` are applications; `weeks` move a round; `by` is a place in `starts`."""

    passes: frozenset[int] = frozenset()
    fails: frozenset[int] = frozenset()
    target: Decimal | None = None
    newcomers: int = 0
    by: int = 0
    round: int | None = None
    weeks: int = 0

    def params(self) -> dict[str, Any]:
        """As an address and a saved scenario carry it; what is not imagined is left out."""
        found: dict[str, Any] = {"pass": sorted(self.passes), "fail": sorted(self.fails)}
        found |= {"target": str(self.target) if self.target is not None else "", "newcomers": self.newcomers}
        found |= {"by": self.by, "round": self.round or "", "weeks": self.weeks if self.round else 0}
        return {name: value for name, value in found.items() if value not in ([], "", 0)}


@dataclass(frozen=True)
class Outcome:
    """A distribution in the numbers that a page shows."""

    expected: float
    low: float
    high: float
    probability: float | None

    @classmethod
    def of(cls, numbers: Numbers, target: Decimal | None, done: Decimal) -> Outcome:
        """As the forecast itself says it: only what is done already is certain."""
        met = None if target is None else numbers.reaches(float(target))
        if met is not None and target is not None and done < target:
            met = min(met, SURE)
        return cls(numbers.expected, numbers.point(0.1), numbers.point(0.9), met)


@dataclass(frozen=True)
class Start:
    """Begun by this day, how probably one still counts and how many more are needed; None: no number is enough."""

    on: date
    share: float
    needed: int | None


@dataclass(frozen=True)
class CountyOutcome:
    forecast: Forecast
    before: Outcome
    after: Outcome

    @property
    def differs(self) -> bool:
        return abs(self.before.expected - self.after.expected) >= 0.005


@dataclass(frozen=True)
class WhatIf:
    """The forecast as it stands and as it is imagined."""

    forecast: Forecast
    imagined: Imagined
    target: Decimal | None
    before: Outcome
    after: Outcome
    counties: list[CountyOutcome]
    starts: list[Start]
    rows: list[OpenRow]


@dataclass(frozen=True)
class Offered:
    """What a form lets one imagine: days by which more may begin, rounds that may move."""

    days: list[date]
    rounds: list[Round]


def offered_by(forecast: Forecast) -> Offered | None:
    """None where there is too little history to imagine anything. Two queries."""
    return Offered(_days(forecast, work_calendar()), _rounds(forecast)) if _numbers(forecast) else None


def whatif(forecast: Forecast, user: User, imagined: Imagined) -> WhatIf | None:
    """What the forecast would be; None where there is too little history. Six queries."""
    numbers = _numbers(forecast)
    if numbers is None:
        return None
    target = forecast.target if imagined.target is None else imagined.target
    held = _in_round(forecast, imagined)
    after = _imagine(forecast, numbers, imagined, held)
    shares = forecast.data.get("starts", [])
    if imagined.newcomers and imagined.by < len(shares):
        after = joined(after, imagined.newcomers, shares[imagined.by][1])
    return WhatIf(
        forecast=forecast,
        imagined=imagined,
        target=target,
        before=Outcome.of(numbers, forecast.target, forecast.done),
        after=Outcome.of(after, target, forecast.done),
        counties=list(_counties(counties(forecast, user), imagined, held)),
        starts=list(_starts(forecast, after, target, work_calendar())),
        rows=open_rows(forecast, user),
    )


def _numbers(forecast: Forecast) -> Numbers | None:
    masses = forecast.data.get("masses")
    return Numbers(masses["first"], tuple(masses["of"])) if masses else None


def _imagine(forecast: Forecast, numbers: Numbers, imagined: Imagined, held: frozenset[int]) -> Numbers:
    return changed(numbers, _changes(forecast.data, imagined, held))


def _changes(data: Mapping[str, Any], imagined: Imagined, held: frozenset[int]) -> Iterable[tuple[float, float]]:
    """For each application that is imagined otherwise: its probability as forecast and as imagined."""
    moved = data.get("moved", {}).get(str(imagined.weeks), [])
    for place, (pk, counts, _lost, _judged) in enumerate(data.get("applications", [])):
        if pk in imagined.passes:
            yield counts, 1.0
        elif pk in imagined.fails:
            yield counts, 0.0
        elif pk in held and place < len(moved):
            yield counts, moved[place]


def _in_round(forecast: Forecast, imagined: Imagined) -> frozenset[int]:
    """The applications behind the forecast that file in the round that is moved. At most one query."""
    if not imagined.round or not imagined.weeks or not forecast.names_all:
        return frozenset()
    listed = [row[0] for row in forecast.data.get("applications", [])]
    return frozenset(Application.objects.filter(pk__in=listed, round=imagined.round).values_list("pk", flat=True))


def _rounds(forecast: Forecast) -> list[Round]:
    """The rounds in which somebody behind the forecast files; none where not all are named, as moving a round would
    then move but a part of them. At most one query."""
    if not forecast.names_all:
        return []
    listed = [row[0] for row in forecast.data.get("applications", [])]
    return list(Round.objects.filter(applications__in=listed).distinct().order_by("last_on", "pk"))


def _counties(rows: Iterable[Forecast], imagined: Imagined, held: frozenset[int]) -> Iterable[CountyOutcome]:
    for row in rows:
        if (numbers := _numbers(row)) is not None:
            after = _imagine(row, numbers, imagined, held)
            before, then = (Outcome.of(found, row.target, row.done) for found in (numbers, after))
            yield CountyOutcome(row, before, then)


def _starts(forecast: Forecast, after: Numbers, target: Decimal | None, calendar: WorkCalendar) -> Iterable[Start]:
    """How many more must begin by each of the days ahead."""
    shares = [share for _ahead, share in forecast.data.get("starts", [])]
    for day, share in zip(_days(forecast, calendar), shares, strict=True):
        needed = None if target is None else starts_needed(after, float(target), share, wanted=WANTED)
        yield Start(day, share, needed)


def _days(forecast: Forecast, calendar: WorkCalendar) -> list[date]:
    """The days ahead by which more may begin."""
    return [calendar.add(forecast.as_of, ahead) for ahead, _share in forecast.data.get("starts", [])]
