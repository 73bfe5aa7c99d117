"""An officer's morning on one firm, and two who edit it at once, in a real browser."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from crm.choices import Role
from crm.models import Firm, Region, Task, Touch
from crm.services.tasks import plan_task
from tests import make

pytestmark = pytest.mark.browser


def clean(page):
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_day_to_a_call_to_what_comes_next(committed_db, sit_down):
    county, today = Region.objects.get(code="450821"), timezone.localdate()
    officer = make.person("mo", county, Role.OFFICER)
    firm = make.firm("平南智造科技有限公司", county, officer=officer)
    member = make.firm_person("zhou", firm)
    task = plan_task(firm, title="核对研发费用", due_on=today, actor=officer)
    page = sit_down(officer).page

    # The day's first item leads to the record page with the composer ready to finish it.
    clean(page)
    page.locator("#tasks .list a").first.click()
    page.get_by_text("保存后完成待办：核对研发费用").wait_for()
    clean(page)
    composer = page.locator("#composer")
    assert composer.get_by_label("电话").is_checked() and composer.get_by_label("内部").is_checked()

    # A call, shared with the firm, done and next.
    composer.locator("textarea").fill("请本周补交审计报告")
    composer.get_by_label("企业可见").check()
    composer.locator("[name=next_title]").fill("催审计报告")
    composer.locator("[name=next_on]").fill((today + timedelta(days=3)).isoformat())
    composer.get_by_role("button", name="完成并安排下一步").click()
    page.locator("#next").get_by_text("催审计报告").wait_for()
    task.refresh_from_db()
    assert (task.outcome, task.next_task.title) == ("请本周补交审计报告", "催审计报告")

    # Something internal beside it; the filter and the way back are addresses.
    composer.locator("textarea").fill("内部判断：可以推")
    composer.get_by_role("button", name="保存记录").click()
    page.locator("#entries").get_by_text("内部判断：可以推").wait_for()
    page.locator("#entries .tabs").get_by_role("link", name="企业可见").click()
    page.wait_for_url("**/?show=public*")
    entries = page.locator("#entries ol")
    entries.get_by_text("请本周补交审计报告").wait_for()
    assert "内部判断" not in entries.inner_text()
    page.reload()
    assert "内部判断" not in entries.inner_text()

    # On a phone it is usable, and the firm reads what was written for it alone.
    phone = sit_down(officer, width=390, height=844).page
    phone.goto(f"/firms/{firm.credit_code}/")
    clean(phone)
    theirs = sit_down(member).page
    assert "请本周补交审计报告" in theirs.locator("#words").inner_text()
    assert "内部判断" not in theirs.locator("main").inner_text()
    assert (Touch.objects.count(), Task.objects.open().get().title) == (2, "催审计报告")


def test_two_who_edit_one_firm_choose_field_by_field(committed_db, sit_down):
    county = Region.objects.get(code="450821")
    firm = make.firm("平南智造科技有限公司", county)
    first, second = (sit_down(make.person(name, county, Role.OFFICER)).page for name in ("mo", "lan"))
    for page in (first, second):
        page.goto(f"/firms/{firm.credit_code}/edit/")

    first.fill("[name=address]", "工业大道 1 号")
    first.get_by_role("button", name="保存登记信息").click()
    first.wait_for_url(f"**/firms/{firm.credit_code}/")
    second.fill("[name=address]", "工业大道 2 号")
    second.fill("[name=legal_representative]", "李四")
    second.get_by_role("button", name="保存登记信息").click()
    chooser = second.locator("#clashes")
    chooser.get_by_text("工业大道 1 号").wait_for()
    clean(second)
    chooser.get_by_label("我填的 工业大道 2 号").check()
    second.get_by_role("button", name="保存登记信息").click()
    second.wait_for_url(f"**/firms/{firm.credit_code}/")

    saved = Firm.objects.get()
    assert (saved.address, saved.legal_representative) == ("工业大道 2 号", "李四")
    assert "工业大道 1 号 → 工业大道 2 号" in second.locator("#timeline").inner_text()
