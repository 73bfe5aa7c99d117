"""The firm page's gap panel: verdicts in words, what-if without a trace, entering what is missing, rights beside it."""

import re
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.models import ChangeRecord, Credential, Fact, IntellectualProperty
from crm.services.holdings import save_right
from pipeline.models import Assessment
from pipeline.selectors.facts import COUNTED_RIGHTS, facts_of
from pipeline.selectors.holdings import COUNTS
from pipeline.selectors.trials import trial, written
from pipeline.services.policies import publish, unpublished
from tests.crm.test_files import EXE, PDF
from tests.pipeline import world
from tests.pipeline.samples import SIX_FLAGS, tech_sme_policy
from tests.pipeline.test_assessments import FIGURES, state

pytestmark = pytest.mark.usefixtures("private_storage")

NOW = "2026-07-01 10:00+08:00"
ON = date(2026, 7, 1)
HX = {"headers": {"HX-Request": "true"}}


@pytest.fixture(autouse=True)
def first_of_july():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def published(db):
    publish(unpublished(), actor=None)


@pytest.fixture
def lacking(firm, published):
    """The sample of ARCHITECTURE §5 with half a million of R&D too little: 50 points."""
    firm.registered_on = date(2015, 3, 1)
    firm.save()
    for code, (basis, value) in FIGURES.items():
        state(firm, code, 1_500_000 if code == "rd_cny" else value, year=2025, basis=basis)
    for name, said in SIX_FLAGS.items():
        state(firm, name, int(said))
    state(firm, "ip_class1", 0)
    state(firm, "ip_class2", 3)
    return firm


@pytest.fixture
def as_officer(client, officer):
    client.force_login(officer)
    return client


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def gap(client, firm, query="programme=tech_sme", **more):
    return client.get(f"/firms/{firm.credit_code}/gap/?{query}", **more)


def counts():
    return [model.objects.count() for model in (Fact, ChangeRecord, Assessment)], list(
        Fact.objects.order_by("pk").values_list("code", "value")
    )


# The panel ------------------------------------------------------------------------------------------------------------


def test_the_panel_says_what_is_lacking_by_how_much_and_by_which_article(as_officer, lacking):
    shown = text(gap(as_officer, lacking))

    for part in (
        "科技型中小企业评价（2022年指引收紧后）",
        "国科火字〔2022〕67号",
        "待核实（我方理解）",
        "不符合：有 1 项条件没有达到",
        "综合得分 50 分，还差 10 分",
        "研发费用还差 50 万元",
        "国科发政〔2017〕115号 第六条（五）",
        "50 分 ≥ 60 分",
        "已达到的 10 项条件",
        "5,000 万元 ≤ 2 亿元",
        "研发费用由 150 万元增至 200 万元",
        "可达 60 分",
    ):
        assert part in shown


def test_every_programme_has_a_tab_with_its_verdict_and_the_first_open_one_is_shown(as_officer, lacking):
    page = gap(as_officer, lacking, "")

    tabs = re.findall(
        r'programme=(\w+)"\s+hx-get="[^"]+"\s+hx-target="#gap"\s+hx-swap="outerHTML"\s+([^>]*)>', text_of(page)
    )
    assert [(programme, "aria-current" in current) for programme, current in tabs[:3]] == [
        ("tech_sme", True),
        ("high_tech", False),
        ("gazelle", False),
    ]


def text_of(response):
    return response.content.decode()


def test_what_is_unknown_is_grouped_by_whom_to_ask_with_a_link_to_exactly_its_field(as_officer, lacking):
    Fact.objects.filter(code__in=["rd_cny", "dishonesty"]).delete()

    page = gap(as_officer, lacking)

    assert "还不能判断：缺 2 项数据" in text(page)
    links = [
        parse_qs(urlsplit(link).query)
        for link in re.findall(r'href="([^"]+/figures/entry/[^"]+)"', text_of(page).replace("&amp;", "&"))
    ]
    assert {"programme": ["tech_sme"], "code": ["rd_cny"], "year": ["2025"], "basis": ["super_deduction"]} in links
    assert {"programme": ["tech_sme"], "code": ["dishonesty"]} in links
    assert "2025 年研发费用" in text(page)
    assert "严重科研失信或弄虚作假" in text(page)
    assert "科技部门" in text(page)


