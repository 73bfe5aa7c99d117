"""Visits: chosen by gap and silence, planned for a day, on paper, and what came of them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.choices import TaskKind
from crm.errors import InvalidInput
from crm.models import Firm, Task, Touch
from crm.services.chunks import work_on
from crm.services.firms import add_touch, assign_firm, save_contact
from crm.services.tasks import plan_task
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.visits import sheets, worth_a_visit
from pipeline.services.visits import plan_visits, record_visit
from tests import make
from tests.pipeline import world

SOON = date(2099, 1, 5)


@pytest.fixture
def judged(county, officer) -> dict[str, Firm]:
    """Four firms of the officer's county as a screening found them."""
    world.published()
    firms = world.city_of_firms(county)
    for firm in firms.values():
        assign_firm(firm, officer=officer, actor=officer)
    work_on(world.screening(county).pk)
    return firms


def chosen(**asked):
    given = {"bucket": "", "silence": 0, "today": timezone.localdate(), "calendar": work_calendar(), **asked}
    return list(worth_a_visit(Firm.objects.all(), **given).order_by("name").values_list("name", flat=True))


def test_firms_are_chosen_by_gap_and_by_silence(judged, officer):
    add_touch(judged["one"], kind="call", text="电话", actor=officer)

    assert chosen(bucket="lacks_one") == ["乙差一有限公司"]
    assert chosen(bucket="lacks_one", silence=20) == []
    assert chosen(silence=20) == ["丁缺数有限公司", "丙差二有限公司", "甲达标有限公司"]
    assert len(chosen()) == 4


def test_the_sheet_asks_what_would_close_the_gap(judged, officer, other_officer):
    firm = judged["unknown"]
    save_contact(firm, name="周文澜", phone="0775-1", actor=officer)
    add_touch(firm, kind="visit", text="看了车间", actor=officer)
    plan_task(firm, title="月底补报", due_on=SOON, kind=TaskKind.PROMISE, actor=officer)

    sheet = sheets([Firm.objects.get(pk=firm.pk)], timezone.localdate())[0]

    assert len(sheet.questions) <= 3
    assert sheet.questions[0].endswith("是多少？（企业提供）")
    assert [touch.text for touch in sheet.talks] == ["看了车间"]
    assert [task.title for task in sheet.promises] == ["月底补报"]
    assert [contact.name for contact in sheet.contacts] == ["周文澜"]
    assert (sheet.recent and sheet.recent.actor) == officer
    assert [sheet.figures[place] for place in (0, 2)] == [
        ("2025 年职工总数", "100 人（企业申报）"),
        ("2025 年销售收入", "5,000 万元（企业申报）"),
    ]


def test_one_click_plans_every_firm_once(judged, officer, other_officer, other_firm):
    firms = [judged["one"], judged["two"], other_firm]
    today = timezone.localdate()

    first = plan_visits(firms, on=SOON, actor=officer, today=today)
    again = plan_visits(firms[:2], on=SOON, actor=officer, today=today)

    assert [(row.task and row.task.title, row.reasons) for row in first] == [
        ("走访", ()),
        ("走访", ()),
        (None, ("当前身份只能查阅；请联系本辖区的经办人员或管理员",)),
    ]
    assert [row.task for row in again] == [None, None]
    assert Task.objects.filter(title="走访", owner=officer, due_on=SOON).count() == 2


def test_none_and_too_many_are_refused(officer, firm, monkeypatch):
    monkeypatch.setattr("pipeline.services.visits.MOST", 1)

    with pytest.raises(InvalidInput) as none:
        plan_visits([], on=SOON, actor=officer, today=timezone.localdate())
    with pytest.raises(InvalidInput) as many:
        plan_visits([firm, firm], on=SOON, actor=officer, today=timezone.localdate())

    assert none.value.reasons == ["还没有选择企业；请先勾选"]
    assert many.value.reasons == ["一次最多安排 1 家，已选 2 家；请分批"]
    assert Task.objects.count() == 0


def test_a_visit_brings_its_talk_its_tasks_and_ends_the_planned_one(firm, officer):
    today = timezone.localdate()
    plan_visits([firm], on=today, actor=officer, today=today)
    steps = [("补研发辅助账", SOON, TaskKind.PROMISE), ("发政策清单", SOON, TaskKind.TASK)]

    touch = record_visit(firm, text="看了车间", on=today, actor=officer, today=today, follow_ups=steps)

    assert (touch.kind, touch.outcome, touch.on) == ("visit", "promise", today)
    assert [(task.title, task.kind, task.touch, task.is_open) for task in Task.objects.order_by("pk")] == [
        ("走访", "task", None, False),
        ("补研发辅助账", "promise", touch, True),
        ("发政策清单", "task", touch, True),
    ]
    firm.refresh_from_db()
    assert (firm.last_contact_on, firm.next_action_on) == (today, SOON)


def test_a_visit_with_a_wrong_line_leaves_nothing(firm, officer):
    today = timezone.localdate()

    with pytest.raises(InvalidInput):
        record_visit(
            firm, text="看了车间", on=today, actor=officer, today=today, follow_ups=[("补账", None, TaskKind.TASK)]
        )

    assert Touch.objects.count() == Task.objects.count() == 0


def test_from_the_planner_to_the_result_by_page(judged, officer, other_officer):
    client, firm = make.logged_in(officer), judged["one"]
    add_touch(firm, kind="visit", text="看过", actor=officer)
    page = client.get("/visits/?bucket=lacks_one").content.decode()
    sheet = client.get(f"/visits/sheets/?firm={firm.pk}").content.decode()
    address = f"/firms/{firm.credit_code}/visit/"

    assert "乙差一有限公司" in page and "走访过" in page and "丙差二有限公司" not in page
    assert "要问的三件事" in sheet and address in sheet and "近一个月已有人走访" in sheet
    assert client.post("/visits/plan/", {"firm": [firm.pk], "on": "2099-01-05"}).status_code == 302
    given = {"on": timezone.localdate().isoformat(), "text": "又看了一次", "title1": "补账", "due1": "2099-02-01"}
    assert client.post(address, given).headers["Location"] == f"/firms/{firm.credit_code}/"
    assert list(Task.objects.order_by("pk").values_list("title", flat=True)) == ["走访", "补账"]
    refused = client.post(address, given | {"text": "", "title1": "补账"})
    assert (refused.status_code, Touch.objects.count()) == (409, 2)
    assert make.logged_in(other_officer).get(address).status_code == 404
    assert "乙差一有限公司" not in make.logged_in(other_officer).get(f"/visits/sheets/?firm={firm.pk}").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_however_many_firms(county, officer, number, django_assert_num_queries):
    firms = [world.with_facts(make.firm(f"{n}号企业", county), rd_cny=1_000_000) for n in range(number)]
    world.published()
    work_on(world.screening(county).pk)
    for firm in firms:
        add_touch(firm, kind="visit", text="看过", actor=officer, on=timezone.localdate() - timedelta(days=3))
    client = make.logged_in(officer)
    client.get("/visits/")
    with django_assert_num_queries(10):
        client.get("/visits/")
    asked = "&".join(f"firm={firm.pk}" for firm in firms)
    client.get(f"/visits/sheets/?{asked}")
    with django_assert_num_queries(14):
        client.get(f"/visits/sheets/?{asked}")
