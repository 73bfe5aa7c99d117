"""What a number alone would hide: certificates that ran out while their renewal is open, and the tech-SMEs' new year.

A certificate leaves the stock on the day it ends, and the result of its renewal comes between October and January, so
that the stock of November dips without a firm being lost. A tech-SME number ends with its year: everybody begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from crm.access import ways_up
from pipeline.choices import Title
from pipeline.models import Application, Recognition
from pipeline.selectors.renewals import current_titles

Apart = dict[str, dict[str, int]]  # {region path: {name: how many firms}}


@dataclass(frozen=True)
class Restart:
    """The tech-SMEs of last year's end: how many there were, and how many of them are registered again this year."""

    last_year: int
    back: int

    @property
    def left(self) -> int:
        return self.last_year - self.back


def standing_apart(year: int, as_of: date) -> Apart:
    """How many firms of each region wait for the renewal of a certificate that ran out this year (`pending`), have none
    open (`lapsed`), were tech-SMEs at the end of last year (`last_year`), and are again (`back`). Two statements."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, is_open, number in _expired(year, as_of):
        _add(found, path, "pending" if is_open else "lapsed", number)
    for path, again, number in _tech_smes(year, as_of):
        _add(found, path, "last_year", number)
        if again:
            _add(found, path, "back", number)
    return {path: dict(names) for path, names in found.items()}


def _add(found: Any, path: str, name: str, number: int) -> None:
    for region in ways_up(path):
        found[region][name] += number


def _expired(year: int, as_of: date):
    renewal = Application.objects.in_progress().filter(firm=OuterRef("firm"), programme=OuterRef("programme"))
    rows = current_titles(Recognition.objects.filter(programme="high_tech", title=Title.CERTIFICATE)).filter(
        valid_until__gte=date(year, 1, 1), valid_until__lt=min(as_of, date(year, 12, 31))
    )
    grouped = rows.annotate(is_open=Exists(renewal)).order_by().values_list("firm__region_path", "is_open")
    return grouped.annotate(number=Count("firm", distinct=True))


def _tech_smes(year: int, as_of: date):
    numbers = Recognition.objects.evidenced().filter(programme="tech_sme", title=Title.REGISTRATION)
    before = date(year - 1, 12, 31)
    held = numbers.filter(granted_on__year=year - 1).filter(Q(ended_on=None) | Q(ended_on__gt=before))
    again = numbers.filter(firm=OuterRef("firm"), granted_on__gte=date(year, 1, 1), granted_on__lte=as_of)
    again = again.filter(Q(ended_on=None) | Q(ended_on__gt=as_of))
    grouped = held.annotate(again=Exists(again)).order_by().values_list("firm__region_path", "again")
    return grouped.annotate(number=Count("firm", distinct=True))
