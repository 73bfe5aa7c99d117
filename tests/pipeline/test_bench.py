"""The bench: who flips between two editions, and by which conditions; nothing is kept but the job of a whole region."""

import re
from datetime import date

import pytest

from crm.choices import FirmStatus
from crm.models import Fact, Job
from crm.services import chunks
from crm.services.jobs import cancel_job
from pipeline.models import Assessment
from pipeline.policy import policy_from_json, policy_of
from pipeline.selectors.bench import Count, ReasonRow, bench_table, last_bench
from pipeline.services import bench
from pipeline.services.bench import start_bench, summed, tried
from pipeline.services.drafts import change_draft, copy_edition
from tests import make
from tests.pipeline.samples import ON
from tests.pipeline.test_assessments import edition, published, sixty

__all__ = ["edition", "published", "sixty"]
LINE = "criteria.10.value"


@pytest.fixture
def draft(edition, admin):
    """The edition with its line raised from 60 to 70."""
    made = copy_edition(edition, actor=admin, today=date(2026, 7, 1))
    change_draft(made, {LINE: "70", "criteria.10.label": "综合评价得分不低于70分"}, version=0, actor=admin)
    made.refresh_from_db()
    return made


@pytest.fixture
def policies(edition, draft):
    return policy_of(edition), policy_from_json(draft.content)


def like(firm, name, region, **other):
    """Another firm with the same figures, some of them changed."""
    made = make.firm(name, region, registered_on=firm.registered_on)
    for fact in firm.facts.all():
        value = other.get(fact.code, fact.value)
        Fact.objects.create(
            firm=made, year=fact.year, code=fact.code, basis=fact.basis, source=fact.source, value=value
        )
    return made


@pytest.fixture
def three(sixty, county):
    """One at 60 points, one well above, one of which nothing is known."""
    return [sixty, like(sixty, "平南好企业", county, ip_class1=1), make.firm("平南新企业", county)]


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


REASON = ReasonRow(
    label="综合评价得分不低于70分",
    before="符合",
    after="不符合",
    actual="60 分",
    old_threshold="60 分",
    new_threshold="70 分",
    source="国科发政〔2017〕115号 第六条（五）",
)


# Reckoning ------------------------------------------------------------------------------------------------------------


def test_the_firm_at_the_line_flips_and_the_reason_has_its_figures(three, policies, django_assert_num_queries):
    with django_assert_num_queries(4):
        found = tried(three, *policies, on=ON)

    table = bench_table(summed(found), *policies)
    assert table.counts == (Count("已达标", "差一项", 1),)
    assert table.unchanged == (("已达标", 1), ("数据不全", 1))
    assert (table.flipped, table.same, table.looked_at) == (1, 2, 3)
    [flip] = table.flips
    assert (flip.name, flip.before, flip.after, flip.scores) == (three[0].name, "met", "lacks_one", ("60", "60"))
    assert flip.reasons == (REASON,)
    assert Assessment.objects.count() == 0


def test_a_condition_that_only_one_edition_has_is_named(sixty, policies, admin):
    content = {**policies[0].content, "edition": "CN-2031"}
    added = {
        "code": "big", "label": "营收不低于1亿元", "label_en": "Big", "rule": "at_least", "field": "sales_cny",
        "value": "100000000", "source": "第一条", "status": "unknown",
    }  # fmt: skip
    content["criteria"] = [*content["criteria"], added]
    bigger = policy_from_json(content)

    forth = bench_table(summed(tried([sixty], policies[0], bigger, on=ON)), policies[0], bigger).flips[0]
    back = bench_table(summed(tried([sixty], bigger, policies[0], on=ON)), bigger, policies[0]).flips[0]

    figures = {"label": "营收不低于1亿元", "actual": "5,000 万元", "source": "国科火字〔2022〕67号 第一条"}
    assert forth.reasons == (
        ReasonRow(before="无此条件", after="不符合", old_threshold="", new_threshold="1 亿元", **figures),
    )
    assert back.reasons == (
        ReasonRow(before="不符合", after="无此条件", old_threshold="1 亿元", new_threshold="", **figures),
    )
    assert (forth.before, forth.after, back.after) == ("met", "lacks_one", "met")


