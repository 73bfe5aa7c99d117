"""The forecast of real rows: history, ledger, replays, judgement, pages and API."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from crm.errors import NotAllowed
from crm.models import ChangeRecord
from pipeline.errors import OverrideRefused
from pipeline.forecast_charts import fans, reliability
from pipeline.models import Application, Forecast, Indicator, Override, Quota, Recognition, StageEvent
from pipeline.selectors.calibration import calibration
from pipeline.selectors.courses import stage_numbers
from pipeline.selectors.forecasts import forecasts, open_rows, sentence
from pipeline.selectors.histories import outcome_of, shelf
from pipeline.services import forecasts as writing
from pipeline.services.applications import move_application
from pipeline.services.courses import keep_courses
from pipeline.services.forecasts import back_test, compile_forecasts, settle
from pipeline.services.metrics import compile_metrics
from pipeline.services.overrides import set_override
from pipeline.services.undoing import undo_last
from pipeline.workflows import PROGRAMMES
from tests import make
from tests.pipeline import world

TODAY = date(2026, 9, 30)
CERTIFIED, FIRST_TIME = "high_tech.certified_in_year", "high_tech.first_time"


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def run(firm, year: int, *, certified: bool | None):
    """A usual year as rows: filed in summer, decided in November; None is still with the experts."""
    table = PROGRAMMES["high_tech"]
    moves = [("open", (3, 10)), ("diagnose", (4, 1)), ("prepare", (5, 6)), ("submit", (7, 1)), ("start_formal", (7, 8))]
    moves += [("recommend", (7, 20)), ("send_to_experts", (8, 10))]
    ends = {True: [("approve", (10, 20)), ("file", (11, 2)), ("certify", (11, 25))], False: [("reject", (10, 20))]}
    moves += ends.get(certified, [])
    application = Application.objects.create(
        reference=f"HT{year}-{firm.pk}",
        firm=firm,
        programme="high_tech",
        workflow_code=table.code,
        year=year,
        region=firm.region,
        region_path=firm.region_path,
        stage="library",
        phase="pool",
        stage_since=noon(date(year, 3, 10)),
        opened_at=noon(date(year, 3, 10)),
    )
    for version, (code, day) in enumerate(moves):
        move_row(application, version, code, noon(date(year, *day)))
    application.save()
    if certified:
        granted(application, date(year, 11, 25))
    return application


def move_row(application, version: int, code: str, at: datetime) -> None:
    """One event, and the application where it then stands; the caller saves it."""
    source = application.stage if version else ""
    target = application.workflow.transition(code, source).target if version else "library"
    StageEvent.objects.create(
        application=application,
        version=version,
        transition=code,
        from_stage=source,
        to_stage=target,
        acted_as="officer",
        at=at,
    )
    application.stage, application.phase = target, application.workflow.stage(target).phase
    application.version, application.stage_since = version, at


def granted(application, on: date) -> None:
    Recognition.objects.create(
        firm=application.firm,
        application=application,
        programme="high_tech",
        title="certificate",
        granted_on=on,
        document="公告",
        valid_until=date(on.year + 3, on.month, on.day - 1),
        region=application.region,
        region_path=application.region_path,
    )


def quota(region, code=CERTIFIED, year=2026, target=8):
    indicator = Indicator.objects.get(code=code)
    return Quota.objects.create(
        indicator=indicator,
        region=region,
        region_path=region.path,
        year=year,
        target=target,
        set_at=timezone.now(),
    )


@pytest.fixture
def history(county, city):
    """Two earlier years with 12 applications each, 9 of them certified; this year 10 are with the experts."""
    for year in (2024, 2025):
        for number in range(12):
            run(make.firm(f"{year}年企业{number}", county), year, certified=number < 9)
    now = [run(make.firm(f"今年企业{number}", county), 2026, certified=None) for number in range(10)]
    quota(county)
    quota(city, target=20)
    return now


@pytest.fixture
def compiled(history):
    with time_machine.travel(noon(TODAY), tick=False):
        compile_forecasts(as_of=TODAY)
    return history


def test_history_is_read_with_stages_outcomes_and_without_moves_taken_back(county, city_officer):
    with time_machine.travel(noon(date(2025, 7, 7)), tick=False):
        application = world.at(make.firm("退改企业", county), "submitted", officer=None)
        move_application(application, "start_formal", actor=city_officer)
        undo_last(application, actor=city_officer)
    known = shelf("high_tech", TODAY)
    stages = stage_numbers("high_tech")

    assert known.courses.stages.tolist() == [stages[code] for code in ("library", "diagnose", "prep", "submitted")]
    assert known.courses.filed.tolist() == [date(2025, 7, 7).toordinal()]
    filed = counted_by(known, "high_tech.filed")
    assert filed.counted.tolist() == [known.days.of(date(2025, 7, 7))]


def counted_by(known, code):
    indicator = Indicator.objects.get(code=code)
    return known.history(indicator, known.rows(indicator, 2026, known.inside("")))


def test_history_costs_the_same_number_of_statements_for_one_and_three(county, django_assert_num_queries):
    run(make.firm("甲", county), 2025, certified=True)
    with django_assert_num_queries(8):
        assert len(shelf("high_tech", TODAY).courses) == 1
    for name in ("乙", "丙"):
        run(make.firm(name, county), 2025, certified=False)
    with django_assert_num_queries(8):
        assert len(shelf("high_tech", TODAY).courses) == 3
    keep_courses()
    with django_assert_num_queries(6):
        assert len(shelf("high_tech", TODAY).courses) == 3


def test_first_time_leaves_out_who_held_the_title_and_stock_who_keeps_it(county):
    firm = make.firm("老高企", county)
    run(firm, 2022, certified=True)
    run(firm, 2025, certified=True)
    known = shelf("high_tech", TODAY)
    kept = {code: counted_by(known, code).keys.tolist() for code in (CERTIFIED, FIRST_TIME, "high_tech.stock")}
    first, second = Application.objects.order_by("pk").values_list("pk", flat=True)

    assert kept == {CERTIFIED: [first, second], FIRST_TIME: [first], "high_tech.stock": [first, second]}


def test_what_an_indicator_counts_by(db):
    wanted = {"high_tech.filed": "submit", CERTIFIED: "certificate", "tech_sme.registered": "registration"}
    wanted |= {"gazelle.in_library": "library", "gazelle.first_time": "certificate"}

    assert {code: outcome_of(Indicator.objects.get(code=code)) for code in wanted} == wanted


def test_a_target_is_forecast_from_the_years_before(compiled, county, officer):
    [row] = forecasts(county, officer, year=2026)

    assert (row.done, row.target, row.history, row.confidence, row.open_count) == (0, 8, 24, "thin", 10)
    assert 6.5 <= row.expected <= 8.5
    assert row.low < row.expected < row.high
    assert 0.3 < row.probability < 0.8
    assert row.classes == (0, 10, 0)
    assert sentence(row) == (
        f"高新技术企业当年认定：目标 8，已认定 0，预计 {row.expected:.0f}（{row.low:.0f}–{row.high:.0f}），"
        f"完成概率 {row.probability:.0%}（历史样本 24 家，仅供参考）".replace("%", " %")
    )


def test_with_five_firms_of_history_it_says_so(county, officer):
    for number in range(5):
        run(make.firm(f"企业{number}", county), 2024 + number % 2, certified=True)
    quota(county)
    with time_machine.travel(noon(TODAY), tick=False):
        compile_forecasts(as_of=TODAY)
    [row] = forecasts(county, officer, year=2026)

    assert (row.expected, row.low, row.high, row.probability, row.history) == (None, None, None, None, 5)
    assert sentence(row) == "高新技术企业当年认定：目标 8，已认定 0；历史样本 5 家，太少，不作预测"
    assert fans([row]).finding == "历史样本太少，各地暂不作预测"


def test_the_ledger_keeps_one_row_a_week_and_leaves_the_past_alone(history, county):
    own = Forecast.objects.filter(region=county, replayed=False).order_by("as_of")
    for day in (date(2026, 9, 28), date(2026, 9, 30), date(2026, 10, 5)):
        with time_machine.travel(noon(day), tick=False):
            compile_forecasts(as_of=day)
            compile_forecasts(as_of=day)
    with time_machine.travel(noon(date(2026, 10, 6)), tick=False):
        compile_forecasts(as_of=date(2026, 9, 29))

    assert list(own.values_list("week", "as_of")) == [("2026-W40", TODAY), ("2026-W41", date(2026, 10, 5))]


def test_earlier_years_are_replayed_once_from_what_was_known_then(compiled, county):
    rows = Forecast.objects.filter(region=county, replayed=True, year=2025).order_by("as_of")

    assert [row.as_of for row in rows] == [date(2025, 12, 31) - timedelta(weeks=lead) for lead in (12, 8, 4)]
    assert [(row.history, row.confidence, row.outcome) for row in rows] == [(12, "none", 9)] * 3
    assert back_test(TODAY) == 0


def test_forecasts_of_a_year_that_is_over_are_settled(compiled, county):
    for application in compiled[:7]:
        granted(application, date(2026, 11, 25))
    assert Forecast.objects.get(region=county, replayed=False).outcome is None

    settle(date(2027, 1, 2))

    assert Forecast.objects.get(region=county, replayed=False).outcome == 7


def test_calibration_puts_what_was_said_beside_what_came(compiled, county, city, leader):
    ledger = Forecast.objects.filter(replayed=False)
    ledger.update(as_of=date(2026, 11, 5), outcome=7)
    found = calibration(city, leader)

    assert [(row.lead, row.number, row.replayed) for row in found.leads] == [(8, 2, 0)]
    assert found.unsaid == 18
    assert [one.row.region for one in found.own] == [city]
    assert len(reliability(found).dots) == len(found.classes)


def test_judgement_stands_beside_the_forecast(compiled, county, officer):
    for application in compiled[:5]:
        set_override(application, "certificate", probability=Decimal(1), reason="专家已通过", actor=officer)
    before = forecasts(county, officer, year=2026)[0]
    with time_machine.travel(noon(TODAY), tick=False):
        compile_forecasts(as_of=TODAY)
    [row] = forecasts(county, officer, year=2026)

    assert (row.expected, row.probability) == (before.expected, before.probability)
    assert row.judged["expected"] > float(row.expected) + 0.8
    shown = {one.application.pk: one for one in open_rows(row, officer)}
    assert shown[compiled[0].pk].override.reason == "专家已通过"
    assert shown[compiled[9].pk].override is None


def test_a_new_judgement_supersedes_and_can_be_withdrawn(history, officer):
    application = history[0]
    first = set_override(application, "certificate", probability=Decimal("0.6"), reason="甲", actor=officer)
    second = set_override(application, "certificate", probability=Decimal("0.2"), reason="乙", actor=officer)
    set_override(application, "certificate", probability=None, reason="丙", actor=officer)
    first.refresh_from_db()

    assert first.superseded_at is not None
    assert [row.probability for row in Override.objects.all()] == [None, Decimal("0.200"), Decimal("0.600")]
    assert Override.objects.current().get().pk != second.pk
    changes = ChangeRecord.objects.filter(field="override").order_by("pk").values_list("old", "new", "reason")
    assert list(changes) == [("", "0.6", "甲"), ("0.600", "0.2", "乙"), ("0.200", "", "丙")]


def test_a_judgement_is_refused_with_every_reason(history, officer, viewer, other_officer):
    with pytest.raises(OverrideRefused) as refused:
        set_override(history[0], "library", probability=Decimal(2), reason=" ", actor=officer)
    assert refused.value.reasons == [
        "该计划没有“library”这一结果",
        "判断概率须在 0% 至 100% 之间",
        "请写明理由，如“审计报告已出，只差盖章”",
    ]
    with pytest.raises(OverrideRefused, match="没有可以撤回的判断"):
        set_override(history[0], "certificate", probability=None, reason="x", actor=officer)
    closed = Application.objects.filter(phase="closed").first()
    with pytest.raises(OverrideRefused, match="已有结果"):
        set_override(closed, "certificate", probability=Decimal(1), reason="x", actor=officer)
    for stranger in (viewer, other_officer):
        with pytest.raises(NotAllowed):
            set_override(history[0], "certificate", probability=Decimal(1), reason="x", actor=stranger)

    assert not Override.objects.exists()


@time_machine.travel("2026-09-30 10:00+08:00", tick=False)
def test_the_page_says_the_sentence_and_takes_a_judgement(compiled, county, officer, django_assert_num_queries):
    client = make.logged_in(officer)
    application = compiled[0]
    address = f"/targets/forecast/{application.pk}/{CERTIFIED}/"

    page = client.get("/targets/forecast/").content.decode()
    assert "预计" in page
    assert "仅供参考" in page
    assert application.firm.name in page
    wrong = client.post(address, {"percent": "130", "reason": ""})
    right = client.post(address, {"percent": "70", "reason": "审计报告已出"})

    assert (wrong.status_code, right.status_code) == (409, 302)
    assert Override.objects.get().probability == Decimal("0.700")
    assert "审计报告已出" in client.get(address).content.decode()
    withdrawn = client.post(address, {"withdraw": "1", "reason": "已退回"})
    assert withdrawn.status_code == 302
    assert Override.objects.current().get().probability is None
    with django_assert_num_queries(9):
        client.get("/targets/forecast/")


@time_machine.travel("2026-09-30 10:00+08:00", tick=False)
def test_the_city_sees_its_counties_and_a_county_only_itself(compiled, county, city, leader, other_officer):
    page = make.logged_in(leader).get(f"/targets/forecast/?indicator={CERTIFIED}").content.decode()
    stranger = make.logged_in(other_officer)

    assert "平南" in page
    assert "争取" in page
    assert compiled[0].firm.name not in stranger.get("/targets/forecast/").content.decode()
    assert stranger.get(f"/targets/forecast/{compiled[0].pk}/{CERTIFIED}/").status_code == 404
    assert stranger.get(f"/targets/forecast/?region={county.code}").status_code == 404


@time_machine.travel("2026-09-30 10:00+08:00", tick=False)
def test_programs_read_the_same(compiled, county, city, leader, firm_user):
    answer = make.logged_in(leader).get("/api/v1/forecast/").json()
    [row], [child] = answer["rows"], answer["children"]

    assert (answer["region"], answer["year"]) == ("450800", 2026)
    assert (row["indicator"], row["region"], child["region"]) == (CERTIFIED, "450800", "450821")
    assert float(row["low"]) <= float(row["expected"]) <= float(row["high"])
    assert sum(row["masses"]["of"]) == pytest.approx(1, abs=1e-3)
    assert row["sentence"].startswith("高新技术企业当年认定：目标 20，已认定 0，预计 ")
    assert make.logged_in(firm_user).get("/api/v1/forecast/").status_code == 404


def test_the_calibration_page_without_and_with_forecasts(county, city, leader):
    client = make.logged_in(leader)
    assert "还没有可以对照的预测" in client.get("/targets/calibration/").content.decode()
    with time_machine.travel(noon(TODAY), tick=False):
        for year in (2022, 2023, 2024, 2025):
            for number in range(9):
                run(make.firm(f"{year}-{number}", county), year, certified=number < 6)
        quota(city)
        quota(city, year=2025, target=6)
        compile_metrics(as_of=TODAY)
    page = client.get("/targets/calibration/").content.decode()

    assert "截止前 8 周的 2 次预测平均相差" in page
    assert "本级逐次对照" in page


def test_stock_begins_from_the_titles_that_last(compiled, city, county, leader):
    run(make.firm("早年高企", county), 2023, certified=True)
    quota(city, "high_tech.stock", target=25)
    quota(city, "high_tech.net_growth", target=5)
    with time_machine.travel(noon(TODAY), tick=False):
        compile_forecasts(as_of=TODAY)
    found = {row.indicator.code: row.done for row in forecasts(city, leader, year=2026)}

    assert found == {CERTIFIED: 0, "high_tech.stock": 18, "high_tech.net_growth": -1}


def test_of_very_many_open_those_most_in_doubt_are_named(history, county, officer, monkeypatch):
    monkeypatch.setattr(writing, "LISTED", 9)
    monkeypatch.setattr(writing, "MOST_IN_DOUBT", 3)
    with time_machine.travel(noon(TODAY), tick=False):
        for application in history[:5]:
            move_application(application, "approve", actor=None, note="专家已通过")
        compile_forecasts(as_of=TODAY)
    [row] = forecasts(county, officer, year=2026)
    doubts = {pk: abs(counts - 0.5) for pk, counts, _lost, _judged in row.data["applications"]}
    with time_machine.travel(noon(TODAY), tick=False):
        monkeypatch.setattr(writing, "LISTED", 10)
        compile_forecasts(as_of=TODAY)
    [whole] = forecasts(county, officer, year=2026)
    every = {pk: abs(counts - 0.5) for pk, counts, _lost, _judged in whole.data["applications"]}

    assert (row.open_count, len(doubts), row.names_all) == (10, 3, False)
    assert (whole.open_count, len(every), whole.names_all) == (10, 10, True)
    assert sorted(doubts.values()) == sorted(every.values())[:3]
    assert [len(chances) for chances in row.data["moved"].values()] == [3] * 4
    assert (row.expected, row.classes) == (whole.expected, whole.classes)
