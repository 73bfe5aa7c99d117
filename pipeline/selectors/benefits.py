"""What a high-tech certificate would be worth to a firm in tax, estimated from its own figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from crm.models import Fact
from crm.selectors.firms import FactTable
from pipeline.choices import Title
from pipeline.models import Recognition

USUAL, REDUCED = Decimal("0.25"), Decimal("0.15")


@dataclass(frozen=True)
class Benefit:
    """The tax of one year at both rates. `saved_cny` is None where the profit is not known, zero in a year of loss."""

    profit: Fact | None
    before_tax_cny: Decimal | None
    saved_cny: Decimal | None
    held: bool  # the certificate is there: this is what it saves already


def tax_benefit(table: FactTable, recognitions: Iterable[Recognition], today: date) -> Benefit:
    """The newest net profit, put back to before tax, times ten per cent. No query.

    An estimate for a talk: taxable income differs from profit, and other reliefs may apply.
    """
    held = any(
        row.programme == "high_tech" and row.title == Title.CERTIFICATE and row.is_valid_on(today)
        for row in recognitions
    )
    profit = _newest(table, "profit_cny")
    if profit is None:
        return Benefit(None, None, None, held)
    if profit.value <= 0:
        return Benefit(profit, profit.value, Decimal(0), held)
    before = profit.value / (1 - (REDUCED if held else USUAL))
    return Benefit(profit, _yuan(before), _yuan(before * (USUAL - REDUCED)), held)


def _newest(table: FactTable, code: str) -> Fact | None:
    """Of the newest year that states it the figure that counts."""
    rows = (row for row in table.rows if row.code == code)
    return next((cell[0] for row in rows for cell in row.cells if cell), None)


def _yuan(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_HALF_UP)
