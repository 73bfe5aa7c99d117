"""The leader's brief: lights, order, what changed in a week, whom to call, the one ask, and the page of it."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone
from python_calamine import CalamineWorkbook

from pipeline.models import Application, Deadline, Forecast, Indicator, Snapshot
from pipeline.selectors import brief_words
from pipeline.selectors.brief_book import as_xlsx
from pipeline.selectors.briefs import BriefLine, brief_of, with_names
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.selectors.targets import QuotaRow
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world
from tests.pipeline.test_push_list import due, forecast_of

TODAY = date(timezone.localdate().year, 11, 2)
NOON = f"{TODAY}T12:00+08:00"


def quota_row(**fields):
    fields = {"done": Decimal(18), "target": Decimal(30), "pace": "on_pace"} | fields
    return QuotaRow(
        indicator="high_tech.first_time", label="高新技术企业首次认定", unit="家", decimals=0, programme="high_tech",
        region="450800", region_name="贵港市", expected=Decimal(20), document="", **fields,
    )  # fmt: skip


def forecast(probability="0.41", **fields):
    fields = {"expected": Decimal(27), "low": Decimal(24), "high": Decimal(30), "confidence": "solid"} | fields
    return Forecast(target=Decimal(30), history=60, probability=Decimal(probability) if probability else None, **fields)


NONE = {"confidence": "none", "expected": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("row", "said", "light", "missing"),
    [
        ({}, forecast("0.4999"), "danger", 12),
        ({}, forecast("0.5"), "on_way", 12),
        ({"pace": "behind"}, forecast("0.5"), "on_way", 12),  # a probability says more than the pace
        ({"pace": "behind"}, None, "danger", 12),
        ({"pace": "on_pace"}, None, "on_way", 12),
        ({"pace": "behind"}, forecast("", **NONE), "danger", 12),
        ({"pace": "missed"}, forecast("0.9"), "danger", 12),
        ({"done": Decimal(30), "pace": "met"}, None, "met", 0),
        ({"done": Decimal(31), "pace": "met"}, forecast("0.9"), "met", 0),
        ({"done": Decimal(30), "pace": "met"}, forecast("0.2"), "danger", 3),  # certificates that will have run out
    ],
)
def test_the_light_of_a_target(row, said, light, missing):
    line = BriefLine(quota_row(**row), said)

    assert (line.light, line.missing) == (light, missing)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            BriefLine(quota_row(), forecast()),
            "高新技术企业首次认定：目标 30，已认定 18，预计 27（24–30），完成概率 41 %，还差 12 家",
        ),
        (
            BriefLine(quota_row(), forecast(confidence="thin")),
            "高新技术企业首次认定：目标 30，已认定 18，预计 27（24–30），完成概率 41 %（历史样本 60 家，仅供参考），还差 12 家",
        ),
        (
            BriefLine(quota_row(), forecast("", **NONE)),
            "高新技术企业首次认定：目标 30，已认定 18，历史样本 60 家，太少，不作预测，还差 12 家",
        ),
        (BriefLine(quota_row()), "高新技术企业首次认定：目标 30，已认定 18，完成率 60%，还差 12 家"),
        (BriefLine(quota_row(done=Decimal(30))), "高新技术企业首次认定：目标 30，已认定 30，完成率 100%"),
    ],
)
def test_one_sentence_says_where_a_target_stands(line, words):
    assert brief_words.sentence(line) == words


@pytest.mark.parametrize(
    ("row", "said", "pace"),
    [
        ({}, forecast("0.41"), ""),  # in danger: that it is on pace would only puzzle
        ({"pace": "behind"}, forecast("0.41"), "落后进度"),
        ({}, None, "跟上进度"),
        ({"done": Decimal(30), "pace": "met"}, forecast("0.9"), ""),  # the light has said it
    ],
)
def test_a_line_of_the_mail_names_the_pace_where_it_adds_something(row, said, pace):
    words = brief_words.numbers(BriefLine(quota_row(**row), said))

    assert [label for label in ("跟上进度", "落后进度", "已完成") if label in words] == ([pace] if pace else [])


@pytest.fixture
def told(city, county, other_county, lead):
    """Targets of the city and a county, two open firms to call, and a forecast that says 25 %."""
    with time_machine.travel(NOON, tick=False):
        first_time = Indicator.objects.get(code="high_tech.first_time")
        platforms = Indicator.objects.get(code="manual.national_platforms")
        set_quota(first_time, city, TODAY.year, target=Decimal(2), document="贵科7号", actor=lead)
        set_quota(first_time, county, TODAY.year, target=Decimal(1), actor=lead)
        set_quota(platforms, city, TODAY.year, target=Decimal(1), actor=lead)
        formal = world.at(make.firm("=在审企业", county), "formal")
        prep = world.at(make.firm("在备企业", other_county), "prep")
        compile_metrics(as_of=TODAY)
    Deadline.objects.all().delete()
    Forecast.objects.all().delete()
    due(formal, TODAY + timedelta(days=3))
    forecast_of(city, [(formal, 0.3), (prep, 0.05)])
    return formal, prep


def briefed(region, user, **fields):
    with time_machine.travel(NOON, tick=False):
        return with_names(brief_of(region, user, latest_snapshot(region)), user, today=TODAY, **fields)


def called(calls):
    return [call.application.firm.name for call in calls]


def test_the_worst_target_comes_first_with_its_names_and_one_ask(told, lead, city):
    brief = briefed(city, lead)

    assert [(line.row.indicator, line.light) for line in brief.lines] == [
        ("manual.national_platforms", "danger"),
        ("high_tech.first_time", "danger"),
    ]
    assert [called(line.names) for line in brief.lines] == [[], ["=在审企业", "在备企业"]]
    assert called(brief.names) == ["=在审企业", "在备企业"]
    assert brief_words.elsewhere(brief) == "这项目标没有可催的在办申报；对其他目标作用最大的是："
    with time_machine.travel(NOON, tick=False):
        day = brief_words.due_day(TODAY + timedelta(days=3))
        assert brief_words.ask(brief) == f"请本周过问这 2 家，最早一家须在 {day} 前办理。"
    assert brief_words.ask_for(brief.lines[0]) == "请过问“新增国家级创新平台”的进展，并核实已录入的数据。"


def test_a_last_day_that_has_passed_is_said(told, lead, city):
    Deadline.objects.update(due_on=TODAY - timedelta(days=3))

    assert brief_words.ask(briefed(city, lead)) == "请本周过问这 2 家，其中 1 家已过最晚应办日。"


def test_an_officer_is_told_of_the_own_firms(told, lead, city, city_officer):
    Application.objects.filter(pk=told[1].pk).update(officer=city_officer)

    brief = briefed(city, city_officer, officer=city_officer)

    assert called(brief.pushes) == called(brief.names) == ["在备企业"]


@pytest.mark.parametrize(("share", "ask"), [(0.049, "今年再启动也来不及计入"), (0.05, "请决定是否再启动新的申报")])
def test_new_starts_are_asked_for_only_while_they_would_still_count(told, lead, city, share, ask):
    Application.objects.all().delete()
    row = Forecast.objects.get(region=city)
    row.data |= {"starts": [[1, share], [30, 0.0]], "applications": []}
    row.save()

    line = briefed(city, lead).lines[1]

    assert (line.names, line.too_late) == ((), share < 0.05)
    assert ask in brief_words.ask_for(line)


def test_without_history_those_nearest_to_counting_stand_for_the_push_list(told, lead, city):
    Forecast.objects.update(probability=None, expected=None, low=None, high=None, confidence="none", data={})

    line = briefed(city, lead).worst

    assert (line.too_little, called(line.names)) == (True, ["=在审企业", "在备企业"])


def test_a_line_that_reads_as_a_week_before_has_not_changed(told, lead, city):
    now = Snapshot.objects.get(region=city, as_of=TODAY)
    week = TODAY - timedelta(days=7)
    Snapshot.objects.create(region=city, region_path=city.path, as_of=week, taken_at=timezone.now(), data=now.data)
    Forecast.objects.create(
        region=city, region_path=city.path, indicator=Forecast.objects.get().indicator, year=TODAY.year, week="x",
        as_of=week, made_at=timezone.now(), done=0, target=2, expected=Decimal("1.2"), low=0, high=2,
        probability=Decimal("0.2512"), history=60, confidence="solid",
    )  # fmt: skip

    def changed():
        return {line.row.indicator: line.changed for line in briefed(city, lead).lines}

    assert changed() == {"manual.national_platforms": False, "high_tech.first_time": False}
    Forecast.objects.filter(as_of=week).update(probability=Decimal("0.2562"))
    assert changed() == {"manual.national_platforms": False, "high_tech.first_time": True}
    Snapshot.objects.filter(as_of=week).delete()  # nothing is known of the week before
    assert changed() == {"manual.national_platforms": True, "high_tech.first_time": True}


def test_the_workbook_holds_text_as_text_and_the_same_twice(told, lead, city):
    brief = briefed(city, lead)

    book = as_xlsx([brief])

    assert as_xlsx([brief]) == book
    sheets = CalamineWorkbook.from_filelike(BytesIO(book))
    targets, pushes, notes = (sheets.get_sheet_by_name(name).to_python() for name in ("目标", "催办名单", "说明"))
    assert [row[:7] for row in targets[1:]] == [
        ["新增国家级创新平台", "450800", "贵港市", "有风险", 1, 0, 1],
        ["高新技术企业首次认定", "450800", "贵港市", "有风险", 2, 0, 2],
        ["高新技术企业首次认定", "450821", "平南县", "有风险", 1, 0, 1],
    ]
    assert targets[2][7:11] == [1, 0, 2, "25 %"]
    assert pushes[1][:2] == ["=在审企业", told[0].firm.credit_code]
    assert pushes[1][7:] == ["办结“形式审查”", (TODAY + timedelta(days=3)).isoformat(), 3, "30 %", "60 %"]
    assert notes[1] == ["区划", "贵港市"]
    assert all(said for _what, said in notes)


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client


@time_machine.travel(NOON, tick=False)
def test_the_page_says_it_for_today_and_for_the_day_of_an_earlier_snapshot(told, as_lead, city):
    today, earlier, before_all = (
        text(as_lead.get(f"/targets/brief/{query}")) for query in ("", f"?as_of={TODAY}", "?as_of=2001-01-01")
    )

    assert "缺口 2 家 0/2 预计 1（0–2） 完成概率 25 %" in today
    assert "在审企业" in today
    assert "请过问“新增国家级创新平台”的进展" in today
    assert "完成概率 25 %" in earlier
    assert "在审企业" not in earlier
    assert "过去某日的一页纸只列数字" in earlier
    assert "还没有目标的快照" in before_all


@time_machine.travel(NOON, tick=False)
def test_the_page_follows_the_year_of_the_switch(told, as_lead, lead):
    this, next_year = (text(as_lead.get(f"/targets/brief/?year={TODAY.year + more}")) for more in (0, 1))
    with time_machine.travel(f"{TODAY.year + 1}-01-05T12:00+08:00", tick=False):
        as_lead.force_login(lead)
        over = text(as_lead.get(f"/targets/brief/?year={TODAY.year}"))

    assert "在审企业" in this
    assert "还没有目标的快照" in next_year
    assert "完成概率 25 %" in over and "在审企业" not in over


@time_machine.travel(NOON, tick=False)
def test_a_county_officer_reads_of_the_county_alone(told, client, officer, county, city):
    client.force_login(officer)

    page = text(client.get("/targets/brief/"))

    assert "平南县：目标一页纸" in page
    assert "在备企业" not in page
    assert client.get(f"/targets/brief/?region={city.code}").status_code == 404


@time_machine.travel(NOON, tick=False)
def test_the_page_costs_the_same_for_one_firm_and_for_three(told, as_lead, county, django_assert_num_queries):
    as_lead.get("/targets/brief/")
    for number in range(3):
        with django_assert_num_queries(15):
            as_lead.get("/targets/brief/")
        row = Forecast.objects.get()
        more = world.at(make.firm(f"又一家{number}", county), "formal")
        row.data["applications"].append([more.pk, 0.3, 0.1, None])
        row.save()
