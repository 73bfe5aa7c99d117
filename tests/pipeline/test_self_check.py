"""The self-check: what a firm types is judged in plain words, nothing is stored, and only a declaration is kept."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache

from crm.choices import CredentialKind
from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, Credential, Fact, IntellectualProperty, Membership
from crm.services.facts import Declaration, declare_facts, record_fact
from pipeline.assessment import Facts, assess, facts_document, parse_facts
from pipeline.check_form import CheckForm, plain
from pipeline.models import Assessment, PolicyEdition
from pipeline.selectors.facts import facts_of
from pipeline.services.policies import publish, unpublished
from pipeline.services.rounds import save_round
from tests import make
from tests.pipeline.samples import POLICIES, edition, high_tech_policy, tech_sme_policy

NOW = "2026-07-01 10:00+08:00"
ON = date(2026, 7, 1)
YES_NO = {"resident": "yes", "audit_based_tax": "yes"} | dict.fromkeys(
    ("restricted_industry", "serious_incident", "abnormal_listing", "dishonesty"), "no"
)
SIXTY = {  # the firm of ARCHITECTURE §5, as it types itself, in 万元
    "registered_on": "2015-03-01",
    "years.2025.employees": "100",
    "years.2025.tech_staff": "20",
    "years.2025.sales_cny": "5,000",
    "years.2025.rd_cny": "200",
    "years.2025.costs_cny": "4600",
    "years.2025.assets_cny": "5000万元",
    "ip.class1": "0",
    "ip.class2": "3",
} | {f"flags.{name}": answer for name, answer in YES_NO.items()}


@pytest.fixture(autouse=True)
def _july():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    cache.clear()


@pytest.fixture
def as_firm(client, firm_user):
    client.force_login(firm_user)
    return client


def text(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def bucket(response):
    return re.search(r'data-verdict="(\w+)"', response.content.decode())[1]


# Without an account ---------------------------------------------------------------------------------------------------


def test_anybody_finds_the_three_programmes(client, db):
    page = client.get("/check/")

    assert page.status_code == 200
    assert [f"/check/{name}/" in page.content.decode() for name in ("tech_sme", "high_tech", "gazelle")] == [True] * 3
    assert "/check/" in client.get("/accounts/login/").content.decode()


def test_anybody_reads_how_a_firm_stands(client, db):
    page = client.post("/check/tech_sme/", SIXTY)

    assert (page.status_code, bucket(page)) == (200, "met")
    assert "评分 60 分" in text(page)
    assert "不代表认定结果" in text(page)


def test_what_is_lacking_is_told_with_the_way_and_whom_to_ask(client, db):
    page = text(client.post("/check/tech_sme/", SIXTY | {"years.2025.rd_cny": "150万元", "ip.class2": "2"}))

    assert "还差 1 项条件" in page
    assert "综合评价得分不低于60分 现为 44 分" in page
    assert "还差 16 分" in page
    assert "研发费用由 150 万元增至 250 万元" in page
    assert "请联系贵港市科技部门" in page
    assert "下一次申报的时间还没有公布" in page


@pytest.mark.parametrize("programme", ["tech_sme", "high_tech", "gazelle"])
def test_an_empty_form_is_answered_with_what_is_missing(programme, client, db):
    page = client.post(f"/check/{programme}/", {})

    assert page.status_code == 200
    assert bucket(page) in ("unknown", "lacks_one")  # a certificate that is not listed is not held
    assert "还缺这些信息" in text(page)


def test_the_gazelle_uses_the_edition_in_force_in_guangxi(client, db):
    page = client.get("/check/gazelle/")

    assert "广西瞪羚企业培育入库（2022年）" in text(page)
    assert 'name="years.2023.sales_cny"' in page.content.decode()
    assert 'name="credentials.high_tech_certificate.valid_until"' in page.content.decode()


def test_the_next_round_of_the_chosen_region_is_shown(client, city, lead):
    save_round(
        programme="tech_sme", region=city, year=2026, opens_on=date(2026, 6, 1), closes_on=date(2026, 8, 31), actor=lead
    )

    page = text(client.post("/check/tech_sme/", SIXTY | {"region": "450881"}))

    assert "现在正在申报，最后一天是 8月31日 周一 （剩 43 个工作日）" in page
    assert "请联系桂平市科技部门" in page


def test_nothing_is_stored_and_only_the_form_token_is_a_cookie(client, db):
    page = client.post("/check/tech_sme/", SIXTY)

    assert set(client.cookies) <= {"csrftoken"}
    assert (Session.objects.count(), Fact.objects.count(), Assessment.objects.count()) == (0, 0, 0)
    assert page.wsgi_request.session.is_empty()


def test_no_figure_is_logged(client, db, caplog):
    client.post("/check/tech_sme/", SIXTY | {"years.2025.sales_cny": "31415926元", "years.2025.rd_cny": "x"})

    assert "31415926" not in caplog.text


def test_figures_in_an_address_are_not_read(client, db):
    page = client.get("/check/tech_sme/", {"years.2025.sales_cny": "5000"})

    assert "data-verdict" not in page.content.decode()
    assert 'value="5000"' not in page.content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_do_nothing(method, client, db):
    assert getattr(client, method)("/check/tech_sme/").status_code == 405


def test_an_unknown_programme_does_not_exist(client, as_firm):
    assert client.get("/check/unicorn/").status_code == 404
    assert as_firm.get("/portal/check/unicorn/").status_code == 404


def test_errors_stand_on_top_link_to_their_fields_and_keep_what_was_typed(client, db):
    wrong = SIXTY | {
        "years.2025.sales_cny": "五千",
        "years.2025.rd_cny": "-5",
        "years.2025.employees": "10%",
        "ip.class2": "2.5",
        "registered_on": "2015-02-30",
        "unit": "",
    }

    page = client.post("/check/tech_sme/", wrong)
    source = page.content.decode()

    assert page.status_code == 400
    assert "<title>错误：科技型中小企业自测 ·" in source
    for name in ("years.2025.sales_cny", "years.2025.rd_cny", "years.2025.employees", "ip.class2", "registered_on"):
        assert f'<a href="#id_{name}">' in source
        assert f'id="id_{name}_error"' in source
    assert 'value="五千"' in source
    assert "data-verdict" not in source


def test_too_many_questions_from_one_address_have_to_wait(client, db, monkeypatch):
    cache.set("limit:check:127.0.0.1", 60, 60)

    page = client.post("/check/tech_sme/", SIXTY)

    assert (page.status_code, page["Retry-After"]) == (429, "60")
    assert "请稍候再试" in text(page)
    assert client.get("/check/tech_sme/", REMOTE_ADDR="127.0.0.2").status_code == 200


@pytest.mark.parametrize(
    ("unit", "typed", "yuan"),
    [
        ("万元", "380", "3800000"),
        ("元", "380", "380"),
        ("万元", "380万元", "3800000"),
        ("元", "380万元", "3800000"),
        ("万元", "3,800,000元", "3800000"),
        ("万元", "1.2亿元", "120000000"),
        ("万元", "３８０", "3800000"),
        ("万元", "0", "0"),
        ("", "380", "3800000"),
    ],
)
def test_money_is_typed_with_its_unit_or_in_the_chosen_one(unit, typed, yuan):
    form = CheckForm({"years.2025.sales_cny": typed, "unit": unit}, policy=tech_sme_policy(), on=ON)

    assert form.is_valid()
    assert form.facts.figures[("sales_cny", 2025)][0].value == int(yuan)


def test_net_assets_may_be_negative():
    form = CheckForm({"years.2024.net_assets_cny": "-12.5"}, policy=high_tech_policy(), on=ON)

    assert form.is_valid()
    assert form.facts.figures[("net_assets_cny", 2024)][0].value == -125_000


def test_a_firm_of_this_year_is_asked_for_this_year():
    asked = CheckForm({"registered_on": "2026-02-01"}, policy=tech_sme_policy(), on=ON)

    assert "years.2026.sales_cny" in asked.fields
    assert "years.2025.sales_cny" not in asked.fields


@pytest.mark.parametrize(("programme", "code"), sorted((p.parent.name, p.stem) for p in POLICIES.glob("*/*.yaml")))
def test_every_edition_can_be_asked_and_an_empty_answer_is_an_empty_document(programme, code):
    policy = edition(programme, code)
    form = CheckForm({}, policy=policy, on=ON)

    assert form.is_valid(), form.errors
    assert assess(policy, form.facts, ON) == assess(policy, Facts(), ON)
    asked = {entry.fact for entry in assess(policy, Facts(), ON).missing if not entry.is_for_experts}
    named = {name.split(".")[-1] for name in form.fields}
    assert asked <= named


# A firm's own ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(firm, officer):
    """What the product knows of the firm: the sixty points, from several sources."""
    for code, value, basis, source in [
        ("employees", 100, "quarterly_6m", "declared"),
        ("tech_staff", 20, "quarterly_6m", "declared"),
        ("sales_cny", 50_000_000, "", "tax"),
        ("rd_cny", 2_000_000, "super_deduction", "audit"),
        ("rd_cny", 2_500_000, "super_deduction", "declared"),
        ("costs_cny", 46_000_000, "", "tax"),
        ("assets_cny", 50_000_000, "", "tax"),
    ]:
        record_fact(firm, code=code, value=Decimal(value), year=2025, basis=basis, source=source, actor=officer)
    for name, answer in YES_NO.items():
        record_fact(firm, code=name, value=Decimal(answer == "yes"), source="declared", actor=officer)
    for number in range(3):
        IntellectualProperty.objects.create(firm=firm, kind="software", number=str(number))
    return firm


def typed_of(page):
    """What the form on a page would send as it stands."""
    form = page.context["form"]
    return {field.html_name: "" if (value := field.value()) is None else str(value) for field in form}


def test_the_firms_own_figures_are_filled_in_with_their_source(as_firm, known):
    page = as_firm.get("/portal/check/tech_sme/")

    assert (page.status_code, bucket(page)) == (200, "met")
    assert typed_of(page)["years.2025.rd_cny"] == "200"
    assert typed_of(page)["flags.resident"] == "yes"
    assert "已有数据：200 万元（专项审计）" in text(page)
    assert "已有数据：3 项（逐项登记）" in text(page)


def test_left_as_it_is_the_form_says_what_the_facts_say(as_firm, known):
    first = as_firm.get("/portal/check/tech_sme/")

    again = as_firm.post("/portal/check/tech_sme/", typed_of(first) | {"step": "check"})

    assert again.context["result"] == first.context["result"]
    assert "来源不一致" in text(again)  # the rival figure is still told of


def test_figures_are_changed_freely_and_nothing_is_stored(as_firm, known):
    kept = list(Fact.objects.values_list("code", "source", "value").order_by("pk"))
    typed = typed_of(as_firm.get("/portal/check/tech_sme/"))

    page = as_firm.post("/portal/check/tech_sme/", typed | {"years.2025.rd_cny": "150", "step": "check"})

    assert bucket(page) == "lacks_one"
    assert list(Fact.objects.values_list("code", "source", "value").order_by("pk")) == kept
    assert (Assessment.objects.count(), ChangeRecord.objects.filter(field="value").count()) == (0, 0)


def test_an_emptied_figure_is_unknown(as_firm, known):
    typed = typed_of(as_firm.get("/portal/check/tech_sme/"))

    page = as_firm.post("/portal/check/tech_sme/", typed | {"years.2025.assets_cny": "", "flags.dishonesty": ""})

    assert bucket(page) == "unknown"
    assert "2025 年资产总额 可问：企业" in text(page)


def test_declaring_shows_first_what_would_be_kept(as_firm, known):
    typed = typed_of(as_firm.get("/portal/check/tech_sme/")) | {"years.2025.rd_cny": "310", "ip.class2": "4"}

    page = as_firm.post("/portal/check/tech_sme/", typed | {"step": "report"})

    assert "2025 年研发费用 200 万元 310 万元" in text(page)
    assert "Ⅱ类知识产权 3 项 4 项" in text(page)
    assert Fact.objects.filter(value=3_100_000).count() == 0


def test_a_confirmed_declaration_is_kept_under_the_firms_own_name(as_firm, known, firm_user):
    before = Fact.objects.count()
    typed = typed_of(as_firm.get("/portal/check/tech_sme/")) | {
        "years.2025.rd_cny": "310",
        "flags.first_time": "yes",
        "flags.dishonesty": "yes",
    }

    page = as_firm.post("/portal/check/tech_sme/", typed | {"step": "confirm"}, follow=True)

    assert "已报送 3 项数据" in text(page)
    kept = Fact.objects.get(firm=known, code="rd_cny", source="declared")
    assert (kept.value, kept.basis, kept.year, kept.entered_by) == (3_100_000, "super_deduction", 2025, firm_user)
    assert Fact.objects.get(firm=known, code="flag:first_time").value == 1
    assert Fact.objects.get(firm=known, code="dishonesty").value == 1
    assert Fact.objects.get(firm=known, code="rd_cny", source="audit").value == 2_000_000
    assert Fact.objects.count() == before + 1
    assert facts_of([known], on=ON)[known.pk].flags["first_time"][0].value is True


def test_a_refused_declaration_keeps_nothing_and_gives_every_reason(firm, firm_user):
    good = Declaration("sales_cny", Decimal(1), 2025)
    bad = [Declaration("sales_cny", Decimal(-1), 2024), Declaration("employees", Decimal(1), 1980, "quarterly_6m")]

    with pytest.raises(InvalidInput) as refused:
        declare_facts(firm, [good, *bad], actor=firm_user)

    assert refused.value.reasons == ["“销售收入”不能为负数", "年度 1980 应在 1990 与 2026 之间"]
    assert Fact.objects.count() == 0


def test_nobody_declares_for_another_firm(firm, other_firm_user):
    with pytest.raises(NotAllowed):
        declare_facts(firm, [Declaration("sales_cny", Decimal(1), 2025)], actor=other_firm_user)

    assert Fact.objects.count() == 0


def test_nothing_to_declare_is_said(as_firm, known):
    typed = typed_of(as_firm.get("/portal/check/tech_sme/"))

    page = as_firm.post("/portal/check/tech_sme/", typed | {"step": "report"})

    assert "没有需要报送的内容" in text(page)
    assert 'value="confirm"' not in page.content.decode()


def test_credentials_are_filled_in_and_may_be_changed(as_firm, known):
    for day in (date(2025, 1, 1), date(2027, 5, 31)):
        Credential.objects.create(firm=known, kind=CredentialKind.HIGH_TECH_CERTIFICATE, valid_until=day)
    typed = typed_of(as_firm.get("/portal/check/tech_sme/"))

    assert typed["credentials.high_tech_certificate"] == "yes"
    assert typed["credentials.high_tech_certificate.valid_until"] == "2027-05-31"
    same = as_firm.post("/portal/check/tech_sme/", typed)
    gone = as_firm.post("/portal/check/tech_sme/", typed | {"credentials.high_tech_certificate": "no"})
    assert same.context["result"].document.route == "direct:high_tech_certificate"
    assert gone.context["result"].document.route == "score"


def test_net_assets_that_follow_from_two_others_are_filled_in(as_firm, firm, officer):
    for code, value in (("assets_cny", 50_000_000), ("liabilities_cny", 20_000_000)):
        record_fact(firm, code=code, value=Decimal(value), year=2025, source="audit", actor=officer)

    first = as_firm.get("/portal/check/high_tech/")
    emptied = as_firm.post("/portal/check/high_tech/", typed_of(first) | {"years.2025.net_assets_cny": ""})

    assert typed_of(first)["years.2025.net_assets_cny"] == "3000"
    assert "已有数据：3,000 万元（资产减负债）" in text(first)
    assert as_firm.post("/portal/check/high_tech/", typed_of(first)).context["form"].changes() == []
    assert "2025 年净资产" in text(emptied)


def test_what_experts_said_beforehand_is_not_shown_to_the_firm(as_firm, firm, officer):
    for end in ("low", "high"):
        for name in ("ip_quality", "organisation"):
            record_fact(firm, code=f"expert_{name}_{end}", value=Decimal(13), source="estimate", actor=officer)

    page = as_firm.get("/portal/check/high_tech/")

    assert page.context["result"].document.score.parts["organisation"] == (0, 20)
    assert "只有专家能评定" in text(page)
    assert "不代表认定结果" in text(page)


def test_the_officer_is_named_with_the_telephone(as_firm, known, officer):
    officer.phone = "0775-1234567"
    officer.save()
    known.officer = officer
    known.save()

    page = as_firm.get("/portal/check/tech_sme/")

    assert f"贵单位的联系人：{officer.name}" in text(page)
    assert 'href="tel:0775-1234567"' in page.content.decode()


def test_a_person_of_two_firms_chooses_and_a_strangers_firm_does_not_exist(
    as_firm, firm_user, firm, other_firm, county
):
    second = make.firm("第二公司", county)
    Membership.objects.create(user=firm_user, firm=second, started_on=date(2020, 1, 1))

    assert "第二公司" in text(as_firm.get("/portal/check/tech_sme/", {"firm": second.credit_code}))
    assert firm.name in text(as_firm.get("/portal/check/tech_sme/"))
    stranger = {"firm": other_firm.credit_code}
    assert as_firm.get("/portal/check/tech_sme/", stranger).status_code == 404
    assert as_firm.post("/portal/check/tech_sme/", stranger | {"step": "confirm", "ip.class1": "9"}).status_code == 404
    assert Fact.objects.count() == 0


def test_officers_without_a_firm_have_no_such_page(client, officer):
    client.force_login(officer)

    assert client.get("/portal/check/tech_sme/").status_code == 404


def test_the_portal_says_how_far_each_programme_is(as_firm, known):
    page = as_firm.get("/portal/")

    assert "离各项计划还有多远" in text(page)
    assert [(entry.programme, str(entry.bucket)) for entry in page.context["ready"][0][1]] == [
        ("tech_sme", "met"),
        ("high_tech", "unknown"),
        ("gazelle", "lacks_one"),
    ]
    assert f"/portal/check/gazelle/?firm={known.credit_code}" in page.content.decode()


def test_pages_cost_a_fixed_number_of_statements(as_firm, client, known, django_assert_num_queries):
    as_firm.get("/portal/check/tech_sme/")
    with django_assert_num_queries(12):
        as_firm.get("/portal/check/tech_sme/")
    client.logout()
    with django_assert_num_queries(5):
        client.post("/check/tech_sme/", SIXTY)


def test_a_figure_is_shown_as_it_would_be_typed():
    assert [plain(value, "yuan") for value in (2_000_000, 1, 0, -125_000)] == ["200", "0.0001", "0", "-12.5"]
    assert plain(100, "persons") == "100"
    document = facts_document(parse_facts({"years": {"2025": {"employees": "99.9"}}}), tech_sme_policy())
    assert document["years"]["2025"]["employees"] == "99.9"


def test_published_editions_are_used_when_there_are_any(client, db, admin):
    publish(unpublished(), actor=admin)

    assert PolicyEdition.objects.exists()
    assert bucket(client.post("/check/tech_sme/", SIXTY)) == "met"
