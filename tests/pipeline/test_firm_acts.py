"""One act on many firms: the same doors as for one, an outcome for each, nothing skipped, and back again."""

import pytest

from crm.choices import FirmStatus
from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord, Firm, FirmTag, Job
from crm.selectors.jobs import outcomes
from crm.services import chunks, jobs
from crm.services.firms import assign_firm, move_firm
from crm.services.jobs import cancel_job
from crm.services.tags import make_tag, tag_firm
from notifications.models import Message
from pipeline.models import Application, Shortlist
from pipeline.services import firm_acts
from pipeline.services.applications import open_application
from pipeline.services.firm_acts import can_undo, start_firm_act, undo_firm_act
from tests import make
from tests.make import logged_in
from tests.pipeline import world


@pytest.fixture
def five(county):
    return [make.firm(f"平南第{number}新材料有限公司", county) for number in range(5)]


@pytest.fixture
def tag(county, officer):
    return make_tag("重点培育", region=county, actor=officer)


def keys(firms):
    return [firm.pk for firm in firms]


def done(job):
    chunks.run(job.pk)
    job.refresh_from_db()
    return job


def told(job):
    return {row["id"]: row["reasons"] for row in outcomes(job).rows}


def officers(firms):
    return list(Firm.objects.filter(pk__in=keys(firms)).order_by("pk").values_list("officer__username", flat=True))


def changes(field):
    return ChangeRecord.objects.filter(object_type="crm.firm", field=field)


# The acts --------------------------------------------------------------------------------------------------------------


def test_every_firm_gets_the_officer_and_its_own_history(five, officer):
    assign_firm(five[0], officer=officer, actor=officer)

    job = done(start_firm_act("assign", keys(five), actor=officer, officer=officer, reason="分片"))

    assert (job.state, job.title) == ("done", "批量指派经办人员（5 家）")
    assert job.result == {"done": 5, "unchanged": 1, "refused": 0, "refused_ids": []}
    assert officers(five) == ["officer"] * 5
    history = changes("officer").filter(reason="分片")
    assert sorted(history.values_list("object_id", flat=True)) == sorted(str(firm.pk) for firm in five[1:])
    assert Message.objects.count() == 0


def test_an_officer_can_be_cleared(five, officer):
    done(start_firm_act("assign", keys(five), actor=officer, officer=officer))

    done(start_firm_act("assign", keys(five[:2]), actor=officer))

    assert officers(five) == [None, None, "officer", "officer", "officer"]


def test_open_applications_follow_and_refusals_say_why(five, other_firm, officer, other_officer, city_officer, leader):
    application = open_application(five[0], "tech_sme", actor=officer)

    job = done(start_firm_act("assign", keys([*five, other_firm]), actor=city_officer, officer=officer))

    assert told(job)[other_firm.pk] == ["姓名officer 的岗位不包含该企业所在区划，不能作为经办人员"]
    assert job.result == {"done": 5, "unchanged": 0, "refused": 1, "refused_ids": [other_firm.pk]}
    application.refresh_from_db()
    assert application.officer == officer

    job = done(start_firm_act("assign", keys(five), actor=leader, officer=None))
    assert set(map(tuple, told(job).values())) == {("当前身份只能查阅；请联系本辖区的经办人员或管理员",)}
    assert officers(five) == ["officer"] * 5


def test_a_stale_selection_is_told_row_by_row_and_the_others_go_on(five, officer, other_county, lead):
    job = start_firm_act("assign", [*keys(five), 999_999], actor=officer, officer=officer)
    move_firm(five[0], region=other_county, actor=lead)

    done(job)

    gone = ["没有这家企业，或不在您的辖区内"]
    assert told(job) == {five[0].pk: gone, 999_999: gone} | {firm.pk: [] for firm in five[1:]}
    assert officers(five) == [None, "officer", "officer", "officer", "officer"]


def test_firms_that_come_later_are_not_taken_in(five, county, officer):
    job = start_firm_act("assign", keys(five), actor=officer, officer=officer)
    late = make.firm("平南新来有限公司", county)

    done(job)

    assert (job.total, officers([late])) == (5, [None])


