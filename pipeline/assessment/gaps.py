"""How far a condition that is not met is from being met: one amount and one plain sentence for each way to close it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from pipeline.assessment.case import Case
from pipeline.assessment.judging import bound_now, tiers_of, verdict_of
from pipeline.assessment.measures import value
from pipeline.assessment.moves import Mover, ceiling_of, limit_targets, movers_of, part_targets, stops
from pipeline.assessment.scoring import measured, points_of
from pipeline.assessment.words import excess, shortfall
from pipeline.policy.nodes import AllOf, AnyOf, Bands, Criterion, Flag, Item, Limit, Measure, Part, Points, Registered
from pipeline.policy.tables import DAYS, FIGURES, POINTS, UNITS
from pipeline.policy.words import amount_text, decimal_text
from pipeline.rules import MET, NOT_MET, Number, size


class Gap(NamedTuple):
    """`criterion` is the code of the condition, or of the part of the score where points can be won."""

    criterion: str
    amount: str | None
    unit: str
    sentence: str


def gaps_of(case: Case) -> list[Gap]:
    """The gaps of every condition that is not met, in their order; none twice with the same words."""
    found: dict[str, Gap] = {}
    for criterion in case.policy.criteria:
        if verdict_of(case, criterion) is NOT_MET:
            for gap in gaps_in(case, criterion):
                found.setdefault(gap.sentence, gap)
    return list(found.values())


def gaps_in(case: Case, criterion: Criterion) -> Iterator[Gap]:
    rule = criterion.rule
    if isinstance(rule, AllOf):
        for child in rule.children:
            if verdict_of(case, child) is NOT_MET:
                yield from gaps_in(case, child)
    elif isinstance(rule, AnyOf):
        yield _alternatives(case, criterion, rule)
    elif isinstance(rule, Limit):
        yield from _limit(case, criterion, rule)
    elif isinstance(rule, Flag):
        yield Gap(criterion.code, None, "", _("不符合：{label}").format(label=criterion.label))
    else:
        yield _plain(criterion)


def _plain(criterion: Criterion) -> Gap:
    return Gap(criterion.code, None, "", _("尚未达到：{label}").format(label=criterion.label))


def _alternatives(case: Case, criterion: Criterion, rule: AnyOf) -> Gap:
    """One entry for the whole choice: closing any one of the alternatives is enough."""
    ways = [
        _("，且").join(gap.sentence for gap in gaps_in(case, child))
        for child in rule.children
        if verdict_of(case, child) is NOT_MET
    ]
    return Gap(criterion.code, None, "", _("；或").join(dict.fromkeys(ways)))


def _limit(case: Case, criterion: Criterion, rule: Limit) -> Iterator[Gap]:
    measure = rule.measure
    if isinstance(measure.body, Points):
        yield from _points(case, criterion, rule, measure.body)
        return
    if isinstance(measure.body, Registered):
        yield _age(case, criterion, rule)
        return
    found = list(_moves(case, criterion, rule))
    yield from found or [_plain(criterion)]


def _moves(case: Case, criterion: Criterion, rule: Limit) -> Iterator[Gap]:
    """For each figure that is counted, the smallest change that alone meets the condition."""
    targets = list(limit_targets(case, rule))
    upwards = rule.op in ("at_least", "more_than")
    outside = rule.by is not None and tiers_of(case, rule) == [None]
    movers = [*movers_of(rule.measure), *(movers_of(rule.by) if rule.by and outside else ())]
    for mover in dict.fromkeys(movers):
        values = stops(case, targets, mover, upwards=upwards, most=ceiling_of(case, *mover))
        to = _first(case, mover, values, lambda trial: verdict_of(trial, criterion) is MET)
        if to is not None:
            yield _gap(case, criterion.code, mover, to)


def _first(case: Case, mover: Mover, values: list[Number], is_enough: Callable[[Case], bool]) -> Number | None:
    """The nearest value of the figure that is enough; None when it cannot do it alone."""
    return next((to for to in values if is_enough(case.with_figures({mover: to}))), None)


def _gap(case: Case, code: str, mover: Mover, to: Number, *, points: int = 0) -> Gap:
    """The distance of one figure; `points` are told where it wins points without reaching the line."""
    figure, shift = mover
    amount = to - case.fact(figure, shift).low  # type: ignore[operator]
    sentence = shortfall(figure, amount, is_enough=not points) if amount > 0 else excess(figure, -amount)
    if shift:
        sentence = _("{year} 年{sentence}").format(year=case.year_at(figure, shift), sentence=sentence)
    if points:
        sentence = _("{sentence}，可多得 {points} 分").format(sentence=sentence, points=points)
    return Gap(code, decimal_text(size(amount)), str(UNITS[FIGURES[figure].unit]), sentence)


# Age ------------------------------------------------------------------------------------------------------------------


def _age(case: Case, criterion: Criterion, rule: Limit) -> Gap:
    now, bound, unit = value(case, rule.measure).low, bound_now(case, rule), rule.measure.unit
    if bound is None or now is None:
        return _plain(criterion)
    lacking = bound - now + (rule.op == "more_than")
    amount = decimal_text(size(bound - now))
    if unit == DAYS and lacking > 0:
        sentence = _("成立还差 {number} 天，{day} 起满足").format(number=lacking, day=_later(case.on, int(lacking)))
    elif lacking > 0:
        sentence = _("成立时间还差 {amount}").format(amount=amount_text(lacking, unit))
    else:
        sentence = _("成立时间超出 {amount}，无法补足").format(amount=amount_text(now - bound, unit))
    return Gap(criterion.code, amount, str(UNITS[unit]), sentence)


def _later(on: date, days: int) -> str:
    return (on + timedelta(days=days)).isoformat()


# Points ---------------------------------------------------------------------------------------------------------------


def _points(case: Case, criterion: Criterion, rule: Limit, body: Points) -> Iterator[Gap]:
    """The points that are lacking, then for each part the figure that wins them, or at least some."""
    points = measured(case, rule.measure)
    lacking = rule.bound - points.high + (rule.op == "more_than")  # type: ignore[operator]
    if body.part is None:
        sentence = (
            _("{label} {reached} 分，还差 {lacking} 分")
            if points.is_known
            else _("{label}最高 {reached} 分，还差 {lacking} 分")
        )
        shown = sentence.format(label=rule.measure.label, reached=points.high, lacking=lacking)
        yield Gap(criterion.code, decimal_text(lacking), str(UNITS[POINTS]), shown)
    for part in case.policy.parts:
        if body.part in (None, part.code):
            code = criterion.code if body.part else part.code
            yield from _part(case, part, code, int(lacking))


def _part(case: Case, part: Part, code: str, lacking: int) -> Iterator[Gap]:
    now = int(points_of(case, part).high or 0)
    targets = list(part_targets(part))
    for mover in dict.fromkeys(mover for measure in _measures(part.item) for mover in movers_of(measure)):
        values = stops(case, targets, mover, upwards=True, most=ceiling_of(case, *mover))
        enough = now + lacking <= part.most
        if enough and (to := _first(case, mover, values, _gives(part, now + lacking))) is not None:
            yield _gap(case, code, mover, to)
        elif (to := _first(case, mover, values, _gives(part, now + 1))) is not None:
            won = int(points_of(case.with_figures({mover: to}), part).high or 0) - now
            yield _gap(case, code, mover, to, points=won)


def _gives(part: Part, points: int) -> Callable[[Case], bool]:
    return lambda trial: points_of(trial, part).high >= points  # type: ignore[operator]


def _measures(item: Item) -> Iterator[Measure]:
    if isinstance(item, Bands):
        yield item.measure
    for inner in getattr(item, "items", ()):
        yield from _measures(inner)