def test_other_bases_and_sources_are_told_and_never_mixed(as_officer, lacking):
    state(lacking, "rd_cny", 9_000_000, year=2025, basis="accounting", source="audit")
    state(lacking, "sales_cny", 48_000_000, year=2025, source="tax")
    state(lacking, "assets_cny", 51_000_000, year=2025, source="audit")
    Fact.objects.filter(code="employees").update(source="estimate")

    shown = text(gap(as_officer, lacking))

    assert "900 万元 · 专项审计 · 会计口径 （口径不同，未混用）" in shown
    assert "4,800 万元 · 税务申报" in shown
    assert "5,000 万元 · 企业申报 （来源次序在后）" in shown
    assert "含估计数" in shown
    assert "2025 年职工总数用的是经办人员估计值 100 人，须以正式数据核实" in shown


def test_a_value_just_under_the_line_is_never_shown_as_the_line(as_officer, lacking):
    Fact.objects.filter(code="sales_cny").update(value=Decimal("200000000.01"))

    shown = text(gap(as_officer, lacking))

    assert "20,000.000001 万元 ≤ 2 亿元" in shown


def test_a_reader_meets_no_fields_to_enter(client, viewer, lacking):
    Fact.objects.filter(code="rd_cny").delete()
    client.force_login(viewer)

    page = gap(client, lacking)

    assert "研发费用" in text(page)
    assert "figures/entry" not in text_of(page)


def test_without_an_edition_the_panel_says_so(as_officer, firm):
    assert "还没有已发布的政策版本" in text(gap(as_officer, firm, ""))


@pytest.mark.parametrize("query", ["programme=unicorn", "programme="])
def test_an_unknown_programme_is_not_found_and_an_empty_one_is_the_first_open(as_officer, lacking, query):
    assert gap(as_officer, lacking, query).status_code == (404 if query.endswith("unicorn") else 200)


def test_pages_cost_a_fixed_number_of_statements(as_officer, lacking, django_assert_num_queries):
    state(lacking, "flag:first_time", 1)
    world.at(lacking, "formal")
    addresses = {"": 19, "gap/": 13, "figures/": 7, "holdings/": 9}
    for size in (1, 3):
        for number in range(size):
            save_right(lacking, kind="software", number=f"SR{size}{number}", actor=None)
            state(lacking, "profit_cny", number, year=2020 + number + size)
        for address, statements in addresses.items():
            as_officer.get(f"/firms/{lacking.credit_code}/{address}")
            with django_assert_num_queries(statements):
                as_officer.get(f"/firms/{lacking.credit_code}/{address}")


def test_the_firm_page_links_to_the_panel_and_hands_its_state_on(as_officer, lacking):
    page = text_of(as_officer.get(f"/firms/{lacking.credit_code}/?programme=tech_sme&rd_cny-2025=200万元"))

    address = f"/firms/{lacking.credit_code}/gap/?programme=tech_sme&amp;rd_cny-2025=200%E4%B8%87%E5%85%83"
    assert f'href="{address}"' in page
    assert f'hx-get="{address}"' in page


# What if --------------------------------------------------------------------------------------------------------------


def test_a_trial_shows_before_and_after_and_stores_nothing(as_officer, lacking):
    before = counts()

    shown = text(gap(as_officer, lacking, "programme=tech_sme&rd_cny-2025=200万元"))

    assert "现在 不符合 不符合：有 1 项条件没有达到 50 分" in shown
    assert "试算后 符合 符合：各项条件都已达到 60 分" in shown
    assert "综合评价得分不低于60分 （原为 不符合 ）" in shown
    assert "没有保存任何数据" in shown
    assert counts() == before


