from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from crm.errors import NotAllowed
from pipeline.models import Deadline, Round, Workday
from pipeline.selectors.calendar import round_on
from pipeline.services.applications import move_application, open_application
from pipeline.services.clocks import turn_the_day
from pipeline.services.rounds import save_round, set_workday
from tests import make
from tests.pipeline import world

SHANGHAI = ZoneInfo("Asia/Shanghai")


def due(kind):
    return Deadline.objects.open().get(kind=kind).due_on


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_a_return_is_due_after_five_working_days(formal, city_officer):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺审计报告")

    deadline = Deadline.objects.open().get()
    assert (deadline.kind, deadline.due_on, deadline.for_firm) == ("correction_due", date(2026, 11, 30), True)
    assert (deadline.starts_on, deadline.length, deadline.unit) == (date(2026, 11, 23), 5, "workdays")
    assert deadline.next_rung_on == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("at", "expected"),
    [("2026-11-23 23:59+08:00", date(2026, 11, 30)), ("2026-11-24 00:01+08:00", date(2026, 12, 1))],
)
def test_the_day_is_shanghais_whatever_the_server_thinks(firm, city_officer, at, expected):
    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        application = world.at(firm, "formal")
        move_application(application, "return_for_correction", actor=city_officer, note="缺件")

        assert due("correction_due") == expected


@time_machine.travel("2026-09-01 10:00+08:00", tick=False)
def test_a_correction_never_goes_past_the_rounds_last_day(firm, city, city_officer, lead):
    window = save_round(
        programme="high_tech",
        region=city,
        year=2026,
        opens_on=date(2026, 5, 21),
        closes_on=date(2026, 9, 5),
        actor=lead,
    )
    application = world.at(firm, "formal", round=window)

    move_application(application, "return_for_correction", actor=city_officer, note="缺件")

    assert due("correction_due") == date(2026, 9, 5)


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_a_met_deadline_is_closed_and_a_new_stage_opens_its_own(formal, city_officer, firm_user):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    move_application(formal, "submit", actor=firm_user)

    assert list(Deadline.objects.open().values_list("kind", "due_on")) == [("stage_term", date(2026, 11, 30))]
    assert Deadline.objects.exclude(closed_at=None).get(kind="correction_due").next_rung_on is None


@time_machine.travel("2026-12-28 10:00+08:00", tick=False)
def test_a_date_in_a_year_without_notice_is_provisional(formal, city_officer):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")

    assert Deadline.objects.open().get().provisional


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_a_late_holiday_notice_moves_open_deadlines_and_their_reminders(formal, city_officer, lead, city):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")

    moved = set_workday(date(2026, 11, 26), kind="holiday", name="台风停工", actor=lead, region=city)

    deadline = Deadline.objects.open().get()
    assert (moved, deadline.due_on, deadline.next_rung_on) == (1, date(2026, 12, 1), date(2026, 11, 30))
    assert set_workday(date(2026, 11, 26), kind="holiday", name="台风停工", actor=lead, region=city) == 0


def window(lead, city, **changes):
    given = {"programme": "high_tech", "opens_on": date(2026, 5, 21), "closes_on": date(2026, 9, 5)} | changes
    return save_round(region=city, year=2026, actor=lead, **given)


@time_machine.travel("2026-06-01 10:00+08:00", tick=False)
def test_an_open_round_is_taken_and_its_close_is_a_deadline_that_moves_with_an_extension(firm, officer, lead, city):
    opened = window(lead, city)
    application = open_application(firm, "high_tech", actor=officer)
    assert (application.round, due("round_close")) == (opened, date(2026, 9, 5))

    window(lead, city, round=opened, extended_to=date(2026, 9, 15), notice_number="桂科发〔2026〕9号")

    deadline = Deadline.objects.open().get()
    assert (deadline.due_on, deadline.next_rung_on) == (date(2026, 9, 15), date(2026, 8, 17))
    for code in ("diagnose", "prepare"):
        move_application(application, code, actor=officer)
    world.with_basics(firm, year=2025)
    move_application(application, "submit", actor=officer)
    assert not Deadline.objects.open().filter(kind="round_close").exists()


@time_machine.travel("2026-09-03 10:00+08:00", tick=False)
def test_an_extended_round_gives_a_correction_its_full_days(firm, lead, city, city_officer):
    opened = window(lead, city)
    application = world.at(firm, "formal", round=opened)
    move_application(application, "return_for_correction", actor=city_officer, note="缺件")
    assert due("correction_due") == date(2026, 9, 5)

    window(lead, city, round=opened, extended_to=date(2026, 9, 30), notice_number="桂科发〔2026〕9号")

    assert due("correction_due") == date(2026, 9, 10)


