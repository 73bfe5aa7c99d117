"""Filing windows: their versions, who files late, moving to another one, and the timetable back from the end."""

import re
from datetime import date, datetime

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord
from notifications.models import Message
from notifications.reminders import plan_reminders
from pipeline.errors import ApplicationRefused
from pipeline.models import Application, Deadline, RoundVersion, TimetableStep
from pipeline.selectors.clocks import clocks, late_ones, with_tone
from pipeline.services.applications import move_application, open_application
from pipeline.services.rounds import close_round, move_to_round, save_round
from pipeline.services.timetables import tick_step
from pipeline.timetable import PlanStep, back_plan
from pipeline.workdays import WorkCalendar
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.django_db
CLOSE = date(2026, 9, 4)


def on(text):
    return datetime.fromisoformat(f"{text}T10:00+08:00")


def window(lead, city, **changes):
    given = {"programme": "high_tech", "opens_on": date(2026, 5, 21), "closes_on": CLOSE, "notice_number": "1号"}
    return save_round(region=city, year=2026, actor=lead, **given | changes)


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def filing(lead, city):
    with time_machine.travel(on("2026-06-01"), tick=False):
        return window(lead, city)


@pytest.fixture
def waiting(firm, officer, filing):
    """Preparing for the window since 1 June."""
    with time_machine.travel(on("2026-06-01"), tick=False):
        application = open_application(firm, "high_tech", actor=officer)
        for code in ("diagnose", "prepare"):
            move_application(application, code, actor=officer)
    return application


# Versions ----------------------------------------------------------------------------------------------------------


def test_every_announcement_is_a_version(filing, lead, city):
    window(lead, city, round=filing, extended_to=date(2026, 9, 10), notice_number="2号")
    window(lead, city, round=filing, extended_to=date(2026, 9, 10), notice_number="2号")
    window(lead, city, round=filing, extended_to=date(2026, 9, 20), notice_number="3号")
    close_round(filing, on=date(2026, 9, 12), notice_number="4号", actor=lead)
    window(lead, city, round=filing, opens_on=date(2026, 5, 25), notice_number="5号")

    rows = RoundVersion.objects.values_list("number", "change", "last_on", "notice_number", "actor")
    assert list(rows) == [
        (1, "opened", CLOSE, "1号", lead.pk),
        (2, "extended", date(2026, 9, 10), "2号", lead.pk),
        (3, "extended", date(2026, 9, 20), "3号", lead.pk),
        (4, "shortened", date(2026, 9, 12), "4号", lead.pk),
        (5, "moved", CLOSE, "5号", lead.pk),
    ]


def test_an_extension_needs_its_notice(filing, lead, city):
    with pytest.raises(InvalidInput) as refused:
        window(lead, city, round=filing, extended_to=date(2026, 9, 10), notice_number=" ")

    assert refused.value.reasons == ["延长申报须填写通知文号"]
    filing.refresh_from_db()
    assert (filing.last_on, filing.versions.count()) == (CLOSE, 1)


def test_closing_early_names_its_reasons_at_once(filing, lead, officer):
    with pytest.raises(InvalidInput) as refused:
        close_round(filing, on=CLOSE, notice_number="", actor=lead)
    with pytest.raises(NotAllowed):
        close_round(filing, on=date(2026, 8, 1), notice_number="9号", actor=officer)

    assert len(refused.value.reasons) == 2
    assert RoundVersion.objects.count() == 1


def test_closing_early_moves_the_filing_date_and_withdraws_what_was_not_sent(waiting, filing, lead):
    with time_machine.travel(on("2026-08-05"), tick=False):
        assert plan_reminders() > 0
        close_round(filing, on=date(2026, 8, 20), notice_number="2号", actor=lead)

        deadline = Deadline.objects.open().get(kind="round_close")
        assert (deadline.due_on, deadline.next_rung_on) == (date(2026, 8, 20), date(2026, 7, 21))
        round_mails = Message.objects.filter(key__startswith=f"deadline:{deadline.pk}:")
        assert set(round_mails.values_list("state", flat=True)) == {"expired"}
        assert plan_reminders() == round_mails.count() / 2
    assert {key.split(":")[2] for key in round_mails.filter(state="queued").values_list("key", flat=True)} == {
        "2026-08-20"
    }


