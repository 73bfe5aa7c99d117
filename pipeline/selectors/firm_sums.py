"""What a whole result of the firm list comes to: firms, who has them, where they stand, and their newest figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, IntegerField, Max, Min, OuterRef, QuerySet, Subquery, Sum, Value, When

from crm.choices import Source
from crm.fact_codes import FACT_CODES, PERSONS
from crm.models import Fact, Firm
from pipeline.models import Application, Recognition
from pipeline.workflows import PROGRAMMES

SUMMED = ("sales_cny", "rd_cny", "employees")
RANK = Case(
    *(When(source=source, then=Value(place)) for place, source in enumerate(Source.values)), output_field=IntegerField()
)


@dataclass(frozen=True)
class RungSum:
    """Of one programme: firms that hold a valid title, and firms with an application in progress, which may be both."""

    programme: str
    label: str
    valid: int
    running: int


@dataclass(frozen=True)
class FigureSum:
    """Each firm's newest figure added up: in yuan or persons, of how many firms, from which years."""

    label: str
    total: Decimal | None
    persons: bool
    firms: int
    first_year: int | None
    last_year: int | None


@dataclass(frozen=True)
class FirmSums:
    firms: int
    assigned: int
    rungs: list[RungSum]
    figures: list[FigureSum]

    @property
    def unassigned(self) -> int:
        return self.firms - self.assigned


def firm_sums(found: QuerySet[Firm], *, today: date) -> FirmSums:
    """Six queries: the firms, titles, applications, and one for each figure."""
    found = found.order_by().select_related(None)
    counted = found.aggregate(firms=Count("pk"), assigned=Count("officer"))
    return FirmSums(**counted, rungs=_rungs(found, today), figures=[_figure(found, code) for code in SUMMED])


def _rungs(found: QuerySet[Firm], today: date) -> list[RungSum]:
    keys = found.values("pk")
    valid = _by_programme(Recognition.objects.valid_on(today).filter(firm__in=keys))
    running = _by_programme(Application.objects.in_progress().filter(firm__in=keys))
    return [
        RungSum(code, str(table.short_label), valid.get(code, 0), running.get(code, 0))
        for code, table in PROGRAMMES.items()
    ]


def _by_programme(rows: QuerySet) -> dict[str, int]:
    """How many firms, each once."""
    return dict(rows.order_by().values_list("programme").annotate(n=Count("firm", distinct=True)))


def _figure(found: QuerySet[Firm], code: str) -> FigureSum:
    newest = Fact.objects.filter(firm=OuterRef("pk"), code=code).order_by("-year", RANK, "basis", "pk")
    chosen = found.annotate(newest=Subquery(newest.values("pk")[:1])).values("newest")
    read = Fact.objects.filter(pk__in=chosen).aggregate(
        total=Sum("value"), firms=Count("pk"), first_year=Min("year"), last_year=Max("year")
    )
    kind = FACT_CODES[code]
    return FigureSum(label=str(kind.label), persons=kind.unit == PERSONS, **read)
