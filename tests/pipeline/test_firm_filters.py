"""The filters of the firm list: what each finds, and that page, API, bulk acts and export find the same."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from crm.choices import RowOutcome
from crm.models import Fact, Firm, Import, ImportRow, Tag
from crm.services import chunks
from crm.services.tags import make_tag, tag_firm
from pipeline.models import Assessment, PolicyEdition, Recognition
from pipeline.policy import policy_from_json
from pipeline.services.policies import publish
from tests import make
from tests.pipeline import world

MONDAY = "2026-11-23 10:00+08:00"
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def three(county, other_county):
    """甲 and 乙 of 平南县, 丙 of 桂平市."""
    return {
        "甲": make.firm("甲科技有限公司", county, industry="C3921", registered_on=date(2020, 5, 1)),
        "乙": make.firm("乙科技有限公司", county, industry="C2662", registered_on=date(2010, 5, 1)),
        "丙": make.firm("丙科技有限公司", other_county, industry="I6510"),
    }


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def shown(client, query):
    page = client.get("/firms/", query)
    assert page.status_code == 200
    return {firm.name[0] for firm in page.context["page"].rows}


def everywhere(client, query):
    """The firms that each reader of the filters finds, one set for each."""
    listed = client.get("/firms/", query)
    api = client.get("/api/v1/firms/", query).json()["results"]
    posted = {"all": "1", "query": listed.context["selecting"]}
    bulk = client.post("/firms/bulk/", posted | {"act": "assign"}).context["marks"]
    export = client.post("/firms/bulk/", posted | {"act": "export"}).context["marks"]
    letters = client.post(f"/outbox/letter/?{listed.context['selecting']}", {"all": "1"}).context["ids"]
    by_key = {firm.pk: firm.name[0] for firm in Firm.objects.all()}
    keys = [{by_key[int(key)] for key in marks.split(",") if key} for marks in (bulk, export, letters)]
    return [shown(client, query), {row["name"][0] for row in api}, *keys]


def lay_out(three, officer):
    """Something for every filter to find in 甲 and nothing in the others."""
    jia, yi, bing = three.values()
    Firm.objects.filter(pk=jia.pk).update(
        officer=officer, last_contact_on=TODAY - timedelta(days=40), next_action_on=TODAY - timedelta(days=1)
    )
    Firm.objects.filter(pk__in=[yi.pk, bing.pk]).update(last_contact_on=TODAY, next_action_on=TODAY + timedelta(days=9))
    tag_firm(jia, make_tag("重点培育", region=jia.region, actor=None), actor=None)
    for firm in (yi, bing):
        for code in ("sales_cny", "rd_cny", "employees"):
            Fact.objects.create(firm=firm, year=2025, code=code, source="declared", value=1)
    world.opened(jia, officer, "tech_sme")
    title = {"programme": "high_tech", "title": "certificate", "region": jia.region, "region_path": jia.region_path}
    Recognition.objects.create(
        firm=jia, number="GR1", granted_on=date(2024, 1, 1), valid_until=date(2027, 1, 10), **title
    )
    batch = Import.objects.create(name="台账", digest="x", region=jia.region, region_path="450000/450800/")
    ImportRow.objects.create(batch=batch, line=1, outcome=RowOutcome.UPDATED, firm=jia)
    ImportRow.objects.create(batch=batch, line=2, outcome=RowOutcome.UNCHANGED, firm=yi)
    return batch


@pytest.mark.parametrize(
    "query",
    [
        {"stage": "pool"},
        {"stage": "tech_sme:lead", "programme": "tech_sme"},
        {"holds": "high_tech"},
        {"ending": "2", "holds": "high_tech"},
        {"officer": "姓名offi"},
        {"contact": "days", "contact_days": "39"},
        {"contact": "workdays", "contact_days": "20"},
        {"next": "overdue"},
        {"next": "week", "q": "甲"} | {"next": "overdue"},
        {"tag": "重点培育"},
        {"unknown": "any", "unknown_year": "2025"},
        {"unknown": "all", "unknown_year": "2025"},
        {"unknown": "rd_cny", "unknown_year": "2025"},
        {"industry": "c39"},
        {"industry": "392"},
        {"registered_since": "2015-01-01"},
        {"imported": "BATCH"},
        {"region": "450821", "industry": "C3"},
    ],
)
def test_a_filter_finds_the_same_firms_wherever_it_is_asked(query, three, officer, admin, client):
    batch = lay_out(three, officer)
    client.force_login(admin)
    query = {name: str(batch.pk) if value == "BATCH" else value for name, value in query.items()}

    assert everywhere(client, query) == [{"甲"}] * 5


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"contact": "never"}, {"丙"}),
        ({"contact": "days", "contact_days": "10"}, {"乙", "丙"}),
        ({"contact": "days", "contact_days": "13"}, {"丙"}),
        ({"contact": "workdays", "contact_days": "8"}, {"乙", "丙"}),
        ({"contact": "workdays", "contact_days": "9"}, {"丙"}),
        ({"contact_since": "2026-11-11"}, {"甲"}),
        ({"next": "none"}, {"丙"}),
        ({"next": "overdue"}, {"甲"}),
        ({"next": "week"}, {"乙"}),
    ],
)
def test_contact_and_what_comes_next(query, found, three, as_admin):
    days = {
        "甲": (TODAY - timedelta(days=1), TODAY - timedelta(days=1)),
        "乙": (date(2026, 11, 10), date(2026, 11, 29)),
    }
    for name, (last, following) in days.items():
        Firm.objects.filter(pk=three[name].pk).update(last_contact_on=last, next_action_on=following)

    assert shown(as_admin, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"gap": "tech_sme:met"}, {"甲"}),
        ({"gap": "tech_sme:lacks_one"}, {"乙"}),
        ({"gap": "open:lacks_one"}, {"乙"}),
        ({"gap": "tech_sme:unknown"}, {"丁"}),
        ({"gap": "high_tech:lacks_one"}, set()),
        ({"lacks": "tech_sme:score"}, {"乙", "丙"}),
    ],
)
def test_what_the_last_screening_said(query, found, county, as_admin):
    world.published()
    firms = world.city_of_firms(county)
    chunks.work_on(world.screening(county).pk)

    assert shown(as_admin, query) == found
    registered(firms["one"])
    assert shown(as_admin, {"gap": "open:lacks_one"}) == set()


def registered(firm):
    """The firm has what it lacked a condition for: it is not near any longer, it is there."""
    place = {"region": firm.region, "region_path": firm.region_path}
    Recognition.objects.create(
        firm=firm, programme="tech_sme", title="registration", number="1", granted_on=date(2026, 1, 1), **place
    )


def test_a_nearer_edition_comes_before_the_nation_s(county, as_admin):
    nation = world.published()
    places = {"edition": "450800-2026", "region": "450800", "effective_from": "2026-01-01"}
    publish([policy_from_json(nation.content | places)], actor=None)
    own = PolicyEdition.objects.get(code="450800-2026")
    for name, buckets in {"甲": ("lacks_one", None), "乙": ("lacks_one", "met"), "丙": ("met", "lacks_one")}.items():
        firm = make.firm(f"{name}公司", county)
        for edition, bucket in zip((nation, own), buckets, strict=True):
            if bucket:
                screened(firm, edition, bucket)

    assert shown(as_admin, {"gap": "tech_sme:lacks_one"}) == {"甲", "丙"}


def screened(firm, edition, bucket):
    said = {
        "inputs": {},
        "outcome": {"score": {}},
        "inputs_digest": "",
        "verdict": "not_met",
        "bucket": bucket,
        "lacking": "rd",
    }
    Assessment.objects.create(
        firm=firm,
        region_path=firm.region_path,
        programme=edition.programme,
        edition=edition,
        on=TODAY,
        good_until=TODAY,
        made_at=timezone.now(),
        **said,
    )


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({"contact": "days"}, {"contact": "days", "contact_days": "60"}),
        ({"contact": "workdays"}, {"contact": "workdays", "contact_days": "60"}),
        ({"unknown": "any"}, {"unknown": "any", "unknown_year": "2025"}),
    ],
)
def test_a_number_not_yet_typed_is_the_one_that_its_field_shows(asked, meant, three, as_admin):
    Firm.objects.filter(name="甲").update(last_contact_on=TODAY)

    pages = [as_admin.get("/firms/", query) for query in (asked, meant)]

    names, words = zip(
        *(([firm.name for firm in p.context["page"].rows], p.context["pills"]) for p in pages), strict=True
    )
    assert pages[0].context["filterset"].errors == {}
    assert names[0] == names[1]
    assert [pill.words for pill in words[0]] == [pill.words for pill in words[1]]
    number = [value for name, value in meant.items() if name not in asked]
    assert f'placeholder="{number[0]}"' in pages[0].content.decode()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"contact": "days", "contact_days": "0"}, ("contact_days", "确保该值大于或等于1。")),
        ({"contact_days": "9"}, ("contact", "请选择按天还是按工作日计算")),
        ({"unknown": "any", "unknown_year": "去年"}, ("unknown_year", "输入整数。")),
        ({"officer": "查无此人"}, ("officer", "没有名叫“查无此人”的工作人员")),
        ({"tag": "没有的、重点培育"}, ("tag", "没有标签“没有的”")),
        ({"industry": "39C"}, ("industry", "行业代码是一个字母和最多四位数字，可以只写开头，如 C39")),
        ({"registered_since": "去年"}, ("registered_since", "输入一个有效的日期。")),
        ({"stage": "tech_sme:nowhere"}, ("stage", "选择一个有效的选项。 tech_sme:nowhere 不在可用的选项中。")),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_finds_nobody(query, wrong, three, county, as_admin):
    make_tag("重点培育", region=county, actor=None)
    name, reason = wrong

    page = as_admin.get("/firms/", query)
    rows = as_admin.get("/firms/", query, headers={"HX-Request": "true"})
    bulk = as_admin.post("/firms/bulk/", {"act": "assign", "all": "1", "query": page.context["selecting"]})
    api = as_admin.get("/api/v1/firms/", query)

    assert page.context["filterset"].errors == {name: [reason]}
    assert re.search(f'<div id="wrong-{name}" class="errorlist">{reason}', page.content.decode())
    assert f'<div id="wrong-{name}" class="errorlist" hx-swap-oob="true">{reason}' in rows.content.decode()
    assert "筛选条件有误，没有执行" in rows.content.decode()
    assert "picking" not in rows.content.decode()
    assert bulk.context["marks"] == ""
    assert (api.status_code, list(api.json()["errors"])) == (400, [name])


def test_each_filter_has_a_pill_in_words_that_takes_it_away(three, officer, as_admin):
    batch = lay_out(three, officer)
    query = {
        "programme": "tech_sme",
        "stage": "tech_sme:lead",
        "contact": "workdays",
        "contact_days": "20",
        "unknown": "rd_cny",
        "unknown_year": "2025",
        "registered_since": "2015-01-01",
        "imported": batch.pk,
        "whose": "me",
        "region": "450821",
        "sort": "name",
    }

    pills = as_admin.get("/firms/", query).context["pills"]

    assert [(pill.label, pill.words) for pill in pills] == [
        ("正在办理", "科技型中小企业"),
        ("办理阶段", "科技型中小企业：摸排线索"),
        ("经办", "我负责的"),
        ("最近联系", "超过 20 个工作日未联系"),
        ("缺数据", "2025 年 研发费用"),
        ("成立不早于", "2015-01-01"),
        ("导入", f"第 {batch.pk} 次导入"),
    ]
    left = {pill.name: QueryDict(pill.address[1:]) for pill in pills}
    assert {name: sorted(set(query) - set(kept)) for name, kept in left.items()} == {
        "programme": ["programme"],
        "stage": ["stage"],
        "whose": ["whose"],
        "contact": ["contact", "contact_days"],
        "unknown": ["unknown", "unknown_year"],
        "registered_since": ["registered_since"],
        "imported": ["imported"],
    }


@pytest.mark.parametrize(("query", "is_open"), [({}, False), ({"q": "甲"}, False), ({"industry": "C"}, True)])
def test_seldom_used_filters_are_open_where_one_is_set(query, is_open, as_admin, three):
    page = as_admin.get("/firms/", query).content.decode()

    assert ('<details class="more" open>' in page) == is_open


def test_an_import_and_a_tag_of_another_county_find_nothing(three, officer, other_officer, client):
    batch = lay_out(three, officer)
    Import.objects.filter(pk=batch.pk).update(region_path=three["甲"].region_path)
    client.force_login(other_officer)

    assert shown(client, {"imported": batch.pk}) == set()
    assert client.get("/firms/", {"tag": "重点培育"}).context["filterset"].errors == {"tag": ["没有标签“重点培育”"]}


def test_names_are_offered_from_their_first_character(officer, other_officer, city_officer, county, client):
    make_tag("重点培育", region=county, actor=None)
    make_tag("重点服务", region=county, actor=None)
    client.force_login(officer)

    def offered(field, typed):
        return re.findall('value="(.*?)"', client.get(f"/firms/names/{field}/", {field: typed}).content.decode())

    assert offered("officer", "姓名") == ["姓名city_officer", "姓名officer"]
    assert offered("officer", " ") == []
    assert offered("tag", "上市、重点") == ["上市、重点培育", "上市、重点服务"]
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_all_filters_together_cost_a_fixed_number_of_statements(
    rows, county, as_admin, admin, django_assert_num_queries
):
    world.published()
    tag = make_tag("重点培育", region=county, actor=None)
    for number in range(rows):
        firm = make.firm(f"第{number}公司", county, industry="C3921", registered_on=date(2020, 1, 1))
        Firm.objects.filter(pk=firm.pk).update(officer=admin, next_action_on=TODAY)
        tag_firm(firm, tag, actor=None)
        world.opened(firm, None, "tech_sme")
    query = {
        "stage": "tech_sme:lead",
        "programme": "tech_sme",
        "officer": "姓名",
        "tag": "重点培育",
        "industry": "C3",
        "contact": "workdays",
        "contact_days": "9",
        "unknown": "all",
        "unknown_year": "2025",
        "next": "week",
    }
    as_admin.get("/firms/", query)

    with django_assert_num_queries(12):
        page = as_admin.get("/firms/", query)

    assert len(page.context["page"].rows) == rows