def test_firms_are_tagged_and_untagged_together(five, officer, tag):
    tag_firm(five[0], tag, actor=officer)

    put = done(start_firm_act("tag", keys(five), actor=officer, tag=tag))
    off = done(start_firm_act("untag", keys(five[:2]), actor=officer, tag=tag))

    assert (put.result["unchanged"], off.result["unchanged"]) == (1, 0)
    assert sorted(FirmTag.objects.values_list("firm", flat=True)) == keys(five[2:])
    assert changes("tag").count() == 5 + 2


def test_firms_join_a_shortlist_of_their_region(five, other_firm, county, officer, city_officer):
    shortlist = Shortlist.objects.create(
        name="夏季", programme="tech_sme", edition=world.published(), region=county, region_path=county.path
    )
    shortlist.firms.add(five[0])

    job = done(start_firm_act("shortlist", keys([*five, other_firm]), actor=city_officer, shortlist=shortlist))

    assert set(shortlist.firms.all()) == set(five)
    assert told(job)[other_firm.pk] == ["候选名单“夏季”只收平南县的企业"]
    assert (job.result["done"], job.result["unchanged"]) == (5, 1)
    assert ChangeRecord.objects.filter(object_type="pipeline.shortlist", field="firms").count() == 4


def test_applications_open_for_all_or_say_every_reason(five, officer):
    open_application(five[0], "tech_sme", actor=officer)
    Firm.objects.filter(pk=five[1].pk).update(status=FirmStatus.DEREGISTERED)

    job = done(start_firm_act("open", keys(five), actor=officer, programme="tech_sme"))

    assert (job.done, job.refused, Application.objects.count()) == (3, 2, 4)
    assert told(job)[five[1].pk] == ["企业已注销，不能申报"]
    assert told(job)[five[0].pk][0].endswith("年的科技型中小企业申报已在办理，请勿重复发起")


# Starting --------------------------------------------------------------------------------------------------------------


def test_an_empty_unknown_or_unready_choice_starts_nothing(five, officer, monkeypatch):
    monkeypatch.setattr(firm_acts, "MOST", 4)
    reasons = []
    for act, firms in (("assign", []), ("fly", keys(five[:1])), ("tag", keys(five[:1])), ("assign", keys(five))):
        with pytest.raises(InvalidInput) as refused:
            start_firm_act(act, firms, actor=officer)
        reasons += refused.value.reasons

    assert reasons == [
        "没有选择任何企业；请先勾选要办理的企业",
        "没有“fly”这个操作",
        "“打标签”还缺标签、名单或计划；请补上",
        "一次最多办理 4 家，已选 5 家；请分批办理",
    ]
    assert Job.objects.count() == 0


def test_a_job_that_is_cut_off_goes_on_and_a_cancelled_one_stops(five, officer, monkeypatch):
    monkeypatch.setattr(firm_acts, "PART", 1)
    monkeypatch.setattr(jobs, "hint", lambda job: None)
    job = start_firm_act("assign", keys(five), actor=officer, officer=officer)
    chunks.work_on(job.pk, seconds=-1)
    assert officers(five) == ["officer", None, None, None, None]

    cancel_job(job)
    chunks.work_on(job.pk)
    assert changes("officer").count() == 1

    job = start_firm_act("assign", keys(five), actor=officer, officer=officer)
    chunks.work_on(job.pk, seconds=-1)
    done(job)
    done(job)
    assert (officers(five), changes("officer").count()) == (["officer"] * 5, 5)


@pytest.mark.whole
def test_five_thousand_firms_are_chosen_and_every_one_has_an_outcome(county, officer, tag):
    template = {"region": county, "region_path": county.path}
    rows = [Firm(credit_code=make.code(n), name=f"第{n}号", name_key=f"第{n}号", **template) for n in range(1, 5001)]
    Firm.objects.bulk_create(rows, batch_size=500)
    client = logged_in(officer)

    sheet = client.post("/firms/bulk/", {"act": "tag", "all": "1", "query": "", "expected": "5000"})
    client.post("/firms/bulk/", {"act": "tag", "firms": sheet.context["marks"], "tag": "重点培育", "go": "1"})
    job = done(Job.objects.get())

    assert (job.total, job.result["done"], job.chunks.count()) == (5000, 5000, 100)
    assert FirmTag.objects.count() == changes("tag").count() == 5000


