"""A bulk move whose worker is killed again and again: in the end as if nobody had been killed."""

import random
import time

import pytest

from tests.processes import Product, database_url

pytestmark = pytest.mark.kill

ROWS, KILLS = 500, 10
FILL = f"""
from crm.models import Post, Region, User
from stdnum.cn import uscc
from crm.services.firms import create_firm
from pipeline.services.applications import open_application
from pipeline.services.bulk import start_bulk_move
county = Region.objects.get(code="450821")
officer = User.objects.create_user("officer", "o@example.cn", "pw", name="经办")
Post.objects.create(user=officer, region=county, role="officer")
for number in range({ROWS}):
    body = f"91450821DEM{{number:05d}}0"
    firm = create_firm(code=body + uscc.calc_check_digit(body), name=f"厂{{number}}", region=county, actor=None)
    open_application(firm, "high_tech", actor=None)
from pipeline.models import Application
rows = list(Application.objects.values("id", "version"))
print(start_bulk_move(rows, "diagnose", actor=officer).pk)
"""
WORK = """
from datetime import timedelta
from crm.services import chunks
chunks.LOST_AFTER = timedelta(seconds=0.3)
import pipeline.services.bulk
print("working", flush=True)
chunks.work_on({job})
"""
STATE = """
from collections import Counter
from crm.models import Job
from pipeline.models import Application, StageEvent
job = Job.objects.get()
moves = Counter(StageEvent.objects.filter(transition="diagnose").values_list("application", flat=True))
stages = dict(Counter(Application.objects.values_list("stage", "version")))
print(job.state, job.done, job.refused, len(moves), max(moves.values(), default=0), stages)
"""


def test_a_bulk_move_killed_ten_times_ends_as_if_it_had_not_been(tmp_path):
    with database_url(tmp_path) as url:
        product = Product(tmp_path, DATABASE_URL=url)
        product.migrate()
        job = product.ask(FILL).split()[-1]

        for _kill in range(KILLS):
            worker = product.start("manage.py", "shell", "-v", "0", "-c", WORK.format(job=job))
            worker.wait_line("working")
            time.sleep(random.uniform(0, 0.25))
            worker.kill_group()
        product.ask("import time; time.sleep(0.4)")
        product.ask(WORK.format(job=job))

        assert product.ask(STATE) == f"done {ROWS} 0 {ROWS} 1 {{('diagnose', 1): {ROWS}}}"
