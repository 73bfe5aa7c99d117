"""Sixty mornings, two planners and four deliverers at once: one of each message, each sent once."""

import json
import time
from collections import Counter
from datetime import date, timedelta

import pytest

from pipeline.choices import DeadlineKind
from pipeline.rungs import DEFAULTS, dues, first_rung, next_rung
from pipeline.workdays import WorkCalendar
from tests.processes import Product, count, database_url, smtp_sink, wait_for

pytestmark = pytest.mark.kill

MORNINGS = 60
FIRST = date.today() - timedelta(days=MORNINGS + 1)  # gone by, so that what is planned may be sent at once
DAYS = [FIRST + timedelta(days=n) for n in range(MORNINGS)]
KINDS = (DeadlineKind.CORRECTION_DUE, DeadlineKind.ROUND_CLOSE, DeadlineKind.ANNUAL_REPORT)
DEADLINES = 60
CALENDAR = WorkCalendar()
FILL = """
from datetime import date
from crm.models import Contact, Firm, Post, Region, User
from pipeline.models import Deadline, Recognition
county = Region.objects.get(code="450821")
here = {{"region": county, "region_path": county.path}}
for role, region in (("officer", county), ("lead", county.parent), ("leader", county.parent)):
    user = User.objects.create_user(role, f"{{role}}@example.cn", "pw", name=role)
    Post.objects.create(user=user, region=region, role=role)
for number, (kind, due_on, rung_on) in enumerate({deadlines}):
    name = f"企业{{number}}"
    firm = Firm.objects.create(credit_code=f"N{{number:017d}}", name=name, name_key=name, **here)
    Contact.objects.create(firm=firm, name="联系人", email=f"p{{number}}@example.cn")
    held = Recognition.objects.create(firm=firm, programme="high_tech", title="certificate",
                                      granted_on=date(2025, 1, 1), **here)
    Deadline.objects.create(key=f"k{{number}}", kind=kind, firm=firm, recognition=held, for_firm=True,
                            region_path=county.path, due_on=due_on, next_rung_on=rung_on)
"""
DELIVER = """
import time
from pathlib import Path
from notifications.outbox import deliver_messages
print("delivering", flush=True)
while not Path({stop!r}).exists():
    deliver_messages()
    time.sleep(0.2)
"""
KEPT = """
import json
from notifications.models import Digest, Message
rows = Message.objects.values_list("key", "kind", "state", "bundle", "message_id", "planned_for")
print(json.dumps([list(row) for row in rows], default=str))
"""
WAITING = "SELECT COUNT(*) FROM notifications_message WHERE state NOT IN ('sent', 'in_app')"


def spread() -> list[tuple[str, date, date | None]]:
    """Deadlines of three kinds, one on each day of the sixty."""
    dated = [(KINDS[n % 3].value, DAYS[n]) for n in range(DEADLINES)]
    return [(kind, day, first_rung(DEFAULTS[kind], day, CALENDAR)) for kind, day in dated]


def expected() -> list[tuple[int, str, date]]:
    """What the ladders ask for, morning by morning: the deadline's number, the rung and the day it is told."""
    told = []
    for number, (kind, due_on, rung_on) in enumerate(spread()):
        for day in DAYS:
            if rung_on is None or rung_on > day or not CALENDAR.is_workday(day):
                continue
            steps = dues(DEFAULTS[kind], due_on, rung_on, day, CALENDAR)
            told += [(number, step.key, day) for step in steps]
            rung_on = next_rung(DEFAULTS[kind], due_on, day, CALENDAR)
    return told


def test_sixty_mornings_by_two_planners_and_four_deliverers_tell_each_thing_once(tmp_path):
    with database_url(tmp_path) as url, smtp_sink() as (sink, email_url):
        product = Product(tmp_path, DATABASE_URL=url, EMAIL_URL=email_url, CACHE_URL="locmem://")
        product.migrate()
        product.ask("import datetime\n" + FILL.format(deadlines=repr(spread())))
        begun, stop = time.monotonic(), tmp_path / "stop"

        deliverers = [
            product.start("manage.py", "shell", "-v", "0", "-c", DELIVER.format(stop=str(stop))) for _ in range(4)
        ]
        planners = [
            product.start("manage.py", "plan_reminders", "--today", str(DAYS[0]), "--until", str(DAYS[-1]))
            for _ in range(2)
        ]
        assert [process.popen.wait(110) for process in planners] == [0, 0], planners[0].lines + planners[1].lines
        wait_for(lambda: not count(url, WAITING), 60, "the last mail")
        stop.touch()
        assert [process.popen.wait(20) for process in deliverers] == [0] * 4
        seconds = time.monotonic() - begun
        kept = json.loads(product.ask(KEPT))

    rungs = Counter((int(key.split(":")[1]) - 1, key.split(":")[3]) for key, kind, *_rest in kept if kind == "reminder")
    assert set(rungs) == {(number, rung) for number, rung, _day in expected()}
    new = [int(line.split()[-2]) for process in planners for line in process.all_lines() if line.endswith(" new")]
    assert sum(new) == sum(kind == "reminder" for _key, kind, *_rest in kept)
    mails = Counter(sink.ids)
    assert set(mails.values()) == {1}
    assert set(mails) == {message for _key, _kind, state, _bundle, message, _day in kept if state == "sent"}
    assert not [key for key, kind, *_rest in kept if kind == "morning" and "+" in key]  # no morning in two mails
    mornings = {_id for _key, kind, state, _bundle, _id, _day in kept if kind == "morning"}
    assert mornings
    assert mornings <= set(mails)
    bundled = [(kind, state, bundle is not None) for _k, kind, state, bundle, _m, _d in kept if state == "in_app"]
    assert set(bundled) == {("reminder", "in_app", True)}
    assert len({key for key, *_rest in kept}) == len(kept)
    assert seconds < 120
