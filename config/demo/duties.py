"""What certificates ask of their firms, in the demonstration city: most reported, a few missed, one suspended."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from crm.models import User
from pipeline.models import AnnualReport, Recognition
from pipeline.services import deadlines
from pipeline.services.recognition_changes import suspend_recognition
from pipeline.services.recognition_duties import record_major_change

MISSED_ONE, MISSED_TWO = 5, 2  # firms without last year's report as well
WITHOUT_DOCUMENT = 4


def make_duties(officer: User, today: date) -> None:
    """Reports, misses, a major change and a suspension for the certificates that are valid today."""
    valid = Recognition.objects.valid_on(today).filter(programme="high_tech").select_related("firm")
    certificates = list(valid.order_by("granted_on", "pk"))
    reports = []
    for place, row in enumerate(certificates):
        past = [day for day in deadlines.report_days(row) if day < today]
        missed = past[-2:] if place < MISSED_TWO else past[-1:] if place < MISSED_ONE else []
        for due in missed:
            deadlines.report_missed(row, due)
        reports += [_report(row, due, officer) for due in past if due not in missed]
    AnnualReport.objects.bulk_create(reports, batch_size=2000)
    Recognition.objects.filter(pk__in=[row.pk for row in certificates[-WITHOUT_DOCUMENT:]]).update(document="")
    if len(certificates) > MISSED_ONE + 1:
        changed, suspended = certificates[MISSED_ONE], certificates[MISSED_ONE + 1]
        since = today - timedelta(days=40)
        record_major_change(changed, kind="business", on=since, what="新增软件与信息服务业务", actor=officer)
        suspend_recognition(suspended, on=since, reason="安全生产核查期间暂停", actor=officer)


def _report(row: Recognition, due: date, officer: User) -> AnnualReport:
    made = due - timedelta(days=3 + row.pk % 20)
    number = f"NB{due.year}{row.pk:06d}"
    return AnnualReport(
        recognition=row, year=due.year, reported_on=made, number=number, actor=officer, at=timezone.now()
    )
