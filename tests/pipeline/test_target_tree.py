"""Targets as a tree, their pace, what stands apart, other days, and the pages of all that."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from crm.choices import Role
from crm.errors import NotAllowed
from crm.services.firms import assign_firm
from pipeline.errors import QuotaRefused
from pipeline.models import Count, CountCell, Indicator, PublishedTotal, QualityRule, Quota, Snapshot
from pipeline.selectors.apart import standing_apart
from pipeline.selectors.counts import Period
from pipeline.selectors.pace import Pace, elapsed_ratio, pace_of, paces
from pipeline.selectors.progress import progress_rows
from pipeline.selectors.quota_tree import officer_rows, quotas_around, sum_checks
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.services.metrics import compile_metrics, count_changes, thin_snapshots
from pipeline.services.recognition_changes import record_past_title
from pipeline.services.tallies import fold_counts
from pipeline.services.targets import Asked, set_quota, set_quotas
from tests import make
from tests.pipeline import world

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def first_time():
    return Indicator.objects.get(code="high_tech.first_time")


@pytest.fixture
def county_lead(county):
    return make.person("county_lead", county, Role.LEAD)


def titled(firm, on, *, programme="high_tech", title="certificate", **given):
    given = {"document": "桂科〔2026〕1号"} | given
    return record_past_title(firm, programme=programme, title=title, granted_on=on, actor=None, **given)


# The tree -----------------------------------------------------------------------------------------------------------


def test_a_county_pledges_and_its_target_comes_from_above(first_time, county, county_lead, lead):
    with pytest.raises(NotAllowed):
        set_quota(first_time, county, 2026, target=Decimal(1), actor=county_lead)
    set_quota(first_time, county, 2026, target=Decimal(9), stretch=Decimal(10), document="贵科7号", actor=lead)
    set_quota(first_time, county, 2026, target=Decimal(8), kind="pledge", actor=county_lead)
    compile_metrics()

    row = latest_snapshot(county).rows[0]

    assert (row.target, row.stretch, row.pledge) == (9, 10, 8)


def test_a_target_is_changed_in_the_year_by_a_document_and_every_reason_is_given(first_time, county, lead, officer):
    set_quota(first_time, county, 2026, target=Decimal(9), document="贵科7号", actor=lead)
    stranger = make.person("stranger")

    with pytest.raises(QuotaRefused) as refused:
        set_quota(first_time, county, 2026, target=Decimal(12), stretch=Decimal(10), actor=lead)
    with pytest.raises(QuotaRefused) as nobody:
        set_quota(
            Indicator.objects.get(code="manual.national_platforms"),
            county,
            2026,
            target=Decimal(1),
            officer=stranger,
            actor=lead,
        )

    assert refused.value.reasons == ["争取目标 10 低于目标 12", "调整已有目标须写明文号"]
    assert nobody.value.reasons == [
        "“新增国家级创新平台”由录入统计，不能分解到经办人员",
        "姓名stranger 的岗位不包含平南县，不能承担该辖区的目标",
    ]
    assert Quota.objects.get().target == 9


def test_the_sum_of_the_parts_is_held_against_the_whole(first_time, city, county, other_county, lead, city_officer):
    parts = [Asked(city, Decimal(45)), Asked(county, Decimal(30)), Asked(other_county, Decimal(10))]
    parts += [Asked(city, Decimal(2), officer=city_officer), Asked(county, Decimal(28), kind="pledge")]
    set_quotas(first_time, 2026, parts, document="贵科7号", actor=lead)

    check = sum_checks(city, quotas_around(city, 2026))[0]

    assert (check.sentence, check.pledged) == ("下级合计 42，低于本级目标 45，差 3", 28)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [(45, "下级合计 45，与本级目标一致"), (50, "下级合计 50，高于本级目标 45，多 5")],
)
def test_parts_that_add_up_or_bring_more_are_said_to_do_so(first_time, city, county, part, sentence):
    set_quota(first_time, city, 2026, target=Decimal(45), actor=None)
    set_quota(first_time, county, 2026, target=Decimal(part), actor=None)

    assert sum_checks(city, quotas_around(city, 2026))[0].sentence == sentence


def test_a_table_of_targets_is_set_whole_or_not_at_all(first_time, city, county, lead):
    with pytest.raises(QuotaRefused) as refused:
        set_quotas(first_time, 2026, [Asked(city, Decimal(4)), Asked(county, Decimal(-1))], document="", actor=lead)

    assert (refused.value.reasons, Quota.objects.count()) == (["平南：目标不能为负数"], 0)


def test_an_officers_share_counts_the_firms_that_are_theirs(first_time, county, officer, lead):
    mine, theirs = make.firm("甲", county), make.firm("乙", county)
    assign_firm(mine, officer=officer, actor=None)
    for firm in (mine, theirs):
        titled(firm, date(2026, 5, 1))
    set_quota(first_time, county, 2026, target=Decimal(4), officer=officer, actor=lead)
    filed = Indicator.objects.get(code="high_tech.filed")
    set_quota(filed, county, 2026, target=Decimal(2), officer=officer, actor=lead)
    world.at(mine, "formal")

    rows = officer_rows(quotas_around(county, 2026), Period(2026, TODAY))

    assert sorted((row.quota.indicator.code, row.done, row.gap) for row in rows) == [
        ("high_tech.filed", 1, 1),
        ("high_tech.first_time", 1, 3),
    ]


# What counts --------------------------------------------------------------------------------------------------------


def done(code, region):
    fold_counts()
    set_quota(Indicator.objects.get(code=code), region, 2026, target=Decimal(10), actor=None)
    return int(
        next(row.done for row in progress_rows(2026, TODAY) if (row.indicator, row.region) == (code, region.code))
    )


def test_only_what_has_a_number_or_a_document_counts(firm, city):
    title = titled(firm, date(2026, 5, 1), document="")
    assert [done(f"high_tech.{name}", city) for name in ("first_time", "certified_in_year", "stock")] == [0, 0, 0]

    from pipeline.services.recognition_changes import complete_recognition

    complete_recognition(title, number="GR202645000001", actor=None)

    assert [done(f"high_tech.{name}", city) for name in ("first_time", "certified_in_year", "stock")] == [1, 1, 1]


def test_a_firm_with_two_titles_or_in_two_counties_counts_once(firm, city, county, other_county):
    from crm.services.firms import move_firm

    titled(firm, date(2026, 2, 1))
    move_firm(firm, region=other_county, actor=None)
    titled(firm, date(2026, 8, 1))
    titled(firm, date(2026, 3, 1), programme="tech_sme", title="registration")

    assert done("high_tech.certified_in_year", city) == 1
    assert (done("high_tech.certified_in_year", county), done("high_tech.certified_in_year", other_county)) == (1, 0)
    assert (done("high_tech.stock", city), done("high_tech.stock", other_county)) == (1, 1)
    assert done("tech_sme.registered", city) == 1


# Pace ---------------------------------------------------------------------------------------------------------------


def test_the_pace_follows_the_rounds_of_earlier_years(first_time, county, city):
    for number in range(8):  # six of eight by this day of the year, the rest in December
        day = date(2025, 10, 15) if number < 6 else date(2025, 12, 15)
        titled(make.firm(f"企业{number}", county), day)
    fold_counts()
    known = paces(2026, TODAY)

    assert pace_of(first_time, known, year=2026, as_of=TODAY) == Pace(Decimal("0.75"), 1)
    assert pace_of(first_time, paces(2026, date(2026, 7, 1)), year=2026, as_of=date(2026, 7, 1)) == Pace(Decimal(0), 1)
    stock = Indicator.objects.get(code="high_tech.stock")
    set_quota(stock, city, 2026, target=Decimal(20), actor=None)
    row = progress_rows(2026, TODAY)[0]
    assert (row.done, row.expected, row.pace_years) == (8, 17, 1)  # 8 at the end of last year, and three quarters of 12


def test_with_too_little_history_the_pace_is_the_calendar_and_says_so(first_time, county, city):
    titled(make.firm("甲", county), date(2025, 10, 15))
    fold_counts()

    assert pace_of(first_time, paces(2026, TODAY), year=2026, as_of=TODAY) == Pace(elapsed_ratio(2026, TODAY), 0)


def test_the_29th_of_february_has_a_day_in_every_year(county):
    for number in range(5):
        titled(make.firm(f"企业{number}", county), date(2023, 2, 28))
    fold_counts()

    assert paces(2024, date(2024, 2, 29))[("first_time", "high_tech")] == Pace(Decimal(1), 1)


# Apart, other days --------------------------------------------------------------------------------------------------


def test_what_ran_out_while_its_renewal_is_open_stands_apart(county, city):
    waits, lost, again = (make.firm(name, county) for name in ("待复审", "未复审", "已复审"))
    for firm in (waits, lost, again):
        titled(firm, date(2023, 10, 10), valid_until=date(2026, 10, 9))
    titled(again, date(2026, 10, 20))
    world.at(waits, "formal")
    for number, back in ((1, True), (2, False)):
        firm = make.firm(f"中小{number}", county)
        titled(firm, date(2025, 8, 1), programme="tech_sme", title="registration")
        if back:
            titled(firm, date(2026, 8, 1), programme="tech_sme", title="registration")

    assert standing_apart(2026, TODAY)[city.path] == {"pending": 1, "lapsed": 1, "last_year": 2, "back": 1}
    assert standing_apart(2026, TODAY)[county.path] == standing_apart(2026, TODAY)[city.path]


def test_a_snapshot_of_another_day_says_what_was_known_then(first_time, firm, city, clock):
    clock.move_to(datetime.fromisoformat("2026-06-01T10:00+08:00"))
    set_quota(first_time, city, 2026, target=Decimal(45), actor=None)
    titled(firm, date(2026, 5, 4))
    compile_metrics()
    then = latest_snapshot(city)
    clock.move_to(datetime.fromisoformat("2026-11-23T10:00+08:00"))
    set_quota(first_time, city, 2026, target=Decimal(50), document="贵科9号", actor=None)
    titled(make.firm("补录企业", firm.region), date(2026, 5, 5))
    count_changes()
    day = date(2026, 6, 1)

    known_then, known_now = progress_rows(2026, day, known_on=day), progress_rows(2026, day)

    assert known_then == list(then.rows)
    assert [(row.done, row.target) for row in (*known_then, *known_now)] == [(1, 45), (2, 50)]
    compile_metrics(as_of=day)
    assert latest_snapshot(city, as_of=day).rows == then.rows


def test_a_change_is_in_todays_snapshot_within_the_minute(first_time, firm, city):
    set_quota(first_time, city, 2026, target=Decimal(45), actor=None)
    compile_metrics()
    titled(firm, date(2026, 5, 4))
    assert latest_snapshot(city).rows[0].done == 0

    assert count_changes() > 0
    assert count_changes() == 0

    assert latest_snapshot(city).rows[0].done == 1


def test_old_snapshots_are_kept_for_each_week_and_each_month(city):
    days = [date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30), date(2026, 11, 4)]
    for day in days:
        Snapshot.objects.create(
            region=city, region_path=city.path, as_of=day, taken_at=datetime.now().astimezone(), data={}
        )

    assert (thin_snapshots(today=TODAY), thin_snapshots(today=TODAY)) == (1, 0)

    assert sorted(Snapshot.objects.values_list("as_of", flat=True)) == [days[0], days[2], days[3]]


def test_the_commands_verify_and_rebuild(firm, capsys):
    titled(firm, date(2026, 5, 4))
    call_command("verify_counts", "--as-of", "2026-06-30")
    CountCell.objects.filter(family="stock").delete()
    with pytest.raises(CommandError, match=r"high_tech\.stock 450000/: 0 compiled, 1 counted"):
        call_command("verify_counts")
    with pytest.raises(CommandError, match="is not a day"):
        call_command("verify_counts", "--as-of", "June")

    call_command("rebuild_counts")
    call_command("rebuild_counts")
    call_command("verify_counts")

    assert re.findall(r"\d+ cells", capsys.readouterr().out) == ["2 cells", "0 cells"]


# Pages --------------------------------------------------------------------------------------------------------------


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client


def test_the_targets_page_costs_the_same_for_one_firm_and_for_three(
    first_time, as_lead, city, county, other_county, django_assert_num_queries
):
    for region, target in ((city, 45), (county, 9), (other_county, 33)):
        set_quota(first_time, region, 2026, target=Decimal(target), document="贵科7号", actor=None)
    for size in (1, 2):
        for number in range(size):
            titled(make.firm(f"企业{size}{number}", county), date(2026, 5, 4))
        compile_metrics()
        as_lead.get("/targets/")
        with django_assert_num_queries(12):
            page = text(as_lead.get("/targets/"))
        with django_assert_num_queries(20):
            as_lead.get("/targets/?as_of=2026-06-30")

    assert "高新技术企业首次认定：目标 45，已认定 3，历史样本 0 家，太少，不作预测，还差 42 家" in page
    assert "下级合计 42，低于本级目标 45，差 3" in page
    assert "认定时企业所在区划" in page


def test_with_a_target_for_every_indicator_the_page_stays_light_and_every_county_is_a_click_away(
    as_lead, first_time, city, county, other_county
):
    indicators = list(Indicator.objects.filter(active=True))
    for each in indicators:
        asked = [Asked(region, Decimal(9)) for region in (city, county, other_county)]
        set_quotas(each, 2026, asked, document="贵科7号", actor=None)
    compile_metrics()

    plain, asked = (as_lead.get(f"/targets/{query}") for query in ("", "?indicator=manual.envoys"))

    assert len(indicators) > 70
    assert len(plain.content) < 350_000
    assessed = {each.code for each in indicators if each.assessed}
    shown = [{group.code for group in page.context["page"].groups} for page in (plain, asked)]
    assert shown[0] == assessed
    assert shown[1] == assessed | {"manual.envoys"}
    assert len(plain.context["page"].folded) == len(indicators) - len(assessed)
    assert "?indicator=manual.envoys" in text(plain)


def test_another_day_is_shown_as_known_then_or_now_and_a_senseless_one_as_the_newest(first_time, as_lead, city, firm):
    set_quota(first_time, city, 2026, target=Decimal(45), actor=None)
    titled(firm, date(2026, 5, 4))
    compile_metrics()

    pages = [
        text(as_lead.get(f"/targets/?as_of={query}"))
        for query in ("2026-06-30", "2026-06-30&known=now", "9999-99-99", "2099-01-01")
    ]

    assert "按当时所知重现" in pages[0]
    assert "1/45" in pages[1]
    assert "按现在所知重新统计" in pages[1]
    assert all("按 2026-11-23 快照" in page for page in pages[2:])
    assert ["不能用，下面是最新的数" in page for page in pages] == [False, False, True, True]


def test_the_rows_below_open_in_place_and_only_within_reach(as_lead, firm, county, client):
    titled(firm, date(2026, 5, 4))

    fragment = as_lead.get("/targets/high_tech.first_time/?at=450821", headers={"hx-request": "true"})

    assert firm.name in text(fragment)
    assert "<h1>" not in text(fragment)
    assert as_lead.get("/targets/high_tech.first_time/?at=000000").status_code == 404
    assert as_lead.session.get("region") is None


def test_targets_are_set_in_one_table_with_its_sum_check(as_lead, first_time, city, county):
    address = "/targets/set/?indicator=high_tech.first_time&year=2026"
    given = {
        f"target-r{city.pk}": "45",
        f"target-r{county.pk}": "42",
        f"pledge-r{county.pk}": "40",
        "document": "贵科7号",
    }

    assert as_lead.post(address, given).status_code == 302

    assert "下级合计 42，低于本级目标 45，差 3" in text(as_lead.get(address))
    assert Quota.objects.count() == 3
    again = as_lead.post(address, given | {f"target-r{city.pk}": "50", "document": ""})
    assert (again.status_code, "贵港：调整已有目标须写明文号" in text(again)) == (409, True)
    wrong = as_lead.post(address, given | {f"target-r{county.pk}": "-4"})
    assert (wrong.status_code, "平南县 下达目标</a>：确保该值大于" in text(wrong)) == (409, True)
    assert Quota.objects.count() == 3


def test_entries_are_corrected_and_withdrawn_on_their_page(as_lead, client, county):
    given = {
        "indicator": "manual.national_platforms",
        "region": "450821",
        "on": "2026-01-05",
        "value": 1,
        "evidence": "桂科1号",
    }
    assert client.post("/targets/count/", given | {"verified": "on"}).status_code == 302
    entry = Count.objects.get()
    address = f"/targets/amounts/{entry.pk}/"
    assert "桂科1号" in text(client.get(address))

    refused = client.post(address, {"withdraw": "1"})
    changed = client.post(address, {"on": "2026-01-06", "value": "2", "evidence": "桂科2号", "reason": "笔误"})
    withdrawn = client.post(
        f"/targets/amounts/{Count.objects.standing().get().pk}/", {"withdraw": "1", "reason": "重复"}
    )

    assert (refused.status_code, changed.status_code, withdrawn.status_code) == (409, 302, 302)
    page = text(client.get("/targets/amounts/"))
    assert "笔误" in page
    assert "重复" in page
    assert Count.objects.standing().count() == 0


def test_files_rules_and_published_totals_are_entered_on_their_pages(as_lead, client):
    csv = "区划,指标,日期,数值,依据\n平南县,新增国家级创新平台,2026-01-05,1,桂科1号\n平南县,新增国家级创新平台,某日,1,桂科2号\n"
    file = SimpleUploadedFile("a.csv", csv.encode())
    page = client.post("/targets/amounts/import/", {"file": file})
    assert (page.status_code, Count.objects.count()) == (409, 0)
    assert "1 行有问题，整个文件没有保存" in text(page)
    file = SimpleUploadedFile("a.csv", csv.replace("某日", "2026-01-06").encode())
    assert client.post("/targets/amounts/import/", {"file": file}).status_code == 302
    assert Count.objects.count() == 2

    rule = {
        "year": 2026,
        "amount_class": "A",
        "measure_label": "技术交易额",
        "coefficient": "0.5",
        "document": "桂科5号",
    }
    assert client.post("/targets/amounts/quality/", rule).status_code == 302
    assert client.post("/targets/amounts/quality/", rule | {"coefficient": "-1"}).status_code == 409
    assert "技术交易额 × 0.5" in text(client.get("/targets/amounts/"))

    total = {
        "indicator": "high_tech.first_time",
        "year": 2026,
        "region_code": "450900",
        "region_name": "玉林市",
        "value": 41,
        "as_of": "2026-10-31",
        "source": "通报",
    }
    assert client.post("/targets/published/", total).status_code == 302
    assert client.post("/targets/published/", total | {"region_code": "x"}).status_code == 409
    assert "玉林市" in text(client.get("/targets/published/"))
    assert (QualityRule.objects.count(), PublishedTotal.objects.count()) == (1, 1)
    assert client.post("/targets/import/", {}).status_code == 409
