"""Conversion by intake cohort: every number counted again by hand or by plain Python over the rows."""

from collections import Counter
from datetime import date, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from pipeline.conversion_charts import funnel_finding
from pipeline.models import Assessment, Snapshot, StageEvent
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.cohort_stays import cohort_stays
from pipeline.selectors.cohorts import LOST, OPEN, REACHED, Cohort, cells, firms_behind
from pipeline.selectors.conversion import comparison, conversion
from pipeline.selectors.funnel import CRITERION, NOTE, SILENT, funnels, lost_for
from pipeline.services.applications import move_application, open_application
from pipeline.services.metrics import compile_metrics
from pipeline.services.undoing import undo_moves
from pipeline.workflows import PROGRAMMES
from tests import make
from tests.pipeline import plain, world

TODAY = date(2026, 11, 23)
NOW = "2026-11-23 10:00+08:00"


def at(day: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(f"{day} 10:00"))


def opened(firm, day, *moves, programme="high_tech"):
    """An application opened on a day, and its moves, each `(day, code)`."""
    application = open_application(firm, programme, actor=None, at=at(day))
    for on, code in moves:
        move_application(application, code, actor=None, note="依据材料", at=at(on))
    return application


def steps(region, as_of=TODAY, year=2026, **given):
    funnel = funnels(year, as_of, root=region.path, programmes=["high_tech"], **given).get(region.path, {})
    return {step.stage: (step.reached, step.waiting, step.lost) for step in funnel["high_tech"].steps} if funnel else {}


PREPARED = (("2026-03-10", "diagnose"), ("2026-03-20", "prepare"))


@time_machine.travel(NOW, tick=False)
def test_each_stage_says_who_got_there_who_waits_and_who_was_lost(city, county, other_county):
    opened(make.firm("甲", county), "2026-03-02")
    opened(make.firm("乙", county), "2026-03-02", *PREPARED)
    opened(make.firm("丙", other_county), "2026-03-02", *PREPARED, ("2026-05-01", "drop"))
    world.at(make.firm("丁", other_county), "certified", when=at("2026-04-01"))
    opened(make.firm("去年", county), "2025-12-31")

    assert steps(city) == {
        "library": (4, 1, 0),
        "diagnose": (3, 0, 0),
        "prep": (3, 1, 1),
        "submitted": (1, 0, 0),
        "formal": (1, 0, 0),
        "recommended": (1, 0, 0),
        "expert": (1, 0, 0),
        "approved": (1, 0, 0),
        "filed": (1, 0, 0),
        "certified": (1, 0, 0),
    }
    assert steps(county)["library"] == (2, 1, 0)
    assert steps(city, year=2025)["library"] == (1, 1, 0)
    assert steps(city, quarter=1)["library"] == (3, 1, 0)
    assert steps(city, quarter=2)["library"] == (1, 0, 0)
    assert steps(city, quarter=4) == {}


@time_machine.travel(NOW, tick=False)
def test_a_rate_carries_its_numbers_and_its_interval(city, county):
    for number in range(3):
        opened(make.firm(f"企业{number}", county), "2026-03-02", *PREPARED[: number > 0])

    step = funnels(2026, TODAY, root=city.path)[city.path]["high_tech"].steps[1]

    assert (step.reached, step.before, step.ratio, step.low, step.high) == (2, 3, 0.6667, 0.2535, 0.9217)


@time_machine.travel(NOW, tick=False)
@time_machine.travel(NOW)
def test_the_picture_says_how_many_are_still_under_way(city, county):
    opened(make.firm("在办企业", county), "2026-03-02")
    opened(make.firm("在备企业", county), "2026-03-02", ("2026-03-03", "diagnose"))

    (found,) = (
        funnel for funnel in funnels(2026, TODAY, root=city.path)[city.path].values() if funnel.steps[0].reached
    )
    words = {stage.code: str(stage.label) for stage in PROGRAMMES["high_tech"].stages}

    assert funnel_finding(found, words) == "2 家中 0 家走到“认定”，2 家还在办"


def test_a_firm_counts_once_a_cohort_by_the_application_that_still_runs(city, county):
    firm = make.firm("甲", county)
    opened(firm, "2026-03-02", *PREPARED, ("2026-04-01", "drop"))
    opened(firm, "2026-06-01")

    assert steps(city)["library"] == (1, 1, 0)
    assert steps(city)["prep"] == (0, 0, 0)
    assert steps(city, quarter=1)["prep"] == (1, 0, 1)


@time_machine.travel(NOW, tick=False)
def test_moves_after_the_day_are_not_known_yet(city, county):
    opened(make.firm("甲", county), "2026-03-02", *PREPARED, ("2026-05-01", "drop"))

    assert steps(city, date(2026, 3, 1)) == {}
    assert steps(city, date(2026, 3, 2))["library"] == (1, 1, 0)
    assert steps(city, date(2026, 4, 30))["prep"] == (1, 1, 0)
    assert steps(city, date(2026, 5, 1))["prep"] == (1, 0, 1)