def test_filing_withdraws_the_reminder_to_file(waiting, officer):
    with time_machine.travel(on("2026-08-05"), tick=False):
        plan_reminders()
        move_application(waiting, "submit", actor=None)

    mine = Message.objects.filter(kind="reminder", application=waiting, key__contains="2026-09-04")
    assert mine.exists()
    assert set(mine.values_list("state", flat=True)) == {"expired"}


def test_an_extension_after_the_end_opens_the_filing_date_again(waiting, filing, lead, city):
    with time_machine.travel(on("2026-09-07"), tick=False):
        Deadline.objects.filter(kind="round_close").update(closed_at=on("2026-09-05"), next_rung_on=None)
        window(lead, city, round=filing, extended_to=date(2026, 9, 30), notice_number="2号")

    deadline = Deadline.objects.open().get(kind="round_close")
    assert (deadline.due_on, deadline.next_rung_on) == (date(2026, 9, 30), date(2026, 8, 31))


def test_who_was_started_before_the_notice_belongs_to_the_window_it_opens(firm, officer, lead, city):
    with time_machine.travel(on("2026-03-02"), tick=False):
        application = open_application(firm, "high_tech", actor=officer)
        assert application.round is None
        opened = window(lead, city)

    application.refresh_from_db()
    assert application.round == opened
    assert Deadline.objects.open().get(kind="round_close").due_on == CLOSE


def test_the_rounds_page_shows_versions_and_closes_a_window(filing, client, lead, city):
    window(lead, city, round=filing, extended_to=date(2026, 9, 10), notice_number="2号")
    client.force_login(lead)

    assert "2 个版本" in text(client.get("/settings/rounds/"))
    refused = client.post(
        f"/settings/rounds/{filing.pk}/close/", {"close-on": "2026-09-10", "close-notice_number": "3号"}
    )
    assert refused.status_code == 409
    assert "提前截止的日期须在" in text(refused)
    done = client.post(f"/settings/rounds/{filing.pk}/close/", {"close-on": "2026-08-10", "close-notice_number": "3号"})
    assert done.status_code == 302
    filing.refresh_from_db()
    assert filing.last_on == date(2026, 8, 10)


# Late, and another window ------------------------------------------------------------------------------------------


def test_a_late_application_says_so_everywhere_and_is_offered_the_next_window(
    waiting, lead, city, client, officer, firm_user
):
    with time_machine.travel(on("2026-09-07"), tick=False):
        second = window(lead, city, batch=2, opens_on=date(2026, 9, 5), closes_on=date(2026, 10, 30))
        client.force_login(officer)
        page = text(client.get(f"/applications/{waiting.pk}/"))
        assert "未提交，批次已截止 3 天" in page
        assert f"可转入{second}" in page
        assert "未提交，批次已截止 3 天" in text(client.get("/applications/", {"late": "on"}))
        assert "未提交，批次已截止 3 天" in text(client.get("/board/high_tech/?year=2026"))
        assert client.get(f"/api/v1/applications/{waiting.pk}/").json()["late_days"] == 3
        client.force_login(firm_user)
        assert "本批次已截止。下一批次是" in text(client.get(f"/portal/applications/{waiting.pk}/"))

        client.force_login(officer)
        assert client.post(f"/applications/{waiting.pk}/round/", {"round": second.pk}).status_code == 302
        waiting.refresh_from_db()
        assert waiting.round == second
        assert clocks([waiting], date(2026, 9, 7))[waiting.pk].late_days == 0
    assert Deadline.objects.open().get(kind="round_close").due_on == date(2026, 10, 30)
    assert ChangeRecord.objects.filter(object_type="pipeline.application", field="round").count() == 1


def test_moving_back_to_a_window_opens_its_date_again(waiting, filing, lead, city, officer):
    with time_machine.travel(on("2026-06-02"), tick=False):
        second = window(lead, city, batch=2, closes_on=date(2026, 10, 30))
        move_to_round(waiting, second, actor=officer)
        move_to_round(waiting, filing, actor=officer)

    assert list(Deadline.objects.open().filter(kind="round_close").values_list("due_on", flat=True)) == [CLOSE]


