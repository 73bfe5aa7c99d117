"""Who to push this week: open firms by what they would do for the targets, with what is missing and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from crm.models import Region, User
from pipeline.choices import Bucket, Phase, Turn
from pipeline.forecasting.pushing import Gain, gain_of, urgency
from pipeline.models import Application, Deadline, Forecast
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.chips import GapChip, gap_chips
from pipeline.selectors.clocks import Clock, clocks
from pipeline.selectors.courses import stage_numbers
from pipeline.selectors.forecasts import forecasts
from pipeline.selectors.histories import cut_off
from pipeline.workdays import WorkCalendar
from pipeline.workflows import WORKFLOWS

LOOKED_AT = 300  # of the highest gains; one below them comes first by urgency hardly ever
SHOWN = 10
# How much of what a firm lacks can be closed this year, by what the last screening found; our own judgement, not law.
CLOSABLE = {
    Bucket.MET: 1.0,
    Bucket.READY: 0.8,
    Bucket.LACKS_ONE: 0.6,
    Bucket.LACKS_TWO: 0.35,
    Bucket.LACKS_MORE: 0.15,
    Bucket.IMPOSSIBLE: 0.0,
}
NOT_KNOWN = 0.5
OURS = {Turn.FIRM, Turn.COUNTY, Turn.CITY}  # while a higher authority decides, a push moves nothing


@dataclass(frozen=True)
class Call:
    """One open firm in one line: what it lacks, what is next, and until when.

    `due_on` is the last responsible day: the nearest deadline, or where it must still be filed the latest beginning.
    """

    application: Application
    closable: float
    lacks: str
    action: str
    due_on: date | None
    workdays: int | None

    @property
    def urgency(self) -> float:
        return urgency(self.workdays)

    @property
    def overdue(self) -> bool:
        return self.workdays is not None and self.workdays < 0


@dataclass(frozen=True)
class Push(Call):
    """A firm to push: `chance` is the probability that it counts, `pushed` that of one a step further."""

    forecast: Forecast
    chance: float
    pushed: float
    gain: Gain

    @property
    def score(self) -> float:
        return self.gain.value * self.urgency * self.closable


@dataclass(frozen=True)
class _Wanted:
    forecast: Forecast
    chance: float
    pushed: float
    gain: Gain


Places = dict[int, tuple[str, str, str]]  # application → programme, workflow, stage


def push_list(
    region: Region,
    user: User,
    *,
    year: int,
    today: date,
    officer: User | None = None,
    indicator: str = "",
    limit: int = SHOWN,
) -> list[Push]:
    """The firms of a region whose push raises the probability of its targets most, perhaps of one officer or target.

    Empty where no target of the region has a forecast yet. At most eight queries, whatever the number of firms.
    """
    known = [row for row in forecasts(region, user, year=year) if indicator in ("", row.indicator.code)]
    named = {row[0] for forecast in known for row in forecast.data.get("applications", [])}
    rows = Application.objects.visible_to(user).open().filter(region_path__under=region.path)
    if officer is not None:
        rows = rows.filter(officer=officer)
    places = {
        pk: place for pk, *place in rows.filter(pk__in=named).values_list("pk", "programme", "workflow_code", "stage")
    }
    wanted = _wanted(known, {pk: (place[0], place[1], place[2]) for pk, place in places.items()})
    best = sorted(wanted, key=lambda pk: (-wanted[pk].gain.value, pk))[:LOOKED_AT]
    chosen = rows.filter(pk__in=best).select_related("firm", "region", "officer", "round")
    found = (_push(call, wanted[call.application.pk]) for call in calls(list(chosen), today))
    pushes = [push for push in found if push.score > 0 and _in_time(push, year)]
    return sorted(pushes, key=lambda push: (-push.score, push.application.pk))[:limit]


def _in_time(push: Push, year: int) -> bool:
    """Something that may wait until after the cut-off does nothing for this year's target."""
    return push.due_on is None or push.due_on <= cut_off(year)