def test_bad_input_is_named_by_field_kept_and_changes_nothing(as_officer, lacking):
    query = "programme=tech_sme&rd_cny-2025=很多&ip_class2-0=2.5&employees-2025=-3&tech_staff-2025=30"

    page = gap(as_officer, lacking, query)

    shown = text(page)
    assert "2025 年研发费用 ：金额“很多”无法识别" in shown
    assert "Ⅱ类知识产权 ：“Ⅱ类知识产权”应为整数" in shown
    assert "2025 年职工总数 ：“-3”不能为负数" in shown
    assert "试算后 符合" not in shown
    assert 'value="很多"' in text_of(page)
    assert 'value="30"' in text_of(page)


@pytest.mark.parametrize(
    "query", ["rd_cny-2025=", "rd_cny-2025=150万元", "rd_cny-2025=1500000", "unknown-2025=7", "rd_cny-1999=7"]
)
def test_what_is_recorded_already_or_not_asked_is_no_trial(as_officer, lacking, query):
    assert "没有保存任何数据。 恢复" not in text(gap(as_officer, lacking, f"programme=tech_sme&{query}"))


def test_the_form_holds_the_figures_that_the_edition_reads_with_the_newest_year_first(lacking):
    facts = facts_of([lacking], on=ON)[lacking.pk]

    found = trial(tech_sme_policy(), facts, ON, {})

    assert {field.name: field.value for field in found.current} == {
        "employees-2025": "100",
        "sales_cny-2025": "5,000万元",
        "assets_cny-2025": "5,000万元",
        "tech_staff-2025": "20",
        "rd_cny-2025": "150万元",
        "costs_cny-2025": "4,600万元",
        "ip_class1-0": "0",
        "ip_class2-0": "3",
    }
    assert (found.earlier, found.document) == ([], None)


@pytest.mark.parametrize(
    "value", ["9999.99", "10000", "1500000", "123456.78", "123456.7891", "-2000000", "0.5", "98765432101.5"]
)
def test_what_the_form_writes_is_read_back_without_loss(value, lacking):
    from pipeline.rules import exact
    from pipeline.selectors.trials import _read

    assert _read("net_assets_cny", written("net_assets_cny", exact(value))) == (exact(value), "")


def test_a_path_fills_the_form(as_officer, lacking):
    links = re.findall(
        r'href="([^"]+)"\s+hx-get="[^"]+trial=1"', text_of(gap(as_officer, lacking)).replace("&amp;", "&")
    )

    verdicts = [text(as_officer.get(link)) for link in links]

    assert len(links) >= 2
    assert all("试算后 符合" in shown for shown in verdicts)


def test_htmx_gets_the_panel_alone_and_the_address_keeps_only_what_differs(as_officer, lacking):
    headers = {
        "HX-Request": "true",
        "HX-Target": "gap-result",
        "HX-Current-URL": f"http://testserver/firms/{lacking.credit_code}/",
    }
    query = "programme=tech_sme&trial=1&rd_cny-2025=2000000&employees-2025=100&ip_class2-0=3"

    fragment = gap(as_officer, lacking, query, headers=headers)

    assert "<html" not in text_of(fragment)
    assert fragment["HX-Replace-Url"] == f"/firms/{lacking.credit_code}/?programme=tech_sme&rd_cny-2025=2000000"
    assert "最省力的办法" not in text(fragment)  # the paths stay as they are on the page


# Entering what is missing ---------------------------------------------------------------------------------------------


def enter(client, firm, *, hx=True, **said):
    given = {"programme": "tech_sme", "source": "audit", "evidence": "审计报告 第3页"} | said
    return client.post(f"/firms/{firm.credit_code}/figures/entry/", given, **(HX if hx else {}))


