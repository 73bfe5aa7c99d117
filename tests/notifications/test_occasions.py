"""What is told of dates that are no firm's deadline: to whom, when, and once."""

from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command

from notifications.models import Message
from notifications.occasions import plan_occasions
from notifications.tasks import plan_reminders
from pipeline.models import Application, Recognition
from pipeline.rungs import DEFAULTS, LadderTable, Rung
from pipeline.services.applications import plan_next
from pipeline.services.ladders import set_ladder
from pipeline.services.rounds import save_round
from tests import make
from tests.pipeline import world


def plan(day):
    with time_machine.travel(f"{day} 08:00+08:00", tick=False):
        return plan_occasions()


def told(kind):
    rows = Message.objects.filter(key__startswith=f"occasion:{kind}:")
    return sorted(rows.values_list("recipient__username", flat=True))


@pytest.fixture
def staff(officer, other_officer, city_officer, lead, leader, viewer):
    """Everybody of the authority."""


DESKS = ["city_officer", "lead", "officer", "other_officer"]  # counties without officers of their own are the city's


def test_the_spot_check_is_told_to_the_counties_fourteen_and_seven_days_ahead(staff):
    for day in ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-08", "2026-12-09"):
        plan(day)

    keys = Message.objects.filter(key__startswith="occasion:spot_check:").values_list("key", flat=True)
    assert {key.split(":")[4] for key in keys} == {"14d", "7d"}
    assert told("spot_check") == sorted(2 * DESKS)
    message = Message.objects.filter(recipient__username="officer", key__contains=":14d:").get()
    assert message.subject == "【还有 14 天】年末抽查 · 12月15日 周二"
    assert "请于 12月15日 周二 前完成科技型中小企业年末抽查。" in message.body
    assert (message.state, message.urgent, message.kind) == ("held", False, "reminder")


def test_the_report_to_the_state_is_the_citys(staff):
    plan("2026-10-30")
    plan("2026-11-02")  # thirty days ahead was a Saturday

    assert told("state_report") == ["city_officer"]


def test_the_end_of_a_month_is_told_to_counties_and_leader_on_its_last_working_day(staff):
    for day in ("2026-10-29", "2026-10-30", "2026-11-02"):  # 31 October is a Saturday
        plan(day)

    assert told("quota_check") == sorted([*DESKS, "leader"])
    assert set(Message.objects.filter(key__contains="quota_check").values_list("link", flat=True)) == {"/targets/"}


@time_machine.travel("2026-05-10 10:00+08:00", tick=False)
def test_a_window_is_told_to_the_counties_and_to_firms_that_prepare_for_it(staff, firm, other_firm, firm_user, city):
    window = save_round(
        programme="high_tech",
        region=city,
        year=2026,
        opens_on=date(2026, 5, 21),
        closes_on=date(2026, 9, 5),
        actor=None,
    )
    world.at(firm, "prep", round=window)
    world.at(other_firm, "formal", round=window)

    assert plan("2026-05-20") == 0
    assert plan("2026-05-21") == 5

    assert told("window_open") == sorted([*DESKS, "firm_user"])
    to_firm = Message.objects.get(recipient=firm_user, key__startswith="occasion")
    assert to_firm.subject == "【今天】高新技术企业 申报开始 · 平南智造科技有限公司"
    assert "自 5月21日 周四 起受理，至 9月5日 周六 截止" in to_firm.body
    assert (to_firm.link, to_firm.firm) == ("/portal/", firm)


def test_a_window_that_no_run_told_in_time_is_told_within_a_week(staff, city):
    with time_machine.travel("2026-05-10 10:00+08:00", tick=False):
        dates = {"opens_on": date(2026, 5, 21), "closes_on": date(2026, 9, 5)}
        save_round(programme="high_tech", region=city, year=2026, actor=None, **dates)

    plan("2026-05-29")
    assert told("window_open") == []
    plan("2026-05-28")
    assert told("window_open") == DESKS
    assert "【已过 7 天】" in Message.objects.filter(key__contains="window_open").first().subject


def followed(application, on, officer):
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        plan_next(application, action="上门核对账目", on=on, actor=officer)


