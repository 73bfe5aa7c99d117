"""Letters to firms: one by hand, many as drafts, each with its own reader and place in the history."""

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed
from crm.models import Contact
from crm.services.chunks import work_on
from notifications import letters
from notifications.conflicts import conflicts_of
from notifications.models import Message
from notifications.selectors import told_of_application, told_of_firm
from notifications.topics import TOPICS
from notifications.wording import own_wording
from tests import make
from tests.pipeline import world

LETTER = TOPICS["letter"]


def written(subject="致 {企业}", body="{收件人}，您好：\n\n请核对 {受理编号}。"):
    return letters.letter_of(LETTER, subject=subject, body=body, version=0)


@time_machine.travel("2026-11-25 10:00+08:00", tick=False)
def test_a_letter_goes_to_each_of_the_firms_people(firm, firm_user, officer):
    make.firm_person("second", firm)

    assert letters.write_letter(written(), firm, actor=officer, batch="b1", draft=False) == 2
    assert letters.write_letter(written(), firm, actor=officer, batch="b1", draft=False) == 0

    rows = Message.objects.order_by("pk").values_list("kind", "state", "to", "to_firm", "subject", "link")
    assert list(rows) == [
        ("letter", "queued", email, True, f"致 {firm.name}", "/portal/messages/")
        for email in ("firm_user@example.cn", "second@example.cn")
    ]
    assert Message.objects.earliest("pk").body.startswith("姓名firm_user，您好：\n\n请核对 。\n")


def test_a_letter_about_an_application_is_kept_with_it(firm, firm_user, officer):
    application = world.at(firm, "formal")

    letters.write_letter(written(), firm, actor=officer, batch="b1", application=application)

    message = Message.objects.get(kind="letter")
    assert (message.state, message.application, message.event) == ("draft", application, None)
    assert f"请核对 {application.reference}。" in message.body
    assert message in told_of_application(application, officer)
    assert message in told_of_firm(firm, officer)
    assert told_of_firm(firm, make.person("stranger")) == []


def test_who_may_not_write_in_the_region_writes_no_letter(firm, firm_user, other_officer, viewer, leader):
    for user in (other_officer, viewer, leader):
        with pytest.raises(NotAllowed):
            letters.write_letter(written(), firm, actor=user, batch="b1")
    assert not Message.objects.exists()


def test_a_firm_with_nobody_to_write_to_is_refused(firm, officer):
    with pytest.raises(InvalidInput) as refused:
        letters.write_letter(written(), firm, actor=officer, batch="b1")

    assert refused.value.reasons == [f"{firm.name} 没有账号也没有带邮箱的联系人；请先补联系人"]


def test_many_are_drafted_as_a_job_once(firm, firm_user, other_firm, officer, county, city_officer):
    third = make.firm("丙公司", county)
    Contact.objects.create(firm=third, name="丙", email="c@example.cn")
    fourth = make.firm("丁公司", county)
    ids = [firm.pk, other_firm.pk, third.pk, fourth.pk]

    job = letters.start_letters(written(), ids, actor=officer, batch="b1")
    again = letters.start_letters(written(), ids, actor=officer, batch="b1")
    work_on(job.pk)

    job.refresh_from_db()
    assert again == job
    # Another county's firm is not among them at all; the firm with nobody is refused.
    assert job.result == {"done": 2, "refused": 1, "drafts": 2, "batch": "b1"}
    assert sorted(Message.objects.values_list("to", "state")) == [
        ("c@example.cn", "draft"),
        ("firm_user@example.cn", "draft"),
    ]
    job = letters.start_letters(written(), ids, actor=officer, batch="b1")
    work_on(job.pk)
    assert Message.objects.count() == 2


def test_the_products_letter_reads_well_with_and_without_an_application(firm, firm_user, officer):
    text = own_wording(LETTER, "zh-hans")
    letter = letters.letter_of(LETTER, subject=text.subject, body=text.body, version=0)
    application = world.at(firm, "formal", officer=officer)

    letters.write_letter(letter, firm, actor=officer, batch="b1")
    letters.write_letter(letter, firm, actor=officer, batch="b2", application=application)

    plain, about = Message.objects.filter(kind="letter").order_by("pk")
    assert (plain.subject, about.subject) == (f"致 {firm.name}", f"致 {firm.name}：高新技术企业申报")
    assert "受理编号" not in plain.body
    assert f"（受理编号 {application.reference}）" in about.body


def test_an_unknown_placeholder_in_a_letter_is_refused():
    with pytest.raises(InvalidInput):
        letters.letter_of(LETTER, subject="{公司}", body="x", version=0)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_products_letter_without_a_matter_is_no_letter_to_send(firm, firm_user, officer, language):
    text = own_wording(LETTER, language)
    hollow = letters.letter_of(LETTER, subject=text.subject, body=text.body.replace("\n", "\r\n"), version=0)
    told = letters.letter_of(LETTER, subject=text.subject, body=text.body.replace("\n\n", "\n\n！\n\n"), version=0)

    with pytest.raises(InvalidInput) as refused:
        letters.write_letter(hollow, firm, actor=officer, batch="b1", draft=False)
    letters.write_letter(hollow, firm, actor=officer, batch="b2")
    letters.write_letter(told, firm, actor=officer, batch="b3")

    assert refused.value.reasons == ["信函还没有写要告知的事项；请先在正文中写明"]
    drafts = list(Message.objects.filter(kind="letter").select_related("application", "event", "deadline"))
    assert [draft.state for draft in drafts] == ["draft", "draft"]
    found = conflicts_of(drafts)
    assert {pk: [conflict.code for conflict in said] for pk, said in found.items()} == {
        min(draft.pk for draft in drafts): ["unwritten"]
    }
