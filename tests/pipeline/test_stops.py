"""The authority's term stands still while the firm corrects."""

from datetime import date, datetime

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord
from pipeline.models import ClockRule, ClockStop, Deadline
from pipeline.selectors.stops import mode_of
from pipeline.services.applications import move_application
from pipeline.services.rounds import set_workday
from pipeline.services.stops import set_clock_rule
from pipeline.services.undoing import undo_moves
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.django_db


def on(text):
    return datetime.fromisoformat(f"{text}T10:00+08:00")


def move(application, code, day, **given):
    return move_application(application, code, actor=None, note="说明", at=on(day), **given)


@pytest.fixture
def stopped(firm):
    """At formal review since Monday 23 November with ten working days; returned on Wednesday."""
    application = world.at(firm, "formal", when=on("2026-11-23"))
    move(application, "return_for_correction", "2026-11-25")
    return application


def term():
    return Deadline.objects.open().get(kind="stage_term")


def test_what_was_left_runs_on_after_the_correction(stopped):
    stop = ClockStop.objects.get()
    assert (stop.stage, stop.stopped_on, stop.remaining, stop.ended) == ("formal", date(2026, 11, 25), 8, "")

    move(stopped, "submit", "2026-11-30")
    assert ClockStop.objects.get().resumed_on is None, "on the way back the clock still stands"
    move(stopped, "start_formal", "2026-12-02")

    stop.refresh_from_db()
    assert (stop.ended, stop.resumed_on) == ("resumed", date(2026, 12, 2))
    assert (term().starts_on, term().length, term().due_on) == (date(2026, 11, 23), 10, date(2026, 12, 14))


def test_a_second_return_counts_both_pauses(stopped):
    for code, day in (
        ("submit", "2026-11-26"),
        ("start_formal", "2026-11-27"),
        ("return_for_correction", "2026-12-01"),
    ):
        move(stopped, code, day)
    assert ClockStop.objects.last().remaining == 6

    move(stopped, "submit", "2026-12-02")
    move(stopped, "start_formal", "2026-12-03")

    assert term().due_on == date(2026, 12, 11)


def test_an_office_may_begin_the_term_anew(stopped, lead, city):
    set_clock_rule("high_tech", mode="restart", actor=lead, region=city)
    move(stopped, "submit", "2026-11-30")
    move(stopped, "start_formal", "2026-12-02")

    assert ClockStop.objects.get().ended == "restarted"
    assert (term().starts_on, term().due_on) == (date(2026, 12, 2), date(2026, 12, 16))
    change = ChangeRecord.objects.get(object_type="pipeline.clockrule")
    assert (change.field, change.old, change.new) == ("mode", "resume", "restart")


def test_only_the_citys_managers_set_the_rule(officer, county, city, lead):
    chief = make.person("county_lead", county, "lead")
    for actor, region in ((officer, county), (chief, county)):
        with pytest.raises(NotAllowed):
            set_clock_rule("high_tech", mode="restart", actor=actor, region=region)
    with pytest.raises(InvalidInput):
        set_clock_rule("high_tech", mode="never", actor=lead, region=city)

    assert not ClockRule.objects.exists()
    assert mode_of("high_tech") == "resume"


def test_a_term_past_which_the_application_went_is_dropped(firm):
    application = world.at(firm, "site", programme="tech_sme", when=on("2026-11-23"))
    move(application, "return_for_correction", "2026-11-24")
    move(application, "submit", "2026-11-25")
    move(application, "start_review", "2026-11-26")

    assert ClockStop.objects.get().ended == "dropped"
    assert term().starts_on == date(2026, 11, 26)


def test_withdrawing_ends_the_stop(stopped):
    move(stopped, "withdraw", "2026-11-26")

    assert ClockStop.objects.get().ended == "dropped"


def test_a_late_notice_recounts_a_standing_term_and_a_resumed_one(stopped, lead, city):
    with time_machine.travel(on("2026-11-26"), tick=False):
        set_workday(date(2026, 11, 24), kind="holiday", name="台风停工", actor=lead, region=city)
    assert ClockStop.objects.get().remaining == 9

    move(stopped, "submit", "2026-11-30")
    move(stopped, "start_formal", "2026-12-02")
    assert term().due_on == date(2026, 12, 15)

    with time_machine.travel(on("2026-12-03"), tick=False):
        assert set_workday(date(2026, 12, 7), kind="holiday", name="停工", actor=lead, region=city) == 1
        assert term().due_on == date(2026, 12, 16)
        assert set_workday(date(2026, 11, 27), kind="holiday", name="停工", actor=lead, region=city) == 0, (
            "a day off within the pause changes nothing"
        )


def now_move(application, code, day):
    with time_machine.travel(on(day), tick=False):
        return move_application(application, code, actor=None, note="说明")


def undo(application, event):
    undo_moves(application, first=event.version, last=event.version, actor=None, reason="误操作")


def test_undoing_a_return_takes_the_stop_back(firm):
    with time_machine.travel(on("2026-11-23"), tick=False):
        application = world.at(firm, "formal")
    returned = now_move(application, "return_for_correction", "2026-11-25")

    with time_machine.travel(on("2026-11-26"), tick=False):
        undo(application, returned)

    assert not ClockStop.objects.exists()
    assert term().due_on == date(2026, 12, 7)


def test_undoing_the_resumption_lets_the_clock_stand(firm):
    with time_machine.travel(on("2026-11-23"), tick=False):
        application = world.at(firm, "formal")
    now_move(application, "return_for_correction", "2026-11-25")
    now_move(application, "submit", "2026-11-30")
    resumed = now_move(application, "start_formal", "2026-12-02")

    with time_machine.travel(on("2026-12-03"), tick=False):
        undo(application, resumed)
    assert (ClockStop.objects.get().ended, ClockStop.objects.get().resumed_on) == ("", None)

    now_move(application, "start_formal", "2026-12-04")
    assert term().due_on == date(2026, 12, 16)


def test_the_page_shows_the_stops_and_why_the_date_is_that_date(stopped, client, city_officer):
    move(stopped, "submit", "2026-11-30")
    move(stopped, "start_formal", "2026-12-02")
    client.force_login(city_officer)

    page = client.get(f"/applications/{stopped.pk}/").content.decode()

    assert "办理期限暂停过 1 次" in page
    assert "暂停 5 个工作日（11月26日–12月2日）：等待企业补正" in page


def test_the_api_explains_each_deadline_at_a_fixed_cost(client, city_officer, county, django_assert_num_queries):
    world.at(make.firm("第一家", county), "formal", when=on("2026-11-23"))
    client.force_login(city_officer)
    client.get("/api/v1/deadlines/")
    costs = []
    for number in range(2):
        with django_assert_num_queries(6):
            answer = client.get("/api/v1/deadlines/").json()
        costs.append(len(answer["results"]))
        world.at(make.firm(f"多一家{number}", county), "formal", when=on("2026-11-23"))

    assert costs == [1, 2]
    assert answer["results"][0]["explanation"].startswith("自 11月")


def test_the_rule_is_set_on_the_calendar_page(client, lead):
    client.force_login(lead)

    assert client.post("/settings/clocks/", {"programme": "high_tech", "mode": "restart"}).status_code == 302
    assert client.post("/settings/clocks/", {"programme": "x", "mode": "restart"}).status_code == 409
    assert mode_of("high_tech") == "restart"
    assert "重新起算" in client.get("/settings/calendar/").content.decode()
