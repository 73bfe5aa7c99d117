"""The leader's brief of a region: where each target stands, will it be met, whom to call, and the one thing to ask.

The weekly mail, its workbook and the one-pager are all written from it, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q

from crm.models import Region, User
from pipeline.choices import Confidence
from pipeline.forecasting.whatif import LEAST_SHARE
from pipeline.models import Forecast
from pipeline.selectors.applications import nearest_to_counting
from pipeline.selectors.forecasts import chance, newest, whole
from pipeline.selectors.policies import edition_in_force
from pipeline.selectors.pushing import Call, Push, calls, push_list
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.selectors.targets import BEHIND, MISSED, QuotaRow
from pipeline.workflows import PROGRAMMES

DANGER, ON_WAY, MET = "danger", "on_way", "met"
LIGHTS = (DANGER, ON_WAY, MET)  # the worst first
EVEN = Decimal("0.5")
NAMES = 3
LISTED = 50  # firms in the workbook's push list


@dataclass(frozen=True)
class BriefLine:
    """One target of one region, with its forecast of the same day and whom to call for it.

    `changed` says that it reads otherwise than a week before, or that nothing is known of then.
    """

    row: QuotaRow
    forecast: Forecast | None = None
    names: tuple[Call, ...] = ()
    changed: bool = True

    @property
    def probability(self) -> Decimal | None:
        return self.forecast.probability if self.forecast else None

    @property
    def too_little(self) -> bool:
        """True where it would be forecast and there is too little history for it."""
        return self.forecast is not None and self.forecast.confidence == Confidence.NONE

    @property
    def classes(self) -> tuple[int, int, int] | None:
        """How many open applications are sure, within reach and growing; None without a forecast."""
        found = getattr(self.forecast, "open_classes", None)
        return (found[0], found[1], found[2]) if found else None

    @property
    def too_late(self) -> bool:
        """True where hardly anybody who begins now would still count this year, as what-if says it."""
        starts = getattr(self.forecast, "starts", None) or [(0, LEAST_SHARE)]
        return bool(starts[0][1] < LEAST_SHARE)

    @property
    def light(self) -> str:
        """In danger: missed, more probably not met than met, or without a forecast behind its pace."""
        if self.row.pace == MISSED or (self.probability is not None and self.probability < EVEN):
            return DANGER
        if not self.row.gap:
            return MET
        return DANGER if self.probability is None and self.row.pace == BEHIND else ON_WAY

    @property
    def missing(self) -> Decimal:
        """What is to be made up: the gap of today, else what is expected to be missing at the cut-off."""
        expected = self.forecast.gap if self.forecast else None
        return self.row.gap or (Decimal(whole(expected)) if self.light == DANGER and expected else Decimal(0))

    @property
    def shown(self) -> tuple[object, ...]:
        """Everything that the mail says of it."""
        found = self.forecast
        expected = (found.expected, found.low, found.high) if found else ()
        words = tuple(whole(value) for value in expected)
        return (self.row.done, self.row.target, self.row.pace, words, chance(self.probability))


@dataclass(frozen=True)
class Brief:
    """What a leader reads of one region. Lines and counties stand worst first; `names` are those of the headline.

    `pushes` is the whole list, at most LISTED; `editions` are the rules that hold, as (programme, edition code).
    """

    region: Region
    compiled: Compiled
    lines: tuple[BriefLine, ...]
    counties: tuple[BriefLine, ...]
    editions: tuple[tuple[str, str], ...]
    pushes: tuple[Push, ...] = ()
    own: bool = False  # the names are of one officer's firms

    @property
    def worst(self) -> BriefLine | None:
        """The target to speak of first; None where all are met."""
        return self.lines[0] if self.lines and self.lines[0].light != MET else None

    @property
    def names(self) -> tuple[Call, ...]:
        """Whom to call this week: for the worst target, else those who do most for any."""
        return (self.worst.names or self.pushes[:NAMES]) if self.worst else ()

    @property
    def unmet(self) -> int:
        return sum(line.light != MET for line in self.lines)


def brief_of(region: Region, user: User, compiled: Compiled) -> Brief:
    """The brief of a snapshot without names, as the ledger of forecasts stood that day. Seven queries at most."""
    known = forecasts_near(region, user, compiled.year, compiled.as_of)
    week_before = compiled.as_of - timedelta(days=compiled.as_of.isoweekday())
    before = _before(region, user, compiled.year, week_before)

    def lines(rows: Iterable[QuotaRow]) -> tuple[BriefLine, ...]:
        made = (BriefLine(row, known.get((row.indicator, row.region))) for row in rows)
        marked = (replace(line, changed=before.get(_key(line.row)) != line.shown) for line in made)
        return tuple(sorted(marked, key=worst_first))

    programmes = {row.programme for row in compiled.rows if row.programme}
    return Brief(
        region, compiled, lines(compiled.rows), lines(compiled.children), _editions(programmes, region, compiled.as_of)
    )


def with_names(brief: Brief, user: User, *, today: date, officer: User | None = None) -> Brief:
    """The brief with whom to call: of the region, or of one officer's own firms.

    Where a target has too little history for a forecast, those nearest to counting stand for it.
    """
    year = brief.compiled.year
    pushes = push_list(brief.region, user, year=year, today=today, officer=officer, limit=LISTED)
    near = _nearest(brief, today, officer)
    lines = []
    for line in brief.lines:
        pushed = [push for push in pushes if push.forecast.indicator.code == line.row.indicator]
        lines.append(replace(line, names=tuple(pushed[:NAMES] or near.get(line.row.indicator, ())[:NAMES])))
    return replace(brief, lines=tuple(lines), pushes=tuple(pushes), own=officer is not None)


def worst_first(line: BriefLine) -> tuple[int, Decimal, Decimal]:
    """In danger before on the way before met; then by the chance of being met, then by the gap.

    Where nothing is forecast its completion stands for the chance.
    """
    ratio = line.row.completion_ratio or Decimal(0)
    hope = ratio if line.probability is None else line.probability
    return (LIGHTS.index(line.light), hope, -line.row.gap)


def _nearest(brief: Brief, today: date, officer: User | None) -> dict[str, Sequence[Call]]:
    """{indicator: the applications nearest to counting} for open targets of which nothing is forecast."""
    blind = [line.row for line in brief.lines if line.row.gap and line.row.programme and line.probability is None]
    year, found = brief.compiled.year, {}
    for row in blind:
        found[row.indicator] = nearest_to_counting(brief.region, row.indicator, year=year, officer=officer, limit=NAMES)
    everybody = {application.pk: application for rows in found.values() for application in rows}
    known = {call.application.pk: call for call in calls(list(everybody.values()), today)} if everybody else {}
    return {code: [known[application.pk] for application in rows] for code, rows in found.items()}


Key = tuple[str, str]  # indicator and region code


def _key(row: QuotaRow) -> Key:
    return row.indicator, row.region


def forecasts_near(region: Region, user: User, year: int, as_of: date) -> dict[Key, Forecast]:
    """The newest forecasts up to a day, of a region and of those right below it. One query."""
    near = Q(region=region) | Q(region__parent=region)
    rows = newest(Forecast.objects.visible_to(user).filter(near, year=year, as_of__lte=as_of))
    rows = (
        rows.select_related("indicator", "region")
        .annotate(open_classes=F("data__classes"), starts=F("data__starts"))
        .defer("data")
    )
    return {(row.indicator.code, row.region.code): row for row in rows}


def _before(region: Region, user: User, year: int, as_of: date) -> dict[Key, tuple[object, ...]]:
    """What was said of each target up to a day of an earlier week. Two queries."""
    compiled = latest_snapshot(region, year=year, as_of=as_of)
    if compiled is None:
        return {}
    known = forecasts_near(region, user, year, as_of)
    rows = (*compiled.rows, *compiled.children)
    return {_key(row): BriefLine(row, known.get(_key(row))).shown for row in rows}


def _editions(programmes: Iterable[str], region: Region, day: date) -> tuple[tuple[str, str], ...]:
    wanted = [programme for programme in PROGRAMMES if programme in programmes]
    found = ((programme, edition_in_force(programme, region.path, day)) for programme in wanted)
    return tuple((programme, edition.code) for programme, edition in found if edition)
