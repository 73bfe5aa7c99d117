"""Reads the conditions of an edition: one mapping each, its rule named by `rule`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from pipeline.policy.fields import Fields
from pipeline.policy.nodes import (
    AllOf,
    AnyOf,
    Credential,
    Criterion,
    Flag,
    Growth,
    Industry,
    Limit,
    Measure,
    Not,
    Rule,
    Status,
)
from pipeline.policy.read_measures import NOTHING, Measures
from pipeline.policy.tables import CREDENTIALS, LEVELS
from pipeline.rules import THRESHOLDS, Ladder, Number, Tier

CODE = re.compile(r"[a-z][a-z0-9_]*")
INDUSTRY = re.compile(r"[A-T](\d\d(\d\d?)?)?", re.ASCII)
NO_BOUND = "unknown"


class Reading:
    """What the readers of one edition share: its measures, its flags, its document number, the codes met so far."""

    def __init__(self, measures: Measures, flags: set[str], document: str) -> None:
        self.measures, self.flags, self.document = measures, flags, document
        self.codes: set[str] = set()

    def code(self, fields: Fields) -> str:
        """The mapping's own code: lower case, and not used twice in the edition."""
        code = fields.word("code")
        if code and not CODE.fullmatch(code):
            fields.complain("code", _("代码只用小写字母、数字和下划线"))
        if code in self.codes:
            fields.complain("code", _("代码“{code}”重复").format(code=code))
        self.codes.add(code)
        return code

    def source(self, fields: Fields, inherited: str | None = None) -> str:
        """The full citation: an article alone (第…) belongs to the edition's own document."""
        source = fields.word("source") if inherited is None else fields.word("source", inherited)
        return f"{self.document} {source}" if source.startswith("第") else source


def status(fields: Fields, inherited: Status | None = None) -> Status:
    choices = [str(choice) for choice in Status]
    return Status(
        fields.one_of("status", choices) if inherited is None else fields.one_of("status", choices, inherited)
    )


def read_criterion(reading: Reading, parent: Criterion | None = None) -> Callable[[Fields], Criterion]:
    """A reader of one condition; inside another, article and status are taken from it unless given."""

    def read(fields: Fields) -> Criterion:
        code, label = reading.code(fields), fields.text("label")
        source = reading.source(fields, parent.source if parent else None)
        head = Criterion(code, label, AllOf(()), source, status(fields, parent.status if parent else None))
        found = Criterion(
            code,
            label,
            RULES[fields.one_of("rule", RULES)](reading, fields, head),
            source,
            head.status,
            waived=fields.truth("waived", False),
            since=fields.day("since", None),
        )
        fields.done()
        return found

    return read


