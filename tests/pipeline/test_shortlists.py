"""Shortlists: picking firms, and opening applications for all of them with what came of each."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, Firm, Job
from crm.services import chunks, jobs
from crm.services.firms import move_firm
from crm.services.jobs import cancel_job
from pipeline.models import Application, Shortlist, ShortlistOpening
from pipeline.services import shortlists
from pipeline.services.screening import start_screening
from pipeline.services.shortlists import delete_shortlist, open_all, remove_firm, save_shortlist
from tests import make
from tests.make import logged_in
from tests.pipeline import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_july():
    with time_machine.travel(f"{date(2026, 7, 1)} 10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def edition(db):
    return world.published()


@pytest.fixture
def firms(edition, county):
    found = world.city_of_firms(county)
    chunks.work_on(start_screening(county, "tech_sme", actor=None, here=True).pk)
    return found


def saved(edition, county, firms, officer, name="夏季冲刺"):
    return save_shortlist(name, edition=edition, region=county, firms=[each.pk for each in firms], actor=officer)


@pytest.fixture
def shortlist(edition, county, firms, officer):
    return saved(edition, county, firms.values(), officer)


def opened(shortlist, officer):
    job = open_all(shortlist, actor=officer, here=True)
    chunks.work_on(job.pk)
    job.refresh_from_db()
    return job


def outcomes(shortlist):
    rows = ShortlistOpening.objects.filter(shortlist=shortlist).select_related("firm")
    return {row.firm.name: row.reasons or row.application_id for row in rows}


# Saving ---------------------------------------------------------------------------------------------------------------


def test_a_shortlist_keeps_its_firms_and_its_history(shortlist, firms, officer):
    assert set(shortlist.firms.all()) == set(firms.values())
    record = ChangeRecord.objects.get(object_type="pipeline.shortlist", object_id=str(shortlist.pk))
    assert (record.field, record.new, record.actor) == ("firms", "4", officer)


def test_every_reason_against_a_shortlist_is_told(edition, county, officer, firms, monkeypatch):
    with pytest.raises(InvalidInput) as refused:
        saved(edition, county, [], officer, name=" ")
    assert refused.value.reasons == ["请为候选名单起一个名称", "还没有选中企业；请先勾选，或选择全部结果"]

    monkeypatch.setattr(shortlists, "MOST", 3)
    with pytest.raises(InvalidInput, match="一份候选名单最多 3 家企业，当前选中 4 家；请先筛选"):
        saved(edition, county, firms.values(), officer)
    assert Shortlist.objects.count() == 0


def test_a_viewer_saves_removes_deletes_and_opens_nothing(edition, county, firms, shortlist, viewer):
    attempts = (
        lambda: saved(edition, county, firms.values(), viewer),
        lambda: remove_firm(shortlist, firms["met"], actor=viewer),
        lambda: delete_shortlist(shortlist, actor=viewer),
        lambda: open_all(shortlist, actor=viewer),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert (Shortlist.objects.count(), shortlist.firms.count(), Application.objects.count()) == (1, 4, 0)


def test_ticked_rows_of_the_page_become_a_shortlist(firms, officer, other_firm):
    chosen = [firms["one"].pk, other_firm.pk, "x"]

    response = logged_in(officer).post("/screening/tech_sme/save/", {"name": "夏季", "firm": chosen})

    shortlist = Shortlist.objects.get()
    assert response["Location"] == f"/shortlists/{shortlist.pk}/"
    assert list(shortlist.firms.all()) == [firms["one"]]


def test_all_rows_of_the_filtered_list_become_a_shortlist(edition, county, firms, officer):
    for number in range(60):
        world.with_facts(make.firm(f"第{number}企业", county), rd_cny=1_000_000)
    chunks.work_on(start_screening(county, "tech_sme", actor=None, here=True).pk)

    posted = {"name": "夏季", "all": "1", "bucket": "lacks_one", "query": "bucket=lacks_one&q=企业"}
    logged_in(officer).post("/screening/tech_sme/save/", posted)

    assert Shortlist.objects.get().firms.count() == 60


def test_a_refused_save_goes_back_to_the_filtered_page(firms, officer):
    response = logged_in(officer).post(
        "/screening/tech_sme/save/", {"name": "夏季", "query": "bucket=met"}, follow=True
    )

    assert response.redirect_chain == [("/screening/tech_sme/?bucket=met", 302)]
    assert "还没有选中企业" in response.content.decode()


# Opening --------------------------------------------------------------------------------------------------------------


def test_each_firm_is_opened_or_keeps_every_reason(shortlist, firms, officer):
    world.opened(firms["one"], officer, "tech_sme")
    Firm.objects.filter(pk=firms["two"].pk).update(status="deregistered")

    job = opened(shortlist, officer)

    made = Application.objects.exclude(firm=firms["one"])
    assert {each.firm for each in made} == {firms["met"], firms["unknown"]}
    assert outcomes(shortlist) == {
        "甲达标有限公司": made.get(firm=firms["met"]).pk,
        "乙差一有限公司": ["乙差一有限公司 2026 年的科技型中小企业申报已在办理，请勿重复发起"],
        "丙差二有限公司": ["企业已注销，不能申报"],
        "丁缺数有限公司": made.get(firm=firms["unknown"]).pk,
    }
    assert (job.state, job.done, job.refused, job.result) == ("done", 4, 2, {"opened": 2, "refused": 2})


def test_opening_twice_opens_nothing_twice(shortlist, officer):
    opened(shortlist, officer)
    before = outcomes(shortlist)

    again = opened(shortlist, officer)

    assert (again.total, outcomes(shortlist), Application.objects.count()) == (0, before, 4)


def test_what_was_refused_is_tried_again(shortlist, firms, officer):
    Firm.objects.filter(pk=firms["two"].pk).update(status="deregistered")
    opened(shortlist, officer)
    Firm.objects.filter(pk=firms["two"].pk).update(status="active")

    job = opened(shortlist, officer)

    assert (job.total, job.result) == (1, {"opened": 1, "refused": 0})
    assert ShortlistOpening.objects.exclude(application=None).count() == 4


def test_a_second_click_gives_back_the_running_job(shortlist, officer):
    first = open_all(shortlist, actor=officer)

    assert open_all(shortlist, actor=officer) == first
    assert Job.objects.filter(kind="shortlist.open").count() == 1


def test_an_opening_that_is_cut_off_goes_on_where_it_was(shortlist, officer, monkeypatch):
    monkeypatch.setattr(shortlists, "PART", 1)
    monkeypatch.setattr(jobs, "hint", lambda job: None)
    job = open_all(shortlist, actor=officer, here=True)
    chunks.work_on(job.pk, seconds=-1)
    assert Application.objects.count() == 1

    cancel_job(job)
    chunks.work_on(job.pk)
    assert Application.objects.count() == 1
    opened(shortlist, officer)

    assert Application.objects.count() == 4


def test_a_firm_that_left_the_county_is_refused_for_its_officer(shortlist, firms, officer, other_county, lead):
    move_firm(firms["met"], region=other_county, actor=lead)

    opened(shortlist, officer)

    assert outcomes(shortlist)["甲达标有限公司"] == ["当前身份只能查阅；请联系本辖区的经办人员或管理员"]


def test_a_list_deleted_in_the_middle_opens_nothing_more(shortlist, officer):
    job = open_all(shortlist, actor=officer, here=True)
    delete_shortlist(shortlist, actor=officer)

    chunks.work_on(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "候选名单已删除，未再发起申报")
    assert Application.objects.count() == 0


# Pages ----------------------------------------------------------------------------------------------------------------


def test_the_page_tells_what_came_of_each_firm(shortlist, firms, officer):
    Firm.objects.filter(pk=firms["two"].pk).update(status="deregistered")
    opened(shortlist, officer)
    client = logged_in(officer)

    whole = client.get(f"/shortlists/{shortlist.pk}/")
    refused = client.get(f"/shortlists/{shortlist.pk}/?outcome=refused")

    assert [(code, number) for code, _label, number in whole.context["tabs"]] == [
        ("", 4),
        ("opened", 3),
        ("refused", 1),
        ("waiting", 0),
    ]
    assert "批量发起完成：发起 3 家，未能发起 1 家" in whole.content.decode()
    assert [firm.name for firm, _opening in refused.context["rows"]] == ["丙差二有限公司"]
    assert "企业已注销，不能申报" in refused.content.decode()
    assert client.get(f"/shortlists/{shortlist.pk}/?outcome=waiting").context["rows"] == []


def test_one_click_opens_in_the_background_and_the_page_follows(shortlist, officer):
    client = logged_in(officer)

    client.post(f"/shortlists/{shortlist.pk}/open/")

    job = Job.objects.get(kind="shortlist.open")
    assert "正在批量发起申报" in client.get(f"/shortlists/{shortlist.pk}/").content.decode()
    chunks.run(job.pk)
    status = client.get(f"/shortlists/{shortlist.pk}/status/", headers={"hx-request": "true"})
    assert status["HX-Refresh"] == "true"


def test_an_opening_is_cancelled_from_the_page(shortlist, officer):
    job = open_all(shortlist, actor=officer)

    response = logged_in(officer).post(f"/shortlists/{shortlist.pk}/cancel/", follow=True)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "的批量发起已取消：4 家中已处理 0 家" in response.content.decode()


def test_a_firm_is_taken_off_and_a_list_deleted(shortlist, firms, officer):
    client = logged_in(officer)

    client.post(f"/shortlists/{shortlist.pk}/remove/", {"firm": firms["met"].credit_code})
    assert firms["met"] not in shortlist.firms.all()

    client.post(f"/shortlists/{shortlist.pk}/delete/")
    assert Shortlist.objects.count() == 0
    assert [
        record.field for record in ChangeRecord.objects.filter(object_type="pipeline.shortlist").order_by("pk")
    ] == [
        "firms",
        "firms",
        "name",
    ]


@pytest.mark.parametrize("count", [3, 60])
def test_pages_cost_the_same_with_3_and_60_rows(count, edition, county, officer, django_assert_num_queries):
    made = [make.firm(f"第{number}企业", county) for number in range(count)]
    shortlist = saved(edition, county, made, officer)
    for number in range(count - 1):
        saved(edition, county, made[:1], officer, name=f"名单{number}")
    client = logged_in(officer)
    client.get("/shortlists/")

    with django_assert_num_queries(8):
        assert len(client.get("/shortlists/").context["rows"]) == min(count, 50)
    with django_assert_num_queries(11):
        assert len(client.get(f"/shortlists/{shortlist.pk}/").context["rows"]) == min(count, 50)


def test_shortlists_of_another_county_do_not_exist(shortlist, other_officer):
    client = logged_in(other_officer)

    assert client.get("/shortlists/").context["rows"] == []
    assert client.get(f"/shortlists/{shortlist.pk}/").status_code == 404
