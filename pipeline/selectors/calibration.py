"""How wrong the forecasts were: what was said 4, 8 and 12 weeks before the cut-off beside what it came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

from crm.models import Region, User
from pipeline.models import Forecast
from pipeline.selectors.histories import cut_off

LEADS = (4, 8, 12)
CLASSES = 5  # of stated probability


@dataclass(frozen=True)
class Said:
    """One forecast of which the end is known."""

    row: Forecast
    lead: int

    @property
    def error(self) -> float:
        """How many too many were expected; below nought too few."""
        return float(self.row.expected - self.row.outcome)  # type: ignore[operator]

    @property
    def inside(self) -> bool:
        return self.row.low <= self.row.outcome <= self.row.high  # type: ignore[operator]

    @property
    def met(self) -> bool | None:
        return None if self.row.target is None else self.row.outcome >= self.row.target  # type: ignore[operator]


@dataclass(frozen=True)
class LeadRow:
    """All forecasts of one distance to the cut-off. Ratios are 0–1; `brier` is 0 for a seer and 0.25 for a coin."""

    lead: int
    number: int
    replayed: int
    error: float
    bias: float
    inside_ratio: float
    brier: float | None


@dataclass(frozen=True)
class ClassRow:
    """Forecasts of like probability: the mean stated, the share that was met."""

    said: float
    came: float
    number: int


@dataclass(frozen=True)
class Calibration:
    leads: tuple[LeadRow, ...]
    classes: tuple[ClassRow, ...]
    own: tuple[Said, ...]  # the region's own, for the list
    unsaid: int  # with too little history at the time


def calibration(region: Region, user: User) -> Calibration:
    """Everything below a region, of years that are over. One query.

    Where the ledger has a row of the same distance, what was worked out afterwards does not count.
    """
    known = Forecast.objects.visible_to(user).filter(region_path__under=region.path).exclude(outcome=None)
    rows = known.defer("data").select_related("indicator", "region").order_by("-year", "indicator", "as_of")
    kept: dict[tuple[int, int, int, int], Forecast] = {}
    for row in rows:
        lead = round((cut_off(row.year) - row.as_of).days / 7)
        key = (row.region_id, row.indicator_id, row.year, lead)
        if lead in LEADS and (key not in kept or not row.replayed):
            kept[key] = row
    said = [Said(row, key[3]) for key, row in kept.items() if row.expected is not None]
    own = tuple(one for one in said if one.row.region_id == region.pk)
    leads = tuple(_lead(lead, [one for one in said if one.lead == lead]) for lead in LEADS)
    return Calibration(tuple(row for row in leads if row.number), _classes(said), own, len(kept) - len(said))


def _lead(lead: int, said: list[Said]) -> LeadRow:
    if not said:
        return LeadRow(lead, 0, 0, 0, 0, 0, None)
    judged = [(float(one.row.probability) - one.met) ** 2 for one in said if _judged(one)]  # type: ignore[arg-type, operator]
    return LeadRow(
        lead=lead,
        number=len(said),
        replayed=sum(one.row.replayed for one in said),
        error=round(mean(abs(one.error) for one in said), 1),
        bias=round(mean(one.error for one in said), 1),
        inside_ratio=round(mean(one.inside for one in said), 4),
        brier=round(mean(judged), 3) if judged else None,
    )


def _classes(said: Iterable[Said]) -> tuple[ClassRow, ...]:
    found: dict[int, list[tuple[float, bool]]] = {}
    for one in said:
        if _judged(one):
            chance = float(one.row.probability)  # type: ignore[arg-type]
            found.setdefault(min(int(chance * CLASSES), CLASSES - 1), []).append((chance, bool(one.met)))
    return tuple(
        ClassRow(round(mean(pair[0] for pair in own), 3), round(mean(pair[1] for pair in own), 3), len(own))
        for _place, own in sorted(found.items())
    )


def _judged(one: Said) -> bool:
    return one.row.probability is not None and one.met is not None
