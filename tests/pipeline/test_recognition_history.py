"""A firm's titles across the years: recorded, shown as a path, completed, reissued, suspended, revoked."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from crm.errors import NotAllowed, RowChanged
from crm.models import ChangeRecord
from pipeline.errors import ApplicationRefused, RecognitionRefused
from pipeline.models import Application, Deadline, Recognition
from pipeline.selectors.recognition_paths import recognition_paths
from pipeline.services.recognition_changes import (
    complete_recognition,
    lift_suspension,
    record_past_title,
    reissue_recognition,
    revoke_recognition,
    suspend_recognition,
)
from tests import make
from tests.pipeline import world
from tests.pipeline.test_counts import counted
from tests.pipeline.test_recognition_renewals import granted

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def noon():
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        yield


def past(firm, actor, **changes):
    given = {"programme": "high_tech", "title": "certificate", "granted_on": date(2024, 11, 28)}
    return record_past_title(firm, actor=actor, **{**given, **changes})


def test_a_title_from_before_the_product_counts_and_makes_due_what_a_new_one_would(firm, officer):
    row = past(firm, officer, number=" GR202445000001 ", document="国科火字〔2024〕1号")

    assert (row.number, row.document, row.valid_until) == ("GR202445000001", "国科火字〔2024〕1号", date(2027, 11, 27))
    assert (row.region, row.application) == (firm.region, None)
    found = Deadline.objects.open().order_by("due_on").values_list("kind", "due_on")
    assert list(found) == [("annual_report", date(2027, 5, 31)), ("certificate_expiry", date(2027, 11, 27))]
    record = ChangeRecord.objects.get(object_type="crm.firm", field="recognition")
    assert (record.new, record.actor) == ("高新技术企业 GR202445000001", officer)


def test_a_wrong_record_is_refused_with_every_reason_at_once(firm, other_firm, officer):
    past(other_firm, None, number="GR1")
    past(firm, officer, granted_on=date(2024, 12, 1))

    with pytest.raises(RecognitionRefused) as refused:
        past(firm, officer, title="library", number="GR1", granted_on=date(2027, 1, 1), valid_until=date(2026, 1, 1))
    assert refused.value.reasons == [
        "该计划不授予这种资格；请重新选择",
        "认定日期 2027-01-01 晚于今天；请核对公告",
        "有效期至 2026-01-01 早于认定日期 2027-01-01",
    ]
    with pytest.raises(RecognitionRefused) as refused:
        past(firm, officer, number="GR1", granted_on=date(2024, 12, 1), valid_until=date(2050, 1, 1))
    assert refused.value.reasons == [
        "有效期至 2050-01-01 过远；请核对年份",
        "编号 GR1 已登记在另一项认定结果上；请核对证书",
        "该企业 2024-12-01 的同一资格已登记；请核对日期",
    ]
    assert Recognition.objects.count() == 2


def test_who_may_only_read_records_nothing(firm, viewer, other_officer):
    for actor in (viewer, other_officer):
        with pytest.raises(NotAllowed):
            past(firm, actor)
    assert not Recognition.objects.exists()


def test_the_path_says_what_became_of_each_title(firm, officer):
    granted(firm, date(2020, 11, 30), date(2017, 12, 1))
    granted(firm, date(2023, 11, 30), date(2020, 12, 1))
    granted(firm, date(2026, 12, 9), date(2023, 12, 10))
    granted(firm, date(2024, 12, 31), date(2024, 8, 1), programme="tech_sme", title="registration")
    granted(firm, date(2027, 8, 1), date(2024, 8, 2), programme="gazelle", ended_on=date(2025, 1, 1))

    tech_sme, high_tech, gazelle = recognition_paths(firm, user=officer, today=TODAY)

    assert [(entry.row.granted_on.year, entry.state, entry.again) for entry in high_tech.entries] == [
        (2023, "valid", True),
        (2020, "renewed", True),
        (2017, "renewed", False),
    ]
    assert [entry.state for entry in tech_sme.entries] == ["lapsed"]
    assert [entry.state for entry in gazelle.entries] == ["ended"]
    assert (high_tech.renewal.due, high_tech.renewal.year) == (True, 2026)
    assert (high_tech.following.programme, tech_sme.following, gazelle.following) == ("gazelle", None, None)


def test_the_next_rung_is_not_offered_while_it_runs(firm, officer):
    granted(firm, date(2027, 12, 9), date(2024, 12, 10))
    world.opened(firm, officer, "gazelle")

    assert recognition_paths(firm, user=officer, today=TODAY)[0].following is None


def test_the_card_shows_the_path_and_opens_the_next_rung(client, firm, officer):
    granted(firm, date(2027, 12, 9), date(2024, 12, 10), number="GR202445000001")
    client.force_login(officer)

    page = client.get(reverse("firm_recognitions", args=[firm.credit_code])).content.decode()
    assert "GR202445000001" in page
    assert "文号待补" in page
    assert "下一级" in page
    client.post(reverse("firm_open", args=[firm.credit_code]), {"programme": "gazelle", "year": 2026})

    assert Application.objects.get().programme == "gazelle"
    card = client.get(reverse("firm_recognitions", args=[firm.credit_code]), headers={"HX-Request": "true"})
    assert "<html" not in card.content.decode()
    assert "GR202445000001" in client.get(reverse("firm", args=[firm.credit_code])).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_card_costs_the_same_for_any_number_of_titles(client, firm, officer, rows, django_assert_num_queries):
    for number in range(rows):
        granted(firm, date(2027, 12, 9 + number))
    client.force_login(officer)
    address = reverse("firm_recognitions", args=[firm.credit_code])
    client.get(address, headers={"HX-Request": "true"})

    with django_assert_num_queries(14):
        client.get(address, headers={"HX-Request": "true"})


def test_the_form_records_a_title_and_keeps_what_was_typed_when_refused(client, firm, officer):
    client.force_login(officer)
    address = reverse("recognition_add", args=[firm.credit_code])
    given = {
        "kind": "high_tech:certificate",
        "number": "GR7",
        "granted_on": "2024-11-28",
        "document": "国科火字〔2024〕1号",
    }

    assert client.get(address).status_code == 200
    page = client.post(address, given, follow=True).content.decode()
    assert "已补录" in page
    again = client.post(address, given)

    assert again.status_code == 409
    assert "编号 GR7 已登记在另一项认定结果上" in again.content.decode()
    assert 'value="国科火字〔2024〕1号"' in again.content.decode()
    assert Recognition.objects.get().number == "GR7"


def test_a_viewer_meets_no_form(client, firm, viewer):
    client.force_login(viewer)
    address = reverse("recognition_add", args=[firm.credit_code])

    assert "当前身份只能查阅" in client.get(address).content.decode()
    given = {"kind": "high_tech:certificate", "granted_on": "2024-11-28"}
    assert client.post(address, given).status_code == 409
    assert not Recognition.objects.exists()


def test_another_counties_firm_is_hidden(client, county, other_officer):
    firm = make.firm("平南公司", county)
    client.force_login(other_officer)

    assert client.get(reverse("firm_recognitions", args=[firm.credit_code])).status_code == 404
    assert client.get(reverse("recognition_add", args=[firm.credit_code])).status_code == 404


def history(row):
    records = ChangeRecord.objects.filter(object_type="pipeline.recognition", object_id=str(row.pk)).order_by("pk")
    return [(record.field, record.old, record.new, record.reason) for record in records]


def refused(service, row, **given):
    with pytest.raises(RecognitionRefused) as error:
        service(row, **given)
    return error.value.reasons


def test_a_title_without_number_and_document_is_completed_once(firm, officer):
    row = past(firm, officer)

    complete_recognition(row, number=" GR1 ", actor=officer)
    complete_recognition(row, number="GR1", document="国科火字〔2024〕1号", actor=officer)

    row.refresh_from_db()
    assert (row.number, row.document) == ("GR1", "国科火字〔2024〕1号")
    assert history(row) == [("number", "", "GR1", ""), ("document", "", "国科火字〔2024〕1号", "")]
    assert refused(complete_recognition, row, number="GR2", actor=officer) == ["已有编号“GR1”；证书更换请登记更名换证"]
    assert refused(complete_recognition, row, number=" ", actor=officer) == ["请填写编号或公告文号"]


def test_two_titles_never_share_a_number(firm, other_firm, officer):
    past(other_firm, None, number="GR1")
    row = past(firm, officer)

    assert refused(complete_recognition, row, number="GR1", actor=officer) == [
        "编号 GR1 已登记在另一项认定结果上；请核对证书"
    ]
    assert refused(reissue_recognition, row, number="GR1", on=TODAY, document="x", actor=officer) == [
        "编号 GR1 已登记在另一项认定结果上；请核对证书"
    ]
    row.refresh_from_db()
    assert (row.number, history(row)) == ("", [])


def test_a_change_of_name_reissues_the_certificate_and_keeps_number_and_validity(firm, officer):
    row, old = past(firm, officer, number="GR1"), firm.name

    reissue_recognition(
        row, name="平南智能股份有限公司", on=date(2026, 10, 8), document="桂高认〔2026〕3号", actor=officer
    )

    row.refresh_from_db()
    firm.refresh_from_db()
    assert (firm.name, [former.name for former in firm.former_names.all()]) == ("平南智能股份有限公司", [old])
    assert (row.number, row.valid_until, row.reissued_on) == ("GR1", date(2027, 11, 27), date(2026, 10, 8))
    assert history(row) == [("reissued_on", "", "2026-10-08", "桂高认〔2026〕3号")]


def test_a_reissue_that_changes_nothing_is_refused_with_every_reason(firm, officer):
    row = past(firm, officer, number="GR1")

    reasons = refused(
        reissue_recognition, row, name=firm.name, number="GR1", on=date(2027, 1, 1), document=" ", actor=officer
    )

    assert reasons == [
        "日期 2027-01-01 晚于今天；请核对文件",
        "请填写换证的文号",
        "企业名称和编号都没有变化；请填写新的名称或编号",
    ]


def test_a_suspended_title_keeps_counting_and_is_shown_apart_until_it_is_lifted(firm, county, officer):
    row = past(firm, officer, number="GR1")

    suspend_recognition(row, on=date(2026, 6, 1), reason="环保核查", document="桂高认〔2026〕5号", actor=officer)

    entry = recognition_paths(firm, user=officer, today=TODAY)[0].entries[0]
    assert (entry.state, entry.word, counted("high_tech.stock", county)) == ("suspended", "暂停", 1)
    assert refused(suspend_recognition, row, on=date(2026, 7, 1), reason=" ", actor=officer) == [
        "请写明原因",
        "该资格自 2026-06-01 起已暂停",
    ]
    assert refused(lift_suspension, row, on=date(2026, 5, 1), reason="x", actor=officer) == [
        "恢复日期 2026-05-01 早于暂停日期 2026-06-01"
    ]
    lift_suspension(row, on=date(2026, 9, 1), reason="核查通过", actor=officer)

    entry = recognition_paths(firm, user=officer, today=TODAY)[0].entries[0]
    assert (entry.state, entry.row.suspended_on, entry.row.suspend_reason) == ("valid", None, "")
    assert history(row) == [
        ("suspended_on", "", "2026-06-01", "环保核查（桂高认〔2026〕5号）"),
        ("suspend_reason", "", "环保核查", "环保核查（桂高认〔2026〕5号）"),
        ("suspended_on", "2026-06-01", "", "2026-09-01 恢复：核查通过"),
        ("suspend_reason", "环保核查", "", "2026-09-01 恢复：核查通过"),
    ]
    assert refused(lift_suspension, row, on=TODAY, reason="x", actor=officer) == ["该资格没有暂停，无需恢复"]


def test_who_was_second_is_told_that_the_title_was_changed(firm, officer):
    row = past(firm, officer)
    stale = Recognition.objects.select_related("firm").get(pk=row.pk)
    suspend_recognition(row, on=TODAY, reason="核查", actor=officer)

    with pytest.raises(RowChanged):
        suspend_recognition(stale, on=TODAY, reason="又一次", actor=officer)

    row.refresh_from_db()
    assert (row.suspend_reason, len(history(row))) == ("核查", 2)


def test_a_lead_revokes_a_title_by_document_and_nothing_is_due_any_more(firm, county, officer, lead):
    row = past(firm, officer, number="GR1")

    revoke_recognition(row, on=date(2026, 8, 1), reason="累计两年未填报", document="国科火字〔2026〕9号", actor=lead)

    assert (row.ended_on, row.end_reason, row.end_document) == (
        date(2026, 8, 1),
        "累计两年未填报",
        "国科火字〔2026〕9号",
    )
    assert counted("high_tech.stock", county) == 0
    assert not Deadline.objects.open().exists()
    assert history(row) == [
        ("ended_on", "", "2026-08-01", "累计两年未填报"),
        ("end_document", "", "国科火字〔2026〕9号", "累计两年未填报"),
    ]
    assert refused(suspend_recognition, row, on=TODAY, reason="x", actor=lead) == ["该资格已于 2026-08-01 撤销"]


def test_who_lost_a_title_of_old_this_year_does_not_apply_this_year(firm, lead):
    row = past(firm, lead)
    revoke_recognition(row, on=date(2026, 8, 1), reason="弄虚作假", document="国科火字〔2026〕9号", actor=lead)

    with pytest.raises(ApplicationRefused) as error:
        world.opened(firm, lead)

    assert error.value.reasons == ["2026 年资格被撤销的企业当年不得再次申报"]
    assert world.opened(firm, lead, "tech_sme").programme == "tech_sme"


def test_a_revocation_is_refused_with_every_reason(firm, officer):
    world.at(firm, "certified")
    row = Recognition.objects.get()

    reasons = refused(revoke_recognition, row, on=date(2027, 1, 1), reason=" ", document="", actor=officer)

    assert reasons == [
        "撤销资格由科长登记；请联系本辖区的科长",
        "日期 2027-01-01 晚于今天；请核对文件",
        "请写明原因",
        "请填写撤销的文号",
        f"该资格由申报 {row.application.reference} 登记；请在该申报中办理",
    ]
    row.refresh_from_db()
    assert (row.ended_on, history(row)) == (None, [])


@pytest.mark.parametrize(
    ("service", "given"),
    [
        (complete_recognition, {"number": "GR9"}),
        (reissue_recognition, {"on": TODAY, "document": "x", "number": "GR9"}),
        (suspend_recognition, {"on": TODAY, "reason": "x"}),
        (lift_suspension, {"on": TODAY, "reason": "x"}),
        (revoke_recognition, {"on": TODAY, "reason": "x", "document": "x"}),
    ],
)
def test_who_may_only_read_changes_nothing(firm, viewer, service, given):
    row = past(firm, None)

    with pytest.raises(NotAllowed):
        service(row, actor=viewer, **given)

    assert history(row) == []


def act(client, row, name, **given):
    return client.post(reverse("recognition_act", args=[row.firm.credit_code, row.pk, name]), given, follow=True)


def test_the_card_offers_what_fits_and_keeps_a_refused_form(client, firm, officer):
    row = past(firm, officer)
    client.force_login(officer)
    page = client.get(reverse("firm_recognitions", args=[firm.credit_code])).content.decode()
    assert [word in page for word in ("补全编号文号", "登记更名换证", "登记暂停", "登记恢复", "登记撤销")] == [
        True,
        True,
        True,
        False,
        False,
    ]

    assert "已登记：补全编号文号" in act(client, row, "complete", number="GR1", document="x号").content.decode()
    page = act(
        client, row, "suspend", on="2026-06-01", reason="环保核查", document="桂高认〔2026〕5号"
    ).content.decode()
    assert "2026-06-01 起暂停" in page
    assert "暂停日期：空 → 2026-06-01" in page
    wrong = act(client, row, "suspend", on="2026-07-01", reason="再次核查")

    assert wrong.status_code == 409
    assert "该资格自 2026-06-01 起已暂停" in wrong.content.decode()
    assert 'value="再次核查"' in wrong.content.decode()
    assert act(client, row, "nonsense").status_code == 404


def test_a_lead_is_offered_revoking(client, firm, lead):
    row = past(firm, lead)
    client.force_login(lead)

    page = act(
        client, row, "revoke", on="2026-06-01", reason="弄虚作假", document="国科火字〔2026〕9号"
    ).content.decode()

    assert "已登记：登记撤销" in page
    assert "2026-06-01 撤销：弄虚作假 · 国科火字〔2026〕9号" in page
