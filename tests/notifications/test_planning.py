"""The planner: batches, snoozes and stops, and the one mail of a full morning."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from crm.models import Contact, Mandate, Membership, User
from notifications import mornings, reminders
from notifications.models import Channel, Digest, Message, MorningRule, Preference
from notifications.reminders import plan_reminders
from notifications.snoozes import snooze, stop_reminding
from notifications.topics import REMINDER
from notifications.versions import save_wording
from pipeline.models import Deadline, Recognition
from pipeline.selectors.calendar import work_calendar
from pipeline.services.applications import move_application
from tests import make

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


def plan(day):
    with time_machine.travel(f"{day} 08:00+08:00", tick=False):
        return plan_reminders()


def told(**wanted):
    return sorted(Message.objects.filter(**wanted).values_list("to", flat=True))


@pytest.fixture
def returned(formal, city_officer, officer, firm_user):
    """Returned on Monday 23 November 2026, due on Monday 30 November; told to the firm and its officer."""
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    Message.objects.all().delete()
    return Deadline.objects.open().get()


def reports(county, number, *, officer, due_on=FRIDAY, start=0):
    """Annual reports of firms of one county, each due that day: rungs are told 1, 7, 15, 30 and 60 days ahead."""
    for n in range(start, start + number):
        firm = make.firm(f"年报企业{n}", county)
        type(firm).objects.filter(pk=firm.pk).update(officer=officer)
        held = Recognition.objects.create(
            firm=firm,
            programme="high_tech",
            title="certificate",
            granted_on=date(2025, 1, 1),
            region=county,
            region_path=county.path,
        )
        Deadline.objects.create(
            key=f"report:{n}",
            kind="annual_report",
            firm=firm,
            recognition=held,
            for_firm=True,
            region_path=county.path,
            due_on=due_on + timedelta(days=n % 3),
            next_rung_on=MONDAY,
        )
    return list(Deadline.objects.filter(kind="annual_report").order_by("pk"))


# Batches -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_a_batch_costs_the_same_statements_however_many_deadlines_it_holds(
    county, officer, number, django_assert_num_queries
):
    due = reports(county, number, officer=officer)
    Deadline.objects.update(due_on=FRIDAY)
    for deadline in due:
        make.firm_person(f"p{deadline.pk}", deadline.firm)
    make.firm("无关", county)

    with time_machine.travel("2026-11-23 08:00+08:00", tick=False), django_assert_num_queries(31):
        assert plan_reminders() == 2 * number


def test_many_batches_are_planned_whole(county, officer, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 2)
    reports(county, 5, officer=officer)

    assert [plan(MONDAY), plan(MONDAY)] == [5, 0]

    told_of = Message.objects.filter(kind="reminder").values_list("deadline", flat=True)
    assert set(told_of) == set(Deadline.objects.values_list("pk", flat=True))
    assert not Deadline.objects.filter(next_rung_on__lte=MONDAY).exists()


def test_the_firms_side_is_told_only_of_what_it_may_know_of(county, officer):
    known, hidden = reports(county, 2, officer=officer)
    Deadline.objects.filter(pk=hidden.pk).update(for_firm=False)
    for deadline in (known, hidden):
        Contact.objects.create(firm=deadline.firm, name="联系人", email=f"c{deadline.pk}@example.cn")
        agent = make.person(f"agent{deadline.pk}")
        Mandate.objects.create(
            firm=deadline.firm, agent=agent, name="x", email="x@example.cn", starts_on=MONDAY, ends_on=MONDAY
        )

    plan(MONDAY)

    assert told(to_firm=True) == [f"agent{known.pk}@example.cn", f"c{known.pk}@example.cn"]
    assert told(to_firm=False) == ["officer@example.cn"] * 2


def test_who_has_no_address_is_told_in_the_site(returned, officer):
    User.objects.filter(pk=officer.pk).update(email="")

    plan(FRIDAY)

    assert Message.objects.get(recipient=officer).state == "in_app"
    assert Message.objects.get(to_firm=True).state == "queued"


def test_a_date_that_moves_while_it_is_planned_is_not_told(returned, monkeypatch):
    real = reminders.add_new

    def move_meanwhile(rows):
        Deadline.objects.update(due_on=date(2026, 12, 30), next_rung_on=date(2026, 12, 25))
        return real(rows)

    monkeypatch.setattr(reminders, "add_new", move_meanwhile)
    plan(FRIDAY)

    assert set(Message.objects.values_list("state", flat=True)) == {"expired"}
    assert Deadline.objects.get(pk=returned.pk).next_rung_on == date(2026, 12, 25)


# Snooze and stop -----------------------------------------------------------------------------------------------------


def put_off(deadline, user, until, today):
    return snooze(deadline, user, until, today=today, calendar=work_calendar())


def test_who_put_it_off_is_told_again_on_that_day_and_once(returned, officer):
    put_off(returned, officer, date(2026, 11, 30), date(2026, 11, 25))

    assert plan(FRIDAY) == 1
    assert told() == ["firm_user@example.cn"]
    assert [plan("2026-11-30"), plan("2026-11-30")] == [2, 0]

    again = Message.objects.get(recipient=officer)
    assert (again.subject, again.urgent) == ("【今天截止】高新技术企业 补正截止 · 平南智造科技有限公司", True)
    assert again.key == f"deadline:{returned.pk}:2026-11-30:again-2026-11-30:u{officer.pk}"
    assert plan("2026-12-01") == 3  # overdue: as everybody else


def test_a_day_without_a_rung_wakes_too(returned, officer):
    put_off(returned, officer, date(2026, 11, 26), date(2026, 11, 25))

    assert [plan("2026-11-25"), plan("2026-11-26")] == [0, 1]
    assert told() == ["officer@example.cn"]


def test_after_days_without_a_run_who_slept_is_told_late_and_once(returned, officer):
    put_off(returned, officer, FRIDAY, date(2026, 11, 25))

    assert [plan("2026-11-30"), plan("2026-11-30")] == [2, 0]
    assert told() == ["firm_user@example.cn", "officer@example.cn"]


def test_who_left_meanwhile_is_not_woken(returned, officer):
    put_off(returned, officer, date(2026, 11, 26), date(2026, 11, 25))
    officer.posts.all().delete()

    assert plan("2026-11-26") == 0


def test_a_run_that_dies_before_it_notes_who_woke_tells_nobody_twice(returned, officer, monkeypatch):
    put_off(returned, officer, date(2026, 11, 26), date(2026, 11, 25))
    real = reminders.add_new

    def keep_and_die(rows):
        real(rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(reminders, "add_new", keep_and_die)
    with pytest.raises(KeyboardInterrupt):
        plan("2026-11-26")
    monkeypatch.setattr(reminders, "add_new", real)

    assert [plan("2026-11-26"), plan("2026-11-26")] == [0, 0]
    assert told(state="queued") == ["officer@example.cn"]


def test_the_daily_nag_goes_on_for_those_who_did_not_stop(returned, officer, city_officer):
    stop_reminding(returned, officer, "企业已电话告知")

    for day in ("2026-11-27", "2026-12-01", "2026-12-02"):
        plan(day)

    assert Message.objects.filter(recipient=officer).count() == 0
    assert told(subject__contains="已逾期 1 天") == ["city_officer@example.cn", "firm_user@example.cn"]
    assert told(subject__contains="已逾期 2 天") == ["city_officer@example.cn", "firm_user@example.cn"]


def test_stopping_does_not_silence_the_superiors_who_read_who_stopped_and_why(returned, officer, lead, leader):
    with time_machine.travel("2026-11-25 10:00+08:00", tick=False):
        stop_reminding(returned, officer, "企业已电话告知")
        stop_reminding(returned, lead, "知道了")

    for day in ("2026-12-01", "2026-12-03", "2026-12-07"):
        plan(day)

    raised = list(Message.objects.filter(recipient__in=[lead, leader]).order_by("pk"))
    assert [message.recipient for message in raised] == [lead, leader]
    for message in raised:
        for text in (message.body, message.html):
            assert "姓名officer已于 2026-11-25 选择不再提醒，原因：企业已电话告知" in text


def test_a_superior_may_put_it_off_and_is_told_on_that_day(returned, lead):
    put_off(returned, lead, date(2026, 12, 4), date(2026, 12, 2))

    for day in ("2026-12-02", "2026-12-03", "2026-12-04"):
        plan(day)

    assert [message.key.split(":")[3] for message in Message.objects.filter(recipient=lead)] == ["again-2026-12-04"]


def test_a_moved_date_ends_a_stop(returned, officer):
    stop_reminding(returned, officer, "出差")
    Deadline.objects.update(due_on=date(2026, 12, 1), next_rung_on=date(2026, 11, 30))

    plan("2026-11-30")

    assert told() == ["firm_user@example.cn", "officer@example.cn"]


# The morning mail ----------------------------------------------------------------------------------------------------


def test_up_to_the_threshold_each_is_a_mail_of_its_own(county, officer):
    reports(county, 3, officer=officer)

    plan(MONDAY)

    assert told(state="queued", kind="reminder") == ["officer@example.cn"] * 3
    assert Digest.objects.count() == 0


def test_more_than_the_threshold_become_one_mail_worst_first(county, officer):
    reports(county, 4, officer=officer, due_on=MONDAY)
    Deadline.objects.filter(key="report:1").update(due_on=MONDAY - timedelta(days=5))

    assert plan(MONDAY) == 4

    mail = Message.objects.get(kind="morning")
    assert (mail.to, mail.state, mail.urgent, mail.link, mail.region_path) == (
        "officer@example.cn",
        "queued",
        True,
        "/reminders/",
        county.path,
    )
    assert mail.subject == "【紧急】今天 4 件：1 件逾期，2 件今天截止 · 11月23日 周一"
    assert mail.body.startswith(
        "今天 4 件：1 件逾期，2 件今天截止，最急：年报企业1 年度报告 11月18日 周三（逾期 5 天）。\n\n姓名officer，您好：\n\n"
        "企业要填报（4）\n逾期 5 天 · 年报企业1 · 年度报告 11月18日 周三 http://127.0.0.1:8000/firms/"
    )
    order = [mail.html.index(f"年报企业{n}<") for n in (1, 0, 3, 2)]
    assert order == sorted(order)
    assert set(Message.objects.filter(kind="reminder").values_list("state", "bundle", "lease")) == {
        ("in_app", mail.pk, None)
    }
    ledger = Digest.objects.get()
    assert (ledger.kind, ledger.recipient, ledger.period, ledger.state, ledger.items, ledger.message) == (
        "morning",
        officer,
        "2026-11-23",
        "queued",
        4,
        mail,
    )
    assert ledger.region_path == county.path


def test_planning_the_morning_again_makes_no_second_mail(county, officer):
    reports(county, 4, officer=officer)

    assert [plan(MONDAY), plan(MONDAY)] == [4, 0]
    assert Message.objects.filter(kind="morning").count() == Digest.objects.count() == 1


def test_a_second_full_batch_of_the_day_is_a_second_mail(county, officer):
    reports(county, 4, officer=officer)
    plan(MONDAY)
    reports(county, 4, officer=officer, start=4)

    assert plan(MONDAY) == 4

    assert sorted(Digest.objects.values_list("period", "items")) == [("2026-11-23", 4), ("2026-11-23+2", 4)]
    assert Message.objects.filter(kind="morning").count() == 2


@pytest.mark.parametrize(("own", "mails", "singles"), [(0, 1, 0), (1, 1, 0), (2, 0, 2)])
def test_a_person_sets_the_own_threshold(county, officer, own, mails, singles):
    MorningRule.objects.create(user=officer, threshold=own, changed_at="2026-11-01T00:00Z")
    reports(county, 2, officer=officer)

    plan(MONDAY)

    assert Message.objects.filter(kind="morning").count() == mails
    assert Message.objects.filter(kind="reminder", state="queued").count() == singles


def test_the_threshold_of_all_is_a_setting(county, officer, settings):
    settings.MORNING_THRESHOLD = 0
    reports(county, 1, officer=officer)

    plan(MONDAY)

    assert Message.objects.get(kind="morning").subject == "【期限提醒】今天 1 件 · 11月23日 周一"


def test_a_mail_that_cannot_be_made_stops_nobody_and_is_made_late_and_once(
    county, other_county, officer, other_officer, monkeypatch
):
    reports(county, 4, officer=officer)
    reports(other_county, 4, officer=other_officer, start=4)
    real = mornings.morning_mail

    def fail_for_the_officer(shown, sums, **given):
        if shown[0].recipient == officer:
            raise RuntimeError("broken")
        return real(shown, sums, **given)

    monkeypatch.setattr(mornings, "morning_mail", fail_for_the_officer)
    plan(MONDAY)
    plan(MONDAY)

    failed = Digest.objects.get(recipient=officer)
    assert (failed.period, failed.state, failed.error, failed.attempts, failed.items, failed.message) == (
        "2026-11-23",
        "failed",
        "RuntimeError: broken",
        2,
        4,
        None,
    )
    assert failed.region_path == county.path
    assert told(kind="morning") == ["other_officer@example.cn"]
    assert Message.objects.filter(recipient=officer, state="held").count() == 4

    monkeypatch.setattr(mornings, "morning_mail", real)
    plan("2026-11-24")
    plan("2026-11-24")

    made = Digest.objects.get(recipient=officer)
    assert (made.pk, made.state, made.error, made.attempts) == (failed.pk, "queued", "", 3)
    assert told(kind="morning") == ["officer@example.cn", "other_officer@example.cn"]


def test_an_agent_of_many_firms_gets_one_mail_and_its_firms_people_see_none_of_it(county, officer):
    agent = make.person("agent")
    for deadline in reports(county, 4, officer=officer):
        Mandate.objects.create(
            firm=deadline.firm, agent=agent, name="x", email="x@example.cn", starts_on=MONDAY, ends_on=FRIDAY
        )
    member = make.firm_person("member", Deadline.objects.all()[0].firm)

    plan(MONDAY)

    mail = Message.objects.get(kind="morning", recipient=agent)
    assert (mail.to_firm, mail.firm, mail.link) == (True, None, "/portal/reminders/")
    assert "要填报（4）" in mail.body
    assert mail not in Message.objects.visible_to(member)


def test_a_contact_person_without_account_gets_one_mail_too(county, officer):
    due = reports(county, 4, officer=officer)
    Deadline.objects.update(firm=due[0].firm)
    Contact.objects.create(firm=due[0].firm, name="王五", email="w@example.cn")

    plan(MONDAY)

    assert told(kind="morning") == ["officer@example.cn", "w@example.cn"]
    assert Message.objects.filter(kind="reminder").exclude(state="in_app").count() == 0
    assert Digest.objects.count() == 1  # the ledger is of accounts


def test_the_mail_is_read_in_the_own_language(county, officer):
    User.objects.filter(pk=officer.pk).update(language="en")
    reports(county, 4, officer=officer)

    plan(MONDAY)

    assert Message.objects.get(kind="morning").language == "en"


def test_a_long_list_is_cut_and_says_so(county, officer, monkeypatch):
    from notifications import morning_mail

    monkeypatch.setattr(morning_mail, "SHOWN", 3)
    reports(county, 5, officer=officer)

    plan(MONDAY)

    mail = Message.objects.get(kind="morning")
    assert mail.body.count("/firms/") == 3
    assert "另有 2 件，见提醒中心。" in mail.body
    assert Digest.objects.get().items == 5


def test_who_wants_no_morning_mail_gets_each_reminder_singly(county, officer):
    Preference.objects.create(user=officer, kind="morning", way="mail", wanted=False, changed_at="2026-11-01T00:00Z")
    reports(county, 4, officer=officer)

    plan(MONDAY)

    assert list(Message.objects.values_list("kind", "state").distinct().order_by("kind")) == [("reminder", "queued")]


def test_a_superior_is_not_told_that_a_group_was_reminded(returned, officer):
    plan(FRIDAY)
    robot = Channel.objects.create(
        name="群", kind="robot", region=officer.posts.get().region, region_path=returned.region_path,
        address="json://127.0.0.1:9/x", changed_at="2026-11-01T00:00Z",
    )  # fmt: skip
    one = Message.objects.filter(kind="reminder").first()
    key = one.key.replace(f"u{one.recipient_id}", f"r{robot.pk}")
    Message.objects.create(
        key=key, kind="reminder", channel=robot, to_name="群", deadline=returned, send_after=one.send_after
    )

    names = {told.name for told in reminders.told_before([returned], date(2026, 12, 3))[returned.pk]}

    assert names == set(Message.objects.filter(channel=None).values_list("to_name", flat=True))


@pytest.mark.parametrize("moment", ["2026-11-23 20:05+08:00", "2026-11-23 23:00+08:00"])
@pytest.mark.parametrize("number", [1, 4])
def test_what_is_planned_at_night_reaches_firms_in_the_morning(county, officer, moment, number):
    reports(county, number, officer=officer)
    firms = [row.firm for row in Deadline.objects.select_related("firm")]
    for firm in firms:
        Contact.objects.create(firm=firm, name="王五", email="w@example.cn")

    with time_machine.travel(moment, tick=False):
        plan_reminders()

    times = Message.objects.filter(state="queued").values_list("to_firm", "send_after").distinct().order_by("to_firm")
    assert [(to_firm, str(at)) for to_firm, at in times] == [
        (False, "2026-11-23 00:00:00+00:00"),
        (True, "2026-11-24 00:00:00+00:00"),
    ]


def test_a_morning_mail_outlives_the_holiday_before_which_it_was_made_late(county, officer, firm_user):
    with time_machine.travel("2026-09-30 20:05+08:00", tick=False):
        reports(county, 10, officer=officer, due_on=date(2026, 10, 30))
        for row in Deadline.objects.all():
            Membership.objects.create(firm=row.firm, user=firm_user, started_on=date(2026, 1, 1))
        Deadline.objects.update(next_rung_on=date(2026, 9, 30))
        plan_reminders()

    mail = Message.objects.get(kind="morning", to_firm=True)
    assert mail.send_after > datetime(2026, 10, 7, tzinfo=UTC)
    assert mail.expires_at == mail.send_after + timedelta(days=7)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "别忘了 "), ("en", "Remember ")])
def test_a_reminder_in_the_bureaus_words_can_be_put_off_too(returned, lead, firm_user, language, words):
    User.objects.filter(pk=firm_user.pk).update(language=language)
    for code, text in (("zh-hans", "别忘了 {事项}"), ("en", "Remember {事项}")):
        save_wording(REMINDER, code, subject=text, body=text, seen=0, actor=lead)

    plan(FRIDAY)

    mail = Message.objects.get(recipient=firm_user, kind="reminder")
    assert (mail.subject.startswith(words), mail.template, mail.template_version) == (True, "reminder", 1)
    assert f"/portal/reminders/?deadline={returned.pk}" in mail.body
    assert f"/portal/reminders/?deadline={returned.pk}" in mail.html
