"""The road of a deadline: a ladder is set, the clock goes on, the bell rings, somebody puts it off, a superior hears."""

import datetime as dt

import pytest
import time_machine
from playwright.sync_api import expect

from crm.choices import Role
from crm.models import Region
from notifications.models import Message, Snooze
from notifications.outbox import deliver_messages
from notifications.planning import plan_morning
from pipeline.models import Ladder
from pipeline.services.applications import move_application
from tests import make
from tests.browser.test_officer_and_firm import too_wide, violations
from tests.pipeline import world

pytestmark = pytest.mark.browser

POLL = 21_000  # a little more than the bell waits between two questions


@pytest.fixture
def clock(settings):
    """The server's clock, at ten on a Monday; it goes on only when told to."""
    settings.SESSION_COOKIE_AGE = 60 * 86400  # nobody is logged out by the days that pass here
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False) as travelled:
        yield travelled


@pytest.fixture
def desk(committed_db, settings):
    settings.MESSAGE_UNDO_SECONDS = 60
    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    people = {
        "lead": make.person("lead", city, Role.LEAD),
        "leader": make.person("leader", city, Role.LEADER),
        "officer": make.person("officer", county, Role.OFFICER),
        "city_officer": make.person("city_officer", city, Role.OFFICER),
    }
    application = world.at(make.firm("待补企业", county), "formal")
    return people | {"application": application, "boss": make.firm_person("boss", application.firm)}


def morning(clock, day):
    """Eight in the morning of a day: what beat runs."""
    clock.move_to(dt.datetime.fromisoformat(f"{day} 08:00+08:00"))
    plan_morning()
    deliver_messages()


def bell(page):
    return page.locator(".bell .count")


def test_a_deadline_is_told_put_off_raised_and_ends(clock, desk, sit_down):
    lead = sit_down(desk["lead"]).page
    lead.clock.install()
    lead.goto("/settings/ladders/correction_due/")
    assert violations(lead) == []
    lead.fill("[name=value0]", "2")
    lead.select_option("[name=when0]", "ahead_workdays")
    lead.fill("[name=lead_after]", "1")
    lead.fill("[name=leader_after]", "2")
    lead.fill("[name=on]", "2026-12-10")
    lead.get_by_role("button", name="预览").click()
    lead.get_by_text("12月8日").first.wait_for()
    lead.get_by_role("button", name="保存", exact=True).click()
    lead.get_by_text("到期前 2 个工作日").first.wait_for()
    assert Ladder.objects.get().lead_after == 1

    move_application(desk["application"], "return_for_correction", actor=desk["city_officer"], note="缺件")
    due_on = desk["application"].deadlines.get(closed_at=None).due_on
    assert due_on == dt.date(2026, 11, 30)

    officer = sit_down(desk["officer"]).page
    officer.clock.install()
    officer.goto("/")
    expect(bell(officer)).to_be_hidden()
    morning(clock, "2026-11-26")  # two working days ahead
    officer.clock.fast_forward(POLL)
    expect(bell(officer)).to_have_text("1")
    officer.locator(".bell").click()
    officer.locator(".bellsheet").get_by_text("待补企业").first.wait_for()
    assert violations(officer) == []

    officer.goto("/reminders/")
    officer.get_by_text("推迟 / 不再提醒").click()
    assert violations(officer) == []
    officer.get_by_role("button", name="下一个工作日").click()
    officer.get_by_role("link", name="已推迟 1").click()
    officer.get_by_text("11月27日 周五 再提醒").wait_for()
    assert Snooze.objects.get().until == dt.date(2026, 11, 27)
    assert too_wide(officer) == []

    lead.goto("/")
    for day in ("2026-11-27", "2026-11-30", "2026-12-01"):
        morning(clock, day)
    lead.clock.fast_forward(POLL)
    expect(bell(lead)).to_have_text(str(Message.objects.told(desk["lead"]).filter(read_at=None).count()))
    lead.locator(".bell").click()
    lead.locator(".bellsheet").get_by_text("逾期 1 个工作日").first.wait_for()
    raised = Message.objects.filter(recipient=desk["leader"], deadline__application=desk["application"])
    assert raised.count() == 0
    morning(clock, "2026-12-02")
    assert [message.urgent for message in raised] == [True]

    move_application(desk["application"], "submit", actor=desk["boss"])
    told = Message.objects.filter(kind="reminder", deadline__kind="correction_due")
    before = told.count()
    morning(clock, "2026-12-03")
    assert told.count() == before  # met: nobody is told any more


def test_a_text_is_rewritten_and_a_mail_that_waits_is_recalled(clock, desk, sit_down):
    lead = sit_down(desk["lead"]).page
    lead.goto("/outbox/templates/stage_returned/zh-hans/")
    assert violations(lead) == []
    lead.fill("[name=subject]", "请补正：{企业}（{受理编号}）")
    lead.get_by_role("button", name="保存").first.click()
    lead.get_by_text("第 1 版").first.wait_for()
    lead.fill("[name=subject]", "请补正：{税号}")
    lead.get_by_role("button", name="保存").first.click()
    lead.get_by_text("{税号}").first.wait_for()

    city_officer = sit_down(desk["city_officer"]).page
    city_officer.goto(f"/applications/{desk['application'].pk}/move/")
    city_officer.get_by_role("radio", name="退回补正").check()
    city_officer.get_by_text("企业将收到通知").first.wait_for()
    move_application(desk["application"], "return_for_correction", actor=desk["city_officer"], note="缺件")

    waiting = Message.objects.get(to_firm=True, kind="stage")
    assert waiting.subject == f"请补正：待补企业（{desk['application'].reference}）"
    assert (waiting.template, waiting.template_version, waiting.state) == ("stage_returned", 1, "queued")
    city_officer.goto("/outbox/?tab=waiting")
    assert violations(city_officer) == []
    city_officer.get_by_role("link", name=waiting.subject).click()
    city_officer.get_by_label("撤回的原因").fill("另行电话告知")
    city_officer.get_by_role("button", name="撤回").click()
    city_officer.get_by_text("已撤回").first.wait_for()
    clock.move_to(dt.datetime.fromisoformat("2026-11-23 10:05+08:00"))
    deliver_messages()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("recalled", "另行电话告知")
