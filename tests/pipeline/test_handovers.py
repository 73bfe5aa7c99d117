"""Work that goes to another: every row by the one door with its outcome, once, whoever acts at the same moment."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.choices import Role
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import ChangeRecord, Firm, Job, Post, Task, Touch, User
from crm.services.chunks import work_on
from crm.services.firms import add_touch, assign_firm
from crm.services.jobs import cancel_job
from crm.services.tasks import plan_task
from notifications.models import Message
from pipeline.choices import Held
from pipeline.models import Application, HandOver, HandOverRow
from pipeline.services.applications import assign_application, open_application
from pipeline.services.handovers import confirm, decline, hand_over, propose, receive, resume
from pipeline.services.shortlists import save_shortlist
from tests import make
from tests.pipeline import world
from tests.races import at_once

ALL = list(Held.values)


@pytest.fixture
def receiver(county) -> User:
    return make.person("receiver", county, Role.OFFICER)


@pytest.fixture
def book(county, officer, other_county) -> dict[str, Firm]:
    """What the officer holds: two firms of the county with an application and a task each, and one task elsewhere."""
    firms = {name: make.firm(f"{name}科技有限公司", county) for name in ("甲", "乙", "丙")}
    soon = timezone.localdate() + timedelta(days=5)
    for name in ("甲", "乙"):
        assign_firm(firms[name], officer=officer, actor=officer)
        open_application(firms[name], "high_tech", actor=officer)
        plan_task(firms[name], title=f"{name}要补数据", due_on=soon, actor=officer)
    plan_task(firms["丙"], title="替同事跟进", due_on=soon, actor=officer)
    plan_task(firms["甲"], title="月底前交报表", due_on=soon, actor=officer, kind="promise")
    add_touch(firms["甲"], kind="call", text="说好下周补研发数据", actor=officer)
    return firms


def owners():
    return (
        dict(Firm.objects.order_by("name").values_list("name", "officer__username")),
        list(Application.objects.order_by("pk").values_list("officer__username", flat=True)),
        list(Task.objects.order_by("pk").values_list("owner__username", flat=True)),
    )


def outcomes(handover):
    rows = HandOverRow.objects.filter(handover=handover)
    return [(row.kind, row.title, row.outcome, row.reasons) for row in rows.order_by("pk")]


def test_everything_goes_over_in_one_action_and_the_receiver_is_told_once(officer, receiver, lead, county, book):
    handover = hand_over(officer, receiver=receiver, region=county, kinds=ALL, actor=lead, note="甲最急")
    Message.objects.all().delete()

    work_on(handover.job_id)
    work_on(handover.job_id)

    handover.refresh_from_db()
    assert handover.state == "done"
    assert owners() == (
        {"丙科技有限公司": None, "乙科技有限公司": "receiver", "甲科技有限公司": "receiver"},
        ["receiver", "receiver"],
        ["receiver"] * 4,
    )
    assert outcomes(handover) == [
        ("firms", "甲科技有限公司", "done", []),
        ("firms", "乙科技有限公司", "done", []),
        ("tasks", "替同事跟进", "done", []),
    ]
    assert list(Message.objects.values_list("key", "to")) == [
        (f"handover:{handover.pk}:u{receiver.pk}", "receiver@example.cn")
    ]
    body = Message.objects.get().body
    assert "企业 2 家，另有申报 0 件、待办 1 件、名单 0 份" in body
    assert "甲最急" in body and "月底前交报表" in body and "说好下周补研发数据" in body
    records = ChangeRecord.objects.filter(field="officer", reason=f"岗位交接 {handover.pk} 号")
    assert (
        list(records.values_list("object_type", "old", "new", "actor"))
        == [("crm.firm", "姓名officer", "姓名receiver", lead.pk)] * 2
    )


def test_an_officer_proposes_and_the_lead_confirms(officer, receiver, lead, county, book):
    handover = propose(officer, receiver=receiver, region=county, kinds=ALL, actor=officer)
    asked = list(Message.objects.values_list("key", flat=True))
    with pytest.raises(NotAllowed):
        confirm(handover, actor=officer)
    unmoved = owners()[0]["甲科技有限公司"]
    confirm(handover, actor=lead)
    with pytest.raises(RowChanged):
        confirm(HandOver.objects.get(), actor=lead)

    work_on(HandOver.objects.get().job_id)

    assert asked == [f"handover_asked:{handover.pk}:u{lead.pk}"]
    assert unmoved == "officer"
    assert HandOver.objects.get().state == "done"
    assert Job.objects.filter(kind="handover").count() == 1


def test_rows_beyond_the_receivers_posts_stay_with_their_reason(city, officer, lead, county, other_county, book):
    Post.objects.create(user=officer, region=other_county, role=Role.OFFICER)
    far = make.firm("远方有限公司", other_county)
    assign_firm(far, officer=User.objects.get(pk=officer.pk), actor=lead)
    receiver = make.person("receiver", county, Role.OFFICER)

    handover = hand_over(officer, receiver=receiver, region=city, kinds=["firms"], actor=lead)
    work_on(handover.job_id)

    assert outcomes(handover) == [
        ("firms", "甲科技有限公司", "done", []),
        ("firms", "乙科技有限公司", "done", []),
        ("firms", "远方有限公司", "refused", ["姓名receiver 的岗位不包含该企业所在区划，不能作为经办人员"]),
    ]
    assert owners()[0]["远方有限公司"] == "officer"


def test_every_reason_against_a_hand_over_is_said_at_once(officer, other_officer, county, lead):
    other_officer.is_active = False

    with pytest.raises(InvalidInput) as refused:
        propose(officer, receiver=other_officer, region=county, kinds=["firms"], actor=lead)
    with pytest.raises(InvalidInput) as empty:
        propose(officer, receiver=other_officer, region=county, kinds=[], actor=officer)
    with pytest.raises(NotAllowed):
        propose(officer, receiver=lead, region=county, kinds=ALL, actor=other_officer)

    assert refused.value.reasons == [
        "姓名other_officer的账号已停用，不能接收",
        "姓名other_officer在平南县没有经办岗位，不能接收",
        "姓名officer在平南县没有所选的内容，无需交接",
    ]
    assert empty.value.reasons[0] == "请至少选择一类要交接的内容"
    assert HandOver.objects.count() == Job.objects.count() == Message.objects.count() == 0


def test_what_somebody_else_took_meanwhile_is_left_alone(officer, receiver, lead, county, book):
    handover = hand_over(officer, receiver=receiver, region=county, kinds=["firms"], actor=lead)
    assign_firm(Firm.objects.get(name="甲科技有限公司"), officer=lead, actor=lead)

    work_on(handover.job_id)

    assert outcomes(handover) == [
        ("firms", "甲科技有限公司", "refused", ["已改由他人负责，未再转交"]),
        ("firms", "乙科技有限公司", "done", []),
    ]
    assert owners()[0]["甲科技有限公司"] == "lead"


def test_a_cancelled_run_is_gone_on_with_and_nothing_moves_twice(officer, receiver, lead, county, book, monkeypatch):
    monkeypatch.setattr("pipeline.services.handovers.PART", 1)
    handover = hand_over(officer, receiver=receiver, region=county, kinds=ALL, actor=lead)
    work_on(handover.job_id, seconds=-1)  # one part
    cancel_job(Job.objects.get())
    handover = HandOver.objects.select_related("job").get()
    half = [row[1] for row in outcomes(handover)]

    resume(handover, actor=lead)
    work_on(HandOver.objects.get().job_id)

    assert half == ["甲科技有限公司"]
    assert HandOver.objects.get().state == "done"
    assert [row[:3] for row in outcomes(handover)] == [
        ("firms", "甲科技有限公司", "done"),
        ("firms", "乙科技有限公司", "done"),
        ("tasks", "替同事跟进", "done"),
    ]
    assert ChangeRecord.objects.filter(object_type="crm.firm", field="officer", actor=lead).count() == 2


def test_applications_and_lists_of_their_own_go_too(officer, receiver, lead, county):
    firm = make.firm("独立申报有限公司", county)
    application = open_application(firm, "high_tech", actor=officer)
    assign_application(application, officer=officer, actor=officer)
    edition = world.published()
    save_shortlist("秋季名单", edition=edition, region=county, firms=[firm.pk], actor=officer)

    handover = hand_over(officer, receiver=receiver, region=county, kinds=ALL, actor=lead)
    work_on(handover.job_id)

    assert [row[:3] for row in outcomes(handover)] == [
        ("applications", str(application), "done"),
        ("shortlists", "秋季名单", "done"),
    ]
    assert Application.objects.get().officer == receiver
    assert receiver.shortlists.count() == 1


def test_who_gives_takes_it_back_and_only_the_receiver_receives(officer, receiver, lead, county, book):
    handover = propose(officer, receiver=receiver, region=county, kinds=ALL, actor=officer)
    with pytest.raises(InvalidInput):
        decline(handover, actor=officer, reason=" ")
    decline(handover, actor=officer, reason="不调岗了")
    again = hand_over(officer, receiver=receiver, region=county, kinds=ALL, actor=lead)
    with pytest.raises(RowChanged):
        receive(again, actor=receiver)
    work_on(again.job_id)
    again.refresh_from_db()
    with pytest.raises(NotAllowed):
        receive(again, actor=lead)
    receive(again, actor=receiver)

    assert list(HandOver.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "done"]
    assert HandOver.objects.get(pk=again.pk).received_at is not None


@pytest.mark.usefixtures("committed_db")
def test_two_leads_who_hand_over_the_same_officer_at_once_start_one(county, city):
    officer, first, second = (make.person(name, county, Role.OFFICER) for name in ("giver", "first", "second"))
    leads = [make.person(name, city, Role.LEAD) for name in ("lead1", "lead2")]
    for number in range(3):
        assign_firm(make.firm(f"{number}号企业", county), officer=officer, actor=officer)

    def start(receiver, lead):
        people = [User.objects.get(pk=user.pk) for user in (officer, receiver, lead)]
        return lambda: hand_over(people[0], receiver=people[1], region=county, kinds=ALL, actor=people[2])

    results = at_once(start(first, leads[0]), start(second, leads[1]))

    assert sorted(type(result).__name__ for result in results) == ["HandOver", "InvalidInput"]
    refused = next(result for result in results if isinstance(result, InvalidInput))
    assert refused.reasons == ["姓名giver在平南县的交接正在办理，请先处理原来的那一件"]
    handover = HandOver.objects.get()
    work_on(handover.job_id)
    assert set(Firm.objects.values_list("officer", flat=True)) == {handover.receiver_id}


@pytest.mark.usefixtures("committed_db")
def test_two_hand_overs_of_county_and_city_at_once_give_each_firm_to_one(county, city):
    officer, first, second = (make.person(name, county, Role.OFFICER) for name in ("giver", "first", "second"))
    lead = make.person("lead1", city, Role.LEAD)
    for number in range(6):
        assign_firm(make.firm(f"{number}号企业", county), officer=officer, actor=officer)
    jobs = [
        hand_over(officer, receiver=to, region=region, kinds=["firms"], actor=lead).job_id
        for to, region in ((first, county), (second, city))
    ]

    assert [result for result in at_once(*(lambda job=job: work_on(job) for job in jobs)) if result != 1] == []

    moved = HandOverRow.objects.filter(outcome="done").values_list("object_id", "handover__receiver")
    assert sorted(moved) == sorted(Firm.objects.values_list("pk", "officer"))
    assert ChangeRecord.objects.filter(field="officer", reason__startswith="岗位交接").count() == 6
    assert HandOverRow.objects.filter(outcome="refused").count() == 6


# Pages ---------------------------------------------------------------------------------------------------------------


def test_the_preview_counts_and_lists_what_moves(officer, receiver, county, book):
    client = make.logged_in(officer)

    page = client.get("/handovers/new/").content.decode()
    tasks = client.get("/handovers/new/?show=tasks").content.decode()

    assert "在办申报 2 件" in page and "待办 3 件（其中企业承诺 1）" in page
    assert "甲科技有限公司" in page and "替同事跟进" not in page
    assert "替同事跟进" in tasks
    assert "提交，待确认" in page


def test_by_page_from_the_wish_to_the_signed_list(officer, receiver, lead, county, book, other_officer):
    given = {"receiver": receiver.pk, "kinds": ALL, "note": "甲最急"}
    mine, boss, new = make.logged_in(officer), make.logged_in(lead), make.logged_in(receiver)

    asked = mine.post("/handovers/new/", given)
    handover = HandOver.objects.get()
    address = f"/handovers/{handover.pk}/"
    assert asked.headers["Location"] == address
    assert mine.post(f"{address}confirm/").status_code == 302
    assert HandOver.objects.get().state == "proposed"
    assert boss.post(f"{address}confirm/").status_code == 302
    work_on(HandOver.objects.get().job_id)
    assert "接手后先看" in new.get(address).content.decode()
    assert new.post(f"{address}receive/").status_code == 302
    paper = new.get(f"{address}paper/").content.decode()

    assert "甲科技有限公司" in paper and "说好下周补研发数据" in paper and "接收人：" in paper
    assert HandOver.objects.get().received_at is not None
    assert make.logged_in(other_officer).get(address).status_code == 404
    assert "已签收" in mine.get("/handovers/").content.decode()


def test_who_confirms_sees_how_much_waits(officer, receiver, lead, county, book):
    handover = propose(officer, receiver=receiver, region=county, kinds=["firms", "tasks"], actor=officer)
    boss = make.logged_in(lead)

    before = boss.get(f"/handovers/{handover.pk}/").context["waiting"]
    confirm(handover, actor=lead)
    after = boss.get(f"/handovers/{handover.pk}/").context["waiting"]

    firms = Firm.objects.filter(officer=officer, region_path__under=county.path).count()
    assert before[0] == ("企业", firms)
    assert [label for label, _number in before] == ["企业", "待办与承诺"]
    assert after == []


def test_a_refused_form_keeps_what_was_typed(officer, receiver, county):
    answer = make.logged_in(officer).post(
        "/handovers/new/", {"receiver": receiver.pk, "kinds": ["firms"], "note": "先说一声"}
    )

    assert answer.status_code == 409
    assert "没有所选的内容，无需交接" in answer.content.decode() and "先说一声" in answer.content.decode()
    assert HandOver.objects.count() == 0


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_however_many_firms(officer, receiver, lead, county, number, django_assert_num_queries):
    for n in range(number):
        firm = make.firm(f"{n}号企业", county)
        assign_firm(firm, officer=officer, actor=officer)
        open_application(firm, "high_tech", actor=officer)
        plan_task(firm, title="补数据", due_on=date(2099, 1, 1), actor=officer)
        add_touch(firm, kind="call", text="电话", actor=officer)
    client, address = make.logged_in(lead), f"/handovers/new/?giver={officer.pk}&region={county.code}"
    client.get(address)
    with django_assert_num_queries(20):
        client.get(address)
    handover = hand_over(officer, receiver=receiver, region=county, kinds=ALL, actor=lead)
    work_on(handover.job_id)
    client.get("/handovers/")
    with django_assert_num_queries(7):
        client.get("/handovers/")
    with django_assert_num_queries(13):
        client.get(f"/handovers/{handover.pk}/")
    with django_assert_num_queries(12):
        client.get(f"/handovers/{handover.pk}/paper/")
    assert Touch.objects.count() == number
