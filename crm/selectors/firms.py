"""Firms and their figures, shaped for pages."""

from __future__ import annotations

from dataclasses import dataclass

from crm.access import city_of, ways_up
from crm.choices import Source
from crm.fact_codes import FACT_CODES, NO_YEAR
from crm.models import Fact, Firm, Region, User

YEARS_SHOWN = 4


@dataclass(frozen=True)
class FactRow:
    """One figure over the years, for one basis: cells hold every source's value, the one that counts first."""

    code: str
    label: str
    basis: str
    unit: str
    cells: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True)
class FactTable:
    """A firm's figures: yearly ones under their years, the others in a list."""

    years: tuple[int, ...]
    rows: tuple[FactRow, ...]
    undated: tuple[tuple[Fact, ...], ...]  # one cell a figure, as in the rows


def fact_table(firm: Firm) -> FactTable:
    """The figures of the newest years that have any, by the usual order of sources. One query."""
    places = {source: place for place, source in enumerate(Source.values)}
    facts = sorted(firm.facts.select_related("entered_by"), key=lambda fact: places[fact.source])
    years = sorted({fact.year for fact in facts if fact.year != NO_YEAR}, reverse=True)[:YEARS_SHOWN]
    order = {code: place for place, code in enumerate(FACT_CODES)}
    yearly: dict[tuple[str, str], dict[int, list[Fact]]] = {}
    for fact in facts:
        if fact.year in years:
            yearly.setdefault((fact.code, fact.basis), {}).setdefault(fact.year, []).append(fact)
    rows = [
        FactRow(
            code,
            str(FACT_CODES[code].label),
            basis and str(next(iter(per_year.values()))[0].get_basis_display()),
            FACT_CODES[code].unit,
            tuple(tuple(per_year.get(year, ())) for year in years),
        )
        for (code, basis), per_year in sorted(yearly.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    ]
    return FactTable(tuple(years), tuple(rows), _undated(facts, order))


def _undated(facts: list[Fact], order: dict[str, int]) -> tuple[tuple[Fact, ...], ...]:
    cells: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.year == NO_YEAR:
            cells.setdefault(fact.code, []).append(fact)
    return tuple(tuple(cells[code]) for code in sorted(cells, key=lambda code: order.get(code, len(order))))


def officers_for(path: str) -> list[User]:
    """The people who may take a firm of this region on: whose posts cover it. One query."""
    own = {"posts__region__path__in": ways_up(path), "posts__role__in": ["officer", "lead"]}
    holders = User.objects.filter(is_active=True, **own)
    return list(holders.distinct().order_by("name", "pk")[:50])


def regions_to_move_to(region: Region, visible) -> list[Region]:
    """The regions of the same city that a firm may be moved to, among the visible ones. One query."""
    return list(visible.filter(path__under=city_of(region.path)).order_by("path")[:100])
