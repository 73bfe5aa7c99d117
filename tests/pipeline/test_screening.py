"""Screening a region: what is judged, what is kept, who may, and what the page says of it."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.choices import Role
from crm.errors import NotAllowed
from crm.models import Fact, Firm, Job, JobChunk
from crm.services import chunks, jobs
from crm.services.firm_events import deregister
from crm.services.firms import move_firm
from crm.services.jobs import cancel_job
from pipeline.charts import fitted, lack_bars
from pipeline.choices import Bucket
from pipeline.errors import ScreeningRefused
from pipeline.models import Assessment, PolicyEdition
from pipeline.policy import policy_of
from pipeline.selectors.chips import foremost, gap_chips
from pipeline.selectors.firms import ladders
from pipeline.selectors.screening import Lack, lacks, questions, tally
from pipeline.services import screening
from pipeline.services.screening import parts_of, screen_cities, start_screening
from tests import make
from tests.make import logged_in
from tests.pipeline import world

ON = date(2026, 7, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_july():
    with time_machine.travel(f"{ON} 10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def edition(db):
    return world.published()


@pytest.fixture
def firms(edition, county):
    return world.city_of_firms(county)


def screened(region, programme="tech_sme", **given):
    job = start_screening(region, programme, actor=None, here=True, **given)
    chunks.work_on(job.pk)
    job.refresh_from_db()
    return job


def stored():
    return {row.firm_id: row.bucket for row in Assessment.objects.all()}


# The job --------------------------------------------------------------------------------------------------------------


def test_every_active_firm_of_the_region_is_judged_and_counted(firms, county, other_firm):
    job = screened(county)

    assert stored() == {
        firms["met"].pk: "met",
        firms["one"].pk: "lacks_one",
        firms["two"].pk: "lacks_two",
        firms["unknown"].pk: "unknown",
    }
    assert (job.state, job.total, job.done) == ("done", 4, 4)
    counts = dict.fromkeys(Bucket.values, 0) | {"met": 1, "lacks_one": 1, "lacks_two": 1, "unknown": 1}
    assert job.result == {"judged": 4, "unchanged": 0, "seconds": 0.0, "buckets": counts}


def test_running_it_twice_changes_nothing(firms, county):
    screened(county)
    before = list(Assessment.objects.order_by("pk").values())

    again = screened(county)

    assert list(Assessment.objects.order_by("pk").values()) == before
    assert (again.result["judged"], again.result["unchanged"]) == (0, 4)


def test_only_firms_whose_facts_changed_are_judged_again(firms, county):
    screened(county)
    Fact.objects.filter(firm=firms["one"], code="rd_cny").update(value=2_000_000)

    assert screened(county).result["judged"] == 1
    assert stored()[firms["one"].pk] == "met"


def test_parts_cover_every_key_without_a_hole(firms, city, monkeypatch):
    monkeypatch.setattr(screening, "PART", 3)
    first, last = Firm.objects.order_by("pk").values_list("pk", flat=True)[2:4]

    assert parts_of(city) == [
        {"first": 0, "last": first, "firms": 3},
        {"first": first + 1, "last": last, "firms": 1},
    ]


def test_a_region_without_active_firms_forgets_what_was_known_of_them(firms, county):
    screened(county)
    Firm.objects.update(status="deregistered")

    job = screened(county)

    assert (job.state, job.done, stored()) == ("done", 0, {})


def test_a_firm_that_is_no_longer_active_loses_its_assessments_at_once(firms, county, lead):
    screened(county)

    deregister(firms["met"], on=timezone.localdate(), document="公告", actor=lead, today=timezone.localdate())

    assert firms["met"].pk not in stored()


def test_a_firm_that_moves_while_it_is_judged_is_kept_where_it_is_now(firms, city, other_county, lead):
    job = start_screening(city, "tech_sme", actor=None, here=True)
    write = screening.screen_part(job, job.chunks.get().params)

    move_firm(firms["met"], region=other_county, actor=lead)
    deregister(firms["one"], on=timezone.localdate(), document="公告", actor=lead, today=timezone.localdate())
    write()

    assert Assessment.objects.get(firm=firms["met"]).region_path == other_county.path
    assert firms["one"].pk not in stored()


def test_a_second_start_gives_back_the_running_job(firms, county, city, officer):
    first = start_screening(county, "tech_sme", actor=officer)

    assert start_screening(county, "tech_sme", actor=officer) == first
    assert start_screening(city, "tech_sme", actor=None) != first
    chunks.run(first.pk)
    assert start_screening(county, "tech_sme", actor=officer) != first


def test_of_two_starts_at_one_moment_the_database_lets_one_through(firms, county, monkeypatch):
    first = start_screening(county, "tech_sme", actor=None)
    found = iter([None, None, first])
    monkeypatch.setattr(chunks, "unfinished", lambda key: next(found))
    monkeypatch.setattr(screening, "unfinished", lambda key: next(found))

    assert start_screening(county, "tech_sme", actor=None) == first
    assert Job.objects.count() == 1
    assert JobChunk.objects.count() == 1


def test_a_cancelled_screening_keeps_what_was_done_and_frees_the_place(firms, county, monkeypatch):
    monkeypatch.setattr(screening, "PART", 2)
    monkeypatch.setattr(jobs, "hint", lambda job: None)
    job = start_screening(county, "tech_sme", actor=None, here=True)
    chunks.work_on(job.pk, seconds=-1)

    assert cancel_job(job)
    chunks.work_on(job.pk)

    assert len(stored()) == 2
    assert screened(county).result == {
        "judged": 2,
        "unchanged": 2,
        "seconds": 0.0,
        "buckets": tally(Assessment.objects.all()).buckets,
    }


def test_people_who_may_not_write_there_are_refused(firms, county, city, viewer, officer):
    for person, region in ((viewer, county), (officer, city)):
        with pytest.raises(NotAllowed):
            start_screening(region, "tech_sme", actor=person)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("programme", "given", "reason"),
    [
        ("unicorn", {}, "没有代码为“unicorn”的计划"),
        ("tech_sme", {"edition": "CN-1999"}, "科技型中小企业没有已发布的CN-1999，请先由管理员发布政策版本"),
        (
            "tech_sme",
            {"on": date(2001, 1, 1)},
            "科技型中小企业没有已发布的2001-01-01 施行的版本，请先由管理员发布政策版本",
        ),
    ],
)
def test_a_screening_without_an_edition_is_refused(edition, county, programme, given, reason):
    with pytest.raises(ScreeningRefused) as refused:
        start_screening(county, programme, actor=None, **given)

    assert refused.value.reasons == [reason]
    assert Job.objects.count() == 0


def test_a_named_edition_is_judged_by_itself(firms, county):
    screened(county)
    screened(county, edition="CN-2017")

    assert {row.edition.code for row in Assessment.objects.select_related("edition")} == {"CN-2017", "CN-2022"}


def test_the_night_screens_every_city_that_has_firms(firms):
    started = screen_cities()
    for job in started:
        chunks.run(job.pk)

    assert [job.title for job in started] == [
        "筛查 贵港市 · 科技型中小企业",
        "筛查 贵港市 · 高新技术企业",
        "筛查 贵港市 · 瞪羚企业",
    ]
    assert Assessment.objects.count() == 12


def test_the_parts_of_old_screenings_are_cleared_away(firms, county):
    old = screened(county)
    Job.objects.filter(pk=old.pk).update(finished_at=old.finished_at - timedelta(days=31))

    screen_cities()

    assert not JobChunk.objects.filter(job=old).exists()


# The command ----------------------------------------------------------------------------------------------------------


def command(**given) -> list[str]:
    out = StringIO()
    call_command("screen", programme="tech_sme", stdout=out, **given)
    return out.getvalue().splitlines()


def test_the_command_publishes_screens_and_counts(county):
    world.with_facts(make.firm("甲达标有限公司", county))
    assert PolicyEdition.objects.count() == 0

    first, second = command(region="450821"), command()

    assert first[:3] == ["met                 1", "ready               0", "lacks_one           0"]
    assert first[-1].startswith("1 firms, 1 judged, 0 unchanged, ")
    assert second[-1].startswith("1 firms, 0 judged, 1 unchanged, ")
    assert first[-1].endswith(" firms/s")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"region": "999999"}, "No region has the code 999999"),
        ({"edition": "CN-1999"}, "没有已发布的CN-1999"),
    ],
)
def test_the_command_says_what_is_wrong(county, given, said):
    with pytest.raises(CommandError, match=said):
        command(**given)


# What it found --------------------------------------------------------------------------------------------------------


def test_what_is_lacking_and_what_blocks_is_counted_in_one_statement(firms, county, edition, django_assert_num_queries):
    screened(county)

    with django_assert_num_queries(1):
        found = tally(Assessment.objects.filter(edition=edition, region_path__under=county.path))

    policy = policy_of(edition)
    assert [(row.name, row.within, row.beyond) for row in lacks(found, policy)] == [
        ("综合得分", 2, 0),
        ("“科技人员”得分", 1, 0),
    ]
    assert [(row.name, row.count) for row in questions(found, policy)] == [
        ("有严重科研失信或弄虚作假", 1),
        ("研发费用", 1),
    ]


def test_chips_name_what_is_lacking_first(firms, county, django_assert_num_queries):
    screened(county)
    ids = [firm.pk for firm in firms.values()]
    gap_chips(ids, programmes=["tech_sme"])

    with django_assert_num_queries(1):
        chips = gap_chips(ids, programmes=["tech_sme"])

    assert {firm: [chip.text for chip in mine] for firm, mine in chips.items()} == {
        firms["met"].pk: ["已达标"],
        firms["one"].pk: ["差 1 项 · 研发投入"],
        firms["two"].pk: ["差 2 项 · 科技人员"],
    }


def test_a_chip_is_shown_for_a_programme_that_is_not_held_yet(firms, county):
    screened(county)
    screened(county, "gazelle")
    firm = firms["met"]
    chips = gap_chips([firm.pk], programmes=["tech_sme", "gazelle"])
    assert foremost(chips, ladders([firm]))[firm.pk].text == "已达标"

    world.at(firm, "registered", programme="tech_sme")

    assert foremost(chips, ladders([firm]))[firm.pk].programme == "gazelle"


def test_the_library_and_the_board_show_chips(firms, county, officer):
    screened(county)
    world.opened(firms["one"], officer, "tech_sme")
    page = logged_in(officer)

    assert "差 1 项 · 研发投入" in page.get("/firms/").content.decode()
    assert "差 1 项 · 研发投入" in page.get("/board/tech_sme/").content.decode()


# The page -------------------------------------------------------------------------------------------------------------


def text_of(client, address="/screening/tech_sme/"):
    return client.get(address).content.decode()


def test_before_the_first_screening_the_page_says_what_to_do(edition, county, officer, viewer):
    assert "还没有筛查结果" in text_of(logged_in(officer))
    assert "开始筛查" in text_of(logged_in(officer))

    assert "等待今晚的自动筛查" in text_of(logged_in(viewer))
    assert "screening/tech_sme/start" not in text_of(logged_in(viewer))


def test_without_an_edition_the_page_asks_for_one(county, officer):
    assert "本区域没有已发布的政策版本" in text_of(logged_in(officer))
    assert "本区域没有已发布的政策版本" in text_of(logged_in(officer), "/screening/")


def test_the_page_opens_on_those_nearest_to_the_line(firms, county, officer):
    screened(county)

    text = text_of(logged_in(officer))

    assert "乙差一有限公司" in text
    assert "甲达标有限公司" not in text
    assert "研发费用还差 100 万元" in text
    assert "最常缺的是综合得分（2 家）" in text
    assert "最多结论在等的数据：有严重科研失信或弄虚作假（1 家）" in text
    assert "筛查完成：共 4 家，数据有变、重新评估 4 家，未变 0 家" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("bucket=met", ["甲达标有限公司"]),
        ("bucket=unknown", ["丁缺数有限公司"]),
        ("bucket=lacks_two&lacking=score", ["丙差二有限公司"]),
        ("bucket=lacks_one&lacking=employees_limit", []),
        ("bucket=unknown&asking=dishonesty", ["丁缺数有限公司"]),
        ("bucket=unknown&asking=honesty", []),
        ("bucket=met&q=达标", ["甲达标有限公司"]),
        ("bucket=met&q=差一", []),
        ("bucket=met&whose=none", ["甲达标有限公司"]),
        ("bucket=met&whose=me", []),
        ("bucket=met&officer=姓名", []),
        ("bucket=lacks_one&idle=on", []),
        ("bucket=met&idle=on", ["甲达标有限公司"]),
    ],
)
def test_filters_stand_in_the_address(firms, county, officer, query, names):
    screened(county)
    world.opened(firms["one"], None, "tech_sme")

    response = logged_in(officer).get(f"/screening/tech_sme/?{query}")

    assert [row.assessment.firm.name for row in response.context["rows"]] == names


def test_a_wrong_filter_gives_no_rows_and_no_error(firms, county, officer):
    screened(county)

    response = logged_in(officer).get("/screening/tech_sme/?lacking=nonsense&bucket=nonsense&after=x")

    assert (response.status_code, response.context["rows"]) == (200, [])


def test_missing_figures_say_whom_to_ask_and_estimates_are_marked(firms, county, officer):
    Fact.objects.filter(firm=firms["unknown"], code="employees").update(source="estimate")
    screened(county)

    text = text_of(logged_in(officer), "/screening/tech_sme/?bucket=unknown")

    assert "研发费用 2025 <span" in text
    assert "科技部门" in text
    assert "含估计数" in text


@pytest.mark.parametrize("count", [3, 60])
def test_the_page_costs_the_same_with_3_and_60_rows(count, edition, county, officer, django_assert_num_queries):
    for number in range(count):
        world.with_facts(make.firm(f"第{number}企业", county), rd_cny=1_000_000)
    screened(county)
    client = logged_in(officer)
    client.get("/screening/tech_sme/")

    with django_assert_num_queries(9):
        response = client.get("/screening/tech_sme/")

    assert len(response.context["rows"]) == min(count, 50)
    assert bool(response.context["page"].after) == (count == 60)


def test_pages_of_fifty_follow_each_other_without_a_double(edition, county, officer):
    for number in range(60):
        world.with_facts(make.firm(f"第{number}企业", county), rd_cny=1_000_000)
    screened(county)
    client = logged_in(officer)

    first = client.get("/screening/tech_sme/").context
    second = client.get("/screening/tech_sme/", {"after": first["page"].after}).context

    names = [row.assessment.firm.name for row in (*first["rows"], *second["rows"])]
    assert len(set(names)) == 60


def test_an_officer_sees_the_county_only(firms, city, county, other_firm, other_officer, officer):
    screened(city)

    assert logged_in(other_officer).get("/screening/tech_sme/").context["tally"].total == 1
    assert logged_in(officer).get("/screening/tech_sme/").context["tally"].total == 4
    assert logged_in(officer).get("/screening/tech_sme/?region=450881").status_code == 404


def test_the_button_starts_a_job_that_everybody_of_the_region_can_follow(firms, county, officer, viewer):
    client = logged_in(officer)

    response = client.post("/screening/tech_sme/start/?region=450821")

    assert response["Location"] == "/screening/tech_sme/?region=450821&edition=CN-2022"
    assert "筛查进行中" in text_of(logged_in(viewer))
    job = Job.objects.get()
    assert job.actor == officer
    chunks.run(job.pk)
    status = client.get("/screening/tech_sme/status/", headers={"hx-request": "true"})
    assert status["HX-Refresh"] == "true"
    assert "筛查完成" in text_of(client)


def test_a_viewer_starts_nothing_and_cancels_nothing(firms, county, viewer, officer):
    client = logged_in(viewer)
    client.post("/screening/tech_sme/start/")
    assert Job.objects.count() == 0

    start_screening(county, "tech_sme", actor=officer)
    response = client.post("/screening/tech_sme/cancel/", follow=True)

    assert "当前身份只能查阅" in response.content.decode()
    assert Job.objects.get().state == "queued"


def test_an_officer_of_the_region_cancels(firms, county, officer):
    job = start_screening(county, "tech_sme", actor=None)

    response = logged_in(officer).post("/screening/tech_sme/cancel/", follow=True)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "的筛查已取消：4 家中已评估 0 家" in response.content.decode()


def test_a_county_follows_the_citys_screening_but_does_not_stop_it(firms, city, county, officer):
    job = start_screening(city, "tech_sme", actor=None)
    client = logged_in(officer)
    assert "上级正在筛查" in text_of(client)

    client.post("/screening/tech_sme/cancel/")

    job.refresh_from_db()
    assert job.state == "queued"
    chunks.run(job.pk)
    assert "随上级筛查完成" in text_of(client)


def test_the_overview_counts_every_programme(firms, county, officer):
    screened(county)

    entries = logged_in(officer).get("/screening/").context["entries"]

    assert [(entry["subject"].programme, entry["tally"].total) for entry in entries] == [
        ("tech_sme", 4),
        ("high_tech", 0),
        ("gazelle", 0),
    ]


def test_a_leader_looks_but_has_no_boxes(firms, county, leader):
    make.person("boss", county, Role.LEADER)
    screened(county)

    text = text_of(logged_in(leader))

    assert "存为候选名单" not in text
    assert "乙差一有限公司" in text


def test_a_label_is_cut_to_its_room_by_the_width_of_its_characters():
    assert fitted("研发费用占比", 12) == "研发费用占比"
    assert fitted("研发费用占比", 11) == "研发费用…"
    assert fitted("R&D expense", 11) == "R&D expense"


def test_the_chart_scales_bars_to_the_longest_and_says_what_is_lacking_most():
    chart = lack_bars([Lack("rd", "研发投入", 30, 10), Lack("ip", "科技成果", 0, 20)])

    assert [(bar.width, bar.beyond_width) for bar in chart.bars] == [(218, 72), (0, 145)]
    assert chart.finding == "最常缺的是研发投入（30 家）"
    assert lack_bars([Lack("ip", "科技成果", 0, 20)]).finding == "缺少条件的企业都已无法补足"
    assert lack_bars([]).finding == "没有企业缺少条件"
