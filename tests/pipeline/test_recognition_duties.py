"""What a certificate asks of its firm: the report of each year, and the report of a major change."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from crm.errors import NotAllowed
from crm.models import ChangeRecord
from notifications.models import Message
from notifications.reminders import plan_reminders
from pipeline.errors import RecognitionRefused
from pipeline.models import AnnualReport, Deadline, MajorChange, Recognition
from pipeline.rungs import DEFAULTS, due_rung, first_rung, next_rung
from pipeline.selectors.recognition_duties import duties_of, own_titles
from pipeline.selectors.renewals import of_tab, renewals
from pipeline.services.clocks import turn_the_day
from pipeline.services.recognition_changes import record_past_title
from pipeline.services.recognition_duties import record_major_change, record_report, report_major_change
from pipeline.workdays import WorkCalendar
from tests import make

TODAY = date(2026, 6, 2)  # a Tuesday
BEGUN = "2024-12-20 10:00+08:00"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel("2026-06-02 10:00+08:00", tick=False):
        yield


def certified(firm, on=date(2024, 12, 1), **given):
    """A certificate recorded when it was granted, so that every report of its years is a deadline."""
    with time_machine.travel(BEGUN, tick=False):
        return record_past_title(firm, programme="high_tech", title="certificate", granted_on=on, actor=None, **given)


def due(row):
    return [deadline.due_on.year for deadline in row.deadlines.open().filter(kind="annual_report")]


def states(row):
    return [(duty.year, duty.state) for duty in duties_of([row], TODAY)[row.pk].reports]


def refused(service, row, **given):
    with pytest.raises(RecognitionRefused) as error:
        service(row, **given)
    return error.value.reasons


def test_a_report_closes_its_deadline_and_keeps_who_when_and_number(firm, officer):
    row = certified(firm)
    assert due(row) == [2025, 2026, 2027]

    record_report(row, year=2025, on=date(2025, 5, 20), number=" 2025-001 ", actor=officer)

    report = AnnualReport.objects.get()
    assert (report.year, report.reported_on, report.number, report.actor) == (
        2025,
        date(2025, 5, 20),
        "2025-001",
        officer,
    )
    assert due(row) == [2026, 2027]
    assert states(row) == [(2025, "done"), (2026, "missed"), (2027, "waiting")]
    record = ChangeRecord.objects.get(object_type="pipeline.recognition", field="annual_report")
    assert (record.new, record.actor) == ("2025 · 2025-05-20 · 2025-001", officer)


def test_a_firm_reports_its_own_and_nobody_elses(firm, firm_user, other_firm_user, viewer, other_officer):
    row = certified(firm)

    for stranger in (other_firm_user, viewer, other_officer):
        with pytest.raises(NotAllowed):
            record_report(row, year=2026, on=TODAY, number="x", actor=stranger)
    record_report(row, year=2026, on=TODAY, number="x", actor=firm_user)

    assert AnnualReport.objects.get().actor == firm_user


def test_a_report_that_cannot_be_is_refused_with_every_reason(firm, officer):
    row = certified(firm)

    assert refused(record_report, row, year=2024, on=date(2026, 6, 3), number=" ", actor=officer) == [
        "该证书 2024 年没有年度报告；应在有效期内每年 5 月底前填报",
        "填报日期 2026-06-03 晚于今天",
        "请填写凭证编号",
    ]
    assert refused(record_report, row, year=2026, on=date(2025, 12, 31), number="x", actor=officer) == [
        "填报日期 2025-12-31 早于 2026 年"
    ]
    record_report(row, year=2026, on=TODAY, number="x", actor=officer)
    assert refused(record_report, row, year=2026, on=TODAY, number="y", actor=officer) == ["2026 年的年度报告已登记"]
    assert AnnualReport.objects.count() == 1


def test_years_before_the_product_are_neither_made_nor_missed(firm):
    row = record_past_title(firm, programme="high_tech", title="certificate", granted_on=date(2024, 12, 1), actor=None)

    assert states(row) == [(2025, "untold"), (2026, "untold"), (2027, "waiting")]


def test_missed_years_add_up_within_one_validity_and_a_late_report_takes_one_back(firm, county, officer):
    row = certified(firm)
    fine = certified(make.firm("按时公司", county))
    for year in (2025, 2026):
        record_report(fine, year=year, on=date(year, 5, 1), number="x", actor=None)

    duties = duties_of([row, fine], TODAY)
    assert (duties[row.pk].missed, duties[row.pk].loses_title) == ((2025, 2026), True)
    assert (duties[fine.pk].missed, duties[fine.pk].loses_title) == ((), False)
    assert list(of_tab(Recognition.objects.all(), "missed", TODAY)) == [row]
    assert renewals([row], user=officer, today=TODAY)[0].loses_title

    record_report(row, year=2025, on=TODAY, number="x", actor=officer)

    duties = duties_of([row], TODAY)[row.pk]
    assert (duties.missed, duties.loses_title, duties.next_year) == ((2026,), False, 2026)


@pytest.mark.parametrize("kind", ["annual_report", "major_change"])
def test_a_missed_duty_is_told_once_the_day_after(kind):
    ladder, calendar, due_on = DEFAULTS[kind], WorkCalendar(), date(2026, 5, 31)  # a Sunday

    assert first_rung(ladder, due_on, calendar) == date(2026, 4, 1)
    assert next_rung(ladder, due_on, due_on, calendar) == date(2026, 6, 1)
    assert next_rung(ladder, due_on, date(2026, 6, 1), calendar) is None
    days = (date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1))
    told = [due_rung(ladder, due_on, day, calendar) for day in days]
    assert [due and due.key for due in told] == ["-1d", "-1d", None]


def test_the_citys_lead_hears_once_of_a_missed_report(firm, officer, lead, firm_user):
    row = certified(firm)
    with time_machine.travel("2026-05-30 10:00+08:00", tick=False):
        plan_reminders(today=date(2026, 5, 29))
    assert not Message.objects.filter(recipient=lead).exists()

    assert plan_reminders(today=date(2026, 6, 1)) > 0
    assert plan_reminders(today=date(2026, 6, 1)) == plan_reminders(today=TODAY) == 0

    message = Message.objects.get(recipient=lead)
    assert "【已逾期 1 天】高新技术企业 年度报告" in message.subject
    assert message.link == f"/firms/{firm.credit_code}/"
    told = Message.objects.filter(
        key__startswith=f"deadline:{row.deadlines.get(due_on=date(2026, 5, 31)).pk}:2026-05-31:-1d"
    )
    assert {message.recipient for message in told} == {officer, lead, firm_user}


def test_a_major_change_is_due_after_three_months_and_closed_when_reported(firm, officer):
    row = certified(firm)

    change = record_major_change(row, kind="business", on=date(2026, 5, 31), what="转为软件业务", actor=officer)

    deadline = Deadline.objects.get(kind="major_change")
    assert (deadline.due_on, deadline.for_firm, deadline.next_rung_on) == (date(2026, 8, 31), True, date(2026, 7, 2))
    assert deadline.region_path == firm.region_path
    with time_machine.travel("2026-09-02 10:00+08:00", tick=False):
        report_major_change(row, change=change.pk, on=date(2026, 9, 1), document="报告表1号", actor=officer)

    deadline.refresh_from_db()
    assert (deadline.closed_at is None, deadline.next_rung_on) == (False, None)
    found = duties_of([row], date(2026, 9, 2))[row.pk].changes[0]
    assert (found.due_on, found.late, found.change.document) == (date(2026, 8, 31), True, "报告表1号")
    fields = ChangeRecord.objects.filter(object_type="pipeline.recognition").order_by("pk").values_list("field", "new")
    assert list(fields) == [("major_change", "经营业务变化 2026-05-31"), ("change_report", "2026-09-01")]


def test_a_change_that_cannot_be_is_refused_with_every_reason(firm, officer):
    row = certified(firm)

    assert refused(record_major_change, row, kind="x", on=date(2026, 6, 3), what=" ", actor=officer) == [
        "请选择变化类型",
        "变化日期 2026-06-03 晚于今天",
        "请写明变化内容",
    ]
    assert refused(record_major_change, row, kind="split", on=date(2024, 11, 30), what="分立", actor=officer) == [
        "变化日期 2024-11-30 不在证书有效期内"
    ]
    change = record_major_change(row, kind="split", on=TODAY, what="分立", actor=officer)
    assert refused(record_major_change, row, kind="split", on=TODAY, what="分立", actor=officer) == [
        "该日的同一变化已登记"
    ]
    assert refused(report_major_change, row, change=change.pk, on=date(2026, 6, 1), document=" ", actor=officer) == [
        "报告日期 2026-06-01 早于变化日期 2026-06-02",
        "请填写报告凭证",
    ]
    report_major_change(row, change=change.pk, on=TODAY, document="x", actor=officer)
    assert refused(report_major_change, row, change=change.pk, on=TODAY, document="x", actor=officer) == [
        "该变化已登记为已报告"
    ]
    assert refused(report_major_change, row, change=0, on=TODAY, document="x", actor=officer) == [
        "没有这项变化；请刷新后再试"
    ]
    assert MajorChange.objects.count() == 1


def test_the_duties_end_with_the_certificate(firm, officer):
    row = certified(firm)
    record_major_change(row, kind="split", on=date(2026, 5, 1), what="分立", actor=officer)
    assert Deadline.objects.open().filter(for_firm=True, due_on__lt=date(2027, 6, 1)).count() == 4

    turn_the_day(today=date(2027, 12, 1))

    assert not Deadline.objects.open().exists()


def test_the_list_and_the_card_show_a_missed_report_in_red(client, firm, officer):
    row = certified(firm)
    client.force_login(officer)

    page = client.get(reverse("recognitions"), {"tab": "missed"}).content.decode()
    assert "漏报年报" in page
    assert "2025 · 2026" in page
    assert "应取消资格" in page
    card = client.get(reverse("firm_recognitions", args=[firm.credit_code])).content.decode()
    assert "已累计两年未填报年度报告" in card

    address = reverse("recognition_act", args=[firm.credit_code, row.pk, "report"])
    for year in (2025, 2026):
        given = {"year": year, "on": "2026-06-01", "number": f"NB{year}"}
        assert "已登记：登记年度报告" in client.post(address, given, follow=True).content.decode()
    card = client.get(reverse("firm_recognitions", args=[firm.credit_code])).content.decode()
    assert "累计两年" not in card
    assert "NB2026" in card


def test_the_card_takes_a_major_change_and_its_report(client, firm, officer):
    row = certified(firm)
    client.force_login(officer)

    def act(name, **given):
        return client.post(reverse("recognition_act", args=[firm.credit_code, row.pk, name]), given, follow=True)

    page = act("change", kind="merger", on="2026-05-01", what="吸收合并").content.decode()
    assert "待报告，最晚 2026-08-01" in page
    change = MajorChange.objects.get()
    wrong = act("report_change", change=change.pk, on="2026-04-01", document="x")
    assert wrong.status_code == 409
    assert "报告日期 2026-04-01 早于变化日期 2026-05-01" in wrong.content.decode()
    page = act("report_change", change=change.pk, on="2026-06-01", document="桂高认报1号").content.decode()

    assert "2026-06-01 已报告" in page
    assert "桂高认报1号" in page


def test_the_portal_shows_the_firms_titles_and_takes_its_report(client, firm, firm_user, other_firm):
    row = certified(firm, number="GR202445000001")
    certified(other_firm, number="GR202445000002")
    client.force_login(firm_user)

    page = client.get(reverse("portal")).content.decode()
    assert "GR202445000001" in page
    assert "GR202445000002" not in page
    assert "登记 2025 年度报告已填报" in page
    address = reverse("portal_report", args=[row.pk])
    wrong = client.post(address, {"year": 2025, "on": "2026-06-03", "number": "x"}, follow=True)
    assert "填报日期 2026-06-03 晚于今天" in wrong.content.decode()
    page = client.post(address, {"year": 2025, "on": "2026-06-01", "number": "NB1"}, follow=True).content.decode()

    assert "已登记年度报告" in page
    assert "登记 2026 年度报告已填报" in page
    assert AnnualReport.objects.get().actor == firm_user
    foreign = Recognition.objects.get(firm=other_firm)
    assert client.post(reverse("portal_report", args=[foreign.pk]), {}).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_a_firms_titles_cost_the_same_for_any_number(firm, rows, django_assert_num_queries):
    for number in range(rows):
        certified(firm, on=date(2024, 12, 1 + number))

    with django_assert_num_queries(4):
        titles = own_titles([firm], TODAY)

    assert [(title.valid, len(title.duties.missed)) for title in titles] == [(True, 2)] * rows