def test_a_yes_no_condition_reads_yes_or_no(sixty, policies):
    content = {**policies[0].content, "criteria": [dict(one) for one in policies[0].content["criteria"]]}
    content["criteria"][0]["is"] = False
    other = policy_from_json(content)

    [flip] = bench_table(summed(tried([sixty], policies[0], other, on=ON)), policies[0], other).flips

    reason = flip.reasons[0]
    assert (reason.actual, reason.old_threshold, reason.new_threshold) == ("是", "是", "否")
    assert flip.after == "impossible"


def test_the_same_edition_flips_nobody(three, policies):
    table = bench_table(summed(tried(three, policies[0], policies[0], on=ON)), policies[0], policies[0])

    assert (table.flipped, table.looked_at) == (0, 3)


# A whole region -------------------------------------------------------------------------------------------------------


def test_a_region_is_tried_in_parts_and_the_result_stays_with_the_job(
    three, policies, draft, county, admin, monkeypatch
):
    monkeypatch.setattr(bench, "PART", 2)
    gone = like(three[0], "平南注销企业", county)
    gone.status = FirmStatus.DEREGISTERED
    gone.save()

    job = start_bench(county, *policies, on=ON, actor=admin, draft=draft.pk)
    assert (job.total, job.chunks.count()) == (3, 2)
    change_draft(draft, {LINE: "90"}, version=1, actor=admin)  # while it runs: the job keeps what it was started on
    chunks.work_on(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 3)
    assert job.result["kinds"] == {"met>lacks_one": 1}
    assert job.result["unchanged"] == {"met": 1, "unknown": 1}
    assert bench_table(job.result, *policies).flips[0].reasons == (REASON,)
    assert last_bench(draft.pk, admin) == job
    assert Assessment.objects.count() == 0


def test_all_flips_are_counted_and_the_first_are_listed(three, policies, county, admin, monkeypatch):
    monkeypatch.setattr(bench, "MOST_SHOWN", 2)
    for number in range(3):
        like(three[0], f"平南{number}号", county)

    job = start_bench(county, *policies, on=ON, actor=admin)
    chunks.work_on(job.pk)

    job.refresh_from_db()
    assert job.result["kinds"] == {"met>lacks_one": 4}
    assert len(job.result["flips"]) == 2


def test_each_of_many_parts_keeps_few_flips(three, policies, county, admin, monkeypatch):
    for name, value in {"PART": 2, "MANY_PARTS": 2, "MOST_KEPT": 1}.items():
        monkeypatch.setattr(bench, name, value)
    for number in range(3):
        like(three[0], f"平南{number}号", county)

    job = start_bench(county, *policies, on=ON, actor=admin)
    chunks.work_on(job.pk)

    job.refresh_from_db()
    assert job.result["kinds"] == {"met>lacks_one": 4}
    assert [len(chunk.result["flips"]) for chunk in job.chunks.all()] == [1, 1, 1]


def test_only_firms_visible_to_the_person_are_tried(three, policies, city, other_county, officer, admin):
    like(three[0], "桂平企业", other_county)

    assert start_bench(city, *policies, on=ON, actor=officer).total == 3
    assert start_bench(city, *policies, on=ON, actor=admin).total == 4


def test_a_region_without_firms_is_done_at_once(policies, other_county, admin):
    job = start_bench(other_county, *policies, on=ON, actor=admin)
    chunks.work_on(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"kinds": {}, "unchanged": {}, "flips": []})


def test_a_cancelled_trial_ends_without_a_result(three, policies, county, admin):
    job = start_bench(county, *policies, on=ON, actor=admin)
    assert cancel_job(job)

    assert chunks.work_on(job.pk) == 0
    job.refresh_from_db()
    assert (job.state, job.result) == ("cancelled", {})


# The pages ------------------------------------------------------------------------------------------------------------


CHOICE = {"old": "tech_sme/CN-2017", "new": "tech_sme/CN-2022", "on": "2026-07-01"}


