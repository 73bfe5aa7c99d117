"""What a judgement needs beside figures of years: yes/no facts and counted rights."""

from __future__ import annotations

import random
from decimal import Decimal

from crm.fact_codes import NO_YEAR
from crm.models import Fact, Firm

# The share of firms of which each yes/no fact holds.
SHARES = {
    "resident": 0.995,
    "audit_based_tax": 0.97,
    "restricted_industry": 0.02,
    "serious_incident": 0.01,
    "abnormal_listing": 0.03,
    "dishonesty": 0.005,
}
KNOWN = 0.95


def add_traits(firms: list[Firm], rng: random.Random) -> int:
    """Store them. Returns how many rows."""
    rows = [
        Fact(firm=firm, year=NO_YEAR, code=code, source="declared", value=Decimal(value))
        for firm in firms
        for code, value in _traits(rng).items()
        if rng.random() < KNOWN
    ]
    return len(Fact.objects.bulk_create(rows, batch_size=5000))


def _traits(rng: random.Random) -> dict[str, int]:
    flags = {code: int(rng.random() < share) for code, share in SHARES.items()}
    return flags | {"ip_class1": int(rng.random() < 0.1), "ip_class2": rng.choice((0, 0, 1, 3, 6))}
