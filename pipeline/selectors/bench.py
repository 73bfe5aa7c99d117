"""What a trial found, in words: who flips from where to where, and by which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.choices import JobState
from crm.models import Job, User
from pipeline.assessment.comparing import Reason
from pipeline.choices import Bucket, VerdictKind
from pipeline.policy import Criterion, Policy
from pipeline.policy.nodes import AllOf, AnyOf, Limit, Not
from pipeline.policy.sources import number
from pipeline.policy.words import amount_text
from pipeline.rules import exact


@dataclass(frozen=True)
class ReasonRow:
    """A condition that made a firm flip; the thresholds are in the condition's own unit."""

    label: str
    before: str
    after: str
    actual: str
    old_threshold: str
    new_threshold: str
    source: str


@dataclass(frozen=True)
class FlipRow:
    code: str
    name: str
    before: Bucket
    after: Bucket
    scores: tuple[str, str]
    reasons: tuple[ReasonRow, ...]


@dataclass(frozen=True)
class Count:
    before: str
    after: str
    number: int


@dataclass(frozen=True)
class BenchTable:
    """What a page shows of a trial. `flips` may be fewer than `flipped`: all are counted, the first are listed."""

    counts: tuple[Count, ...]
    flips: tuple[FlipRow, ...]
    unchanged: tuple[tuple[str, int], ...]

    @property
    def flipped(self) -> int:
        return sum(count.number for count in self.counts)

    @property
    def same(self) -> int:
        return sum(number for _bucket, number in self.unchanged)

    @property
    def looked_at(self) -> int:
        return self.flipped + self.same


def bench_table(result: Mapping[str, Any], old: Policy, new: Policy) -> BenchTable:
    """The stored result of a trial in the active language."""
    order = list(Bucket)
    kinds = [(*_buckets(kind), number) for kind, number in result["kinds"].items()]
    kinds.sort(key=lambda found: (-found[2], order.index(found[0]), order.index(found[1])))
    same = sorted(result["unchanged"].items(), key=lambda found: order.index(Bucket(found[0])))
    return BenchTable(
        tuple(Count(str(before.label), str(after.label), number) for before, after, number in kinds),
        tuple(_flip(flip, old, new) for flip in result["flips"]),
        tuple((str(Bucket(bucket).label), number) for bucket, number in same),
    )


def last_bench(draft_id: int, user: User) -> Job | None:
    """The newest finished trial of a whole region that this person ran on the draft. One query."""
    jobs = Job.objects.visible_to(user).filter(kind="policy.bench", state=JobState.DONE)
    return jobs.filter(params__draft=draft_id).order_by("-pk").first()


def _buckets(kind: str) -> tuple[Bucket, Bucket]:
    before, after = kind.split(">")
    return Bucket(before), Bucket(after)


def _flip(flip: Mapping[str, Any], old: Policy, new: Policy) -> FlipRow:
    before, after = _buckets(flip["kind"])
    olds, news = ({criterion.code: criterion for criterion in policy.criteria} for policy in (old, new))
    found = [Reason(*reason) for reason in flip["reasons"]]
    reasons = tuple(_reason(reason, olds.get(reason.code), news.get(reason.code)) for reason in found)
    scores = ["–".join(map(str, sorted(set(score)))) if score else "" for score in flip["scores"]]
    return FlipRow(flip["firm"], flip["name"], before, after, (scores[0], scores[1]), reasons)


def _reason(reason: Reason, old: Criterion | None, new: Criterion | None) -> ReasonRow:
    criterion = new or old
    return ReasonRow(
        str(criterion.label) if criterion else reason.code,
        _verdict(reason.before),
        _verdict(reason.after),
        _amount(criterion, reason.actual),
        _amount(old, reason.old_threshold),
        _amount(new, reason.new_threshold),
        criterion.source if criterion else "",
    )


def _verdict(value: str) -> str:
    return str(VerdictKind(value).label) if value else _("无此条件")


def _amount(criterion: Criterion | None, value: str | None) -> str:
    """A figure in the condition's unit; yes or no where it asks for one; nothing where it has none of its own."""
    if criterion is None or value is None or isinstance(criterion.rule, AllOf | AnyOf | Not):
        return ""
    if isinstance(criterion.rule, Limit):
        found = number(value)
        return value if found is None else amount_text(exact(found), criterion.rule.measure.unit)
    return _("是") if value == "1" else _("否")
