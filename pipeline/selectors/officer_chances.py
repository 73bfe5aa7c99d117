"""What an officer's own open applications may bring: how many are sure, within reach and growing, and with what chance
the officer's target is met by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crm.models import Region, User
from pipeline.models import Application, Forecast
from pipeline.selectors.forecasts import GROWING, SURE, newest
from pipeline.selectors.quota_tree import OfficerRow


@dataclass(frozen=True)
class OfficerChance:
    """`probability` takes the applications as independent and foresees no newcomers; None without a forecast."""

    sure: int
    reach: int
    growing: int
    probability: float


def officer_chances(
    region: Region, user: User, rows: Iterable[OfficerRow], *, year: int, as_of: date
) -> dict[int, OfficerChance]:
    """{quota: what is open for it}, where the region's forecast of the day names the applications. Two queries."""
    rows = list(rows)
    if not rows:
        return {}
    wanted = Forecast.objects.visible_to(user).filter(region=region, year=year, as_of__lte=as_of)
    known = newest(wanted.filter(indicator__in={row.quota.indicator_id for row in rows}))
    listed = {
        forecast.indicator_id: {
            pk: counts if judged is None else judged for pk, counts, _lost, judged in forecast.data["applications"]
        }
        for forecast in known
        if forecast.names_all
    }
    theirs: dict[int | None, list[int]] = defaultdict(list)
    named = {pk for chances in listed.values() for pk in chances}
    of_officers = Application.objects.filter(pk__in=named, officer__in={row.quota.officer_id for row in rows})
    for pk, officer in of_officers.values_list("pk", "officer_id"):
        theirs[officer].append(pk)
    found = {}
    for row in rows:
        chances = listed.get(row.quota.indicator_id)
        if chances is not None:
            own = [chances[pk] for pk in theirs[row.quota.officer_id] if pk in chances]
            found[row.quota.pk] = _chance(own, int(row.gap))
    return found


def _chance(chances: Sequence[float], needed: int) -> OfficerChance:
    sure, growing = sum(p >= SURE for p in chances), sum(p < GROWING for p in chances)
    return OfficerChance(sure, len(chances) - sure - growing, growing, at_least(chances, needed))


def at_least(chances: Sequence[float], needed: int) -> float:
    """The probability that at least so many of independent events happen."""
    fewer = [1.0] + [0.0] * max(needed - 1, 0)  # of exactly 0, 1, … needed - 1
    for chance in chances:
        for number in range(len(fewer) - 1, 0, -1):
            fewer[number] += chance * (fewer[number - 1] - fewer[number])
        fewer[0] *= 1 - chance
    return 1.0 if needed <= 0 else min(max(1 - sum(fewer), 0.0), 1.0)
