"""Which edition of a programme's rules holds, and what is published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from pipeline.models import PolicyEdition
from pipeline.policy import Policy, Status, load_policies, pick_policy, policy_of
from pipeline.policy.nodes import Expert, items_of
from pipeline.workflows import PROGRAMMES

NATION = "CN"
FULL_MARKS = 100


def edition_in_force(programme: str, region_path: str, day: date) -> PolicyEdition | None:
    """The newest edition in force on that day for the nearest region: the firm's own ancestors, then the nation."""
    begun = PolicyEdition.objects.filter(programme=programme, effective_from__lte=day)
    editions = [edition for edition in begun if edition.effective_to is None or edition.effective_to >= day]
    for region in (*region_codes(region_path), NATION):
        if found := [edition for edition in editions if edition.region_code == region]:
            return max(found, key=lambda edition: (edition.effective_from, edition.code))
    return None


def region_codes(path: str) -> list[str]:
    """The codes of a region and of everything above it, its own first."""
    return [code for code in reversed(path.split("/")) if code]


def known_policies(programme: str) -> list[Policy]:
    """Every published edition of a programme, and the shipped ones that are not published yet."""
    published = [policy_of(edition) for edition in PolicyEdition.objects.filter(programme=programme)]
    known = {policy.edition for policy in published}
    shipped = (policy for policy in shipped_policies() if policy.programme == programme)
    return published + [policy for policy in shipped if policy.edition not in known]


@lru_cache(maxsize=4)
def _shipped(directories: tuple[Path, ...]) -> tuple[Policy, ...]:
    """The policy files of this installation, read once in the life of a process."""
    return tuple(load_policies(directories))


def shipped_policies() -> tuple[Policy, ...]:
    """The editions that come with this installation. No query."""
    return _shipped(tuple(settings.POLICY_DIRS))


def policy_for(programme: str, *, edition: str | None = None, regions: list[str], on: date) -> Policy | None:
    """The edition of that code, else the newest in force on the day for the nearest region, its own code first."""
    policies = known_policies(programme)
    if edition:
        return next((policy for policy in policies if policy.edition == edition), None)
    return pick_policy(policies, programme=programme, regions=regions, on=on)


def flag_labels(names: Iterable[str]) -> dict[str, str]:
    """What the yes/no facts that editions declare themselves are called. A query only for names no file knows."""
    wanted, found = set(names), dict[str, str]()
    if wanted:
        _call(wanted, shipped_policies(), found)
    if wanted - found.keys():
        _call(wanted, map(policy_of, PolicyEdition.objects.order_by("-effective_from")), found)
    return found


def _call(wanted: set[str], policies: Iterable[Policy], found: dict[str, str]) -> None:
    for policy in policies:
        for name in wanted & policy.flags.keys():
            found.setdefault(name, str(policy.flags[name].label))


def expert_most(name: str) -> int:
    """The full marks of what only experts score, in the newest edition that asks for it. One query."""
    for edition in PolicyEdition.objects.order_by("-effective_from"):
        for part in policy_of(edition).parts:
            if found := [item.most for item in items_of(part.item) if isinstance(item, Expert) and item.name == name]:
                return found[0]
    return FULL_MARKS


@dataclass(frozen=True)
class EditionRow:
    """A published edition as the list shows it; `doubtful` counts what is 待核实."""

    edition: PolicyEdition
    policy: Policy
    in_force: bool

    @property
    def doubtful(self) -> int:
        return doubtful(self.policy)


def doubtful(policy: Policy) -> int:
    """How many conditions, routes, triggers and parts of an edition are not confirmed, its dates included."""
    criteria = (*policy.criteria, *policy.routes, *policy.triggers)
    statuses = [policy.dates_status, *(item.status for item in criteria), *(part.status for part in policy.parts)]
    return sum(status is not Status.CONFIRMED for status in statuses)


def edition_rows(region_path: str, day: date) -> dict[str, list[EditionRow]]:
    """Every published edition by programme, those in force for the region marked. One query and one per programme."""
    found: dict[str, list[EditionRow]] = {programme: [] for programme in PROGRAMMES}
    holding = {edition.pk for code in PROGRAMMES if (edition := edition_in_force(code, region_path, day))}
    for edition in PolicyEdition.objects.select_related("published_by"):
        rows = found.setdefault(edition.programme, [])
        rows.append(EditionRow(edition, policy_of(edition), edition.pk in holding))
    return found
