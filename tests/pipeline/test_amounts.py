"""Entered numbers: evidence, corrections, quality by the bureau's rule, files taken whole, what others published."""

import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine
import xlsxwriter

from crm.errors import NotAllowed, RowChanged, UnreadableFile
from pipeline.errors import QuotaRefused
from pipeline.models import Count, Indicator, PublishedTotal, QualityRule, Quota
from pipeline.selectors.counts import Period, compiled_counts, counts, unverified_amounts
from pipeline.selectors.quality import class_lines
from pipeline.selectors.standings import Standing, county_standings, published_totals, standing
from pipeline.selectors.targets import QuotaRow
from pipeline.services.amounts import add_count, correct_count, publish_total, set_quality_rule, withdraw_count
from pipeline.services.tallies import fold_counts
from pipeline.services.target_tables import import_counts, import_quotas

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        yield


def indicator(code):
    return Indicator.objects.get(code=f"manual.{code}")


def entered(code, region, value, **given):
    evidence = given.pop("evidence", f"桂科〔2026〕{Count.objects.count() + 1}号")
    on = given.pop("on", TODAY)
    return add_count(indicator(code), region, on=on, value=Decimal(value), evidence=evidence, actor=None, **given)


def total(code, region):
    """The number from the cells, which must be that of a full count."""
    fold_counts()
    wanted, period = [indicator(code)], Period(2026, TODAY)
    folded = compiled_counts(wanted, period).get((f"manual.{code}", region.path), 0)
    assert folded == counts(wanted, period).get((f"manual.{code}", region.path), 0)
    return folded


def test_every_indicator_of_the_work_report_can_be_carried():
    found = {row.code: (row.unit, row.decimals) for row in Indicator.objects.filter(counter="")}

    assert len(found) == 59
    assert found["manual.transformation_quality"] == ("分", 5)
    assert found["manual.converted_amount"] == ("万元", 4)
    assert found["manual.class_b_benefit"] == ("亿元", 6)
    assert found["manual.absorbed_contract_amount"] == ("亿元", 6)
    assert set(Indicator.objects.filter(adds_up=False).values_list("unit", flat=True)) == {"%", "名"}


def test_what_is_not_verified_stands_apart_and_counts_once_it_is(county, city, officer):
    first = entered("national_platforms", county, 2, verified=False)
    assert total("national_platforms", city) == 0
    assert unverified_amounts(Period(2026, TODAY))[("manual.national_platforms", city.path)] == 2

    correct_count(first, reason="已核验", verified=True, actor=officer)

    assert total("national_platforms", city) == 2
    assert unverified_amounts(Period(2026, TODAY)).get(("manual.national_platforms", city.path)) == 0


def test_a_correction_keeps_the_entry_it_replaces_and_a_withdrawal_its_reason(county, officer):
    first = entered("technology_contract_amount", county, "12.3456")

    second = correct_count(first, reason="金额有误", value=Decimal("13.0001"), actor=officer)
    assert total("technology_contract_amount", county) == Decimal("13.0001")
    withdraw_count(second, reason="重复上报", actor=officer)

    first.refresh_from_db()
    assert (second.replaces, first.withdraw_reason, second.withdrawn_by) == (first, "金额有误", officer)
    assert total("technology_contract_amount", county) == 0
    with pytest.raises(RowChanged):
        withdraw_count(second, reason="再次", actor=officer)


def test_a_withdrawal_needs_a_reason_and_a_correction_a_change(county, officer):
    first = entered("national_platforms", county, 1)

    for action in (
        lambda: withdraw_count(first, reason=" ", actor=officer),
        lambda: correct_count(first, reason="x", actor=officer),
    ):
        with pytest.raises(QuotaRefused):
            action()

    assert Count.objects.standing().get() == first


def test_the_same_evidence_twice_is_refused_and_too_many_decimals_too(county):
    entered("national_platforms", county, 1, evidence="桂科1号")

    with pytest.raises(QuotaRefused) as twice:
        entered("national_platforms", county, 1, evidence="桂科1号")
    with pytest.raises(QuotaRefused) as halves:
        entered("national_platforms", county, "1.5")

    assert twice.value.reasons == ["同一指标、区划、日期、依据和数值已经录入；如是另一项，请在依据中写明证书号"]
    assert halves.value.reasons == ["“新增国家级创新平台”最多保留 0 位小数；请核对单位“家”"]
    assert Count.objects.count() == 1


