"""Every write of an assessment: firms are judged by the hundred, and only those of whom something changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from crm.models import Firm
from pipeline.assessment import Assessment as Document
from pipeline.assessment import assess, facts_document, stands_until
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import policy_of
from pipeline.rules import MET
from pipeline.selectors.facts import facts_of

KEPT = (
    "region_path",
    "on",
    "good_until",
    "verdict",
    "bucket",
    "score_min",
    "score_max",
    "lacking",
    "asking",
    "estimated",
    "inputs",
    "inputs_digest",
    "outcome",
    "made_at",
)


@dataclass
class Judged:
    """What became of firms that were looked at: judged anew and to be written, or as they were."""

    rows: list[Assessment] = field(default_factory=list)
    unchanged: int = 0


def judge_firms(edition: PolicyEdition, firms: Sequence[Firm], *, on: date) -> Judged:
    """Judge firms whose facts changed since they were last judged by this edition. Writes nothing. Five queries."""
    policy, now, found = policy_of(edition), timezone.now(), Judged()
    known, facts_by_firm = _standing(edition, firms, on), facts_of(firms, on=on, policy=policy)
    for firm in firms:
        facts = facts_by_firm[firm.pk]
        inputs = facts_document(facts, policy)
        digest = inputs_digest(inputs)
        if known.get(firm.pk) == digest:
            found.unchanged += 1
            continue
        row = Assessment(firm_id=firm.pk, region_path=firm.region_path, edition=edition, programme=edition.programme)
        row.on, row.good_until, row.made_at = on, stands_until(policy, facts, on), now
        row.inputs, row.inputs_digest = inputs, digest
        _fill(row, assess(policy, facts, on, warn=False))
        found.rows.append(row)
    return found


def _standing(edition: PolicyEdition, firms: Sequence[Firm], on: date) -> dict[int, str]:
    """The digests of the inputs of verdicts that still stand on that day, by firm."""
    kept = Assessment.objects.filter(edition=edition, firm__in=[firm.pk for firm in firms])
    return dict(kept.filter(on__lte=on, good_until__gte=on).values_list("firm_id", "inputs_digest"))


def inputs_digest(inputs: dict[str, Any]) -> str:
    """The same facts give the same 32 characters, whatever order they were stated in."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def keep(rows: Iterable[Assessment]) -> int:
    """Store assessments; each replaces the one that its firm had by the same edition."""
    stored = Assessment.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["firm", "edition"],
        update_fields=list(KEPT),
    )
    return len(stored)


def _fill(row: Assessment, document: Document) -> None:
    """What was found, in the row's columns."""
    row.verdict, row.bucket, row.estimated = document.verdict.value, document.bucket, document.estimated
    row.score_min = document.score and document.score.min
    row.score_max = document.score and document.score.max
    row.lacking = " ".join(sorted(document.lacking))
    row.asking = " ".join(sorted({entry.fact for entry in document.missing}))
    row.outcome = outcome_of(document)


def outcome_of(document: Document) -> dict[str, Any]:
    """The document without its sentences: what was found, in codes and numbers alone."""
    return {
        "route": document.route,
        "score": document.score and {code: list(points) for code, points in document.score.parts.items()},
        "criteria": [
            [line.code, line.verdict] if line.verdict == MET.value else [line.code, line.verdict, line.actual, line.gap]
            for line in document.criteria
        ],
        "gaps": [[gap.criterion, gap.amount] for gap in document.gaps],
        "missing": [[entry.fact, entry.year] for entry in document.missing],
    }
