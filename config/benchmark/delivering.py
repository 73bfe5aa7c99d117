"""How many mails leave a second, beside a plain Django loop over one kept connection, to the same server."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from config.benchmark.measure import counted_statements, peak_memory
from notifications.models import Message
from notifications.outbox import OutboxMail, as_mail, deliver_messages

BLOCK = 200  # turn and turn about, so that both meet the same machine
MAILS, MANY = 2_000, 20_000
PREFIX = "bench:"
TEXT = "贵单位的年度报告将于本月底到期，请按期填报。\n" * 10
HTML = "<p>贵单位的年度报告将于本月底到期，请按期填报。</p>" * 30
FAR = timedelta(days=3650)


def delivering_jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Each job by its name."""
    return {"deliver": lambda: deliver(MAILS), f"deliver {MANY}": lambda: deliver(MANY)}


def deliver(number: int) -> dict[str, Any]:
    """Mails a second of the outbox with mark, settlement and history for each; `ratio` is to the plain loop."""
    with _mail_server(), _only_ours():
        plain, ours = Spent(), Spent()
        with peak_memory() as peak, counted_statements() as seen:
            for first in range(0, number, BLOCK):
                rows = _rows(first)
                same = [as_mail(row) for row in rows]
                plain.time(lambda same=same: _plain(same))  # type: ignore[misc]
                Message.objects.bulk_create(rows)
                before = seen[0]
                ours.time(_ours)
                ours.statements += seen[0] - before
    return {
        "items": number,
        "per_second": round(number / ours.seconds),
        "per_cpu_second": round(number / ours.cpu),
        "plain_per_second": round(number / plain.seconds),
        "ratio": round(plain.seconds / ours.seconds, 2),
        "cpu_ratio": round(plain.cpu / ours.cpu, 2),
        "peak_mib": round(peak.mib, 1),
        "statements_per_1000": round(ours.statements * 1000 / number, 1),
    }


class Spent:
    """Time by the clock and of the processor over several blocks."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0
        self.statements = 0

    def time(self, action: Callable[[], object]) -> None:
        start, worked = time.perf_counter(), time.process_time()
        action()
        self.seconds += time.perf_counter() - start
        self.cpu += time.process_time() - worked


def _plain(mails: list[OutboxMail]) -> None:
    """What Django does by itself: one connection, one mail after the other, nothing written down."""
    connection = get_connection()
    connection.open()
    for known in mails:
        mail = EmailMultiAlternatives(known.subject, known.body, to=known.to, headers=known.extra_headers)
        for html, kind in known.alternatives:
            mail.attach_alternative(html, kind)
        connection.send_messages([mail])
    connection.close()


def _rows(first: int) -> list[Message]:
    now = timezone.now()
    return [
        Message(
            key=f"{PREFIX}{number}",
            kind="reminder",
            to=f"p{number}@bench.example",
            subject="期限提醒",
            body=TEXT,
            html=HTML,
            send_after=now,
            message_id=f"<bench{number}@bench.example>",
        )
        for number in range(first, first + BLOCK)
    ]


def _ours() -> None:
    done = deliver_messages()
    assert done.sent == BLOCK, done


@contextmanager
def _only_ours() -> Iterator[None]:
    """What else waits in the scratch database waits a little longer; our rows go in the end."""
    waiting = Message.objects.filter(state__in=["queued", "unconfirmed"])
    waiting.update(send_after=F("send_after") + FAR)
    try:
        yield
    finally:
        Message.objects.filter(key__startswith=PREFIX).delete()
        waiting.update(send_after=F("send_after") - FAR)


@contextmanager
def _mail_server() -> Iterator[None]:
    """A local mail server in a process of its own, and the settings that lead to it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "config.benchmark.sink", "0", str(Path(folder) / "taken")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  our own module
            assert server.stdout is not None
            port = int(server.stdout.readline().split()[-1])
            smtp = {"EMAIL_BACKEND": "notifications.backends.SmtpBackend", "EMAIL_HOST": "127.0.0.1"}
            try:
                with override_settings(EMAIL_PORT=port, EMAIL_USE_TLS=False, EMAIL_USE_SSL=False, **smtp):
                    yield
            finally:
                server.kill()
