"""What is lacking in the care of firms: found in the night, gone when it is mended, counted for officer and county."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Fact, Firm, Task
from crm.services.chunks import work_on
from crm.services.firms import add_touch, assign_firm
from crm.services.tasks import finish_task, plan_task
from pipeline.hygiene import figure_year, limit_of, rests_too_long
from pipeline.models import ContactRule, HygieneScore, Lapse
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.hygiene import contact_limits, lapse_counts, scores
from pipeline.selectors.stays import Usual
from pipeline.services.applications import open_application, plan_next
from pipeline.services.hygiene import in_care, look_at_all, plan_against, set_limit
from tests import make

TODAY = date(2026, 11, 25)
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def cared(county, officer) -> Firm:
    """A firm in the officer's care, added at the beginning of the year, of which nothing is known."""
    firm = make.firm("甲科技有限公司", county)
    assign_firm(firm, officer=officer, actor=officer)
    Firm.objects.filter(pk=firm.pk).update(created_at=LONG_AGO)
    return Firm.objects.get(pk=firm.pk)


def look(today=TODAY):
    work_on(look_at_all(today=today, here=True).pk)


def found(today=TODAY):
    return list(Lapse.objects.live(today).order_by("kind").values_list("kind", "since_on", "seen"))


ALL_OF_IT = [("no_contact", date(2026, 1, 5), 0), ("no_next", date(2026, 1, 5), 0), ("stale_year", date(2026, 1, 1), 0)]


def test_the_night_finds_what_is_lacking_and_finds_it_once(cared):
    make.firm("无人负责有限公司", cared.region)

    look()
    first = found()
    look()

    assert first == found() == ALL_OF_IT
    assert Lapse.objects.count() == 3


@pytest.mark.parametrize(
    ("standing", "workdays"), [((), 60), (("high_tech.held",), 90), (("high_tech.held", "tech_sme.running"), 20)]
)
def test_the_tightest_position_decides(db, standing, workdays):
    assert limit_of(standing, contact_limits()) == workdays


@pytest.mark.parametrize(("days", "lacks"), [(59, False), (60, False), (61, True)])
def test_silence_is_counted_in_working_days(cared, officer, days, lacks):
    spoken = work_calendar().back(TODAY, days)
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        add_touch(cared, kind="call", text="电话", actor=officer, on=spoken)

    look()

    assert (
        ("no_contact", spoken, 0) in found() if lacks else "no_contact" not in dict.fromkeys(row[0] for row in found())
    )


@pytest.mark.parametrize(
    ("today", "year"), [(date(2026, 3, 31), 2024), (date(2026, 4, 1), 2025), (date(2026, 12, 31), 2025)]
)
def test_figures_are_due_from_april(today, year):
    assert figure_year(today) == year


@pytest.mark.parametrize(("days", "most", "late"), [(10, 10, False), (11, 10, True), (999, None, False)])
def test_a_stage_is_old_beyond_the_ninetieth_percentile(days, most, late):
    assert rests_too_long(TODAY - timedelta(days=days), most, TODAY) is late


def test_an_application_that_rests_too_long_is_found_until_it_moves(cared, officer, monkeypatch):
    stays = {"high_tech": {"library": Usual(5, 20, 50)}}
    monkeypatch.setattr("pipeline.services.hygiene.every_compiled_stay", lambda: stays)
    application = open_application(cared, "high_tech", actor=officer, at=datetime(2026, 10, 1, tzinfo=UTC))
    look()
    before = [row for row in found() if row[0] == "stale_stage"]

    type(application).objects.filter(pk=application.pk).update(version=application.version + 1)

    assert before == [("stale_stage", date(2026, 10, 1), application.version)]
    assert [row for row in found() if row[0] == "stale_stage"] == []


