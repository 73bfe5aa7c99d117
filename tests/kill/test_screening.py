"""A screening whose worker is killed: the end is the same as without."""

import pytest

from tests.processes import Product, count, database_url, wait_for

pytestmark = pytest.mark.kill

FIRMS = 3000
FILL = f"""
from datetime import date
from decimal import Decimal
from crm.models import Fact, Firm, Region
county = Region.objects.get(code="450821")
Firm.objects.bulk_create(
    Firm(credit_code=f"K{{n:017d}}", name=f"第{{n}}企业", name_key=f"第{{n}}企业", region=county, region_path=county.path,
         registered_on=date(2015, 3, 1))
    for n in range({FIRMS})
)
Fact.objects.bulk_create(
    Fact(firm_id=pk, year=2025, code="employees", basis="", source="declared", value=Decimal(pk % 700))
    for pk in Firm.objects.values_list("pk", flat=True)
)
"""
STATE = """
import hashlib
from pipeline.models import Assessment
rows = Assessment.objects.order_by("firm_id").values_list("firm_id", "bucket", "lacking", "asking", "inputs_digest")
print(hashlib.sha256(repr(list(rows)).encode()).hexdigest(), len(rows))
"""
DONE = "SELECT count(*) FROM crm_jobchunk WHERE state = 'done'"
FORGET = "from pipeline.models import Assessment; Assessment.objects.all().delete()"
# What waiting two minutes does: the killed worker's part counts as lost.
LATE = "from crm.models import JobChunk; JobChunk.objects.filter(state='running').update(alive_at='2020-01-01T00:00Z')"
SCREEN = ("screen", "--programme", "tech_sme", "--on", "2026-07-01")


def test_a_killed_screening_goes_on_and_ends_like_an_undisturbed_one(tmp_path):
    with database_url(tmp_path) as url:
        product = Product(tmp_path, DATABASE_URL=url)
        product.migrate()
        product.ask(FILL)
        assert product.manage(*SCREEN).returncode == 0
        undisturbed = product.ask(STATE)
        before = count(url, DONE)
        product.ask(FORGET)

        running = product.start("manage.py", *SCREEN, "--processes", "2")
        wait_for(lambda: count(url, DONE) > before, 60, "the first part")
        running.kill_group()
        interrupted = product.ask(STATE)
        product.ask(LATE)
        again = product.manage(*SCREEN)

        assert undisturbed.endswith(f" {FIRMS}")
        assert interrupted != undisturbed
        assert (again.returncode, product.ask(STATE)) == (0, undisturbed), again.stderr