def _limit(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    op, measure = str(fields.data.get("rule")), reading.measures.at(fields, "field", compared=True)
    if "tiers" in fields:
        tiers = fields.inside("tiers")
        by, ladder = reading.measures.at(tiers, "by"), _ladder(tiers)
        limit = Limit(op, measure, None, by, ladder)
        tiers.done()
    else:
        limit = Limit(op, measure, fields.number("value"))
    _check_bounds(fields, measure, limit)
    return limit


def _check_bounds(fields: Fields, measure: Measure, limit: Limit) -> None:
    bounds = [limit.bound] if limit.ladder is None else [tier.bound for tier in limit.ladder.tiers]
    if isinstance(measure.body, Growth) and any(bound is not None and bound <= -1 for bound in bounds):
        fields.complain("value", _("增长率的标准应大于 -1"))


def _ladder(fields: Fields) -> Ladder:
    start, included = _end(fields, "from", "over")
    tiers = fields.each("steps", _tier)
    uppers = [tier.upper for tier in tiers]
    ends: list[Number | None] = [start, *uppers] if start is not None else list(uppers)
    rising = all(low is not None and (high is None or low < high) for low, high in pairwise(ends))
    if not rising:
        fields.complain("steps", _("各档的上限应由低到高，只有最后一档可以没有上限"))
    return Ladder(tiers, start, included)


def _tier(fields: Fields) -> Tier:
    upper, included = _end(fields, "upto", "under")
    bound = None if fields.take("value", NO_BOUND) == NO_BOUND else fields.number("value")
    if "value" not in fields:
        fields.complain(None, _("缺少“value”；政策没有写明标准的，写 unknown"))
    fields.done()
    return Tier(bound, upper, included)


def _end(fields: Fields, including: str, excluding: str) -> tuple[Number | None, bool]:
    """One end of a tier: under the first key the number itself belongs to it, under the second it does not."""
    if including in fields and excluding in fields:
        fields.complain(excluding, _("与“{other}”只能写一个").format(other=including))
    if excluding in fields:
        return fields.number(excluding), False
    return (fields.number(including) if including in fields else None), True


def _flag(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    return Flag(fields.one_of("flag", sorted(reading.flags)), fields.truth("is"))


def read_credential(fields: Fields, key: str) -> Credential:
    """A kind of credential under `key`, and the demands on it."""
    kind = fields.one_of(key, CREDENTIALS)
    levels = fields.words("levels", [])
    if unknown := [level for level in levels if level not in LEVELS]:
        fields.complain("levels", _("没有“{levels}”这一级").format(levels="、".join(unknown)))
    found = Credential(
        kind,
        valid=fields.truth("valid", False),
        within_years=fields.whole("within_years", least=1) if "within_years" in fields else None,
        rank_at_most=fields.whole("rank_at_most", least=1) if "rank_at_most" in fields else None,
        levels=levels,
        of_year=int(fields.number("of_year")) if "of_year" in fields else None,
    )
    _check_demands(fields, found)
    return found


def _check_demands(fields: Fields, credential: Credential) -> None:
    made = {
        "valid": "valid_until" if credential.valid else "",
        "within_years": "on" if credential.within_years is not None else "",
        "rank_at_most": "rank" if credential.rank_at_most is not None else "",
        "levels": "level" if credential.levels else "",
        "of_year": "year" if credential.of_year is not None else "",
    }
    for demand, needed in made.items():
        if needed and needed not in CREDENTIALS[credential.kind]:
            fields.complain(demand, _("这类资质没有“{needed}”").format(needed=needed))


def _credential(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    return read_credential(fields, "kind")


def _industry(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    codes = fields.words("codes")
    if wrong := [code for code in codes if not INDUSTRY.fullmatch(code)]:
        fields.complain("codes", _("“{codes}”不是国民经济行业代码").format(codes="、".join(wrong)))
    return Industry(codes, inside=fields.data.get("rule") == "industry_in")


def _all_of(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    return AllOf(fields.each("of", read_criterion(reading, head)))


def _any_of(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    return AnyOf(fields.each("of", read_criterion(reading, head)))


def _not(reading: Reading, fields: Fields, head: Criterion) -> Rule:
    return Not(read_criterion(reading, head)(fields.inside("of")))


RULES: dict[str, Callable[[Reading, Fields, Criterion], Rule]] = {
    **dict.fromkeys(THRESHOLDS, _limit),
    "flag": _flag,
    "credential": _credential,
    "industry_in": _industry,
    "industry_not_in": _industry,
    "all_of": _all_of,
    "any_of": _any_of,
    "not": _not,
}


def inner_criteria(criterion: Criterion) -> Iterator[Criterion]:
    """A condition and every condition inside it, outermost first."""
    yield criterion
    rule = criterion.rule
    children = rule.children if isinstance(rule, AllOf | AnyOf) else (rule.child,) if isinstance(rule, Not) else ()
    for child in children:
        yield from inner_criteria(child)


def measures_of(criterion: Criterion) -> Iterator[Measure]:
    """Every measure that a condition and those inside it speak of."""
    for inner in inner_criteria(criterion):
        if isinstance(inner.rule, Limit):
            yield from (found for found in (inner.rule.measure, inner.rule.by) if found not in (None, NOTHING))
