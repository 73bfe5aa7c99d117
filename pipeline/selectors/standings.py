"""Where we stand among others: rank and share by published totals, and who is one place above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from crm.choices import RegionKind
from crm.models import Region
from pipeline.models import PublishedTotal
from pipeline.selectors.targets import QuotaRow


@dataclass(frozen=True)
class Standing:
    """One region's place: `rank` of `of` places, its share of the whole (0–1), who is above and by how much."""

    rank: int | None = None
    of: int = 0
    share: Decimal | None = None
    above: str = ""
    away: Decimal = Decimal(0)
    as_of: date | None = None
    source: str = ""


def published_totals(year: int, day: date) -> dict[str, dict[str, PublishedTotal]]:
    """{indicator: {region code: the newest total published up to a day}}. One statement."""
    rows = PublishedTotal.objects.filter(year=year, as_of__lte=day).select_related("indicator").order_by("as_of")
    found: dict[str, dict[str, PublishedTotal]] = {}
    for row in rows:
        found.setdefault(row.indicator.code, {})[row.region_code] = row
    return found


def standing(done: Decimal, region: Region, totals: Mapping[str, PublishedTotal], whole: str) -> Standing:
    """The place of a city among those whose totals were published; its own published total stands for it there.

    `whole` is the code of the region above all: its total is the whole of which ours is a share.
    """
    share = _share(done, totals[whole].value) if whole in totals else None
    others = [total for code, total in totals.items() if code not in {whole, region.code}]
    if not others or region.kind != RegionKind.CITY:
        return Standing(share=share)
    ours = totals[region.code].value if region.code in totals else done
    ahead = sorted((total for total in others if total.value > ours), key=lambda total: total.value)
    newest = max(totals.values(), key=lambda total: total.as_of)
    return Standing(
        rank=len(ahead) + 1,
        of=len(others) + 1,
        share=share,
        above=ahead[0].region_name if ahead else "",
        away=ahead[0].value - ours if ahead else Decimal(0),
        as_of=newest.as_of,
        source=newest.source,
    )


def county_standings(rows: Sequence[QuotaRow], whole: Decimal | None) -> dict[str, Standing]:
    """{region code: its place by completion among its siblings, and its share of the whole}; equals share a place."""
    ratios = {row.region: row.completion_ratio for row in rows if row.completion_ratio is not None}
    places = {code: 1 + sum(other > ratio for other in ratios.values()) for code, ratio in ratios.items()}
    return {
        row.region: Standing(places.get(row.region), len(ratios), _share(row.done, whole) if whole else None)
        for row in rows
    }


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP) if whole else None


def whole_of(totals: Iterable[PublishedTotal], whole: str) -> Decimal | None:
    return next((total.value for total in totals if total.region_code == whole), None)