def test_a_share_is_the_newest_entry_of_its_own_region_and_is_not_added_up(county, city):
    entered("rd_share", county, "1.10", on=date(2026, 3, 1))
    entered("rd_share", county, "1.25", on=date(2026, 9, 1))
    entered("rd_share", city, "1.02", on=date(2026, 5, 1))

    assert (total("rd_share", county), total("rd_share", city)) == (Decimal("1.25"), Decimal("1.02"))


def test_quality_follows_the_rule_of_the_year_with_five_decimals_and_a_cap(county, city, lead):
    for kind, measure, verified in (
        ("A", "1000.12345", True),
        ("A", "99999", True),
        ("B", "300", True),
        ("B", "5", False),
    ):
        entered("major_transformations", county, 1, amount_class=kind, measure=Decimal(measure), verified=verified)
    entered("transformation_quality", county, "7.00001")
    assert total("transformation_quality", city) == Decimal("7.00001")  # entered, until the rule is known
    assert [line.rule for line in class_lines(city.path, 2026, TODAY)] == [None, None]

    for kind, coefficient, cap in (("A", "0.001", Decimal(10)), ("B", "0.0005", None)):
        set_quality_rule(
            2026, kind, measure_label="金额", coefficient=Decimal(coefficient), cap=cap, document="桂科5号", actor=lead
        )

    assert total("transformation_quality", city) == Decimal("11.15012")
    lines = class_lines(city.path, 2026, TODAY)
    assert [(line.verified, line.unverified, line.score) for line in lines] == [
        (2, 0, Decimal("11.00012")),
        (1, 1, Decimal("0.15000")),
    ]


def test_a_quality_rule_is_set_by_managers_and_needs_its_document(lead, officer):
    given = {"measure_label": "金额", "coefficient": Decimal(0), "cap": None, "document": " "}

    with pytest.raises(NotAllowed):
        set_quality_rule(2026, "A", **given, actor=officer)
    with pytest.raises(QuotaRefused) as refused:
        set_quality_rule(2026, "A", **given, actor=lead)

    assert refused.value.reasons == ["系数应大于 0、小于 1000", "请写明规则的文号"]
    assert QualityRule.objects.count() == 0


# Files --------------------------------------------------------------------------------------------------------------


def sheet(*rows):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    target.seek(0)
    return target


HEADS = ["区划", "指标", "日期", "数值", "依据", "核验", "类别", "计分金额"]


def test_a_table_of_amounts_is_taken_with_its_decimals(county, officer):
    file = sheet(
        ["2026 年台账"],
        HEADS,
        ["平南县", "重大科技成果转化", "2026-03-01", 1, "桂科1号", "是", "A类", 1234.56789],
        ["450821", "manual.technology_contract_amount", "2026年4月2日", 0.1234, "合同1", "", "", ""],
    )

    report = import_counts(file, name="a.xlsx", actor=officer)

    assert (report.saved, report.refused) == (2, [])
    rows = Count.objects.order_by("on").values_list("value", "verified", "amount_class", "measure", "entered_by")
    assert list(rows) == [
        (Decimal(1), True, "A", Decimal("1234.56789"), officer.pk),
        (Decimal("0.1234"), False, "", None, officer.pk),
    ]


def test_one_wrong_row_and_nothing_of_the_file_is_kept(officer):
    file = sheet(
        HEADS[:5],
        ["平南县", "重大科技成果转化", "2026-03-01", 1, "桂科1号"],
        ["桂平市", "没有的指标", "某日", "许多", ""],
        ["平南县", "高新技术企业保有量", "2026-03-01", 1, "x"],
    )

    report = import_counts(file, name="a.xlsx", actor=officer)

    assert [(row.line, row.reasons) for row in report.refused] == [
        (
            3,
            (
                "区划“桂平市”不在您的辖区内，或无法识别",
                "没有名为“没有的指标”的指标",
                "日期“某日”无法识别；请写成 2023-05-31",
                "“许多”不是数字；请只填数字",
            ),
        ),
        (4, ("“高新技术企业保有量”由认定结果自动统计，不能手工录入",)),
    ]
    assert (report.saved, Count.objects.count()) == (0, 0)


