"""The gap panel in a real browser: see what is lacking, try a figure, enter it with its evidence, see the verdict turn."""

import re
from datetime import date
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from crm.choices import Role
from crm.models import Fact, Region
from pipeline.services.policies import publish, unpublished
from tests import make
from tests.crm.test_files import PDF
from tests.pipeline.samples import SIX_FLAGS
from tests.pipeline.test_assessments import FIGURES, state

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("private_storage")]


@pytest.fixture
def lacking(committed_db):
    """A firm of 平南 of which the R&D on the right basis is not known; the accountants' figure is too small anyway."""
    publish(unpublished(), actor=None)
    firm = make.firm("平南智造科技有限公司", Region.objects.get(code="450821"), registered_on=date(2015, 3, 1))
    year = timezone.localdate().year - 1
    for code, (basis, value) in FIGURES.items():
        state(firm, code, 1_500_000 if code == "rd_cny" else value, year=year, basis=basis)
    for name, said in SIX_FLAGS.items():
        state(firm, name, int(said))
    state(firm, "ip_class1", 0)
    state(firm, "ip_class2", 3)
    return firm


def verdicts(page):
    return [box.inner_text().split("\n")[0] for box in page.locator("#gap-result .verdict-box strong").all()]


def test_an_officer_sees_the_gap_tries_a_figure_and_enters_it_with_evidence(lacking, sit_down, tmp_path):
    officer = make.person("mo", Region.objects.get(code="450821"), Role.OFFICER)
    stranger = make.person("yang", Region.objects.get(code="450881"), Role.OFFICER)
    year = timezone.localdate().year - 1
    page = sit_down(officer).page

    # What is lacking, by how much, and by which article.
    page.goto(f"/firms/{lacking.credit_code}/?programme=tech_sme")
    gap = page.locator("#gap-result")
    gap.get_by_text("研发费用还差 50 万元").wait_for()
    assert "第六条（五）" in gap.inner_text()

    # While somebody types, the result turns; nothing is stored, and the address can be sent on.
    page.get_by_text("如果换一个数字会怎样").click()
    field = page.locator(f"[id='trial-rd_cny-{year}']")
    field.fill("200万元")
    gap.get_by_text("试算后", exact=True).wait_for()
    assert verdicts(page) == ["不符合：有 1 项条件没有达到", "符合：各项条件都已达到"]
    assert re.search(rf"/firms/{lacking.credit_code}/\?programme=tech_sme&rd_cny-{year}=200", page.url)
    assert field.input_value() == "200万元"
    assert Fact.objects.get(code="rd_cny").value == 1_500_000

    # Never while an input method composes.
    page.evaluate("document.activeElement.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}))")
    field.fill("很多")
    page.wait_for_timeout(900)
    assert not gap.get_by_text("试算没有进行").count()
    page.evaluate("document.activeElement.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}))")
    gap.get_by_text("试算没有进行").wait_for()
    assert field.input_value() == "很多"

    # The address is the state, for a colleague as well.
    page.goto(f"/firms/{lacking.credit_code}/?programme=tech_sme&rd_cny-{year}=200万元")
    gap.get_by_text("没有保存任何数据").wait_for()

    # A figure that nobody has stated is entered in place with its evidence, and the panel is judged anew.
    Fact.objects.filter(code="rd_cny").update(basis="accounting")
    page.goto(f"/firms/{lacking.credit_code}/?programme=tech_sme")
    gap.get_by_text("还不能判断：缺 1 项数据").wait_for()
    page.get_by_role("link", name=f"记录数据：{year} 年研发费用").click()
    entry = page.locator("form.entry")
    entry.get_by_text("加计扣除口径").wait_for()
    evidence = tmp_path / "研发专项审计.pdf"
    evidence.write_bytes(PDF)
    entry.locator("[name=value]").fill("许多")
    entry.locator("[name=source]").select_option("audit")
    entry.get_by_role("button", name="保存数据").click()
    entry.get_by_text("金额“许多”无法识别").first.wait_for()
    entry.locator("[name=value]").fill("210万元")
    entry.locator("[name=file]").set_input_files(evidence)
    entry.get_by_role("button", name="保存数据").click()
    gap.get_by_text("符合：各项条件都已达到").wait_for()
    page.locator(".toast").get_by_text("数据已保存").wait_for()
    page.locator("#facts").get_by_text("210 万元").wait_for()

    fact = Fact.objects.get(code="rd_cny", basis="super_deduction")
    assert (fact.value, fact.source, fact.entered_by) == (Decimal(2_100_000), "audit", officer)
    with page.expect_download() as download:
        page.locator("#facts").get_by_text("210 万元").click()
        page.get_by_role("link", name="研发专项审计.pdf").click()
    assert download.value.path().read_bytes() == PDF

    # Rights counted one by one turn the verdict as well, and the panel follows.
    page.get_by_text("登记一项知识产权").click()
    page.fill("#new-right-number", "ZL202510000001")
    page.locator("#holdings form").filter(has=page.locator("#new-right-number")).get_by_role("button").click()
    page.locator("#holdings").get_by_text("ZL202510000001").wait_for()
    page.locator("#gap .parts").get_by_text("30").first.wait_for()

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert [(item["id"], item["nodes"][0]["html"][:160]) for item in found.response["violations"]] == []

    other = sit_down(stranger)
    for address in ("", "gap/", "figures/", "holdings/"):
        assert other.page.request.get(f"/firms/{lacking.credit_code}/{address}").status == 404
    assert other.page.request.get(f"/facts/{fact.pk}/file/").status == 404


def test_it_fits_a_phone(lacking, sit_down):
    officer = make.person("mo", Region.objects.get(code="450821"), Role.OFFICER)
    page = sit_down(officer, width=390, height=844).page

    page.goto(f"/firms/{lacking.credit_code}/?programme=tech_sme")
    page.locator("#gap-result").get_by_text("研发费用还差 50 万元").wait_for()
    page.get_by_text("如果换一个数字会怎样").click()

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