def test_a_correction_ends_with_the_window_it_was_moved_to(firm, lead, city, officer, city_officer):
    with time_machine.travel(on("2026-09-02"), tick=False):
        first, second = window(lead, city), window(lead, city, batch=2, closes_on=date(2026, 10, 30))
        application = world.at(firm, "formal", round=first)
        move_application(application, "return_for_correction", actor=city_officer, note="缺件")
        assert Deadline.objects.open().get(kind="correction_due").due_on == CLOSE
        move_to_round(application, second, actor=officer)

    assert Deadline.objects.open().get(kind="correction_due").due_on == date(2026, 9, 9)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"batch": 2, "closes_on": date(2026, 5, 30)}, "已于 2026-05-30 截止"),
        ({"programme": "gazelle"}, "只能转入同一计划、同一年度的批次"),
    ],
)
def test_a_window_that_does_not_fit_is_refused(waiting, filing, lead, city, officer, changes, reason):
    with time_machine.travel(on("2026-06-02"), tick=False):
        other = window(lead, city, **changes)
        with pytest.raises(ApplicationRefused) as refused:
            move_to_round(waiting, other, actor=officer)

    assert reason in refused.value.reasons[0]
    waiting.refresh_from_db()
    assert waiting.round == filing


def test_only_who_writes_there_moves_an_application(waiting, filing, lead, city, other_officer):
    with time_machine.travel(on("2026-06-02"), tick=False):
        second = window(lead, city, batch=2, closes_on=date(2026, 10, 30))
        with pytest.raises(NotAllowed):
            move_to_round(waiting, second, actor=other_officer)

    waiting.refresh_from_db()
    assert waiting.round == filing


def test_filing_late_stays_late_and_the_filter_finds_both_kinds(waiting, filing, county, officer):
    with time_machine.travel(on("2026-06-01"), tick=False):
        others = [open_application(make.firm(name, county), "high_tech", actor=None) for name in ("未交", "按时")]
        for application in others:
            for code in ("diagnose", "prepare"):
                move_application(application, code, actor=officer)
        move_application(others[1], "submit", actor=None)
    with time_machine.travel(on("2026-09-08"), tick=False):
        move_application(waiting, "submit", actor=None)

    assert set(late_ones(Application.objects.all(), date(2026, 9, 8))) == {waiting, others[0]}
    assert set(late_ones(Application.objects.all(), CLOSE)) == {waiting}
    known = clocks([waiting, *others], date(2026, 12, 1))
    assert [known[row.pk].late_days for row in (waiting, *others)] == [4, 88, 0]


# The timetable back from the end -----------------------------------------------------------------------------------

STEPS = [
    PlanStep("audit", "审计", "事务所", 10, "审计"),
    PlanStep("annex", "附件", "企业", 3, "附件"),
    PlanStep("seal", "提交", "企业", 1, "提交"),
]


@pytest.mark.parametrize(
    ("closes_on", "days"),
    [
        # a plain Friday; a Sunday, so that the Friday before counts; over National Day 2025
        (date(2026, 11, 27), [("11-10", "11-23"), ("11-24", "11-26"), ("11-27", "11-27")]),
        (date(2026, 11, 29), [("11-10", "11-23"), ("11-24", "11-26"), ("11-27", "11-27")]),
        (date(2025, 10, 14), [("09-19", "10-09"), ("10-10", "10-13"), ("10-14", "10-14")]),
    ],
)
def test_steps_are_laid_back_from_the_last_working_day(closes_on, days):
    plan = back_plan(closes_on, date(closes_on.year, 9, 1), STEPS, WorkCalendar())

    assert [(f"{step.begin_on:%m-%d}", f"{step.end_on:%m-%d}") for step in plan.steps] == days


@pytest.mark.parametrize(
    ("today", "slack", "tone"),
    [
        ("2026-11-02", 6, "fine"),
        ("2026-11-03", 5, "soon"),
        ("2026-11-10", 0, "soon"),
        ("2026-11-11", -1, "act"),
        ("2026-11-27", -13, "act"),
    ],
)
def test_the_last_responsible_day_is_that_of_the_first_open_step(today, slack, tone):
    plan = back_plan(date(2026, 11, 27), date.fromisoformat(today), STEPS, WorkCalendar())

    assert (plan.begin_on, plan.next.slack, plan.tone) == (date(2026, 11, 10), slack, tone)


def test_a_timetable_into_a_year_without_notice_is_provisional():
    plan = back_plan(date(2027, 2, 10), date(2026, 11, 20), STEPS, WorkCalendar())

    assert plan.provisional
    assert not back_plan(date(2026, 12, 31), date(2026, 11, 20), STEPS, WorkCalendar()).provisional