def test_what_is_mended_is_gone_at_once_not_next_night(cared, officer):
    look()
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        add_touch(cared, kind="visit", text="走访", actor=officer)
    after_visit = [row[0] for row in found()]
    task = plan_task(cared, title="补数据", due_on=date(2099, 1, 1), actor=officer)
    after_task = [row[0] for row in found()]
    Fact.objects.create(firm=cared, year=2025, code="employees", source="declared", value=1)

    assert (after_visit, after_task, found()) == (["no_next", "stale_year"], ["stale_year"], [])
    finish_task(task, actor=officer)
    assert [row[0] for row in found()] == ["no_next"]
    look()
    assert Lapse.objects.count() == 1


def test_a_planned_action_of_an_application_is_a_next_action(cared, officer):
    application = open_application(cared, "high_tech", actor=officer)
    look()

    plan_next(application, action="催材料", on=date(2026, 12, 1), actor=officer)

    assert "no_next" not in [row[0] for row in found()]


def test_what_is_planned_against_it_hides_it_until_its_day(cared, officer):
    look()
    lapse = Lapse.objects.select_related("firm__officer").get(kind="stale_year")

    task = plan_against(lapse, title="请企业报送 2025 年数据", due_on=date(2026, 11, 30), actor=officer, today=TODAY)
    look()

    assert (task.owner, task.due_on) == (officer, date(2026, 11, 30))
    assert [row[0] for row in found()] == ["no_contact"]
    assert [row[0] for row in found(date(2026, 12, 1))] == ["no_contact", "stale_year"]


def test_a_firm_that_leaves_somebodys_care_is_forgotten(cared, officer):
    look()
    assign_firm(cared, officer=None, actor=officer)

    look()

    assert Lapse.objects.count() == HygieneScore.objects.count() == 0


def test_scores_by_county_and_officer_the_worst_first(cared, county, city, officer, other_officer, other_county, lead):
    clean = make.firm("好企业有限公司", county)
    assign_firm(clean, officer=officer, actor=officer)
    plan_task(clean, title="走访", due_on=date(2099, 1, 1), actor=officer)
    Fact.objects.create(firm=clean, year=2099, code="employees", source="declared", value=1)
    far = make.firm("桂平企业有限公司", other_county)
    assign_firm(far, officer=other_officer, actor=other_officer)

    look(timezone.localdate())

    counties, officers, on = scores(lead, city)
    assert [(row.name, row.firms, row.clean) for row in counties] == [("桂平市", 1, 0), ("平南县", 2, 1)]
    assert [(row.name, row.firms, row.clean) for row in officers] == [
        ("姓名other_officer", 1, 0),
        ("姓名officer", 2, 1),
    ]
    assert on == timezone.localdate()
    assert scores(other_officer, county) == ([], [], None)


@pytest.mark.parametrize("number", [1, 3])
def test_a_part_costs_the_same_however_many_firms(county, officer, number, django_assert_num_queries):
    for n in range(number):
        assign_firm(make.firm(f"{n}号企业", county), officer=officer, actor=officer)
    job = look_at_all(today=TODAY, here=True)

    with django_assert_num_queries(31):
        work_on(job.pk)


def test_the_list_and_its_counts_walk_an_index(cared, officer):
    if connection.vendor != "sqlite":
        pytest.skip("a table of three rows is read whole elsewhere")
    look()
    mine = Lapse.objects.live(TODAY).filter(officer=officer)
    region = Lapse.objects.live(TODAY).filter(region_path__under=cared.region_path)

    plans = [rows.order_by("since_on", "pk").explain() for rows in (mine, mine.filter(kind="no_next"))]
    plans += [rows.filter(kind="no_next").order_by("since_on", "pk").explain() for rows in (region,)]
    plans.append(in_care().filter(pk__range=(1, 500)).explain())

    assert [plan for plan in plans if "SCAN" in plan and "INDEX" not in plan] == []


# Limits --------------------------------------------------------------------------------------------------------------


