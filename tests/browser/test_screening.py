"""Screening in a real browser: start, watch it finish, pick firms, open their applications."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from crm.choices import Role
from crm.models import Job, Region
from crm.services import chunks
from pipeline.models import Application
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.browser


def test_from_the_button_to_the_applications(committed_db, sit_down):
    county = Region.objects.get(code="450821")
    world.published()
    year = world.last_year()
    firms = {
        name: world.with_facts(make.firm(name, county), year=year, rd_cny=1_000_000) for name in ("甲企业", "乙企业")
    }
    world.with_facts(make.firm("达标企业", county), year=year)
    page = sit_down(make.person("liang", county, Role.OFFICER)).page

    page.goto("/screening/")
    page.get_by_role("link", name="科技型中小企业", exact=False).last.click()
    page.get_by_text("还没有筛查结果").wait_for()
    page.get_by_role("button", name="开始筛查").click()
    page.get_by_text("筛查进行中").wait_for()

    chunks.run(Job.objects.get(kind="screen").pk)
    page.get_by_text("筛查完成").wait_for()

    page.get_by_role("link", name="差一项").click()
    page.get_by_text("研发费用还差 100 万元").first.wait_for()
    assert page.get_by_text("达标企业").count() == 0
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [rule["id"] for rule in found] == []

    page.check("[data-select-page]")
    assert page.locator("[data-selected]").inner_text() == "✓ 2"
    page.fill("[name=name]", "夏季冲刺")
    page.get_by_role("button", name="存为候选名单").click()
    page.get_by_role("heading", name="夏季冲刺").wait_for()
    page.get_by_role("button", name="批量发起申报（2 家）").click()
    page.get_by_text("正在批量发起申报").wait_for()

    chunks.run(Job.objects.get(kind="shortlist.open").pk)
    page.get_by_text("批量发起完成：发起 2 家，未能发起 0 家").wait_for()
    assert {each.firm.name for each in Application.objects.select_related("firm")} == set(firms)


def test_a_phone_shows_the_screening_within_its_width(committed_db, sit_down):
    county = Region.objects.get(code="450821")
    world.published()
    world.with_facts(make.firm("甲企业", county), year=world.last_year(), rd_cny=1_000_000)
    officer = make.person("liang", county, Role.OFFICER)
    chunks.work_on(world.screening(county).pk)
    page = sit_down(officer, width=390, height=844).page

    page.goto("/screening/tech_sme/")

    page.get_by_text("甲企业").first.wait_for()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
