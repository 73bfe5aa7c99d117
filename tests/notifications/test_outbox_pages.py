"""The pages of the outbox, as an officer clicks through them without JavaScript."""

import pytest
import time_machine
from django.utils import timezone

from crm.models import Contact, Job
from crm.services.chunks import work_on
from notifications.models import Bounce, MailTemplate, MailTopic, Message
from notifications.topics import TOPICS
from notifications.versions import set_hold
from pipeline.models import Application
from pipeline.services.applications import move_application
from pipeline.services.shortlists import save_shortlist
from tests import make
from tests.pipeline import world

NOON = "2026-11-25 12:00+08:00"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(city_officer):
    return make.logged_in(city_officer)


@pytest.fixture
def held(lead):
    for code in ("stage_notice", "stage_recognised"):
        set_hold(TOPICS[code], hold=True, actor=lead)


def filed(firm, actor):
    application = world.at(firm, "approved")
    move_application(application, "file", actor=actor)
    return Message.objects.filter(application=application, to_firm=True).latest("pk")


def text(response):
    return response.content.decode()


def test_tabs_count_and_narrow(desk, firm, firm_user, other_firm, other_firm_user, city_officer, held):
    draft = filed(firm, city_officer)
    Message.objects.filter(pk=filed(other_firm, city_officer).pk).update(state="sent")

    page = desk.get("/outbox/?tab=drafts")

    assert [(tab.code, tab.number) for tab in page.context["tabs"]] == [
        ("drafts", 1),
        ("waiting", 0),
        ("sent", 1),
        ("failed", 0),
        ("recalled", 0),
        ("all", 2),
    ]
    assert [row.message for row in page.context["rows"]] == [draft]
    assert "登记报备公示" in text(page)
    for query, wanted in (("q=平南", 1), ("q=桂平", 0), ("template=stage_rejected", 0), ("programme=high_tech", 1)):
        assert len(desk.get(f"/outbox/?tab=drafts&{query}").context["rows"]) == wanted, query
    assert len(desk.get("/outbox/?tab=nonsense").context["rows"]) == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_however_many_rows(desk, county, city_officer, held, rows, django_assert_num_queries):
    for number in range(rows):
        firm = make.firm(f"企业{number}", county)
        make.firm_person(f"p{number}", firm)
        filed(firm, city_officer)
    desk.get("/outbox/?tab=drafts")

    with django_assert_num_queries(17):
        desk.get("/outbox/?tab=drafts")


def test_a_draft_is_edited_and_sent_on_its_page(desk, firm, firm_user, city_officer, held):
    draft = filed(firm, city_officer)
    address = f"/outbox/{draft.pk}/"
    assert "修改这一封" in text(desk.get(address))

    refused = desk.post(address, {"subject": "", "body": "我写的", "seen": ""})
    assert (refused.status_code, "请填写主题" in text(refused), "我写的" in text(refused)) == (409, True, True)
    desk.post(address, {"subject": "新题", "body": "新文", "seen": ""})
    desk.post(f"{address}act/", {"act": "send"})

    draft.refresh_from_db()
    assert (draft.subject, draft.state, draft.edited_by, draft.handled_by) == (
        "新题",
        "queued",
        city_officer,
        city_officer,
    )
    page = text(desk.get(address))
    assert "将于 11月25日 12:00 发出" in page
    desk.post(f"{address}act/", {"act": "recall"})
    draft.refresh_from_db()
    assert draft.state == "recalled"


