"""The keyboard map in a real browser: every key does what the list of keys says, and none where somebody writes."""

import re

import pytest

from crm.choices import Role
from crm.models import Region, Touch, User
from tests import make
from tests.browser.test_officer_and_firm import violations
from tests.pipeline import world

pytestmark = pytest.mark.browser
COMPOSED = """([key, how]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
    {key, bubbles: true, cancelable: true, ...how}))"""


@pytest.fixture
def page(committed_db, sit_down):
    """The desk of an officer with three firms, each with an application."""
    county = Region.objects.get(code="450821")
    officer = make.person("liang", county, Role.OFFICER)
    for number in (1, 2, 3):
        firm = make.firm(f"按键{number}号企业", county)
        world.opened(firm, officer)
    page = sit_down(officer).page
    page.goto("/firms/")
    return page


def where(page):
    return page.evaluate("location.pathname")


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


def ticked(page):
    return page.locator("tbody input:checked").count()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("keys", "address"),
    [(("g", "h"), "/"), (("g", "b"), "/board/tech_sme/"), (("g", "f"), "/targets/"), (("g", "l"), "/firms/")],
)
def test_two_keys_lead_to_a_page(page, keys, address):
    page.goto("/deadlines/")

    press(page, *keys)

    page.wait_for_url(lambda url: url.split("?")[0].endswith(address))


def test_the_rows_of_a_list_by_keys_alone(page):
    first, second, third = page.locator("tbody tr a[data-peek]").all_inner_texts()

    press(page, "j")
    assert focused(page) == first
    press(page, "j", "j", "j")
    assert focused(page) == third
    press(page, "k")
    assert focused(page) == second

    press(page, "k", "x")
    assert ticked(page) == 1
    press(page, "j", "j", "Shift+x")
    assert ticked(page) == 3
    press(page, "x")
    assert ticked(page) == 2

    # The short card beside the list goes with the row, and the list stays.
    press(page, "o")
    page.locator("#side h2", has_text=third).wait_for()
    press(page, "k")
    page.locator("#side h2", has_text=second).wait_for()
    assert page.locator("#side").bounding_box()["width"] == 480
    assert violations(page) == []
    press(page, "Escape")
    assert (page.locator("#side[open]").count(), where(page)) == (0, "/firms/")
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/firms/\w{18}/$"))
    assert page.locator("h1").inner_text() == second


def test_the_search_the_list_of_keys_and_the_palette(page):
    press(page, "/")
    assert page.evaluate("document.activeElement.name") == "q"
    press(page, "Escape")
    assert page.evaluate("document.activeElement === document.body")

    press(page, "?")
    page.locator("#sheet .keylist").wait_for()
    assert violations(page) == []
    press(page, "Escape")
    assert page.locator("#sheet[open]").count() == 0

    press(page, "Control+k")
    page.locator("#sheet [data-palette]").wait_for()
    page.keyboard.type("键2号", delay=20)
    page.locator("#palette-found a", has_text="按键2号企业").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    press(page, "ArrowDown", "ArrowUp")
    assert page.evaluate("document.activeElement.name") == "q"
    press(page, "ArrowDown")
    assert "按键2号企业" in focused(page)
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/firms/\w{18}/$"))
    assert page.locator("h1").inner_text() == "按键2号企业"


def test_stage_and_officer_have_their_keys_and_their_tips_name_them(page):
    page.goto("/applications/")
    press(page, "j", "Enter")
    page.wait_for_url(re.compile(r"/applications/\d+/$"))
    assert page.locator("main [data-key=s]").first.get_attribute("title").endswith("[s]")

    press(page, "s")
    page.locator("#sheet [data-move-sheet]").wait_for()
    press(page, "a")  # over a dialog no key does anything
    assert page.locator("details[open] #assign").count() == 0
    press(page, "Escape", "a")
    assert page.evaluate("document.activeElement.id") == "assign"
    press(page, "Escape")
    assert page.locator("details[open] #assign").count() == 0


