from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from crm.errors import NotAllowed
from crm.services.firms import assign_firm, move_firm
from notifications.models import Message
from pipeline.errors import ApplicationRefused, StageMoved, TransitionRefused, UnknownTransition
from pipeline.models import Application, Deadline, Recognition, StageEvent
from pipeline.selectors.moves import moves_of
from pipeline.services.applications import move_application, open_application
from pipeline.services.rounds import save_round
from tests import make
from tests.pipeline import world


def refused(application, code, actor, **given):
    """The reasons of a refusal; nothing may have changed."""
    before = Application.objects.values().get(pk=application.pk)
    counts = StageEvent.objects.count(), Message.objects.count(), Deadline.objects.count()
    with pytest.raises(TransitionRefused) as error:
        move_application(application, code, actor=actor, **given)
    assert Application.objects.values().get(pk=application.pk) == before
    assert (StageEvent.objects.count(), Message.objects.count(), Deadline.objects.count()) == counts
    return error.value.reasons


def test_opening_writes_the_first_event_and_copies_the_scope(firm, officer, county):
    assign_firm(firm, officer=officer, actor=officer)

    application = open_application(firm, "high_tech", actor=officer)

    year = timezone.localdate().year
    assert (application.stage, application.phase, application.year, application.version) == ("library", "pool", year, 0)
    assert (application.region_path, application.officer_id) == (county.path, officer.pk)
    assert application.reference == f"HT{year}-{firm.pk:06d}-01"
    assert list(StageEvent.objects.values_list("version", "transition", "from_stage", "to_stage", "actor")) == [
        (0, "open", "", "library", officer.pk)
    ]


def test_a_firm_runs_several_programmes_but_each_once_a_year(firm, officer):
    world.opened(firm, officer, "tech_sme")
    world.opened(firm, officer, "high_tech")

    with pytest.raises(ApplicationRefused) as error:
        world.opened(firm, officer, "high_tech")

    year = timezone.localdate().year
    assert error.value.reasons == [f"平南智造科技有限公司 {year} 年的高新技术企业申报已在办理，请勿重复发起"]
    assert Application.objects.count() == 2


def test_a_closed_application_makes_room_for_another(firm, officer, lead):
    first = world.opened(firm, officer)
    move_application(first, "drop", actor=officer, note="暂不申报")

    second = world.opened(firm, officer)

    assert second.reference != first.reference


def test_a_revoked_firm_waits_for_the_next_year(firm, officer):
    world.at(firm, "revoked", programme="tech_sme")

    with pytest.raises(ApplicationRefused) as error:
        world.opened(firm, officer, "tech_sme")

    assert error.value.reasons == [f"{timezone.localdate().year} 年资格被撤销的企业当年不得再次申报"]


def test_a_title_of_years_ago_lost_this_year_also_waits_for_the_next_year(firm, officer, lead):
    with time_machine.travel("2024-11-20 10:00+08:00", tick=False):
        application = world.at(firm, "certified")
    with time_machine.travel("2026-05-20 10:00+08:00", tick=False):
        move_application(application, "revoke", actor=lead, note="重大环境违法")
        with pytest.raises(ApplicationRefused) as error:
            world.opened(firm, officer)
    with time_machine.travel("2027-01-04 10:00+08:00", tick=False):
        world.opened(firm, officer)

    assert error.value.reasons == ["2026 年资格被撤销的企业当年不得再次申报"]


def test_a_round_of_another_county_is_no_round_of_this_firm(firm, officer, other_county):
    elsewhere = save_round(
        programme="high_tech",
        region=other_county,
        year=timezone.localdate().year,
        opens_on=timezone.localdate(),
        closes_on=timezone.localdate(),
        actor=None,
    )

    with pytest.raises(ApplicationRefused) as error:
        world.opened(firm, officer, round=elsewhere)

    assert error.value.reasons == ["所选批次不面向平南县的企业"]


def test_a_deregistered_firm_opens_nothing(firm, officer):
    firm.status = "deregistered"

    with pytest.raises(ApplicationRefused) as error:
        world.opened(firm, officer)

    assert error.value.reasons == ["企业已注销，不能申报"]


def test_strangers_open_nothing(firm, other_officer, firm_user, viewer):
    for person in (other_officer, firm_user, viewer):
        with pytest.raises(NotAllowed):
            world.opened(firm, person)
    assert Application.objects.count() == 0


def test_a_move_changes_the_stage_and_writes_one_event(application, officer):
    event = move_application(application, "diagnose", actor=officer, note="先诊断")

    application.refresh_from_db()
    assert (application.stage, application.phase, application.version) == ("diagnose", "pool", 1)
    assert application.stage_since == event.at
    assert (event.version, event.from_stage, event.to_stage, event.acted_as, event.note) == (
        1,
        "library",
        "diagnose",
        "officer",
        "先诊断",
    )


