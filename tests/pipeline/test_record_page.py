"""The record page: what comes next, what was said, who sees it; a page of the timeline costs what it shows."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.models import ChangeRecord, Contact, Fact, Firm, Task, Touch
from crm.services.firms import add_touch, update_firm
from crm.services.history import record_changes
from crm.services.tasks import finish_task, plan_task
from pipeline.models import Recognition
from pipeline.selectors.benefits import tax_benefit
from pipeline.selectors.firms import figures_shown
from pipeline.selectors.timelines import LENGTH, firm_timeline
from tests import make
from tests.pipeline import world

TODAY = timezone.localdate()


def page_of(client, firm, query=""):
    return client.get(f"/firms/{firm.credit_code}/{query}").content.decode()


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


def say(firm, officer, text, **given):
    return add_touch(firm, kind=given.pop("kind", "call"), text=text, actor=officer, **given)


# The timeline ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(firm, officer, city_officer):
    """One entry and more of every kind."""
    world.at(firm, "formal", officer=officer, city=city_officer)
    say(firm, officer, "内部的话")
    say(firm, officer, "给企业的话", public=True)
    update_firm(firm, changes={"address": "新址"}, actor=officer, reason="来函")
    finish_task(plan_task(firm, title="核对", due_on=TODAY, actor=officer), actor=officer)
    Recognition.objects.create(
        firm=firm, programme="tech_sme", title="registration", number="N1", granted_on=date(2024, 6, 1),
        region=firm.region, region_path=firm.region_path,
    )  # fmt: skip
    return firm


def told(firm, user, **query):
    return [entry.what for entry in firm_timeline(Firm.objects.get(pk=firm.pk), user=user, **query).rows]


def test_each_filter_shows_its_own_kind(busy, officer):
    everything = told(busy, officer)

    parts = {show: told(busy, officer, show=show) for show in ("moves", "talks", "files", "system")}
    assert parts["talks"] == ["完成待办 · 核对", "电话", "电话"]
    assert parts["system"] == ["修改注册地址：空 → 新址"]
    assert parts["files"] == []
    assert sorted(what for part in parts.values() for what in part) == sorted(everything)
    assert told(busy, officer, show="nonsense") == everything


def test_the_filter_of_what_the_firm_sees_holds_nothing_internal(busy, officer):
    rows = firm_timeline(busy, user=officer, show="public").rows

    assert {entry.public for entry in rows} == {True}
    assert [entry.note for entry in rows if entry.what == "电话"] == ["给企业的话"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_timeline_costs_the_same_whatever_it_holds(busy, officer, number, django_assert_num_queries):
    for place in range(number):
        say(busy, officer, f"第 {place} 次")
    firm = Firm.objects.prefetch_related("contacts").get(pk=busy.pk)
    list(officer.posts.all())
    firm_timeline(firm, user=officer)

    with django_assert_num_queries(6):
        firm_timeline(firm, user=officer)


def test_pages_of_the_timeline_hold_every_entry_once(busy, officer):
    same = timezone.make_aware(datetime.combine(date(2025, 3, 3), time(12)))
    Touch.objects.bulk_create(
        Touch(firm=busy, text=f"n{n}", on=date(2025, 3, 3), at=same, actor=officer) for n in range(LENGTH + 5)
    )
    ChangeRecord.objects.bulk_create(
        ChangeRecord(
            object_type="crm.firm", object_id=str(busy.pk), region_path=busy.region_path, field="address",
            old=str(n), new=str(n + 1), at=same,
        )
        for n in range(LENGTH)
    )  # fmt: skip
    Recognition.objects.update(granted_on=date(2025, 3, 3))

    seen, after = [], ""
    while True:
        page = firm_timeline(busy, user=officer, after=after)
        seen += page.rows
        after = page.after
        if not after:
            break

    places = [entry.place for entry in seen]
    assert places == sorted(set(places), reverse=True)
    assert sum(entry.note.startswith("n") for entry in seen) == LENGTH + 5
    assert sum(entry.what.startswith("修改") for entry in seen) == LENGTH + 1
    assert sum(entry.icon == "award" for entry in seen) == 1


@pytest.mark.parametrize("mark", ["x", "AAAA", "WyJ4Il0", "%E4%B8%AD"])
def test_a_mark_cut_short_gives_the_first_page(as_officer, busy, mark):
    assert "内部的话" in page_of(as_officer, busy, f"?after={mark}")


def test_htmx_gets_the_entries_alone(as_officer, busy):
    address = f"/firms/{busy.credit_code}/timeline/?show=system"

    alone = as_officer.get(address, headers={"HX-Request": "true"}).content.decode()
    whole = as_officer.get(address).content.decode()

    assert alone.startswith('<div id="entries">') and "新址" in alone and "内部的话" not in alone
    assert "<h1>时间线</h1>" in whole and "新址" in whole


def test_an_old_value_is_restored_as_a_change_with_a_reason(as_officer, firm, officer):
    update_firm(firm, changes={"address": "甲路1号"}, actor=officer)
    update_firm(firm, changes={"address": "乙路2号"}, actor=officer)
    record = ChangeRecord.objects.get(new="乙路2号")

    page = as_officer.post(f"/firms/{firm.credit_code}/restore/{record.pk}/", follow=True).content.decode()

    assert Firm.objects.get().address == "甲路1号"
    assert ("注册地址已恢复" in page, ChangeRecord.objects.latest("pk").reason) == (True, "恢复以前的值")


def test_a_change_of_something_else_is_not_restored(as_officer, firm, officer, other_firm):
    update_firm(other_firm, changes={"address": "x"}, actor=None)
    record = ChangeRecord.objects.get()

    assert as_officer.post(f"/firms/{firm.credit_code}/restore/{record.pk}/").status_code == 404
    assert Firm.objects.get(pk=firm.pk).address == ""


# The composer and what comes next -------------------------------------------------------------------------------------


def post(client, firm, **given):
    values = {"kind": "call", "text": "谈过", "on": ""} | given
    return client.post(f"/firms/{firm.credit_code}/touch/", values, follow=True)


def test_what_is_said_is_internal_unless_it_is_shared(as_officer, firm):
    post(as_officer, firm)
    post(as_officer, firm, visibility="public", text="请补材料")

    assert list(Touch.objects.order_by("pk").values_list("text", "public")) == [("谈过", False), ("请补材料", True)]


def test_a_call_finishes_the_task_and_plans_the_next_one(as_officer, firm, officer):
    task = plan_task(firm, title="核对研发费用", due_on=TODAY, actor=officer)
    following = TODAY + timedelta(days=7)

    page = page_of(as_officer, firm, f"?task={task.pk}")
    post(as_officer, firm, task=task.pk, plan="1", next_title="催审计报告", next_on=following.isoformat())

    task.refresh_from_db()
    assert "保存后完成待办：核对研发费用" in page
    assert (task.is_open, task.outcome, task.next_task.title, task.next_task.due_on) == (
        False, "谈过", "催审计报告", following,
    )  # fmt: skip


def test_done_and_next_asks_for_what_is_next_and_keeps_what_was_typed(as_officer, firm, officer):
    task = plan_task(firm, title="核对研发费用", due_on=TODAY, actor=officer)

    page = post(as_officer, firm, task=task.pk, plan="1", text="谈了很久").content.decode()

    assert "请写明要做什么" in page and "请填写到期日" in page and "谈了很久" in page
    assert (Touch.objects.count(), Task.objects.get().is_open) == (0, True)


def test_a_promise_without_its_day_is_refused(as_officer, firm):
    page = post(as_officer, firm, promise="补审计报告").content.decode()

    assert "请填写到期日" in page
    assert (Touch.objects.count(), Task.objects.count()) == (0, 0)


def test_a_task_of_another_firm_is_not_finished_here(as_officer, firm, county, officer):
    other = plan_task(make.firm("别家有限公司", county), title="x", due_on=TODAY, actor=officer)

    assert post(as_officer, firm, task=other.pk).status_code == 404
    assert (Touch.objects.count(), Task.objects.get().is_open) == (0, True)


def test_the_page_shows_tasks_and_what_is_planned_for_applications_in_one_list(as_officer, formal, firm, officer):
    plan_task(firm, title="后办的事", due_on=TODAY + timedelta(days=9), actor=officer)
    type(formal).objects.update(next_action="先办的申报", next_action_on=TODAY)
    Task.objects.create(firm=firm, kind="promise", title="补审计报告", due_on=TODAY - timedelta(days=1), owner=officer)

    page = page_of(as_officer, firm)

    places = [page.index(word) for word in ("补审计报告", "先办的申报", "后办的事")]
    assert places == sorted(places)
    assert "承诺未兑现" in page


def test_an_empty_timeline_says_what_to_ask(as_officer, firm):
    world.published()

    assert f"/firms/{firm.credit_code}/questions/" in page_of(as_officer, firm)
    asked = as_officer.get(f"/firms/{firm.credit_code}/questions/").content.decode()
    assert "建议首次联系问三件事：" in asked and asked.count("<li>") >= 3


def test_firms_of_the_same_industry_that_the_reader_may_see(as_officer, county, other_county):
    one = make.firm("甲有限公司", county, industry="C3612")
    make.firm("乙有限公司", county, industry="C3612")
    make.firm("丙有限公司", county, industry="C3613")
    make.firm("丁有限公司", other_county, industry="C3612")

    page = as_officer.get(f"/firms/{one.credit_code}/similar/", headers={"HX-Request": "true"}).content.decode()

    assert [name for name in "乙丙丁" if f"{name}有限公司" in page] == ["乙"]


@pytest.mark.parametrize(
    ("profit", "held", "saved"),
    [(750_000, False, 100_000), (850_000, True, 100_000), (-5, False, 0), (None, False, None)],
)
def test_what_a_certificate_would_save(firm, profit, held, saved):
    if profit is not None:
        Fact.objects.create(firm=firm, year=2025, code="profit_cny", source="tax", value=profit)
    titles = [Recognition(programme="high_tech", title="certificate", granted_on=TODAY)] if held else []

    benefit = tax_benefit(figures_shown(firm)["facts"], titles, TODAY)

    assert (benefit.saved_cny, benefit.held) == (saved if saved is None else Decimal(saved), held)


# The firm's own page --------------------------------------------------------------------------------------------------


def test_the_firm_reads_what_was_written_for_it_and_nothing_else(client, firm, officer, firm_user, other_firm_user):
    say(firm, officer, "内部的判断")
    say(firm, officer, "请补审计报告", public=True)
    plan_task(firm, title="催材料", due_on=TODAY, actor=officer)

    client.force_login(firm_user)
    page = client.get("/portal/").content.decode()
    client.force_login(other_firm_user)
    strange = client.get("/portal/").content.decode()

    assert [word in page for word in ("请补审计报告", "内部的判断", "催材料")] == [True, False, False]
    assert "请补审计报告" not in strange


def test_contacts_are_edited_and_their_history_is_on_the_timeline(as_officer, firm, officer):
    contact = Contact.objects.create(firm=firm, name="王五", phone="1")
    address = f"/firms/{firm.credit_code}/contact/{contact.pk}/"
    seen = as_officer.get(address).context["form"].initial["seen"]

    as_officer.post(address, {"seen": seen, "name": "王五", "phone": "2", "title": "", "email": "", "reason": "换号"})

    contact.refresh_from_db()
    assert contact.phone == "2"
    assert told(firm, officer, show="system") == ["修改电话：1 → 2"]


def test_what_comes_next_stands_before_what_was_said_and_only_what_runs_shows_its_steps(as_officer, firm, officer):
    world.at(firm, "formal", officer=officer)
    over = world.at(firm, "certified", officer=officer, year=2023)

    page = page_of(as_officer, firm)

    assert page.index('id="next"') < page.index('id="composer"') < page.index("时间线")
    assert over.reference in page
    assert (page.count('class="strip'), page.count("轮到 无需办理")) == (1, 0)


def test_the_figures_of_one_act_are_told_once_and_read_one_by_one(as_officer, firm, officer, city):
    said = {"2025:sales_cny::declared": ("", 9_000_000), "2025:rd_cny:high_tech:declared": (100_000, 450_000)}
    record_changes(firm, said | {"address": ("旧址", firm.address)}, actor=officer, reason="导入 台账.xlsx 第 8 行")
    record_changes(firm, {"2024:employees:quarterly_6m:declared": (8, 9)}, actor=officer)

    rows = firm_timeline(firm, user=officer).rows

    assert [entry.what for entry in rows if not entry.what.startswith("修改注册地址")] == [
        "修改2024 · 职工总数 · 季平均、满6个月（企业申报）：8 人 → 9 人",
        "修改企业数据 2 项",
    ]
    assert next(entry.lines for entry in rows if entry.lines) == (
        "修改2025 · 销售收入（企业申报）：空 → 900 万元",
        "修改2025 · 研发费用 · 高企认定口径（企业申报）：10 万元 → 45 万元",
    )
    assert "逐项查看" in page_of(as_officer, firm)
