"""Decide now, reveal later: nobody outside knows before the day, and then all at once, by the rules of every move."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.html import strip_tags

from crm.models import Job, Post
from crm.services.chunks import work_on
from notifications.models import Message
from pipeline.errors import StageMoved, TransitionRefused
from pipeline.models import Indicator, PendingResult, Recognition, StageEvent
from pipeline.selectors.counts import Period, counts
from pipeline.services.applications import move_application
from pipeline.services.bulk import start_bulk_move
from pipeline.services.reveals import date_results, enter_result, reveal_due, start_reveal, withdraw_result
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(firm, firm_user):
    application = world.at(firm, "filed")
    Message.objects.all().delete()
    return application


def text(response):
    return strip_tags(response.content.decode())


def counted():
    today = timezone.localdate()
    return counts(Indicator.objects.all(), Period(today.year, today))


def refused(action):
    before = PendingResult.objects.count(), StageEvent.objects.count()
    with pytest.raises(TransitionRefused) as error:
        action()
    assert (PendingResult.objects.count(), StageEvent.objects.count()) == before
    return error.value.reasons


def revealed(*pending, actor):
    job = start_reveal([row.pk for row in pending], actor=actor)
    work_on(job.pk)
    return Job.objects.get(pk=job.pk)


def test_until_it_is_revealed_nothing_has_happened(client, filed, firm_user, city_officer):
    before = counted()

    enter_result(filed, "certify", actor=city_officer, number="GR202645000001", document="国科火字〔2026〕9号")

    filed.refresh_from_db()
    assert (filed.stage, Recognition.objects.count(), Message.objects.count()) == ("filed", 0, 0)
    assert counted() == before
    client.force_login(firm_user)
    for address in ("/portal/", f"/portal/applications/{filed.pk}/"):
        page = text(client.get(address))
        assert "国家公示" in page
        assert "GR2026" not in page
        assert "待公布" not in page
    assert client.get("/reveals/").status_code == 404
    shown = client.get(f"/api/v1/applications/{filed.pk}/").json()
    assert "GR2026" not in str(shown)
    assert shown["stage"] == "filed"
    assert client.get("/api/v1/pending-results/").json()["results"] == []

    client.force_login(city_officer)
    page = text(client.get(f"/applications/{filed.pk}/"))
    assert "待公布：登记认定" in page
    assert "待公布：登记认定" in text(client.get("/board/high_tech/"))
    assert filed.reference in text(client.get("/applications/?pending=yes"))
    assert "GR202645000001" in text(client.get("/reveals/"))


def test_revealed_together_each_is_a_move_of_its_own(firm, filed, county, city_officer, firm_user):
    second = world.at(make.firm("第二家", county), "filed")
    rows = [
        enter_result(filed, "certify", actor=city_officer, number="GR1"),
        enter_result(second, "certify", actor=city_officer, number="GR2"),
    ]

    job = revealed(*rows, actor=city_officer)

    assert (job.state, job.done, job.refused) == ("done", 2, 0)
    assert set(Recognition.objects.values_list("number", flat=True)) == {"GR1", "GR2"}
    event = StageEvent.objects.get(application=filed, transition="certify")
    assert (event.actor, event.details["number"]) == (city_officer, "GR1")
    assert Message.objects.filter(to_firm=True, recipient=firm_user).count() == 1
    assert PendingResult.objects.waiting().count() == 0
    again = revealed(*rows, actor=city_officer)
    assert (again.done, again.refused) == (0, 0)
    assert StageEvent.objects.filter(transition="certify").count() == 2


def test_a_result_asks_what_its_move_asks(firm, officer, city_officer, lead):
    expert = world.at(firm, "expert")
    assert refused(lambda: enter_result(expert, "reject", actor=city_officer)) == [
        "当前身份无权执行“不予通过”，请找科长姓名lead办理",
        "“不予通过”须写明原因",
    ]
    yesterday = timezone.localdate() - timedelta(days=1)
    assert refused(lambda: enter_result(expert, "approve", actor=city_officer, number="1", reveal_on=yesterday)) == [
        "“登记拟认定”不登记认定结果，请去掉编号和日期",
        f"公布日期 {yesterday} 须晚于今天；今天公布请直接办理",
    ]
    formal = world.at(make.firm("另一家", firm.region), "formal")
    assert refused(lambda: enter_result(formal, "recommend", actor=city_officer)) == [
        "“推荐上报”不是评审结果，不能先登记后公布"
    ]
    enter_result(expert, "approve", actor=city_officer)
    assert refused(lambda: enter_result(expert, "reject", actor=lead, note="材料不实")) == [
        "该申请已有待公布的结果；请先撤销再登记"
    ]
    with pytest.raises(StageMoved):
        enter_result(expert, "approve", actor=city_officer, version=0)


def test_a_dated_result_is_revealed_on_its_morning_once(filed, city_officer):
    day = timezone.localdate() + timedelta(days=3)
    enter_result(filed, "certify", actor=city_officer, number="GR1", reveal_on=day)

    assert reveal_due(today=day - timedelta(days=1)) == 0
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert reveal_due(today=day) == 1
        reveal_due(today=day)  # a second beat finds the same job
        job = Job.objects.get(kind="reveal")
        work_on(job.pk)
        assert reveal_due(today=day) == 0
    filed.refresh_from_db()
    assert filed.stage == "certified"
    assert StageEvent.objects.get(transition="certify").actor == city_officer


def test_an_application_that_moved_meanwhile_is_refused_and_stays_visible(client, filed, city_officer):
    row = enter_result(filed, "certify", actor=city_officer, reveal_on=timezone.localdate() + timedelta(days=1))
    move_application(filed, "object", actor=city_officer, note="收到异议")

    job = revealed(row, actor=city_officer)

    assert (job.done, job.refused) == (0, 1)
    row.refresh_from_db()
    assert row.refusal == ["该申请的阶段刚被他人更改，请刷新后再试"]
    assert reveal_due(today=row.reveal_on) == 0  # what was refused once waits for a person
    client.force_login(city_officer)
    assert row.refusal[0] in text(client.get("/reveals/"))


def test_rights_are_asked_again_when_it_is_revealed(filed, city, city_officer):
    row = enter_result(filed, "certify", actor=city_officer, reveal_on=timezone.localdate() + timedelta(days=1))
    Post.objects.filter(user=city_officer).delete()

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        reveal_due(today=row.reveal_on)
        work_on(Job.objects.get(kind="reveal").pk)

    row.refresh_from_db()
    assert row.refusal == ["当前身份无权执行“登记认定”"]
    assert Recognition.objects.count() == 0


def test_withdrawn_it_is_gone_and_another_may_be_entered(client, filed, city_officer, officer, other_officer):
    row = enter_result(filed, "certify", actor=city_officer)
    client.force_login(other_officer)
    assert client.post(f"/reveals/{row.pk}/withdraw/").status_code == 404

    withdraw_result(row, actor=officer)

    assert refused(lambda: withdraw_result(row, actor=officer)) == ["这项结果已经公布或撤销"]
    enter_result(filed, "certify", actor=city_officer)
    assert revealed(row, actor=city_officer).done == 0


def test_the_day_is_set_for_many_and_cleared(filed, city_officer):
    row = enter_result(filed, "certify", actor=city_officer)
    day = timezone.localdate() + timedelta(days=5)

    assert date_results([row], on=day, actor=city_officer) == 1
    assert date_results([row], on=day, actor=city_officer) == 0
    assert PendingResult.objects.get().reveal_on == day
    assert date_results([row], on=None, actor=city_officer) == 1


def test_by_page_by_api_and_many_at_once(client, filed, county, city_officer, django_assert_num_queries):
    client.force_login(city_officer)
    given = {"transition": "certify", "version": filed.version, "hold": "on", "number": "GR1"}
    client.post(f"/applications/{filed.pk}/move/", given)
    others = [world.at(make.firm(f"第{number}家", county), "filed") for number in range(3)]
    body = {"transition": "certify", "version": others[0].version, "hold": True, "reveal_on": "2099-01-01"}
    answer = client.post(f"/api/v1/applications/{others[0].pk}/moves/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["stage"]) == (200, "filed")
    job = start_bulk_move(
        [{"id": row.pk, "version": row.version} for row in others], "certify", actor=city_officer, hold=True
    )
    work_on(job.pk)
    job.refresh_from_db()
    assert (job.done, job.refused) == (2, 1)  # one has its result already
    assert PendingResult.objects.waiting().count() == 4

    client.get("/reveals/")
    with django_assert_num_queries(8):
        page = client.get("/reveals/")
    assert page.content.decode().count('name="row"') == 4
    assert text(client.get("/reveals/?programme=gazelle")).count("GR1") == 0

    empty = client.post("/reveals/now/", {}, follow=True)
    assert "没有选择任何待公布的结果" in text(empty)
    done = client.post("/reveals/now/", {"everything": "1"})
    assert done["Location"] == f"/jobs/{Job.objects.get(kind='reveal').pk}/"
    work_on(Job.objects.get(kind="reveal").pk)
    assert Recognition.objects.count() == 4


def test_the_api_reveals_what_one_may_see(client, filed, city_officer, other_officer):
    row = enter_result(filed, "certify", actor=city_officer)
    body = {"results": [row.pk]}

    client.force_login(other_officer)
    assert client.get("/api/v1/pending-results/").json()["results"] == []
    assert client.post("/api/v1/pending-results/reveal/", body, content_type="application/json").status_code == 404
    client.force_login(city_officer)
    assert client.get("/api/v1/pending-results/").json()["results"][0]["label"] == "登记认定"
    answer = client.post("/api/v1/pending-results/reveal/", body, content_type="application/json")
    assert answer.status_code == 202
    work_on(answer.json()["job"])
    filed.refresh_from_db()
    assert filed.stage == "certified"


def test_only_results_of_the_tables_are_revealable():
    from pipeline.workflows import WORKFLOWS

    found = {
        code: sorted({step.code for step in table.transitions if step.revealable}) for code, table in WORKFLOWS.items()
    }
    assert found == {
        "tech_sme/1": ["register", "reject"],
        "high_tech/1": ["approve", "certify", "reject"],
        "gazelle/1": ["admit", "certify", "reject"],
    }


def test_the_filter_of_the_list_tells_a_firm_nothing(client, filed, firm_user, city_officer):
    enter_result(filed, "certify", actor=city_officer)

    client.force_login(firm_user)
    assert client.get("/api/v1/applications/?pending=yes").json()["results"] == []
    client.force_login(city_officer)
    assert len(client.get("/api/v1/applications/?pending=yes").json()["results"]) == 1


def test_who_may_not_reveal_neither_stops_nor_marks_a_result(client, filed, county, officer, viewer, city_officer):
    day = timezone.localdate() + timedelta(days=1)
    row = enter_result(filed, "certify", actor=city_officer, reveal_on=day)

    client.force_login(viewer)
    assert "当前身份只能查阅" in text(client.post("/reveals/now/", {"everything": "1"}, follow=True))
    job = revealed(row, actor=officer)  # the county's desk: a city move is not theirs
    assert (job.done, job.refused) == (0, 1)

    row.refresh_from_db()
    assert row.refusal == []
    assert reveal_due(today=day) == 1


def test_a_refused_result_with_a_new_day_is_tried_again(filed, city_officer):
    row = enter_result(filed, "certify", actor=city_officer)
    PendingResult.objects.filter(pk=row.pk).update(refusal=["x"])
    day = timezone.localdate() + timedelta(days=2)

    assert date_results([row], on=day, actor=city_officer) == 1
    assert reveal_due(today=day) == 1


@pytest.mark.parametrize("key", ["9" * 30, "²", "-1", "x"])
def test_odd_keys_choose_nothing(client, filed, city_officer, key):
    client.force_login(city_officer)

    assert client.post("/reveals/now/", {"row": key}).status_code == 302
    body = {"results": [10**30]}
    assert client.post("/api/v1/pending-results/reveal/", body, content_type="application/json").status_code == 400
    assert client.post(f"/applications/{filed.pk}/undo/", {"version": "9" * 5000}).status_code == 302
