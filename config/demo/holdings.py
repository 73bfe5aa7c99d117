"""What else is known of the invented firms: rights, credentials, what high-tech asks for, second sources, estimates.

Drawn with a generator of its own, so that the rest of the city does not change with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from crm.choices import Basis, CredentialKind, Level, RightKind, Source
from crm.models import Credential, Fact, Firm, IntellectualProperty, User

SECOND_CLASS = (RightKind.UTILITY_MODEL, RightKind.SOFTWARE, RightKind.DESIGN)
PREFIX = {RightKind.SOFTWARE: "2021SR"}
HUNDRED = Decimal(100)
Values = dict[tuple[str, int, str], Decimal]  # code, year and basis of what is declared or from tax


def make_holdings(firms: list[Firm], *, seed: int, today: date, actor: User) -> None:
    """Rights, credentials and the further figures of every firm. Three bulk inserts and one query."""
    rng = random.Random(seed * 7919 + 1)
    known: dict[int, Values] = {firm.pk: {} for firm in firms}
    for fact in Fact.objects.filter(firm__in=firms).order_by("pk"):
        known[fact.firm_id][(fact.code, fact.year, fact.basis)] = fact.value
    rights: list[IntellectualProperty] = []
    credentials: list[Credential] = []
    facts: list[Fact] = []
    for firm in firms:
        values = known[firm.pk]
        if rng.random() < 0.6:
            rights += _rights(firm, values, rng, today)
        credentials += _credentials(firm, rng, today)
        if rng.random() < 0.62:
            facts += _high_tech(firm, values, rng)
        facts += _second_sources(firm, values, rng)
        facts += _estimates(firm, values, rng, today.year - 1)
    now = timezone.now()
    rows: list[IntellectualProperty | Credential | Fact] = [*rights, *credentials, *facts]
    for row in rows:
        row.entered_by, row.entered_at = actor, now
    IntellectualProperty.objects.bulk_create(rights, batch_size=2000)
    Credential.objects.bulk_create(credentials, batch_size=2000)
    Fact.objects.bulk_create(facts, batch_size=2000)


def _rights(firm: Firm, values: Values, rng: random.Random, today: date) -> Iterator[IntellectualProperty]:
    """As many as the firm states, now and then one more or less; some are no longer in force."""
    first = int(values.get(("ip_class1", 0, ""), Decimal(rng.randint(0, 1))))
    second = int(values.get(("ip_class2", 0, ""), Decimal(rng.randint(1, 4))))
    second = max(0, second + rng.choices([0, 1, -1], weights=[80, 12, 8])[0])
    own = values.get(("ip_self_developed", 0, ""), Decimal(first + second))
    kinds = [RightKind.INVENTION] * first + [rng.choice(SECOND_CLASS) for _ in range(second)]
    for place, kind in enumerate(kinds):
        digits = f"{firm.credit_code[11:16]}{place:02d}"
        yield IntellectualProperty(
            firm=firm,
            kind=kind,
            number=f"{PREFIX.get(kind, 'ZL2021')}{digits}",
            title=f"一种{firm.business_scope.split('的')[0]}方法{place + 1}",
            granted_on=today - timedelta(days=rng.randint(60, 1500)),
            self_developed=place < own,
            in_force=rng.random() < 0.97,
        )


def _credentials(firm: Firm, rng: random.Random, today: date) -> Iterator[Credential]:
    fate, on = rng.random(), today - timedelta(days=rng.randint(200, 2400))
    if fate < 0.06:
        level = rng.choice([Level.PROVINCIAL, Level.MUNICIPAL, Level.MUNICIPAL])
        yield Credential(firm=firm, kind=CredentialKind.RD_INSTITUTION, name="工程技术研究中心", level=level)
    elif fate < 0.09:
        rank = rng.randint(1, 8)
        yield Credential(firm=firm, kind=CredentialKind.STANDARD_LED, name="行业标准", rank=rank, on=on)
    elif fate < 0.1:
        yield Credential(firm=firm, kind=CredentialKind.SCIENCE_AWARD, name="科技进步奖", rank=2, on=on)
    elif fate < 0.15:
        yield Credential(firm=firm, kind=CredentialKind.CHIEF_TECHNOLOGY_OFFICER, name="首席技术官")


def _high_tech(firm: Firm, values: Values, rng: random.Random) -> Iterator[Fact]:
    """What only the high-tech programme asks for; of some firms experts have spoken already."""
    for (code, year, basis), value in values.items():
        if (code, basis) == ("rd_cny", Basis.HIGH_TECH):
            entrusted = value * Decimal(rng.choice(["0", "0", "0.05", "0.12"]))
            yield _fact(firm, "rd_entrusted_cny", entrusted, year, Basis.HIGH_TECH)
            other = value * Decimal(str(round(rng.uniform(0.04, 0.16), 3)))
            yield _fact(firm, "rd_other_cny", other, year, Basis.HIGH_TECH)
        if code == "total_income_cny":
            yield _fact(firm, "non_taxable_income_cny", value * Decimal(rng.choice(["0", "0", "0", "0.02"])), year)
    for flag, share in (("ip_core_support", 0.93), ("supported_field", 0.95)):
        yield _fact(firm, flag, Decimal(rng.random() < share))
    if rng.random() < 0.55:
        for name, least, most in (("ip_quality", 11, 15), ("organisation", 14, 19)):
            low = rng.randint(least, most)
            yield _fact(firm, f"expert_{name}_low", Decimal(low), source=Source.ESTIMATE)
            yield _fact(firm, f"expert_{name}_high", Decimal(low + rng.randint(0, 2)), source=Source.ESTIMATE)


def _second_sources(firm: Firm, values: Values, rng: random.Random) -> Iterator[Fact]:
    """The tax office or an audit says something else than the firm; of two, one counts."""
    for (code, year, basis), value in values.items():
        if (code, basis) == ("rd_cny", Basis.SUPER_DEDUCTION) and rng.random() < 0.07:
            factor = Decimal(rng.choice(["0.9", "0.94", "0.97", "1.02"]))
            yield _fact(firm, code, value * factor, year, basis, rng.choice([Source.TAX, Source.AUDIT]))
        if code == "sales_cny" and rng.random() < 0.04:
            yield _fact(firm, code, value * Decimal("0.98"), year, source=Source.STATISTICS)


def _estimates(firm: Firm, values: Values, rng: random.Random, year: int) -> Iterator[Fact]:
    """Where the firm has not answered, officers sometimes put down what they believe."""
    staff = values.get(("employees", year, Basis.QUARTERLY_6M))
    if staff is not None and ("tech_staff", year, Basis.QUARTERLY_6M) not in values and rng.random() < 0.5:
        number = (staff * Decimal("0.18")).quantize(Decimal("0.1"))
        yield _fact(firm, "tech_staff", number, year, Basis.QUARTERLY_6M, Source.ESTIMATE)
    sales = values.get(("sales_cny", year, ""))
    if sales is not None and ("rd_cny", year, Basis.SUPER_DEDUCTION) not in values and rng.random() < 0.5:
        yield _fact(firm, "rd_cny", sales * Decimal("0.04"), year, Basis.SUPER_DEDUCTION, Source.ESTIMATE)


def _fact(firm: Firm, code: str, value: Decimal, year: int = 0, basis: str = "", source: str = Source.DECLARED) -> Fact:
    if code.endswith("_cny"):
        value = (value / HUNDRED).quantize(Decimal(1)) * HUNDRED
    evidence = "经办人员走访估计" if source == Source.ESTIMATE else ""
    return Fact(firm=firm, year=year, code=code, basis=basis, source=source, value=value, evidence=evidence)
