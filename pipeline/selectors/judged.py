"""Firms by what the newest screening says of them: the edition in force nearest to the firm, as its chip shows it."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q

from pipeline.models import Assessment, PolicyEdition, Recognition
from pipeline.models.law import AssessmentQuerySet
from pipeline.selectors.policies import NATION, known_policies, shipped_policies
from pipeline.selectors.screening import lack_name
from pipeline.workflows import PROGRAMMES

OF_FIRM = Q(firm=OuterRef("pk"))  # asked of each firm on the way to one page, not of all that there are


def judged(programmes: list[str], *, bucket: str = "", lacking: str = "", today: date, unheld: bool = False) -> Q:
    """Firms that one of the programmes puts into the bucket, or that lack the criterion. One query for the editions.

    With `unheld` a programme of which the firm holds a valid title does not count.
    """
    wanted, editions = Q(pk__in=[]), _in_force(programmes, today)
    for programme in programmes:
        nearer: list[PolicyEdition] = []
        found = Q(pk__in=[])
        for edition in editions[programme]:
            rows = _of(edition)
            rows = rows.filter(bucket=bucket) if bucket else rows
            rows = rows.holding_word("lacking", lacking) if lacking else rows
            found |= Q(Exists(rows), *(~Exists(_of(other)) for other in nearer))
            nearer.append(edition)
        if unheld:
            held = Recognition.objects.valid_on(today).filter(OF_FIRM, programme=programme)
            found &= Q(~Exists(held))
        wanted |= found
    return wanted


def _in_force(programmes: list[str], today: date) -> dict[str, list[PolicyEdition]]:
    """The editions in force of each programme, those of the smallest region and the newest first."""
    lasting = Q(effective_to=None) | Q(effective_to__gte=today)
    rows = PolicyEdition.objects.filter(lasting, programme__in=programmes, effective_from__lte=today)
    nearest = sorted(
        rows.only("programme", "code", "region_code", "effective_from"),
        key=lambda row: (_depth(row.region_code), row.effective_from, row.code),
        reverse=True,
    )
    return {code: [row for row in nearest if row.programme == code] for code in programmes}


def _depth(code: str) -> int:
    """0 for the nation, then province, city, county and what lies in it: codes end in as many noughts as are above."""
    return 0 if code == NATION else len(code.rstrip("0"))


def _of(edition: PolicyEdition) -> AssessmentQuerySet:
    rows = Assessment.objects.filter(OF_FIRM, edition=edition, programme=edition.programme)
    return rows if edition.region_code == NATION else rows.filter(region_path__contains=f"{edition.region_code}/")


def criterion_groups(asked: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """What a firm can lack, `programme:criterion`, by programme. A query only for an `asked` that no file names."""
    groups: dict[str, dict[str, str]] = {programme: {} for programme in PROGRAMMES}
    for policy in shipped_policies():
        if policy.programme in groups:
            for criterion in policy.criteria:
                name = lack_name(policy, criterion.code)
                groups[policy.programme].setdefault(f"{policy.programme}:{criterion.code}", name)
    programme = asked.partition(":")[0]
    if programme in groups and asked not in groups[programme]:
        groups[programme] |= _published(programme, asked)
    return [(str(PROGRAMMES[code].short_label), list(found.items())) for code, found in groups.items()]


def _published(programme: str, asked: str) -> dict[str, str]:
    """The criterion's name where an edition of the bureau's own has it."""
    for policy in known_policies(programme):
        if asked in {f"{programme}:{criterion.code}" for criterion in policy.criteria}:
            return {asked: lack_name(policy, asked.partition(":")[2])}
    return {}
