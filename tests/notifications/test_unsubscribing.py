"""One click, without logging in; looking alone changes nothing."""

import re

import pytest
from django.test import Client

from notifications.models import Message, QuietAddress
from notifications.outbox import as_mail, enqueue
from notifications.preferences import wants
from notifications.unsubscribing import link_for


@pytest.fixture
def message(officer):
    fields = {"subject": "题", "body": "文", "kind": "reminder", "to": officer.email, "recipient_id": officer.pk}
    enqueue(key="k", **fields)
    return Message.objects.get()


def path_of(message):
    return re.sub(r"^https?://[^/]+", "", link_for(message))


def test_a_scanner_that_follows_the_link_stops_nothing(message, officer):
    page = Client().get(path_of(message))

    assert (page.status_code, "不再接收“期限提醒”邮件？" in page.content.decode()) == (200, True)
    assert wants(officer, "reminder", "mail")


def test_a_mail_program_posts_once_or_twice_and_it_is_stopped(message, officer):
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        page = client.post(path_of(message), {"List-Unsubscribe": "One-Click"})

        assert (page.status_code, "已停止“期限提醒”邮件" in page.content.decode()) == (200, True)
        assert not wants(officer, "reminder", "mail")
    assert wants(officer, "gap_digest", "mail")

    client.post(path_of(message), {"again": "1"})
    assert wants(officer, "reminder", "mail")


def test_an_address_without_an_account_stops_and_goes_on(db):
    enqueue(key="c", subject="题", body="文", kind="reminder", to="Zhou@example.cn")
    path = path_of(Message.objects.get())

    for _ in range(2):
        Client().post(path)
    assert list(QuietAddress.objects.values_list("address", "kind")) == [("zhou@example.cn", "reminder")]

    Client().post(path, {"again": "1"})
    assert not QuietAddress.objects.exists()


@pytest.mark.parametrize("token", ["x", "WzEsInJlbWluZGVyIl0:1xWERa:wrong", "%20"])
def test_a_bad_link_is_one_plain_page(db, token):
    page = Client().post(f"/unsubscribe/{token}/")

    assert (page.status_code, "链接无效" in page.content.decode()) == (404, True)


def test_what_the_law_sends_and_account_mails_have_no_link(message):
    message.statutory = True
    assert link_for(message) == ""
    headers = as_mail(message).extra_headers
    assert "List-Unsubscribe" not in headers
    assert "不能退订" in as_mail(message).body

    message.statutory, message.kind = False, "account"
    assert link_for(message) == ""


def test_one_click_is_promised_only_where_it_is_encrypted(message, settings):
    assert "List-Unsubscribe-Post" not in as_mail(message).extra_headers

    settings.SITE_URL = "https://yuqi.example.cn"
    headers = as_mail(message).extra_headers
    assert headers["List-Unsubscribe"].startswith("<https://yuqi.example.cn/unsubscribe/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_link_of_a_reader_is_not_kept_in_the_row(message, officer):
    mail = as_mail(message)

    assert link_for(message) in mail.body
    assert "unsubscribe" not in message.body + message.html


def test_what_waits_for_an_address_without_an_account_stays_when_it_stops(db):
    enqueue(key="c", kind="reminder", to="W@example.cn", subject="题", body="文")
    message = Message.objects.get()

    Client().post(path_of(message))

    message.refresh_from_db()
    assert message.state == "in_app"
