from decimal import Decimal

import pytest

from crm.identifiers import Unreadable
from crm.money import Money, money, number


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("99(万)", 990_000, "CNY"),
        ("3.6900(万)", 36_900, "CNY"),
        ("25万人民币", 250_000, "CNY"),
        ("179.5000(万)", 1_795_000, "CNY"),
        ("1,000(万元人民币)", 10_000_000, "CNY"),
        ("8,000(万人民币元)", 80_000_000, "CNY"),
        ("1862.1078万人民币元", 18_621_078, "CNY"),
        ("50万", 500_000, "CNY"),
        ("10(万元)", 100_000, "CNY"),
        ("5,510.4000(万美元)", 55_104_000, "USD"),
        ("1,500(万香港元)", 15_000_000, "HKD"),
        ("５０（万元）", 500_000, "CNY"),
        ("500000元", 500_000, "CNY"),
        ("1.2亿元", 120_000_000, "CNY"),
    ],
)
def test_capital_in_the_ways_registers_write_it(text, amount, currency):
    assert money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "N/A", None, "—"])
def test_nothing_is_no_amount(text):
    assert money(text) is None


@pytest.mark.parametrize(("unit", "amount"), [("元", 380), ("万元", 3_800_000), ("亿元", 38_000_000_000)])
def test_a_bare_number_takes_the_unit_of_its_heading(unit, amount):
    assert money("380", unit=unit) == Money(Decimal(amount))


def test_a_bare_number_without_a_unit_is_refused():
    with pytest.raises(Unreadable) as refused:
        money("380")

    assert str(refused.value) == "金额“380”没有写明是元还是万元；请在单元格或表头写明单位"


@pytest.mark.parametrize("text", ["约100万", "100万左右", "1.2.3万", "一百万", "-5万"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(Unreadable):
        money(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1,234.5", "1234.5"), ("12%", "0.12"), ("９９", "99"), ("-3", "-3"), (7.0, "7.0")]
)
def test_plain_figures(text, value):
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "十二"])
def test_what_is_no_figure_is_refused(text):
    with pytest.raises(Unreadable):
        number(text)