def test_the_neighbours_of_a_record_are_one_key_away(page):
    addresses = [link.get_attribute("href") for link in page.locator("tbody a[data-peek]").all()]
    for key, rel, address in (("]", "next", addresses[1]), ("[", "prev", addresses[0])):
        page.goto("/deadlines/")
        page.evaluate(
            "([rel, href]) => document.querySelector('main').append(Object.assign(document.createElement('a'), {rel, href}))",
            [rel, address],
        )
        press(page, key)
        page.wait_for_url("**" + address)


def test_a_form_is_saved_from_inside_and_left(page):
    press(page, "j", "Enter")
    page.wait_for_url(re.compile(r"/firms/\w{18}/$"))
    text = page.locator("main textarea[name=text]").first
    text.evaluate("box => box.closest('details') && (box.closest('details').open = true)")
    text.fill("说好下周寄审计报告")

    text.press("Control+Enter")

    page.get_by_text("说好下周寄审计报告").first.wait_for()
    assert list(Touch.objects.values_list("text", flat=True)) == ["说好下周寄审计报告"]


QUIET = ["j", "x", "o", "s", "/", "?", "[", "]", "g", "l"]


def untouched(page):
    return (where(page), ticked(page), page.locator("dialog[open]").count(), focused(page))


def test_no_key_fires_while_an_input_method_composes(page):
    press(page, "j")
    before = untouched(page)

    for key in QUIET:
        page.evaluate(COMPOSED, [key, {"isComposing": True}])
        page.evaluate(COMPOSED, [key, {"keyCode": 229}])
    page.evaluate(COMPOSED, ["k", {"isComposing": True, "ctrlKey": True}])
    page.evaluate("document.activeElement.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}))")
    press(page, *QUIET)
    assert untouched(page) == before

    page.evaluate("document.activeElement.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}))")
    press(page, "x")
    assert ticked(page) == 1  # and they work again


@pytest.mark.parametrize("modifier", ["Alt", "Control", "Meta"])
def test_no_single_key_fires_with_a_modifier(page, modifier):
    press(page, "j")
    before = untouched(page)

    for key in QUIET:
        how = {f"{'ctrl' if modifier == 'Control' else modifier.lower()}Key": True}
        page.evaluate(COMPOSED, [key, how])

    assert untouched(page) == before


def test_no_key_fires_inside_a_field(page):
    page.locator("header [name=q]").focus()

    page.keyboard.type("jxos/?[]gl")

    assert page.locator("header [name=q]").input_value() == "jxos/?[]gl"
    assert (where(page), ticked(page), page.locator("dialog[open]").count()) == ("/firms/", 0, 0)


def test_single_keys_can_be_switched_off_and_on(page):
    page.goto("/keys/")
    page.get_by_role("button", name="停用单个按键").click()
    page.get_by_text("单个按键已停用").first.wait_for()
    assert not User.objects.get(username="liang").single_keys

    page.goto("/firms/")
    press(page, "j", "x", "?")
    assert untouched(page)[1:3] == (0, 0)
    press(page, "Control+k")
    page.locator("#sheet [data-palette]").wait_for()

    page.goto("/keys/")
    page.get_by_role("button", name="启用单个按键").click()
    page.get_by_role("button", name="停用单个按键").wait_for()
    page.goto("/firms/")
    press(page, "j", "x")
    assert ticked(page) == 1


def test_the_palette_and_the_short_card_are_pages_too(page, chromium, live_server):
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    plain = context.new_page()
    plain.goto("/accounts/login/")
    plain.fill("[name=login]", "liang")
    plain.fill("[name=password]", "pw")
    plain.click("main button.primary")
    plain.goto("/palette/")
    plain.fill("main [name=q]", "按键3号")
    plain.press("main [name=q]", "Enter")

    assert plain.locator("main a", has_text="按键3号企业").first.is_visible()
    context.close()