def test_a_ticked_step_gives_its_days_back():
    plan = back_plan(date(2026, 11, 27), date(2026, 11, 20), STEPS, WorkCalendar(), {"audit"})

    assert (plan.next.step.code, plan.begin_on, plan.tone) == ("annex", date(2026, 11, 24), "soon")
    assert (
        back_plan(date(2026, 11, 27), date(2026, 11, 20), STEPS, WorkCalendar(), {"audit", "annex", "seal"}).next
        is None
    )


def test_a_step_is_ticked_once_and_by_who_may_write(waiting, officer, other_officer):
    assert tick_step(waiting, "ip", done=True, actor=officer) is True
    assert tick_step(waiting, "ip", done=True, actor=officer) is False
    with pytest.raises(NotAllowed):
        tick_step(waiting, "ledger", done=True, actor=other_officer)
    with pytest.raises(InvalidInput):
        tick_step(waiting, "unknown", done=True, actor=officer)

    assert list(TimetableStep.objects.values_list("code", "by")) == [("ip", officer.pk)]
    assert tick_step(waiting, "ip", done=False, actor=officer) is True
    assert not TimetableStep.objects.exists()


def test_the_list_is_filtered_by_the_tone_of_the_timetable(waiting, officer):
    rows = Application.objects.all()

    def tones(today):
        return {tone for tone in ("act", "soon", "fine") if waiting in with_tone(rows, tone, today)}

    # 53 working days before 4 September; the first step must begin on 24 June
    begin_on = clocks([waiting], date(2026, 6, 8))[waiting.pk].plan.begin_on
    for day in (date(2026, 6, 8), date(2026, 6, 22), begin_on, date(2026, 7, 1), date(2026, 8, 31), CLOSE):
        assert tones(day) == {clocks([waiting], day)[waiting.pk].plan.tone}, day
    assert tones(date(2026, 9, 5)) == set()
    for code in ("ip", "ledger"):
        tick_step(waiting, code, done=True, actor=officer)
    assert tones(date(2026, 7, 1)) == {"fine"}


def test_the_timetable_follows_the_window_and_ends_with_the_filing(waiting, filing, lead, city, officer):
    today = date(2026, 7, 1)
    assert clocks([waiting], today)[waiting.pk].plan.tone == "act"

    with time_machine.travel(on("2026-07-01"), tick=False):
        window(lead, city, round=filing, extended_to=date(2026, 10, 30), notice_number="2号")
        assert clocks([waiting], today)[waiting.pk].plan.tone == "fine"
        move_application(waiting, "submit", actor=None)

    assert clocks([waiting], today)[waiting.pk].plan is None


def test_the_timetable_on_page_board_portal_and_api(waiting, client, officer, firm_user):
    with time_machine.travel(on("2026-07-01"), tick=False):
        client.force_login(officer)
        page = text(client.get(f"/applications/{waiting.pk}/"))
        assert "一企一策倒排：自批次截止" in page
        assert "我方默认" in page
        board = text(client.get("/board/high_tech/?year=2026"))
        assert 'data-tone="act"' in board
        assert re.search(r"已晚 \d+ 个工作日</span> <span class=\"small\">知识产权证书与技术水平证明", board)
        plan = client.get(f"/api/v1/applications/{waiting.pk}/").json()["timetable"]
        assert (plan["closes_on"], plan["pace"], len(plan["steps"])) == ("2026-09-04", "act", 6)
        assert client.post(f"/applications/{waiting.pk}/step/", {"code": "ip", "done": "1"}).status_code == 302
        assert client.get(f"/api/v1/applications/{waiting.pk}/").json()["timetable"]["steps"][0]["done"] is True
        assert "timetable" not in client.get("/api/v1/applications/").json()["results"][0]

        client.force_login(firm_user)
        portal = text(client.get(f"/portal/applications/{waiting.pk}/"))
        assert "按这个顺序准备，就能赶上本批次" in portal
        assert "委托事务所出具研发费用和高新收入专项报告" in portal


@pytest.mark.parametrize(("address", "statements"), [("/applications/", 10), ("/board/high_tech/?year=2026", 14)])
def test_clocks_cost_the_same_for_one_card_and_for_three(
    address, statements, waiting, officer, county, client, django_assert_num_queries
):
    client.force_login(officer)
    with time_machine.travel(on("2026-07-01"), tick=False):
        for _size in range(2):
            client.get(address)
            with django_assert_num_queries(statements):
                client.get(address)
            for number in range(2):
                other = open_application(make.firm(f"同批{_size}{number}", county), "high_tech", actor=None)
                for code in ("diagnose", "prepare"):
                    move_application(other, code, actor=officer)
