"""The main job in a real browser: an officer advances firms, the firm follows and answers."""

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from crm.choices import Role
from crm.models import Region
from crm.services.invitations import invite
from crm.services.mandates import grant_mandate
from crm.services.registrations import ask_for_account
from crm.templatetags.show import due_day
from notifications.models import Mail
from notifications.outbox import deliver_messages
from pipeline.choices import DeadlineKind
from pipeline.models import Application, Deadline, Indicator
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.browser

STAGES = {"drag": "formal", "key": "formal", "back": "formal"}


@pytest.fixture
def city_board(committed_db):
    """Three firms at the formal review; the third has an account."""
    city = Region.objects.get(code="450800")
    county = Region.objects.get(code="450821")
    officer = make.person("liang", city, Role.OFFICER)
    second = make.person("huang", city, Role.OFFICER)
    made = {name: world.at(make.firm(f"{name}企业", county), stage) for name, stage in STAGES.items()}
    boss = make.firm_person("boss", made["back"].firm)
    return officer, second, boss, made


def card(page, application):
    return page.locator(f'[data-card="{application.pk}"]')


def lane(page, stage):
    return page.locator(f'[data-stage="{stage}"]')


def drag(page, application, stage):
    lane(page, stage).scroll_into_view_if_needed()
    start, goal = card(page, application).bounding_box(), lane(page, stage).bounding_box()
    page.mouse.move(start["x"] + 12, start["y"] + start["height"] - 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 30, steps=6)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + 60, steps=12)
    page.mouse.up()


def stage_of(application):
    return Application.objects.get(pk=application.pk).stage


