"""The facts of firms as a judgement reads them: figures, rights counted, credentials, and the titles they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from crm.choices import CLASS_ONE, RightKind, Source
from crm.fact_codes import NO_YEAR
from crm.models import Credential, Fact, Firm, IntellectualProperty
from pipeline.assessment import Facts, Holding, codes_read, facts_from_rows, first_year_read
from pipeline.assessment.facts import FactRow
from pipeline.choices import Title
from pipeline.models import Recognition
from pipeline.policy import Policy

UTILITY_OR_SOFTWARE = (RightKind.UTILITY_MODEL, RightKind.SOFTWARE)
# What counting a firm's rights says: code, and the rights that count.
COUNTED_RIGHTS = {
    "ip_class1": Q(kind__in=CLASS_ONE),
    "ip_class2": ~Q(kind__in=CLASS_ONE),
    "ip_invention_patents": Q(kind=RightKind.INVENTION),
    "ip_utility_or_software": Q(kind__in=UTILITY_OR_SOFTWARE),
    "ip_self_developed": Q(self_developed=True),
}
Holdings = dict[int, list[Holding]]


def facts_of(firms: Iterable[Firm], *, on: date, policy: Policy | None = None) -> dict[int, Facts]:
    """What is known of each firm on that day, by its key. Four queries, however many firms.

    For a policy only what it can look at is read: its own figures, and no year before the first that has a say.
    """
    wanted = {firm.pk: firm for firm in firms}
    looked_at = Q()
    if policy is not None:
        looked_at = Q(year=NO_YEAR) | Q(year__gte=first_year_read(policy, on), code__in=codes_read(policy))
    rows, holdings = _rows(wanted, looked_at), _holdings(wanted, on)
    return {
        pk: facts_from_rows(
            rows.get(pk, ()),
            holdings=holdings.get(pk, ()),
            registered_on=firm.registered_on,
            industry=firm.industry,
        )
        for pk, firm in wanted.items()
    }


def _rows(firms: Iterable[int], looked_at: Q) -> dict[int, list[FactRow]]:
    found: dict[int, list[FactRow]] = defaultdict(list)
    stated = Fact.objects.filter(looked_at, firm__in=firms).order_by("firm_id", "year", "code", "basis", "source")
    for firm, *row in stated.values_list("firm_id", "year", "code", "basis", "source", "value"):
        found[firm].append(tuple(row))  # type: ignore[arg-type]
    counts = {code: Count("pk", filter=Q(in_force=True) & wanted) for code, wanted in COUNTED_RIGHTS.items()}
    rights = IntellectualProperty.objects.filter(firm__in=firms).order_by().values("firm_id").annotate(**counts)
    for firm, *numbers in rights.values_list("firm_id", *COUNTED_RIGHTS):
        counted = zip(COUNTED_RIGHTS, numbers, strict=True)
        found[firm] += [(NO_YEAR, code, "", str(Source.REGISTER), Decimal(number)) for code, number in counted]
    return found


def _holdings(firms: Iterable[int], on: date) -> Holdings:
    found: Holdings = defaultdict(list)
    for row in Credential.objects.filter(firm__in=firms).order_by("pk"):
        found[row.firm_id].append(
            Holding(row.kind, row.valid_until, row.on, row.rank, row.level or None, row.year),
        )
    granted = Recognition.objects.filter(firm__in=firms, programme__in=["high_tech", "gazelle"], granted_on__lte=on)
    for title in granted.order_by("pk"):
        if (holding := _held(title)) is not None:
            found[title.firm_id].append(holding)
    return found


def _held(title: Recognition) -> Holding | None:
    """A title as the credential that other programmes ask for. One that was ended is valid until the day before."""
    if title.programme == "high_tech" and title.title == Title.CERTIFICATE:
        ends = [day for day in (title.valid_until, title.ended_on and title.ended_on - timedelta(days=1)) if day]
        return Holding("high_tech_certificate", valid_until=min(ends, default=None))
    if title.programme == "gazelle" and title.title == Title.LIBRARY and title.ended_on is None:
        return Holding("gazelle_library", year=title.granted_on.year)
    return None