@pytest.mark.parametrize("rows", [[["甲", "乙"]], [HEADS]])
def test_a_table_without_headings_or_rows_is_said_to_be_so(rows, officer):
    with pytest.raises(UnreadableFile):
        import_counts(sheet(*rows), name="a.xlsx", actor=officer)


def test_a_decomposition_is_imported_whole_or_not_at_all(lead, officer, city, county):
    heads = ["县区", "指标", "年度", "目标", "争取目标", "自报", "经办人员", "文号"]
    good = ["平南县", "高新技术企业首次认定", 2026, 9, 10, 8, "", "贵科7号"]
    refused = import_quotas(
        sheet(heads, good, ["桂平市", "高新技术企业首次认定", 26, "", 5, "", "nobody", ""]), name="a.xlsx", actor=lead
    )
    assert refused.refused[0].reasons == (
        "辖区内没有用户名为“nobody”的人员",
        "年度无法识别；请填 4 位年份",
        "目标和自报数都没有填写",
        "有争取目标而没有目标",
    )
    assert Quota.objects.count() == 0

    officers = ["平南县", "高新技术企业首次认定", 2026, 4, "", "", officer.username, "贵科7号"]
    assert import_quotas(sheet(heads, good, officers), name="a.xlsx", actor=lead).saved == 2

    rows = Quota.objects.order_by("kind", "target").values_list("region", "officer", "kind", "target", "stretch")
    assert list(rows) == [
        (county.pk, officer.pk, "assigned", 4, None),
        (county.pk, None, "assigned", 9, 10),
        (county.pk, None, "pledge", 8, None),
    ]


# Others -------------------------------------------------------------------------------------------------------------


def published(code, name, value, as_of=date(2026, 10, 31), **given):
    wanted = Indicator.objects.get(code="high_tech.first_time")
    given = {"source": "桂科通报", "actor": None} | given
    return publish_total(wanted, 2026, region_code=code, region_name=name, value=Decimal(value), as_of=as_of, **given)


def row_of(region, done, target=45):
    return QuotaRow(
        "high_tech.first_time",
        "甲",
        "家",
        0,
        "high_tech",
        region.code,
        region.name,
        Decimal(target),
        Decimal(done),
        Decimal(1),
        "met",
        "",
    )


def test_rank_share_and_who_is_above_come_from_published_totals(city, county):
    for code, name, value in (
        ("450000", "广西", 400),
        ("450100", "南宁市", 90),
        ("450900", "玉林市", 41),
        ("451000", "百色市", 20),
    ):
        published(code, name, value)
    published("450900", "玉林市", 30, as_of=date(2026, 6, 30))
    totals = published_totals(2026, TODAY)["high_tech.first_time"]

    assert standing(Decimal(26), city, totals, "450000") == Standing(
        3, 4, Decimal("0.0650"), "玉林市", Decimal(15), date(2026, 10, 31), "桂科通报"
    )
    assert standing(Decimal(41), city, totals, "450000").rank == 2  # equals share a place
    assert standing(Decimal(5), county, totals, "450000") == Standing(share=Decimal("0.0125"))
    assert published_totals(2026, date(2026, 7, 1))["high_tech.first_time"]["450900"].value == 30


def test_counties_are_placed_by_completion(city, county, other_county):
    rows = [row_of(county, 8, 9), row_of(other_county, 5, 10), row_of(city, 1, 0)]

    places = county_standings(rows, Decimal(100))

    assert [(found.rank, found.of, found.share) for found in places.values()] == [
        (1, 2, Decimal("0.0800")),
        (2, 2, Decimal("0.0500")),
        (None, 2, Decimal("0.0100")),
    ]


def test_a_published_total_needs_a_source_a_code_and_a_manager(officer):
    with pytest.raises(NotAllowed):
        published("450900", "玉林市", 41, actor=officer)
    with pytest.raises(QuotaRefused) as refused:
        published("玉林", " ", 41, as_of=date(2026, 12, 1), source="")

    assert refused.value.reasons == [
        "区划代码应为 6 位数字，如 450200",
        "日期不能晚于今天",
        "请写明来源，如通报文号",
        "请填写地区名称",
    ]
    assert PublishedTotal.objects.count() == 0
