"""How a measure is reckoned, in words, in the active language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.policy.quantities import Allowable, Fact, Growth, Measure, Minus, Plus, Ratio, Registered, Total
from pipeline.policy.tables import FIGURES, RATIO
from pipeline.policy.words import amount_text, decimal_text

GROWTH: dict[str, str | Promise] = {
    "compound": gettext_lazy("{of}近 {intervals} 年的年均复合增长率"),
    "mean": gettext_lazy("{of}近 {intervals} 年各年增长率的算术平均"),
    "lowest": gettext_lazy("{of}近 {intervals} 年中最低一年的增长率"),
}
REGISTERED: dict[str, str | Promise] = {
    "days": gettext_lazy("成立之日至评价之日的天数"),
    "full_years": gettext_lazy("成立之日至评价之日的整年数"),
    "fiscal_years": gettext_lazy("成立以来的完整会计年度数"),
    "year": gettext_lazy("成立的年份"),
}


def formula(measure: Measure) -> str:
    """What the measure is made of, with its year where that is not the data year."""
    text = _formula(measure)
    return _("{years} 年前的{text}").format(years=-measure.shift, text=text) if measure.shift else text


def _formula(measure: Measure) -> str:
    body = measure.body
    if isinstance(body, Fact):
        return str(FIGURES[body.code].label)
    if isinstance(body, Total):
        form = _("近 {years} 年{of}的平均") if body.is_mean else _("近 {years} 年{of}合计")
        return form.format(years=body.years, of=body.of.label)
    if isinstance(body, Plus):
        return " + ".join(str(term.label) for term in body.terms)
    if isinstance(body, Minus):
        return f"{body.left.label} − {body.right.label}"
    if isinstance(body, Ratio):
        return _ratio(body)
    if isinstance(body, Allowable):
        return _allowable(body)
    if isinstance(body, Growth):
        return _growth(body)
    return str(REGISTERED[body.what]) if isinstance(body, Registered) else str(measure.label)


def _ratio(body: Ratio) -> str:
    text = f"{body.top.label} ÷ {body.bottom.label}"
    if body.when_zero is None:
        return text
    return text + _("（分母为零时按 {value} 计）").format(value=decimal_text(body.when_zero))


def _allowable(body: Allowable) -> str:
    return _("{total}，其中{discounted}按 {share} 计，{capped}不超过计入总额的 {cap}").format(
        total=body.total.label,
        discounted=body.discounted.label,
        share=amount_text(body.share, RATIO),
        capped=body.capped.label,
        cap=amount_text(body.cap, RATIO),
    )


def _growth(body: Growth) -> str:
    text = str(GROWTH[body.method]).format(of=body.of.label, intervals=body.intervals)
    return text + _("（成立年限不足的按实际年限，起始年为零的不计）") if body.shortens else text
