"""The settings page of the reminder ladders: read by the authority, changed by who manages the city."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from pipeline.models import Ladder
from pipeline.rungs import LadderTable, Rung
from pipeline.selectors.ladders import ladder_of
from pipeline.services.ladders import set_ladder
from tests import make

NOW = "2026-11-23 10:00+08:00"
PAGE, ONE = reverse("ladders"), reverse("ladder", args=["annual_report"])
TYPED = {
    "version": "0",
    "active": "on",
    "value0": "10",
    "when0": "ahead_workdays",
    "roles0": ["firm", "officer"],
    "value1": "0",
    "when1": "ahead",
    "roles1": ["officer"],
    "value2": "3-1",
    "when2": "fixed",
    "roles2": ["lead"],
    "value3": "2",
    "when3": "after",
    "roles3": ["officer"],
    "overdue": "daily",
    "overdue_roles": ["officer"],
    "lead_after": "3",
    "leader_after": "",
    "on": "2026-12-10",
}
READ = LadderTable(
    "annual_report",
    (
        Rung(10, "workdays", ("firm", "officer")),
        Rung(0, roles=("officer",)),
        Rung(None, roles=("lead",), month_day=(3, 1)),
        Rung(-2, roles=("officer",)),
    ),
    overdue="daily",
    overdue_roles=("officer",),
    lead_after=3,
)


def text(response):
    return response.content.decode()


def test_each_kind_stands_in_a_plain_sentence(client, officer, django_assert_num_queries):
    client.force_login(officer)
    client.get(PAGE)

    with django_assert_num_queries(6):
        shown = text(client.get(PAGE))

    assert "到期前 3 天、1 天、当天提醒企业、代理人和经办人员；逾期后每个工作日提醒" in shown
    assert "每年12月15日：提前 14 天、7 天提醒经办人员" in shown
    assert "修改" not in shown


@time_machine.travel(NOW, tick=False)
def test_what_is_typed_is_kept_and_shown_with_who_and_which_version(client, lead):
    client.force_login(lead)

    response = client.post(ONE, TYPED, follow=True)

    assert ladder_of("annual_report") == READ
    for words in ("“年度报告”的提醒已保存", "第 1 版，姓名lead于 11月23日 10:00 修改", "默认为：到期前 60 天"):
        assert words in text(response)
    again = text(client.get(ONE))
    assert 'name="value2" value="3-1"' in again
    assert "恢复默认" in again


@time_machine.travel(NOW, tick=False)
def test_a_preview_judges_what_is_typed_and_keeps_nothing(client, lead):
    client.force_login(lead)

    shown = text(client.post(ONE, TYPED | {"preview": "1"}))

    assert "若 12月10日 周四 截止" in shown
    for words in ("11月26日 周四", "还有 14 天：企业和经办人员", "当天：经办人员", "逾期 3 个工作日：科长", "尚未保存"):
        assert words in " ".join(shown.split()).replace("</strong> ", "")
    assert Ladder.objects.count() == 0


def test_everything_wrong_is_said_at_once_and_nothing_is_kept(client, lead):
    client.force_login(lead)
    wrong = {"value0": "bald", "value1": "3", "roles1": [], "value2": "2-30", "value3": "3", "when3": "ahead"}

    response = client.post(ONE, TYPED | wrong)

    assert response.status_code == 409
    for words in (
        "“bald”不是天数，请填整数，当天填 0",
        "“2-30”不是某一天，请写成 3-1",
        "“3 天”没有选择提醒谁",
        "“3 天”填了两次",
    ):
        assert words in text(response)
    assert 'value="bald"' in text(response)
    assert Ladder.objects.count() == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"value0": "999999", "when0": "ahead_workdays"},
        {"value0": "999999", "when0": "after"},
        {"value0": "-5"},
        {"value0": "٣"},
        {"when0": "whenever"},
        {"roles0": ["friend"]},
        {"overdue": "weekly"},
        {"lead_after": "99999999999999999999"},
        {"version": "x"},
        {"on": "0001-01-01"},
        {"on": "9999-12-31"},
    ],
)
@pytest.mark.parametrize("preview", [{}, {"preview": "1"}])
def test_odd_input_is_refused_and_changes_nothing(client, lead, odd, preview):
    client.force_login(lead)

    response = client.post(ONE, TYPED | odd | preview)

    assert response.status_code == (200 if preview else 409)
    assert "没有保存，请看以下原因" in text(response)
    assert Ladder.objects.count() == 0


def test_two_people_who_change_it_at_once_do_not_overwrite_each_other(client, lead, admin):
    client.force_login(lead)
    client.post(ONE, TYPED)
    client.force_login(admin)

    response = client.post(ONE, TYPED | {"lead_after": "9"})

    assert response.status_code == 409
    assert "刚被他人修改" in text(response)
    assert ladder_of("annual_report") == READ


@pytest.mark.parametrize("role", ["viewer", "officer", "leader"])
def test_others_see_the_preview_and_no_form(client, city, role):
    client.force_login(make.person("somebody", city, role))

    shown = text(client.get(ONE))

    assert "若 " in shown
    assert 'name="value0"' not in shown
    assert client.post(ONE, TYPED).status_code == 409
    assert client.post(reverse("ladder_reset", args=["annual_report"])).status_code == 409
    assert Ladder.objects.count() == 0


def test_back_to_the_default(client, lead, city):
    set_ladder(READ, actor=lead, region=city)
    client.force_login(lead)

    response = client.post(reverse("ladder_reset", args=["annual_report"]), {"version": "1"}, follow=True)

    assert "“年度报告”已恢复默认" in text(response)
    assert "第 2 版" in text(response)
    assert not Ladder.objects.get().own


def test_a_yearly_date_is_set_where_there_is_one(client, lead):
    client.force_login(lead)
    typed = {"version": "0", "active": "on", "yearly": "6-30", "value0": "7", "when0": "ahead", "roles0": ["city"]}

    client.post(reverse("ladder", args=["library_check"]), typed)

    assert ladder_of("library_check") == LadderTable("library_check", (Rung(7, roles=("city",)),), yearly=(6, 30))


def test_firms_and_unknown_kinds_find_nothing(client, firm_user, lead):
    client.force_login(firm_user)
    assert client.get(PAGE).status_code == client.get(ONE).status_code == 404
    client.force_login(lead)
    assert client.get(reverse("ladder", args=["nonsense"])).status_code == 404


@time_machine.travel(NOW, tick=False)
def test_the_preview_takes_a_real_date_of_the_reader(client, lead, firm):
    firm.deadlines.create(key="k", kind="annual_report", region_path=firm.region_path, due_on=date(2027, 5, 31))
    client.force_login(lead)

    shown = text(client.get(ONE))

    assert "若 2027-05-31 周一 截止" in shown
    assert "该年放假通知未公布，以下日期暂定" in shown
