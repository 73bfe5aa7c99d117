"""What becomes of a row when the database, the broker or the worker goes away in the middle."""

import smtplib
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from notifications import outbox, settling
from notifications.backends import Smtp, SmtpBackend
from notifications.marking import quick_marks
from notifications.models import Delivery, Message
from notifications.outbox import deliver_messages, enqueue, lease
from notifications.sending import NotReached
from notifications.settling import Ledger, sweep
from tests.notifications.test_outbox import GOOD, later, server  # noqa: F401  a fixture

TOKEN = uuid.UUID(int=1)


def states():
    return dict(Message.objects.values_list("key", "state"))


def test_a_database_that_goes_in_the_middle_of_a_batch_leaves_one_row_unconfirmed(server, monkeypatch):  # noqa: F811
    one = server()
    for number in range(4):
        enqueue(**(GOOD | {"key": f"k{number}"}))
    real, calls = settling.write_down, []

    def away(settled, marked):
        calls.append(marked)
        if len(calls) > 2:
            raise OperationalError("the connection was lost")
        return real(settled, marked)

    monkeypatch.setattr(settling, "write_down", away)
    with pytest.raises(OperationalError):
        deliver_messages()
    monkeypatch.setattr(settling, "write_down", real)
    assert states() == {"k0": "sent", "k1": "sending", "k2": "leased", "k3": "leased"}

    later(minutes=6)
    deliver_messages()
    assert states() == {"k0": "sent", "k1": "unconfirmed", "k2": "sent", "k3": "sent"}
    later(minutes=16)
    deliver_messages()

    assert set(states().values()) == {"sent"}
    doubled = Message.objects.get(key="k1")
    assert [line.outcome for line in doubled.deliveries.all()] == ["unconfirmed", "sent"]
    assert sum(mail.row.key == "k1" for mail in one.taken) == 2


def test_the_settlement_of_one_mail_and_the_mark_of_the_next_are_one_transaction(server):  # noqa: F811
    server()
    for number in range(5):
        enqueue(**(GOOD | {"key": f"k{number}"}))
    lease(TOKEN)
    rows = list(Message.objects.order_by("pk"))
    ledger = Ledger(TOKEN)
    assert ledger.mark(rows[0])
    ledger.settle(rows[0], "sent")

    assert ledger.mark(rows[1])
    assert states() == {"k0": "sent", "k1": "sending", "k2": "leased", "k3": "leased", "k4": "leased"}
    ledger.settle(rows[1], "failed", "550 no")
    ledger.close()

    assert states()["k1"] == "failed"
    assert list(Delivery.objects.values_list("message__key", "outcome", "detail")) == [
        ("k0", "sent", ""),
        ("k1", "failed", "550 no"),
    ]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no plans to keep")
def test_postgresql_plans_the_statement_of_a_mail_once(server):  # noqa: F811
    server()
    for number in range(5):
        enqueue(**(GOOD | {"key": f"k{number}"}))
    lease(TOKEN)
    ledger = Ledger(TOKEN)

    with quick_marks():
        for message in Message.objects.order_by("pk"):
            assert ledger.mark(message)
            ledger.settle(message, "sent", sent_at=timezone.now())
        ledger.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements ORDER BY 1")
            uses = [row[0] for row in cursor.fetchall()]

    assert uses == [1, 1, 4]  # the first mark, the last settlement, and between them one statement for each mail
    assert set(states().values()) == {"sent"}
    assert connection.connection.prepare_threshold is None


def test_a_row_that_was_swept_meanwhile_is_not_settled_again(server):  # noqa: F811
    server()
    enqueue(**GOOD)
    lease(TOKEN)
    ledger, message = Ledger(TOKEN), Message.objects.get()
    ledger.mark(message)
    later(minutes=6)
    assert sweep() == 1

    ledger.settle(message, "sent")
    ledger.close()

    assert states() == {"k1": "unconfirmed"}
    assert [line.outcome for line in message.deliveries.all()] == ["unconfirmed"]


def test_a_row_whose_worker_is_lost_again_and_again_is_a_dead_letter(server, settings):  # noqa: F811
    settings.MESSAGE_MAX_SWEEPS = 3
    server()
    enqueue(**GOOD)

    for _ in range(4):
        lease(TOKEN)
        later(minutes=6)
        sweep()

    message = Message.objects.get()
    assert (message.state, message.error, message.swept) == ("failed", "the worker was lost 4 times", 4)
    assert [line.outcome for line in message.deliveries.all()] == ["failed"]


def test_a_slow_server_does_not_cost_us_the_rows_that_wait(server, settings):  # noqa: F811
    settings.MESSAGE_LEASE_SECONDS = 300
    server()
    for number in range(2):
        enqueue(**(GOOD | {"key": f"k{number}"}))
    lease(TOKEN)
    ledger, rows = Ledger(TOKEN), list(Message.objects.order_by("pk"))
    ledger._renew_at = 0
    Message.objects.update(leased_until=timezone.now() + timedelta(seconds=1))

    ledger.mark(rows[0])

    assert Message.objects.get(key="k1").leased_until > timezone.now() + timedelta(seconds=290)


def test_an_unreached_server_is_tried_again_but_not_for_ever(server, settings):  # noqa: F811
    one = server(*[NotReached("gone before the text")] * 50)
    enqueue(**GOOD)

    deliver_messages()
    assert (states(), Message.objects.get().attempts) == ({"k1": "queued"}, 1)
    for _ in range(settings.MESSAGE_MAX_ATTEMPTS):
        later(minutes=2)
        deliver_messages()

    assert (states(), one.taken) == ({"k1": "failed"}, [])


def test_a_mail_that_cannot_be_written_holds_up_no_other(server):  # noqa: F811
    one = server(ValueError("Header values can't contain newlines"))
    for number in range(2):
        enqueue(**(GOOD | {"key": f"k{number}"}))

    deliver_messages()

    assert (states(), len(one.taken)) == ({"k0": "failed", "k1": "sent"}, 1)


@pytest.mark.parametrize(("text_left", "error"), [(False, NotReached), (True, smtplib.SMTPServerDisconnected)])
def test_a_connection_that_breaks_before_the_text_is_no_silence(text_left, error, monkeypatch):
    def breaks(self, mails):
        self.connection = Smtp()
        self.connection.text_left = text_left
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.send_messages", breaks)

    with pytest.raises(error):
        SmtpBackend(host="127.0.0.1").send_messages([])


@pytest.mark.parametrize("broker", [True, False])
def test_urgent_messages_ask_for_one_run_at_once(broker, db, monkeypatch, django_capture_on_commit_callbacks):
    from notifications.tasks import deliver_messages as task

    asked = []

    def apply_async(**given):
        asked.append(given)
        if not broker:
            raise ConnectionError("no broker")

    monkeypatch.setattr(task, "apply_async", apply_async)
    monkeypatch.setattr(outbox, "_hinted_at", -outbox.HINT_SECONDS)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(**(GOOD | {"key": "calm"}))
        for number in range(3):
            enqueue(**(GOOD | {"key": f"u{number}"}), urgent=True)

    assert asked == [{"expires": 60}]
    assert set(states().values()) == {"queued"}
