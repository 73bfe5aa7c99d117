"""An officer's whole morning in a real browser: the day, a call, thirty-seven firms, a file, and the holiday."""

import openpyxl
import pytest
from django.utils import timezone

from crm.choices import Role
from crm.models import ChangeRecord, Export, Firm, Job, Region, Task, Touch
from crm.services import chunks
from crm.services.tasks import plan_task
from pipeline.models import HandOver
from tests import make
from tests.browser.test_officer_and_firm import violations

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("private_storage")]
FIRMS, CHOSEN = 40, 37


@pytest.fixture
def people(committed_db):
    county, city = Region.objects.get(code="450821"), Region.objects.get(code="450800")
    found = {name: make.person(name, county, Role.OFFICER) for name in ("liang", "qin")}
    for number in range(FIRMS):
        make.firm(f"晨间{number:02d}号企业", county)
    firm = Firm.objects.order_by("pk").first()
    plan_task(firm, title="核对研发费用", due_on=timezone.localdate(), actor=found["liang"])
    return found | {"lead": make.person("boss", city, Role.LEAD)}


def finished(page, kind):
    """The work is done by a worker; the page itself turns to the report."""
    page.locator("#job").wait_for()
    job = Job.objects.get(kind=kind)
    chunks.run(job.pk)
    page.locator("#job").get_by_text("已完成").wait_for()
    return job


def test_the_morning_of_an_officer(people, sit_down, tmp_path):
    page = sit_down(people["liang"]).page

    # The day names whom to call; the call is logged, and what comes next is planned with it.
    page.goto("/")
    page.locator("#tasks .list a").first.click()
    page.get_by_text("保存后完成待办：核对研发费用").wait_for()
    composer = page.locator("#composer")
    composer.locator("textarea").fill("财务答应本周补研发辅助账")
    composer.locator("[name=next_title]").fill("收研发辅助账")
    composer.locator("[name=next_on]").fill(timezone.localdate().isoformat())
    composer.get_by_role("button", name="完成并安排下一步").click()
    page.locator("#next").get_by_text("收研发辅助账").wait_for()
    assert (Touch.objects.get().kind, Task.objects.open().get().title) == ("call", "收研发辅助账")

    # Thirty-seven of the firms nobody looks after become the officer's own, in one go.
    page.goto("/firms/?whose=none")
    page.get_by_text("选中本页").click()
    boxes = page.locator("tbody input[name=firm]")
    assert boxes.count() == FIRMS
    for number in range(FIRMS - CHOSEN):
        boxes.nth(number).uncheck()
    page.get_by_text(f"已选 {CHOSEN}").wait_for()
    page.get_by_role("button", name="指派经办").click()
    page.get_by_text(f"已选 {CHOSEN} 家").wait_for()
    page.select_option("[name=officer]", value=str(people["liang"].pk))
    assert violations(page) == []
    page.get_by_role("button", name="开始批量办理").click()
    job = finished(page, "firm_acts")
    assert (job.kind, Firm.objects.filter(officer=people["liang"]).count()) == ("firm_acts", CHOSEN)
    assert ChangeRecord.objects.filter(field="officer", actor=people["liang"]).count() == CHOSEN

    # All of them go into a file, with the reason kept.
    page.goto("/firms/?whose=me")
    page.get_by_label(f"全部 {CHOSEN} 家").check()
    page.get_by_role("button", name="导出").click()
    page.locator("[name=reason]").fill("节前盘点")
    page.get_by_role("button", name="开始导出").click()
    finished(page, "export")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载文件").click()
    path = tmp_path / "firms.xlsx"
    download.value.save_as(path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert {row[3].value for row in list(sheet.rows)[1:]} == {people["liang"].name}
    assert (sheet.max_row, Export.objects.get().reason) == (CHOSEN + 1, "节前盘点")

    # Before the holiday everything goes to a colleague: asked for, confirmed, received.
    page.goto("/handovers/new/")
    page.select_option("[name=receiver]", label=people["qin"].name)
    page.get_by_role("button", name="提交，待确认").click()
    page.get_by_text("已提交，待本辖区科长或管理员确认").wait_for()
    lead = sit_down(people["lead"]).page
    lead.goto(f"/handovers/{HandOver.objects.get().pk}/")
    lead.get_by_role("button", name="确认交接").click()
    lead.locator("#handover-status progress").wait_for()
    chunks.work_on(Job.objects.get(kind="handover").pk)
    lead.get_by_text("接手后先看").wait_for()
    assert Firm.objects.filter(officer=people["qin"]).count() == CHOSEN

    colleague = sit_down(people["qin"]).page
    colleague.goto("/firms/?whose=me")
    colleague.get_by_text(f"{CHOSEN} 家企业").first.wait_for()
    page.goto("/firms/?whose=me")
    page.get_by_text("没有符合条件的企业").wait_for()