def test_the_officer_moves_by_drag_and_key_and_returns_one_and_the_firm_answers(city_board, sit_down):
    officer, second, boss, made = city_board
    page = sit_down(officer).page
    stale = sit_down(second).page
    page.goto("/board/high_tech/")
    lane(page, "formal").scroll_into_view_if_needed()

    # By drag: the sheet opens with the move of that lane chosen; the card waits for the server.
    drag(page, made["drag"], "recommended")
    page.locator("#sheet input[value=recommend]:checked").wait_for()
    assert stage_of(made["drag"]) == "formal"
    page.click("#sheet button.primary")
    lane(page, "recommended").locator(f'[data-card="{made["drag"].pk}"]').wait_for()
    assert page.locator(".toast").inner_text().startswith("drag企业 已进入“推荐上报”")
    assert stage_of(made["drag"]) == "recommended"

    # By keyboard alone: focus, s, choose, Enter.
    card(page, made["key"]).focus()
    page.keyboard.press("s")
    page.locator("#sheet input[value=recommend]").wait_for()
    page.locator("#sheet input[value=recommend]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    lane(page, "recommended").locator(f'[data-card="{made["key"].pk}"]').wait_for()
    assert stage_of(made["key"]) == "recommended"

    # A second officer opens the same sheet before the first returns the application.
    stale.goto(f"/applications/{made['back'].pk}/move/")
    stale.check("input[value=return_for_correction]")
    stale.fill("textarea[name=note]", "我写了很长的意见")

    card(page, made["back"]).get_by_text("移到…").click()
    page.check("#sheet input[value=return_for_correction]")
    assert page.locator("#sheet").get_by_text("企业将收到通知").is_visible()
    page.fill("#sheet textarea[name=note]", "缺第三季度凭证")
    page.click("#sheet button.primary")
    lane(page, "returned").locator(f'[data-card="{made["back"].pk}"]').wait_for()

    # The stale page is refused with a sentence and loses nothing typed.
    stale.click("main button.primary")
    stale.get_by_text("该申请的阶段刚被他人更改，请刷新后再试").wait_for()
    assert stale.input_value("textarea[name=note]") == "我写了很长的意见"

    # The firm's mail is in its mailbox, and its portal says what to do and until when.
    deliver_messages()
    assert Mail.objects.get(address="boss@example.cn").subject.startswith("高新技术企业：待补正")
    firm = sit_down(boss, width=390, height=844).page
    firm.goto("/mailbox/")
    firm.get_by_text(re.compile("高新技术企业：待补正")).click()
    assert "缺第三季度凭证" in firm.frame_locator("iframe.mail").locator("body").inner_text()
    firm.goto("/portal/")
    firm.get_by_text("您现在要做的").wait_for()
    due = Deadline.objects.get(application=made["back"], kind=DeadlineKind.CORRECTION_DUE)
    assert firm.locator(".due").inner_text().startswith(f"最晚 {due_day(due.due_on)}")
    firm.get_by_role("link", name="去办理").click()
    assert firm.get_by_text("缺第三季度凭证").first.is_visible()

    # It answers, and the officer sees it.
    firm.fill("textarea[name=note]", "已补第三季度凭证")
    firm.get_by_role("button", name="提交").click()
    firm.get_by_text("提交成功").wait_for()
    assert violations(firm) + too_wide(firm) == []
    page.goto("/board/high_tech/")
    lane(page, "submitted").locator(f'[data-card="{made["back"].pk}"]').wait_for()
    page.goto(f"/applications/{made['back'].pk}/")
    assert page.get_by_text("已补第三季度凭证").is_visible()


def test_a_lane_that_may_not_take_the_card_refuses_the_drop(city_board, sit_down):
    officer, _second, _boss, made = city_board
    page = sit_down(officer).page
    page.goto("/board/high_tech/")
    lane(page, "formal").scroll_into_view_if_needed()

    drag(page, made["drag"], "submitted")

    page.wait_for_timeout(300)
    assert not page.locator("#sheet[open]").count()
    assert page.locator(".ghost").count() == 0
    assert stage_of(made["drag"]) == "formal"


def test_a_required_note_is_asked_for_before_anything_moves(city_board, sit_down):
    officer, _second, _boss, made = city_board
    page = sit_down(officer).page
    page.goto("/board/high_tech/")
    lane(page, "formal").scroll_into_view_if_needed()

    drag(page, made["drag"], "returned")
    page.locator("#sheet input[value=return_for_correction]:checked").wait_for()
    page.click("#sheet button.primary")

    assert page.locator("#sheet textarea:invalid").count() == 1
    page.keyboard.press("Escape")
    assert card(page, made["drag"]).is_visible()
    assert stage_of(made["drag"]) == "formal"


def test_keys_never_fire_while_typing(city_board, sit_down):
    officer, _second, _boss, _made = city_board
    page = sit_down(officer).page
    page.goto("/board/high_tech/")
    page.locator("main [name=q]").focus()

    page.keyboard.type("s/j")

    assert page.locator("main [name=q]").input_value() == "s/j"
    assert not page.locator("#sheet[open]").count()
    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.hasAttribute('data-search')")


def test_the_board_works_without_javascript(city_board, chromium, live_server):
    officer, _second, _boss, made = city_board
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", officer.username)
    page.fill("[name=password]", "pw")
    page.click("main button.primary")
    page.goto("/board/high_tech/")

    card(page, made["drag"]).get_by_text("移到…").click()
    page.check("input[value=recommend]")
    page.click("main button.primary")

    assert page.url.endswith("/board/high_tech/")
    assert stage_of(made["drag"]) == "recommended"
    context.close()


OFFICER_PAGES = ["/", "/firms/", "/board/high_tech/", "/applications/", "/deadlines/", "/targets/", "/funnel/"]
OFFICER_PAGES += ["/imports/", "/outbox/", "/settings/", "/settings/people/", "/settings/rounds/", "/messages/"]
OFFICER_PAGES += ["/settings/registrations/"]


def people_around(firm):
    """Somebody of everybody who may act for a firm, or wants to."""
    today = timezone.localdate()
    invite(firm, email="invited@example.cn", name="覃小月", actor=None)
    about = {"name": "王五", "agency": "某某事务所", "email": "agent@example.cn", "authority": "授权书"}
    grant_mandate(firm, **about, starts_on=today, ends_on=today, actor=None)
    asked = {"firm_name": firm.name, "name": "陆青禾", "phone": "1", "email": "asks@example.cn", "note": "办公室主任"}
    ask_for_account(code=firm.credit_code, **asked)
    ask_for_account(code=make.code(), **asked)


def chart_something(city):
    """A target for the city and one for a county, so that the pages have bars to show."""
    lead, year = make.person("lead", city, Role.LEAD), timezone.localdate().year
    indicator = Indicator.objects.get(code="high_tech.first_time")
    for region in (city, Region.objects.get(code="450821")):
        set_quota(indicator, region, year, target=Decimal(9), actor=lead)
    compile_metrics()


def too_wide(page):
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [("wider than the screen", [])] if wide else []


def violations(page):
    page.wait_for_load_state()  # a click has begun a navigation: until it ends there may be no document to judge
    found = Axe().run(page).response["violations"]
    return [(item["id"], [node["target"] for node in item["nodes"]][:3]) for item in found]


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1440), ("en", 390)])
def test_officers_pages_are_accessible_and_never_wider_than_the_screen(city_board, sit_down, language, width):
    officer, _second, _boss, made = city_board
    chart_something(officer.posts.get().region)
    page = sit_down(officer, width=width).page
    page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
    pages = [*OFFICER_PAGES, f"/firms/{made['back'].firm.credit_code}/", f"/applications/{made['back'].pk}/"]
    pages.append(f"/applications/{made['back'].pk}/move/")
    pages.append(f"/settings/firms/{made['back'].firm.credit_code}/access/")
    people_around(made["back"].firm)

    found = {}
    for address in pages:
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach((part) => (part.open = true))")
        if wrong := violations(page) + too_wide(page):
            found[address] = wrong

    assert found == {}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_portal_is_accessible_and_never_wider_than_the_screen(city_board, sit_down, width):
    _officer, _second, boss, made = city_board
    page = sit_down(boss, width=width, height=844).page
    people_around(made["back"].firm)

    found = {}
    for address in (
        "/portal/",
        f"/portal/applications/{made['back'].pk}/",
        "/portal/people/",
        "/portal/figures/",
        f"/portal/applications/{made['back'].pk}/messages/",
        "/messages/",
        "/mailbox/",
        "/settings/account/",
        "/lookup/",
        "/register/",
        "/register/done/",
    ):
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach((part) => (part.open = true))")
        if wrong := violations(page) + too_wide(page):
            found[address] = wrong

    assert found == {}
