"""Tasks and promises: planned, done with what comes next, put off, given away, cancelled; and the two days of a firm."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.choices import TaskKind
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Firm, Task, Touch
from crm.services.contact_days import refresh_contact_days
from crm.services.firms import add_touch, assign_firm
from crm.services.merging import merge_firms, unmerge
from crm.services.tasks import NextStep, cancel_task, finish_task, plan_task, put_off, reassign_task
from crm.services.touches import log_contact
from tests import make
from tests.races import at_once

TODAY = date(2026, 6, 1)


def day(number):
    return TODAY + timedelta(days=number)


def plan(firm, officer, title="核对研发费用", due=3, **given):
    return plan_task(firm, title=title, due_on=day(due), actor=officer, today=TODAY, **given)


def days_of(firm):
    return Firm.objects.values_list("last_contact_on", "next_action_on").get(pk=firm.pk)


def test_a_task_is_planned_for_whoever_plans_it_and_the_firm_knows_its_next_day(firm, officer):
    plan(firm, officer, due=9)
    task = plan(firm, officer)

    assert (task.owner, task.created_by, task.kind, task.is_open) == (officer, officer, TaskKind.TASK, True)
    assert days_of(firm) == (None, day(3))
    assert Firm.objects.get(pk=firm.pk).version == 0  # nobody's edit is in conflict with a plan


def test_a_plan_lists_every_reason(firm, officer, other_officer):
    with pytest.raises(InvalidInput) as refused:
        plan(firm, officer, title=" ", due=-1, owner=other_officer)

    assert refused.value.reasons == [
        "请写明要做什么",
        "到期日不能早于今天",
        "姓名other_officer 的岗位不包含该企业所在区划，不能作为负责人",
    ]
    assert (Task.objects.count(), days_of(firm)) == (0, (None, None))


def test_done_and_next_in_one(firm, officer):
    task = plan(firm, officer)

    following = finish_task(task, actor=officer, outcome="已核对", next=NextStep("催交审计报告", day(10)), today=day(3))

    task.refresh_from_db()
    assert (task.done_by, task.outcome, task.next_task, task.is_open) == (officer, "已核对", following, False)
    assert (following.title, following.owner, following.due_on) == ("催交审计报告", officer, day(10))
    assert days_of(firm) == (None, day(10))
    assert {(row.field, row.actor, row.reason) for row in ChangeRecord.objects.filter(object_type="crm.task")} == {
        (name, officer, "已核对") for name in ("done_at", "done_by", "outcome", "next_task")
    }


def test_a_refused_next_step_leaves_the_task_open(firm, officer):
    task = plan(firm, officer)

    with pytest.raises(InvalidInput) as refused:
        finish_task(task, actor=officer, next=NextStep("", None), today=TODAY)

    assert refused.value.reasons == ["请写明要做什么", "请填写到期日"]
    assert (Task.objects.get().is_open, days_of(firm), ChangeRecord.objects.count()) == (True, (None, day(3)), 0)


def test_a_task_is_done_once_and_plans_one_next_step(firm, officer):
    task = plan(firm, officer)
    stale = Task.objects.get(pk=task.pk)
    finish_task(task, actor=officer, today=TODAY)

    with pytest.raises(RowChanged) as refused:
        finish_task(stale, actor=officer, next=NextStep("再办", day(5)), today=TODAY)

    assert refused.value.reasons == ["待办“核对研发费用”刚被他人处理或改动，请刷新后再看"]
    assert Task.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_finish_at_once_end_like_one(committed_db, firm, officer):
    task = plan(firm, officer)
    copies = [Task.objects.select_related("firm").get(pk=task.pk) for _ in range(2)]

    ended = at_once(
        *(
            lambda copy=copy: finish_task(copy, actor=None, next=NextStep("再办", day(5)), today=TODAY)
            for copy in copies
        )
    )

    assert sorted(type(one).__name__ for one in ended) == ["RowChanged", "Task"]
    assert Task.objects.count() == 2


def test_put_off_given_away_cancelled(firm, officer, city_officer, other_officer):
    task = plan(firm, officer)

    assert put_off(task, due_on=day(8), actor=officer, reason="企业出差", today=TODAY)
    assert not put_off(task, due_on=day(8), actor=officer, today=TODAY)
    assert days_of(firm) == (None, day(8))
    assert reassign_task(task, owner=city_officer, actor=officer)
    with pytest.raises(InvalidInput):
        reassign_task(task, owner=other_officer, actor=officer)
    with pytest.raises(InvalidInput) as refused:
        cancel_task(task, actor=officer, reason=" ")
    assert refused.value.reasons == ["请说明取消的原因"]
    cancel_task(task, actor=officer, reason="企业已注销")

    task.refresh_from_db()
    assert (task.owner, task.is_open, task.outcome) == (city_officer, False, "企业已注销")
    assert days_of(firm) == (None, None)


@pytest.mark.parametrize("who", ["viewer", "leader", "other_officer", "firm_user"])
def test_who_only_reads_plans_nothing_and_closes_nothing(who, request, firm, officer):
    person, task = request.getfixturevalue(who), plan(firm, officer)

    for act in (
        lambda: plan(firm, person),
        lambda: finish_task(task, actor=person),
        lambda: put_off(task, due_on=day(9), actor=person, today=TODAY),
        lambda: reassign_task(task, owner=officer, actor=person),
        lambda: cancel_task(task, actor=person, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            act()

    assert (Task.objects.get().is_open, ChangeRecord.objects.count()) == (True, 0)


def test_who_sees_tasks_and_what_was_said(firm, officer, other_officer, viewer, firm_user, other_firm_user):
    plan(firm, officer)
    add_touch(firm, kind="call", text="内部", actor=officer)
    add_touch(firm, kind="call", text="给企业", actor=officer, public=True)

    def seen(person):
        texts = set(Touch.objects.visible_to(person).values_list("text", flat=True))
        return Task.objects.visible_to(person).count(), texts

    assert [seen(one) for one in (officer, viewer, other_officer, firm_user, other_firm_user)] == [
        (1, {"内部", "给企业"}),
        (1, {"内部", "给企业"}),
        (0, set()),
        (0, {"给企业"}),
        (0, set()),
    ]


def test_a_promise_is_broken_when_its_day_is_past(firm, officer):
    promise = plan(firm, officer, title="补齐审计报告", kind=TaskKind.PROMISE)
    plan(firm, officer)

    assert list(Task.objects.broken(day(3))) == []
    assert list(Task.objects.broken(day(4))) == [promise]
    assert (promise.is_overdue(day(3)), promise.is_overdue(day(4))) == (False, True)
    finish_task(promise, actor=officer, today=day(5))
    assert list(Task.objects.broken(day(9))) == []


def test_a_call_and_a_visit_count_as_contact_and_a_note_does_not(firm, officer):
    add_touch(firm, kind="visit", text="x", actor=officer, on=day(-9), today=TODAY)
    add_touch(firm, kind="call", text="x", actor=officer, on=day(-5), today=TODAY)
    add_touch(firm, kind="note", text="x", actor=officer, on=day(-1), today=TODAY)

    assert days_of(firm) == (day(-5), None)


def test_what_was_to_be_done_goes_with_the_firm_to_its_new_officer(firm, officer, city_officer):
    assign_firm(firm, officer=officer, actor=city_officer)
    mine, done, other = plan(firm, officer), plan(firm, officer), plan(firm, officer, owner=city_officer)
    finish_task(done, actor=officer, today=TODAY)
    another = make.person("another", firm.region, "officer")

    assign_firm(firm, officer=another, actor=city_officer)

    owners = {task.pk: task.owner for task in Task.objects.all()}
    assert owners == {mine.pk: another, done.pk: officer, other.pk: city_officer}
    record = ChangeRecord.objects.get(object_type="crm.task", object_id=str(mine.pk))
    assert (record.field, record.old, record.new, record.reason) == (
        "owner", "姓名officer", "姓名another", "企业改由他人经办",
    )  # fmt: skip


def test_the_days_follow_a_merge_and_its_undoing(firm, county, officer, lead):
    double = make.firm("平南智造（广西）科技有限公司", county)
    plan(double, officer)
    add_touch(double, kind="call", text="x", actor=officer, on=day(-2), today=TODAY)

    merge = merge_firms(Firm.objects.get(pk=firm.pk), Firm.objects.get(pk=double.pk), actor=lead)
    assert (days_of(firm), days_of(double)) == ((day(-2), day(3)), (None, None))

    unmerge(merge, actor=lead)
    assert (days_of(firm), days_of(double)) == ((None, None), (day(-2), day(3)))


@pytest.mark.parametrize("number", [1, 3])
def test_the_days_of_many_firms_take_one_statement(number, county, officer, django_assert_num_queries):
    firms = [make.firm(f"甲{place}有限公司", county) for place in range(number)]
    for firm in firms:
        Task.objects.create(firm=firm, title="x", due_on=TODAY, owner=officer)

    with django_assert_num_queries(1):
        refresh_contact_days(firm.pk for firm in firms)

    assert {days_of(firm) for firm in firms} == {(None, TODAY)}


def test_a_touch_with_an_unknown_outcome_is_refused(firm, officer):
    with pytest.raises(InvalidInput) as refused:
        add_touch(firm, kind="call", text="x", actor=officer, outcome="maybe", on=timezone.localdate())

    assert refused.value.reasons == ["联系结果“maybe”无法识别"]
    assert Touch.objects.count() == 0


def test_a_contact_with_its_promise_and_what_comes_next(firm, officer):
    task = plan(firm, officer)

    touch = log_contact(
        firm, kind="call", text="说好本周补审计报告", actor=officer, on=TODAY, today=TODAY, done=task,
        promise=NextStep("补交审计报告", day(4)), next=NextStep("核对审计报告", day(5)),
    )  # fmt: skip

    task.refresh_from_db()
    assert (touch.outcome, task.outcome, task.next_task.title) == ("promise", "说好本周补审计报告", "核对审计报告")
    promise = Task.objects.promises().get()
    assert (promise.title, promise.touch, promise.owner) == ("补交审计报告", touch, officer)
    assert days_of(firm) == (TODAY, day(4))


def test_a_contact_is_kept_whole_or_not_at_all(firm, officer):
    task = plan(firm, officer)

    with pytest.raises(InvalidInput) as refused:
        log_contact(
            firm, kind="call", text="x", actor=officer, today=TODAY, done=task,
            promise=NextStep("补交", day(4)), next=NextStep("核对", day(-1)),
        )  # fmt: skip

    assert refused.value.reasons == ["到期日不能早于今天"]
    assert (Touch.objects.count(), Task.objects.get().is_open, days_of(firm)) == (0, True, (None, day(3)))
