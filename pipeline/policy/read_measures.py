"""Reads the measures of an edition: named quantities built from stated figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.policy.fields import Fields
from pipeline.policy.nodes import (
    Allowable,
    Body,
    Fact,
    Growth,
    Measure,
    Minus,
    Plus,
    Points,
    Ratio,
    Registered,
    Text,
    Total,
)
from pipeline.policy.tables import DAYS, FIGURES, POINTS, RATIO, YEAR, YEARS

REGISTERED_UNITS = {"days": DAYS, "full_years": YEARS, "fiscal_years": YEARS, "year": YEAR}
METHODS = ("compound", "mean", "lowest")
MOST_YEARS = 10
NOTHING = Measure("", Text("", ""), "", Fact(""))
Built = tuple[Body, str]  # the body and the unit of what it gives


class Measures:
    """Finds measures by name: those that the edition declares, every known figure, and the score."""

    def __init__(self, root: Fields, parts: dict[str, Text]) -> None:
        self.declared, self.parts = root.inside("measures"), parts
        self.built: dict[str, Measure] = {}
        self.open: list[str] = []

    def all(self) -> tuple[Measure, ...]:
        """Every declared measure by name, used or not, so that every fault is found; stored JSON keeps no order."""
        return tuple(self.named(name, self.declared, name) for name in sorted(self.declared.data))

    def named(self, name: str, fields: Fields, key: str) -> Measure:
        """The measure of this name; an unknown one is noted at the place that asked for it."""
        if name in self.built:
            return self.built[name]
        if name in self.open:
            fields.complain(key, _("“{name}”由自身定义").format(name=name))
            return NOTHING
        found = self._declared(name) if name in self.declared.data else self._given(name)
        if found is None:
            fields.complain(key, _("没有名为“{name}”的数值").format(name=name))
            return NOTHING
        self.built[name] = found
        return found

    def at(self, fields: Fields, key: str, *, compared: bool = False) -> Measure:
        """The measure under a key. Only where it is `compared` with a threshold may it be compound growth."""
        name = fields.word(key)
        found = self.named(name, fields, key) if name else NOTHING
        if not compared:
            _refuse_compound(found, fields, key)
        return found

    def listed(self, fields: Fields, key: str, count: int | None = None) -> tuple[Measure, ...]:
        names = fields.words(key)
        if names and count is not None and len(names) != count:
            fields.complain(key, _("应列出 {count} 个数值").format(count=count))
            names = (names * count)[:count]
        found = tuple(self.named(name, fields, key) for name in names)
        for measure in found:
            _refuse_compound(measure, fields, key)
        return found or (NOTHING,) * (count or 1)

    def _given(self, name: str) -> Measure | None:
        if name in FIGURES:
            return Measure(name, FIGURES[name].label, FIGURES[name].unit, Fact(name))
        if self.open:
            return None  # points are no figure to reckon with
        if name == "score" and self.parts:
            return Measure(name, gettext_lazy("综合得分"), POINTS, Points())
        part = name.removeprefix("score.")
        if part not in self.parts or part == name:
            return None
        label = Text(f"“{self.parts[part].zh}”得分", f"Points for {self.parts[part].en}")
        return Measure(name, label, POINTS, Points(part))

    def _declared(self, name: str) -> Measure:
        self.open.append(name)
        fields = self.declared.inside(name)
        kinds = [kind for kind in KINDS if kind in fields]
        body, unit = KINDS[kinds[0]](self, fields) if kinds else (Fact(""), "")
        if len(kinds) != 1:
            fields.complain(None, _("应恰有一种算法：{kinds}").format(kinds="、".join(KINDS)))
        found = Measure(name, fields.text("label"), unit, body, _shift(fields))
        fields.done()
        self.open.remove(name)
        return found


def _refuse_compound(measure: Measure, fields: Fields, key: str) -> None:
    """Compound growth is held as a factor over all years, which a threshold can be fitted to but nothing else can."""
    if isinstance(measure.body, Growth) and measure.body.method == "compound":
        fields.complain(key, _("年均复合增长率只能直接与标准比较，不能再参与计算或分档"))


def _shift(fields: Fields) -> int:
    shift = fields.number("year", 0)
    if not isinstance(shift, int) or not -MOST_YEARS <= shift <= 0:
        fields.complain("year", _("应为 0（数据年度）或负整数"))
        return 0
    return shift


def _years(fields: Fields, key: str) -> int:
    found = fields.whole(key, least=1)
    if found > MOST_YEARS:
        fields.complain(key, _("不能超过 {most}").format(most=MOST_YEARS))
    return min(found, MOST_YEARS)


def _fact(measures: Measures, fields: Fields) -> Built:
    code = fields.one_of("fact", FIGURES)
    return Fact(code), FIGURES[code].unit


def _total(measures: Measures, fields: Fields) -> Built:
    of = measures.at(fields, "sum")
    return Total(of, _years(fields, "years")), of.unit


def _mean(measures: Measures, fields: Fields) -> Built:
    of = measures.at(fields, "mean")
    return Total(of, _years(fields, "years"), is_mean=True), of.unit


def _plus(measures: Measures, fields: Fields) -> Built:
    terms = measures.listed(fields, "plus")
    return Plus(terms), terms[0].unit


def _minus(measures: Measures, fields: Fields) -> Built:
    left, right = measures.listed(fields, "minus", 2)
    return Minus(left, right), left.unit


def _ratio(measures: Measures, fields: Fields) -> Built:
    top, bottom = measures.listed(fields, "ratio", 2)
    when_zero = fields.number("when_zero") if "when_zero" in fields else None
    return Ratio(top, bottom, when_zero), RATIO


def _allowable(measures: Measures, fields: Fields) -> Built:
    total = measures.at(fields, "allowable")
    share, cap = fields.number("share"), fields.number("cap")
    if not 0 <= cap < 1 or not 0 <= share <= 1:
        fields.complain(None, _("share 应在 0 与 1 之间，cap 应小于 1"))
        cap = 0
    return Allowable(total, measures.at(fields, "discounted"), share, measures.at(fields, "capped"), cap), total.unit


def _growth(measures: Measures, fields: Fields) -> Built:
    of = measures.at(fields, "growth")
    method = fields.one_of("method", METHODS)
    shortens = fields.truth("shortens", False)
    if shortens and method != "mean":
        fields.complain("shortens", _("只用于 method: mean"))
    return Growth(of, _years(fields, "intervals"), method, shortens), RATIO


def _registered(measures: Measures, fields: Fields) -> Built:
    what = fields.one_of("registered", REGISTERED_UNITS)
    return Registered(what), REGISTERED_UNITS[what]


KINDS: dict[str, Callable[[Measures, Fields], Built]] = {
    "fact": _fact,
    "sum": _total,
    "mean": _mean,
    "plus": _plus,
    "minus": _minus,
    "ratio": _ratio,
    "allowable": _allowable,
    "growth": _growth,
    "registered": _registered,
}


def components(body: Any) -> Iterator[Measure]:
    """The measures that a body is directly made of."""
    if isinstance(body, Plus):
        yield from body.terms
    for name in ("of", "left", "right", "top", "bottom", "total", "discounted", "capped"):
        if (inner := getattr(body, name, None)) is not None:
            yield inner


def fact_codes(measure: Measure) -> Iterator[str]:
    """The codes of the figures that a measure is made of."""
    if isinstance(measure.body, Fact):
        yield measure.body.code
    for inner in components(measure.body):
        yield from fact_codes(inner)
