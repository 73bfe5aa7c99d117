"""Invented firms with valid codes, and three years of figures for each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from stdnum.cn import uscc

from config.demo.marks import mark
from crm.choices import Basis, Source
from crm.identifiers import name_key
from crm.models import Contact, Fact, Firm, Region, User
from crm.services.search import refresh_search

FIRST = "澜荻翊昀珩屿蔚沅澄棠岚烨峤璟栎桫漪旸"
SECOND = "禾构朔衡屹曜砺璇跃程擎弧岑穹桁川墨垣"
TRADES = [
    ("C3670", "汽车部件"),
    ("C2022", "板材"),
    ("C3983", "电子器件"),
    ("I6513", "软件"),
    ("C1492", "食品生物"),
    ("C2760", "生物医药"),
    ("C3841", "动力电池"),
    ("C3311", "金属结构"),
    ("C2662", "新材料"),
    ("C3770", "电动车"),
    ("M7320", "工程装备"),
    ("C3011", "特种水泥"),
]
FORMS = ["科技有限公司", "智造有限公司", "技术有限公司", "新技术有限公司"]
SHARES = {"450802": 22, "450803": 12, "450804": 13, "450821": 20, "450881": 22, "4508GX": 7, "4508CY": 4}
OFFICERS = {
    "450802": "gangbei",
    "450803": "gangnan",
    "450804": "qintang",
    "450821": "pingnan",
    "450881": "guiping",
    "4508GX": "gaoxin",
    "4508CY": "chanye",
}
GB11714 = (3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def credit_code(number: int, division: str) -> str:
    """A valid code that belongs to nobody: organisation code DEM and five digits with its own check character."""
    body = f"DEM{number:05d}"
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(body, GB11714, strict=True))
    check = {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    code = f"91{division if division.isdecimal() else '450800'}{body}{check}"
    return code + uscc.calc_check_digit(code)


@dataclass
class Figures:
    """What a firm's figures are drawn from: its size at the beginning, its growth, its taste for research."""

    sales: float
    growth: float
    rd_ratio: float
    staff: float
    tech_ratio: float


def make_firms(count: int, regions: dict[str, Region], people: dict[str, User], rng: random.Random, today: date):
    """Firms of every county in the usual proportions, with a contact each."""
    codes = list(SHARES)
    names = [f"{a}{b}" for a in FIRST for b in SECOND]
    rng.shuffle(names)
    firms = []
    for number in range(1, count + 1):
        code = rng.choices(codes, weights=list(SHARES.values()))[0]
        trade, word = rng.choice(TRADES)
        name = f"{regions['450800'].short_name}{names[number % len(names)]}{word}{rng.choice(FORMS)}"
        if number >= len(names):
            name = name.replace("有限公司", f"（{number // len(names)}厂）有限公司")
        firms.append(
            Firm(
                credit_code=credit_code(number, code),
                name=name,
                name_key=name_key(name),
                region=regions[code],
                region_path=regions[code].path,
                officer=people[OFFICERS[code]],
                registered_on=today - timedelta(days=rng.randint(500, 6500)),
                firm_type="有限责任公司",
                industry=trade,
                capital_amount=Decimal(rng.choice([100, 200, 500, 1000, 2000, 3000])) * 10000,
                capital_currency="CNY",
                address=f"{regions[code].name}创新路{rng.randint(1, 300)}号",
                business_scope=f"{word}的研发、生产与销售。",
            )
        )
    Firm.objects.bulk_create(firms)
    mark(firms)
    Contact.objects.bulk_create(
        Contact(
            firm=firm, name=f"{rng.choice('陈林黄梁韦李')}经理", phone="0775-4200000", email=f"c{firm.pk}@demo.example"
        )
        for firm in firms
    )
    refresh_search(firm.pk for firm in firms)
    return firms


