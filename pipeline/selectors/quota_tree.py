"""The tree of targets: what a region was told, what its parts and officers were given of it, and whether it adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from crm.choices import Role
from crm.models import Region, User
from pipeline.choices import TargetKind
from pipeline.models import Indicator, Quota
from pipeline.selectors.counts import Period, counted_rows


@dataclass(frozen=True)
class SumCheck:
    """One indicator: the region's own number beside the sum of those below, as told and as pledged."""

    indicator: Indicator
    own: Decimal | None
    below: Decimal
    pledged: Decimal | None
    parts: int

    @property
    def difference(self) -> Decimal:
        """How much the parts are short of the whole; below nought where they have more to bring."""
        return (self.own or Decimal(0)) - self.below

    @property
    def sentence(self) -> str:
        """县区合计 42，低于市级目标 45，差 3."""
        numbers = {"below": f"{self.below.normalize():f}", "own": f"{(self.own or Decimal(0)).normalize():f}"}
        numbers["n"] = f"{abs(self.difference).normalize():f}"
        if self.own is None:
            return _("下级合计 {below}，本级尚无目标").format(**numbers)
        if self.difference > 0:
            return _("下级合计 {below}，低于本级目标 {own}，差 {n}").format(**numbers)
        if self.difference < 0:
            return _("下级合计 {below}，高于本级目标 {own}，多 {n}").format(**numbers)
        return _("下级合计 {below}，与本级目标一致").format(**numbers)


def sum_checks(region: Region, quotas: Iterable[Quota]) -> list[SumCheck]:
    """For each indicator that was broken down: does it add up? `quotas` are those in force, with their indicators."""
    by_indicator: dict[int, list[Quota]] = {}
    for quota in quotas:
        by_indicator.setdefault(quota.indicator_id, []).append(quota)
    checks = [_check(region, own) for own in by_indicator.values()]
    return sorted((check for check in checks if check.parts), key=lambda check: check.indicator.position)


def _check(region: Region, quotas: list[Quota]) -> SumCheck:
    told = [quota for quota in quotas if quota.kind == TargetKind.ASSIGNED]
    own = next((quota.target for quota in told if quota.region_id == region.pk and not quota.officer_id), None)
    below = [quota.target for quota in told if quota.region_id != region.pk or quota.officer_id]
    pledges = [quota.target for quota in quotas if quota.kind == TargetKind.PLEDGE and quota.region_id != region.pk]
    pledged = sum(pledges, Decimal(0)) if pledges else None
    return SumCheck(quotas[0].indicator, own, sum(below, Decimal(0)), pledged, len(below))


def quotas_around(region: Region, year: int) -> list[Quota]:
    """The targets in force of a region, of those right below it and of its own officers. One statement."""
    rows = Quota.objects.current().filter(year=year, indicator__active=True)
    here = rows.filter(region=region) | rows.filter(region__parent=region, officer=None)
    return list(here.select_related("indicator", "region", "officer"))


@dataclass(frozen=True)
class OfficerRow:
    """One officer's share of a target: the firms they look after are what counts."""

    quota: Quota
    done: int

    @property
    def gap(self) -> Decimal:
        return max(self.quota.target - self.done, Decimal(0))

    @property
    def completion_ratio(self) -> Decimal | None:
        return self.done / self.quota.target if self.quota.target else None


def officer_rows(quotas: Iterable[Quota], period: Period) -> list[OfficerRow]:
    """How far each officer's own targets are, by the firms that are theirs now. One statement a target."""
    return [OfficerRow(quota, _brought(quota, period)) for quota in quotas if quota.officer_id]


def _brought(quota: Quota, period: Period) -> int:
    filed = quota.indicator.counter == "filed"
    mine = {"application__firm__officer" if filed else "firm__officer": quota.officer_id}
    rows = counted_rows(quota.indicator, period).filter(**mine)
    if filed:
        rows = rows.filter(application__region_path__under=quota.region_path)
        return rows.order_by().values("application").distinct().count()
    return rows.filter(place__under=quota.region_path).count()


def officers_of(region: Region) -> list[User]:
    """Those who look after firms of the region itself, for its own decomposition."""
    posts = {"posts__region": region, "posts__role": Role.OFFICER, "is_active": True}
    return list(User.objects.filter(**posts).order_by("name", "pk").distinct())