@pytest.mark.parametrize("size", [1, 3])
def test_chosen_firms_are_tried_on_the_page(client, officer, published, three, size, django_assert_num_queries):
    client.force_login(officer)
    codes = [firm.credit_code for firm in three[:size]]
    client.get("/policies/bench/")

    with django_assert_num_queries(11):
        response = client.get("/policies/bench/", {**CHOICE, "firm": codes, "run": "1"})

    assert response.status_code == 200
    assert f"{size} 家中有 0 家结论改变" in text(response)
    assert Job.objects.count() == Assessment.objects.count() == 0


def test_the_page_says_who_flips_and_why(client, admin, three, draft):
    client.force_login(admin)
    asked = {"old": "tech_sme/CN-2022", "new": f"draft-{draft.pk}", "on": "2026-07-01", "run": "1"}

    page = text(client.get("/policies/bench/", {**asked, "firm": [firm.credit_code for firm in three]}))

    assert "3 家中有 1 家结论改变" in page
    assert "1 已达标 → 差一项" in page
    assert "综合评价得分不低于70分 ：符合 → 不符合 实际 60 分；标准 60 分 → 70 分" in page
    assert "2 家结论不变" in page


def test_firms_are_found_by_name_or_code_and_stay_chosen(client, officer, three):
    client.force_login(officer)

    page = client.get("/policies/bench/", {**CHOICE, "q": "平南", "firm": three[0].credit_code}).content.decode()

    assert f'value="{three[0].credit_code}" checked' in page
    assert f'value="{three[1].credit_code}">' in page
    assert "没有找到符合的企业" in text(client.get("/policies/bench/", {"q": "不存在的企业"}))


def test_firms_of_others_are_never_tried(client, other_officer, three):
    client.force_login(other_officer)

    response = client.get("/policies/bench/", {**CHOICE, "q": "平南", "firm": three[0].credit_code, "run": "1"})

    assert (response.status_code, three[0].name in text(response)) == (409, False)
    assert "请先查找并勾选企业" in text(response)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"firm": []}, "请先查找并勾选企业，或试算整个辖区"),
        ({"firm": [str(number) for number in range(21)]}, "一次最多试算 20 家，已选 21 家"),
        ({"new": "tech_sme/CN-2017"}, "请选择两个不同的版本"),
        ({"new": "high_tech/CN-2016"}, "两个版本应属于同一计划"),
        ({"new": "draft-1"}, "draft-1"),
        ({"on": "2026-02-30"}, "输入一个有效的日期"),
        ({"on": "0003-01-01"}, "请填写 2000 年至 2100 年之间的日期"),
    ],
)
def test_a_wrong_choice_is_refused_with_what_to_do(client, officer, sixty, published, wrong, says):
    client.force_login(officer)

    response = client.get("/policies/bench/", {**CHOICE, "firm": sixty.credit_code, "run": "1", **wrong})

    assert response.status_code == 409
    assert says in text(response)


def test_the_region_runs_in_the_background_from_the_page(client, officer, other_officer, published, three):
    client.force_login(officer)

    response = client.post("/policies/bench/region/", CHOICE)

    job = Job.objects.get()
    assert response["Location"] == f"/policies/bench/{job.pk}/"
    assert job.params["region"] == "450821"
    assert "取消" in text(client.get(response["Location"]))
    chunks.work_on(job.pk)
    assert "3 家中有 0 家结论改变" in text(client.get(response["Location"]))
    assert client.post("/policies/bench/region/", {**CHOICE, "new": CHOICE["old"]}).status_code == 409
    client.force_login(other_officer)
    assert client.get(response["Location"]).status_code == 404


def test_a_job_of_another_kind_is_not_a_trial(client, officer):
    client.force_login(officer)
    job = Job.objects.create(kind="metrics", title="x", actor=officer)

    assert client.get(f"/policies/bench/{job.pk}/").status_code == 404


def test_the_confirmation_says_how_many_flipped_last_time(client, admin, three, policies, draft, county):
    client.force_login(admin)
    job = start_bench(county, *policies, on=ON, actor=admin, draft=draft.pk)
    chunks.work_on(job.pk)
    page = f"/policies/drafts/{draft.pk}/publish/"

    assert "3 家中有 1 家结论改变" in text(client.get(page))
    assert "请重新试算" not in text(client.get(page))
    change_draft(draft, {LINE: "80"}, version=1, actor=admin)
    assert "之后草稿又改过，请重新试算" in text(client.get(page))
