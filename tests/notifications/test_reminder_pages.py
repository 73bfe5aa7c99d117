"""The reminder centre and the ledger of periodic mails, as pages."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from crm.models import Mandate
from notifications import digests as gap
from notifications import mornings
from notifications.centre import WAITING, badges, reminded_of
from notifications.models import Digest, Message, MorningRule, Snooze
from notifications.reminders import plan_reminders
from pipeline.models import Deadline, Recognition
from tests import make

WEDNESDAY = date(2026, 11, 25)
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-25 09:00+08:00", tick=False):
        yield


def due(county, officer, days, **fields):
    """A report of a firm of that officer, due in so many days, its reminder to be planned today."""
    firm = make.firm(f"企业{days}天", county)
    type(firm).objects.filter(pk=firm.pk).update(officer=officer)
    place = {"firm": firm, "region_path": county.path}
    held = Recognition.objects.create(
        programme="high_tech", title="certificate", granted_on=date(2025, 1, 1), region=county, **place
    )
    values = {"key": f"r{firm.pk}", "kind": "annual_report", "recognition": held, "for_firm": True, **place}
    return Deadline.objects.create(due_on=WEDNESDAY + timedelta(days=days), next_rung_on=WEDNESDAY, **values | fields)


@pytest.fixture
def told(county, officer):
    """Four deadlines that the officer was reminded of today: overdue, today, this week, far ahead."""
    rows = [due(county, officer, days) for days in (-2, 0, 2, 30)]
    plan_reminders()
    return rows


def test_the_centre_groups_by_urgency_and_the_rail_says_how_many(told, officer):
    page = make.logged_in(officer).get("/reminders/").content.decode()

    places = [page.index(text) for text in ("已逾期</h2>", "企业-2天", "今天</h2>", "本周</h2>", "提前提醒</h2>")]
    assert places == sorted(places)
    assert page.count('<li class="wraps remind" id="d') == 4
    assert badges(officer, WEDNESDAY).reminders == 4
    assert 'href="/reminders/"' in page
    assert '<span class="count">4</span>' in page.split('href="/reminders/"')[1][:900]


@pytest.mark.parametrize("number", [1, 3])
def test_the_centre_costs_the_same_whatever_it_shows(county, officer, number, django_assert_num_queries):
    for days in range(number):
        due(county, officer, days)
    plan_reminders()
    client = make.logged_in(officer)

    with django_assert_num_queries(11):
        assert client.get("/reminders/").status_code == 200


def test_putting_off_moves_it_to_the_other_tab_and_resuming_back(told, officer):
    client = make.logged_in(officer)
    overdue = told[0]

    client.post(reverse("reminder_snooze", args=[overdue.pk]), {"until": "2026-11-26", "next": "/reminders/"})

    assert overdue not in reminded_of(officer, WAITING, WEDNESDAY)
    assert badges(officer, WEDNESDAY).reminders == 3
    page = client.get("/reminders/?tab=later").content.decode()
    assert ("企业-2天" in page, "11月26日 周四 再提醒" in page, "企业0天" in page) == (True, True, False)
    assert badges(officer, date(2026, 11, 26)).reminders == 4  # the day has come

    client.post(reverse("reminder_resume", args=[overdue.pk]))
    assert badges(officer, WEDNESDAY).reminders == 4


def test_stopping_keeps_the_reason_and_a_refusal_says_everything(told, officer):
    client, deadline = make.logged_in(officer), told[2]
    address = reverse("reminder_stop", args=[deadline.pk])

    page = client.post(address, {"reason": " "}, follow=True).content.decode()
    assert "请写明不再提醒的原因，逾期后上级会看到" in page
    page = client.post(reverse("reminder_snooze", args=[deadline.pk]), {"until": "x"}, follow=True).content.decode()
    assert "请选择推迟到哪一天" in page
    page = client.post(reverse("reminder_snooze", args=[deadline.pk]), {"until": "2026-12-01"}, follow=True)
    assert "12月1日 周二 已晚于截止日 11月27日 周五" in page.content.decode()
    assert Snooze.objects.count() == 0

    page = client.post(address, {"reason": "企业已电话告知"}, follow=True).content.decode()
    assert "企业2天：不再提醒您；逾期上报时会写明您的原因" in page
    assert "不再提醒：企业已电话告知" in client.get("/reminders/?tab=stopped").content.decode()


def test_the_link_of_a_mail_opens_the_one_reminder_in_whatever_tab_it_is(told, officer):
    client, deadline = make.logged_in(officer), told[1]
    link = (
        Message.objects.filter(deadline=deadline, kind="reminder")[0].body.split("推迟提醒，或不再提醒：")[1].split()[0]
    )

    page = client.get(link).content.decode()
    assert (page.count('<li class="wraps remind" id="d'), 'class="deed small" open' in page) == (1, True)

    client.post(reverse("reminder_stop", args=[deadline.pk]), {"reason": "x"})
    assert page.count("不再提醒的原因") == 1
    assert "不再提醒：x" in client.get(link).content.decode()
    Deadline.objects.filter(pk=deadline.pk).update(closed_at="2026-11-25T00:00Z")
    assert "这件事已经办完，或不再由您办理" in client.get(link).content.decode()


def test_a_met_deadline_leaves_the_centre(told, officer):
    Deadline.objects.filter(pk=told[0].pk).update(closed_at="2026-11-25T00:00Z")

    assert badges(officer, WEDNESDAY).reminders == 3


def test_a_firm_has_the_centre_in_its_portal_and_an_agent_only_while_mandated(told):
    member = make.firm_person("member", told[0].firm)
    agent = make.person("agent")
    mandate = Mandate.objects.create(
        firm=told[1].firm, agent=agent, name="x", email="x@example.cn", starts_on=WEDNESDAY, ends_on=WEDNESDAY
    )
    Deadline.objects.update(next_rung_on=WEDNESDAY)
    plan_reminders()

    page = make.logged_in(member).get("/portal/reminders/").content.decode()
    assert ("企业-2天" in page, "企业0天" in page, 'href="/portal/"' in page) == (True, False, True)
    assert badges(agent, WEDNESDAY).reminders == 1
    Mandate.objects.filter(pk=mandate.pk).delete()
    assert badges(type(agent).objects.get(pk=agent.pk), WEDNESDAY).reminders == 0


def test_a_stranger_cannot_put_off_what_is_not_theirs(told, other_officer):
    answer = make.logged_in(other_officer).post(reverse("reminder_stop", args=[told[0].pk]), {"reason": "x"})

    assert (answer.status_code, Snooze.objects.count()) == (404, 0)


def test_the_threshold_is_set_and_given_back(officer):
    client = make.logged_in(officer)
    for typed, kept in (("0", [0]), ("12", [12]), ("-1", [12]), ("x", [12]), ("", [])):
        client.post(reverse("reminder_threshold"), {"threshold": typed})
        assert list(MorningRule.objects.values_list("threshold", flat=True)) == kept


def test_the_morning_mail_is_not_told_twice_in_the_site(told, officer):
    assert Message.objects.filter(recipient=officer, kind="morning").count() == 1
    assert Message.objects.told(officer).count() == badges(officer, WEDNESDAY).unread == 4


# The ledger ----------------------------------------------------------------------------------------------------------


def test_the_ledger_shows_each_mail_with_what_became_of_it(told, officer, viewer, other_officer):
    page = make.logged_in(viewer).get("/outbox/digests/").content.decode()

    for text in (
        "姓名officer",
        "每日晨报",
        "2026-11-25",
        "已生成",
        "【紧急】今天 4 件：1 件逾期，1 件今天截止",
        "待发送",
    ):
        assert text in page
    assert "姓名officer" not in make.logged_in(other_officer).get("/outbox/digests/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_ledger_costs_the_same_whatever_it_shows(county, officer, number, django_assert_num_queries):
    for n in range(number):
        Digest.objects.create(kind="morning", recipient=officer, period=f"2026-11-2{n}", region_path=county.path)
    client = make.logged_in(officer)

    with django_assert_num_queries(7):
        client.get("/outbox/digests/")


def test_a_failed_morning_mail_is_made_again_by_hand(county, officer, viewer, monkeypatch):
    for days in range(4):
        due(county, officer, days)

    def fail(*given, **more):
        raise RuntimeError("broken template")

    with monkeypatch.context() as patch:
        patch.setattr(mornings, "morning_mail", fail)
        plan_reminders()
        failed = Digest.objects.get()
        client, again = make.logged_in(officer), reverse("digest_again", args=[failed.pk])
        page = client.get("/outbox/digests/?state=failed").content.decode()
        assert ("RuntimeError: broken template" in page, "重新生成" in page) == (True, True)
        assert "仍未能生成：RuntimeError: broken template" in client.post(again, follow=True).content.decode()
    assert make.logged_in(viewer).post(again).status_code == 404
    assert "重新生成" not in make.logged_in(viewer).get("/outbox/digests/").content.decode()

    assert "已生成并排队发送" in client.post(again, follow=True).content.decode()
    assert "这一期已经生成，无需重新生成" in client.post(again, follow=True).content.decode()
    made = Digest.objects.get()
    assert (made.state, made.attempts, made.items, made.message.state) == ("queued", 3, 4, "queued")


def test_a_failed_morning_mail_whose_reminders_ran_out_says_so(county, officer):
    row = Digest.objects.create(
        kind="morning", recipient=officer, period="2026-11-20", region_path=county.path, state="failed"
    )

    page = make.logged_in(officer).post(reverse("digest_again", args=[row.pk]), follow=True).content.decode()

    assert "这一天的提醒已过期或已另行发出，没有可补发的内容" in page


def test_a_failed_gap_mail_is_made_again_by_hand(city, leader, lead, monkeypatch):
    from decimal import Decimal

    from pipeline.models import Indicator
    from pipeline.services.targets import set_quota

    set_quota(Indicator.objects.get(code="high_tech.first_time"), city, 2026, target=Decimal(45), actor=lead)

    def fail(*given, **more):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(gap.mails, "render", fail)
        assert gap.send_gap_digests() == 0
        assert gap.send_gap_digests() == 0
    failed = Digest.objects.get(recipient=leader)
    assert (failed.state, failed.attempts, failed.error, failed.snapshot_as_of) == (
        "failed",
        2,
        "RuntimeError: broken",
        WEDNESDAY,
    )

    make.logged_in(lead).post(reverse("digest_again", args=[failed.pk]))

    assert Message.objects.get(kind="gap_digest").recipient == leader
    assert sorted(Digest.objects.values_list("state", flat=True)) == ["failed", "queued"]
    assert gap.send_gap_digests() == 1