@time_machine.travel("2026-06-01 10:00+08:00", tick=False)
def test_a_round_that_turns_out_to_be_over_reminds_nobody(firm, officer, lead, city):
    opened = window(lead, city)
    open_application(firm, "high_tech", actor=officer)

    window(lead, city, round=opened, closes_on=date(2026, 5, 30))

    assert not Deadline.objects.open().filter(kind="round_close").exists()


@time_machine.travel("2026-06-25 10:00+08:00", tick=False)
def test_a_firm_that_applied_for_the_library_is_not_told_to_apply(firm, officer, lead, city):
    opened = window(lead, city, programme="gazelle")
    application = open_application(firm, "gazelle", actor=officer)
    assert due("round_close") == opened.last_on

    world.with_basics(firm, year=2025)
    move_application(application, "submit", actor=officer)

    assert application.stage == "lib_apply"
    assert not Deadline.objects.open().filter(kind="round_close").exists()
    window(
        lead, city, programme="gazelle", round=opened, extended_to=date(2026, 9, 30), notice_number="桂科发〔2026〕9号"
    )
    assert not Deadline.objects.open().filter(kind="round_close").exists()


@pytest.mark.parametrize(("day", "expected"), [("2026-11-23", date(2026, 12, 15)), ("2026-12-20", date(2026, 12, 20))])
def test_a_spot_check_is_over_by_mid_december(firm, city_officer, day, expected):
    with time_machine.travel(f"{day} 10:00+08:00", tick=False):
        application = world.at(firm, "registered", programme="tech_sme")
        move_application(application, "spot_check", actor=city_officer)

        assert due("stage_term") == expected


def test_a_county_changes_neither_the_citys_rounds_nor_everybodys_calendar(county, city, lead):
    chief = make.person("county_lead", county, "lead")
    opened = window(lead, city)

    with pytest.raises(NotAllowed):
        window(chief, county, round=opened, closes_on=date(2026, 5, 30))
    with pytest.raises(NotAllowed):
        set_workday(date(2026, 11, 26), kind="holiday", actor=chief, region=county)

    opened.refresh_from_db()
    assert (opened.region, opened.closes_on) == (city, date(2026, 9, 5))
    assert not Workday.objects.exists()


def test_the_round_of_a_day_is_the_one_that_closes_first(city, county, lead):
    first = window(lead, city, batch=1, closes_on=date(2026, 6, 30))
    second = window(lead, city, batch=2)

    assert round_on("high_tech", county.path, date(2026, 6, 1)) == first
    assert round_on("high_tech", county.path, date(2026, 7, 1)) == second
    assert round_on("high_tech", county.path, date(2026, 1, 1)) == first
    assert round_on("high_tech", county.path, date(2026, 10, 1)) is None


@pytest.mark.parametrize(
    "changes", [{"closes_on": date(2026, 5, 1)}, {"extended_to": date(2026, 9, 1)}, {"opens_on": date(2026, 12, 1)}]
)
def test_a_round_ends_after_it_begins(lead, city, changes):
    from crm.errors import InvalidInput

    with pytest.raises(InvalidInput):
        window(lead, city, **changes)
    assert Round.objects.count() == 0


def test_a_number_expires_by_itself_and_only_once(firm, other_firm):
    with time_machine.travel("2026-08-29 10:00+08:00", tick=False):
        application = world.at(firm, "registered", programme="tech_sme")
    with time_machine.travel("2026-12-31 23:00+08:00", tick=False):
        assert turn_the_day() == 0
    with time_machine.travel("2027-01-01 00:10+08:00", tick=False):
        assert (turn_the_day(), turn_the_day()) == (1, 0)

    application.refresh_from_db()
    assert (application.stage, application.phase) == ("expired", "closed")
    assert not Deadline.objects.open().exists()


def test_a_renewed_title_keeps_the_application_alive(county):
    firm = make.firm("续期公司", county)
    with time_machine.travel("2026-08-29 10:00+08:00", tick=False):
        application = world.at(firm, "certified")
    with time_machine.travel("2029-08-28 10:00+08:00", tick=False):
        assert turn_the_day() == 0
    with time_machine.travel("2029-08-29 10:00+08:00", tick=False):
        assert turn_the_day() == 1
    application.refresh_from_db()
    assert application.stage == "expired"