def test_the_bureau_sets_its_own_limit_with_its_source(city, lead):
    row = set_limit("default", workdays=45, source="市局通知", verified=True, actor=lead, region=city, version=0)
    set_limit("default", workdays=40, source="市局通知", verified=True, actor=lead, region=city, version=1)
    with pytest.raises(RowChanged):
        set_limit("default", workdays=30, source="市局通知", verified=True, actor=lead, region=city, version=1)

    assert contact_limits()["default"] == 40
    assert list(ContactRule.objects.values_list("workdays", "verified", "version")) == [(40, True, 2)]
    records = ChangeRecord.objects.filter(object_id=str(row.pk), field="workdays").order_by("pk")
    assert list(records.values_list("old", "new")) == [("60", "45"), ("45", "40")]


def test_every_reason_against_a_limit_is_said_at_once(city, county, lead, officer):
    with pytest.raises(InvalidInput) as refused:
        set_limit("gone", workdays=0, source="", verified=True, actor=lead, region=city, version=0)
    with pytest.raises(NotAllowed):
        set_limit("default", workdays=5, source="", verified=False, actor=officer, region=county, version=0)

    assert refused.value.reasons == [
        "没有代码为“gone”的类别",
        "应为 1 至 500 个工作日，现为 0",
        "标为已核实时请写明依据",
    ]
    assert ContactRule.objects.count() == 0


# Pages ---------------------------------------------------------------------------------------------------------------


def test_one_pass_mends_a_line_with_htmx_and_without(cared, officer, other_officer):
    look(timezone.localdate())
    client = make.logged_in(officer)
    page = client.get("/hygiene/").content.decode()
    lines = dict(Lapse.objects.values_list("kind", "pk"))
    given = {"title": "电话联系", "due_on": "2099-01-04"}

    fragment = client.post(f"/hygiene/{lines['no_contact']}/", given, headers={"HX-Request": "true"})
    refused = client.post(f"/hygiene/{lines['stale_year']}/", {"title": "x", "due_on": "2020-01-01"})
    plain = client.post(f"/hygiene/{lines['stale_year']}/", given | {"title": "请企业报数据"})

    assert "甲科技有限公司" in page and "没有任何年度的数据" in page
    assert "已安排" in fragment.content.decode() and "<html" not in fragment.content.decode()
    assert (refused.status_code, "到期日不能早于今天" in refused.content.decode()) == (409, True)
    assert plain.status_code == 302
    assert list(Task.objects.order_by("pk").values_list("title", "owner")) == [
        ("电话联系", officer.pk),
        ("请企业报数据", officer.pk),
    ]
    assert found(timezone.localdate()) == []
    assert make.logged_in(other_officer).post(f"/hygiene/{lines['no_next']}/", given).status_code == 404


def test_the_first_page_shows_counts_and_the_lead_scores(cared, officer, lead):
    look(timezone.localdate())
    htmx = {"HX-Request": "true"}

    own = make.logged_in(officer).get("/hygiene/mine/", headers=htmx).content.decode()
    boss = make.logged_in(lead).get("/hygiene/mine/", headers=htmx).content.decode()

    assert "长期未联系" in own and "台账完好率" not in own
    assert "台账完好率" in boss and "平南县" in boss
    assert 'hx-get="/hygiene/mine/"' in make.logged_in(officer).get("/").content.decode()


def test_the_limits_have_a_page(lead, officer):
    given = {"position": "default", "workdays": "45", "source": "市局通知", "verified": "on", "version": "0"}

    assert make.logged_in(lead).post("/hygiene/limits/", given).status_code == 302
    assert make.logged_in(officer).post("/hygiene/limits/", given | {"version": "1"}).status_code == 409
    page = make.logged_in(officer).get("/hygiene/limits/").content.decode()
    assert "待核实" in page and "市局通知" in page
    assert contact_limits()["default"] == 45


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_however_many_lines(county, officer, number, django_assert_num_queries):
    for n in range(number):
        assign_firm(make.firm(f"{n}号企业", county), officer=officer, actor=officer)
    look(timezone.localdate())
    client = make.logged_in(officer)
    client.get("/hygiene/")

    with django_assert_num_queries(8):
        client.get("/hygiene/")
    assert lapse_counts(Lapse.objects.all())["no_next"] == number
