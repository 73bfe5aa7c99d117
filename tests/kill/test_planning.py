"""Two planners and two deliverers at the same moment, after days without a run: one message each, one mail each."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from pipeline.choices import DeadlineKind
from pipeline.rungs import DEFAULTS, first_rung
from pipeline.workdays import WorkCalendar
from tests.processes import Product, database_url, smtp_sink

pytestmark = pytest.mark.kill

DEADLINES = 120
WEDNESDAY = date(2026, 11, 25)
DUE = WEDNESDAY + timedelta(days=27)  # its rung of 30 days was three days ago, when nothing ran
FIRST = first_rung(DEFAULTS[DeadlineKind.ANNUAL_REPORT], DUE, WorkCalendar())
FILL = f"""
from datetime import date
from crm.models import Contact, Firm, Region
from pipeline.models import Deadline, Recognition
city = Region.objects.get(code="450800")
here = {{"region": city, "region_path": city.path}}
for number in range({DEADLINES}):
    name = f"企业{{number}}"
    firm = Firm.objects.create(credit_code=f"N{{number:017d}}", name=name, name_key=name, **here)
    Contact.objects.create(firm=firm, name="联系人", email=f"p{{number}}@example.cn")
    held = Recognition.objects.create(firm=firm, programme="high_tech", title="certificate",
                                      granted_on=date(2025, 1, 1), **here)
    Deadline.objects.create(key=f"k{{number}}", kind="{DeadlineKind.ANNUAL_REPORT.value}", firm=firm, recognition=held,
                            for_firm=True,
                            region_path=city.path, due_on=date.fromisoformat("{DUE}"),
                            next_rung_on=date.fromisoformat("{FIRST}"))
"""
COUNT = "from notifications.models import Message; print(Message.objects.count())"


@pytest.fixture
def installation(tmp_path):
    with database_url(tmp_path) as url, smtp_sink() as (sink, email_url):
        product = Product(tmp_path, DATABASE_URL=url, EMAIL_URL=email_url, CACHE_URL="locmem://")
        product.migrate()
        yield product, sink


def at_once(product, *command):
    """The lines that two copies of a command printed, started at the same moment."""
    both = [product.start("manage.py", *command) for _ in range(2)]
    try:
        codes = [process.popen.wait(120) for process in both]
        assert codes == [0, 0], "\n".join(line for process in both for line in process.all_lines())
    finally:
        for process in both:
            process.kill_group()
    return [line for process in both for line in process.all_lines()]


def test_two_workers_after_three_days_of_downtime_tell_each_person_once(installation):
    product, sink = installation
    product.ask(FILL)

    planned = at_once(product, "plan_reminders", "--today", WEDNESDAY.isoformat())
    at_once(product, "deliver_messages")

    assert sum(int(re.fullmatch(r"(\d+) new", line)[1]) for line in planned if line.endswith(" new")) == DEADLINES
    assert product.ask(COUNT) == str(DEADLINES)
    assert set(Counter(sink.ids).values()) == {1}
    assert len(sink.ids) == DEADLINES