def test_a_refusal_gives_every_reason_at_once(formal, firm_user):
    assert refused(formal, "return_for_correction", firm_user) == [
        "当前身份无权执行“退回补正”",
        "“退回补正”须写明原因",
    ]


def test_city_moves_are_for_the_city_desk(formal, officer, city_officer):
    assert refused(formal, "recommend", officer) == ["当前身份无权执行“推荐上报”，须由市级经办人员办理"]

    move_application(formal, "recommend", actor=city_officer)


def test_reserved_moves_are_for_the_lead(firm, city_officer, lead):
    application = world.at(firm, "expert")

    assert refused(application, "reject", city_officer, note="不符合") == [
        "当前身份无权执行“不予通过”，请找科长姓名lead办理"
    ]
    move_application(application, "reject", actor=lead, note="不符合")
    assert application.phase == "closed"


def test_an_officer_submits_for_a_firm_without_account_only(firm, officer):
    first = world.at(firm, "prep")
    reason = f"{world.last_year()} 年还缺 4 项数据：职工总数、科技人员数、销售收入、研发费用；请先填写"
    assert refused(first, "submit", officer) == [reason]
    world.with_basics(firm)
    event = move_application(first, "submit", actor=officer)
    assert event.acted_as == "proxy"

    other = world.with_basics(make.firm("有账号的公司", firm.region))
    make.firm_person("boss", other)
    second = world.at(other, "prep")
    assert refused(second, "submit", officer) == ["当前身份无权执行“提交”：该企业已开通账号，由企业自行办理"]


def test_viewers_and_leaders_move_nothing(application, viewer, leader):
    for person in (viewer, leader):
        assert refused(application, "diagnose", person) == ["当前身份无权执行“开始诊断”"]
        assert not any(move.allowed for move in moves_of(application, person))


def test_an_unknown_move_is_refused(application, officer):
    with pytest.raises(UnknownTransition):
        move_application(application, "certify", actor=officer)


def test_a_stale_page_is_refused_before_anything_else(application, officer):
    stale = Application.objects.get(pk=application.pk)
    move_application(application, "diagnose", actor=officer)

    with pytest.raises(StageMoved) as error:
        move_application(stale, "diagnose", actor=officer)
    with pytest.raises(StageMoved):
        move_application(Application.objects.get(pk=stale.pk), "prepare", actor=officer, version=0)

    assert error.value.reasons == ["该申请的阶段刚被他人更改，请刷新后再试"]
    assert StageEvent.objects.count() == 2


def test_one_of_two_moves_at_once_wins(application, officer, monkeypatch):
    """The second passes the version check, then finds the row changed under its conditional update."""
    from pipeline.services import applications

    rival = Application.objects.get(pk=application.pk)
    real = applications._require_current

    def and_then_a_rival_moves(checked, seen):
        real(checked, seen)
        if checked is application:
            move_application(rival, "drop", actor=officer, note="先到")

    monkeypatch.setattr(applications, "_require_current", and_then_a_rival_moves)
    with pytest.raises(StageMoved), transaction.atomic():
        move_application(application, "diagnose", actor=officer)


def test_gazelle_certification_waits_for_a_valid_high_tech_title(firm, firm_user):
    application = world.at(firm, "in_lib", programme="gazelle")
    reason = "高新技术企业资格未取得、已到期或已取消，不能申请瞪羚企业认定；请先完成高企认定"
    assert refused(application, "submit", firm_user) == [reason]

    Recognition.objects.create(
        firm=firm,
        programme="high_tech",
        title="certificate",
        granted_on=date(2020, 1, 1),
        valid_until=date(2099, 1, 1),
        region=firm.region,
        region_path=firm.region_path,
    )
    move_application(application, "submit", actor=firm_user)
    assert application.stage == "apply"


def test_every_gazelle_page_warns_of_a_missing_high_tech_title(firm, officer, client):
    application = world.opened(firm, officer, "gazelle")
    warning = "高新技术企业资格未取得、已到期或已取消，不能申请瞪羚企业认定；请先完成高企认定"
    client.force_login(officer)

    for stage in ("candidate", "lib_apply"):
        assert application.stage == stage
        assert warning in client.get(f"/applications/{application.pk}/").content.decode()
        move_application(application, "submit" if stage == "candidate" else "accept", actor=None)

    move_application(application, "recommend_to_library", actor=None)
    move_application(application, "reject", actor=None, note="不符合")
    assert warning not in client.get(f"/applications/{application.pk}/").content.decode()