def test_a_move_taken_back_counts_until_the_day_it_was_taken_back(city, county, lead):
    with time_machine.travel("2026-03-02 10:00+08:00", tick=False):
        application = opened(make.firm("甲", county), "2026-03-02")
    with time_machine.travel("2026-03-10 10:00+08:00", tick=False):
        move_application(application, "diagnose", actor=None)
    with time_machine.travel("2026-03-12 10:00+08:00", tick=False):
        undo_moves(application, first=1, last=1, actor=lead, reason="误办")

    assert steps(city, date(2026, 3, 11))["diagnose"] == (1, 1, 0)
    assert steps(city, date(2026, 3, 12))["library"] == (1, 1, 0)
    assert steps(city, date(2026, 3, 12))["diagnose"] == (0, 0, 0)


@time_machine.travel(NOW, tick=False)
def test_stays_are_working_days_and_open_ones_are_kept(city, county):
    opened(make.firm("甲", county), "2026-09-28", ("2026-10-09", "diagnose"))  # the holiday of October lies between
    opened(make.firm("乙", county), "2026-09-28", ("2026-09-30", "diagnose"))
    opened(make.firm("丙", county), "2026-11-19")

    found = cohort_stays(Cohort("high_tech", 2026, 2026, TODAY), work_calendar())[city.path]
    calendar = work_calendar()
    days = sorted(calendar.used(date(2026, 9, 28), left) for left in (date(2026, 10, 9), date(2026, 9, 30)))

    library = next(stay for stay in found if stay.stage == "library")
    assert (library.ended, library.going_on) == (2, 1)
    assert library.most == days[1]
    assert days[0] == 2


@time_machine.travel(NOW, tick=False)
def test_reasons_are_the_conditions_lacking_at_the_time_else_the_note(city, county, firm):
    edition = world.published("high_tech", "CN-2016")
    judged = make.firm("已评估", county)
    Assessment.objects.create(
        firm=judged,
        region_path=county.path,
        programme="high_tech",
        edition=edition,
        on=date(2026, 3, 1),
        good_until=date(2026, 12, 31),
        verdict="not_met",
        bucket="lacks_two",
        lacking="rd_ratio staff_share",
        inputs={},
        inputs_digest="x",
        outcome={},
        made_at=timezone.now(),
    )
    opened(judged, "2026-03-02", ("2026-05-01", "drop"))
    Assessment.objects.update(lacking="", verdict="met")
    opened(make.firm("乙", county), "2026-03-02", ("2026-05-01", "drop"))
    silent = opened(make.firm("丙", county), "2026-03-02", ("2026-05-01", "drop"))
    StageEvent.objects.filter(application=silent, transition="drop")._raw_delete("default")
    StageEvent.objects.create(
        application=silent, version=1, transition="drop", from_stage="library", to_stage="dropped", at=at("2026-05-01")
    )

    cohort = Cohort("high_tech", 2026, 2026, TODAY, root=city.path)
    found = funnels(2026, TODAY, root=city.path)[city.path]["high_tech"].reasons

    assert [(reason.kind, reason.text, reason.number) for reason in found] == [
        (CRITERION, "rd_ratio", 1),
        (CRITERION, "staff_share", 1),
        (NOTE, "依据材料", 1),
        (SILENT, "", 1),
    ]
    for reason in found:
        assert lost_for(cohort, reason.kind, reason.text).count() == reason.number


@pytest.mark.whole
@time_machine.travel(NOW, tick=False)
def test_the_demo_city_counted_again_in_plain_python(db, private_storage):
    from config.demo import city as demo

    demo.build(firms=120, years=2, seed=5, today=TODAY)

    for as_of in (date(2026, 6, 30), TODAY):
        cohort = Cohort("high_tech", 2026, 2026, as_of)
        mine = Counter()
        for cell in cells(cohort):
            mine[(cell.furthest, cell.lost)] += cell.number
        assert mine == Counter((firm.furthest, firm.lost) for firm in plain.funnel("high_tech", 2026, as_of))
        for (furthest, lost), number in mine.items():
            if lost:
                assert firms_behind(cohort, LOST, furthest).count() == number
        open_ones = sum(number for (_furthest, lost), number in mine.items() if not lost)
        goal = len(cohort.table.main_line) - 1
        behind = sum(firms_behind(cohort, OPEN, place).count() for place in range(goal))
        assert behind + firms_behind(cohort, REACHED, goal).count() == open_ones


@time_machine.travel(NOW, tick=False)
def test_the_snapshot_of_a_day_says_what_counting_again_says(city, county):
    opened(make.firm("甲", county), "2026-03-02", *PREPARED, ("2026-05-01", "drop"))
    world.at(make.firm("丁", county), "certified", when=at("2026-04-01"))
    compile_metrics(as_of=date(2026, 6, 30))

    asked = {"year": 2026, "today": TODAY, "as_of": date(2026, 6, 30), "programmes": ["high_tech"]}
    kept = conversion(city, **asked)
    Snapshot.objects.all().delete()
    counted = conversion(city, **asked)

    assert kept.taken_at is not None
    assert counted.taken_at is None
    assert kept.funnels["high_tech"] == counted.funnels["high_tech"]


