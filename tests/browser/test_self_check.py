"""The self-check on a phone: by anybody from an empty form to the result, and by a firm with its own figures."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from crm.models import Fact
from crm.services.facts import record_fact

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
PICTURES = os.environ.get("PICTURES", "")
FIGURES = {"employees": "100", "tech_staff": "20", "sales_cny": "5000", "rd_cny": "150", "costs_cny": "4600"}

GOOD = ("resident", "audit_based_tax")
BAD = ("restricted_industry", "serious_incident", "abnormal_listing", "dishonesty")


def picture(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def no_barriers(page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def stranger(chromium, live_server, committed_db):
    """Somebody without an account, on a phone, whose browser runs no script."""
    context = chromium.new_context(
        locale="zh-CN", viewport=PHONE, base_url=live_server.url, java_script_enabled=False, device_scale_factor=2
    )
    yield context.new_page()
    context.close()


def test_anybody_checks_a_firm_on_a_phone_without_scripts(stranger):
    stranger.goto("/accounts/login/")
    stranger.get_by_role("link", name="企业自测（不用登录）").click()
    stranger.locator("main a[href='/check/tech_sme/']").click()
    year = stranger.locator("input[name$='.sales_cny']").get_attribute("name").split(".")[1]
    stranger.get_by_label("成立日期").fill("2015-03-01")
    for code, typed in FIGURES.items():
        stranger.locator(f"[name='years.{year}.{code}']").fill(typed)
    stranger.locator(f"[name='years.{year}.assets_cny']").fill("五千万")
    stranger.get_by_label("Ⅰ类知识产权").fill("0")
    stranger.get_by_label("Ⅱ类知识产权").fill("2")
    for name in GOOD:
        stranger.locator(f"[name='flags.{name}']").select_option(label="是")
    for name in BAD:
        stranger.locator(f"[name='flags.{name}']").select_option(label="否")
    picture(stranger, "check-form")
    stranger.get_by_role("button", name="看结果").click()

    assert stranger.title().strip().startswith("错误")
    assert stranger.locator("[role=alert] a").first.get_attribute("href") == f"#id_years.{year}.assets_cny"
    picture(stranger, "check-error")
    stranger.locator(f"[name='years.{year}.assets_cny']").fill("5000万元")
    stranger.get_by_role("button", name="看结果").click()

    verdict = stranger.locator("[data-verdict]")
    assert verdict.get_attribute("data-verdict") == "lacks_one"
    assert "44" in verdict.inner_text()
    assert "研发费用由 150 万元增至 250 万元" in stranger.locator(".ways").inner_text()
    assert stranger.locator(f"[name='years.{year}.rd_cny']").input_value() == "150"
    picture(stranger, "check-result")
    if PICTURES:
        stranger.screenshot(
            path=Path(PICTURES) / "self-check.png", clip={"x": 0, "y": 0, **PHONE, "height": 1150}, full_page=True
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("programme", ["tech_sme", "high_tech", "gazelle"])
def test_the_public_pages_have_no_barriers(programme, language, chromium, live_server, committed_db):
    context = chromium.new_context(viewport=PHONE, base_url=live_server.url)
    context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page = context.new_page()
    page.goto("/check/")
    no_barriers(page)
    page.goto(f"/check/{programme}/")
    no_barriers(page)
    assert fits(page)
    picture(page, f"check-{programme}-{language}")
    page.locator("button[value=check]").click()
    page.wait_for_selector("[data-verdict]")
    no_barriers(page)
    assert fits(page)
    page.locator("[name$='.sales_cny']").first.fill("x")
    page.locator("button[value=check]").click()
    page.wait_for_selector("[role=alert]")
    no_barriers(page)
    context.close()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_firm_finds_its_own_figures_and_declares_another(language, sit_down, firm_user, firm, officer):
    firm_user.language = language
    firm_user.save()
    firm.officer, officer.phone = officer, "0775-1234567"
    officer.save()
    firm.save()
    year = timezone.localdate().year - 1
    for code, wan in {"sales_cny": 5000, "rd_cny": 150, "costs_cny": 4600, "assets_cny": 5000}.items():
        basis = "super_deduction" if code == "rd_cny" else ""
        value = Decimal(wan) * 10_000
        record_fact(firm, code=code, value=value, year=year, basis=basis, source="tax", actor=officer)
    person = sit_down(firm_user, **PHONE)
    page = person.page
    page.locator("a[href*='/portal/check/tech_sme/']").click()
    research = page.locator(f"[name='years.{year}.rd_cny']")

    assert research.input_value() == "150"
    assert fits(page)
    no_barriers(page)
    picture(page, f"own-{language}")
    research.fill("250万元")
    page.locator("button[value=report]").click()
    page.locator("button[value=confirm]").wait_for()
    no_barriers(page)
    picture(page, f"own-confirm-{language}")
    assert Fact.objects.filter(source="declared").count() == 0
    page.locator("button[value=confirm]").click()
    page.wait_for_selector(".notice.fine")

    assert Fact.objects.get(source="declared").value == 2_500_000
    assert research.input_value() == "150"  # the tax figure still comes first, and the other is told of
    picture(page, f"own-after-{language}")
