"""Figures in the sentences and decimal strings of an assessment."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.policy.nodes import Growth, Measure
from pipeline.policy.tables import COUNT, FIGURES, PERSONS
from pipeline.policy.words import PLACES, amount_text, decimal_text, from_millionths, grouped
from pipeline.rules import Number

# How a figure is called where things are counted: 再增 2 名科技人员, not 再增 2 名科技人员数.
NOUNS: dict[str, str | Promise] = {
    "employees": gettext_lazy("职工"),
    "tech_staff": gettext_lazy("科技人员"),
    "transformations": gettext_lazy("科技成果转化"),
    "ip_self_developed": gettext_lazy("自主研发的知识产权"),
}


def noun(code: str) -> str:
    return str(NOUNS.get(code) or FIGURES[code].label)


def growth_text(factor: Number, intervals: int, beside: Number | None) -> str | None:
    """The yearly rate behind a factor over several years, on its own side of the threshold `beside`."""
    if factor < 0:
        return None
    low = _rate_below(factor, intervals)
    exact = (1 + Fraction(low, 10**PLACES)) ** intervals == factor
    above = not exact and beside is not None and factor > (1 + beside) ** intervals
    return from_millionths(low + above)


def _rate_below(factor: Number, intervals: int) -> int:
    """The rate in millionths, rounded down; exact, since the estimate is checked by multiplying."""
    with localcontext() as context:
        context.prec = 60
        whole = Fraction(factor)
        root = (Decimal(whole.numerator) / whole.denominator) ** (Decimal(1) / intervals) if whole else Decimal(0)
        guess = int((root - 1) * 10**PLACES)
    while (1 + Fraction(guess, 10**PLACES)) ** intervals > factor:
        guess -= 1
    while (1 + Fraction(guess + 1, 10**PLACES)) ** intervals <= factor:
        guess += 1
    return guess


def actual_text(measure: Measure, value: Number, bound: Number | None) -> str | None:
    """A measure's value as the document shows it; `bound` is the threshold as the edition states it."""
    body = measure.body
    if isinstance(body, Growth) and body.method == "compound":
        return growth_text(value, body.intervals, bound)
    return decimal_text(value, bound)


def shortfall(code: str, amount: Number, *, is_enough: bool = True) -> str:
    """How much of a figure is lacking: 研发费用还差 38.6 万元, or 再增 where that alone is not enough."""
    unit = FIGURES[code].unit
    if unit == PERSONS:
        return _("再增 {number} 名{noun}").format(number=grouped(ceil(amount)), noun=noun(code))
    if unit == COUNT:
        return _("再增 {number} 项{noun}").format(number=grouped(ceil(amount)), noun=noun(code))
    form = _("{noun}还差 {amount}") if is_enough else _("{noun}再增 {amount}")
    return form.format(noun=noun(code), amount=amount_text(amount, unit))


def excess(code: str, amount: Number) -> str:
    """How much of a figure is too much: 职工须减少 20 人."""
    return _("{noun}须减少 {amount}").format(noun=noun(code), amount=amount_text(amount, FIGURES[code].unit))


def move_sentence(code: str, start: Number, to: Number) -> str:
    """One step of a path: 研发费用由 200 万元增至 250 万元."""
    unit = FIGURES[code].unit
    form = _("{noun}由 {start}增至 {to}") if to > start else _("{noun}由 {start}减至 {to}")
    return form.format(noun=noun(code), start=amount_text(start, unit), to=amount_text(to, unit))
