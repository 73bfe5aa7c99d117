"""What a screening found: counts, what is lacking most, what blocks most verdicts, and the rows in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.models import Job, Region
from pipeline.assessment import code_of
from pipeline.assessment.gaps import Gap
from pipeline.assessment.missing import Missing
from pipeline.choices import Bucket
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import Policy, policy_of
from pipeline.policy.nodes import Limit
from pipeline.policy.tables import CREDENTIAL_LABELS, EXPERT_SCORES, FIGURES, FLAGS
from pipeline.selectors.assessments import document_of
from pipeline.selectors.policies import region_codes

BEYOND = {Bucket.IMPOSSIBLE}
OTHER_NAMES = {
    "registered_on": _("成立日期"),
    "industry": _("行业代码"),
    "valid_until": _("有效期至"),
    "on": _("日期"),
    "rank": _("名次"),
    "level": _("级别"),
    "year": _("年度"),
}


def screening_key(edition: PolicyEdition, region: Region) -> str:
    """What a screening is about: no two of the same run at one time."""
    return f"screen:{edition.pk}:{region.code}"


def latest_screening(edition: PolicyEdition, region: Region) -> Job | None:
    """The newest screening by this edition that took in the whole region: its own, or one of a region above it."""
    keys = [f"screen:{edition.pk}:{code}" for code in region_codes(region.path)]
    return Job.objects.filter(key__in=keys).order_by("-pk").first()


@dataclass(frozen=True)
class Lack:
    """How many firms a condition stands in the way of: those that can still get there, and those out of reach."""

    code: str
    name: str
    within: int
    beyond: int


@dataclass(frozen=True)
class Question:
    """A figure nobody has stated, and how many verdicts wait for it."""

    fact: str
    name: str
    count: int


@dataclass(frozen=True)
class Tally:
    """A screening in numbers. `lacking` holds (firms within reach, firms beyond) by condition."""

    buckets: dict[str, int]
    lacking: dict[str, tuple[int, int]]
    asking: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.buckets.values())


def tally(assessments: QuerySet[Assessment]) -> Tally:
    """Count a screening. One statement, which an index answers alone while nothing but edition and region is asked."""
    buckets: Counter[str] = Counter(dict.fromkeys(Bucket.values, 0))
    within: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    asking: Counter[str] = Counter()
    for bucket, lacking, asked, number in (
        assessments.order_by().values_list("bucket", "lacking", "asking").annotate(number=Count("*"))
    ):
        buckets[bucket] += number
        for code in lacking.split():
            (beyond if bucket in BEYOND else within)[code] += number
        if bucket == Bucket.UNKNOWN:
            for fact in asked.split():
                asking[fact] += number
    both = {code: (within[code], beyond[code]) for code in {**within, **beyond}}
    return Tally(dict(buckets), both, dict(asking))


def lacks(found: Tally, policy: Policy) -> list[Lack]:
    """What is lacking, the most frequent first."""
    rows = [Lack(code, lack_name(policy, code), *numbers) for code, numbers in found.lacking.items()]
    return sorted(rows, key=lambda row: (-row.within, -row.beyond, row.code))


def questions(found: Tally, policy: Policy) -> list[Question]:
    """Which missing figures block most verdicts, the most frequent first."""
    rows = [Question(fact, fact_name(fact, policy), number) for fact, number in found.asking.items()]
    return sorted(rows, key=lambda row: (-row.count, row.fact))


def lack_name(policy: Policy, code: str) -> str:
    """A condition in a few words: what it measures, else its own label."""
    criterion = next((each for each in policy.criteria if each.code == code), None)
    if criterion is None:
        return code
    rule = criterion.rule
    return str(rule.measure.label if isinstance(rule, Limit) else criterion.label)


def fact_name(fact: str, policy: Policy) -> str:
    """A figure, a yes/no fact, an expert's score or a detail of a credential as people call it."""
    if fact in policy.flags:
        return str(policy.flags[fact].label)
    credential, _dot, detail = fact.partition(".")
    if detail:
        return f"{CREDENTIAL_LABELS[credential]} · {OTHER_NAMES[detail]}"
    kind = FIGURES.get(code_of(fact)) or FLAGS.get(fact)
    return str(kind.label if kind else EXPERT_SCORES.get(fact) or OTHER_NAMES.get(fact) or fact)


@dataclass(frozen=True)
class ScreenedRow:
    """One firm of the list with everything said in words."""

    assessment: Assessment
    gaps: tuple[Gap, ...]
    missing: tuple[tuple[str, Missing], ...]  # the name of the figure, and its year and whom to ask


def screened_rows(assessments: Iterable[Assessment], edition: PolicyEdition) -> list[ScreenedRow]:
    """The rows of a page, each judged again from its stored inputs so that it can be said in words. No query."""
    policy, rows = policy_of(edition), []
    for assessment in assessments:
        assessment.edition = edition
        document = document_of(assessment)
        named = tuple((fact_name(entry.fact, policy), entry) for entry in document.missing)
        rows.append(ScreenedRow(assessment, document.gaps, named))
    return rows


def criteria_choices(edition: PolicyEdition) -> Sequence[tuple[str, str]]:
    policy = policy_of(edition)
    return [(criterion.code, lack_name(policy, criterion.code)) for criterion in policy.criteria]
