"""Official lists carried out and taken back: lawful steps, refusals, titles alone, two at once, a killed worker."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm.errors import NotAllowed
from crm.models import ChangeRecord, Job, JobChunk
from crm.services.chunks import work_on
from notifications.models import Message
from pipeline.errors import TransitionRefused
from pipeline.models import (
    Application,
    Recognition,
    StageEvent,
)
from pipeline.selectors.funnel import funnels
from pipeline.selectors.portal import tracker
from pipeline.services import list_confirm
from pipeline.services.applications import move_application
from pipeline.services.list_confirm import confirm_list, undo_list
from pipeline.services.recognitions import record_recognition
from pipeline.services.undoing import undo_moves
from tests import make
from tests.pipeline import lists, world

DAY = date(2026, 11, 2)
RECOGNISED, NOTICE, REVOKED = "tech_sme:registered", "tech_sme:notice", "tech_sme:revoked"


@pytest.fixture(autouse=True)
def in_november(time_machine):
    time_machine.move_to("2026-11-25 10:00+08:00", tick=True)


# Confirming ----------------------------------------------------------------------------------------------------------


def test_the_lawful_steps_are_walked_and_the_firm_hears_once(firm, firm_user, city, city_officer):
    application = world.at(firm, "province", programme="tech_sme")
    Message.objects.all().delete()
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)

    lists.confirmed(found, city_officer)

    events = StageEvent.objects.filter(application=application, actor=city_officer).order_by("version")
    reason = "依据认定 / 备案名单《测试名单》（桂科发〔2026〕1号）"
    assert [(event.transition, event.note) for event in events] == [("publish_notice", reason), ("register", reason)]
    assert [message.subject for message in Message.objects.filter(to_firm=True)] == ["科技型中小企业：已入库"]
    recognition = Recognition.objects.get()
    assert (recognition.number, recognition.application) == ("20264508000A000123", application)
    assert lists.row_of(found).outcome == [f"{application.reference}：自治区确认 → 入库公告"]


@pytest.mark.parametrize(
    ("stage", "type", "reason"),
    [
        ("registered", NOTICE, "现处“入库公告”阶段，按规则不能推进到“公示”"),
        ("notice", NOTICE, "已在“公示”阶段，无需再办"),
        ("registered", RECOGNISED, "2026 年的入库登记已经登记"),
        ("selfeval", RECOGNISED, "当前身份无权执行“提交”：该企业已开通账号，由企业自行办理"),
        ("notice", REVOKED, "没有登记在册、尚未撤销的入库登记"),
    ],
)
def test_a_line_that_may_not_go_on_is_refused_whole(firm, firm_user, city, lead, stage, type, reason):
    world.at(firm, stage, programme="tech_sme")
    found = lists.uploaded(lists.one_line(firm), actor=lead, region=city, type=type)
    before = lists.world_now(), StageEvent.objects.count()

    job = lists.confirmed(found, lead)

    assert (job.done, job.refused) == (0, 1)
    assert reason in lists.row_of(found).outcome[0]
    assert (lists.world_now(), StageEvent.objects.count()) == before
    assert found.rows.confirmable().count() == 1  # still selectable


def test_a_guard_on_the_way_stops_the_whole_line(firm, city, city_officer):
    application = world.at(firm, "in_lib", programme="gazelle")
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type="gazelle:certified")

    lists.confirmed(found, city_officer)

    assert lists.row_of(found).result == "refused"
    assert lists.row_of(found).outcome == [
        "高新技术企业资格未取得、已到期或已取消，不能申请瞪羚企业认定；请先完成高企认定"
    ]
    assert Application.objects.get(pk=application.pk).stage == "in_lib"


def test_a_refused_line_goes_through_once_its_reason_is_gone(firm, city, city_officer):
    world.at(firm, "in_lib", programme="gazelle")
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type="gazelle:certified")
    lists.confirmed(found, city_officer)
    record_recognition(firm, programme="high_tech", title="certificate", granted_on=date(2025, 1, 1), actor=None)

    job = lists.confirmed(found, city_officer)

    assert (job.done, lists.row_of(found).result) == (1, "done")


def test_officers_of_a_county_are_told_that_the_city_must_do_it(firm, officer, county):
    world.at(firm, "notice", programme="tech_sme")
    found = lists.uploaded(lists.one_line(firm), actor=officer, region=county, type=RECOGNISED)

    lists.confirmed(found, officer)

    assert lists.row_of(found).outcome == ["当前身份无权执行“登记入库”，须由市级经办人员办理"]


def test_a_firm_without_application_gets_the_title_alone_and_only_once(firm, city, city_officer, officer, county):
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)
    second = lists.uploaded(
        lists.one_line(firm, "20264508000A000999"), actor=city_officer, region=city, type=RECOGNISED
    )
    own = lists.uploaded(lists.one_line(firm), actor=officer, region=county, type=RECOGNISED)

    lists.confirmed(own, officer)
    assert lists.row_of(own).outcome == ["当前身份无权执行“登记入库”，须由市级经办人员办理"]
    lists.confirmed(found, city_officer)
    lists.confirmed(second, city_officer)

    assert Recognition.objects.get().number == "20264508000A000123"
    assert lists.counted()[("tech_sme.registered", city.path)] == 1
    assert lists.row_of(second).outcome == ["该企业 2026 年的入库登记已经登记（20264508000A000123），不再重复登记"]
    assert StageEvent.objects.count() == 0


def test_a_number_that_another_firm_has_is_refused(firm, other_firm, city, city_officer):
    record_recognition(
        other_firm, programme="tech_sme", title="registration", granted_on=DAY, number="20264508000A000123", actor=None
    )
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)

    lists.confirmed(found, city_officer)

    assert lists.row_of(found).outcome == ["该企业当日的同一认定或该编号已登记，请勿重复"]


def test_a_line_with_a_senseless_date_is_refused(firm, city, city_officer):
    content = lists.text([["企业名称", "统一社会信用代码", "发证日期"], [firm.name, firm.credit_code, "2062-11-01"]])
    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)

    lists.confirmed(found, city_officer)

    assert lists.row_of(found).outcome == ["认定日期 2062-11-01 晚于今天；请核对公告"]
    assert Recognition.objects.count() == 0


def test_a_notice_says_when_a_firm_has_nothing_running(firm, city, city_officer):
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=NOTICE)

    lists.confirmed(found, city_officer)

    assert lists.row_of(found).outcome == ["该企业没有在办的科技型中小企业申报，公示名单无需登记"]


def test_chosen_lines_alone_are_carried_out(city, county, city_officer):
    firms = [make.firm(f"平南{name}有限公司", county) for name in "甲乙丙"]
    content = lists.text([lists.HEADER, *(("", firm.name, firm.credit_code, "", "") for firm in firms)])
    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)

    lists.confirmed(found, city_officer, [2, 4])

    assert lists.results(found) == {2: "done", 4: "done"}


def test_only_writers_confirm(firm, city, city_officer, leader):
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)

    for service in (confirm_list, undo_list):
        with pytest.raises(NotAllowed):
            service(found, actor=leader)
    assert Job.objects.count() == 1


# Revocations ---------------------------------------------------------------------------------------------------------


def test_a_revoked_application_and_a_revoked_title_come_back(firm, other_firm, city, lead):
    world.at(firm, "registered", programme="tech_sme")
    record_recognition(
        other_firm, programme="tech_sme", title="registration", granted_on=date(2026, 7, 1), number="X", actor=None
    )
    before = lists.world_now()
    content = lists.text([lists.HEADER, *(("", one.name, one.credit_code, "", "") for one in (firm, other_firm))])
    found = lists.uploaded(content, actor=lead, region=city, type=REVOKED)

    lists.confirmed(found, lead)

    assert set(Recognition.objects.values_list("ended_on", flat=True)) == {DAY, date(2026, 11, 25)}
    assert Application.objects.get().stage == "revoked"
    assert lists.counted().get(("tech_sme.registered", city.path)) is None

    lists.undone(found, lead)

    assert lists.world_now() == before


# Taking back ---------------------------------------------------------------------------------------------------------


def test_undo_brings_back_the_clock_the_counts_and_what_the_firm_sees(firm, firm_user, city, city_officer):
    application = world.at(firm, "province", programme="tech_sme")
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)
    before, funnel = lists.world_now(), funnels(2026)[city.path]["tech_sme"]
    lists.confirmed(found, city_officer)
    assert funnels(2026)[city.path]["tech_sme"] != funnel

    lists.undone(found, city_officer)

    assert lists.world_now() == before
    assert funnels(2026)[city.path]["tech_sme"] == funnel
    application.refresh_from_db()
    seen = tracker(application, user=firm_user, today=date(2026, 11, 25))
    assert [(step.label, step.state) for step in seen.steps][-2:] == [("公示", "next"), ("已入库", "next")]
    assert seen.events[0].label == "更正为：自治区确认"
    undo = StageEvent.objects.get(transition="undo")
    assert (undo.from_stage, undo.to_stage, undo.actor) == ("registered", "province", city_officer)
    assert undo.note == "撤销名单办理：依据认定 / 备案名单《测试名单》（桂科发〔2026〕1号）"
    assert undo.label == "更正：撤销此前办理"
    assert ChangeRecord.objects.filter(object_type="crm.firm", field="recognition").count() == 1


def test_a_submission_taken_back_is_not_counted_as_filed(firm, city, city_officer):
    world.at(firm, "selfeval", programme="tech_sme")
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=NOTICE)
    lists.confirmed(found, city_officer)
    assert lists.counted()[("tech_sme.filed", city.path)] == 1

    lists.undone(found, city_officer)

    assert ("tech_sme.filed", city.path) not in lists.counted()


def test_a_mail_that_has_not_left_is_held_back_and_one_that_has_is_corrected(firm, firm_user, city, city_officer):
    world.at(firm, "province", programme="tech_sme")
    Message.objects.all().delete()
    found = lists.uploaded(lists.one_line(firm), actor=city_officer, region=city, type=RECOGNISED)

    lists.confirmed(found, city_officer)
    lists.undone(found, city_officer)
    assert list(Message.objects.values_list("subject", "state")) == [("科技型中小企业：已入库", "superseded")]

    lists.confirmed(found, city_officer)
    Message.objects.filter(state="queued").update(state="sent")
    lists.undone(found, city_officer)
    assert list(Message.objects.order_by("pk").values_list("subject", "state"))[1:] == [
        ("科技型中小企业：已入库", "sent"),
        ("科技型中小企业：自治区确认", "queued"),
    ]


def test_undo_is_refused_once_something_happened_and_harmless_twice(city, county, city_officer, lead):
    firms = [make.firm(f"平南{name}有限公司", county) for name in "甲乙丙"]
    applications = [world.at(firm, "notice", programme="tech_sme") for firm in firms[:2]]
    content = lists.text([lists.HEADER, *(("", firm.name, firm.credit_code, "", "") for firm in firms)])
    found = lists.uploaded(content, actor=city_officer, region=city, type=RECOGNISED)
    lists.confirmed(found, city_officer)
    moved = Application.objects.get(pk=applications[0].pk)
    move_application(moved, "spot_check", actor=city_officer)
    Recognition.objects.filter(firm=firms[2]).update(ended_on=DAY)

    job = lists.undone(found, city_officer)

    assert (job.done, job.refused) == (1, 2)
    assert lists.results(found) == {2: "done", 3: "undone", 4: "done"}
    assert lists.row_of(found, 2).outcome == ["不能撤销：该申请此后又办理了“列入抽查”，不能撤销；请先处理后面的办理"]
    assert "此后已被撤销，不能撤回" in lists.row_of(found, 4).outcome[0]
    after = lists.world_now()

    lists.undone(found, city_officer)

    assert lists.world_now() == after
    assert StageEvent.objects.filter(transition="undo").count() == 1


@pytest.mark.parametrize("first", [0, 1])
def test_only_the_newest_moves_of_an_application_are_taken_back(application, first):
    move_application(application, "diagnose", actor=None)
    move_application(application, "prepare", actor=None)

    with pytest.raises(TransitionRefused):
        undo_moves(application, first=first, last=1, actor=None, reason="x")
    with pytest.raises(TransitionRefused):
        undo_moves(application, first=0, last=2, actor=None, reason="x")
    assert Application.objects.get(pk=application.pk).stage == "prep"

    undo_moves(application, first=1, last=2, actor=None, reason="x")
    with pytest.raises(TransitionRefused, match="已经撤销过"):
        undo_moves(application, first=1, last=2, actor=None, reason="x")
    assert Application.objects.get(pk=application.pk).stage == "library"


def test_nobody_undoes_what_they_could_not_do(formal, city_officer, officer):
    move_application(formal, "recommend", actor=city_officer)

    with pytest.raises(TransitionRefused, match="须由市级经办人员办理"):
        undo_moves(formal, first=formal.version, last=formal.version, actor=officer, reason="x")


def test_a_move_out_of_the_way_of_another_open_application_stays(firm, lead):
    first = world.at(firm, "library")
    move_application(first, "drop", actor=lead, note="x")
    world.opened(firm, None)

    with pytest.raises(TransitionRefused, match="另一件在办"):
        undo_moves(first, first=first.version, last=first.version, actor=lead, reason="x")
    assert Application.objects.get(pk=first.pk).stage == "dropped"


# Two at once, and killed ---------------------------------------------------------------------------------------------


def small_list(county, city, officer, number=60):
    firms = lists.many_firms(county, [f"平南{n:03d}智造有限公司" for n in range(number)])
    lists.noticed(firms)
    lines = [
        lists.HEADER,
        *(("", firm.name, firm.credit_code, f"2026450800A{n:07d}", "") for n, firm in enumerate(firms)),
    ]
    return lists.uploaded(lists.text(lines), actor=officer, region=city, type=RECOGNISED)


def test_two_officers_who_confirm_at_once_make_one_event_each(committed_db):
    from crm.models import Region

    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    officers = [make.person(name, city, "officer") for name in ("one", "two")]
    found = small_list(county, city, officers[0])
    jobs = [confirm_list(found, actor=officer) for officer in officers]

    def work(job):
        work_on(job.pk)
        connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert StageEvent.objects.filter(transition="register").count() == Recognition.objects.count() == 60
    assert [Job.objects.get(pk=job.pk).state for job in jobs] == ["done", "done"]
    assert sum(Job.objects.filter(kind="official_list.confirm").values_list("done", flat=True)) == 60
    assert set(lists.results(found).values()) == {"done"}


@pytest.mark.parametrize("service", ["confirm", "undo"])
def test_a_worker_killed_inside_a_part_leaves_nothing_half_done(county, city, city_officer, monkeypatch, service):
    found = small_list(county, city, city_officer)
    if service == "undo":
        lists.confirmed(found, city_officer)
    job = (confirm_list if service == "confirm" else undo_list)(found, actor=city_officer)
    name, killed = f"_{service}_row", 55  # in the second part
    real, calls = getattr(list_confirm, name), []

    def dies(row, actor):
        calls.append(row)
        if len(calls) == killed:
            raise KeyboardInterrupt
        return real(row, actor)

    monkeypatch.setattr(list_confirm, name, dies)
    with pytest.raises(KeyboardInterrupt):
        work_on(job.pk)

    wanted = "done" if service == "confirm" else "undone"
    assert list(lists.results(found).values()).count(wanted) == 50
    JobChunk.objects.filter(job=job, state="running").update(alive_at=timezone.now() - timedelta(minutes=3))
    monkeypatch.setattr(list_confirm, name, real)
    work_on(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.result) == ("done", 60, {"done": 60, "refused": 0})
    assert set(lists.results(found).values()) == {wanted}
    transition = "register" if service == "confirm" else "undo"
    assert StageEvent.objects.filter(transition=transition).count() == 60
    assert Recognition.objects.count() == (60 if service == "confirm" else 0)
