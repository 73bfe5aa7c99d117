"""A published list of 500 lines in a real browser: uploaded, decided by keyboard, confirmed, undone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from crm.choices import Role
from crm.models import Job, Region
from pipeline.models import Application, Recognition, StageEvent
from tests import make
from tests.pipeline import lists

pytestmark = pytest.mark.browser


def violations(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def work_on_newest(page):
    """The queue of the tests: do the job that the page waits for, which then shows what came of it."""
    lists.work(Job.objects.latest("pk"))
    page.reload()


def test_a_list_of_500_lines_is_matched_decided_confirmed_and_undone(committed_db, sit_down, tmp_path):
    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    officer = make.person("liang", city, Role.OFFICER)
    firms, lines = lists.five_hundred(county)
    file = tmp_path / "入库公告.xlsx"
    file.write_bytes(lists.xlsx(lines))
    page = sit_down(officer).page

    page.goto("/imports/")
    page.get_by_role("link", name="官方名单比对").click()
    page.select_option("[name=type]", "tech_sme:registered")
    page.fill("[name=name]", "2026年第一批入库公告")
    page.fill("[name=document]", "桂科发〔2026〕1号")
    page.fill("[name=published_on]", "2026-11-02")
    page.set_input_files("[name=file]", str(file))
    page.get_by_role("button", name="比对名单").click()
    page.get_by_text("读取名单 2026年第一批入库公告").wait_for()
    work_on_newest(page)

    # Two lines have a wrong code: a person decides them by keyboard, one after the other.
    page.get_by_text("2 行等您决定").wait_for()
    assert page.get_by_text("校验位不符").count() == 2
    assert violations(page) == []
    page.locator("[data-decide] [data-key]").first.focus()
    page.keyboard.press("1")
    page.wait_for_url("**decided=1")
    assert page.evaluate("document.activeElement.dataset.key") == "1"
    page.keyboard.press("1")
    page.get_by_text("这一类没有行").wait_for()
    page.get_by_role("link", name="未在库 3").click()
    page.get_by_role("button", name="加入企业库").first.wait_for()
    assert page.get_by_role("button", name="加入企业库").count() == 3
    page.get_by_role("link", name="已匹配 497").click()
    page.get_by_role("button", name="办理全部已匹配（497）").wait_for()
    assert page.get_by_text("疑为更名").count() == 0  # those are on a later page

    page.get_by_role("button", name="办理全部已匹配（497）").click()
    page.locator("#job").wait_for()
    work_on_newest(page)
    page.get_by_text("完成 497 行，拒绝 0 行。").wait_for()
    assert page.locator("tbody .pill.fine").count() == 50
    assert Recognition.objects.count() == Application.objects.filter(stage="registered").count() == 497
    assert StageEvent.objects.count() == 497
    assert violations(page) == []

    page.get_by_role("button", name="撤销本名单的办理（497）").click()
    page.locator("#job").wait_for()
    work_on_newest(page)
    page.get_by_text("完成 497 行，拒绝 0 行。").wait_for()
    assert page.locator("tbody .pill", has_text="已撤销").count() == 50
    assert Recognition.objects.count() == Application.objects.filter(stage="registered").count() == 0
    assert Application.objects.filter(stage="notice").count() == len(firms)

    # On a phone nothing is cut off; tables scroll inside themselves.
    phone = sit_down(officer, width=390, height=844).page
    for address in ("/imports/lists/", f"{page.url.split('?')[0]}?show=unknown"):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(phone) == []