def test_a_planned_action_is_told_to_its_owner_on_the_day_and_three_days_after(firm, officer, city_officer):
    application = world.at(firm, "prep")
    Application.objects.filter(pk=application.pk).update(officer=officer)
    application.refresh_from_db()
    followed(application, date(2026, 11, 27), officer)

    counts = []
    for day in ("2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"):
        plan(day)
        counts.append(len(told("follow_up")))

    assert (counts, set(told("follow_up"))) == ([0, 1, 2, 2], {"officer"})
    first = Message.objects.get(key__contains=f"follow_up:{application.pk}:2026-11-27:0d")
    assert first.subject == "【今天】上门核对账目 · 平南智造科技有限公司"
    assert (first.link, first.application) == (f"/applications/{application.pk}/", application)


def test_a_planned_action_that_was_done_or_moved_is_silent(firm, officer):
    application = world.at(firm, "prep", officer=officer)
    followed(application, date(2026, 11, 27), officer)
    plan("2026-11-27")
    application.refresh_from_db()
    followed(application, None, officer)

    plan("2026-11-30")

    assert told("follow_up") == ["officer"]


def library_entry(firm, **fields):
    given = {"programme": "gazelle", "title": "library", "granted_on": date(2025, 8, 1)} | fields
    return Recognition.objects.create(firm=firm, region=firm.region, region_path=firm.region_path, **given)


def test_yearly_checks_of_firms_are_off_until_the_city_switches_them_on(staff, firm, firm_user, lead, city):
    library_entry(firm)
    library_entry(firm, programme="tech_sme", title="registration", valid_until=date(2026, 12, 31))
    for day in ("2026-06-22", "2027-03-01"):
        plan(day)
    assert told("library_check") == told("info_update") == []

    rung = (Rung(7, roles=("firm", "city")),)
    set_ladder(LadderTable("library_check", rung, yearly=(6, 30)), actor=lead, region=city)
    on = DEFAULTS["info_update"]
    set_ladder(LadderTable(on.kind, on.rungs, yearly=on.yearly), actor=lead, region=city)
    for day in ("2026-06-23", "2027-03-01"):
        plan(day)

    assert told("library_check") == ["city_officer", "firm_user"]
    assert told("info_update") == ["firm_user"]
    message = Message.objects.get(key__contains="info_update")
    assert "平南智造科技有限公司上年度已入库，请于 3月31日 周三 前" in message.body


@pytest.mark.parametrize("firms", [1, 3])
def test_planning_costs_the_same_statements_however_many_dates(staff, county, firms, django_assert_num_queries):
    for number in range(firms):
        application = world.at(make.firm(f"企业{number}", county), "prep")
        Application.objects.filter(pk=application.pk).update(next_action_on=date(2026, 11, 23))

    with time_machine.travel("2026-11-23 08:00+08:00", tick=False), django_assert_num_queries(22):
        plan_occasions()


def test_days_off_are_quiet_and_a_second_run_finds_nothing(staff):
    assert plan("2026-11-29") == 0
    assert plan("2026-12-01") > 0
    assert plan("2026-12-01") == 0


def test_the_beat_plans_both_and_one_mail_carries_what_is_much(staff, county, officer):
    for number in range(4):
        application = world.at(make.firm(f"企业{number}", county), "prep")
        Application.objects.filter(pk=application.pk).update(next_action_on=date(2026, 11, 23), officer=officer)
    Message.objects.all().delete()

    with time_machine.travel("2026-11-23 08:00+08:00", tick=False):
        plan_reminders()

    mail = Message.objects.get(recipient=officer, kind="morning")
    assert mail.bundled.count() == Message.objects.filter(recipient=officer, key__startswith="occasion").count() == 4


def test_the_command_plans_any_day_and_refuses_nonsense(staff, capsys):
    call_command("plan_occasions", "--today", "2026-12-08")
    call_command("plan_occasions", "--today", "2026-12-08")

    assert capsys.readouterr().out == "4 new\n0 new\n"
    assert not Message.objects.filter(state="held").exists()
    with pytest.raises(CommandError):
        call_command("plan_occasions", "--today", "gestern")
