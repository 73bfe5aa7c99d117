"""What a move asks for and brings with it, said before it is tried; and a slip of the hand taken back within a minute."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.models import Fact
from notifications.models import Message
from pipeline.errors import StageMoved, TransitionRefused
from pipeline.models import Application, Deadline, Recognition, StageEvent
from pipeline.selectors.moves import moves_of
from pipeline.services.applications import move_application
from pipeline.services.undoing import undo_last
from pipeline.workdays import WorkCalendar
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def formal(firm):
    return world.at(firm, "formal")


def move(application, person, code):
    return next(each for each in moves_of(application, person, today=date(2026, 9, 24)) if each.step.code == code)


def said(application, person, code):
    return [(each.kind, each.text) for each in move(application, person, code).consequences]


def test_consequences_name_clock_mail_and_count(formal, city_officer):
    assert said(formal, city_officer, "return_for_correction") == [
        ("clock", "“形式审查”停止计时，等企业补正"),
        ("clock", "“退回补正”开始计时：5 个工作日，至 2026-10-09"),
        ("mail", "企业将收到通知"),
    ]
    assert said(formal, city_officer, "recommend") == []


def test_a_grant_says_what_is_registered_and_counted_and_an_end_what_is_lost(firm, lead):
    filed = world.at(firm, "filed")
    assert said(filed, lead, "certify") == [
        ("mail", "企业将收到通知"),
        ("count", "“高新技术企业”当年认定与保有量加 1"),
        ("title", "登记认定证书，今天认定的有效期至 2029-09-23"),
    ]
    move_application(filed, "certify", actor=lead)
    assert said(filed, lead, "revoke") == [
        ("mail", "企业将收到通知"),
        ("count", "“高新技术企业”保有量减 1"),
        ("title", "结束已登记的资格"),
        ("end", "本次申报结束"),
    ]


def test_the_first_submission_counts_as_filed_a_second_does_not(firm, officer):
    application = world.at(world.with_basics(firm), "prep")
    assert ("count", "“高新技术企业组织申报”加 1") in said(application, officer, "submit")

    for code in ("submit", "start_formal", "return_for_correction"):
        move_application(application, code, actor=None, note="补")
    assert [kind for kind, _text in said(application, officer, "submit")] == ["clock"]


def test_a_term_that_stood_still_runs_on_with_what_is_left(formal, city_officer):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    move_application(formal, "submit", actor=None)
    left = formal.stops.get().remaining
    due = WorkCalendar().add(date(2026, 9, 24), left)

    assert said(formal, city_officer, "start_formal") == [
        ("clock", f"“形式审查”继续计时：还剩 {left} 个工作日，至 {due}")
    ]


def test_needs_say_which_figures_are_missing_and_link_to_them(client, firm, officer):
    application = world.at(firm, "prep")
    year = world.last_year()
    Fact.objects.create(firm=firm, year=year, code="employees", source="declared", value=9)

    needs = move(application, officer, "submit").needs
    assert [(need.code, need.missing, need.year) for need in needs] == [
        ("employees", False, year),
        ("tech_staff", True, year),
        ("sales_cny", True, year),
        ("rd_cny", True, year),
    ]

    client.force_login(officer)
    page = client.get(f"/applications/{application.pk}/").content.decode()
    links = re.findall(r'<a href="(/firms/[^"]*/figures/entry/[^"]*)"', page)
    assert len(links) == 3
    for code, link in zip(("tech_staff", "sales_cny", "rd_cny"), links, strict=True):
        address = link.replace("&amp;", "&")
        field = client.get(address).content.decode()
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', field))
        assert (hidden["code"], hidden["year"]) == (code, str(year))
        kept = client.post(address.split("?")[0], hidden | {"value": "1", "source": "declared"})
        assert kept["Location"] == f"/applications/{application.pk}/"
    assert move(application, officer, "submit").blockers == ()


def test_in_place_the_browser_is_sent_back_to_the_application(client, firm, officer):
    application = world.at(firm, "prep")
    client.force_login(officer)
    given = {"code": "rd_cny", "year": world.last_year(), "value": "1", "source": "declared"}
    address = f"/firms/{firm.credit_code}/figures/entry/"

    kept = client.post(address, given | {"next": f"/applications/{application.pk}/"}, headers={"HX-Request": "true"})
    elsewhere = client.post(address, given | {"next": "https://evil.example/"}, headers={"HX-Request": "true"})

    assert kept["HX-Redirect"] == f"/applications/{application.pk}/"
    assert elsewhere["HX-Redirect"] == f"/firms/{firm.credit_code}/"


def test_a_plain_move_is_one_click_and_one_with_consequences_is_looked_at_first(client, firm, officer):
    application = world.opened(firm, officer)
    client.force_login(officer)

    page = client.get(f"/applications/{application.pk}/").content.decode()

    assert '<button class="button" name="transition" value="diagnose">' in page
    assert 'value="drop"' not in page
    moved = client.post(f"/applications/{application.pk}/move/", {"transition": "diagnose", "version": 0}, follow=True)
    assert "前可以撤销刚才的办理" in moved.content.decode()


def test_the_api_lists_needs_and_consequences_and_a_firm_reads_no_internal_ones(client, firm, firm_user, city_officer):
    application = world.at(firm, "prep")

    client.force_login(firm_user)
    moves = client.get(f"/api/v1/applications/{application.pk}/moves/").json()["moves"]
    submit = next(each for each in moves if each["transition"] == "submit")
    assert [need["code"] for need in submit["needs"] if need["missing"]] == [
        "employees",
        "tech_staff",
        "sales_cny",
        "rd_cny",
    ]
    assert submit["consequences"] == []

    client.force_login(city_officer)
    moves = client.get(f"/api/v1/applications/{application.pk}/moves/").json()["moves"]
    drop = next(each for each in moves if each["transition"] == "drop")
    assert drop["needs"] == [
        {"kind": "note", "code": "note", "label": "说明", "required": True, "missing": True, "year": None}
    ]
    assert drop["consequences"] == [{"kind": "end", "text": "本次申报结束"}]


def test_the_leads_to_ask_are_those_nearest_to_the_firm(firm, county, city_officer, lead):
    application = world.at(firm, "expert")
    assert move(application, city_officer, "reject").blockers == ("当前身份无权执行“不予通过”，请找科长姓名lead办理",)

    make.person("near", county, "lead")
    application = Application.objects.get(pk=application.pk)
    assert move(application, city_officer, "reject").blockers == ("当前身份无权执行“不予通过”，请找科长姓名near办理",)


# Taking back within a minute -------------------------------------------------------------------------------------------


def test_a_slip_is_taken_back_with_its_clock_and_its_mail(formal, city_officer, firm_user):
    before = Deadline.objects.open().get()
    version = formal.version
    move_application(formal, "return_for_correction", actor=city_officer, note="手误")
    assert Message.objects.filter(to_firm=True, state="queued").count() == 1

    event = undo_last(formal, actor=city_officer, version=version + 1)

    formal.refresh_from_db()
    assert (formal.stage, formal.version, event.transition) == ("formal", version + 2, "undo")
    assert Deadline.objects.open().get() == before
    assert not Message.objects.filter(to_firm=True).exclude(state="superseded").exists()


def test_a_title_granted_by_a_slip_is_gone_again(firm, city_officer):
    application = world.at(firm, "filed")
    move_application(application, "certify", actor=city_officer, number="GR1")

    undo_last(application, actor=city_officer)

    assert Recognition.objects.count() == 0
    move_application(application, "certify", actor=city_officer, number="GR1")


def refused(application, person, **given):
    events = StageEvent.objects.count()
    with pytest.raises(TransitionRefused) as error:
        undo_last(application, actor=person, **given)
    assert StageEvent.objects.count() == events
    return error.value.reasons


LATE = ["只能在一分钟内撤销自己刚才的办理；此后请用退回、恢复等操作更正"]


def test_after_a_minute_or_by_somebody_else_or_twice_it_is_refused(formal, city_officer, lead):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        move_application(formal, "recommend", actor=city_officer)
        assert refused(formal, lead) == LATE
    with time_machine.travel(start + timedelta(seconds=60), tick=False):
        assert refused(formal, city_officer) == LATE
    with time_machine.travel(start + timedelta(seconds=59), tick=False):
        undo_last(formal, actor=city_officer)
        assert refused(formal, city_officer) == LATE


def test_what_was_opened_is_no_move_and_a_stale_page_takes_nothing_back(firm, officer):
    application = world.opened(firm, officer)
    assert refused(application, officer) == LATE

    move_application(application, "diagnose", actor=officer)
    with pytest.raises(StageMoved):
        undo_last(application, actor=officer, version=0)
    assert application.events.count() == 2


def test_the_page_the_board_and_the_api_take_back(client, firm, officer):
    application = world.opened(firm, officer)
    client.force_login(officer)
    address = f"/applications/{application.pk}/"

    moved = client.post(f"{address}move/", {"transition": "diagnose", "version": 0}, headers={"HX-Request": "true"})
    assert f'"address": "{address}undo/"' in moved["HX-Trigger"]
    back = client.post(f"{address}undo/", {"version": 1, "next": "/board/high_tech/"})
    assert back["Location"] == "/board/high_tech/"
    application.refresh_from_db()
    assert application.stage == "library"

    client.post(f"{address}move/", {"transition": "diagnose", "version": 2})
    done = client.post(f"/api/v1{address}undo/", {"version": 3}, content_type="application/json")
    assert (done.status_code, done.json()["stage"]) == (200, "library")
    again = client.post(f"/api/v1{address}undo/", {}, content_type="application/json")
    assert (again.status_code, again.json()["reasons"]) == (409, LATE)
    page = client.post(f"{address}undo/", {}, follow=True).content.decode()
    assert LATE[0] in page
