"""An administrator raises a line, sees who would flip and why, publishes; an officer sees the pages and no more."""

from datetime import date

import pytest
from django.utils import timezone

from crm.choices import Role
from crm.models import Firm, Job, Region
from crm.services import chunks
from pipeline.models import Assessment, PolicyDraft, PolicyEdition
from pipeline.services.policies import publish, unpublished
from tests import make
from tests.browser.test_officer_and_firm import violations
from tests.pipeline.test_assessments import FIGURES, SIX_FLAGS, state

pytestmark = pytest.mark.browser


@pytest.fixture
def town(committed_db):
    """One firm at 60 points this year, one at 72; an administrator of the city and an officer of the county."""
    publish(unpublished(), actor=None)
    city, county = (Region.objects.get(code=code) for code in ("450800", "450821"))
    year = timezone.localdate().year - 1
    for name, class1 in (("六十分企业", 0), ("八十四分企业", 1)):
        firm = make.firm(name, county, registered_on=date(2015, 3, 1))
        for code, (basis, value) in FIGURES.items():
            state(firm, code, value, year=year, basis=basis)
        for flag, said in SIX_FLAGS.items():
            state(firm, flag, int(said))
        state(firm, "ip_class1", class1)
        state(firm, "ip_class2", 3)
    return make.person("wei", city, Role.ADMIN), make.person("mo", county, Role.OFFICER)


def test_raise_the_line_try_it_and_publish(town, sit_down):
    admin, officer = town
    page = sit_down(admin).page

    # Copy, and a fault first: it stands beside its field and what was typed stays.
    page.goto("/policies/")
    page.get_by_role("link", name="科技型中小企业评价（2022年指引收紧后）").click()
    page.get_by_role("button", name="另存为草稿").click()
    page.get_by_role("heading", name="草稿").wait_for()
    page.locator("summary", has_text="综合评价得分不低于60分").click()
    page.fill("[name='criteria.10.value']", "七十")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("看不懂“七十”：可写数字，例如 60").first.wait_for()
    assert page.input_value("[name='criteria.10.value']") == "七十"
    assert page.locator("[name='criteria.10.value']").is_visible()
    assert violations(page) == []
    page.fill("[name='criteria.10.value']", "70")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("已保存 1 处修改").wait_for()

    # The bench on the whole region: it works in the background while the page waits.
    page.locator(".pagehead").get_by_role("link", name="试算").click()
    page.wait_for_url("**/policies/bench/**")
    assert violations(page) == []
    page.get_by_role("button", name="试算整个辖区").click()
    page.get_by_role("button", name="取消").wait_for()
    chunks.work_on(Job.objects.get().pk)
    page.get_by_text("2 家中有 1 家结论改变").wait_for()
    flip = page.locator("[data-flip]")
    assert flip.count() == 1
    assert "六十分企业" in flip.inner_text()
    assert "已达标 → 差一项" in flip.inner_text()
    assert "实际 60 分；标准 60 分 → 70 分" in flip.inner_text()
    assert violations(page) == []
    assert Assessment.objects.count() == 0

    # Publish, after a look at what differs and how many flip.
    page.get_by_role("link", name="去发布").click()
    page.wait_for_url("**/publish/")
    page.get_by_text("2 家中有 1 家结论改变").wait_for()
    assert page.locator("ins", has_text="70").count() == 1
    assert violations(page) == []
    page.get_by_role("button", name="确认发布").click()
    code = f"CN-{timezone.localdate().year}"
    page.get_by_text(f"{code} 已发布").wait_for()
    made = PolicyEdition.objects.get(code=code)
    assert (made.published_by, PolicyDraft.objects.get().published) == (admin, made)
    assert page.locator("main").get_by_text(code).first.is_visible()

    # From now on the firm is judged by it.
    page.goto(f"/firms/{Firm.objects.get(name='六十分企业').credit_code}/?programme=tech_sme")
    gap = page.locator("#gap")
    gap.get_by_text(code).first.wait_for()
    assert gap.locator("#gap-result .verdict-box.not_met").count() == 1
    assert "综合评价得分不低于60分" in gap.inner_text()
    page.goto("/policies/")
    assert "现行" in page.locator("tr", has_text=code).inner_text()
    assert violations(page) == []

    # An officer reads all of it and changes none of it.
    other = sit_down(officer, width=390, height=844).page
    for address in ("/policies/", f"/policies/tech_sme/{code}/", f"/policies/tech_sme/{code}/compare/?with=CN-2022"):
        other.goto(address)
        assert violations(other) == []
        assert not other.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert other.get_by_text("另存为草稿").count() == other.get_by_text("上传").count() == 0
