"""Moving many applications in a real browser: choose, see what it brings, watch, take up what was refused again."""

import pytest

from crm.choices import Role
from crm.models import Job, Region
from crm.services import chunks
from pipeline.models import Application, StageEvent
from pipeline.services.applications import move_application
from tests import make
from tests.browser.test_officer_and_firm import violations
from tests.pipeline import world

pytestmark = pytest.mark.browser


def test_from_ticked_rows_to_the_refused_ones_and_back(committed_db, sit_down):
    county = Region.objects.get(code="450821")
    made = [world.opened(make.firm(f"批量{number:02d}号企业", county), None) for number in range(60)]
    officer = make.person("liang", county, Role.OFFICER)
    page = sit_down(officer).page

    # Nothing is chosen yet: the page says so instead of failing.
    page.goto("/applications/?programme=high_tech&stage=library")
    page.get_by_role("button", name="批量办理所选").click()
    page.get_by_text("没有选择任何申报").first.wait_for()

    # One page of fifty with one box, two of them let go again.
    page.goto("/applications/?programme=high_tech&stage=library")
    page.get_by_text("选中本页").click()
    page.locator("tbody input[name=row]").nth(0).uncheck()
    page.locator("tbody input[name=row]").nth(1).uncheck()
    assert page.locator("[data-selected]").inner_text() == "✓ 48"
    assert violations(page) == []
    page.get_by_role("button", name="批量办理所选").click()
    page.get_by_text("已选 48 件").wait_for()
    assert violations(page) == []
    assert "48 件中 48 件可以" in page.locator(".choice", has_text="诊断").inner_text()

    # Meanwhile a colleague has moved one of them.
    chosen = page.locator("input[name=rows]").input_value()
    taken = Application.objects.get(pk=chosen.split(",")[0].split(":")[0])
    move_application(taken, "diagnose", actor=None)
    page.locator("input[name=transition][value=diagnose]").check()
    page.get_by_role("button", name="开始批量办理").click()
    page.locator("#job").wait_for()
    chunks.work_on(Job.objects.get().pk)
    assert [(job.state, job.error) for job in Job.objects.all()] == [("done", "")]
    page.get_by_text("未能办理的").wait_for()  # the page itself turns to the report
    assert "已处理 47，拒绝 1，共 48" in page.locator("#job").inner_text().replace("\n", "")
    assert taken.firm.name in page.locator("main").inner_text()
    assert violations(page) == []
    assert StageEvent.objects.filter(transition="diagnose").count() == 48

    # What was refused is chosen again, as it is now.
    page.get_by_role("link", name="重新选中这些，再办一次").click()
    page.get_by_text("已选 1 件").wait_for()
    assert page.get_by_text(taken.firm.name).is_visible()

    # The whole filter, beyond the page; on a phone too.
    phone = sit_down(officer, width=390, height=844).page
    phone.goto("/applications/?programme=high_tech&stage=library")
    assert not phone.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    left = len(made) - 48
    phone.get_by_role("button", name=f"批量办理全部筛选结果（{left} 件）").click()
    phone.get_by_text(f"已选 {left} 件").wait_for()
    assert violations(phone) == []