@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_certification_creates_the_recognition(firm, city_officer):
    application = world.at(firm, "filed")

    move_application(
        application,
        "certify",
        actor=city_officer,
        number="GR202645000001",
        document="国科火字〔2026〕1号",
        granted_on=date(2026, 11, 20),
    )

    recognition = Recognition.objects.get()
    assert (recognition.firm, recognition.programme, recognition.title) == (firm, "high_tech", "certificate")
    assert (recognition.granted_on, recognition.valid_until) == (date(2026, 11, 20), date(2029, 11, 19))
    assert sorted(Deadline.objects.open().values_list("kind", "due_on")) == [
        ("annual_report", date(2027, 5, 31)),
        ("annual_report", date(2028, 5, 31)),
        ("annual_report", date(2029, 5, 31)),
        ("certificate_expiry", date(2029, 11, 19)),
    ]


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({"granted_on": date(2026, 11, 24)}, ["认定日期 2026-11-24 晚于今天；请核对公告"]),
        ({"granted_on": date(1, 1, 1)}, ["认定日期 0001-01-01 过早；请核对年份"]),
        (
            {"granted_on": date(9999, 12, 31), "valid_until": date(9999, 12, 30)},
            ["认定日期 9999-12-31 晚于今天；请核对公告", "有效期至 9999-12-30 早于认定日期 9999-12-31"],
        ),
        ({"valid_until": date(2026, 11, 22)}, ["有效期至 2026-11-22 早于认定日期 2026-11-23"]),
        ({"valid_until": date(9999, 12, 31)}, ["有效期至 9999-12-31 过远；请核对年份"]),
    ],
)
@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_senseless_dates_of_a_title_are_refused(firm, city_officer, given, reasons):
    application = world.at(firm, "filed")

    assert refused(application, "certify", city_officer, **given) == reasons
    assert Recognition.objects.count() == 0


@time_machine.travel("2026-08-29 10:00+08:00", tick=False)
def test_a_tech_sme_number_ends_with_its_year(firm, city_officer):
    application = world.at(firm, "notice", programme="tech_sme")

    move_application(application, "register", actor=city_officer)

    assert Recognition.objects.get().valid_until == date(2026, 12, 31)


def test_a_number_belongs_to_one_firm(firm, other_firm, city_officer):
    first, second = world.at(firm, "filed"), world.at(other_firm, "filed")
    move_application(first, "certify", actor=city_officer, number="GR202645000001")

    assert refused(second, "certify", city_officer, number="GR202645000001") == [
        "编号 GR202645000001 已登记给其他企业；请核对公告"
    ]


def test_revoking_ends_the_recognition_and_its_reminders(firm, lead):
    application = world.at(firm, "certified")

    move_application(application, "revoke", actor=lead, note="重大环境违法")

    recognition = Recognition.objects.get()
    assert (recognition.ended_on, recognition.end_reason) == (timezone.localdate(), "重大环境违法")
    assert not Deadline.objects.open().exists()
    assert not firm.recognitions.valid_now().exists()


def test_a_number_on_a_move_that_grants_nothing_is_refused(application, officer):
    assert refused(application, "diagnose", officer, number="x") == ["“开始诊断”不登记认定结果，请去掉编号和日期"]


def test_events_are_append_only_in_the_database_too(application):
    with pytest.raises(TypeError):
        StageEvent.objects.update(note="x")
    event = StageEvent.objects.get()
    event.note = "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        event.save()


def test_open_applications_follow_a_moving_firm_and_closed_ones_stay(firm, officer, city_officer, other_county, county):
    closed = world.opened(firm, officer)
    move_application(closed, "drop", actor=officer, note="暂不申报")
    running = world.opened(firm, officer)

    move_firm(firm, region=other_county, actor=city_officer)

    running.refresh_from_db()
    closed.refresh_from_db()
    assert (running.region_path, closed.region_path) == (other_county.path, county.path)


def test_a_firm_is_not_told_of_a_mere_lead(firm, officer, firm_user):
    application = world.opened(firm, officer, "tech_sme")
    assert not Application.objects.visible_to(firm_user).exists()

    move_application(application, "start_selfeval", actor=officer)
    assert Application.objects.visible_to(firm_user).get() == application


def test_moves_list_what_stands_against_each(formal, officer):
    found = {move.step.code: (move.allowed, list(move.blockers)) for move in moves_of(formal, officer)}

    city = "，须由市级经办人员办理"
    assert found == {
        "return_for_correction": (False, [f"当前身份无权执行“退回补正”{city}"]),
        "recommend": (False, [f"当前身份无权执行“推荐上报”{city}"]),
    }


def test_a_move_costs_a_fixed_number_of_statements(firm, officer, django_assert_num_queries):
    application = world.at(world.with_basics(firm), "prep")

    with django_assert_num_queries(21):  # the figures are one, the note to count one, the ladder and the calendar two
        move_application(application, "submit", actor=officer)
