"""The command `assess` and the preview API: one question, one document; what is wrong is named and nothing is stored."""

import io
import json
import random

import pytest
import requests
import schemathesis
import time_machine
import urllib3
from django.core.cache import cache
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Region
from pipeline.models import Assessment, PolicyEdition
from pipeline.services.policies import publish, unpublished
from tests.pipeline.samples import POLICIES, edition, high_tech, tech_sme
from tests.pipeline.test_assessment_properties import complete_facts, with_gaps

ADDRESS = "/api/v1/assessments/preview/"
SHIPPED = sorted((path.parent.name, path.stem) for path in POLICIES.glob("*/*.yaml"))
TODAY = "2026-07-01"


@pytest.fixture(autouse=True)
def _calm():
    """Throttles count in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ask(client, firm_user):
    """Post a question as somebody of a firm: a document, or the text of one."""
    client.force_login(firm_user)

    def asked(question, **headers):
        body = question if isinstance(question, str | bytes) else json.dumps(question)
        return client.post(ADDRESS, body, content_type="application/json", headers=headers)

    return asked


@pytest.fixture
def command(monkeypatch):
    """Run `assess` with something on standard input; what it prints."""

    def run(facts, **options):
        text = facts if isinstance(facts, str | bytes) else json.dumps(facts)
        stdin = io.TextIOWrapper(io.BytesIO(text)) if isinstance(text, bytes) else io.StringIO(text)
        monkeypatch.setattr("sys.stdin", stdin)
        out = io.StringIO()
        call_command("assess", stdout=out, **options)
        return out.getvalue()

    return run


def edge_cases():
    """Facts at the edges of what the rules know: DOMAIN §1.4, §2.3."""
    nothing_sold = tech_sme(sales_cny=0, rd_cny=700_000, costs_cny=3_400_000)
    young = {**high_tech(), "registered_on": "2025-07-01"}
    missing_year = high_tech()
    del missing_year["years"]["2024"]
    return {
        "the example of the contract": tech_sme(),
        "nothing at all": {},
        "sales of zero": nothing_sold,
        "one year old": young,
        "a year is missing": missing_year,
        "negative net assets": high_tech(net_assets_cny=-5_000_000),
        "fractional headcount": tech_sme(tech_staff="9.99", employees=99.9),
        "numbers as text": tech_sme(sales_cny="50000000.00"),
        "figures with basis and source": tech_sme(rd_cny=[{"value": 1, "basis": "accounting", "source": "tax"}, 2e6]),
        "the greatest numbers": high_tech(sales_cny=9_999_999_999_999_999, rd_cny=1),
        "no employees": tech_sme(employees=0, tech_staff=0),
    }


@pytest.mark.parametrize(("programme", "code"), SHIPPED)
@pytest.mark.parametrize("name", list(edge_cases()))
def test_the_command_and_the_api_give_the_same_bytes(name, programme, code, ask, command):
    facts = edge_cases()[name]

    answer = ask({"programme": programme, "edition": code, "region": "450800", "on": TODAY, "facts": facts})
    printed = command(facts, programme=programme, edition=code, region="450800", on=TODAY)

    assert answer.status_code == 200
    assert printed == answer.content.decode() + "\n"
    assert answer.json()["edition"] == code


@pytest.mark.parametrize(("programme", "code"), SHIPPED)
def test_firms_of_every_kind_give_the_same_bytes_and_each_is_answered(programme, code, ask, command):
    policy = edition(programme, code)
    for seed in range(15):
        rng = random.Random(seed)
        day = rng.choice([policy.effective_from, policy.effective_to or policy.effective_from])
        facts = with_gaps(rng, complete_facts(rng, policy, day))

        answer = ask({"programme": programme, "edition": code, "on": day.isoformat(), "facts": facts})
        printed = command(facts, programme=programme, edition=code, on=day.isoformat())

        assert printed == answer.content.decode() + "\n"


def test_a_document_with_everything_that_is_lacking(ask):
    facts = tech_sme(rd_cny=1_500_000, class2=2)

    answer = ask({"programme": "tech_sme", "region": "450800", "on": TODAY, "facts": facts}).json()

    assert (answer["edition"], answer["verdict"]) == ("CN-2022", "not_met")
    assert answer["score"] == {"min": 44, "max": 44, "parts": {"personnel": [12, 12], "rd": [20, 20], "ip": [12, 12]}}
    assert [path["reaches"] for path in answer["cheapest"]] == [64, 60, 62, 60, 62]
    assert list(answer) == [
        "programme",
        "edition",
        "verdict",
        "route",
        "score",
        "criteria",
        "warnings",
        "gaps",
        "missing",
        "cheapest",
    ]


def test_published_or_not_the_answer_is_the_same(ask, admin):
    question = {"programme": "tech_sme", "on": TODAY, "facts": tech_sme()}
    before = ask(question).content

    publish(unpublished(), actor=admin)

    assert PolicyEdition.objects.count() == len(SHIPPED)
    assert ask(question).content == before


def test_nothing_is_stored(ask, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        answer = ask({"programme": "tech_sme", "facts": tech_sme()})

    assert answer.status_code == 200
    assert Assessment.objects.count() == 0


def test_without_log_in_nobody_is_answered(client, db):
    answer = client.post(ADDRESS, "{}", content_type="application/json")

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")


# Which edition --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("programme", "region", "on", "expected"),
    [
        ("tech_sme", None, "2026-07-01", "CN-2022"),
        ("tech_sme", "450821", "2021-07-01", "CN-2017"),
        ("tech_sme", "370000", "2026-07-01", "CN-2022"),  # a policy region need not be in the tree
        ("high_tech", "CN", "2026-07-01", "CN-2016"),
        ("gazelle", None, "2026-07-01", "450000-2022"),  # the bureau's own city
        ("gazelle", "450821", "2026-07-01", "450000-2022"),
        ("gazelle", "450000", "2021-07-01", "450000-2021"),
        ("gazelle", "370000", "2021-07-01", "370000-2020"),
        ("gazelle", "370202", "2021-07-01", "370000-2020"),  # a county below it
        ("gazelle", "420100DH", "2026-07-01", "420100DH-2026"),
        ("gazelle", "OECD", "2026-07-01", "OECD-2026"),
    ],
)
def test_the_nearest_region_gives_the_edition(programme, region, on, expected, ask, command):
    answer = ask({"programme": programme, "region": region, "on": on, "facts": {}}).json()

    assert answer["edition"] == expected
    assert json.loads(command({}, programme=programme, region=region, on=on))["edition"] == expected


def test_a_zone_of_the_bureaus_own_looks_upwards_in_the_tree(ask, county):
    Region.objects.create(code="PN-GXQ", name="平南高新区", parent=county, path=f"{county.path}PN-GXQ/", kind="zone")

    answer = ask({"programme": "gazelle", "region": "PN-GXQ", "on": TODAY, "facts": {}}).json()

    assert answer["edition"] == "450000-2022"


@time_machine.travel("2021-03-01 10:00+08:00")
def test_without_a_day_it_is_today(ask):
    assert ask({"programme": "tech_sme", "facts": {}}).json()["edition"] == "CN-2017"


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"programme": None}, {"programme": "请写明计划，应为其中之一：tech_sme、high_tech、gazelle"}),
        ({"programme": "unicorn"}, {"programme": "没有计划“unicorn”；应为其中之一：tech_sme、high_tech、gazelle"}),
        ({"programme": 3}, {"programme": "没有计划“3”；应为其中之一：tech_sme、high_tech、gazelle"}),
        ({"edition": "CN-1999"}, {"edition": "科技型中小企业没有版本“CN-1999”；现有：CN-2017、CN-2022"}),
        (
            {"region": "999999"},
            {"region": "没有代码为“999999”的区划；请写区划代码，如 450800，或某个政策版本的区划"},
        ),
        (
            {"region": "\x00"},
            {"region": "没有代码为“\x00”的区划；请写区划代码，如 450800，或某个政策版本的区划"},
        ),
        ({"on": "2026-02-30"}, {"on": "“2026-02-30”不是日期；请写成 2026-01-31"}),
        ({"on": "0001-01-01"}, {"on": "日期不能早于 1949 年"}),
        ({"on": "9999-12-31"}, {"on": "日期不能晚于 2200 年"}),
        (
            {"on": "2000-01-01"},
            {"edition": "科技型中小企业在 2000-01-01 没有施行的版本；请写明版本，现有：CN-2017、CN-2022"},
        ),
        ({"facts": None}, {"facts": "应为对象"}),
        ({"facts": []}, {"facts": "应为对象"}),
        ({"fact": {}}, {"fact": "不认识的字段"}),
        (
            {
                "region": "x",
                "on": 1,
                "facts": {
                    "years": {"2025": {"sales_cny": -1, "x": 1}, "25": {}},
                    "flags": {"resident": "yes"},
                    "credentials": [{"kind": "x"}, 3],
                    "registered_on": "9999-12-31",
                },
            },
            {
                "on": "“1”不是日期；请写成 2026-01-31",
                "region": "没有代码为“x”的区划；请写区划代码，如 450800，或某个政策版本的区划",
                "facts.years.2025.x": "不认识的字段",
                "facts.years.2025.sales_cny": "“销售收入”不能为负数",
                "facts.years.25": "不是年度；请写成 2025",
                "facts.flags.resident": "应为 true 或 false",
                "facts.credentials.0.kind": "资质种类应为其中之一：high_tech_certificate、science_award、rd_institution、"
                "standard_led、gazelle_library、chief_technology_officer",
                "facts.credentials.1.kind": "资质种类应为其中之一：high_tech_certificate、science_award、rd_institution、"
                "standard_led、gazelle_library、chief_technology_officer",
                "facts.registered_on": "日期不能晚于 2200 年",
            },
        ),
    ],
)
def test_every_wrong_field_is_named_at_once(change, errors, ask, command):
    question = {"programme": "tech_sme", "on": TODAY, "facts": {}} | change

    answer = ask(question)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json() == {
        "type": "urn:cultivar:problem:invalid_input",
        "title": "填写内容有误",
        "status": 400,
        "code": "invalid_input",
        "reasons": [f"{path}：{sentence}" for path, sentence in errors.items()],
        "errors": errors,
    }
    if "fact" not in question and question["programme"] is not None:
        facts = question.pop("facts")
        with pytest.raises(CommandError) as refused:
            command(facts, **question)
        assert str(refused.value) == "\n".join(answer.json()["reasons"])


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ('"sales_cny": NaN', {"facts.years.2025.sales_cny": "“NaN”不是数字"}),
        ('"sales_cny": -Infinity', {"facts.years.2025.sales_cny": "“-Infinity”不是数字"}),
        ('"sales_cny": 1e999999', {"facts.years.2025.sales_cny": "“1e999999”不是数字"}),
        ('"sales_cny": 1e16', {"facts.years.2025.sales_cny": "“销售收入”的数值过大；请核对单位"}),
        ('"sales_cny": true', {"facts.years.2025.sales_cny": "“True”不是数字"}),
        ('"sales_cny": "1,000"', {"facts.years.2025.sales_cny": "“1,000”不是数字"}),
        ('"sales_cny": ""', {"facts.years.2025.sales_cny": "“”不是数字"}),
        ('"sales_cny": {}', {}),
        ('"transformations": 1.5', {"facts.years.2025.transformations": "“科技成果转化数”应为整数"}),
        ('"sales_cny": 1, "sales_cny": 2', {"facts.years.2025.sales_cny": "字段重复出现；请只写一次"}),
        (
            '"sales_cny": ' + "9" * 5000,
            {"facts.years.2025.sales_cny": "“" + "9" * 40 + "”不是数字"},
        ),
    ],
)
def test_numbers_are_exact_or_refused(text, errors, ask):
    answer = ask('{"programme": "tech_sme", "facts": {"years": {"2025": {' + text + "}}}}")

    assert answer.status_code == (400 if errors else 200)
    assert answer.json().get("errors", {}) == errors


def test_a_long_decimal_counts_to_its_last_digit(ask):
    """As a binary fraction 0.05 less 10⁻³⁰ would be 0.05."""
    short = "0.0" + "4" + "9" * 30
    facts = '{"years": {"2025": {"rd_cny": %s, "sales_cny": 1}}}'

    found = [
        ask('{"programme": "tech_sme", "facts": ' + facts % rd + "}").json()["score"]["parts"]["rd"][0]
        for rd in (short, "0.05")
    ]

    assert found == [30, 40]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b" ", "没有内容；请提交 JSON 对象"),
        (b"{", "不是有效的 JSON：第 1 行第 2 列附近有误"),
        (b"\xff\xfe", "内容不是有效的 UTF-8 文字"),
        (b'{"facts": "\\ud83d"}', "内容不是有效的 UTF-8 文字"),
        (b"[" * 100_000, "JSON 嵌套过深"),
        (b"{}" + b" " * 2**20, "内容超过 256 KB；请只提交一家企业的数据"),
        (b"[]", "内容应为一个 JSON 对象"),
        (b"null", "内容应为一个 JSON 对象"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(body, sentence, ask):
    answer = ask(body)

    assert answer.status_code == 400
    assert answer.json()["reasons"] == [sentence]


def test_the_command_refuses_what_is_no_json(command, db):
    with pytest.raises(CommandError, match="不是有效的 JSON：第 1 行第 2 列附近有误"):
        command(b"{", programme="tech_sme")
    with pytest.raises(CommandError, match="没有内容"):
        command(b"", programme="tech_sme")


def test_a_quarter_of_a_megabyte_of_nonsense_is_answered_in_time(ask):
    names = {f"k{number}": 1 for number in range(15_000)}
    repeated = "{" + ",".join(['"a": 1'] * 30_000) + "}"
    figures = [{"value": number, "source": "tax"} for number in range(5_000)]

    assert len(ask({"programme": "tech_sme", "facts": names}).json()["errors"]) == 15_000
    assert ask('{"programme": "tech_sme", "facts": ' + repeated + "}").status_code == 400
    many = tech_sme(sales_cny=figures)
    assert ask({"programme": "tech_sme", "facts": many}).status_code == 200


def test_it_is_throttled(ask, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.ScopedRateThrottle.THROTTLE_RATES", {"preview": "2/min"})

    statuses = [ask({"programme": "tech_sme", "facts": {}}).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


# Answers are those of the schema --------------------------------------------------------------------------------------


@pytest.fixture
def operation(client, db):
    """The operation as the schema describes it."""
    schema = schemathesis.openapi.from_dict(client.get("/api/v1/schema/?format=json").json())
    return schema[ADDRESS]["POST"]


def as_requests_know_it(answer):
    found = requests.Response()
    found.status_code, found._content = answer.status_code, answer.content
    found.raw = urllib3.HTTPResponse(headers=dict(answer.headers))
    found.request = requests.Request("POST", f"http://testserver{ADDRESS}").prepare()
    return found


def test_answers_and_problems_fit_the_schema(operation, ask):
    questions = [
        {"programme": programme, "edition": code, "on": TODAY, "facts": facts}
        for programme, code in SHIPPED
        for facts in edge_cases().values()
    ]
    for question in [*questions, {}, {"programme": "tech_sme", "facts": {"years": 3}}]:
        operation.validate_response(as_requests_know_it(ask(question)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_posted_gets_a_documented_answer(data, operation, ask):
    cache.clear()
    case = data.draw(operation.as_strategy())
    answer = ask(json.dumps(case.body) if not isinstance(case.body, bytes) else case.body)

    assert str(answer.status_code) in operation.definition.raw["responses"]
    assert answer.status_code in (200, 400)


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.sampled_from(["2025", "CN"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PLACES = ["programme", "edition", "region", "on", "facts"]
INNER = ["years", "ip", "credentials", "flags", "expert", "registered_on", "industry", "credit_score"]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    outer=st.fixed_dictionaries({}, optional=dict.fromkeys(PLACES, JUNK)),
    facts=st.fixed_dictionaries({}, optional=dict.fromkeys(INNER, JUNK)),
    programme=st.sampled_from(["tech_sme", "high_tech", "gazelle"]),
)
def test_junk_in_any_place_is_refused_and_never_breaks(outer, facts, programme, ask):
    cache.clear()
    inside = ask({"programme": programme, "facts": facts})
    outside = ask({"programme": programme, "facts": {}} | outer)

    assert {inside.status_code, outside.status_code} <= {200, 400}
