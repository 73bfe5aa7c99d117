"""Facts as a document again: what `parse_facts` reads back as the same facts, as far as the edition looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from crm.fact_codes import NO_YEAR
from pipeline.assessment.facts import Claim, Facts, Figure, Holding
from pipeline.assessment.figures import flags_used
from pipeline.policy.nodes import Policy
from pipeline.policy.read_policy import figures_read
from pipeline.policy.tables import CREDENTIALS, DERIVED, IP_PREFIX
from pipeline.policy.words import decimal_text


def facts_document(facts: Facts, policy: Policy) -> dict[str, Any]:
    """The facts object (ARCHITECTURE §5) with everything that the edition reads, and nothing else.

    Judging it gives what judging the facts gives: it is what an assessment keeps as its inputs.
    """
    years: dict[str, dict[str, Any]] = {}
    found: dict[str, Any] = {}
    wanted = codes_read(policy)
    for (code, year), figures in sorted(facts.figures.items()):
        if code not in wanted or not figures:
            continue
        if year != NO_YEAR:
            years.setdefault(str(year), {})[code] = _figures(figures)
        elif code.startswith(IP_PREFIX):
            found.setdefault("ip", {})[code.removeprefix(IP_PREFIX)] = _figures(figures)
        else:
            found[code] = _figures(figures)
    known = flags_used(policy)
    flags = {name: _claims(claims) for name, claims in sorted(facts.flags.items()) if name in known and claims}
    found |= {"years": years, "flags": flags, "credentials": [_holding(holding) for holding in facts.holdings]}
    if facts.expert:
        found["expert"] = {name: list(points) for name, points in sorted(facts.expert.items())}
    if facts.registered_on:
        found["registered_on"] = facts.registered_on.isoformat()
    if facts.industry:
        found["industry"] = facts.industry
    return found


@lru_cache(maxsize=64)
def codes_read(policy: Policy) -> frozenset[str]:
    """The codes of every figure that conditions, points, triggers or levers of the edition look at."""
    codes = set(figures_read(policy))
    for lever in policy.levers:
        codes |= {lever.fact, lever.at_most} - {""}
    return frozenset(codes | {part for code in codes for part in DERIVED.get(code, ())})


def _figures(figures: Sequence[Figure]) -> Any:
    """One plain figure as a number, anything that says more as a list."""
    if len(figures) == 1 and not figures[0].basis and not figures[0].source:
        return decimal_text(figures[0].value)
    return [
        {"value": decimal_text(figure.value)} | _named(basis=figure.basis, source=figure.source) for figure in figures
    ]


def _claims(claims: Sequence[Claim]) -> Any:
    if len(claims) == 1 and not claims[0].source:
        return claims[0].value
    return [{"value": claim.value} | _named(source=claim.source) for claim in claims]


def _holding(holding: Holding) -> dict[str, Any]:
    """What a credential of its kind may state, as far as it is stated."""
    stated = ((name, getattr(holding, name)) for name in CREDENTIALS[holding.kind])
    told = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in stated if value is not None
    }
    return {"kind": holding.kind} | told


def _named(**words: str) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}
