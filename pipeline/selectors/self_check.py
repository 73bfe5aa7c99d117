"""The self-check: an assessment in a firm's own words, with the next round and whom to ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.models import Firm, Region
from pipeline.assessment import Assessment, Facts, Line, Missing, assess, code_of, spoken_name
from pipeline.assessment.overlay import Change
from pipeline.choices import Bucket
from pipeline.models import Round
from pipeline.policy import Policy, pick_policy
from pipeline.policy.nodes import Criterion, Limit, Points, Status
from pipeline.policy.read_rules import inner_criteria
from pipeline.policy.tables import CREDENTIAL_LABELS, EXPERT_SCORES, FIGURES, FLAGS
from pipeline.policy.words import amount_text
from pipeline.rules import MET, NOT_MET, UNKNOWN, Number, exact
from pipeline.selectors.calendar import round_on, work_calendar
from pipeline.selectors.facts import facts_of
from pipeline.selectors.policies import known_policies, policy_for, region_codes
from pipeline.selectors.preview import home_region
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES

MOST_REGIONS = 200


class Point(NamedTuple):
    """One condition in plain words: how the firm stands, what would help, who can tell; the article it stands in."""

    label: str
    now: str
    help: tuple[str, ...]
    source: str
    is_verified: bool


class Asking(NamedTuple):
    """One thing that nobody has said yet, and who can."""

    label: str
    ask: str


class Window(NamedTuple):
    """The round that is open, or the next to come."""

    round: Round
    is_open: bool
    workdays: int


@dataclass(frozen=True)
class Outcome:
    """What a firm reads of its assessment. `tone` never stands without the headline."""

    document: Assessment
    headline: str
    advice: str
    tone: str
    met: tuple[Point, ...]
    lacking: tuple[Point, ...]
    open: tuple[Point, ...]
    missing: tuple[Asking, ...]
    experts: tuple[Asking, ...]
    window: Window | None


def outcome(policy: Policy, facts: Facts, *, region_path: str, on: date) -> Outcome:
    """The facts judged, told to the firm. Two queries, for the rounds and the working days."""
    document = assess(policy, facts, on, paths=True)
    points: dict[str, list[Point]] = {str(verdict): [] for verdict in (MET, NOT_MET, UNKNOWN)}
    helps = _helps(policy, document)
    for line, criterion in zip(document.criteria, policy.criteria, strict=True):
        points[line.verdict].append(_point(line, criterion, helps.get(line.code, ())))
    headline, advice, tone = _headline(document)
    return Outcome(
        document,
        headline,
        advice,
        tone,
        met=tuple(points[MET]),
        lacking=tuple(points[NOT_MET]),
        open=tuple(points[UNKNOWN]),
        missing=tuple(_asked(entry, policy) for entry in document.missing if not entry.is_for_experts),
        experts=tuple(_asked(entry, policy) for entry in document.missing if entry.is_for_experts),
        window=window_of(policy.programme, region_path, on),
    )


def window_of(programme: str, region_path: str, on: date) -> Window | None:
    found = round_on(programme, region_path, on)
    if found is None:
        return None
    return Window(found, found.opens_on <= on, work_calendar().left(on, found.last_on))


def _headline(document: Assessment) -> tuple[str, str, str]:
    number = len(document.lacking)
    ask = _("临界或拿不准时，请先与科技部门联系，不要因此放弃申报。")
    return {
        Bucket.MET: (_("按所填数字，已达到全部条件"), _("请在申报期内提交；最终以主管部门审核为准。"), "fine"),
        Bucket.READY: (_("能计算的条件都已达到，其余由专家评审"), _("可以着手准备材料，并请科技部门预审。"), "fine"),
        Bucket.UNKNOWN: (_("数据还不全，不能得出结论"), ask, "wait"),
        Bucket.IMPOSSIBLE: (_("有条件目前不符合，补充数据不能改变"), ask, "act"),
    }.get(document.bucket, (_("还差 {number} 项条件").format(number=number), ask, "soon"))


def _helps(policy: Policy, document: Assessment) -> dict[str, tuple[str, ...]]:
    """The sentences of the gaps under the condition that each belongs to."""
    owners = {part.code: each.code for each in policy.criteria if _is_total(each) for part in policy.parts}
    owners |= {inner.code: each.code for each in policy.criteria for inner in inner_criteria(each)}
    found: dict[str, tuple[str, ...]] = {}
    for gap in document.gaps:
        owner = owners.get(gap.criterion, gap.criterion)
        found[owner] = (*found.get(owner, ()), gap.sentence)
    return found


def _is_total(criterion: Criterion) -> bool:
    rule = criterion.rule
    return isinstance(rule, Limit) and isinstance(rule.measure.body, Points) and rule.measure.body.part is None


def _point(line: Line, criterion: Criterion, helps: tuple[str, ...]) -> Point:
    now = ""
    if isinstance(criterion.rule, Limit) and line.actual is not None:
        now = amount_text(exact(Decimal(line.actual)), criterion.rule.measure.unit)
    return Point(line.label, now, helps, line.source, line.status == Status.CONFIRMED)


def _asked(entry: Missing, policy: Policy) -> Asking:
    name = fact_label(entry.fact, policy)
    return Asking(_("{year} 年{label}").format(year=entry.year, label=name) if entry.year else name, entry.ask)


def fact_label(name: str, policy: Policy) -> str:
    """What people call something in a facts object: a figure, a yes/no fact, a detail of a credential."""
    kind, _dot, _detail = name.partition(".")
    if code_of(name) in FIGURES:
        return str(FIGURES[code_of(name)].label)
    if kind in CREDENTIAL_LABELS:
        return _("{credential}的信息").format(credential=CREDENTIAL_LABELS[kind])
    others = {"registered_on": _("成立日期"), "industry": _("行业代码")}
    return str(others.get(name) or EXPERT_SCORES.get(name) or flag_label(name, policy))


class Difference(NamedTuple):
    """One answer that says something else than what is known."""

    label: str
    before: str
    after: str


def told(change: Change, policy: Policy) -> Difference:
    question = change.question
    label = fact_label(spoken_name(question.code), policy)
    if question.year:
        label = _("{year} 年{label}").format(year=question.year, label=label)
    before = _("没有数据") if change.before is None else _value(change.before, question.code)
    return Difference(label, before, _value(change.after, question.code))


def _value(value: Number, code: str) -> str:
    if code in FIGURES:
        return amount_text(value, FIGURES[code].unit)
    return _("是") if value else _("否")


def flag_label(name: str, policy: Policy) -> str:
    return str(FLAGS[name].label if name in FLAGS else policy.flags[name].label)


# Where each programme stands ------------------------------------------------------------------------------------------


class Readiness(NamedTuple):
    """One programme before a firm, or before anybody: the edition in force, and how far the firm is from it."""

    programme: str
    table: Workflow
    policy: Policy | None
    bucket: Bucket | None = None


def readiness(firms: Sequence[Firm], *, on: date) -> list[tuple[Firm, list[Readiness]]]:
    """How far each firm is from each programme, by what is known of it. Seven queries, however many firms."""
    facts, policies = facts_of(firms, on=on), {name: known_policies(name) for name in PROGRAMMES}
    return [
        (firm, [_ready(name, policies[name], firm, replace(facts[firm.pk], expert={}), on) for name in PROGRAMMES])
        for firm in firms
    ]


def _ready(programme: str, policies: Sequence[Policy], firm: Firm, facts: Facts, on: date) -> Readiness:
    policy = pick_policy(policies, programme=programme, regions=region_codes(firm.region_path), on=on)
    bucket = assess(policy, facts, on).bucket if policy else None
    return Readiness(programme, PROGRAMMES[programme], policy, bucket)


def firm_facts(firm: Firm, *, on: date) -> Facts:
    """What is known of a firm, without what experts said beforehand: that is nothing a firm is shown. Four queries."""
    return replace(facts_of([firm], on=on)[firm.pk], expert={})


def programmes_in(region_path: str, *, on: date) -> list[Readiness]:
    """The programmes with the edition that is in force in a region. Three queries."""
    return [Readiness(name, table, policy_in(name, region_path, on=on)) for name, table in PROGRAMMES.items()]


def policy_in(programme: str, region_path: str, *, on: date) -> Policy | None:
    return policy_for(programme, regions=region_codes(region_path), on=on)


def public_regions() -> list[Region]:
    """The regions that somebody without an account may choose: every city, and what lies in the bureau's own."""
    home = home_region()
    own = Q(path__startswith=home.path) if home else Q()
    return list(Region.objects.filter(own | Q(kind="city")).order_by("path")[:MOST_REGIONS])


def chosen_region(regions: Iterable[Region], code: str) -> Region | None:
    """The region of that code, else the first city; None where there is no tree."""
    rows = list(regions)
    return next((row for row in rows if row.code == code), None) or _first(rows)


def _first(rows: list[Region]) -> Region | None:
    home = home_region()
    return home if home in rows else next(iter(rows), None)