def test_a_refused_button_says_why(desk, viewer, firm, firm_user, city_officer, held):
    draft = filed(firm, city_officer)

    page = desk.post(f"/outbox/{draft.pk}/act/", {"act": "discard"}, follow=True)
    assert "请写明不发的原因" in text(page)
    assert desk.post(f"/outbox/{draft.pk}/act/", {"act": "burn"}).status_code == 404
    page = make.logged_in(viewer).post(f"/outbox/{draft.pk}/act/", {"act": "send"}, follow=True)
    assert "谁能办理这一步，谁才能处理它的通知" in text(page)
    assert "发送这一封" not in text(page)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_many_are_sent_after_being_asked_again(desk, firm, firm_user, other_firm, other_firm_user, city_officer, held):
    drafts = [filed(firm, city_officer), filed(other_firm, city_officer)]

    asked = desk.post("/outbox/send/?tab=drafts", {"everything": "1"})
    assert "将发出 2 封通知" in text(asked)
    assert firm_user.name in text(asked)
    assert other_firm_user.email in text(asked)
    assert Job.objects.count() == 0
    desk.post("/outbox/send/", {"rows": asked.context["ids"], "sure": "1"})
    work_on(Job.objects.get().pk)

    assert set(Message.objects.filter(pk__in=[row.pk for row in drafts]).values_list("state", flat=True)) == {"queued"}
    assert "没有选择任何草稿" in text(desk.post("/outbox/send/", {"rows": "x,99999999999999999999"}))


def test_readers_cannot_start_a_sending(viewer, firm, firm_user, city_officer, held):
    draft = filed(firm, city_officer)

    page = make.logged_in(viewer).post("/outbox/send/", {"row": [draft.pk], "sure": "1"}, follow=True)

    assert "当前身份只能查阅" in text(page)
    assert Job.objects.count() == 0


def test_wording_is_changed_compared_restored_and_tried_without_javascript(firm, firm_user, lead, city_officer):
    application = world.at(firm, "filed")
    desk, address = make.logged_in(lead), "/outbox/templates/stage_notice/zh-hans/"
    assert "通用信函" in text(desk.get("/outbox/templates/"))

    typed = {"subject": "题 {企业}", "body": "文 {错}", "seen": 0, "case": application.pk}
    refused = desk.post(address, typed)
    assert (refused.status_code, "不认识的占位符：{错}" in text(refused)) == (409, True)
    shown = desk.post(f"{address}preview/", typed | {"body": "文 {阶段}"})
    assert "文 国家公示" in text(shown)
    fragment = desk.post(f"{address}preview/", typed | {"body": "文 {阶段}"}, headers={"HX-Request": "true"})
    assert text(fragment).lstrip().startswith("<section")
    desk.post(address, typed | {"body": "文 {阶段}"})
    compared = text(desk.get(f"{address}?version=0"))
    assert "恢复第 0 版" in compared
    desk.post(f"{address}act/", {"act": "restore", "version": "0", "seen": "1"})
    desk.post(f"{address}act/", {"act": "hold", "hold": "1"})

    assert list(MailTemplate.objects.values_list("version", "restores", "by")) == [(2, 0, lead.pk), (1, None, lead.pk)]
    assert list(MailTopic.objects.values_list("code", "hold")) == [("stage_notice", True)]
    assert desk.get("/outbox/templates/nonsense/zh-hans/").status_code == 404
    assert desk.get(f"{address}?version=77").status_code == 404
    desk.post("/outbox/templates/", {"name": "催报函"})
    assert "催报函" in text(desk.get("/outbox/templates/"))


def test_an_officer_reads_the_wording_but_has_no_button(desk):
    page = text(desk.get("/outbox/templates/stage_notice/zh-hans/"))

    assert "保存为新版本" not in page
    assert "通知模板由市级科长或管理员修改。" in page


def test_a_letter_is_written_from_firm_and_application(firm, firm_user, officer):
    desk = make.logged_in(officer)
    application = world.at(firm, "formal", officer=officer)
    address = f"/applications/{application.pk}/letter/"
    page = desk.get(address)
    form = {"batch": page.context["form"]["batch"].value(), "seen": "0", "of": "letter", "letter": "letter"}
    form |= {"subject": "致 {企业}", "body": "请来一趟 {受理编号}"}

    shown = desk.post(address, form | {"act": "preview"})
    assert f"请来一趟 {application.reference}" in text(shown)
    assert not Message.objects.filter(kind="letter").exists()
    desk.post(address, form | {"act": "send"})
    desk.post(address, form | {"act": "send"})

    assert Message.objects.get(kind="letter").state == "queued"
    assert f"致 {firm.name}" in text(desk.get(f"/firms/{firm.credit_code}/messages/"))
    assert f"致 {firm.name}" in text(desk.get(f"/applications/{application.pk}/messages/"))
    firm_desk = make.logged_in(firm_user)
    assert f"致 {firm.name}" in text(firm_desk.get("/portal/messages/"))
    assert f"致 {firm.name}" in text(firm_desk.get(f"/portal/applications/{application.pk}/messages/"))