# Taking it back --------------------------------------------------------------------------------------------------------


def test_an_assignment_is_taken_back_firm_by_firm(five, officer, lead):
    assign_firm(five[0], officer=lead, actor=lead)
    assign_firm(five[1], officer=officer, actor=lead)
    job = done(start_firm_act("assign", keys(five), actor=officer, officer=officer))
    assign_firm(Firm.objects.get(pk=five[2].pk), officer=lead, actor=lead)

    undoing = done(undo_firm_act(job, actor=officer))

    assert officers(five) == ["lead", "officer", "lead", None, None]
    assert told(undoing) == {
        five[0].pk: [],
        five[2].pk: ["其后经办人员已改为姓名lead，未撤销"],
        five[3].pk: [],
        five[4].pk: [],
    }
    assert changes("officer").filter(reason=f"撤销批量操作 {job.pk}").count() == 3


@pytest.mark.parametrize(("act", "left"), [("tag", [0]), ("untag", [0, 1])])
def test_tags_are_taken_back_where_nobody_else_changed_them(act, left, five, officer, tag):
    for firm in five[:1] if act == "tag" else five[:3]:
        tag_firm(firm, tag, actor=officer)
    job = done(start_firm_act(act, keys(five), actor=officer, tag=tag))
    changed = five[4] if act == "tag" else five[2]
    (FirmTag.objects.filter(firm=changed).delete if act == "tag" else lambda: tag_firm(changed, tag, actor=officer))()

    undoing = done(undo_firm_act(job, actor=officer))

    assert told(undoing)[changed.pk] == ["标签“重点培育”其后已被他人更改，未撤销"]
    expected = keys([five[place] for place in left]) + ([changed.pk] if act == "untag" else [])
    assert sorted(FirmTag.objects.values_list("firm", flat=True)) == expected


def test_an_act_is_taken_back_once_and_by_who_did_it(five, officer, lead):
    job = done(start_firm_act("assign", keys(five), actor=officer, officer=officer))
    with pytest.raises(NotAllowed):
        undo_firm_act(job, actor=lead)
    opened = done(start_firm_act("open", keys(five), actor=officer, programme="tech_sme"))

    undo_firm_act(job, actor=officer)

    assert not can_undo(job)
    for over in (job, opened):
        with pytest.raises(InvalidInput, match="这次批量操作不能撤销"):
            undo_firm_act(over, actor=officer)


# Pages -----------------------------------------------------------------------------------------------------------------


def test_ticked_firms_come_to_a_sheet_that_says_what_it_meets(five, other_firm, officer):
    open_application(five[0], "tech_sme", actor=officer)
    client = logged_in(officer)

    sheet = client.post("/firms/bulk/", {"act": "assign", "firm": [*keys(five), other_firm.pk, "x"]})

    preview = sheet.context["preview"]
    assert (preview.chosen, preview.found, preview.missing, preview.readonly, preview.running) == (6, 5, 1, 0, 1)
    assert "1 家已不存在或不在您的辖区内" in sheet.content.decode()
    assert other_firm.name not in sheet.content.decode()
    assert sheet.context["marks"] == ",".join(map(str, keys([*five, other_firm])))


def test_nothing_ticked_is_said_and_starts_nothing(officer):
    client = logged_in(officer)

    assert "没有选择任何企业" in client.post("/firms/bulk/", {"act": "assign"}).content.decode()
    refused = client.post("/firms/bulk/", {"act": "assign", "go": "1"})

    assert (refused.status_code, Job.objects.count()) == (409, 0)


