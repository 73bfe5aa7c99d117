"""Brings applications to a stage through the one door."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.fact_codes import NO_YEAR
from crm.models import Fact, Firm, Job, Region, User
from pipeline.models import Application, PolicyEdition
from pipeline.services.applications import move_application, open_application
from pipeline.services.policies import publish, unpublished
from pipeline.services.screening import start_screening
from pipeline.workflows import PROGRAMMES
from tests import make
from tests.pipeline.samples import SIX_FLAGS


def opened(firm: Firm, officer: User | None, programme: str = "high_tech", **given: Any) -> Application:
    return open_application(firm, programme, actor=officer, **given)


def path_to(programme: str, stage: str) -> list[str]:
    """The shortest lawful road from the start to a stage, as codes of moves."""
    table = PROGRAMMES[programme]
    roads: dict[str, list[str]] = {table.initial: []}
    left = [table.initial]
    while left:
        here = left.pop(0)
        for step in table.moves_from(here):
            if step.target not in roads:
                roads[step.target] = [*roads[here], step.code]
                left.append(step.target)
    return roads[stage]


def at(
    firm: Firm,
    stage: str,
    *,
    programme: str = "high_tech",
    officer: User | None = None,
    city: User | None = None,
    when: datetime | None = None,
    **given: Any,
) -> Application:
    """An application at a stage; the moves are the system's, so that no role stands in the way."""
    application = open_application(firm, programme, actor=officer, at=when, **given)
    for code in path_to(programme, stage):
        grants = application.workflow.transition(code, application.stage).grants
        evidence = {"document": "桂科演示〔2026〕1号"} if grants else {}
        move_application(application, code, actor=None, note="依据材料", at=when, **evidence)
    return application


SIXTY = {
    "employees": ("quarterly_6m", 100),
    "tech_staff": ("quarterly_6m", 20),
    "sales_cny": ("", 50_000_000),
    "rd_cny": ("super_deduction", 2_000_000),
    "costs_cny": ("", 46_000_000),
    "assets_cny": ("", 50_000_000),
}


def published(programme: str = "tech_sme", code: str = "CN-2022") -> PolicyEdition:
    publish(unpublished(), actor=None)
    return PolicyEdition.objects.get(programme=programme, code=code)


def with_facts(firm: Firm, *, year: int = 2025, **changes: int | None) -> Firm:
    """The firm of ARCHITECTURE §5, as rows, with its 60 points; a change of None leaves a fact out."""
    figures = {code: (year, basis, value) for code, (basis, value) in SIXTY.items()}
    plain = {name: int(said) for name, said in SIX_FLAGS.items()} | {"ip_class1": 0, "ip_class2": 3}
    figures |= {code: (NO_YEAR, "", value) for code, value in plain.items()}
    rows = {code: (of_year, basis, changes.get(code, value)) for code, (of_year, basis, value) in figures.items()}
    Firm.objects.filter(pk=firm.pk).update(registered_on=date(2015, 3, 1))
    Fact.objects.bulk_create(
        Fact(firm=firm, year=of_year, code=code, basis=basis, source="declared", value=Decimal(value))
        for code, (of_year, basis, value) in rows.items()
        if value is not None
    )
    firm.refresh_from_db()
    return firm


def with_basics(firm: Firm, *, year: int | None = None) -> Firm:
    """The firm with the figures that the first submission asks for."""
    for code in ("employees", "tech_staff", "sales_cny", "rd_cny"):
        Fact.objects.create(firm=firm, year=year or last_year(), code=code, source="declared", value=1)
    return firm


def city_of_firms(county: Region) -> dict[str, Firm]:
    """Four firms of one county: on the line, one short of it, two short, and one of which too little is known."""
    return {
        "met": with_facts(make.firm("甲达标有限公司", county)),
        "one": with_facts(make.firm("乙差一有限公司", county), rd_cny=1_000_000),
        "two": with_facts(make.firm("丙差二有限公司", county), tech_staff=9),
        "unknown": with_facts(make.firm("丁缺数有限公司", county), rd_cny=None, dishonesty=None),
    }


def last_year() -> int:
    """The year whose figures decide today."""
    return timezone.localdate().year - 1


def screening(region: Region, programme: str = "tech_sme") -> Job:
    """A screening that the test works on itself."""
    return start_screening(region, programme, actor=None, here=True)
