"""My day: what is to be done, by day; done, done and next, put off from there; nobody else's, ever."""

from datetime import date, timedelta

import pytest
import time_machine

from crm.models import Task
from crm.services.tasks import plan_task
from pipeline.models import Application
from pipeline.selectors.next_actions import my_tasks
from tests import make

WEDNESDAY = date(2026, 6, 3)


def day(number):
    return WEDNESDAY + timedelta(days=number)


def todo(firm, owner, due, title=""):
    return Task.objects.create(firm=firm, owner=owner, title=title or f"{due:+d}", due_on=day(due))


def parts_of(user):
    parts = my_tasks(Application.objects.visible_to(user), user, today=WEDNESDAY)
    return {part.code: (part.number, [action.title for action in part.actions]) for part in parts}


def test_tasks_stand_under_their_day(firm, officer):
    for due in (-2, -1, 0, 1, 4, 5, 30):
        todo(firm, officer, due)

    assert parts_of(officer) == {
        "overdue": (2, ["-2", "-1"]),
        "today": (1, ["+0"]),
        "week": (2, ["+1", "+4"]),  # until Sunday
        "later": (2, []),
    }


def test_what_is_planned_for_applications_stands_among_them(formal, firm, officer):
    todo(firm, officer, 0, "待办")
    Application.objects.update(officer=officer, next_action="申报的下一步", next_action_on=day(-1))

    assert parts_of(officer) == {
        "overdue": (1, ["申报的下一步"]), "today": (1, ["待办"]), "week": (0, []), "later": (0, []),
    }  # fmt: skip


def test_other_persons_tasks_and_closed_ones_are_not_there(firm, other_firm, officer, city_officer, other_officer):
    for owner in (city_officer, other_officer):
        todo(firm, owner, 0)
    todo(other_firm, officer, 0)  # of a county that the officer does not see
    Task.objects.create(firm=firm, owner=officer, title="x", due_on=WEDNESDAY, done_at="2026-06-01T00:00Z")

    assert {number for number, _titles in parts_of(officer).values()} == {0}


@pytest.mark.parametrize("number", [1, 3])
def test_the_parts_cost_the_same_whatever_they_hold(firm, officer, number, django_assert_num_queries):
    for due in range(number):
        todo(firm, officer, -due)
    applications = Application.objects.visible_to(officer)

    with django_assert_num_queries(3 + (number > 1)):  # the second part has something to read only then
        my_tasks(applications, officer, today=WEDNESDAY)


@pytest.fixture
def at_noon():
    with time_machine.travel("2026-06-03T12:00:00+08:00", tick=False):
        yield


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


def test_done_put_off_and_done_with_what_comes_next_lead_back_to_the_day(at_noon, as_officer, firm, officer):
    done, late, chained = (todo(firm, officer, -1, title) for title in ("办完", "推后", "接着"))

    answers = [
        as_officer.post(f"/tasks/{done.pk}/done/", {"next": "/"}),
        as_officer.post(f"/tasks/{late.pk}/later/", {"next": "/", "due_on": "2026-06-09"}),
        as_officer.post(f"/tasks/{chained.pk}/done/", {"next": "/", "next_title": "再来一次", "next_on": "2026-06-05"}),
    ]

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/")] * 3
    assert parts_of(officer) == {
        "overdue": (0, []), "today": (0, []), "week": (1, ["再来一次"]), "later": (1, []),
    }  # fmt: skip


def test_a_refused_put_off_stays_on_the_tasks_page(at_noon, as_officer, firm, officer):
    task = todo(firm, officer, 1)

    page = as_officer.post(f"/tasks/{task.pk}/later/", {"due_on": "2026-06-01"})

    assert (page.status_code, Task.objects.get().due_on) == (409, day(1))
    assert "到期日不能早于今天" in page.content.decode()


def test_giving_away_and_cancelling_from_the_tasks_page(at_noon, as_officer, firm, officer):
    another = make.person("another", firm.region, "officer")
    given, cancelled = todo(firm, officer, 1), todo(firm, officer, 2)

    as_officer.post(f"/tasks/{given.pk}/give/", {"owner": another.pk, "reason": "休假"})
    refused = as_officer.post(f"/tasks/{cancelled.pk}/cancel/", {"reason": ""})
    as_officer.post(f"/tasks/{cancelled.pk}/cancel/", {"reason": "企业注销"})

    given.refresh_from_db()
    cancelled.refresh_from_db()
    assert (given.owner, refused.status_code, cancelled.outcome) == (another, 409, "企业注销")
    page = as_officer.get(f"/tasks/{given.pk}/").content.decode()
    assert "姓名officer → 姓名another" in page and "休假" in page


def test_the_list_of_all_own_tasks(at_noon, as_officer, firm, officer, django_assert_num_queries):
    for due in (-1, 0, 9):
        plan_task(firm, title=f"事{due}", due_on=day(due), actor=officer, today=day(-9))
    as_officer.get("/tasks/")

    with django_assert_num_queries(7):
        everything = as_officer.get("/tasks/").content.decode()
    later = as_officer.get("/tasks/", {"when": "later"}, headers={"HX-Request": "true"}).content.decode()

    assert [word in everything for word in ("事-1", "事0", "事9")] == [True, True, True]
    assert [word in later for word in ("事-1", "事0", "事9", "<h1>")] == [False, False, True, False]


def test_a_viewer_closes_nothing(client, viewer, firm, officer):
    task = todo(firm, officer, 1)
    client.force_login(viewer)

    assert client.get(f"/tasks/{task.pk}/").status_code == 200
    assert client.post(f"/tasks/{task.pk}/done/").status_code == 409
    assert Task.objects.get().is_open