def test_all_of_a_filter_means_what_it_finds_now_and_says_the_difference(five, county, officer):
    make.firm("别的企业", county)
    client = logged_in(officer)
    page = client.get("/firms/?q=新材料")
    posted = {"act": "assign", "all": "1", "query": page.context["selecting"], "expected": page.context["number"]}
    assert posted["query"] == "q=%E6%96%B0%E6%9D%90%E6%96%99&region=450821"
    assert client.post("/firms/bulk/", posted).context["expected"] is None
    make.firm("平南又一新材料有限公司", county)

    sheet = client.post("/firms/bulk/", posted)

    assert (sheet.context["expected"], sheet.context["preview"].found) == (5, 6)
    assert "列表上显示 5 家，现在符合条件的是 6 家" in sheet.content.decode()


def test_the_page_starts_the_job_and_its_report_leads_on(five, officer, lead):
    client = logged_in(officer)
    Firm.objects.filter(pk=five[0].pk).update(status=FirmStatus.DEREGISTERED)
    posted = {"act": "open", "firms": ",".join(map(str, keys(five))), "programme": "tech_sme", "year": "2026"}
    posted["year"] = str(client.post("/firms/bulk/", posted).context["form"].fields["year"].choices[0][0])

    response = client.post("/firms/bulk/", posted | {"go": "1"})

    job = done(Job.objects.get())
    assert response["Location"] == f"/jobs/{job.pk}/"
    report = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "企业已注销，不能申报" in report and f"/firms/bulk/?job={job.pk}&amp;act=open" in report
    again = client.get(f"/firms/bulk/?job={job.pk}&act=open")
    assert (again.context["act"], again.context["marks"]) == ("open", str(five[0].pk))
    assert logged_in(lead).get(f"/firms/bulk/?job={job.pk}&act=open").status_code == 404


def test_a_report_offers_the_way_back(five, officer):
    client = logged_in(officer)
    job = done(start_firm_act("assign", keys(five), actor=officer, officer=officer))
    assert "撤销这次批量操作" in client.get(f"/jobs/{job.pk}/").content.decode()

    response = client.post(f"/firms/bulk/{job.pk}/undo/")

    undoing = Job.objects.exclude(pk=job.pk).get()
    assert (response["Location"], undoing.title) == (f"/jobs/{undoing.pk}/", "撤销：批量指派经办人员（5 家）")
    assert client.post(f"/firms/bulk/{job.pk}/undo/", follow=True).redirect_chain == [(f"/jobs/{job.pk}/", 302)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_sheet_costs_the_same_with_one_and_three_firms(count, five, officer, django_assert_num_queries):
    client = logged_in(officer)
    client.get("/firms/")

    with django_assert_num_queries(9):
        client.post("/firms/bulk/", {"act": "assign", "firm": keys(five[:count])})


# Programs --------------------------------------------------------------------------------------------------------------


def test_programs_act_by_credit_code_and_hear_of_every_code(five, other_firm, officer):
    client = logged_in(officer)
    codes = [firm.credit_code for firm in [*five, other_firm]]

    answer = client.post(
        "/api/v1/firms/bulk/", {"act": "tag", "firms": codes, "tag": "重点培育"}, content_type="application/json"
    )

    job = done(Job.objects.get())
    assert (answer.status_code, answer.json()) == (202, {"job": job.pk})
    assert (job.done, job.refused, FirmTag.objects.count()) == (5, 1, 5)
    rows = client.get(f"/api/v1/jobs/{job.pk}/outcomes/?outcome=refused").json()
    assert [row["reference"] for row in rows["rows"]] == [other_firm.credit_code]


def test_programs_are_told_what_is_wrong_and_nothing_starts(five, officer, firm_user):
    client = logged_in(officer)
    codes = [firm.credit_code for firm in five]
    asked = [{"act": "fly", "firms": codes}, {"act": "assign", "firms": []}, {"act": "tag", "firms": codes}]
    asked.append({"act": "shortlist", "firms": codes, "shortlist": 999})

    answers = [client.post("/api/v1/firms/bulk/", each, content_type="application/json") for each in asked]
    stranger = logged_in(firm_user).post("/api/v1/firms/bulk/", asked[1], content_type="application/json")

    assert [answer.status_code for answer in answers] == [400] * 4
    assert answers[1].json()["reasons"] == ["没有选择任何企业；请先勾选要办理的企业"]
    assert (stranger.status_code, Job.objects.count()) == (404, 0)
