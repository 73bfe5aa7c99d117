"""Drafts: made instead of mails where somebody looks first, void when the decision changes, sent by who may decide."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import Contact, User
from crm.services.chunks import work_on
from notifications import drafts
from notifications.conflicts import conflicts_of
from notifications.models import Bounce, Channel, Message, Preference
from notifications.topics import TOPICS
from notifications.versions import save_wording, set_hold
from pipeline.models import Application, Deadline
from pipeline.services.applications import move_application
from pipeline.services.undoing import undo_last
from tests import make
from tests.pipeline import world
from tests.races import at_once


@pytest.fixture
def held(lead):
    for code in ("stage_recognised", "stage_notice", "stage_returned", "stage_rejected"):
        set_hold(TOPICS[code], hold=True, actor=lead)


@pytest.fixture
def approved(firm, firm_user, held):
    return world.at(firm, "approved")


@pytest.fixture
def draft(approved, city_officer):
    move_application(approved, "file", actor=city_officer)
    return read()


def read(**wanted):
    rows = drafts.with_case(Message.objects.filter(to_firm=True, **wanted))
    return rows.latest("pk")


def codes(message):
    return [each.code for each in conflicts_of([message]).get(message.pk, [])]


def test_a_move_becomes_a_draft_that_nobody_outside_knows_of(draft, firm_user, city_officer):
    assert (draft.state, draft.template, draft.event.transition) == ("draft", "stage_notice", "file")
    assert draft not in Message.objects.visible_to(firm_user)
    assert draft not in Message.objects.told(firm_user)
    assert draft in Message.objects.visible_to(city_officer)
    assert codes(draft) == []


def test_without_the_switch_nothing_changes(firm, firm_user, city_officer):
    move_application(world.at(firm, "approved"), "file", actor=city_officer)

    assert read().state == "queued"


def test_sending_one_keeps_who_did_it(draft, city_officer):
    drafts.send(draft, actor=city_officer)

    sent = read()
    assert (sent.state, sent.handled_by) == ("queued", city_officer)
    with pytest.raises(RowChanged) as refused:
        drafts.send(draft, actor=city_officer)
    assert refused.value.reasons == ["这封通知已是“待发送”，不能再改"]


@pytest.mark.parametrize("who", ["officer", "viewer", "leader", "other_officer"])
def test_who_may_not_make_the_move_may_not_send_its_mail(draft, who, request):
    user = request.getfixturevalue(who)  # the county's officer, too: this move is the city's

    with pytest.raises(NotAllowed):
        drafts.send(draft, actor=user)
    with pytest.raises(NotAllowed):
        drafts.edit(draft, subject="x", body="x", seen="", actor=user)
    with pytest.raises(NotAllowed):
        drafts.recall(draft, actor=user)
    with pytest.raises(NotAllowed):
        drafts.discard(draft, actor=user, reason="x")
    assert read().state == "draft"


def test_editing_changes_text_and_html_and_keeps_the_facts(draft, city_officer):
    drafts.edit(draft, subject=" 新的 主题 ", body="第一段\r\n\r\n<b>第二段</b>", seen="", actor=city_officer)

    now = read()
    assert (now.subject, now.edited_by, now.parts["text"]) == ("新的 主题", city_officer, "第一段\n\n<b>第二段</b>")
    assert draft.application.reference in now.body
    assert "&lt;b&gt;第二段&lt;/b&gt;" in now.html
    assert "<style" not in now.html


def test_a_draft_that_somebody_changed_or_sent_meanwhile_is_not_overwritten(draft, city_officer, lead):
    drafts.edit(draft, subject="一", body="一", seen="", actor=city_officer)
    with pytest.raises(RowChanged) as refused:
        drafts.edit(draft, subject="二", body="二", seen="", actor=lead)
    assert refused.value.reasons == ["这封草稿刚被他人修改，请对照最新内容后再试"]

    now = read()
    Message.objects.update(state="sent", sent_at=timezone.now())
    with pytest.raises(RowChanged) as refused:
        drafts.edit(now, subject="二", body="二", seen=drafts.edited_mark(now), actor=lead)
    assert "发出，不能再撤回或修改" in refused.value.reasons[0]
    assert read().subject == "一"


def test_an_empty_draft_is_refused_with_every_reason(draft, city_officer):
    with pytest.raises(InvalidInput) as refused:
        drafts.edit(draft, subject=" ", body=" ", seen="", actor=city_officer)

    assert refused.value.reasons == ["请填写主题", "请填写正文"]


def test_recall_until_it_has_left(draft, city_officer):
    drafts.send(draft, actor=city_officer)
    drafts.recall(read(), actor=city_officer, reason="先不发")
    assert (read().state, read().reason) == ("recalled", "先不发")

    Message.objects.update(state="sending")
    with pytest.raises(RowChanged) as refused:
        drafts.recall(read(), actor=city_officer)
    assert refused.value.reasons == ["正在发送，来不及了；请另写一封更正"]
    Message.objects.update(state="sent", sent_at=timezone.now())
    with pytest.raises(RowChanged) as refused:
        drafts.recall(read(), actor=city_officer)
    assert refused.value.reasons[0].startswith("已于 ")


def test_discarding_needs_a_reason(draft, city_officer):
    with pytest.raises(InvalidInput):
        drafts.discard(draft, actor=city_officer, reason=" ")
    drafts.discard(draft, actor=city_officer, reason="电话已说明")

    assert (read().state, read().reason) == ("recalled", "电话已说明")


def test_an_undone_decision_takes_its_draft_with_it(approved, city_officer):
    move_application(approved, "file", actor=city_officer)

    undo_last(approved, actor=city_officer)

    assert (read().state, read().reason) == ("superseded", "办理已撤销")
    assert Message.objects.filter(to_firm=True).count() == 1


def test_another_result_replaces_the_draft_of_the_first(draft, city_officer):
    move_application(draft.application, "certify", actor=city_officer)

    states = list(Message.objects.filter(to_firm=True).order_by("pk").values_list("template", "state", "reason"))
    assert states == [("stage_notice", "superseded", "已有新的办理结果"), ("stage_recognised", "draft", "")]


def test_a_mail_that_still_waits_is_replaced_too(firm, firm_user, city_officer, lead):
    application = world.at(firm, "approved")
    move_application(application, "file", actor=city_officer)
    move_application(application, "object", actor=city_officer, note="有异议")
    move_application(application, "reject", actor=lead, note="不符合")

    states = list(Message.objects.filter(to_firm=True).order_by("pk").values_list("template", "state"))
    assert states == [("stage_notice", "superseded"), ("stage_rejected", "queued")]


def test_an_application_that_moved_on_is_flagged_and_waved_through_only_by_hand(draft, city_officer):
    move_application(draft.application, "object", actor=city_officer, note="有异议")
    now = read()
    assert codes(now) == ["moved_on"]

    with pytest.raises(InvalidInput) as refused:
        drafts.send(now, actor=city_officer)
    assert refused.value.reasons == ["申报此后已进入“异议核实”"]
    drafts.send(now, actor=city_officer, anyway=True)
    assert read().state == "queued"


def test_a_moved_date_a_second_draft_and_a_bouncing_address_are_flagged(firm, firm_user, held, city_officer):
    application = world.at(firm, "formal")
    move_application(application, "return_for_correction", actor=city_officer, note="缺件")
    message = read()
    Deadline.objects.filter(pk=message.deadline_id).update(due_on=message.deadline.due_on + timedelta(days=1))
    twin = Message.objects.get(pk=message.pk)
    twin.pk, twin.key = None, "twin"
    twin.save()
    Bounce.objects.create(address=message.to, first_at=timezone.now(), last_at=timezone.now())

    assert codes(read(pk=message.pk)) == ["double", "date_moved", "bouncing"]
    with pytest.raises(InvalidInput) as refused:
        drafts.send(read(pk=message.pk), actor=city_officer, anyway=True)
    assert refused.value.reasons == ["该地址退信；请先在“地址问题”中更正"]


def test_a_firm_without_anybody_keeps_its_draft_until_somebody_is_there(firm, held, city_officer):
    move_application(world.at(firm, "approved"), "file", actor=city_officer)
    draft = read()
    assert (codes(draft), draft.to_name, draft.to) == (["nobody"], "", "")
    with pytest.raises(InvalidInput):
        drafts.make_anew(draft, actor=city_officer)

    Contact.objects.create(firm=firm, name="王五", email="w@example.cn")
    assert drafts.make_anew(draft, actor=city_officer) == 1

    rows = Message.objects.filter(to_firm=True).order_by("pk").values_list("to", "state")
    assert list(rows) == [("", "superseded"), ("w@example.cn", "draft")]


def test_a_draft_is_made_anew_in_the_wording_of_today(draft, city_officer, lead):
    save_wording(TOPICS["stage_notice"], "zh-hans", subject="新题 {企业}", body="新文 {阶段}", seen=0, actor=lead)

    assert drafts.make_anew(draft, actor=city_officer) == 1

    now = read()
    assert (now.subject, now.template_version, now.state) == (f"新题 {draft.firm.name}", 1, "draft")
    assert now.parts["text"] == "新文 国家公示"


def test_many_go_as_a_job_and_those_with_conflicts_stay_with_their_reasons(county, held, city_officer):
    for number in range(3):
        firm = make.firm(f"企业{number}", county)
        make.firm_person(f"p{number}", firm)
        move_application(world.at(firm, "approved"), "file", actor=city_officer)
    flagged = Message.objects.earliest("pk")
    move_application(flagged.application, "object", actor=city_officer, note="异议")

    job = drafts.start_sending(Message.objects.values_list("pk", flat=True), actor=city_officer)
    work_on(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"done": 2, "refused": 1})
    assert sorted(Message.objects.values_list("state", flat=True)) == ["draft", "queued", "queued"]


def test_sending_by_the_thousand_is_bounded(city_officer):
    with pytest.raises(InvalidInput):
        drafts.start_sending([], actor=city_officer)
    with pytest.raises(InvalidInput):
        drafts.start_sending(range(1, 20_002), actor=city_officer)


def test_two_officers_who_send_at_once_send_it_once(committed_db, firm, firm_user, lead, city_officer, held):
    move_application(world.at(firm, "approved"), "file", actor=city_officer)
    message = read()

    def send():
        try:
            drafts.send(message, actor=city_officer)
        except RowChanged:
            return 0
        return 1

    assert sum(at_once(send, send, send)) == 1


def test_two_officers_who_move_at_once_make_one_draft(committed_db, firm, firm_user, lead, city_officer, held):
    application = world.at(firm, "approved")

    def move():
        from pipeline.errors import PipelineError

        try:
            move_application(Application.objects.get(pk=application.pk), "file", actor=city_officer, version=seen)
        except PipelineError:
            return 0
        return 1

    seen = application.version
    assert sum(at_once(move, move)) == Message.objects.filter(to_firm=True).count() == 1


@pytest.fixture
def by_sms(firm_user, city):
    """The firm's user asked for text messages, and the city has a gateway."""
    User.objects.filter(pk=firm_user.pk).update(phone="13800001111")
    Preference.objects.create(user=firm_user, kind="stage", way="sms", wanted=True, changed_at=timezone.now())
    Channel.objects.create(
        name="短信", kind="sms", region=city, region_path=city.path, address="json://127.0.0.1:9/{phone}",
        changed_at=timezone.now(),
    )  # fmt: skip


def test_the_text_message_of_an_old_draft_leaves_with_it_and_lives_as_long(by_sms, draft, city_officer):
    assert not Message.objects.exclude(channel=None).exists()
    Message.objects.filter(pk=draft.pk).update(send_after=timezone.now() - timedelta(days=9))

    drafts.send(read(), actor=city_officer)

    sent, copy = Message.objects.get(pk=draft.pk), Message.objects.get(channel__isnull=False)
    assert (copy.send_after, copy.expires_at) == (sent.send_after, sent.send_after + timedelta(days=2))


def test_recalling_a_mail_recalls_its_text_message(by_sms, draft, city_officer):
    drafts.send(draft, actor=city_officer)

    drafts.recall(draft, actor=city_officer)

    assert set(Message.objects.filter(to_firm=True).values_list("state", flat=True)) == {"recalled"}


def test_a_draft_is_not_sent_to_who_has_left_the_firm(draft, city_officer, firm_user):
    firm_user.memberships.update(ended_on=timezone.localdate())

    with pytest.raises(InvalidInput) as refused:
        drafts.send(read(), actor=city_officer, anyway=True)

    assert refused.value.reasons == ["收件人已不再是该企业的人员或代理人；请弃用这封草稿"]
    assert read().state == "draft"
