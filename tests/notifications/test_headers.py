"""Every mail as it arrives at a mail server."""

import re
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import time_machine

from notifications.models import Message
from notifications.outbox import deliver_messages
from tests.mail_samples import samples
from tests.processes import smtp_sink

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALWAYS = {"account"}  # kinds that nobody can end
pytestmark = pytest.mark.whole  # every mail that there is, made and sent
LINK = re.compile(r"<https://yuqi\.example\.cn/unsubscribe/[\w:-]+/>")


@pytest.fixture
def arrived(db, settings):
    """Every sample, sent to a server on this machine: (row, mail)."""
    settings.SITE_URL, settings.SITE_HOST = "https://yuqi.example.cn", "yuqi.example.cn"
    settings.DEFAULT_FROM_EMAIL = "育企 Cultivar <noreply@yuqi.example.cn>"
    with smtp_sink() as (sink, url):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", urlsplit(url).port
        rows = samples("zh-hans")
        Message.objects.update(expires_at=None)  # an invitation of the first day has run out by the last reminder's
        with time_machine.travel("2026-12-04 09:00+08:00", tick=False):
            deliver_messages()
    mails = {mail["Message-ID"]: mail for mail in sink.mails}
    return [(name, row, mails[row.message_id]) for name, row in rows.items()]


def words(mail, name):
    return str(make_header(decode_header(mail[name])))


def test_headers_are_right_on_every_mail(arrived):
    for name, row, mail in arrived:
        assert mail["Message-ID"] == row.message_id == f"<{row.message_id[1:33]}@yuqi.example.cn>", name
        # An alarm leaves at once, past the queue.
        sent = "2026-11-23T08:30:00+08:00" if name == "operation" else "2026-12-04T09:00:00+08:00"
        assert parsedate_to_datetime(mail["Date"]).isoformat() == sent
        assert (mail["Auto-Submitted"], mail["X-Cultivar-Kind"]) == ("auto-generated", row.kind)
        assert words(mail, "From") == "育企 Cultivar <noreply@yuqi.example.cn>"
        assert (mail["To"], words(mail, "Subject")) == (row.to, row.subject)
        letter, *attached = mail.get_payload() if mail.get_content_type() == "multipart/mixed" else [mail]
        assert [part.get_content_type() for part in attached] == ([XLSX] if name == "gap_digest" else [])
        assert [(part.get_content_type(), part.get_content_charset()) for part in letter.get_payload()] == [
            ("text/plain", "utf-8"),
            ("text/html", "utf-8"),
        ]
        html = letter.get_payload()[1].get_payload(decode=True).decode()
        assert not re.search(r"<(img|script|link|iframe|style)|src=|url\(|@import", html), name


def test_only_mails_that_may_be_ended_can_be(arrived):
    ended = {name: bool(mail["List-Unsubscribe"]) for name, _row, mail in arrived}

    assert ended == {name: not (row.statutory or row.kind in ALWAYS) for name, row, _mail in arrived}
    assert {name for name, can in ended.items() if not can} == {
        "handover",
        "handover_asked",
        "invitation",
        "invitation-mandate",
        "leave",
        "letter-certified",
        "letter-notice",
        "letter-rejected",
        "letter-returned",
        "letter-revoked",
        "registration_asked",
        "registration_refused",
    }
    for name, row, mail in arrived:
        if ended[name]:
            assert LINK.fullmatch(mail["List-Unsubscribe"].strip()), name
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert mail["List-Id"] == f"<{row.kind.replace('_', '-')}.yuqi.example.cn>"


def test_a_firms_answer_reaches_its_officer(arrived):
    answers = {name: words(mail, "Reply-To") for name, _row, mail in arrived if mail["Reply-To"]}

    assert answers["letter-returned"] == "莫清扬 <liang@example.cn>"
    assert "stage_officer" not in answers
    assert "gap_digest" not in answers


def test_a_second_sending_carries_the_same_id(arrived, settings):
    name, row, mail = arrived[0]
    Message.objects.filter(pk=row.pk).update(state="unconfirmed", resent=False)
    with smtp_sink() as (sink, url):
        settings.EMAIL_PORT = urlsplit(url).port
        with time_machine.travel("2026-12-04 09:20+08:00", tick=False):
            deliver_messages()

    assert [again["Message-ID"] for again in sink.mails] == [mail["Message-ID"]], name
