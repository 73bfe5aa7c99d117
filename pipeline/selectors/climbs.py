"""From rung to rung: tech-SMEs that became high-tech enterprises and gazelles, and certificates that were renewed.

Definitions, ours where nothing is prescribed (docs/glossary.md shows them to readers):

cohort        firms given a tech-SME number in year Y, by the first one of the year, numbers revoked since left out
held          those whose high-tech certificate was valid on that day already
reached       the others, by the calendar year in which the next certificate came: by the end of Y, Y+1, Y+2, Y+3
gazelle       those of the cohort that were entered into the library or certified, on that day or after it
due           high-tech certificates whose last day lies in year Y, revoked ones left out
renewed       due ones whose firm was certified again in Y; late: only in Y+1
region        where the firm belonged when the number, or the certificate that runs out, was granted
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import ExtractYear

from crm.access import ways_up
from pipeline.choices import Title
from pipeline.intervals import wilson
from pipeline.models import Recognition

HORIZONS = (0, 1, 2, 3)  # calendar years after the cohort's own
NEVER = 99
HELD = -1
OUTCOMES = RENEWED, LATE, PENDING, LAPSED = "renewed", "late", "pending", "lapsed"
WHO = ALL, HOLDERS, CLIMBERS, WAITING, GAZELLES = "all", "held", "reached", "never", "gazelle"


@dataclass(frozen=True)
class Rate:
    """`hits` of `number` with the 90 % Wilson interval; `settled` is False while the period runs, `begun` before it."""

    hits: int
    number: int
    settled: bool = True
    begun: bool = True

    @property
    def ratio(self) -> float | None:
        return self.hits / self.number if self.number else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.hits, self.number)

    @property
    def heat(self) -> int:
        """How dark the cell is, 0–5."""
        return round((self.ratio or 0) * 5)


@dataclass
class LadderRow:
    """One cohort: how many firms, how many held a certificate, who reached one by when, who became a gazelle.

    Where a row stands for a region, `region` is its code and `name` what it is called.
    """

    year: int
    firms: int = 0
    held: int = 0
    reached: Counter[int] = field(default_factory=Counter)
    gazelles: int = 0
    both: int = 0
    region: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or str(self.year)

    def add(self, reached: int, gazelle: bool, number: int) -> None:
        """So many firms more that reached a certificate then, and became gazelles or did not."""
        self.firms += number
        if reached == HELD:
            self.held += number
        else:
            self.reached[reached] += number
        self.gazelles += number if gazelle else 0
        self.both += number if gazelle and reached != NEVER else 0

    def rates(self, as_of: date) -> list[Rate]:
        """Of those that held none: reached one by the end of Y, Y+1, Y+2, Y+3."""
        free, so_far, rates = self.firms - self.held, 0, []
        for years in HORIZONS:
            so_far += self.reached[years]
            ends = self.year + years
            rates.append(Rate(so_far, free, as_of >= date(ends, 12, 31), as_of.year >= ends))
        return rates

    @property
    def became(self) -> int:
        """All that held or reached a certificate, whenever it was."""
        return self.held + sum(number for years, number in self.reached.items() if years != NEVER)

    @property
    def gazelle_rate(self) -> Rate:
        """Of those with a certificate, who became a gazelle."""
        return Rate(self.both, self.became)


@dataclass
class RenewalRow:
    """High-tech certificates that run out in a year, and what became of them."""

    year: int
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def due(self) -> int:
        return self.outcomes.total()

    @property
    def settled(self) -> bool:
        return not self.outcomes[PENDING]

    @property
    def rate(self) -> Rate:
        return Rate(self.outcomes[RENEWED], self.due, self.settled)

    def number(self, outcome: str) -> int:
        return self.outcomes[outcome]

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [(name, self.outcomes[name]) for name in (RENEWED, LATE, PENDING, LAPSED)]


def climbers(years: Iterable[int], as_of: date, root: str = "") -> QuerySet[Any]:
    """The first tech-SME number of each firm and year, with `year`, `reached` (HELD, 0, 1 …, NEVER) and `gazelle`."""
    standing = Q(ended_on=None) | Q(ended_on__gt=as_of)
    numbers = Recognition.objects.filter(
        standing, programme="tech_sme", title=Title.REGISTRATION, granted_on__year__in=list(years)
    ).filter(granted_on__lte=as_of)
    if root:
        numbers = numbers.filter(region_path__under=root)
    earlier = Recognition.objects.filter(
        standing,
        firm=OuterRef("firm"),
        programme="tech_sme",
        title=Title.REGISTRATION,
        granted_on__year=ExtractYear(OuterRef("granted_on")),
        granted_on__lt=OuterRef("granted_on"),
    )
    return numbers.filter(~Exists(earlier)).annotate(
        year=ExtractYear("granted_on"),
        reached=_reached(as_of),
        gazelle=Exists(_titles(as_of, "gazelle").filter(granted_on__gte=OuterRef("granted_on")) | _gazelle_then(as_of)),
    )


def _titles(as_of: date, programme: str) -> QuerySet[Recognition]:
    return Recognition.objects.filter(firm=OuterRef("firm"), programme=programme, granted_on__lte=as_of)


def _valid_then(titles: QuerySet[Recognition]) -> QuerySet[Recognition]:
    """Of these the ones valid on the day of the number."""
    day = OuterRef("granted_on")
    alive = Q(ended_on=None) | Q(ended_on__gt=day)
    lasting = Q(valid_until=None) | Q(valid_until__gte=day)
    return titles.filter(alive, lasting, granted_on__lte=day)


def _gazelle_then(as_of: date) -> QuerySet[Recognition]:
    return _valid_then(_titles(as_of, "gazelle"))


def _reached(as_of: date) -> Case:
    """HELD, the years until the next certificate, or NEVER."""
    certificates = _titles(as_of, "high_tech").filter(title=Title.CERTIFICATE)
    following = certificates.filter(granted_on__gt=OuterRef("granted_on")).order_by().values("firm")
    first = Subquery(following.annotate(first=Min("granted_on")).values("first"))
    return Case(
        When(Exists(_valid_then(certificates)), then=Value(HELD)),
        When(Exists(following), then=ExtractYear(first) - ExtractYear(F("granted_on"))),
        default=Value(NEVER),
        output_field=IntegerField(),
    )


def ladders(years: Iterable[int], as_of: date, root: str = "") -> dict[str, list[LadderRow]]:
    """{region path: one row a cohort year}, rolled up the tree, for a region and those below it. One statement."""
    wanted = list(years)
    found: dict[str, dict[int, LadderRow]] = defaultdict(lambda: {year: LadderRow(year) for year in wanted})
    grouped = climbers(wanted, as_of, root).order_by().values_list("region_path", "year", "reached", "gazelle")
    for path, year, reached, gazelle, number in grouped.annotate(number=Count("pk")):
        for region in ways_up(path):
            found[region][year].add(int(reached), gazelle, number)  # PostgreSQL extracts decimals
    return {path: list(rows.values()) for path, rows in found.items()}


def reached_within(rows: QuerySet[Any], who: str, within: int) -> QuerySet[Any]:
    """Of a cohort those that one cell counts; `within` is the horizon where the cell has one."""
    if who == HOLDERS:
        return rows.filter(reached=HELD)
    if who == CLIMBERS:
        return rows.filter(reached__gte=0, reached__lte=within)
    if who == WAITING:
        return rows.filter(reached=NEVER)
    return rows.filter(gazelle=True).exclude(reached=NEVER) if who == GAZELLES else rows


def due_certificates(years: Iterable[int], as_of: date, root: str = "") -> QuerySet[Any]:
    """High-tech certificates whose last day lies in these years, with `year` and `outcome`, as known on the day."""
    standing = Q(ended_on=None) | Q(ended_on__gt=as_of) | Q(ended_on__gt=F("valid_until"))
    due = Recognition.objects.filter(
        standing,
        programme="high_tech",
        title=Title.CERTIFICATE,
        valid_until__year__in=list(years),
        granted_on__lte=as_of,
    )
    if root:
        due = due.filter(region_path__under=root)
    again = _titles(as_of, "high_tech").filter(title=Title.CERTIFICATE, granted_on__gt=OuterRef("granted_on"))
    ends = ExtractYear(OuterRef("valid_until"))
    return due.annotate(
        year=ExtractYear("valid_until"),
        outcome=Case(
            When(Exists(again.filter(granted_on__year__lte=ends)), then=Value(RENEWED)),
            When(Exists(again.filter(granted_on__year=ends + 1)), then=Value(LATE)),
            When(valid_until__year__gte=as_of.year, then=Value(PENDING)),
            default=Value(LAPSED),
        ),
    )


def renewals_of(path: str, years: Iterable[int], as_of: date) -> list[RenewalRow]:
    """What became of a region's certificates due in each year. One statement."""
    wanted = list(years)
    return renewals(wanted, as_of, path).get(path) or [RenewalRow(year) for year in wanted]


def renewals(years: Iterable[int], as_of: date, root: str = "") -> dict[str, list[RenewalRow]]:
    """{region path: what became of the certificates due in each year}, rolled up the tree. One statement."""
    wanted = list(years)
    found: dict[str, dict[int, RenewalRow]] = defaultdict(lambda: {year: RenewalRow(year) for year in wanted})
    grouped: Any = due_certificates(wanted, as_of, root).order_by().values_list("region_path", "year", "outcome")
    for path, year, outcome, number in grouped.annotate(number=Count("firm", distinct=True)):
        for region in ways_up(path):
            found[region][year].outcomes[outcome] += number
    return {path: list(rows.values()) for path, rows in found.items()}
