"""A firm's whole road on a phone: invited, self-check, application, materials, returned, corrected, public notice,
recognised. Every page it meets on the way has no barrier and fits the screen."""

import re

import pytest

from crm.choices import Role
from crm.models import Fact, Region, User
from notifications.models import Mail
from notifications.outbox import deliver_messages
from pipeline.models import Application, ChecklistStart, Material, MaterialNotice, Recognition
from pipeline.services.applications import move_application
from tests import make
from tests.browser.test_officer_and_firm import too_wide, violations
from tests.pipeline import world

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
PAPER = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"}
FIGURES = {"employees": "100", "tech_staff": "20", "sales_cny": "5000", "rd_cny": "250"}
ITEMS = ("information_form", "stamped_cover", "evidence")


@pytest.fixture
def town(committed_db):
    world.published()
    city, county = Region.objects.get(code="450800"), Region.objects.get(code="450821")
    for programme in ("tech_sme", "high_tech"):
        ChecklistStart.objects.create(programme=programme, starts_on="2020-01-01")
    officer = make.person("liang", city, Role.OFFICER)
    return officer, make.firm("平南青禾科技有限公司", county)


@pytest.fixture
def phone(chromium, live_server):
    """The firm's person, before there is an account."""
    context = chromium.new_context(locale="zh-CN", viewport=PHONE, base_url=live_server.url)
    page = context.new_page()
    page.set_default_timeout(8000)
    yield page
    context.close()


def fine(page):
    """The page has no barrier and is no wider than the phone."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('main details').forEach((part) => (part.open = true))")
    assert (page.url, violations(page) + too_wide(page)) == (page.url, [])
    page.evaluate("document.querySelectorAll('main details').forEach((part) => (part.open = false))")


def upload(page, item):
    place = page.locator(f"li[id^='m-{item}']")
    place.locator("details.upload > summary").click()
    place.locator("input[type=file]").set_input_files([PAPER])
    with page.expect_navigation():
        place.get_by_role("button", name="上传", exact=True).click()
    page.locator(f"li[id^='m-{item}']").get_by_text("待审").first.wait_for()


def here(page, application, words):
    page.goto(f"/portal/applications/{application.pk}/")
    page.get_by_text(words).first.wait_for()
    fine(page)


def test_from_the_invitation_to_the_title(town, phone, sit_down):
    officer, firm = town
    desk = sit_down(officer).page

    # Invited: a mail with a link, an account, the portal.
    desk.goto(f"/settings/firms/{firm.credit_code}/access/")
    desk.locator("details:has(form[action$='/invite/']) > summary").click()
    desk.locator("form[action$='/invite/'] [name=name]").fill("覃小满")
    desk.locator("form[action$='/invite/'] [name=email]").fill("qin@example.cn")
    desk.locator("form[action$='/invite/'] button").click()
    desk.get_by_text("qin@example.cn").first.wait_for()
    deliver_messages()
    link = re.search(r"/invitation/[\w-]+/", Mail.objects.get(address="qin@example.cn").text)[0]
    phone.goto(link)
    fine(phone)
    for field in phone.locator("main form input[type=password]").all():
        field.fill("green-paddy-2026")
    phone.get_by_role("button", name="开通账号").click()
    phone.wait_for_url("**/portal/**")
    fine(phone)
    boss = User.objects.get(username="qin@example.cn")

    # Self-check: what the firm types is reported to the bureau.
    year = world.last_year()
    phone.locator("a[href*='/portal/check/tech_sme/']").first.click()
    phone.locator(f"[name='years.{year}.employees']").wait_for()
    fine(phone)
    for code, value in FIGURES.items():
        phone.locator(f"[name='years.{year}.{code}']").fill(value)
    phone.locator("button[value=report]").click()
    phone.locator("button[value=confirm]").wait_for()
    fine(phone)
    phone.locator("button[value=confirm]").click()
    phone.wait_for_selector(".notice.fine")
    fine(phone)
    assert set(Fact.objects.filter(firm=firm, year=year).values_list("code", flat=True)) >= set(FIGURES)

    # The application is opened; the firm is told what it must do.
    application = world.opened(firm, officer, "tech_sme")
    move_application(application, "start_selfeval", actor=officer)
    phone.goto("/portal/")
    phone.get_by_text("您现在要做的").first.wait_for()
    fine(phone)
    here(phone, application, "还缺 3 份材料")

    # Materials, then the first submission with its receipt.
    for item in ITEMS:
        upload(phone, item)
    fine(phone)
    phone.get_by_role("button", name="提交", exact=True).click()
    phone.wait_for_url("**/receipt/")
    phone.get_by_text(application.reference).first.wait_for()
    fine(phone)
    here(phone, application, "目前无需操作")

    # The desk looks at the papers and returns it with one notice of all that is wrong.
    application.refresh_from_db()
    move_application(application, "start_review", actor=officer)
    desk.goto(f"/applications/{application.pk}/materials/")
    for item in ITEMS:
        answer = "refuse" if item == "evidence" else "accept"
        place = desk.locator(f"li[id^='m-{item}']")
        place.locator(f"input[value={answer}]").check()
        if answer == "refuse":
            place.locator("details summary", has_text="需补正的原因").click()
            place.locator("input[type=checkbox]").first.check()
    desk.get_by_role("button", name="保存审核", exact=False).click()
    desk.get_by_role("button", name="发出告知书并退回补正").click()
    desk.wait_for_function("() => document.body.innerText.includes('G1')")
    assert MaterialNotice.objects.get().returned
    deliver_messages()
    assert Mail.objects.filter(address="qin@example.cn", subject__contains="材料须补正 1 项").exists()

    # Corrected on the phone.
    here(phone, application, "您现在要做的")
    phone.get_by_role("link", name="一次性告知书").first.click()
    phone.wait_for_url("**/notices/1/")
    fine(phone)
    phone.goto(f"/portal/applications/{application.pk}/")
    upload(phone, "evidence")
    phone.get_by_role("button", name="提交", exact=True).click()
    phone.wait_for_url("**/receipt/")
    fine(phone)

    # Public notice, then the title.
    application.refresh_from_db()
    for code in ("start_review", "recommend", "publish_notice"):
        move_application(application, code, actor=officer)
    here(phone, application, "公示")
    move_application(application, "register", actor=officer, number="202645088100000001", document="桂科发〔2026〕1号")
    here(phone, application, "已入库")
    phone.goto("/portal/")
    phone.get_by_text("202645088100000001").first.wait_for()
    fine(phone)
    assert Recognition.objects.get(firm=firm).number == "202645088100000001"
    assert Material.objects.filter(application=application).exclude(state="missing").count() == 3
    assert Application.objects.get().events.filter(actor=boss).count() == 2
