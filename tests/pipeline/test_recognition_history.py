"""A firm's titles across the years: recorded, shown as a path, completed, reissued, suspended, revoked."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from crm.errors import NotAllowed
from crm.models import ChangeRecord
from pipeline.errors import RecognitionRefused
from pipeline.models import Application, Deadline, Recognition
from pipeline.selectors.recognition_paths import recognition_paths
from pipeline.services.recognition_changes import record_past_title
from tests import make
from tests.pipeline import world
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

    with django_assert_num_queries(10):
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
