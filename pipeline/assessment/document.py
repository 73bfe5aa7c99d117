"""The assessment: everything that is told of one firm before one edition, and its document (ARCHITECTURE §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from pipeline.assessment.buckets import bucket_of
from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts
from pipeline.assessment.figures import stands_on_estimates
from pipeline.assessment.gaps import Gap, gaps_of
from pipeline.assessment.judging import bound_now, case_for, overall, route_of, rule_verdict, verdict_of
from pipeline.assessment.measures import bound_of
from pipeline.assessment.missing import Missing, missing_facts
from pipeline.assessment.paths import Path, cheapest_paths
from pipeline.assessment.scoring import Score, measured, score_of
from pipeline.assessment.warnings import warnings_of
from pipeline.assessment.words import actual_text
from pipeline.choices import Bucket
from pipeline.policy.nodes import AllOf, AnyOf, Criterion, Limit, Not, Policy
from pipeline.policy.read_policy import Stored
from pipeline.policy.tables import COUNT, DAYS, POINTS, UNITS, YES_NO
from pipeline.policy.words import decimal_text
from pipeline.rules import MET, NOT_MET, UNKNOWN, Number, Range, Verdict, exact, size

WHOLE_UNITS = {COUNT, DAYS, POINTS}


class Line(NamedTuple):
    """One condition as judged: all in the unit of the condition, as decimal strings; `gap` is how much is lacking."""

    code: str
    label: str
    verdict: str
    actual: str | None
    threshold: str | None
    unit: str
    gap: str | None
    source: str
    status: str


@dataclass(frozen=True)
class Assessment:
    """The whole judgement, with its sentences in the language that was active when it was made."""

    programme: str
    edition: str
    verdict: Verdict
    route: str | None
    score: Score | None
    criteria: tuple[Line, ...]
    warnings: tuple[str, ...]
    gaps: tuple[Gap, ...]
    missing: tuple[Missing, ...]
    cheapest: tuple[Path, ...] = ()
    bucket: Bucket = Bucket.UNKNOWN
    estimated: bool = False

    @property
    def lacking(self) -> list[str]:
        """The codes of the conditions that are not met."""
        return [line.code for line in self.criteria if line.verdict == NOT_MET]

    def as_dict(self) -> dict[str, Any]:
        """The document, ready for JSON."""
        return {
            "programme": self.programme,
            "edition": self.edition,
            "verdict": self.verdict.value,
            "route": self.route,
            "score": self.score and _score(self.score),
            "criteria": [line._asdict() for line in self.criteria],
            "warnings": list(self.warnings),
            "gaps": [gap._asdict() for gap in self.gaps],
            "missing": [entry._asdict() for entry in self.missing],
            "cheapest": [path.as_dict() for path in self.cheapest],
        }


def assess(
    edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date, *, paths: bool = False, warn: bool = True
) -> Assessment:
    """Judge a firm's facts against an edition as of a day. With `paths` the cheapest ways to the line are searched too.

    Without `warn` the warnings are left out: what is stored by the hundred thousand does not hold them.

    `edition` is a policy or a stored edition; `facts` is what parse_facts gives, or the object as it was posted.
    Raises InvalidFacts with every wrong field, and InvalidPolicy where a stored edition was changed.
    """
    case = case_for(edition, facts, on)
    policy = case.policy
    return Assessment(
        programme=policy.programme,
        edition=policy.edition,
        verdict=overall(case),
        route=route_of(case),
        score=score_of(case),
        criteria=tuple(_line(case, criterion) for criterion in policy.criteria),
        warnings=tuple(warnings_of(case)) if warn else (),
        gaps=tuple(gaps_of(case)),
        missing=tuple(missing_facts(case)),
        cheapest=cheapest_paths(policy, case.facts, on) if paths else (),
        bucket=bucket_of(case),
        estimated=stands_on_estimates(case),
    )


def _score(score: Score) -> dict[str, Any]:
    return {"min": score.min, "max": score.max, "parts": {code: list(points) for code, points in score.parts.items()}}


def _line(case: Case, criterion: Criterion) -> Line:
    verdict, rule = verdict_of(case, criterion), criterion.rule
    actual = threshold = gap = None
    if isinstance(rule, Limit):
        actual, threshold, gap = _figures(case, rule)
        unit = str(UNITS[rule.measure.unit])
    elif isinstance(rule, AllOf | AnyOf | Not):
        unit = ""
    else:
        unit = str(UNITS[YES_NO])
        actual, threshold, gap = _yes_or_no(case, criterion)
    return Line(
        criterion.code,
        str(criterion.label),
        verdict.value,
        actual,
        threshold,
        unit,
        gap if verdict is NOT_MET else None,
        criterion.source,
        criterion.status.value,
    )


def _yes_or_no(case: Case, criterion: Criterion) -> tuple[str | None, str, str | None]:
    """Yes is 1 and no is 0, as in the table of facts; a credential or industry counts as 1 when it fits."""
    rule = criterion.rule
    verdict = rule_verdict(case, rule)
    wanted = getattr(rule, "expected", True)
    actual = None if verdict is UNKNOWN else str(int((verdict is MET) is wanted))
    return actual, str(int(wanted)), "1"


def _figures(case: Case, rule: Limit) -> tuple[str | None, str | None, str | None]:
    found, bound = measured(case, rule.measure), bound_now(case, rule)
    actual = actual_text(rule.measure, found.low, bound) if found.is_known and found.low is not None else None
    return actual, None if bound is None else decimal_text(bound), _distance(rule, found, bound)


def _distance(rule: Limit, found: Range, bound: Number | None) -> str | None:
    """How far the nearest possible value is from the threshold, in the condition's own unit."""
    nearest = found.high if rule.op in ("at_least", "more_than") else found.low
    if bound is None or nearest is None:
        return None
    if bound_of(rule.measure, bound) != bound:  # compared as a factor over years: the rates differ by what is shown
        shown = actual_text(rule.measure, nearest, bound)
        return None if shown is None else decimal_text(size(bound - exact(shown)))
    strict = rule.op in ("more_than", "less_than") and rule.measure.unit in WHOLE_UNITS
    return decimal_text(size(bound - nearest) + strict, 0)
