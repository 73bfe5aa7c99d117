"""The pages and the API of official lists, without JavaScript and within a fixed number of queries."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.models import Firm, Job
from pipeline.models import OfficialList, OfficialListRow, Recognition
from tests import make
from tests.pipeline import lists, world

FORM = {
    "type": "tech_sme:registered",
    "name": "第一批入库公告",
    "document": "桂科发〔2026〕1号",
    "published_on": "2026-11-02",
    "region": "450800",
}


@pytest.fixture(autouse=True)
def in_november(time_machine):
    time_machine.move_to("2026-11-25 10:00+08:00", tick=True)


@pytest.fixture
def at_desk(client, city_officer):
    client.force_login(city_officer)
    return client


@pytest.fixture
def noticed(firm):
    return world.at(firm, "notice", programme="tech_sme")


@pytest.fixture
def taken(firm, city, city_officer):
    """A list of a firm of ours, a similar name, a firm we do not know, a wrong code and a line twice."""
    content = lists.text(
        [
            lists.HEADER,
            ("1", firm.name, firm.credit_code, "20264508000A000123", "平南县"),
            ("2", "平南智造科技有限责任公司", "", "", ""),
            ("3", "从未跟踪有限公司", make.code(), "", ""),
            ("4", firm.name, "91450800", "", ""),
            ("5", firm.name, "", "", ""),
        ]
    )
    return lists.uploaded(content, actor=city_officer, region=city, type="tech_sme:registered")


def text_of(response):
    return response.content.decode()


def test_a_list_goes_from_the_form_to_recognitions_and_back(at_desk, firm, noticed):
    file = SimpleUploadedFile("公告.xlsx", lists.xlsx([lists.HEADER, ("1", firm.name, firm.credit_code, "", "")]))

    response = at_desk.post("/imports/lists/", FORM | {"file": file})
    found = OfficialList.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/imports/lists/{found.pk}/")
    assert "读取名单 第一批入库公告" in text_of(at_desk.get(response["Location"]))

    lists.work(found.job)
    assert "办理全部已匹配（1）" in text_of(at_desk.get(f"/imports/lists/{found.pk}/"))
    at_desk.post(f"/imports/lists/{found.pk}/confirm/", {"every": "1"})
    lists.work(Job.objects.latest("pk"))
    page = text_of(at_desk.get(f"/imports/lists/{found.pk}/"))
    assert "完成 1 行，拒绝 0 行。" in page
    assert f"{noticed.reference}：公示 → 入库公告" in page
    assert Recognition.objects.count() == 1

    at_desk.post(f"/imports/lists/{found.pk}/undo/", {"line": ["2"]})
    lists.work(Job.objects.latest("pk"))
    assert "已撤销，可以重新办理" in text_of(at_desk.get(f"/imports/lists/{found.pk}/?show=matched"))
    assert Recognition.objects.count() == 0


def test_text_can_be_pasted(at_desk, firm):
    at_desk.post("/imports/lists/", FORM | {"text": f"1 {firm.name} {firm.credit_code}"})
    lists.work(Job.objects.get())

    assert OfficialListRow.objects.get().firm == firm


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "请选择文件，或粘贴名单文字（二者取一）"),
        ({"text": "甲公司", "published_on": "2027-01-01"}, "发布日期不能晚于今天"),
        ({"text": "甲公司", "region": "450000"}, "比对范围"),
        ({"text": "甲公司", "type": "tech_sme:nothing"}, "名单类别"),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(at_desk, given, reason):
    response = at_desk.post("/imports/lists/", FORM | given)

    assert response.status_code == 409
    assert reason in text_of(response)
    assert 'value="桂科发〔2026〕1号"' in text_of(response)
    assert OfficialList.objects.count() == 0


def test_tabs_are_counted_and_what_needs_a_person_comes_first(at_desk, taken):
    page = text_of(at_desk.get(f"/imports/lists/{taken.pk}/"))

    for label, number in [
        ("已匹配", 1),
        ("待决定", 1),
        ("代码有误", 1),
        ("未在库", 1),
        ("名单内重复", 1),
        ("我方未上榜", 0),
    ]:
        assert f'{label} <span class="num">{number}</span>' in page
    assert "2 行等您决定。" in page
    assert 'href="?show=decide" aria-current="page"' in page
    assert "名称相似（100%）" in page


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("wrong_code", "8 位，应为 18 位"),
        ("unknown", "加入企业库"),
        ("duplicate", "与第 2 行是同一家企业"),
        ("matched", "办理所选"),
        ("missing", "应上榜的都在名单上"),
        ("nonsense", "名称相似"),
    ],
)
def test_every_tab_shows_its_lines(at_desk, taken, show, words):
    assert words in text_of(at_desk.get(f"/imports/lists/{taken.pk}/?show={show}"))


def test_matched_lines_with_a_difference_can_be_seen_alone(at_desk, firm, city, city_officer, county):
    other = make.firm("平南更名企业有限公司", county)
    content = f"{firm.name}\t{firm.credit_code}\n新的名称有限公司\t{other.credit_code}".encode()
    found = lists.uploaded(content, actor=city_officer, region=city, type="tech_sme:registered")

    page = text_of(at_desk.get(f"/imports/lists/{found.pk}/?show=matched&noted=1"))

    assert "疑为更名，请核对" in page
    assert firm.name not in page


def test_decisions_by_plain_buttons_go_on_to_the_next_line(at_desk, taken, other_firm):
    response = at_desk.post(f"/imports/lists/{taken.pk}/rows/3/", {"choice": "none"}, follow=True)
    assert response.redirect_chain == [(f"/imports/lists/{taken.pk}/?show=decide&decided=1", 302)]
    assert "第 3 行：未在库" in text_of(response)

    response = at_desk.post(f"/imports/lists/{taken.pk}/rows/5/", {"code": other_firm.credit_code}, follow=True)
    assert f"第 5 行：{other_firm.name}" in text_of(response)

    response = at_desk.post(f"/imports/lists/{taken.pk}/rows/5/", {"code": "错"}, follow=True)
    assert "应为 18 位" in text_of(response)

    response = at_desk.post(f"/imports/lists/{taken.pk}/rows/4/add/", follow=True)
    assert "“从未跟踪有限公司”已加入企业库" in text_of(response)
    assert Firm.objects.filter(name="从未跟踪有限公司").count() == 1


def test_a_job_of_somebody_else_is_told_and_a_cancelled_reading_too(at_desk, city, lead, firm):
    from crm.services.jobs import cancel_job
    from pipeline.listing import LIST_TYPES
    from pipeline.services.lists import upload_list

    given = {"file_name": "a.txt", "name": "x", "published_on": date(2026, 11, 2), "region": city, "actor": lead}
    found = upload_list(firm.name.encode(), kind=LIST_TYPES["tech_sme:notice"], **given)

    page = text_of(at_desk.get(f"/imports/lists/{found.pk}/"))
    assert "读取名单 x：由 姓名lead 发起，正在进行" in page
    assert "hx-get" not in page

    cancel_job(found.job)
    assert "名单没有读完" in text_of(at_desk.get(f"/imports/lists/{found.pk}/"))


def test_the_report_holds_every_line_and_ours_that_are_missing(at_desk, taken, county):
    missing = world.at(make.firm("=平南缺席有限公司", county), "notice", programme="tech_sme")

    response = at_desk.get(f"/imports/lists/{taken.pk}/report/")
    lines = b"".join(response.streaming_content).decode().splitlines()

    assert len(lines) == 7
    assert (
        lines[-1]
        == f",'=平南缺席有限公司,{missing.firm.credit_code},{missing.reference},我方未上榜,'=平南缺席有限公司,,"
    )


def test_a_county_officer_sees_own_rows_and_a_leader_no_buttons(client, taken, officer, leader):
    client.force_login(officer)
    page = text_of(client.get(f"/imports/lists/{taken.pk}/?show=unknown"))
    assert "从未跟踪有限公司" not in page
    assert '已匹配 <span class="num">1</span>' in page

    client.force_login(leader)
    page = text_of(client.get(f"/imports/lists/{taken.pk}/?show=unknown"))
    assert "从未跟踪有限公司" in page
    assert "加入企业库" not in page
    assert "办理全部已匹配" not in page


def test_a_page_costs_what_it_shows(at_desk, city, county, city_officer, django_assert_num_queries):
    for number in (1, 60):
        firms = lists.many_firms(county, [f"平南{n:03d}第{number}公司" for n in range(number)], first=number * 1000)
        lines = [lists.HEADER, *(("", firm.name, firm.credit_code, "", "") for firm in firms)]
        found = lists.uploaded(lists.text(lines), actor=city_officer, region=city, type="tech_sme:registered")
        at_desk.get("/imports/lists/")
        with django_assert_num_queries(PAGE):
            at_desk.get(f"/imports/lists/{found.pk}/")
        with django_assert_num_queries(LISTS):
            at_desk.get("/imports/lists/")


PAGE, LISTS = 9, 8


# The API -------------------------------------------------------------------------------------------------------------


def test_programs_take_in_decide_confirm_and_undo(at_desk, firm, noticed):
    body = {
        "programme": "tech_sme",
        "kind": "recognised",
        "name": "第一批",
        "document": "桂科发〔2026〕1号",
        "published_on": "2026-11-02",
        "text": f"{firm.name}\t{firm.credit_code}\n平南智造科技有限责任公司",
    }
    made = at_desk.post("/api/v1/official-lists/", body, content_type="application/json")
    assert (made.status_code, made.json()["state"], made.json()["region"]) == (202, "reading", "450800")
    address = f"/api/v1/official-lists/{made.json()['id']}/"
    lists.work(Job.objects.get(pk=made.json()["job"]))

    counts = at_desk.get(address).json()["counts"]
    assert (counts["matched"], counts["decide"], counts["open"], counts["done"]) == (1, 1, 1, 0)
    rows = at_desk.get(f"{address}rows/?standing=decide").json()["results"]
    assert [(row["line"], row["candidates"][0]["credit_code"]) for row in rows] == [(2, firm.credit_code)]
    decided = at_desk.post(f"{address}rows/2/", {"choice": "none"}, content_type="application/json")
    assert decided.json()["standing"] == "unknown"

    started = at_desk.post(f"{address}confirm/", {}, content_type="application/json")
    assert started.status_code == 202
    lists.work(Job.objects.get(pk=started.json()["job"]))
    assert at_desk.get(f"{address}rows/").json()["results"][0]["result"] == "done"
    again = at_desk.post(f"{address}confirm/", {"lines": [1]}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "list_refused")

    started = at_desk.post(f"{address}undo/", {"lines": [1]}, content_type="application/json")
    lists.work(Job.objects.get(pk=started.json()["job"]))
    assert at_desk.get(f"{address}rows/").json()["results"][0]["result"] == "undone"
    assert at_desk.get(f"{address}missing/").json()["results"] == []


def test_programs_upload_files_and_hear_what_is_wrong(at_desk, firm):
    file = SimpleUploadedFile("公告.xlsx", lists.xlsx([lists.HEADER, ("1", firm.name, firm.credit_code, "", "")]))
    body = {
        "programme": "high_tech",
        "kind": "notice",
        "stage": "filed",
        "name": "x",
        "published_on": date(2026, 11, 2),
    }

    assert at_desk.post("/api/v1/official-lists/", body | {"file": file}).json()["stage"] == "filed"
    wrong = at_desk.post("/api/v1/official-lists/", body | {"stage": "x", "text": "甲公司"})
    assert (wrong.status_code, wrong.json()["errors"]) == (400, {"stage": "可填：approved、filed"})
    none = at_desk.post("/api/v1/official-lists/", body)
    assert none.json()["errors"] == {"file": "请选择文件，或粘贴名单文字（二者取一）"}
    elsewhere = at_desk.post("/api/v1/official-lists/", body | {"text": "甲公司", "region": "450000"})
    assert elsewhere.status_code == 404


def test_the_list_of_lists_counts_in_one_query(at_desk, firm, city, city_officer, django_assert_num_queries):
    for _time in range(3):
        lists.uploaded(firm.name.encode(), actor=city_officer, region=city, type="tech_sme:notice")

    with django_assert_num_queries(5):
        assert len(at_desk.get("/api/v1/official-lists/").json()["results"]) == 3


def test_firm_users_have_no_lists(client, firm_user, taken):
    client.force_login(firm_user)

    assert client.get("/imports/lists/").status_code == 404
    assert client.get("/api/v1/official-lists/").json()["results"] == []
    body = {"programme": "tech_sme", "kind": "notice", "name": "x", "published_on": "2026-11-02", "text": "甲公司"}
    assert client.post("/api/v1/official-lists/", body).status_code == 404