def test_a_letter_to_many_comes_from_lists_and_shortlists(firm, firm_user, other_firm, officer, county):
    desk = make.logged_in(officer)
    edition = world.published("high_tech", "CN-2016")
    listed = save_shortlist("名单", edition=edition, region=county, firms=[firm.pk], actor=officer)
    application = world.at(firm, "formal")
    for asked in (
        desk.post("/outbox/letter/", {"firm": [firm.pk, other_firm.pk]}),
        desk.post("/outbox/letter/?q=平南", {"all": "1"}),
        desk.post("/outbox/letter/?from=applications", {"row": [f"{application.pk}:{application.version}"]}),
        desk.post("/outbox/letter/?from=applications&programme=high_tech", {"everything": "1"}),
        desk.get(f"/outbox/letter/?shortlist={listed.pk}"),
    ):
        assert asked.context["ids"] == str(firm.pk)

    batch = asked.context["form"]["batch"].value()
    form = {"firms": asked.context["ids"], "batch": batch, "seen": "0", "of": "letter", "letter": "letter"}
    desk.post("/outbox/letter/", form | {"subject": "致 {企业}", "body": "请来", "act": "draft"})
    work_on(Job.objects.get(kind="outbox.letters").pk)

    assert Message.objects.get(kind="letter").state == "draft"
    assert len(desk.get(f"/outbox/?tab=drafts&batch={batch}").context["rows"]) == 1
    assert "没有选择任何企业" in text(desk.get("/outbox/letter/"))


def test_addresses_are_put_right_on_the_list(firm, other_firm, officer):
    desk = make.logged_in(officer)
    world.at(firm, "formal")
    assert firm.name in text(desk.get("/outbox/addresses/"))
    refused = desk.post(f"/outbox/addresses/firms/{firm.credit_code}/", {"name": "王五", "email": "x"})
    assert refused.status_code == 409
    desk.post(f"/outbox/addresses/firms/{firm.credit_code}/", {"name": "王五", "email": "w@example.cn"})
    assert f"/firms/{firm.credit_code}/" not in text(desk.get("/outbox/addresses/"))

    now = timezone.now()
    said = {"firm": firm, "region_path": firm.region_path, "first_at": now, "last_at": now}
    bounce = Bounce.objects.create(address="w@example.cn", **said)
    Message.objects.create(
        key="lost", kind="letter", to="w@example.cn", firm=firm, region_path=firm.region_path, state="failed",
        subject="丢失的信", body="x", send_after=now, message_id="<x>", to_firm=True,
    )  # fmt: skip
    assert desk.post(f"/outbox/addresses/{bounce.pk}/", {"address": "x"}).status_code == 409
    offered = desk.post(f"/outbox/addresses/{bounce.pk}/", {"address": "right@example.cn"})
    assert "丢失的信" in text(offered)
    assert "补发到 right@example.cn" in text(offered)
    desk.post(f"/outbox/addresses/{bounce.pk}/resend/", {"address": "right@example.cn"})

    assert Contact.objects.get(firm=firm).email == "right@example.cn"
    assert Message.objects.filter(to="right@example.cn", state="queued").count() == 1


def test_before_the_click_an_officer_knows_whom_a_move_tells_and_how(desk, firm, firm_user, city_officer, lead, held):
    application = world.at(firm, "approved")

    for address in (f"/applications/{application.pk}/", f"/applications/{application.pk}/move/"):
        page = text(desk.get(address))
        assert "企业将收到通知" in page
        assert firm_user.name in page
        assert "先成为草稿，经确认后发出" in page
    bulk = text(desk.post("/applications/bulk/", {"row": [f"{application.pk}:{application.version}"]}))
    assert "先成为草稿，经确认后发出" in bulk


def test_a_firm_with_nobody_is_said_before_the_click(desk, firm):
    application = world.at(firm, "approved")

    assert "企业没有收件人" in text(desk.get(f"/applications/{application.pk}/"))
    assert Application.objects.count() == 1
