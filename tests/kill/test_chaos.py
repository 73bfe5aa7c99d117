"""Workers, beat, Redis and the mail server killed at random while 10,000 messages are planned and sent.

Nothing is lost, at most one double for each process that was killed, and every row settled in the end.
"""

import contextlib
import random
import time
from collections import Counter
from datetime import date, timedelta

import pytest

from config import redis_server
from pipeline.choices import DeadlineKind
from pipeline.rungs import DEFAULTS, first_rung
from pipeline.workdays import WorkCalendar
from tests.processes import Process, Product, count, database_url, free_port, wait_for

pytestmark = pytest.mark.kill

SEED = 5
DEADLINES, OTHERS = 1_000, 9_000
CHAOS_SECONDS = 40
VICTIMS = ("worker 1", "worker 2", "beat", "redis", "mail server")
WEDNESDAY = date(2026, 11, 25)
DUE = WEDNESDAY + timedelta(days=27)
FIRST = first_rung(DEFAULTS[DeadlineKind.ANNUAL_REPORT], DUE, WorkCalendar())
FILL = f"""
from datetime import date
from crm.models import Contact, Firm, Region
from pipeline.models import Deadline, Recognition
city = Region.objects.get(code="450800")
here = {{"region": city, "region_path": city.path}}
numbers = range({DEADLINES})
firms = Firm.objects.bulk_create([
    Firm(credit_code=f"N{{number:017d}}", name=f"企业{{number}}", name_key=f"企业{{number}}", **here)
    for number in numbers])
Contact.objects.bulk_create([Contact(firm=firm, name="联系人", email=f"p{{firm.pk}}@example.cn") for firm in firms])
held = Recognition.objects.bulk_create([
    Recognition(firm=firm, programme="high_tech", title="certificate", granted_on=date(2025, 1, 1), **here)
    for firm in firms])
Deadline.objects.bulk_create([
    Deadline(key=f"k{{one.pk}}", kind="{DeadlineKind.ANNUAL_REPORT.value}", firm=one.firm, recognition=one,
             for_firm=True, region_path=city.path, due_on=date.fromisoformat("{DUE}"),
             next_rung_on=date.fromisoformat("{FIRST}"))
    for one in held])
"""
# Ten at a time with a breath in between, as a morning's planning does: SQLite has one pen for all who write.
ENQUEUE = f"""
import time
from django.db import transaction
from notifications.outbox import enqueue
for first in range(0, {OTHERS}, 10):
    with transaction.atomic():
        for number in range(first, first + 10):
            to = f"o{{number}}@example.cn"
            enqueue(key=f"o{{number}}", kind="stage", to=to, subject="题", body="文", urgent=number % 9 == 0)
    time.sleep(0.02)
"""
OPEN = """SELECT count(*) FROM notifications_message
          WHERE state IN ('held', 'queued', 'leased', 'sending') OR (state = 'unconfirmed' AND resent = {false})"""
IDS = "from notifications.models import Message; print(' '.join(Message.objects.values_list('message_id', flat=True)))"
STATES = """
from collections import Counter
from notifications.models import Message
print(dict(Counter(Message.objects.values_list("state", flat=True))))
"""


class Installation:
    """The product with two workers, a beat, a Redis and a mail server, each in a process that may be killed."""

    def __init__(self, folder, url):
        port = free_port()
        self.folder, self.url, self.ids = folder, url, folder / "taken"
        self.socket = folder / "redis" / "redis.sock"
        two = dict.fromkeys(("MESSAGE_LEASE_SECONDS", "MESSAGE_RESEND_SECONDS", "MESSAGE_DELIVER_SECONDS"), "2")
        self.product = Product(
            folder, DATABASE_URL=url, EMAIL_URL=f"smtp://127.0.0.1:{port}", CACHE_URL="locmem://", **two
        )
        celery = ("-m", "celery", "--quiet", "-A", "config")
        worker = (*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle")
        self.commands = {
            "worker 1": (*worker, "-n", "one@%h"),
            "worker 2": (*worker, "-n", "two@%h"),
            "beat": (*celery, "beat", "--pidfile="),
            "mail server": ("-m", "config.benchmark.sink", str(port), str(self.ids)),
        }
        self.running = {}

    def start(self, name):
        if name == "redis":
            binary = redis_server.find_server("")
            assert binary
            self.running[name] = Process(redis_server.command(binary, self.socket), self.product.env)
        else:
            self.running[name] = self.product.start(*self.commands[name])

    def kill(self, name):
        self.running.pop(name).kill_group()

    def taken(self):
        """How often the mail server took each Message-ID."""
        return Counter(self.ids.read_text().split())

    def waiting(self):
        return count(self.url, OPEN.format(false=0 if self.url.startswith("sqlite") else "false"))


@pytest.fixture
def installation(tmp_path):
    with database_url(tmp_path) as url:
        one = Installation(tmp_path, url)
        one.product.migrate()
        one.product.ask(FILL)
        try:
            for name in reversed(VICTIMS):
                one.start(name)
            yield one
        finally:
            for name in list(one.running):
                one.kill(name)


def chaos(installation, chance):
    """Kill one process after the other for CHAOS_SECONDS and start it again a little later. Returns the victims."""
    killed, ends, order = [], time.monotonic() + CHAOS_SECONDS, []
    while time.monotonic() < ends:
        time.sleep(chance.uniform(1, 4))
        order = order or chance.sample(VICTIMS, len(VICTIMS))  # everybody's turn comes, in an order of each round
        name = order.pop()
        installation.kill(name)
        killed.append(name)
        time.sleep(chance.uniform(0, 1.5))
        installation.start(name)
    return Counter(killed)


def test_a_minute_of_chaos_loses_nothing_and_doubles_no_more_than_it_kills(installation):
    begun = time.monotonic()
    product, chance = installation.product, random.Random(SEED)
    planners = [product.start("manage.py", "plan_reminders", "--today", WEDNESDAY.isoformat())]
    planners.append(product.start("manage.py", "shell", "-v", "0", "-c", ENQUEUE))
    try:
        killed = chaos(installation, chance)
        in_time = sum(installation.taken().values())
        for planner in planners:
            planner.popen.wait(240)
        # The clock plans again what a planning that found the database locked has left.
        assert product.manage("plan_reminders", "--today", WEDNESDAY.isoformat()).returncode == 0
        assert planners[1].popen.returncode == 0, "\n".join(planners[1].all_lines())
        wait_for(lambda: not installation.waiting(), 240, "the settlement of every row")
    finally:
        for planner in planners:
            with contextlib.suppress(ProcessLookupError):
                planner.kill_group()

    taken, wanted = installation.taken(), set(product.ask(IDS).split())
    doubles = sum(number - 1 for number in taken.values())
    print(
        f"\n{dict(killed)} killed; {in_time} mails during {CHAOS_SECONDS} s of chaos, {len(wanted)} messages settled "
        f"after {time.monotonic() - begun:.0f} s as {product.ask(STATES)}; {doubles} doubles"
    )
    assert len(wanted) == DEADLINES + OTHERS
    assert set(taken) == wanted
    assert doubles <= killed.total()
