import json
import shutil
from datetime import date
from fractions import Fraction
from hashlib import sha256

import pytest
from django.utils import translation

from pipeline.errors import InvalidPolicy
from pipeline.policy import (
    Status,
    diff,
    digest,
    load_policies,
    load_policy,
    pick_policy,
    policy_from_json,
    policy_from_yaml,
    sentences,
)
from pipeline.policy.quantities import Growth
from pipeline.policy.read_measures import KINDS, METHODS, REGISTERED_UNITS
from pipeline.policy.read_policy import all_criteria
from pipeline.policy.read_rules import RULES
from pipeline.policy.read_score import ITEMS
from pipeline.policy.tables import PRECEDENCE
from tests.pipeline.samples import POLICIES, edition, small_policy, tech_sme_policy

SHIPPED = sorted((path.parent.name, path.stem) for path in POLICIES.glob("*/*.yaml"))

GOOD = """\
programme: gazelle
region: "450800"
edition: 450800-2026
title: 试行
title_en: Trial
workflow: gazelle/1
source: 贵科〔2026〕1号
effective_from: 2026-01-01
dates_status: confirmed
measures:
  growth:
    label: 增长率
    label_en: Growth
    growth: sales_cny
    intervals: 2
    method: compound
criteria:
  - code: growth
    label: 增长率不低于10%
    label_en: Growth of at least 10 %
    rule: at_least
    field: growth
    value: 0.10
    source: 第三条
    status: confirmed
"""


def faults(text: str) -> list[str]:
    with pytest.raises(InvalidPolicy) as refused:
        policy_from_yaml(text, "trial.yaml")
    return refused.value.reasons


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


# What is shipped ------------------------------------------------------------------------------------------------------


def test_the_editions_that_ship():
    assert SHIPPED == [
        ("gazelle", "320000-2024"),
        ("gazelle", "370000-2020"),
        ("gazelle", "420100DH-2026"),
        ("gazelle", "440112-2026"),
        ("gazelle", "442000HJ-2026"),
        ("gazelle", "450000-2021"),
        ("gazelle", "450000-2022"),
        ("gazelle", "OECD-2026"),
        ("high_tech", "CN-2016"),
        ("tech_sme", "CN-2017"),
        ("tech_sme", "CN-2022"),
    ]
    assert [(policy.programme, policy.edition) for policy in load_policies([POLICIES])] == SHIPPED


@pytest.mark.parametrize(("programme", "code"), SHIPPED)
def test_an_edition_comes_back_from_json_as_it_was(programme, code):
    policy = edition(programme, code)

    stored = json.loads(json.dumps(policy.content, ensure_ascii=False))

    assert policy_from_json(stored) == policy
    assert policy_from_json(stored).content == policy.content
    assert policy.digest == digest(stored) == digest(dict(reversed(stored.items())))
    assert hash(policy) == hash(policy_from_json(stored))


@pytest.mark.parametrize(("programme", "code"), SHIPPED)
def test_every_condition_cites_its_article_and_says_how_sure_we_are(programme, code):
    for criterion in all_criteria(edition(programme, code)):
        assert len(criterion.source) > 3
        assert criterion.status in Status
        assert criterion.label.zh != criterion.label.en


def test_editions_say_what_their_figures_are_counted_on():
    assert tech_sme_policy().bases == {
        "employees": "quarterly_6m",
        "tech_staff": "quarterly_6m",
        "rd_cny": "super_deduction",
    }
    assert edition("high_tech", "CN-2016").bases["employees"] == "monthly_183d"
    assert edition("high_tech", "CN-2016").bases["rd_cny"] == "high_tech"


