"""What does not simply add up: the quality of verified projects, shares and ranks.

Quality is Σ coefficient × measure over the verified projects of a year, each at most the cap of its class, by the rule
that the bureau entered for the year; five decimals are kept. The region's own formula is not public.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from pipeline.choices import AmountClass
from pipeline.models import Count, Indicator, QualityRule

PROJECTS = "manual.major_transformations"
QUALITY = "manual.transformation_quality"
FIVE = Decimal("0.00001")


def score(measure: Decimal | None, *, coefficient: Decimal, cap: Decimal | None) -> Decimal:
    """The quality of one project; nothing where its measure was not entered."""
    found = (measure or Decimal(0)) * coefficient
    return found if cap is None else min(found, cap)


def quality_amounts(wanted: Iterable[Indicator], first: date, last: date) -> dict[str, Decimal] | None:
    """{region path: score} of the year; None where the quality is not wanted or the year has no rule yet.

    One statement, or two. Where there is a rule, scores that were entered by hand stand back.
    """
    if not any(indicator.code == QUALITY for indicator in wanted):
        return None
    rules = {rule.amount_class: rule for rule in QualityRule.objects.filter(indicator__code=PROJECTS, year=first.year)}
    if not rules:
        return None
    rows = Count.objects.standing().filter(indicator__code=PROJECTS, verified=True, on__gte=first, on__lte=last)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for path, name, measure in rows.order_by().values_list("region_path", "amount_class", "measure"):
        if rule := rules.get(name):
            found[path] += score(measure, coefficient=rule.coefficient, cap=rule.cap)
    return {path: amount.quantize(FIVE, ROUND_HALF_UP) for path, amount in found.items()}


def latest_amounts(first: date, last: date) -> dict[tuple[str, str], Decimal]:
    """{(indicator, region path): amount} of the year's newest verified entry, for shares and ranks. One statement."""
    rows = Count.objects.standing().filter(indicator__adds_up=False, verified=True, on__gte=first, on__lte=last)
    ordered = rows.order_by("on", "pk").values_list("indicator__code", "region_path", "value")
    return {(code, path): value for code, path, value in ordered}


@dataclass(frozen=True)
class ClassLine:
    """One class of a year: how many projects, verified or not, their measure and score, and the rule if any."""

    name: str
    label: str
    verified: int
    unverified: int
    measure: Decimal
    score: Decimal
    rule: QualityRule | None


def class_lines(path: str, year: int, last: date) -> list[ClassLine]:
    """The projects of a region and year by class, with the rule of each. Two statements."""
    rules = {rule.amount_class: rule for rule in QualityRule.objects.filter(indicator__code=PROJECTS, year=year)}
    rows = Count.objects.standing().filter(indicator__code=PROJECTS, region_path__under=path)
    rows = rows.filter(on__gte=date(year, 1, 1), on__lte=min(last, date(year, 12, 31))).exclude(amount_class="")
    found = list(rows.order_by().values_list("amount_class", "verified", "measure"))
    return [_line(AmountClass(name), found, rules.get(name)) for name in AmountClass.values]


def _line(kind: AmountClass, rows: list[tuple[str, bool, Decimal | None]], rule: QualityRule | None) -> ClassLine:
    own = [(verified, measure) for name, verified, measure in rows if name == kind]
    measures = [measure for verified, measure in own if verified]
    total = sum((measure or Decimal(0) for measure in measures), Decimal(0))
    scores = [score(m, coefficient=rule.coefficient, cap=rule.cap) for m in measures] if rule else []
    points = sum(scores, Decimal(0)).quantize(FIVE, ROUND_HALF_UP)
    return ClassLine(str(kind), str(kind.label), len(measures), len(own) - len(measures), total, points, rule)