def test_a_missing_figure_is_entered_in_place_with_its_evidence(as_officer, lacking, officer):
    Fact.objects.filter(code="rd_cny").delete()
    query = "programme=tech_sme&code=rd_cny&year=2025&basis=super_deduction"

    form = as_officer.get(f"/firms/{lacking.credit_code}/figures/entry/?{query}", **HX)
    assert "2025 年研发费用 加计扣除口径" in text(form)
    assert "<html" not in text_of(form)

    file = SimpleUploadedFile("审计报告.pdf", PDF)
    panel = enter(as_officer, lacking, code="rd_cny", year=2025, basis="super_deduction", value="200万元", file=file)

    assert "符合：各项条件都已达到" in text(panel)
    assert (panel["HX-Retarget"], panel["HX-Reswap"]) == ("#gap", "outerHTML")
    assert "figures-changed" in panel["HX-Trigger"]
    fact = Fact.objects.get(code="rd_cny")
    assert (fact.value, fact.year, fact.basis, fact.source, fact.file_name, fact.entered_by) == (
        Decimal(2_000_000),
        2025,
        "super_deduction",
        "audit",
        "审计报告.pdf",
        officer,
    )


def test_without_javascript_one_returns_to_the_panel(as_officer, lacking):
    answer = enter(as_officer, lacking, hx=False, code="dishonesty", value="0")

    assert (answer.status_code, answer["Location"]) == (302, f"/firms/{lacking.credit_code}/gap/?programme=tech_sme")


def test_a_wrong_entry_keeps_what_was_typed_and_changes_nothing(as_officer, lacking):
    before = counts()

    page = enter(
        as_officer,
        lacking,
        code="rd_cny",
        year=2025,
        basis="super_deduction",
        value="许多",
        file=SimpleUploadedFile("a.pdf", EXE),
    )

    assert page.status_code == 409
    assert "金额“许多”无法识别" in text(page)
    assert 'value="许多"' in text_of(page)
    assert counts() == before


def test_experts_give_both_ends_at_once_or_nothing(as_officer, lacking):
    wrong = enter(as_officer, lacking, code="ip_quality", low="9.5", high="17")
    assert "9.5 分不在 0 至 16 之间，或不是整数" in text(wrong)
    assert "17 分不在 0 至 16 之间，或不是整数" in text(wrong)
    assert "最低分 12 高于最高分 9" in text(enter(as_officer, lacking, code="ip_quality", low="12", high="9"))
    assert not Fact.objects.filter(code__startswith="expert").exists()

    enter(as_officer, lacking, code="ip_quality", low="9", high="12")

    assert facts_of([lacking], on=ON)[lacking.pk].expert == {"ip_quality": (9, 12)}


def test_a_yes_no_fact_of_an_edition_is_entered_and_called_by_its_name(as_officer, lacking):
    enter(as_officer, lacking, code="flag:first_time", value="1")

    assert Fact.objects.get(code="flag:first_time").value == 1
    assert "首次参加评价，公示前须实地核查" in text(gap(as_officer, lacking))
    assert "首次参加评价" in text(as_officer.get(f"/firms/{lacking.credit_code}/figures/"))


@pytest.mark.parametrize(
    "said", [{"code": "flag:invented"}, {"code": "nonsense"}, {"code": "rd_cny", "basis": "quarterly_6m"}, {}]
)
def test_what_no_edition_asks_for_cannot_be_entered(as_officer, lacking, said):
    before = counts()

    assert enter(as_officer, lacking, value="1", **said).status_code == 404
    assert counts() == before


def test_the_register_is_completed_in_place(as_officer, lacking):
    lacking.registered_on = None
    lacking.save()
    address = f"/firms/{lacking.credit_code}/figures/entry/"

    as_officer.post(address, {"code": "registered_on", "value": "2016-05-04", "reason": "营业执照"}, **HX)
    wrong = as_officer.post(address, {"code": "industry", "value": "农业"}, **HX)

    lacking.refresh_from_db()
    assert (lacking.registered_on, lacking.industry) == (date(2016, 5, 4), "")
    assert "“农业”不是国民经济行业代码" in text(wrong)
    assert ChangeRecord.objects.get(field="registered_on").reason == "营业执照"


def test_a_viewer_may_not_enter(client, viewer, lacking):
    client.force_login(viewer)
    before = counts()

    assert enter(client, lacking, code="dishonesty", value="1").status_code == 409
    assert counts() == before