def test_what_is_not_confirmed_says_so():
    doubtful = {
        (code, criterion.code): str(criterion.status)
        for programme, code in SHIPPED
        for criterion in edition(programme, code).criteria
        if criterion.status is not Status.CONFIRMED
    }

    assert doubtful == {
        ("370000-2020", "growth"): "our_reading",
        ("370000-2020", "rd_floor"): "our_reading",
        ("420100DH-2026", "growth"): "our_reading",
        ("442000HJ-2026", "sales_growth"): "our_reading",
        ("450000-2021", "high_tech_certificate"): "our_reading",
        ("450000-2021", "scale"): "our_reading",
        ("450000-2022", "rd_intensity"): "our_reading",
        ("450000-2022", "sales_growth"): "our_reading",
        ("CN-2016", "no_serious_incident"): "our_reading",
        ("CN-2017", "audit_based_tax"): "our_reading",
        ("CN-2017", "industry_allowed"): "our_reading",
    }


# Reading --------------------------------------------------------------------------------------------------------------


def test_a_small_edition_is_read_whole():
    policy = policy_from_yaml(GOOD)

    assert (policy.programme, policy.region, policy.edition) == ("gazelle", "450800", "450800-2026")
    assert (policy.effective_from, policy.effective_to) == (date(2026, 1, 1), None)
    assert policy.precedence == ("register", "audit", "tax", "statistics", "declared", "estimate")
    (criterion,) = policy.criteria
    assert criterion.source == "贵科〔2026〕1号 第三条"
    assert criterion.rule.bound == Fraction(1, 10)
    assert criterion.rule.measure.body == Growth(criterion.rule.measure.body.of, 2, "compound")


def test_spelling_of_a_number_does_not_change_the_digest():
    spelt = changed("value: 0.10", "value: 0.1")

    assert policy_from_yaml(spelt).digest == policy_from_yaml(GOOD).digest
    assert policy_from_yaml(changed("value: 0.10", "value: 0.11")).digest != policy_from_yaml(GOOD).digest


def test_the_digest_is_taken_over_compact_sorted_json():
    assert digest({"b": "1", "a": ["甲"]}) == sha256('{"a":["甲"],"b":"1"}'.encode()).hexdigest()


def test_labels_follow_the_active_language():
    criterion = policy_from_yaml(GOOD).criteria[0]

    assert str(criterion.label) == "增长率不低于10%"
    with translation.override("en"):
        assert str(criterion.label) == "Growth of at least 10 %"


