"""A worker killed in the middle of a thousand deliveries: nothing lost, at most one double a kill."""

import contextlib
from collections import Counter

import pytest

from config import redis_server
from tests.processes import Process, Product, broker_env, database_url, smtp_sink, wait_for

pytestmark = pytest.mark.kill

MAILS = 1000
FILL = f"""
from notifications.outbox import enqueue
for number in range({MAILS}):
    enqueue(key=f"k{{number}}", kind="reminder", to=f"p{{number}}@example.cn", subject="题", body="文")
"""
HINT = "from notifications.tasks import deliver_messages; deliver_messages.delay()"
STATES = """
from collections import Counter
from notifications.models import Message
print(dict(Counter(Message.objects.values_list("state", flat=True))))
"""
IDS = """
from notifications.models import Message
print(" ".join(Message.objects.values_list("message_id", flat=True)))
"""


@pytest.fixture
def installation(tmp_path):
    with database_url(tmp_path) as url, smtp_sink() as (sink, email_url):
        short = {"MESSAGE_LEASE_SECONDS": "10", "MESSAGE_RESEND_SECONDS": "2"}
        product = Product(tmp_path, DATABASE_URL=url, EMAIL_URL=email_url, **short, **broker_env())
        assert product.manage("migrate", "-v", "0").returncode == 0
        redis = None
        if not broker_env():
            socket = tmp_path / "redis" / "redis.sock"
            binary = redis_server.find_server("")
            assert binary
            redis = Process(redis_server.command(binary, socket), product.env)
            wait_for(lambda: redis_server.answers(socket), 10, "redis")
        yield product, sink
        if redis:
            redis.kill_group()


@contextlib.contextmanager
def worker(product):
    """A worker that is killed with all its processes at the end, whatever the test finds."""
    celery = ("-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle")
    process = product.start(*celery, "--loglevel", "INFO")
    try:
        process.wait_line("ready.")
        yield
    finally:
        process.kill_group()


def deliver_until(product, sink, target):
    """Ask for a delivery, and again where a slow machine let the lease run out."""
    for _ in range(8):
        product.ask(HINT)
        with contextlib.suppress(AssertionError):
            return wait_for(lambda: len(sink.ids) >= target, 25, f"{target} mails")
    raise AssertionError(f"{len(sink.ids)} of {target} mails")


def test_a_thousand_mails_survive_two_killed_workers(installation):
    product, sink = installation
    product.ask(FILL)

    for target in (200, 600):
        with worker(product):
            deliver_until(product, sink, target)
        assert len(sink.ids) < MAILS  # killed in the middle

    with worker(product):
        wait_for(lambda: product.ask(HINT) or product.ask(STATES) == str({"sent": MAILS}), 180, "the end")

    wanted = set(product.ask(IDS).split())
    doubles = [number for number in Counter(sink.ids).values() if number > 1]
    assert set(sink.ids) == wanted
    assert len(wanted) == MAILS
    assert len(doubles) <= 2
    assert all(number == 2 for number in doubles)
