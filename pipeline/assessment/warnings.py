"""What a reader must know of the figures behind a verdict: estimates, conflicts, other bases, what has no value."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.choices import Basis, Source
from pipeline.assessment.case import STATED_BY_FIRM, Case
from pipeline.assessment.facts import Figure
from pipeline.assessment.figures import flags_used, measures_used, used_keys
from pipeline.assessment.judging import rule_verdict
from pipeline.assessment.measures import undefined, value
from pipeline.policy.nodes import Bands, Criterion, Expert, Item
from pipeline.policy.tables import DERIVED, EXPERT_SCORES, FIGURES, FLAGS
from pipeline.policy.words import amount_text, listed
from pipeline.rules import MET, possible_bands


def warnings_of(case: Case) -> list[str]:
    """Sentences in the active language: the edition, its triggers, the figures used, what has no value."""
    found = [*_edition(case), *_triggers(case), *_figures(case), *_excesses(case), *_flags(case)]
    found += [*_undefined(case), *_experts(case)]
    return list(dict.fromkeys(found))


def _edition(case: Case) -> Iterator[str]:
    policy = case.policy
    if not policy.is_in_force(case.on):
        text = _("{title}（{edition}）在 {day} 不在施行期内")
        yield text.format(title=policy.title, edition=policy.edition, day=case.on.isoformat())
    founded = case.facts.registered_on
    if founded is not None and founded > case.on:
        text = _("成立日期 {founded} 晚于评价日期 {day}；请核对")
        yield text.format(founded=founded.isoformat(), day=case.on.isoformat())
    yield from (str(caveat) for caveat in policy.caveats)


def _triggers(case: Case) -> Iterator[str]:
    for trigger in case.policy.triggers:
        if (trigger.since is None or case.on >= trigger.since) and rule_verdict(case, trigger.rule) is MET:
            yield _sourced(trigger)


def _sourced(trigger: Criterion) -> str:
    return _("{label}（{source}）").format(label=trigger.label, source=trigger.source)


# Figures --------------------------------------------------------------------------------------------------------------


def _figures(case: Case) -> Iterator[str]:
    """About each figure that was used, or would have been: whose it is, what else is said, on which basis."""
    for code, year in used_keys(case):
        stated = case.facts.figures.get((code, year), ())
        if len(stated) > 1 or any(figure.basis or figure.source == Source.ESTIMATE for figure in stated):
            yield from _figure(case, code, year)
        if code in DERIVED:
            yield from _derived(case, code, year)


def _figure(case: Case, code: str, year: int) -> Iterator[str]:
    chosen, name = case.chosen(code, year), _named(code, year)
    others = case.other_bases(code, year)
    if chosen is None:
        if others:
            text = _("{name}只有其他口径的数据（{others}），本条件须用{basis}，未混用")
            yield text.format(name=name, others=_listed(code, others), basis=Basis(case.policy.bases[code]).label)
        return
    if chosen.source == Source.ESTIMATE:
        text = _("{name}用的是经办人员估计值 {value}，须以正式数据核实")
        yield text.format(name=name, value=_amount(code, chosen))
    stated = case.facts.figures[(code, year)]
    rivals = [figure for figure in stated if figure not in others and figure.value != chosen.value]
    if rivals:
        text = _("{name}来源不一致：采用{chosen}，另有{others}")
        yield text.format(name=name, chosen=_listed(code, [chosen]), others=_listed(code, rivals))


def _derived(case: Case, code: str, year: int) -> Iterator[str]:
    """A stated net asset figure wins over assets less liabilities; a difference is told."""
    stated = case.chosen(code, year)
    first, second = (case.chosen(part, year) for part in DERIVED[code])
    if stated is None or first is None or second is None or stated.value == first.value - second.value:
        return
    text = _("{name} {stated}与资产减负债 {derived}不一致，采用前者")
    derived = amount_text(first.value - second.value, FIGURES[code].unit)
    yield text.format(name=_named(code, year), stated=_amount(code, stated), derived=derived)


def _excesses(case: Case) -> Iterator[str]:
    """A part that is stated as greater than its whole: more tech staff than employees."""
    for lever in case.policy.levers:
        if lever.at_most:
            part, whole = case.fact(lever.fact), case.fact(lever.at_most)
            if part.low is not None and whole.high is not None and part.low > whole.high:
                text = _("{part}多于{whole}；请核对")
                part_name = _named(lever.fact, case.year_at(lever.fact, 0))
                yield text.format(part=part_name, whole=FIGURES[lever.at_most].label)


def _named(code: str, year: int) -> str:
    label = FIGURES[code].label
    return _("{year} 年{label}").format(year=year, label=label) if year else str(label)


def _amount(code: str, figure: Figure) -> str:
    return amount_text(figure.value, FIGURES[code].unit)


def _listed(code: str, figures: list[Figure]) -> str:
    return listed(_told(code, figure) for figure in figures)


def _told(code: str, figure: Figure) -> str:
    """Whose figure it is, how it was counted, and how much: 税务申报（会计口径） 200 万元."""
    source = Source(figure.source or STATED_BY_FIRM).label
    if not figure.basis:
        return _("{source} {value}").format(source=source, value=_amount(code, figure))
    return _("{source}（{basis}） {value}").format(
        source=source, basis=Basis(figure.basis).label, value=_amount(code, figure)
    )


def _flags(case: Case) -> Iterator[str]:
    for name in flags_used(case.policy):
        claims = case.facts.flags.get(name, ())
        if not claims or (len(claims) == 1 and claims[0].source != Source.ESTIMATE):
            continue
        chosen = min(claims, key=lambda claim: case.source_rank(claim.source))
        label = FLAGS[name].label if name in FLAGS else case.policy.flags[name].label
        if chosen.source == Source.ESTIMATE:
            yield _("“{label}”由经办人员估计，须以正式数据核实").format(label=label)
        if any(claim.value != chosen.value for claim in claims):
            yield _("“{label}”来源不一致：采用{source}的说法").format(
                label=label, source=Source(chosen.source or STATED_BY_FIRM).label
            )


# What has no value ----------------------------------------------------------------------------------------------------


def _undefined(case: Case) -> Iterator[str]:
    for measure in measures_used(case.policy):
        if (inner := undefined(case, measure)) is not None:
            text = _("{label}无法计算（基数为零、为负或企业成立时间不足），须由专家判断")
            yield text.format(label=inner.label)


def _experts(case: Case) -> Iterator[str]:
    for part in case.policy.parts:
        yield from _item(case, part.item)


def _item(case: Case, item: Item) -> Iterator[str]:
    if isinstance(item, Expert) and case.facts.expert.get(item.name, (0, 0))[1] > item.most:
        text = _("专家评分“{name}”超过该项满分 {most} 分，按满分计")
        yield text.format(name=EXPERT_SCORES[item.name], most=item.most)
    if isinstance(item, Bands):
        found = value(case, item.measure)
        bands = possible_bands(found, item.bands) if found.is_known else []
        if any(band is not None and band.is_open for band in bands):
            yield _("{label}不在评分表的档次之内，由专家判定").format(label=item.measure.label)
    for inner in getattr(item, "items", ()):
        yield from _item(case, inner)