def _wanted(known: Iterable[Forecast], places: Places) -> dict[int, _Wanted]:
    """{application: what it does for the target for which it does most}; of those on which we can act."""
    found: dict[int, _Wanted] = {}
    values: dict[int, float] = {}
    for forecast in known:
        if "masses" not in forecast.data or forecast.target is None:
            continue
        # Thousands of applications rest at some dozen stages and share some hundred chances.
        alike = cache(
            partial(_alike, forecast, cache(_gains(forecast)), cache(partial(_further, forecast.data["fresh"])))
        )
        for pk, counts, _lost, judged in forecast.data.get("applications", ()):
            if pk in places:
                value, wanted = alike(counts if judged is None else judged, places[pk])
                if value > values.get(pk, 0.0):
                    values[pk], found[pk] = value, wanted
    return found


def _gains(forecast: Forecast) -> Callable[[float, float], Gain]:
    """What it gives for the target that one's chance becomes another."""
    masses = forecast.data["masses"]
    return partial(gain_of, masses["of"], float(forecast.target or 0) - masses["first"])


def _alike(
    forecast: Forecast,
    gain_by: Callable[[float, float], Gain],
    further: Callable[[tuple[str, str, str]], float],
    chance: float,
    place: tuple[str, str, str],
) -> tuple[float, _Wanted]:
    """How much it gives to push one of such a chance at such a place, and what for."""
    pushed = max(chance, further(place))
    wanted = _Wanted(forecast, chance, pushed, gain_by(chance, pushed))
    return wanted.gain.value, wanted


def _further(fresh: list[float], place: tuple[str, str, str]) -> float:
    """The chance of one who has just reached the best stage that is one move ahead; 0 where the turn is not ours."""
    programme, code, stage = place
    table, numbers = WORKFLOWS[code], stage_numbers(programme)
    if table.stage(stage).turn not in OURS:
        return 0.0
    order = [one.code for one in table.stages]
    ahead = [step.target for step in table.moves_from(stage) if order.index(step.target) > order.index(stage)]
    going_on = [target for target in ahead if table.stage(target).phase != Phase.CLOSED]
    return max((fresh[numbers[target]] for target in going_on), default=0.0)


def _push(call: Call, wanted: _Wanted) -> Push:
    return Push(**vars(call), **vars(wanted))


def calls(rows: Sequence[Application], today: date) -> Iterator[Call]:
    """Each application in one line. At most seven queries, whatever their number."""
    calendar = work_calendar()
    due = dict(
        Deadline.objects.open()
        .filter(application__in=[row.pk for row in rows])
        .order_by()
        .values_list("application")
        .annotate(soonest=Min("due_on"))
    )
    known = clocks(rows, today, calendar)
    chips = gap_chips([row.firm_id for row in rows], programmes={row.programme for row in rows}, today=today)
    for row in rows:
        chip = next((one for one in chips.get(row.firm_id, ()) if one.programme == row.programme), None)
        yield _call(row, due.get(row.pk), known.get(row.pk), chip, today, calendar)


def _call(
    row: Application,
    due: date | None,
    clock: Clock | None,
    chip: GapChip | None,
    today: date,
    calendar: WorkCalendar,
) -> Call:
    plan = clock.plan if clock else None
    days = [day for day in (due, plan.begin_on if plan else None) if day is not None]
    due_on = min(days, default=None)
    return Call(
        application=row,
        closable=CLOSABLE[Bucket(chip.bucket)] if chip else NOT_KNOWN,
        lacks=chip.text if chip else _("条件待评估"),
        action=_action(row, plan),
        due_on=due_on,
        workdays=None if due_on is None else calendar.left(today, due_on),
    )


def _action(row: Application, plan: Any) -> str:
    """What somebody planned, else the next step of the timetable, else whose turn it is and for what."""
    if row.next_action:
        return row.next_action
    if plan is not None and plan.next is not None:
        return str(plan.next.step.label)
    words = _("催企业办理“{stage}”") if row.current.turn == Turn.FIRM else _("办结“{stage}”")
    return words.format(stage=row.current.label)
