"""Editions and facts for the tests of the rules engine. Every call gives facts of its own, to be changed freely."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.policy import Policy, load_policy, policy_from_yaml

POLICIES = Path(__file__).resolve().parents[2] / "pipeline" / "policies"
ON = date(2026, 7, 1)
SIX_FLAGS = {
    "resident": True,
    "audit_based_tax": True,
    "restricted_industry": False,
    "serious_incident": False,
    "abnormal_listing": False,
    "dishonesty": False,
}


@cache
def edition(programme: str, code: str) -> Policy:
    return load_policy(POLICIES / programme / f"{code}.yaml")


def tech_sme_policy() -> Policy:
    return edition("tech_sme", "CN-2022")


def high_tech_policy() -> Policy:
    return edition("high_tech", "CN-2016")


def tech_sme(
    *, class1: int | None = 0, class2: int | None = 3, flags: dict[str, Any] | None = None, **year: Any
) -> dict:
    """The firm of ARCHITECTURE §5 with its 60 points; `year` replaces figures of 2025, None leaves one out."""
    figures = {
        "employees": 100,
        "tech_staff": 20,
        "sales_cny": 50_000_000,
        "rd_cny": 2_000_000,
        "costs_cny": 46_000_000,
        "assets_cny": 50_000_000,
    } | year
    ip = {"class1": class1, "class2": class2}
    return {
        "registered_on": "2015-03-01",
        "years": {"2025": {code: value for code, value in figures.items() if value is not None}},
        "ip": {name: count for name, count in ip.items() if count is not None},
        "credentials": [],
        "flags": SIX_FLAGS | (flags or {}),
    }


def high_tech(**last_year: Any) -> dict:
    """A firm that meets every computable condition; `last_year` replaces figures of 2025, None leaves one out."""
    figures = {
        "sales_cny": 36_000_000,
        "rd_cny": 2_000_000,
        "rd_domestic_cny": 1_800_000,
        "rd_entrusted_cny": 0,
        "rd_other_cny": 0,
        "net_assets_cny": 18_000_000,
        "transformations": 5,
        "employees": 100,
        "tech_staff": 10,
        "total_income_cny": 40_000_000,
        "non_taxable_income_cny": 0,
        "high_tech_income_cny": 24_000_000,
    } | last_year
    return {
        "registered_on": "2015-03-01",
        "years": {
            "2023": _earlier(20_000_000, 1_000_000, 10_000_000, 5),
            "2024": _earlier(25_000_000, 1_250_000, 13_000_000, 5),
            "2025": {code: value for code, value in figures.items() if value is not None},
        },
        "ip": {"class1": 1, "class2": 0, "self_developed": 1},
        "credentials": [],
        "flags": {"ip_core_support": True, "supported_field": True, "serious_incident": False},
    }


def _earlier(sales: int, rd: int, net_assets: int, transformations: int) -> dict[str, int]:
    return {
        "sales_cny": sales,
        "rd_cny": rd,
        "rd_domestic_cny": rd,
        "rd_entrusted_cny": 0,
        "rd_other_cny": 0,
        "net_assets_cny": net_assets,
        "transformations": transformations,
    }


def sales_of(*values: Any, last: int = 2025, code: str = "sales_cny") -> dict[str, dict[str, Any]]:
    """Yearly figures, the oldest first, up to and including the year `last`."""
    first = last - len(values) + 1
    return {str(first + index): {code: value} for index, value in enumerate(values) if value is not None}


def small_policy(body: str, *, programme: str = "gazelle", measures: str = "", more: str = "") -> Policy:
    """An edition with the given criteria (a YAML list) and measures, for operators that no shipped edition uses."""
    return policy_from_yaml(
        f"""\
programme: {programme}
region: X
edition: X-2020
title: 测试
title_en: Test
workflow: {programme}/1
source: 测试〔2020〕1号
effective_from: 2020-01-01
dates_status: our_reading
bases: {{employees: monthly_183d, tech_staff: monthly_183d, rd_cny: accounting}}
{more}
measures: {{{measures}}}
criteria:
{body}
""",
        "small.yaml",
    )
