"""Addresses that refuse mail: noted, held back, corrected, and what was lost sent again."""

import smtplib
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import Contact
from notifications import bounces, outbox
from notifications.models import Bounce, Message, QuietAddress
from notifications.outbox import deliver_messages, enqueue
from notifications.selectors import bounces as unsettled
from notifications.selectors import unreachable
from pipeline.models import Recognition
from tests import make
from tests.notifications.test_outbox import Server
from tests.pipeline import world


@pytest.fixture
def server(monkeypatch):
    def use(*answers):
        one = Server(*answers)
        monkeypatch.setattr(outbox, "get_connection", lambda: one)
        return one

    return use


def put(firm, key="k1", to="W@example.cn"):
    given = {"subject": "题", "body": "文", "kind": "stage", "to_name": "王五", "to_firm": True}
    enqueue(key=key, to=to, firm=firm, region_path=firm.region_path, **given)
    return Message.objects.get(key=key)


@pytest.fixture
def bounced(firm, server):
    Contact.objects.create(firm=firm, name="王五", email="w@example.cn")
    server(smtplib.SMTPRecipientsRefused({"W@example.cn": (550, b"no such user")}))
    put(firm)
    deliver_messages()
    return Bounce.objects.get()


def test_a_refused_address_is_noted_once_and_counted(bounced, firm, server):
    assert (bounced.address, bounced.code, bounced.detail, bounced.firm, bounced.count) == (
        "w@example.cn",
        550,
        "no such user",
        firm,
        1,
    )
    bounces.note_bounce(Message.objects.get(), 551, "moved")

    bounced.refresh_from_db()
    assert (bounced.code, bounced.count, Bounce.objects.count()) == (551, 2, 1)


def test_an_address_is_not_blamed_for_what_it_did_not_refuse(firm, server):
    full = smtplib.SMTPRecipientsRefused({"W@example.cn": (450, b"full")})
    for error in (smtplib.SMTPDataError(554, b"spam"), smtplib.SMTPSenderRefused(550, b"who", "us"), full):
        server(error)
        Message.objects.all().delete()
        put(firm)
        deliver_messages()

    assert Bounce.objects.count() == 0


def test_nothing_more_is_tried_there_until_it_is_settled(bounced, firm, officer, server):
    one = server()
    held_back = put(firm, "k2")
    deliver_messages()
    held_back.refresh_from_db()
    assert (held_back.state, held_back.is_held_back, one.taken) == ("failed", True, [])

    bounces.settle(bounced, actor=officer)
    put(firm, "k3")
    deliver_messages()
    assert Message.objects.get(key="k3").state == "sent"
    with pytest.raises(RowChanged):
        bounces.settle(bounced, actor=officer)


def test_the_right_address_goes_to_the_contact_and_what_was_lost_is_sent_again(bounced, firm, officer, server):
    one = server()
    put(firm, "k2")
    deliver_messages()

    draft = put(firm, "k3")
    Message.objects.filter(pk=draft.pk).update(state="draft")
    assert bounces.settle(bounced, actor=officer, address="right@example.cn") == 1
    draft.refresh_from_db()
    assert (draft.to, draft.state) == ("right@example.cn", "draft")
    assert Contact.objects.get().email == "right@example.cn"
    lost = list(bounces.undelivered(bounced))
    assert [message.key for message in lost] == ["k2", "k1"]
    assert bounces.resend(lost, to="right@example.cn", actor=officer) == 2
    deliver_messages()

    assert [mail.to for mail in one.taken] == [["right@example.cn"]] * 2
    assert bounces.resend(lost, to="right@example.cn", actor=officer) == 0


def test_a_mail_that_came_back_by_hand(firm, officer, viewer):
    message = put(firm)
    with pytest.raises(InvalidInput):
        bounces.mark_bounced(message, actor=officer)
    Message.objects.update(state="sent", sent_at=timezone.now())
    with pytest.raises(NotAllowed):
        bounces.mark_bounced(message, actor=viewer)

    bounces.mark_bounced(message, actor=officer)

    message.refresh_from_db()
    assert (message.state, message.error, Bounce.objects.get().code) == ("failed", "姓名officer 标记为退信", 0)


def test_bounces_are_known_where_the_firm_is(bounced, officer, city_officer, other_officer, firm_user):
    assert [list(unsettled(user)) for user in (officer, city_officer, other_officer, firm_user)] == [
        [bounced],
        [bounced],
        [],
        [],
    ]
    with pytest.raises(NotAllowed):
        bounces.settle(bounced, actor=other_officer)


def test_firms_that_nobody_can_write_to(county, officer, city_officer, other_officer):
    names = ("在办无人", "有号", "有联系人", "无事", "无邮箱")
    rows = {name: make.firm(name, county) for name in names}
    for name in ("在办无人", "有号", "有联系人", "无邮箱"):
        world.at(rows[name], "formal")
    make.firm_person("one", rows["有号"])
    Contact.objects.create(firm=rows["有联系人"], name="x", email="x@example.cn")
    Contact.objects.create(firm=rows["无邮箱"], name="x")

    assert [firm.name for firm in unreachable(officer).order_by("pk")] == ["在办无人", "无邮箱"]
    assert unreachable(city_officer).count() == 2
    assert unreachable(other_officer).count() == 0


def test_a_valid_title_wants_somebody_to_write_to(county, officer):
    firm = make.firm("已认定", county)
    world.at(firm, "certified")
    assert list(unreachable(officer)) == [firm]

    Recognition.objects.update(ended_on=timezone.localdate())
    assert list(unreachable(officer)) == []


def test_what_is_sent_again_lives_anew(bounced, firm, officer, server):
    one = server()
    Message.objects.update(expires_at=timezone.now() - timedelta(days=1), swept=20)
    bounces.settle(bounced, actor=officer)

    assert bounces.resend(bounces.undelivered(bounced), to="", actor=officer) == 1
    deliver_messages()

    message = Message.objects.get()
    assert (message.state, message.swept, message.expires_at, len(one.taken)) == ("sent", 0, None, 1)


def test_what_is_sent_again_is_not_mailed_to_who_stopped_its_kind(bounced, officer, server):
    one = server()
    QuietAddress.objects.create(address="right@example.cn", kind="stage", at=timezone.now())
    bounces.settle(bounced, actor=officer)

    bounces.resend(bounces.undelivered(bounced), to="right@example.cn", actor=officer)
    deliver_messages()

    assert (Message.objects.get().state, one.taken) == ("in_app", [])


def test_the_link_to_an_account_goes_to_no_other_address(bounced, officer):
    Message.objects.update(kind="account")

    assert list(bounces.undelivered(bounced)) == []
