"""Assessments as people read them: made anew from what was kept, or from a firm's facts as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.models import Firm
from pipeline.assessment import Assessment as Document
from pipeline.assessment import Facts, assess
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import Policy, policy_of
from pipeline.selectors.facts import facts_of
from pipeline.selectors.policies import edition_in_force
from pipeline.workflows import PROGRAMMES


def document_of(assessment: Assessment, *, paths: bool = False) -> Document:
    """The whole document of a stored assessment, from its own inputs and edition, in the active language."""
    return assess(policy_of(assessment.edition), assessment.inputs, assessment.on, paths=paths)


@dataclass(frozen=True)
class Standing:
    """How a firm stands in one programme now: by which edition, on which facts, with the whole document."""

    programme: str
    edition: PolicyEdition
    policy: Policy
    facts: Facts
    document: Document


def standings(firm: Firm, *, on: date, paths: bool = False, programmes: Iterable[str] = PROGRAMMES) -> list[Standing]:
    """A firm's facts judged by the edition in force of each programme that has one. Four queries, one a programme."""
    facts = facts_of([firm], on=on)[firm.pk]
    found = []
    for programme in programmes:
        edition = edition_in_force(programme, firm.region_path, on)
        if edition is not None:
            policy = policy_of(edition)
            found.append(Standing(programme, edition, policy, facts, assess(policy, facts, on, paths=paths)))
    return found
