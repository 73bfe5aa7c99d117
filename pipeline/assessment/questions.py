"""What an edition asks of a firm, one question for each place in a facts object, and what is already known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from crm.fact_codes import NO_YEAR
from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts, Holding, spoken_name
from pipeline.assessment.figures import flags_used, measures_used
from pipeline.assessment.measures import figures_of
from pipeline.policy.nodes import Credential, Holds, Industry, Item, Policy
from pipeline.policy.read_policy import all_criteria
from pipeline.policy.tables import FIGURES, IP_PREFIX

REGISTERED_ON, INDUSTRY = "registered_on", "industry"
DETAILS = {
    "valid_until": "valid",
    "rank": "rank_at_most",
    "on": "within_years",
    "level": "levels",
    "year": "of_year",
}


@dataclass(frozen=True)
class Question:
    """A figure, a yes/no fact or a credential that verdict or score depend on.

    `path` is its place below `facts`; `basis` is how the edition counts the figure; `details` are what a credential
    of this kind must state.
    """

    path: str
    code: str
    year: int = NO_YEAR
    basis: str = ""
    details: tuple[str, ...] = ()


def figure_questions(policy: Policy, founded: date | None, on: date) -> list[Question]:
    """The figures, those of the newest year first, in the order of the table of facts; those of no year last."""
    case = Case(policy, Facts(registered_on=founded), on)
    used = {pair for measure in measures_used(policy) for pair in figures_of(case, measure)}
    keys = {(code, case.year_at(code, shift)) for code, shift in used}
    order = {code: place for place, code in enumerate(FIGURES)}
    ordered = sorted(keys, key=lambda key: (-key[1], order[key[0]]))
    return [Question(_path(code, year), code, year, policy.bases.get(code, "")) for code, year in ordered]


def _path(code: str, year: int) -> str:
    if year != NO_YEAR:
        return f"years.{year}.{code}"
    return f"ip.{spoken_name(code)}" if code.startswith(IP_PREFIX) else code


def flag_questions(policy: Policy) -> list[Question]:
    return [Question(f"flags.{name}", name) for name in flags_used(policy)]


def credential_questions(policy: Policy) -> list[Question]:
    """Each kind once, with every detail that some condition asks of it."""
    found: dict[str, dict[str, None]] = {}
    for wanted in _credentials(policy):
        details = found.setdefault(wanted.kind, {})
        details.update(dict.fromkeys(name for name, demand in DETAILS.items() if _is_made(wanted, demand)))
    return [Question(f"credentials.{kind}", kind, details=tuple(details)) for kind, details in found.items()]


def _is_made(wanted: Credential, demand: str) -> bool:
    return getattr(wanted, demand) not in (None, False, ())


def _credentials(policy: Policy) -> Iterator[Credential]:
    rules = [criterion.rule for criterion in all_criteria(policy)]
    yield from (rule for rule in rules if isinstance(rule, Credential))
    for part in policy.parts:
        yield from _held(part.item)


def _held(item: Item) -> Iterator[Credential]:
    if isinstance(item, Holds):
        yield item.credential
    for inner in getattr(item, "items", ()):
        yield from _held(inner)


def asks_industry(policy: Policy) -> bool:
    return any(isinstance(criterion.rule, Industry) for criterion in all_criteria(policy))


def best_holding(facts: Facts, kind: str) -> Holding | None:
    """Of several credentials of a kind the one that lasts longest, else the newest."""
    held = [holding for holding in facts.holdings if holding.kind == kind]
    return max(held, key=_newness, default=None)


def _newness(holding: Holding) -> tuple[date, date, int]:
    return holding.valid_until or date.min, holding.on or date.min, holding.year or 0
