"""What a firm lacks in one programme, shaped for its page: conditions with their distance, what is unknown, figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.choices import Basis, Source
from crm.fact_codes import FLAG_PREFIX
from crm.models import Credential
from pipeline.assessment import Assessment as Document
from pipeline.assessment import (
    Facts,
    Figure,
    Line,
    Missing,
    UsedFigure,
    asked_by_condition,
    code_of,
    figures_used,
)
from pipeline.policy import Policy
from pipeline.policy.nodes import Credential as HoldsCredential
from pipeline.policy.nodes import Criterion, Expert, Flag, Industry, Limit, Points, Status, items_of
from pipeline.policy.read_rules import inner_criteria
from pipeline.policy.tables import CREDENTIAL_LABELS, EXPERT_SCORES, FIGURES, FLAGS
from pipeline.policy.texts import STATUS_LABELS
from pipeline.policy.words import amount_text
from pipeline.rules import MET, NOT_MET, exact

SIGNS = {"at_least": "≥", "more_than": ">", "at_most": "≤", "less_than": "<"}
OF_REGISTER = ("registered_on", "industry")  # what the register says of a firm, not a figure


def span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


@dataclass(frozen=True)
class Asked:
    """Something that nobody has stated: what, of which year, who can tell, and the query that opens its field."""

    label: str
    ask: str
    query: str


@dataclass(frozen=True)
class Condition:
    """One condition as a page shows it; amounts in words, exact. `was` is the verdict before a trial, if another."""

    code: str
    label: str
    verdict: str
    actual: str
    threshold: str
    gaps: tuple[str, ...]
    asked: tuple[Asked, ...]
    source: str
    badge: str
    was: str = ""


@dataclass(frozen=True)
class PartRow:
    """One part of the score: what it gives at least and at most, out of how much."""

    label: str
    low: int
    high: int
    most: int
    source: str
    badge: str
    gaps: tuple[str, ...]

    @property
    def text(self) -> str:
        return span(self.low, self.high)


@dataclass(frozen=True)
class FigureRow:
    """A figure that the edition looks at: the one that counts, and why each other one does not."""

    label: str
    chosen: str
    is_estimate: bool
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Picture:
    """A document with everything a page says about it."""

    document: Document
    sentence: str
    conditions: tuple[Condition, ...]
    parts: tuple[PartRow, ...]

    @property
    def score_text(self) -> str:
        """60, or 42–60 where something is open; empty without a score."""
        score = self.document.score
        return span(score.min, score.max) if score else ""

    @property
    def open_conditions(self) -> list[Condition]:
        """What is lacking, then what is unknown, then what a trial has met; each in the order of the law."""
        order = {"not_met": 0, "unknown": 1, "met": 2}
        wanted = (each for each in self.conditions if each.verdict != "met" or each.was)
        return sorted(wanted, key=lambda each: order[each.verdict])

    @property
    def quiet_conditions(self) -> list[Condition]:
        return [each for each in self.conditions if each.verdict == "met" and not each.was]

    @property
    def gaps(self) -> list[str]:
        return [gap.sentence for gap in self.document.gaps]


def picture(policy: Policy, facts: Facts, document: Document, on: date, *, before: Document | None = None) -> Picture:
    """The document of these facts in words. No query."""
    asked = asked_by_condition(policy, facts, on)
    was = {line.code: line.verdict for line in before.criteria} if before else {}
    conditions = tuple(
        _condition(policy, criterion, line, document, asked[criterion.code], was.get(line.code, line.verdict))
        for criterion, line in zip(policy.criteria, document.criteria, strict=True)
    )
    return Picture(document, _sentence(document), conditions, tuple(_parts(policy, document)))


def _sentence(document: Document) -> str:
    """The verdict in words."""
    if document.verdict is MET:
        if document.route and document.route != "score":
            label = CREDENTIAL_LABELS[document.route.removeprefix("direct:")]
            return _("符合：凭{credential}直接符合，不看得分").format(credential=label)
        return _("符合：各项条件都已达到")
    if document.verdict is NOT_MET:
        number = len(document.lacking)
        return ngettext("不符合：有 {n} 项条件没有达到", "不符合：有 {n} 项条件没有达到", number).format(n=number)
    number = len(document.missing)
    return ngettext("还不能判断：缺 {n} 项数据", "还不能判断：缺 {n} 项数据", number).format(n=number)


# Conditions -----------------------------------------------------------------------------------------------------------


def _condition(
    policy: Policy, criterion: Criterion, line: Line, document: Document, asked: Iterable[Missing], was: str
) -> Condition:
    codes = {inner.code for inner in inner_criteria(criterion)}
    actual, threshold = _compared(criterion, line)
    return Condition(
        code=line.code,
        label=line.label,
        verdict=line.verdict,
        actual=actual,
        threshold=threshold,
        gaps=tuple(gap.sentence for gap in document.gaps if gap.criterion in codes),
        asked=tuple(asked_for(policy, entry) for entry in asked),
        source=line.source,
        badge=badge(criterion.status),
        was=was if was != line.verdict else "",
    )


def badge(status: Status) -> str:
    """待核实, and why, where a text is not confirmed."""
    return "" if status is Status.CONFIRMED else str(STATUS_LABELS[status])


def _compared(criterion: Criterion, line: Line) -> tuple[str, str]:
    """What is and what should be, in words: 3.86% and ≥ 5%."""
    rule = criterion.rule
    if isinstance(rule, Limit):
        unit = rule.measure.unit
        threshold = "" if line.threshold is None else f"{SIGNS[rule.op]} {readable(line.threshold, unit)}"
        actual = "" if line.actual is None else readable(line.actual, unit)
        if line.actual is None and isinstance(rule.measure.body, Points):
            actual = _("未定")
        return actual, threshold
    if isinstance(rule, Flag):
        return yes_no(line.actual), _("应为“{answer}”").format(answer=yes_no(line.threshold))
    if isinstance(rule, HoldsCredential):
        return {"1": _("持有"), "0": _("未持有")}.get(line.actual or "", ""), _("须持有")
    if isinstance(rule, Industry):
        return {"1": _("是"), "0": _("否")}.get(line.actual or "", ""), _("按行业代码")
    return "", ""


def readable(text: str, unit: str) -> str:
    """A decimal string of the document with its unit, exact: never on the other side of a threshold."""
    return amount_text(exact(text), unit)


def yes_no(text: str | None) -> str:
    return "" if text is None else _("是") if text == "1" else _("否")


def _parts(policy: Policy, document: Document) -> Iterable[PartRow]:
    for part in policy.parts if document.score else ():
        low, high = document.score.parts[part.code]  # type: ignore[union-attr]
        gaps = tuple(gap.sentence for gap in document.gaps if gap.criterion == part.code)
        yield PartRow(str(part.label), low, high, part.most, part.source, badge(part.status), gaps)


# What is unknown ------------------------------------------------------------------------------------------------------


def asked_for(policy: Policy, entry: Missing) -> Asked:
    label, code = spoken(policy, entry.fact)
    if entry.year:
        label = _("{year} 年{label}").format(year=entry.year, label=label)
    return Asked(label, entry.ask, entry_query(policy, code, entry.year) if code else "")


def spoken(policy: Policy, name: str) -> tuple[str, str]:
    """What a missing fact is called, and the code under which it is entered; no code for details of a credential."""
    code = code_of(name)
    if code in FIGURES:
        return str(FIGURES[code].label), code
    if name in FLAGS:
        return str(FLAGS[name].label), name
    if name in EXPERT_SCORES:
        return _("专家预评·{name}").format(name=EXPERT_SCORES[name]), name
    if name in policy.flags:
        return str(policy.flags[name].label), FLAG_PREFIX + name
    if name in OF_REGISTER:
        return {"registered_on": _("成立日期"), "industry": _("行业代码")}[name], name
    kind, field = name.split(".")
    stated = Credential._meta.get_field(field).verbose_name  # type: ignore[union-attr]
    return _("{credential}的{field}").format(credential=CREDENTIAL_LABELS[kind], field=stated), ""


def entry_query(policy: Policy, code: str, year: str | None = None) -> str:
    """Opens the field for exactly this figure, year and basis."""
    wanted = {"programme": policy.programme, "code": code, "year": year, "basis": policy.bases.get(code)}
    return urlencode({name: value for name, value in wanted.items() if value})


def by_person(policy: Policy, document: Document) -> list[tuple[str, list[Asked]]]:
    """What is missing, grouped by whom to ask, in the order of the conditions."""
    groups: dict[str, list[Asked]] = {}
    for entry in document.missing:
        groups.setdefault(entry.ask, []).append(asked_for(policy, entry))
    return list(groups.items())


def statements(policy: Policy, facts: Facts, flags: Iterable[str]) -> list[tuple[str, str, str]]:
    """The yes/no facts and expert scores that an edition reads: label, what is said now, the query that opens it."""
    found = []
    for name in flags:
        label, code = spoken(policy, name)
        said = [yes_no(str(int(claim.value))) for claim in facts.flags.get(name, ())]
        found.append((label, " / ".join(dict.fromkeys(said)), entry_query(policy, code)))
    items = [item for part in policy.parts for item in items_of(part.item)]
    for name in dict.fromkeys(item.name for item in items if isinstance(item, Expert)):
        points = facts.expert.get(name)
        label, code = spoken(policy, name)
        found.append((label, "–".join(map(str, points)) if points else "", entry_query(policy, code)))
    return found


# Figures --------------------------------------------------------------------------------------------------------------


def figure_rows(policy: Policy, facts: Facts, on: date) -> list[FigureRow]:
    """Every figure that the verdict looks at, with what other sources and bases say. Bases are never mixed."""
    return [_figure_row(policy, used) for used in figures_used(policy, facts, on) if used.chosen or used.others]


def _figure_row(policy: Policy, used: UsedFigure) -> FigureRow:
    wanted = policy.bases.get(used.code, "")
    others = tuple((told(used.code, figure), _why_not(figure, wanted)) for figure in used.others)
    chosen = told(used.code, used.chosen) if used.chosen else ""
    is_estimate = used.chosen is not None and used.chosen.source == Source.ESTIMATE
    return FigureRow(figure_label(used.code, used.year), chosen, is_estimate, others)


def figure_label(code: str, year: int) -> str:
    label = str(FIGURES[code].label)
    return _("{year} 年{label}").format(year=year, label=label) if year else label


def _why_not(figure: Figure, wanted: str) -> str:
    if wanted and figure.basis and figure.basis != wanted:
        return _("口径不同，未混用")
    return _("来源次序在后")


def told(code: str, figure: Figure) -> str:
    """How much, from whom, counted how: 200 万元 · 税务申报 · 加计扣除口径."""
    words = [amount_text(figure.value, FIGURES[code].unit), Source(figure.source or Source.DECLARED).label]
    return " · ".join(map(str, [*words, Basis(figure.basis).label] if figure.basis else words))
