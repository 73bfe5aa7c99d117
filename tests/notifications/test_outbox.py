"""The mail server is the only thing replaced: it answers as a test tells it to."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications import outbox
from notifications.models import Delivery, Mail, Message
from notifications.outbox import deliver_messages, enqueue, lease
from notifications.settling import Ledger, sweep

GOOD = {"key": "k1", "to": "a@example.cn", "subject": "题", "body": "文", "kind": "stage"}


class Server:
    """A mail server that answers each mail with the next of `answers`: None takes it, an error is raised."""

    def __init__(self, *answers, down=0):
        self.answers, self.down, self.taken, self.opened, self.is_open = list(answers), down, [], 0, False

    def open(self):
        if self.down:
            self.down -= 1
            raise ConnectionRefusedError("no server")
        self.opened += not self.is_open
        self.is_open = True

    def close(self):
        self.is_open = False

    def send_messages(self, mails):
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken += mails
        return 1


@pytest.fixture
def server(monkeypatch, db):
    def use(*answers, **given):
        one = Server(*answers, **given)
        monkeypatch.setattr(outbox, "get_connection", lambda: one)
        return one

    return use


def state(key="k1"):
    return Message.objects.get(key=key).state


def later(**delta):
    """As if time had passed: everything that waits is due."""
    for name in ("send_after", "leased_until"):
        for message in Message.objects.exclude(**{name: None}):
            Message.objects.filter(pk=message.pk).update(**{name: getattr(message, name) - timedelta(**delta)})


def test_a_key_is_queued_once(db):
    assert enqueue(**GOOD)
    assert not enqueue(**(GOOD | {"subject": "另一个"}))

    assert list(Message.objects.values_list("subject", "state")) == [("题", "queued")]


def test_without_an_address_it_stays_in_the_site(server):
    one = server()
    enqueue(**(GOOD | {"to": ""}))

    deliver_messages()

    assert (state(), one.opened) == ("in_app", 0)


def test_a_mail_is_sent_once_over_one_connection(server):
    one = server()
    for number in range(5):
        enqueue(**(GOOD | {"key": f"k{number}"}))

    first, second = deliver_messages(), deliver_messages()

    assert (first.sent, second.sent, one.opened) == (5, 0, 1)
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert [str(m.subject) for m in one.taken] == ["题"] * 5
    assert Delivery.objects.filter(outcome="sent").count() == 5


def test_a_server_that_is_away_costs_nothing(server):
    one = server(down=1)
    enqueue(**GOOD)

    deliver_messages()
    assert (state(), Message.objects.get().attempts, one.taken) == ("queued", 0, [])
    later(minutes=2)
    deliver_messages()

    assert (state(), Message.objects.get().attempts) == ("sent", 1)


def test_4xx_waits_longer_each_time_and_then_goes(server):
    server(smtplib.SMTPResponseException(451, b"busy"), smtplib.SMTPRecipientsRefused({"a": (450, b"full")}))
    enqueue(**GOOD)

    for attempts, minutes in ((1, 2), (2, 4)):
        deliver_messages()
        message = Message.objects.get()
        pause = (message.send_after - timezone.now()).total_seconds() / 60
        assert (message.state, message.attempts) == ("queued", attempts)
        assert minutes - 0.1 < pause <= minutes
        later(minutes=minutes)
    deliver_messages()

    assert state() == "sent"


def test_4xx_for_ever_fails_in_the_end(server, settings):
    server(*[smtplib.SMTPResponseException(451, b"busy")] * 50)
    enqueue(**GOOD)

    for _ in range(settings.MESSAGE_MAX_ATTEMPTS):
        deliver_messages()
        later(days=1)

    assert (state(), Message.objects.get().attempts) == ("failed", settings.MESSAGE_MAX_ATTEMPTS)


def test_5xx_fails_at_once_and_says_why(server):
    server(smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")}))
    enqueue(**GOOD)

    assert deliver_messages().failed == 1

    message = Message.objects.get()
    assert (message.state, message.error) == ("failed", "550 no such user")


def test_silence_is_unconfirmed_and_sent_once_more_under_the_same_id(server):
    one = server(smtplib.SMTPServerDisconnected("gone"))
    enqueue(**GOOD)
    deliver_messages()
    assert state() == "unconfirmed"
    deliver_messages()
    assert one.taken == []

    later(minutes=16)
    deliver_messages()

    message = Message.objects.get()
    assert (message.state, message.resent, message.attempts) == ("sent", True, 2)
    assert one.taken[0].extra_headers["Message-ID"] == message.message_id


def test_twice_silence_is_never_sent_a_third_time(server):
    one = server(*[smtplib.SMTPServerDisconnected("gone")] * 5)
    enqueue(**GOOD)

    for _ in range(4):
        deliver_messages()
        later(minutes=16)

    assert (state(), Message.objects.get().attempts, one.taken) == ("unconfirmed", 2, [])


def test_a_killed_worker_is_found_by_the_sweep(server):
    server()
    for key in ("leased", "sending"):
        enqueue(**(GOOD | {"key": key}))
    import uuid

    token = uuid.uuid4()
    assert lease(token) == 2
    Message.objects.filter(key="sending").update(state="sending", attempts=1)
    assert sweep() == 0

    later(minutes=6)
    assert sweep() == 2

    assert (state("leased"), state("sending")) == ("queued", "unconfirmed")


def test_two_deliverers_never_hold_one_row(db):
    import uuid

    for number in range(10):
        enqueue(**(GOOD | {"key": f"k{number}"}))

    assert (lease(uuid.uuid4()), lease(uuid.uuid4())) == (10, 0)


def test_a_worker_whose_lease_ran_out_sends_nothing(server):
    one = server()
    enqueue(**GOOD)
    import uuid

    token = uuid.uuid4()
    lease(token)
    message = Message.objects.get()
    later(minutes=6)

    assert not Ledger(token).mark(message)
    assert (one.taken, Message.objects.get().attempts) == ([], 0)


def test_a_message_that_came_too_late_is_not_sent(server):
    one = server()
    enqueue(**GOOD, expires_at=timezone.now() - timedelta(minutes=1))

    deliver_messages()

    assert (state(), one.taken) == ("expired", [])


def test_the_mail_says_that_a_machine_sent_it(db):
    enqueue(**GOOD, html="<p>文</p>")

    sent = outbox.as_mail(Message.objects.get()).message()

    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Message-ID"] == Message.objects.get().message_id
    assert [part.get_content_type() for part in sent.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_mailbox_keeps_what_would_have_left(db, settings):
    settings.EMAIL_BACKEND = "notifications.backends.MailboxBackend"
    enqueue(**GOOD, html="<p>文</p>")

    deliver_messages()

    assert list(Mail.objects.values_list("address", "subject", "html")) == [("a@example.cn", "题", "<p>文</p>")]
    assert Mail.objects.get().text.startswith("文\n\n")
    assert mail.outbox == []