def make_facts(firms: list[Firm], years: range, rng: random.Random, actor: User) -> None:
    """The figures of each year: declared by most, some from tax, a few missing, as real ones are."""
    facts: list[Fact] = []
    for firm in firms:
        figures = Figures(
            sales=rng.lognormvariate(16.6, 1.0),
            growth=rng.gauss(1.13, 0.12),
            rd_ratio=min(0.14, max(0.004, rng.gauss(0.052, 0.02))),
            staff=max(4.0, rng.lognormvariate(3.5, 0.8)),
            tech_ratio=min(0.6, max(0.03, rng.gauss(0.21, 0.08))),
        )
        for place, year in enumerate(years):
            if firm.registered_on is not None and firm.registered_on.year <= year and rng.random() > 0.04:
                facts += _year_of(firm, year, place, figures, rng)
        facts += _undated(firm, rng)
    now = timezone.now()
    for fact in facts:
        fact.entered_by, fact.entered_at = actor, now
    Fact.objects.bulk_create(facts, batch_size=2000)


def _year_of(firm: Firm, year: int, place: int, figures: Figures, rng: random.Random) -> list[Fact]:
    sales = figures.sales * figures.growth**place * rng.gauss(1, 0.04)
    staff = figures.staff * (1 + 0.04 * place)
    rd = sales * figures.rd_ratio * rng.gauss(1, 0.05)
    assets = sales * rng.uniform(0.7, 1.4)
    values: dict[tuple[str, str], float] = {
        ("employees", Basis.QUARTERLY_6M): staff,
        ("tech_staff", Basis.QUARTERLY_6M): staff * figures.tech_ratio,
        ("employees", Basis.MONTHLY_183D): staff * 0.99,
        ("tech_staff", Basis.MONTHLY_183D): staff * figures.tech_ratio * 0.97,
        ("sales_cny", Basis.NONE): sales,
        ("total_income_cny", Basis.NONE): sales * 1.03,
        ("high_tech_income_cny", Basis.NONE): sales * rng.uniform(0.5, 0.95),
        ("rd_cny", Basis.SUPER_DEDUCTION): rd,
        ("rd_cny", Basis.HIGH_TECH): rd * 1.06,
        ("rd_domestic_cny", Basis.HIGH_TECH): rd * 1.04,
        ("costs_cny", Basis.NONE): sales * rng.uniform(0.82, 0.97),
        ("assets_cny", Basis.NONE): assets,
        ("liabilities_cny", Basis.NONE): assets * rng.uniform(0.25, 0.75),
        ("profit_cny", Basis.NONE): sales * rng.uniform(-0.02, 0.12),
        ("tax_cny", Basis.NONE): sales * 0.035,
        ("transformations", Basis.NONE): float(rng.randint(0, 7)),
    }
    missing = rng.random() < 0.12
    facts = []
    for (code, basis), value in values.items():
        if missing and code in {"rd_cny", "tech_staff"}:
            continue
        source = Source.TAX if code in {"sales_cny", "tax_cny"} and rng.random() < 0.5 else Source.DECLARED
        places = (
            Decimal(1)
            if code == "transformations"
            else Decimal("0.1")
            if "staff" in code or code == "employees"
            else Decimal(100)
        )
        amount = (Decimal(str(round(value, 4))) / places).quantize(Decimal(1)) * places
        facts.append(Fact(firm=firm, year=year, code=code, basis=basis, source=source, value=amount))
    return facts


def _undated(firm: Firm, rng: random.Random) -> list[Fact]:
    class1 = rng.choices([0, 1, 2, 4], weights=[52, 26, 14, 8])[0]
    values = {
        "ip_class1": class1,
        "ip_class2": rng.choices([0, 1, 2, 3, 4, 6, 9], weights=[8, 12, 16, 20, 18, 16, 10])[0],
        "ip_invention_patents": class1,
        "ip_self_developed": rng.randint(0, 3),
        "resident": 1,
        "audit_based_tax": 1 if rng.random() < 0.93 else 0,
        "restricted_industry": 0,
        "serious_incident": 0,
        "abnormal_listing": 1 if rng.random() < 0.02 else 0,
        "dishonesty": 0,
    }
    kept = {code: value for code, value in values.items() if rng.random() < 0.9}
    return [
        Fact(firm=firm, year=0, code=code, basis="", source=Source.DECLARED, value=Decimal(value))
        for code, value in kept.items()
    ]