@time_machine.travel(NOW, tick=False)
def test_a_snapshot_taken_before_its_day_was_over_is_not_that_day(city, county):
    with time_machine.travel("2026-06-30 08:00+08:00", tick=False):
        compile_metrics()
    opened(make.firm("甲", county), "2026-06-30")

    found = conversion(city, year=2026, today=TODAY, as_of=date(2026, 6, 30), programmes=["high_tech"])

    assert found.taken_at is None
    assert found.funnels["high_tech"].steps[0].reached == 1


# Pages ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(lead):
    client = make.logged_in(lead)

    def get(name, **query):
        return client.get(reverse(name), {"programme": "high_tech", "year": 2026, **query})

    return get


@pytest.mark.parametrize("number", [1, 3])
@time_machine.travel(NOW, tick=False)
def test_the_pages_cost_the_same_whatever_they_hold(city, county, lead, asked, django_assert_num_queries, number):
    for nth in range(number):
        opened(make.firm(f"企业{nth}", county), "2026-03-02", *PREPARED, ("2026-05-01", "drop"))
    asked("funnel")

    with django_assert_num_queries(9):  # counted now: cells, stays, calendar
        asked("funnel", as_of="2026-06-30")
    with django_assert_num_queries(9):
        asked("funnel_cohorts")
    with django_assert_num_queries(9):
        asked("funnel_ladder")
    with django_assert_num_queries(7):
        asked("funnel_firms", what="lost", stage="prep")
    compile_metrics()
    with django_assert_num_queries(6):
        asked("funnel")
    with django_assert_num_queries(8):
        asked("funnel_cohorts")
    with django_assert_num_queries(7):
        asked("funnel_ladder")


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("by_quarter", [False, True])
def test_cohorts_side_by_side_are_the_same_from_the_snapshot_and_counted_now(city, county, other_county, by_quarter):
    for number, (home, day) in enumerate(
        [(county, "2024-03-04"), (county, "2026-02-02"), (other_county, "2026-02-03"), (county, "2026-07-06")]
    ):
        moves = [(day, "diagnose"), (f"{day[:4]}-11-02", "drop")] if number % 2 else [(day, "diagnose")]
        opened(make.firm(f"企业{number}", home), day, *moves)
    asked = {"programme": "high_tech", "year": 2026, "today": TODAY, "by_quarter": by_quarter}
    counted = comparison(city, [county, other_county], **asked)

    compile_metrics()
    kept = comparison(city, [county, other_county], **asked)

    assert (counted.taken_at, kept.taken_at) == (None, timezone.now())
    assert (kept.periods, kept.regions) == (counted.periods, counted.regions)
    labels = ["2026 Q1", "2026 Q3"] if by_quarter else ["2024", "2026"]
    assert [(row.label, row.firms) for row in kept.periods] == list(
        zip(labels, [2, 1] if by_quarter else [1, 3], strict=True)
    )
    assert [row.firms for row in kept.regions] == ([] if by_quarter else [2, 1])
    assert comparison(city, [county], **asked | {"year": 2025}).taken_at is None, "a year that no snapshot has"
    before = Snapshot.objects.get(region=city)
    del before.data["cohorts"]
    before.save()
    assert comparison(city, [county], **asked).taken_at is None, "a snapshot from before it held cohorts"


@time_machine.travel(NOW, tick=False)
def test_a_number_opens_the_firms_behind_it_in_ones_own_region_only(city, county, other_county, officer, asked):
    opened(make.firm("平南企业", county), "2026-03-02", ("2026-05-01", "drop"))
    opened(make.firm("桂平企业", other_county), "2026-03-02", ("2026-05-01", "drop"))
    query = {"what": "lost", "stage": "library", "outcome": "dropped"}

    everything = asked("funnel_firms", **query).content.decode()
    mine = make.logged_in(officer).get(reverse("funnel_firms"), {"programme": "high_tech", "year": 2026, **query})

    assert "平南企业" in everything
    assert "桂平企业" in everything
    assert "桂平企业" not in mine.content.decode()
    assert make.logged_in(officer).get(reverse("funnel_firms"), {**query, "region": city.code}).status_code == 404
    assert asked("funnel_firms", what="lost", stage="nonsense").status_code == 404
    assert asked("funnel_firms", what="nonsense", stage="prep").status_code == 404
    assert asked("funnel_ladder_firms", who="nonsense").status_code == 404


@time_machine.travel(NOW, tick=False)
def test_a_day_to_come_is_refused_in_words(asked):
    page = asked("funnel", as_of="2026-11-24").content.decode()

    assert "截至日期不能晚于今天" in page
    assert "截至 11月23日" in page
