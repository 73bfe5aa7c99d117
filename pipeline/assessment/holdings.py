"""Credentials: whether one of them fits what the edition demands."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.assessment.case import Case
from pipeline.assessment.facts import Holding
from pipeline.policy.nodes import Credential
from pipeline.rules import Verdict, all_of, any_of, stated, within_years


def holds(case: Case, wanted: Credential) -> Verdict:
    """Met when one credential fits every demand; unknown when one might, were more known of it."""
    return any_of(all_of(_demands(case, wanted, holding)) for holding in case.holdings(wanted.kind))


def _demands(case: Case, wanted: Credential, holding: Holding) -> Iterator[Verdict]:
    if wanted.valid:
        yield stated(None if holding.valid_until is None else holding.valid_until >= case.on)
    if wanted.within_years is not None:
        yield stated(None if holding.on is None else within_years(holding.on, case.on, wanted.within_years))
    if wanted.rank_at_most is not None:
        yield stated(None if holding.rank is None else holding.rank <= wanted.rank_at_most)
    if wanted.levels:
        yield stated(None if holding.level is None else holding.level in wanted.levels)
    if wanted.of_year is not None:
        yield stated(None if holding.year is None else holding.year == case.on.year + wanted.of_year)


def open_questions(case: Case, wanted: Credential) -> list[str]:
    """What would have to be known of the credentials that might fit: `high_tech_certificate.valid_until`."""
    needed = {
        "valid_until": wanted.valid,
        "on": wanted.within_years is not None,
        "rank": wanted.rank_at_most is not None,
        "level": bool(wanted.levels),
        "year": wanted.of_year is not None,
    }
    return sorted(
        {
            f"{wanted.kind}.{name}"
            for holding in case.holdings(wanted.kind)
            for name, is_needed in needed.items()
            if is_needed and getattr(holding, name) is None
        }
    )
