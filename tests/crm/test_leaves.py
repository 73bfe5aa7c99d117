"""Absences and who stands in: what is refused, what ends by itself, and that no person is away twice."""

from datetime import date

import pytest

from crm.choices import Role
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Leave, LeaveDay, User
from crm.selectors.leaves import away_on, leaves_around
from crm.services.leaves import end_leave, plan_leave
from tests import make
from tests.races import at_once

MONDAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)


@pytest.fixture
def deputy(county) -> User:
    return make.person("deputy", county, Role.OFFICER)


def away(user, deputy, *, from_on=MONDAY, until_on=FRIDAY, actor=None, today=MONDAY):
    return plan_leave(user, deputy=deputy, from_on=from_on, until_on=until_on, actor=actor or user, today=today)


def test_an_absence_is_kept_day_by_day_and_ends_by_itself(officer, deputy):
    leave = away(officer, deputy)

    assert [away_on(day) for day in (MONDAY, FRIDAY, date(2026, 11, 28))] == [
        {officer.pk: leave},
        {officer.pk: leave},
        {},
    ]
    assert leaves_around(officer, MONDAY) == ([leave], [])
    assert leaves_around(deputy, MONDAY) == ([], [leave])
    assert leaves_around(deputy, date(2026, 11, 28)) == ([], [])
    assert list(ChangeRecord.objects.values_list("object_type", "object_id", "field", "actor")) == [
        ("crm.user", str(officer.pk), "leave", officer.pk)
    ]


def test_every_reason_against_an_absence_is_said_at_once(officer, other_officer):
    other_officer.is_active = False

    with pytest.raises(InvalidInput) as refused:
        away(officer, other_officer, from_on=date(2025, 11, 1), until_on=date(2026, 11, 20))

    assert refused.value.reasons == [
        "结束日期已过，无需再登记",
        "一次最多登记 366 天，现为 385 天；请分次登记",
        "姓名other_officer的账号已停用，不能代理",
        "姓名other_officer的岗位不包含平南县，不能代理",
    ]
    assert Leave.objects.count() == LeaveDay.objects.count() == ChangeRecord.objects.count() == 0


def test_nobody_stands_in_for_themselves_or_while_away_or_counted_on(officer, deputy, lead):
    with pytest.raises(InvalidInput) as own:
        away(officer, officer)
    away(officer, deputy)
    with pytest.raises(InvalidInput) as counted_on:
        away(deputy, lead)
    with pytest.raises(InvalidInput) as gone:
        away(lead, officer, from_on=FRIDAY, until_on=date(2026, 11, 30))

    assert own.value.reasons == ["不能由本人代理；请选择另一位人员"]
    assert counted_on.value.reasons == [
        "姓名deputy在 2026-11-23 至 2026-11-27 正代理姓名officer，请先为姓名officer改换代理人员"
    ]
    assert gone.value.reasons == [
        "姓名officer的岗位不包含贵港市，不能代理",
        "姓名officer在 2026-11-23 至 2026-11-27 也不在岗，请另选代理人员",
    ]
    assert Leave.objects.count() == 1


def test_a_person_is_not_away_twice_on_one_day(officer, deputy):
    away(officer, deputy)

    with pytest.raises(InvalidInput) as refused:
        away(officer, deputy, from_on=FRIDAY, until_on=date(2026, 12, 2))

    assert refused.value.reasons == [
        "姓名officer在 2026-11-23 至 2026-11-27 已登记休假，不能重叠；请改日期或先取消原安排"
    ]
    assert LeaveDay.objects.count() == 5


def test_a_manager_plans_for_a_colleague_and_nobody_else_does(officer, deputy, lead, other_officer):
    with pytest.raises(NotAllowed):
        away(officer, deputy, actor=other_officer)

    assert away(officer, deputy, actor=lead).made_by == lead
    assert Leave.objects.count() == 1


def test_whoever_is_back_early_frees_the_days_that_are_left(officer, deputy):
    leave = away(officer, deputy)

    end_leave(leave, actor=officer, today=TUESDAY)
    with pytest.raises(RowChanged):
        end_leave(Leave.objects.get(), actor=officer, today=TUESDAY)

    assert list(Leave.objects.values_list("until_on", "cancelled_at")) == [(MONDAY, None)]
    assert list(LeaveDay.objects.values_list("on", flat=True)) == [MONDAY]
    assert away(officer, deputy, from_on=TUESDAY).pk != leave.pk


def test_what_has_not_begun_is_cancelled_whole(officer, deputy):
    leave = away(officer, deputy, from_on=TUESDAY)

    end_leave(leave, actor=officer, today=MONDAY)

    assert Leave.objects.standing().count() == LeaveDay.objects.count() == 0
    assert Leave.objects.get().cancelled_at is not None


@pytest.mark.usefixtures("committed_db")
def test_one_person_planned_away_twice_at_the_same_moment_is_away_once(county):
    officer, deputy = (make.person(name, county, Role.OFFICER) for name in ("one", "two"))

    def plan(first, last):
        mine, theirs = User.objects.get(pk=officer.pk), User.objects.get(pk=deputy.pk)
        return lambda: away(mine, theirs, from_on=first, until_on=last)

    results = at_once(plan(MONDAY, TUESDAY), plan(TUESDAY, FRIDAY))

    assert sorted(type(result).__name__ for result in results) == ["InvalidInput", "Leave"]
    assert Leave.objects.count() == 1


def test_the_page_plans_shows_and_ends_an_absence(officer, deputy, other_officer, firm_user):
    mine, other = make.logged_in(officer), make.logged_in(other_officer)

    planned = mine.post(
        "/settings/leaves/", {"deputy": deputy.pk, "from_on": "2099-01-05", "until_on": "2099-01-06", "note": "年休假"}
    )
    leave = Leave.objects.get()
    page = mine.get("/settings/leaves/").content.decode()

    assert (planned.status_code, planned.headers["Location"]) == (302, "/settings/leaves/")
    assert "年休假" in page and "未开始" in page
    assert "年休假" not in other.get("/settings/leaves/").content.decode()
    assert other.post(f"/settings/leaves/{leave.pk}/end/").status_code == 404
    assert make.logged_in(firm_user).get("/settings/leaves/").status_code == 404
    assert mine.post(f"/settings/leaves/{leave.pk}/end/").status_code == 302
    assert Leave.objects.standing().count() == 0


def test_a_refused_absence_keeps_what_was_typed(officer, deputy):
    answer = make.logged_in(officer).post(
        "/settings/leaves/", {"deputy": deputy.pk, "from_on": "2099-01-05", "until_on": "2099-01-04", "note": "年休假"}
    )

    assert answer.status_code == 409
    assert "结束日期不能早于开始日期" in answer.content.decode()
    assert "年休假" in answer.content.decode()
    assert Leave.objects.count() == 0


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_however_many_absences(officer, deputy, number, django_assert_num_queries):
    for n in range(number):
        day = date(2099, 1, 1 + n)
        away(officer, deputy, from_on=day, until_on=day)
    client = make.logged_in(officer)
    client.get("/settings/leaves/")

    with django_assert_num_queries(8):
        client.get("/settings/leaves/")
