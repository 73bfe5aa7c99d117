"""An ugly workbook in a real browser: matched, decided, imported, corrected, imported again, taken back."""

import io

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe

from crm.choices import Role
from crm.models import Fact, Firm, Import, Job, Region
from crm.services import jobs
from tests import make
from tests.crm import sheets
from tests.crm.test_import_wizard import everything

pytestmark = pytest.mark.browser


def violations(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def work_on_newest(page):
    """The queue of the tests: do the job that the page waits for, which then shows what came of it."""
    jobs.run(Job.objects.latest("pk").pk)
    page.reload()


def upload(page, file, path):
    path.write_bytes(file.getvalue())
    page.goto("/imports/")
    page.set_input_files("[name=file]", str(path))
    page.get_by_role("button", name="上传并预检").click()
    page.wait_for_url("**/imports/*/")
    work_on_newest(page)


def test_an_ugly_workbook_goes_in_is_corrected_and_taken_back(committed_db, sit_down, tmp_path, private_storage):
    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    officer = make.person("liang", city, Role.OFFICER)
    known, same = make.firm("在册公司", county), make.firm("不变公司", county)
    before = everything()
    page = sit_down(officer).page

    upload(page, sheets.damaged(known.credit_code, same.credit_code), tmp_path / "台账.xlsx")
    page.get_by_role("link", name="错误 5").wait_for()
    assert page.get_by_text("Excel 已损坏该代码").count() == 2
    assert violations(page) == []

    # The contact's column is left out and the mapping kept; the check begins anew.
    page.get_by_role("link", name="列对应").click()
    page.select_option("[name=field8]", "")
    page.fill("[name=name]", "某县台账")
    assert violations(page) == []
    page.get_by_role("button", name="按此对应重新预检").click()
    page.wait_for_url("**/imports/*/")
    work_on_newest(page)
    page.get_by_text("某县台账").wait_for()

    # A double is another firm; what would be updated is left out as a whole, then one row is taken all the same.
    page.get_by_role("link", name="重复待定 1").click()
    page.get_by_role("row").get_by_role("button", name="作为新企业导入").click()
    page.locator("tr [aria-pressed=true]").wait_for()
    page.get_by_role("link", name="更新 1").click()
    page.locator(".import-all").get_by_role("button", name="不导入").click()
    page.get_by_role("row").get_by_role("button", name="导入", exact=True).click()
    page.locator("tr [aria-pressed=true]").wait_for()
    page.reload()
    page.get_by_role("button", name="确认导入（新增 2，更新 1，不导入 5）").click()
    work_on_newest(page)
    page.get_by_text("已完成").wait_for()
    assert (Firm.objects.count(), Fact.objects.count()) == (4, 4)

    with page.expect_download() as taken:
        page.get_by_role("link", name="下载未导入的行").click()
    book = openpyxl.load_workbook(io.BytesIO(taken.value.path().read_bytes()))
    assert book.active.max_row == 6
    book.active["B2"] = make.code(90050)
    upload(page, sheets.saved(book), tmp_path / "台账-未导入.xlsx")
    page.get_by_text("某县台账").wait_for()
    page.get_by_role("button", name="确认导入（新增 1，更新 1，不导入 3）").click()
    work_on_newest(page)
    assert Firm.objects.count() == 5

    for batch in Import.objects.order_by("-pk"):
        page.goto(f"/imports/{batch.pk}/")
        page.get_by_text("撤销本次导入").click()
        page.get_by_role("button", name="确认撤销").click()
        work_on_newest(page)
        page.get_by_text("已撤销").first.wait_for()
    assert everything() == before
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
