"""An edition in readable sentences, in the active language: a clause for each term, condition and part of the score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.choices import Basis, Source
from pipeline.policy.formulas import formula
from pipeline.policy.nodes import (
    AllOf,
    AnyOf,
    Bands,
    BestOf,
    Credential,
    Criterion,
    Expert,
    Flag,
    Holds,
    Industry,
    Item,
    Limit,
    Measure,
    Not,
    Policy,
    Rule,
    Status,
)
from pipeline.policy.tables import CREDENTIAL_LABELS, EXPERT_SCORES, FIGURES, FLAGS, LEVEL_LABELS
from pipeline.policy.words import amount_text, joined, listed
from pipeline.rules import Band, Number, Range, Tier

COMPARED: dict[str, str | Promise] = {
    "at_least": gettext_lazy("不低于 {bound}"),
    "more_than": gettext_lazy("高于 {bound}"),
    "at_most": gettext_lazy("不超过 {bound}"),
    "less_than": gettext_lazy("低于 {bound}"),
}


@dataclass(frozen=True)
class Clause:
    """One sentence of an edition. `key` finds its twin in another edition; `source` and `status` where it has them."""

    key: str
    label: str
    text: str
    source: str = ""
    status: Status | None = None


def sentences(policy: Policy) -> list[Clause]:
    """What the edition says, in the order in which it is judged."""
    return [*_terms(policy), *_conditions(policy), *_score(policy), *_measures(policy), *_levers(policy)]


def _terms(policy: Policy) -> Iterator[Clause]:
    end = policy.effective_to.isoformat() if policy.effective_to else _("未定")
    dates = _("{start} 起施行，至 {end}").format(start=policy.effective_from.isoformat(), end=end)
    yield Clause("title", _("名称"), str(policy.title))
    yield Clause("source", _("文号"), policy.source)
    yield Clause("dates", _("施行期"), dates, status=policy.dates_status)
    yield Clause("region", _("适用区域"), policy.region)
    yield Clause("workflow", _("流程"), policy.workflow)
    year = _("{year} 年").format(year=policy.data_year) if policy.data_year else _("评价年度的上一年")
    own = _("，当年成立的企业为当年") if policy.new_firm_own_year else ""
    yield Clause("data_year", _("数据年度"), year + own)
    for code, basis in policy.bases.items():
        yield Clause(f"basis.{code}", _("口径"), f"{FIGURES[code].label}：{Basis(basis).label}")
    order = listed(Source(source).label for source in policy.precedence)
    yield Clause("precedence", _("数据来源次序"), order)
    for index, caveat in enumerate(policy.caveats, 1):
        yield Clause(f"caveat.{index}", _("说明"), str(caveat))


def _conditions(policy: Policy) -> Iterator[Clause]:
    groups = ((policy.criteria, ""), (policy.routes, _("直通车：")), (policy.triggers, _("提示：")))
    for criteria, prefix in groups:
        for criterion in criteria:
            text = prefix + rule_text(policy, criterion.rule)
            if criterion.waived:
                text += _("（符合直通车条件的除外）")
            if criterion.since:
                text += _("（{day} 起）").format(day=criterion.since.isoformat())
            yield Clause(criterion.code, str(criterion.label), text, criterion.source, criterion.status)


def _score(policy: Policy) -> Iterator[Clause]:
    for part in policy.parts:
        text = _("最高 {most} 分。{how}").format(most=part.most, how=item_text(policy, part.item))
        yield Clause(part.code, str(part.label), text, part.source, part.status)


def _measures(policy: Policy) -> Iterator[Clause]:
    for measure in policy.measures:
        yield Clause(f"measure.{measure.name}", str(measure.label), formula(measure))


def _levers(policy: Policy) -> Iterator[Clause]:
    for lever in policy.levers:
        figure = FIGURES[lever.fact]
        way = _("每增加 {step}，工作量 {effort}") if lever.upwards else _("每减少 {step}，工作量 {effort}")
        text = way.format(step=amount_text(lever.per, figure.unit), effort=lever.effort)
        if lever.at_most:
            text += _("，不超过{limit}").format(limit=FIGURES[lever.at_most].label)
        yield Clause(f"lever.{lever.fact}", _("补差措施：{label}").format(label=figure.label), text)


# Rules ----------------------------------------------------------------------------------------------------------------


def rule_text(policy: Policy, rule: Rule) -> str:
    """A rule as a sentence without its label."""
    return RULE_TEXTS[type(rule)](policy, rule)


def _limit(policy: Policy, rule: Limit) -> str:
    label = str(rule.measure.label)
    if rule.ladder is None or rule.by is None:
        return f"{label}{_compared(rule.op, rule.measure, rule.bound)}"
    tiers, lower, included = [], rule.ladder.start, rule.ladder.start_included
    for tier in rule.ladder.tiers:
        where = _tier_range(rule.by, lower, included, tier)
        tiers.append(_("{where}的{demand}").format(where=where, demand=_compared(rule.op, rule.measure, tier.bound)))
        lower, included = tier.upper, not tier.upper_included
    if rule.ladder.start is not None or lower is not None:
        tiers.append(_("不在各档之内的不符合"))
    return _("{label}：{how}").format(label=label, how=joined(tiers))


def _compared(op: str, measure: Measure, bound: Number | None) -> str:
    if bound is None:
        return _("政策未写明标准")
    return str(COMPARED[op]).format(bound=amount_text(bound, measure.unit))


def _tier_range(by: Measure, lower: Number | None, included: bool, tier: Tier) -> str:
    ends = []
    if lower is not None:
        ends.append(_compared("at_least" if included else "more_than", by, lower))
    if tier.upper is not None:
        ends.append(_compared("at_most" if tier.upper_included else "less_than", by, tier.upper))
    return f"{by.label}{listed(ends)}"


def _flag(policy: Policy, rule: Flag) -> str:
    label = FLAGS[rule.flag].label if rule.flag in FLAGS else policy.flags[rule.flag].label
    return _("{label}：是").format(label=label) if rule.expected else _("{label}：否").format(label=label)


def _credential(policy: Policy, rule: Credential) -> str:
    demands = []
    if rule.valid:
        demands.append(_("在有效期内"))
    if rule.within_years is not None:
        demands.append(_("{years} 年以内").format(years=rule.within_years))
    if rule.rank_at_most is not None:
        demands.append(_("排名前 {rank}").format(rank=rule.rank_at_most))
    if rule.levels:
        demands.append(listed(LEVEL_LABELS[level] for level in rule.levels))
    if rule.of_year is not None:
        demands.append(_("当年") if rule.of_year == 0 else _("{years} 年前").format(years=-rule.of_year))
    held = _("具备{kind}").format(kind=CREDENTIAL_LABELS[rule.kind])
    return _("{held}（{demands}）").format(held=held, demands=listed(demands)) if demands else held


def _industry(policy: Policy, rule: Industry) -> str:
    form = _("行业属于 {codes}") if rule.inside else _("行业不属于 {codes}")
    return form.format(codes=listed(rule.codes))


def _all_of(policy: Policy, rule: AllOf) -> str:
    return _("同时满足：{conditions}").format(conditions=_children(policy, rule.children))


def _any_of(policy: Policy, rule: AnyOf) -> str:
    return _("满足其一：{conditions}").format(conditions=_children(policy, rule.children))


def _children(policy: Policy, children: tuple[Criterion, ...]) -> str:
    texts = [rule_text(policy, child.rule) for child in children]
    nested = [isinstance(child.rule, AllOf | AnyOf | Not) for child in children]
    return joined(f"【{text}】" if inner else text for text, inner in zip(texts, nested, strict=True))


def _not(policy: Policy, rule: Not) -> str:
    return _("不符合：{condition}").format(condition=rule_text(policy, rule.child.rule))


RULE_TEXTS: dict[type[Any], Callable[[Policy, Any], str]] = {
    Limit: _limit,
    Flag: _flag,
    Credential: _credential,
    Industry: _industry,
    AllOf: _all_of,
    AnyOf: _any_of,
    Not: _not,
}


# Points ---------------------------------------------------------------------------------------------------------------


def item_text(policy: Policy, item: Item) -> str:
    """How points are given, as a sentence."""
    if isinstance(item, Bands):
        bands = [_band(item.measure, band) for band in item.bands]
        bands.append(_("其余 {points}").format(points=_points(item.otherwise)))
        return _("{label}：{how}").format(label=item.measure.label, how=listed(bands))
    if isinstance(item, Expert):
        return _("专家评定“{name}”，最高 {most} 分").format(name=EXPERT_SCORES[item.name], most=item.most)
    if isinstance(item, Holds):
        held, points, otherwise = _credential(policy, item.credential), _points(item.points), _points(item.otherwise)
        return _("{held}得 {points}，否则 {otherwise}").format(held=held, points=points, otherwise=otherwise)
    inner = joined(item_text(policy, each) for each in item.items)
    return (_("取其高：{items}") if isinstance(item, BestOf) else _("合计：{items}")).format(items=inner)


def _band(measure: Measure, band: Band) -> str:
    text = _compared("at_least" if band.lower_included else "more_than", measure, band.lower)
    return _("{condition} 得 {points}").format(condition=text, points=_points(band.points))


def _points(points: Range) -> str:
    if points.is_known:
        return _("{points} 分").format(points=points.low)
    return _("{low}–{high} 分").format(low=points.low, high=points.high)
