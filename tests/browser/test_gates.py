"""What a move lacks is filled in where it is said; a slip of the hand is taken back; a result waits for its day."""

import pytest

from crm.choices import Role
from crm.models import Region
from pipeline.models import Application, PendingResult
from tests import make
from tests.browser.test_officer_and_firm import too_wide, violations
from tests.pipeline import world

pytestmark = pytest.mark.browser


@pytest.fixture
def town(committed_db):
    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    return make.person("liang", city, Role.OFFICER), county


def test_a_missing_figure_is_entered_where_it_is_missed(town, sit_down):
    officer, county = town
    application = world.at(make.firm("缺数企业", county), "prep")
    page = sit_down(officer).page

    page.goto(f"/applications/{application.pk}/")
    for left in (4, 3, 2, 1):
        missed = page.get_by_role("link", name="填写 ", exact=False)
        assert missed.count() == left
        assert violations(page) == []
        missed.first.click()
        page.fill(".entry [name=value]", "12")
        with page.expect_navigation():
            page.get_by_role("button", name="保存数据").click()
    page.get_by_role("link", name="提交", exact=True).click()
    page.get_by_text("“高新技术企业组织申报”加 1").wait_for()
    assert violations(page) == []
    page.get_by_role("radio", name="提交").check()
    page.get_by_role("button", name="确认办理").click()
    page.get_by_role("heading", name="网上提交").wait_for()
    assert Application.objects.get().stage == "submitted"


def test_a_slip_is_taken_back_from_page_and_board(town, sit_down):
    officer, county = town
    application = world.opened(make.firm("手误企业", county), None)
    page = sit_down(officer).page

    page.goto(f"/applications/{application.pk}/")
    page.get_by_role("button", name="开始诊断").click()
    page.get_by_text("前可以撤销刚才的办理").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销，恢复为“培育入库”").wait_for()

    page.goto("/board/high_tech/")
    page.locator("[data-card]").focus()
    page.keyboard.press("s")
    page.get_by_role("radio", name="开始诊断").check()
    page.get_by_role("button", name="确认办理").click()
    toast = page.locator(".toast")
    toast.get_by_role("button", name="撤销").wait_for()
    page.locator("[data-stage=diagnose] [data-card]").wait_for()
    toast.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销，恢复为“培育入库”").wait_for()
    page.locator("[data-stage=library] [data-card]").wait_for()
    assert page.url.endswith("/board/high_tech/")


def test_a_result_waits_for_its_day(town, sit_down):
    officer, county = town
    application = world.at(make.firm("待公布企业", county), "filed")
    page = sit_down(officer).page

    page.goto(f"/applications/{application.pk}/move/?to=certified")
    page.fill("[name=number]", "GR202645000001")
    page.get_by_label("先登记，暂不公布").check()
    page.get_by_role("button", name="确认办理").click()
    page.get_by_text("待公布：登记认定").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="去公布").click()
    page.get_by_role("heading", name="待公布结果").wait_for()
    page.get_by_text("GR202645000001").wait_for()
    assert violations(page) == []

    phone = sit_down(officer, width=390, height=844).page
    phone.goto("/reveals/")
    assert too_wide(phone) == []
    assert violations(phone) == []

    page.get_by_role("button", name="撤销").click()
    page.get_by_text("没有待公布的结果").wait_for()
    assert PendingResult.objects.waiting().count() == 0