# Figures with their birth certificate ---------------------------------------------------------------------------------


def test_conflicting_sources_stand_side_by_side_with_the_one_that_counts_marked(as_officer, lacking, officer):
    Fact.objects.filter(code="rd_cny").update(entered_by=officer, evidence="企业自评表")
    state(lacking, "rd_cny", 1_400_000, year=2025, basis="super_deduction", source="tax")
    state(lacking, "rd_cny", 1_300_000, year=2025, basis="super_deduction", source="estimate")

    shown = text(as_officer.get(f"/firms/{lacking.credit_code}/"))

    tax, declared, guess = (shown.index(amount) for amount in ("140 万元", "150 万元", "130 万元"))
    assert tax < declared < guess
    assert "税务申报 计入" in shown[tax:declared]
    assert "未计入" in shown[declared:guess]
    assert "来源次序在后，未计入" in shown[declared:guess]
    assert "姓名officer 于 7月1日 10:00 录入" in shown[declared:guess]
    assert "依据：企业自评表" in shown[declared:guess]
    assert "估计" in shown[guess : guess + 60]


# Rights and credentials -----------------------------------------------------------------------------------------------

RIGHT = {"kind": "invention", "number": "ZL1", "title": "一种方法", "self_developed": "on", "in_force": "on"}


def holdings(client, firm, path="", said=None, hx=False):
    address = f"/firms/{firm.credit_code}/holdings/{path}"
    return client.get(address) if said is None else client.post(address, said, **(HX if hx else {}))


def test_recorded_rights_count_before_a_stated_number_and_the_page_says_so(as_officer, lacking):
    panel = holdings(as_officer, lacking, "right/", RIGHT, hx=True)

    shown = text(panel)
    assert "逐项登记了任何一项知识产权，就按登记的项数计算" in shown
    assert "Ⅱ类知识产权 0 计入 3 企业申报 与登记不一致，未计入" in shown
    assert "Ⅰ类 发明专利 ZL1 一种方法" in shown
    assert "rights-changed" in panel["HX-Trigger"]
    assert "得分" in text(gap(as_officer, lacking))
    assert facts_of([lacking], on=ON)[lacking.pk].figures[("ip_class1", 0)][-1].value == 1


def test_a_right_is_changed_and_removed_on_the_page(as_officer, lacking):
    holdings(as_officer, lacking, "right/", RIGHT)
    row = IntellectualProperty.objects.get()

    holdings(
        as_officer, lacking, f"right/{row.pk}/", {name: said for name, said in RIGHT.items() if name != "in_force"}
    )
    assert "已失效，不计入" in text(holdings(as_officer, lacking))

    answer = holdings(as_officer, lacking, f"right/{row.pk}/remove/", {})
    assert (answer.status_code, IntellectualProperty.objects.count()) == (302, 0)
    assert "知识产权" in text(as_officer.get(f"/firms/{lacking.credit_code}/"))


def test_a_refused_right_keeps_what_was_typed(as_officer, lacking):
    holdings(as_officer, lacking, "right/", RIGHT)

    page = holdings(as_officer, lacking, "right/", RIGHT | {"title": "又一次", "granted_on": "2090-01-01"})

    assert page.status_code == 409
    assert "编号 ZL1 已经登记过，请勿重复" in text(page)
    assert "授权日期 2090-01-01 应在过去" in text(page)
    assert 'value="又一次"' in text_of(page)
    assert IntellectualProperty.objects.count() == 1


def test_a_credential_offers_the_fields_of_its_kind(as_officer, lacking):
    holdings(as_officer, lacking, "credential/", {"kind": "rd_institution", "name": "工程中心", "level": "provincial"})
    row = Credential.objects.get()

    page = text_of(holdings(as_officer, lacking))
    assert f'id="credential-{row.pk}-level"' in page
    assert f'id="credential-{row.pk}-rank"' not in page
    assert "符合：凭研发机构直接符合，不看得分" in text(gap(as_officer, lacking))

    holdings(as_officer, lacking, f"credential/{row.pk}/", {"kind": "rd_institution", "level": "municipal"})
    assert Credential.objects.get().level == "municipal"
    holdings(as_officer, lacking, f"credential/{row.pk}/remove/", {})
    assert Credential.objects.count() == 0


