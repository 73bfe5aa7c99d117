"""Decides which county a firm belongs to, from what its row says; what it does not say is left to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from django.utils.translation import gettext as _

from crm.choices import RegionKind
from crm.identifiers import Unreadable, blank


class Place(Protocol):
    """What placing needs of a region."""

    code: str
    name: str
    short_name: str
    kind: str
    path: str


@dataclass(frozen=True)
class Gazetteer:
    """The region an import goes to, and the counties and zones below it, loaded once per import."""

    target: Place
    below: tuple[Place, ...] = ()
    above: tuple[Place, ...] = ()

    @classmethod
    def of(cls, target: Place, regions: Iterable[Place]) -> Gazetteer:
        """Sort the whole tree into what lies below the target and what lies above it."""
        others = [region for region in regions if region.path != target.path]
        below = tuple(region for region in others if region.path.startswith(target.path))
        return cls(target, below, tuple(region for region in others if target.path.startswith(region.path)))

    def place(self, *, county: str = "", city: str = "", address: str = "", credit_code: str = "") -> Place:
        """The county: a county column, else the one full county name in the address, else the division in the
        credit code where it is one of ours, else the import's own region (县区待定).

        Raises Unreadable when the row says that it belongs elsewhere.
        """
        if not blank(city) and not self._is_here(city):
            reason = _("地区为“{city}”，不属于{region}；请导入到所属地区")
            raise Unreadable(reason.format(city=city, region=self.target.name))
        if not blank(county):
            return self._named(county)
        named = [region for region in self.below if region.name in address]
        if len(named) == 1:
            return named[0]
        division = credit_code[2:8]
        by_code = [region for region in self.below if region.kind == RegionKind.COUNTY and region.code == division]
        return by_code[0] if by_code else self.target

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every name under which a row may say that it belongs here."""
        return frozenset(
            name for region in (self.target, *self.above, *self.below) for name in (region.name, region.short_name)
        )

    def _is_here(self, city: str) -> bool:
        return any(name in city or city in name for name in self._names)

    def _named(self, county: str) -> Place:
        for region in (*self.below, self.target):
            if county in {region.name, region.short_name, region.code}:
                return region
        names = "、".join(region.name for region in self.below)
        raise Unreadable(_("没有名为“{county}”的县区；可填：{names}").format(county=county, names=names))