def test_every_fault_is_told_at_once_with_file_and_line():
    text = changed("workflow: gazelle/1", "workflow: gazelle/9")
    text = changed("effective_from: 2026-01-01", "effective_from: 1 January", text)
    text = changed("    value: 0.10", "    value: ten\n    colour: red", text)
    text = changed("    field: growth", "    field: growths", text)

    assert faults(text) == [
        "trial.yaml:6: workflow：没有“gazelle/9”这张流程表",
        "trial.yaml:8: effective_from：“1 January”不是日期；请写成 2026-01-31",
        "trial.yaml:22: criteria.0.field：没有名为“growths”的数值",
        "trial.yaml:23: criteria.0.value：“ten”不是数字",
        "trial.yaml:24: criteria.0.colour：不认识的键",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title_en: Trial\n", "", "trial.yaml:1: 缺少“title_en”"),
        ("title: 试行", "title: 试行\nmood: good", "trial.yaml:5: mood：不认识的键"),
        ("title: 试行", "title: 2026", "trial.yaml:4: title：应为文字，请加引号"),
        ("title: 试行", "title: 试行\ntitle: 再试", "trial.yaml:5: title：重复出现"),
        ('region: "450800"', "region: 450800", "trial.yaml:2: region：应为文字，请加引号"),
        ("450800-2026", "450800-new", "trial.yaml:3: edition：版本代码应为“450800-年份”"),
        ("workflow: gazelle/1", "workflow: high_tech/1", "trial.yaml:6: workflow：不是“gazelle”的流程"),
        (
            "dates_status: confirmed",
            "dates_status: sure",
            "trial.yaml:9: dates_status：“sure”应为其中之一：confirmed、from_memory、unknown、our_reading",
        ),
        (
            "effective_from: 2026-01-01",
            "effective_from: 2026-01-01\neffective_to: 2025-12-31",
            "trial.yaml:9: effective_to：早于施行日期",
        ),
        ("    source: 第三条\n", "", "trial.yaml:18: criteria.0：缺少“source”"),
        ("    rule: at_least\n", "    rule: roughly\n", None),
        ("    label_en: Growth of at", "    label_eng: Growth of at", None),
        ("  - code: growth", "  - code: Growth", "trial.yaml:18: criteria.0.code：代码只用小写字母、数字和下划线"),
        ("    value: 0.10", "    value: -1", "trial.yaml:23: criteria.0.value：增长率的标准应大于 -1"),
        (
            "    value: 0.10",
            "    value: 0.10\n    waived: true",
            "trial.yaml:1: routes：有条件可由直通车代替，但没有列出直通车",
        ),
        (
            "    value: 0.10",
            "    value: 0.10\n    since: 2026-06-01",
            "trial.yaml:17: criteria：“since”只用于 triggers",
        ),
        ("    growth: sales_cny", "    growth: growth", "trial.yaml:14: measures.growth.growth：“growth”由自身定义"),
        ("    growth: sales_cny", "    growth: employees", "trial.yaml:1: bases：用到“employees”，须写明口径"),
        ("    intervals: 2", "    intervals: 0", "trial.yaml:15: measures.growth.intervals：应为不小于 1 的整数"),
        ("    intervals: 2", "    intervals: 11", "trial.yaml:15: measures.growth.intervals：不能超过 10"),
        (
            "    method: compound",
            "    method: compound\n    year: 1",
            "trial.yaml:17: measures.growth.year：应为 0（数据年度）或负整数",
        ),
        (
            "    method: compound",
            "    method: compound\n    shortens: true",
            "trial.yaml:17: measures.growth.shortens：只用于 method: mean",
        ),
        (
            "    method: compound",
            "    method: compound\n    sum: tax_cny",
            None,
        ),
        ("measures:\n", "bases: {sales_cny: high_tech}\nmeasures:\n", None),
        ("measures:\n", "precedence: [tax, rumour]\nmeasures:\n", "trial.yaml:10: precedence：没有“rumour”这类来源"),
        (
            "measures:\n",
            "levers: [{fact: sales_cny, per: 0, effort: 1}]\nmeasures:\n",
            "trial.yaml:10: levers.0.per：应大于 0",
        ),
        ("measures:\n", "flags: {listed: {label: 上市, label_en: Listed, ask: 企业, ask_en: firm}}\nmeasures:\n", None),
    ],
)
def test_faults_of_a_file(old, new, fault):
    found = faults(changed(old, new))

    assert (fault in found) if fault else found
    assert all(reason.startswith("trial.yaml:") for reason in found)