def test_rows_of_another_firm_are_not_found_under_this_one(client, city_officer, lacking, other_firm):
    row = save_right(other_firm, kind="software", number="SR1", actor=None)
    client.force_login(city_officer)

    assert holdings(client, lacking, f"right/{row.pk}/remove/", {}).status_code == 404
    assert IntellectualProperty.objects.count() == 1


def test_counting_rows_on_the_page_and_in_the_database_is_the_same(lacking):
    assert COUNTS.keys() == COUNTED_RIGHTS.keys()
    for number, kind in enumerate(["invention", "software", "design", "utility_model", "ic_layout"]):
        save_right(lacking, kind=kind, number=str(number), self_developed=number % 2 == 0, actor=None)

    rows = list(lacking.rights.all())
    for code, wanted in COUNTED_RIGHTS.items():
        assert lacking.rights.filter(wanted).count() == sum(map(COUNTS[code], rows))


# For programs ---------------------------------------------------------------------------------------------------------


def api(client, firm, path):
    return client.get(f"/api/v1/firms/{firm.credit_code}/{path}")


def test_programs_get_the_documents_by_programme(as_officer, lacking):
    found = api(as_officer, lacking, "assessments/").json()
    assert [(each["programme"], each["edition"], each["verdict"]) for each in found] == [
        ("tech_sme", "CN-2022", "not_met"),
        ("high_tech", "CN-2016", "unknown"),
        ("gazelle", "450000-2022", "not_met"),
    ]

    only = api(as_officer, lacking, "assessments/?programme=tech_sme&paths=1").json()
    assert len(only) == 1
    assert only[0]["cheapest"][0]["reaches"] == 60
    assert only[0]["score"]["max"] == 50
    assert found[0]["cheapest"] == []

    wrong = api(as_officer, lacking, "assessments/?programme=unicorn")
    assert (wrong.status_code, wrong.json()["errors"]) == (400, {"programme": "没有代码为“unicorn”的计划"})


def test_programs_record_rights_and_credentials_in_their_scope(as_officer, lacking, client, firm_user):
    address = f"/api/v1/firms/{lacking.credit_code}"
    made = as_officer.post(
        f"{address}/rights/", {"kind": "invention", "number": "zl 1"}, content_type="application/json"
    )
    assert (made.status_code, made.json()["number"], made.json()["is_class_one"]) == (201, "ZL1", True)

    again = as_officer.post(
        f"{address}/rights/", {"kind": "invention", "number": "ZL1"}, content_type="application/json"
    )
    assert (again.status_code, again.json()["reasons"]) == (400, ["编号 ZL1 已经登记过，请勿重复"])

    held = as_officer.post(
        f"{address}/credentials/",
        {"kind": "rd_institution", "rank": 3, "level": "national"},
        content_type="application/json",
    )
    assert (held.status_code, held.json()["reasons"]) == (400, ["“研发机构”不需要填写“名次”"])

    client.force_login(firm_user)
    assert client.get(f"{address}/rights/").json()[0]["number"] == "ZL1"
    refused = client.post(f"{address}/rights/", {"kind": "software", "number": "S"}, content_type="application/json")
    assert refused.status_code == 403
    assert IntellectualProperty.objects.count() == 1


def test_programs_see_the_name_of_the_evidence_file(as_officer, lacking):
    enter(
        as_officer,
        lacking,
        code="rd_cny",
        year=2025,
        basis="super_deduction",
        value="2000000",
        file=SimpleUploadedFile("审计.pdf", PDF),
    )

    found = {
        (fact["code"], fact["source"]): fact["evidence_file"] for fact in api(as_officer, lacking, "facts/").json()
    }

    assert found[("rd_cny", "audit")] == "审计.pdf"
    assert found[("rd_cny", "declared")] == ""
