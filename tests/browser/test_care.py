"""In a real browser: work that goes to another and is received, a pass through what is lacking, a sheet on paper."""

import io

import pytest
from django.utils import timezone
from pypdf import PdfReader

from crm.choices import Role
from crm.models import Firm, Job, Region, Task, User
from crm.services import chunks
from crm.services.firms import add_touch, assign_firm, save_contact
from crm.services.tasks import plan_task
from pipeline.models import HandOver
from pipeline.services.hygiene import look_at_all
from tests import make
from tests.browser.test_officer_and_firm import violations
from tests.pipeline import world

pytestmark = pytest.mark.browser


def wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.fixture
def people(committed_db) -> dict[str, User]:
    county, city = Region.objects.get(code="450821"), Region.objects.get(code="450800")
    officers = {name: make.person(name, county, Role.OFFICER) for name in ("giver", "taker")}
    people = officers | {"boss": make.person("boss", city, Role.LEAD)}
    for number in range(4):
        firm = make.firm(f"交接{number:02d}号企业", county)
        assign_firm(firm, officer=people["giver"], actor=people["giver"])
        add_touch(firm, kind="call", text=f"说好第{number}件事", actor=people["giver"])
        plan_task(firm, title="月底补报", due_on=timezone.localdate(), kind="promise", actor=people["giver"])
    return people


def test_an_officer_asks_the_lead_confirms_and_the_colleague_signs(people, sit_down):
    giver = sit_down(people["giver"]).page
    giver.goto("/handovers/new/")
    assert violations(giver) == []
    giver.get_by_role("link", name="待办与承诺").click()
    giver.select_option("[name=receiver]", label=people["taker"].name)
    giver.fill("[name=note]", "月底前要补报的先联系")
    giver.get_by_role("button", name="提交，待确认").click()
    giver.get_by_text("已提交，待本辖区科长或管理员确认").wait_for()

    boss = sit_down(people["boss"]).page
    boss.goto(f"/handovers/{HandOver.objects.get().pk}/")
    boss.get_by_role("button", name="确认交接").click()
    boss.locator("#handover-status progress").wait_for()
    chunks.work_on(Job.objects.get(kind="handover").pk)
    boss.get_by_text("接手后先看").wait_for()  # the page itself turns to the report
    assert violations(boss) == []
    assert set(Firm.objects.values_list("officer", flat=True)) == {people["taker"].pk}

    taker = sit_down(people["taker"], width=390, height=844).page
    taker.goto(f"/handovers/{HandOver.objects.get().pk}/")
    taker.get_by_role("button", name="签收").click()
    taker.get_by_text("已签收").first.wait_for()
    assert not wide(taker)
    taker.goto(f"/handovers/{HandOver.objects.get().pk}/paper/")
    assert not wide(taker)
    assert violations(taker) == []


def test_a_pass_through_what_is_lacking(people, sit_down):
    Task.objects.all().delete()
    Firm.objects.update(next_action_on=None)
    chunks.work_on(look_at_all(here=True).pk)
    page = sit_down(people["giver"]).page

    page.goto("/")
    page.get_by_role("link", name="去整改").click()
    page.get_by_role("link", name="没有下一步").click()
    lines = page.locator(".lapses > li")
    assert (lines.count(), violations(page)) == (4, [])
    for number in range(4):
        line = lines.nth(number)
        line.locator("[name=title]").fill("电话联系")
        line.get_by_role("button", name="安排").click()
        line.get_by_text("已安排").wait_for()
    assert violations(page) == []

    page.goto("/hygiene/?kind=no_next")
    page.get_by_text("没有要整改的").wait_for()
    assert list(Task.objects.values_list("title", "owner")) == [("电话联系", people["giver"].pk)] * 4
    phone = sit_down(people["giver"], width=390, height=844).page
    phone.goto("/hygiene/")
    assert not wide(phone)


def test_the_sheet_of_each_firm_is_one_a4(people, sit_down):
    world.published()
    county = Region.objects.get(code="450821")
    full = world.with_facts(make.firm("资料很多的企业", county), rd_cny=None, tech_staff=None)
    for number in range(9):
        add_touch(full, kind="visit", text="看了车间和研发台账，" * 20, actor=people["giver"])
        save_contact(full, name=f"联系人{number}", phone="0775-0000000", actor=people["giver"])
        plan_task(
            full, title="补报研发费用辅助账" * 5, due_on=timezone.localdate(), kind="promise", actor=people["giver"]
        )
    chunks.work_on(world.screening(county).pk)
    page = sit_down(people["giver"]).page

    page.goto("/visits/")
    assert violations(page) == []
    for name in ("资料很多的企业", "交接00号企业", "交接01号企业"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="走访表").click()
    page.get_by_text("要问的三件事").first.wait_for()

    assert violations(page) == []
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == 3
    assert {(round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) for sheet in paper.pages} == {
        (595, 842)
    }