TIERS = """\
    tiers:
      by: sales_cny
      from: 2_000_000
      steps:
        - {upto: 20_000_000, value: 0.15}
        - {value: unknown}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "{value: unknown}",
            "{upto: 1, value: 0.1}",
            "trial.yaml:26: criteria.0.tiers.steps：各档的上限应由低到高，只有最后一档可以没有上限",
        ),
        (
            "{upto: 20_000_000, value: 0.15}",
            "{value: 0.15}",
            "trial.yaml:26: criteria.0.tiers.steps：各档的上限应由低到高，只有最后一档可以没有上限",
        ),
        (
            "{value: unknown}",
            "{}",
            "trial.yaml:28: criteria.0.tiers.steps.1：缺少“value”；政策没有写明标准的，写 unknown",
        ),
        (
            "{upto: 20_000_000,",
            "{upto: 20_000_000, under: 3,",
            "trial.yaml:27: criteria.0.tiers.steps.0.under：与“upto”只能写一个",
        ),
        (
            "by: sales_cny",
            "by: growth",
            "trial.yaml:24: criteria.0.tiers.by：年均复合增长率只能直接与标准比较，不能再参与计算或分档",
        ),
        ("by: sales_cny", "by: nothing", "trial.yaml:24: criteria.0.tiers.by：没有名为“nothing”的数值"),
    ],
)
def test_faults_of_tiers(old, new, fault):
    text = changed("    value: 0.10\n", TIERS)

    assert policy_from_yaml(text).criteria[0].rule.ladder.start == 2_000_000
    assert fault in faults(changed(old, new, text))


@pytest.mark.parametrize(
    ("criterion", "fault"),
    [
        ("rule: flag, flag: rich, is: true", None),
        ("rule: flag, flag: listed, is: maybe", "small.yaml:14: criteria.0.is：应为 true 或 false"),
        ("rule: credential, kind: medal", None),
        (
            "rule: credential, kind: rd_institution, valid: true",
            "small.yaml:14: criteria.0.valid：这类资质没有“valid_until”",
        ),
        (
            "rule: credential, kind: rd_institution, levels: [galactic]",
            "small.yaml:14: criteria.0.levels：没有“galactic”这一级",
        ),
        ("rule: industry_in, codes: [9]", "small.yaml:14: criteria.0.codes：应为文字的列表"),
        ("rule: industry_in, codes: [Z9]", "small.yaml:14: criteria.0.codes：“Z9”不是国民经济行业代码"),
        ("rule: all_of, of: []", "small.yaml:14: criteria.0.of：不能为空"),
        ("rule: any_of, of: listed", "small.yaml:14: criteria.0.of：应为列表"),
        (
            "rule: all_of, of: [{code: a, label: 甲, label_en: A, rule: flag, flag: listed, is: true}]",
            "small.yaml:14: criteria.0.of.0.code：代码“a”重复",
        ),
        ("rule: at_least, field: score, value: 1", "small.yaml:14: criteria.0.field：没有名为“score”的数值"),
    ],
)
def test_faults_of_conditions(criterion, fault):
    with pytest.raises(InvalidPolicy) as refused:
        small_policy(f"  - {{code: a, label: 甲方, label_en: A, source: 第一条, status: confirmed, {criterion}}}")

    assert (fault in refused.value.reasons) if fault else refused.value.reasons


PART = "score: [{{code: p, label: 项, label_en: Part, max: 20, source: 第七条, status: confirmed, {item}}}]"
ANY = "  - {code: a, label: 甲方, label_en: A, source: 第一条, status: confirmed, rule: flag, flag: listed, is: true}"


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ("bands: ip_class1, steps: [{from: 1, points: 30}]", "有的档次超过本项满分 20 分"),
        ("bands: ip_class1, steps: [{from: 1, points: 3}, {from: 1, points: 2}]", "各档应由高到低"),
        ("bands: ip_class1, steps: [{from: 1, points: [5, 3]}]", "分值应为整数或 [最低, 最高]"),
        ("bands: ip_class1, steps: [{from: 1, points: 2.5}]", "分值应为整数或 [最低, 最高]"),
        ("bands: ip_class1, steps: [{from: 1, over: 1, points: 2}]", "与“from”只能写一个"),
        ("expert: charm", "“charm”应为其中之一：ip_quality、organisation"),
        ("bands: ip_class1, expert: organisation", "应恰有一种计分方法：bands、expert、holds、best_of、sum_of"),
        ("holds: standard_led, points: 2, valid: true", "这类资质没有“valid_until”"),
    ],
)
def test_faults_of_the_score(item, fault):
    with pytest.raises(InvalidPolicy) as refused:
        small_policy(ANY, more=PART.format(item=item))

    assert any(reason.endswith(fault) for reason in refused.value.reasons)


@pytest.mark.parametrize("use", ["plus: [grown, tax_cny]", "ratio: [tax_cny, grown]", "sum: grown, years: 2"])
def test_compound_growth_is_only_compared(use):
    grown = "grown: {label: 增长, label_en: Grown, growth: sales_cny, intervals: 2, method: compound}"

    with pytest.raises(InvalidPolicy) as refused:
        small_policy(ANY, measures=f"{grown}, used: {{label: 用, label_en: Used, {use}}}")

    (reason,) = refused.value.reasons
    assert reason.endswith("年均复合增长率只能直接与标准比较，不能再参与计算或分档")


def test_the_page_on_policies_names_every_edition_and_every_word_of_the_language():
    page = (POLICIES.parents[1] / "docs" / "policies.md").read_text(encoding="utf-8")
    words = {*RULES, *ITEMS, *KINDS, *METHODS, *REGISTERED_UNITS, *PRECEDENCE, *(str(status) for status in Status)}

    assert sorted(word for word in words | {code for _programme, code in SHIPPED} if word not in page) == []


def test_a_file_that_is_no_yaml():
    assert faults("programme: [") == [
        "trial.yaml:1: 不是有效的 YAML：expected the node content, but found '<stream end>'"
    ]
    assert faults("") == ["trial.yaml: 应为一组“键: 值”"]
    assert faults("- a") == ["trial.yaml:1: 应为一组“键: 值”"]


def test_a_stored_content_that_was_spoilt_is_refused():
    content = {**policy_from_yaml(GOOD).content, "effective_from": "soon", "extra": 1}

    with pytest.raises(InvalidPolicy) as refused:
        policy_from_json(content)

    assert refused.value.reasons == ["effective_from：“soon”不是日期；请写成 2026-01-31", "extra：不认识的键"]
    assert (refused.value.code, refused.value.status) == ("invalid_policy", 400)


def test_a_file_is_named_after_its_edition(tmp_path):
    (tmp_path / "gazelle").mkdir()
    path = tmp_path / "gazelle" / "450800-2025.yaml"
    path.write_text(GOOD, encoding="utf-8")

    with pytest.raises(InvalidPolicy) as refused:
        load_policy(path)

    assert refused.value.reasons == [f"{path}:1: 文件应名为 gazelle/450800-2026.yaml"]


def test_loading_tells_the_faults_of_all_files(tmp_path):
    shutil.copytree(POLICIES / "tech_sme", tmp_path / "tech_sme")
    (tmp_path / "tech_sme" / "CN-2030.yaml").write_text("programme: tech_sme", encoding="utf-8")
    (tmp_path / "tech_sme" / "CN-2031.yaml").write_text("- nothing", encoding="utf-8")

    with pytest.raises(InvalidPolicy) as refused:
        load_policies([tmp_path])

    assert {reason.split(":")[0] for reason in refused.value.reasons} == {
        str(tmp_path / "tech_sme" / "CN-2030.yaml"),
        str(tmp_path / "tech_sme" / "CN-2031.yaml"),
    }


@pytest.mark.parametrize(
    ("programme", "regions", "on", "code"),
    [
        ("tech_sme", ["450821", "450800", "450000"], date(2026, 7, 1), "CN-2022"),
        ("tech_sme", [], date(2021, 12, 31), "CN-2017"),
        ("tech_sme", [], date(2017, 5, 2), None),
        ("gazelle", ["450800", "450000"], date(2026, 7, 1), "450000-2022"),
        ("gazelle", ["450800", "450000"], date(2021, 7, 1), "450000-2021"),
        ("gazelle", ["440112", "440000"], date(2026, 7, 1), "440112-2026"),
        ("gazelle", ["110000"], date(2026, 7, 1), None),
        ("unicorn", ["450800"], date(2026, 7, 1), None),
    ],
)
def test_the_newest_edition_of_the_nearest_region_is_picked(programme, regions, on, code):
    policies = load_policies([POLICIES])

    found = pick_policy(policies, programme=programme, regions=regions, on=on)

    assert (found and found.edition) == code


# In words -------------------------------------------------------------------------------------------------------------


def test_an_edition_reads_as_sentences():
    text = {clause.key: clause.text for clause in sentences(edition("gazelle", "450000-2022"))}

    assert text == {
        "title": "广西瞪羚企业培育入库（2022年）",
        "source": "桂科高字〔2022〕92号",
        "dates": "2022-01-01 起施行，至 未定",
        "region": "450000",
        "workflow": "gazelle/1",
        "data_year": "评价年度的上一年",
        "basis.rd_cny": "研发费用：高企认定口径",
        "precedence": "逐项登记、专项审计、税务申报、统计报表、企业申报、经办人员估计",
        "caveat.1": "本结果对应2022年培育入库条件；认定标准和以后年度的通知尚未查到，待核实",
        "high_tech_certificate": "具备高新技术企业证书（在有效期内）",
        "sales_growth": "近三年销售收入年均增长率：销售收入不低于 200 万元、不超过 2,000 万元的不低于 15%；"
        "销售收入高于 2,000 万元、不超过 1 亿元的不低于 10%；销售收入高于 1 亿元的不低于 5%；不在各档之内的不符合",
        "rd_intensity": "近三年平均研发投入强度不低于 3%",
        "no_serious_incident": "近两年有重大事故或严重环境违法：否",
        "measure.sales_growth": "销售收入近 2 年的年均复合增长率",
        "measure.rd_three_years": "近 3 年研发费用合计",
        "measure.sales_three_years": "近 3 年销售收入合计",
        "measure.rd_intensity": "近三年研发费用总额 ÷ 近三年销售收入总额",
        "lever.sales_cny": "每增加 100 万元，工作量 2",
        "lever.rd_cny": "每增加 25 万元，工作量 1",
    }


@pytest.mark.parametrize(("programme", "code"), SHIPPED)
def test_every_edition_can_be_read_aloud_and_differs_from_itself_in_nothing(programme, code):
    policy = edition(programme, code)

    clauses = sentences(policy)

    assert len({clause.key for clause in clauses}) == len(clauses)
    assert all(clause.text and clause.label for clause in clauses)
    assert diff(policy, policy) == []


def test_the_difference_of_two_editions():
    old = policy_from_yaml(GOOD)
    new = changed("value: 0.10", "value: 0.12")
    new = changed("第三条", "第四条", new)
    new = changed("intervals: 2", "intervals: 3", new)
    new = changed("effective_from: 2026-01-01", "effective_from: 2027-01-01", new)
    new += "  - {code: listed, label: 未上市, label_en: Not listed, rule: flag, flag: listed, is: false, "
    new += "source: 第五条, status: from_memory}\n"

    found = [difference.sentence for difference in diff(old, policy_from_yaml(new))]

    assert found == [
        "“施行期”的内容由“2026-01-01 起施行，至 未定”改为“2027-01-01 起施行，至 未定”",
        "“增长率不低于10%”的内容由“增长率不低于 10%”改为“增长率不低于 12%”",
        "“增长率不低于10%”的依据由“贵科〔2026〕1号 第三条”改为“贵科〔2026〕1号 第四条”",
        "新增“未上市”：已上市：否",
        "“增长率”的内容由“销售收入近 2 年的年均复合增长率”改为“销售收入近 3 年的年均复合增长率”",
    ]
    assert [(d.kind, d.key) for d in diff(policy_from_yaml(new), old)][-1] == ("removed", "listed")


def test_what_the_guide_of_2022_changed():
    found = {(d.kind, d.key, d.aspect) for d in diff(edition("tech_sme", "CN-2017"), tech_sme_policy())}

    assert {key for kind, key, _aspect in found if kind == "added"} == {
        "site_few_employees",
        "site_no_ip",
        "site_little_rd",
        "site_dishonesty",
        "site_first_time",
        "excluded_industry",
        "measure.ip_count",
    }
    assert ("changed", "direct_standard_led", "text") in found
    assert ("changed", "industry_allowed", "label") in found
    assert not [key for kind, key, _aspect in found if kind == "removed"]
