"""Who is told of what: moves, reminders, the weekly gap."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command

from crm.models import Contact, Post, User
from crm.services.firms import assign_firm
from notifications import digests
from notifications.digests import first_workday, send_gap_digests
from notifications.models import Digest, Message
from notifications.reminders import plan_reminders
from pipeline.models import Application, Deadline, Indicator, Snapshot
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from pipeline.services.rounds import set_workday
from pipeline.services.targets import set_quota
from pipeline.workdays import iso_week
from tests import make
from tests.pipeline import world

MONDAY = "2026-11-23 10:00+08:00"


def told(**wanted):
    return sorted(Message.objects.filter(**wanted).values_list("to", flat=True))


@time_machine.travel(MONDAY, tick=False)
def test_a_return_is_mailed_to_the_firm_with_note_and_date(formal, city_officer, firm_user):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺第三季度凭证")

    message = Message.objects.get()
    assert (message.to, message.kind, message.state, message.to_firm) == (
        "firm_user@example.cn",
        "stage",
        "queued",
        True,
    )
    assert message.subject == "高新技术企业：待补正，请于 11月30日 周一 前办理"
    for text in ("缺第三季度凭证", "11月30日 周一", formal.reference, f"/portal/applications/{formal.pk}/"):
        assert text in message.body
        assert text in message.html
    assert "形式审查" not in message.body
    assert "http://127.0.0.1:8000" in message.body


def test_a_firm_without_account_is_written_to_at_its_contacts(formal, firm, city_officer):
    Contact.objects.create(firm=firm, name="王五", email="w@example.cn")
    Contact.objects.create(firm=firm, name="无邮箱")

    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")

    assert told() == ["w@example.cn"]


def test_internal_moves_tell_nobody(application, officer, firm_user):
    move_application(application, "diagnose", actor=officer)
    move_application(application, "prepare", actor=officer)

    assert told() == []


def test_the_officer_hears_what_the_firm_did_and_nobody_hears_of_the_own_act(firm, officer, firm_user):
    assign_firm(firm, officer=officer, actor=officer)
    second = make.firm_person("second", firm)
    application = world.at(world.with_basics(firm), "prep")
    Message.objects.all().delete()

    move_application(application, "submit", actor=firm_user)

    assert told() == ["officer@example.cn"]
    assert second.email not in told()


def test_a_refused_move_tells_nobody(formal, firm_user):
    from pipeline.errors import TransitionRefused

    with pytest.raises(TransitionRefused):
        move_application(formal, "recommend", actor=firm_user)

    assert told() == []


def test_each_reads_in_the_own_language(formal, city_officer, firm_user):
    User.objects.filter(pk=firm_user.pk).update(language="en")

    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")

    message = Message.objects.get()
    assert message.subject.startswith("High-tech enterprise")
    assert "您好" not in message.body


# Reminders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def returned(formal, city_officer, firm, officer, firm_user):
    """Returned on Monday 23 November 2026, due on Monday 30 November."""
    with time_machine.travel(MONDAY, tick=False):
        assign_firm(firm, officer=officer, actor=officer)
        formal.refresh_from_db()
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    Message.objects.all().delete()
    return formal


def plan(day):
    with time_machine.travel(f"{day} 08:00+08:00", tick=False):
        return plan_reminders()


def test_reminders_follow_the_ladder_to_firm_and_officer(returned):
    assert [plan(f"2026-11-{day}") for day in (24, 25, 26, 27, 28, 29, 30)] == [0, 0, 0, 2, 0, 0, 2]
    assert [plan("2026-12-01"), plan("2026-12-02")] == [3, 3]  # overdue: each day, and the city's officers too

    assert told(subject__contains="今天截止") == ["firm_user@example.cn", "officer@example.cn"]
    assert told(subject__contains="已逾期 1 天") == [
        "city_officer@example.cn",
        "firm_user@example.cn",
        "officer@example.cn",
    ]


def test_superiors_hear_once_after_the_days_set_and_of_who_was_told_before(returned, lead, leader):
    for day in ("2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02"):
        plan(day)
    assert told(recipient__in=[lead, leader]) == []

    for day in ("03", "04", "07", "08", "09"):
        plan(f"2026-12-{day}")

    messages = {message.recipient: message for message in Message.objects.filter(recipient__in=[lead, leader])}
    assert Message.objects.filter(recipient__in=[lead, leader]).count() == 2
    to_lead, to_leader = messages[lead], messages[leader]
    assert (to_lead.urgent, to_lead.subject) == (
        True,
        "【逾期 3 个工作日】高新技术企业 补正截止 · 平南智造科技有限公司",
    )
    assert "· 姓名firm_user（企业，2026-12-02）" in to_lead.body
    assert "· 姓名city_officer（主管部门，2026-12-02）" in to_lead.body
    assert "【逾期 5 个工作日】" in to_leader.subject
    assert "· 姓名lead（主管部门，2026-12-03）" in to_leader.body


def test_a_superior_hears_nothing_of_what_was_met_in_time(returned, lead, leader, firm_user):
    plan("2026-12-02")
    with time_machine.travel("2026-12-02 10:00+08:00", tick=False):
        move_application(returned, "submit", actor=firm_user)
    Message.objects.all().delete()

    assert [plan("2026-12-03"), plan("2026-12-07")] == [0, 0]


def test_what_was_told_before_the_ladders_had_rows_is_not_told_again(returned, officer, firm_user):
    """Keys of version 0.3 name the rung by its days; an upgrade goes on with them."""
    deadline = Deadline.objects.open().get()
    for person in (officer, firm_user):
        key = f"deadline:{deadline.pk}:2026-11-30:3d:u{person.pk}"
        Message.objects.create(key=key, recipient=person, subject="x", body="x", send_after=deadline.created_at)

    assert plan("2026-11-27") == 0


def test_an_officer_who_left_the_county_is_not_told_of_its_firms(returned, officer, city_officer, other_county):
    officer.posts.update(region=other_county)

    plan("2026-11-27")

    assert told() == ["city_officer@example.cn", "firm_user@example.cn"]


def test_what_is_planned_goes_out_at_eight_in_shanghai(returned):
    with time_machine.travel("2026-11-27 11:40+08:00", tick=False):
        plan_reminders()

    assert {message.send_after for message in Message.objects.all()} == {datetime(2026, 11, 27, tzinfo=UTC)}


def test_planning_twice_adds_nothing(returned):
    assert (plan("2026-11-27"), plan("2026-11-27")) == (2, 0)
    with time_machine.travel("2026-11-27 09:00+08:00", tick=False):
        Deadline.objects.update(next_rung_on=date(2026, 11, 27))  # as if another worker had read it before
        assert plan_reminders() == 0


def test_after_days_without_a_run_only_the_tightest_rung_is_told(returned):
    assert plan("2026-11-30") == 2
    assert told(subject__contains="还有") == []


def test_nobody_is_written_to_on_a_day_off(returned):
    assert plan("2026-11-29") == 0
    assert Deadline.objects.open().get().next_rung_on == date(2026, 11, 27)


def test_a_moved_date_is_reminded_anew(returned, lead, city):
    plan("2026-11-27")
    with time_machine.travel("2026-11-27 12:00+08:00", tick=False):
        set_workday(date(2026, 11, 30), kind="holiday", actor=lead, region=city)

    assert plan("2026-11-30") == 0  # a day off now
    assert plan("2026-12-01") == 2
    assert told(subject__contains="今天截止") == ["firm_user@example.cn", "officer@example.cn"]


def test_a_met_deadline_is_silent(returned, firm_user):
    with time_machine.travel("2026-11-25 10:00+08:00", tick=False):
        move_application(returned, "submit", actor=firm_user)
    Message.objects.all().delete()

    assert plan("2026-11-27") == 0


@pytest.mark.parametrize("step", ["add_new", "_move_on", "gather"])
def test_a_run_that_died_anywhere_is_made_good(returned, monkeypatch, step):
    """Before its rows are kept, before its deadlines move on, before the morning is gathered."""
    from notifications import reminders

    def die(*given):
        raise KeyboardInterrupt

    owner = reminders.Morning if step == "_move_on" else reminders
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, die)
        with pytest.raises(KeyboardInterrupt):
            plan("2026-11-27")

    plan("2026-11-27")

    assert told(state="queued") == ["firm_user@example.cn", "officer@example.cn"]
    assert Message.objects.count() == 2
    assert Deadline.objects.open().get().next_rung_on == date(2026, 11, 30)


def test_the_command_plans_any_day_and_refuses_nonsense(returned, capsys):
    call_command("plan_reminders", "--today", "2026-11-27")
    call_command("plan_reminders", "--today", "2026-11-27")

    assert capsys.readouterr().out == "2 new\n0 new\n"
    with pytest.raises(CommandError):
        call_command("plan_reminders", "--today", "gestern")


def test_planning_costs_the_same_statements_however_long_the_reminded_history(
    returned, county, django_assert_num_queries
):
    plan("2026-11-27")
    for number in range(5):
        firm = make.firm(f"旧企业{number}", county)
        Deadline.objects.create(
            key=f"old:{number}",
            kind="certificate_expiry",
            firm=firm,
            region_path=county.path,
            due_on=date(2027, 5, 1),
            next_rung_on=date(2027, 1, 31),
        )
    with time_machine.travel("2026-11-27 09:00+08:00", tick=False):
        plan_reminders()
        with django_assert_num_queries(15):
            plan_reminders()


# The weekly gap mail -------------------------------------------------------------------------------------------------


@pytest.fixture
def targets(city, county, firm, other_firm, lead):
    """City target 45 and county target 5 for first-time certificates; one done in the county, one on its way."""
    with time_machine.travel(MONDAY, tick=False):
        indicator = Indicator.objects.get(code="high_tech.first_time")
        set_quota(indicator, city, 2026, target=Decimal(45), actor=lead)
        set_quota(indicator, county, 2026, target=Decimal(5), actor=lead)
        world.at(make.firm("已认定公司", county), "certified")
        near = world.at(firm, "filed")
        world.at(other_firm, "formal")
        compile_metrics()
    Message.objects.all().delete()
    return near


def send(at):
    with time_machine.travel(f"{at}+08:00", tick=False):
        return send_gap_digests()


def test_monday_half_past_eight_and_not_before(targets, officer, leader):
    assert [send("2026-11-23 08:29"), send("2026-11-23 08:30"), send("2026-11-23 09:30")] == [0, 3, 0]
    assert told(kind="gap_digest") == ["lead@example.cn", "leader@example.cn", "officer@example.cn"]


def test_one_per_person_and_week_whatever_happens(targets, officer):
    for at in ("2026-11-23 08:30", "2026-11-25 08:30", "2026-11-27 20:30"):
        send(at)
    assert Digest.objects.count() == Message.objects.filter(kind="gap_digest").count() == 2

    send("2026-11-30 08:30")
    assert Digest.objects.count() == 4


def test_late_rather_than_never(targets, officer):
    assert send("2026-11-27 15:30") == 2


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2026-W48", date(2026, 11, 23)),
        ("2026-W01", date(2025, 12, 29)),
        ("2025-W40", date(2025, 9, 29)),
        ("2026-W08", None),  # the whole week of the Spring Festival is off
        ("2026-W09", date(2026, 2, 24)),
    ],
)
def test_the_first_working_day_of_a_week(db, period, day):
    assert first_workday(period) == day


def test_the_week_of_a_day_is_the_iso_week():
    assert [iso_week(date(2026, 1, 1)), iso_week(date(2027, 1, 1)), iso_week(date(2026, 11, 23))] == [
        "2026-W01",
        "2026-W53",
        "2026-W48",
    ]


def test_each_gets_the_own_region_and_the_names_that_would_close_the_gap(targets, officer, leader, firm, other_firm):
    send("2026-11-23 08:30")

    city_mail = Message.objects.get(to="leader@example.cn")
    county_mail = Message.objects.get(to="officer@example.cn")
    assert city_mail.subject == "【缺口 44】高新技术企业首次认定 1/45，历史不足，暂不预测 · 贵港市 2026 年第 48 周"
    assert county_mail.subject == "【缺口 4】高新技术企业首次认定 1/5，历史不足，暂不预测 · 平南县 2026 年第 48 周"
    for body in (city_mail.body, city_mail.html):
        assert firm.name in body
        assert other_firm.name in body
    assert city_mail.body.index(firm.name) < city_mail.body.index(other_firm.name)  # the nearer one first
    assert other_firm.name not in county_mail.body + county_mail.html
    assert "平南县 高新技术企业首次认定：完成 1 / 目标 5，缺口 4，" in city_mail.body
    assert "2026-11-23 快照" in city_mail.body


def test_the_mail_survives_mail_clients(targets, leader):
    send("2026-11-23 08:30")

    html = Message.objects.get(to="leader@example.cn").html
    assert "<style" not in html
    assert "<script" not in html
    assert 'src="' not in html
    assert 'style="' in html


def test_one_failing_mail_does_not_keep_the_others_back(targets, officer, leader, monkeypatch):
    real = digests.mails.render

    def fail_for_the_leader(name, context, *, language):
        if context["person"].email == "leader@example.cn":
            raise RuntimeError("broken")
        return real(name, context, language=language)

    monkeypatch.setattr(digests.mails, "render", fail_for_the_leader)
    assert send("2026-11-23 08:30") == 2
    monkeypatch.setattr(digests.mails, "render", real)
    assert send("2026-11-23 09:30") == 1


def test_a_person_of_two_counties_reads_of_both_in_one_mail(targets, officer, other_county, county, lead):
    Post.objects.create(user=officer, region=other_county, role="officer")
    Application.objects.update(officer=officer)
    indicator = Indicator.objects.get(code="high_tech.first_time")
    with time_machine.travel(MONDAY, tick=False):
        set_quota(indicator, other_county, 2026, target=Decimal(9), actor=lead)
        compile_metrics()

    send("2026-11-23 08:30")

    mail, ledger = Message.objects.get(to="officer@example.cn"), Digest.objects.get(recipient=officer)
    assert mail.subject == "【缺口 9】高新技术企业首次认定 0/9，历史不足，暂不预测 · 桂平市、平南县 2026 年第 48 周"
    for text in (mail.body, mail.html):
        assert text.index("桂平新材料有限公司") < text.index("平南智造科技有限公司")
        assert "桂平市" in text
        assert "平南县" in text
    assert (ledger.items, ledger.snapshot_as_of, ledger.message) == (2, date(2026, 11, 23), mail)
    assert mail.region_path == ledger.region_path == county.parent.path


def test_a_stale_snapshot_is_compiled_first(targets, leader):
    with time_machine.travel(MONDAY, tick=False):
        world.at(make.firm("又一家", targets.region), "certified")

    send("2026-11-30 08:30")

    assert "【缺口 43】" in Message.objects.get(to="leader@example.cn").subject


def test_without_gap_one_line_says_so(targets, leader, city, lead):
    with time_machine.travel(MONDAY, tick=False):
        first_time = Indicator.objects.get(code="high_tech.first_time")
        set_quota(first_time, city, 2026, target=Decimal(1), document="贵科8号", actor=lead)
        compile_metrics()

    send("2026-11-23 08:30")

    message = Message.objects.get(to="leader@example.cn")
    assert message.subject == "【无缺口】各项目标均已完成 · 贵港市 2026 年第 48 周"
    assert "贵港市 1 项目标均已完成，本周无需催办。" in message.body


@time_machine.travel(MONDAY, tick=False)
def test_dry_run_prints_what_would_go_to_whom(targets, officer, leader, capsys):
    call_command("gap_digest", "--dry-run", "--to", "leader@example.cn")

    out = capsys.readouterr().out
    assert out.startswith(
        "To: 姓名leader <leader@example.cn>\nSubject: 【缺口 44】高新技术企业首次认定 1/45，历史不足，暂不预测 · 贵港市 2026 年第 48 周\n"
    )
    assert out.count("To: ") == 1
    assert Message.objects.count() == Digest.objects.count() == 0


@time_machine.travel(MONDAY, tick=False)
def test_the_command_queues_a_week_once_and_refuses_nonsense(targets, officer, capsys):
    call_command("gap_digest", "--week", "2026-W48")
    call_command("gap_digest", "--week", "2026-W48")

    assert capsys.readouterr().out == "2026-W48: 2 new\n2026-W48: 0 new\n"
    for wrong in ("2026-48", "2026-W60", "x"):
        with pytest.raises(CommandError):
            call_command("gap_digest", "--week", wrong)


@time_machine.travel(MONDAY, tick=False)
def test_a_week_has_one_name_and_none_is_told_ahead(targets, officer, capsys):
    with time_machine.travel("2026-02-02 10:00+08:00", tick=False):
        compile_metrics()
        call_command("gap_digest", "--week", "2026-W6")
        call_command("gap_digest", "--week", "2026-W06")
        with pytest.raises(CommandError):
            call_command("gap_digest", "--week", "2026-W07")

    assert capsys.readouterr().out == "2026-W06: 2 new\n2026-W06: 0 new\n"
    assert set(Digest.objects.values_list("period", flat=True)) == {"2026-W06"}


@time_machine.travel("2026-12-07 10:00+08:00", tick=False)
def test_a_dry_run_counts_anew_names_who_has_no_address_and_leaves_nothing(targets, leader, officer, capsys):
    User.objects.filter(pk=leader.pk).update(email="")
    before = Snapshot.objects.count()
    call_command("gap_digest", "--to", "officer@example.cn")
    assert capsys.readouterr().out == "2026-W50: 1 new\n"
    assert Snapshot.objects.count() > before
    Snapshot.objects.filter(as_of=date(2026, 12, 7)).delete()

    call_command("gap_digest", "--dry-run")

    out = capsys.readouterr().out
    assert "To: 姓名leader (no mail address: stays in the site)\n" in out
    assert "2026-12-07" in out
    assert "姓名officer" not in out  # has this week's already
    assert Snapshot.objects.count() == before
    assert Digest.objects.count() == 1


def test_a_leader_without_address_is_told_in_the_site_and_the_log_says_so(targets, leader, caplog):
    User.objects.filter(pk=leader.pk).update(email="")

    assert send("2026-11-23 08:30") == 2  # the lead too

    message = Message.objects.get(recipient=leader)
    assert (message.state, message.to) == ("in_app", "")
    assert f"gap mail 2026-W48 for {leader} stays in the site: no mail address" in caplog.text


def test_the_inactive_get_nothing(targets, leader):
    User.objects.filter(pk=leader.pk).update(is_active=False)

    send("2026-11-23 08:30")

    assert "leader@example.cn" not in told()


def test_who_would_close_the_gap_is_not_who_counts_already(targets, city, county):
    """Renewals close no gap of first-time titles, and who is in the library closes no gap of library entries."""
    from pipeline.models import Recognition
    from pipeline.selectors.applications import nearest_to_counting

    renewing = make.firm("续期公司", county)
    Recognition.objects.create(
        firm=renewing,
        programme="high_tech",
        title="certificate",
        granted_on=date(2023, 12, 1),
        valid_until=date(2026, 11, 30),
        region=county,
        region_path=county.path,
    )
    with time_machine.travel(MONDAY, tick=False):
        world.at(renewing, "filed")
        inside = world.at(make.firm("在库公司", county), "in_lib", programme="gazelle")
        coming = world.at(make.firm("备选公司", county), "lib_city", programme="gazelle")

    def names(indicator):
        return [row.firm.name for row in nearest_to_counting(city, indicator, year=2026)]

    assert names("high_tech.first_time") == ["平南智造科技有限公司", "桂平新材料有限公司"]
    assert names("high_tech.certified_in_year")[:2] == ["平南智造科技有限公司", "续期公司"]
    assert names("gazelle.in_library") == [coming.firm.name]
    assert names("gazelle.first_time") == [inside.firm.name, coming.firm.name]


def test_the_numbers_of_the_mail_are_those_of_the_page_and_of_a_hand_count(targets, leader, client, city):
    import re

    from pipeline.models import Recognition

    send("2026-11-23 08:30")
    by_hand = Recognition.objects.filter(programme="high_tech", granted_on__year=2026).count()
    client.force_login(leader)

    with time_machine.travel(MONDAY, tick=False):
        page = re.sub(r"\s+", " ", client.get("/targets/").content.decode())
        api = client.get("/api/v1/progress/").json()["rows"][0]
    mail = Message.objects.get(to="leader@example.cn").body

    assert by_hand == 1
    assert (api["done"], api["target"], api["gap"], api["completion_ratio"]) == ("1", "45", "44", "0.0222")
    assert "完成 1 / 目标 45，缺口 44，完成率 2.2%" in mail
    assert "1/45 · 2.2%" in page
