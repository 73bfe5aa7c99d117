"""Two workers, or two beats, at the same instant: nobody is told twice."""

from datetime import date
from decimal import Decimal

import time_machine

from notifications.digests import send_period
from notifications.models import Digest, Message
from notifications.reminders import plan_reminders
from pipeline.models import Deadline, Indicator
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from tests.pipeline import world
from tests.races import at_once

MONDAY = "2026-11-23 10:00+08:00"


@time_machine.travel(MONDAY)
def test_a_week_mailed_by_three_workers_is_mailed_once(committed_db, city, leader, officer, lead, firm):
    set_quota(Indicator.objects.get(code="high_tech.first_time"), city, 2026, target=Decimal(45), actor=None)
    compile_metrics()

    results = at_once(*[lambda: send_period("2026-W48", today=date(2026, 11, 23))] * 3)

    assert sum(results) == Digest.objects.count() == Message.objects.filter(kind="gap_digest").count() == 2


@time_machine.travel(MONDAY)
def test_a_morning_planned_by_three_workers_after_days_of_downtime_reminds_once(
    committed_db, firm, firm_user, officer, city_officer
):
    application = world.at(firm, "formal")
    move_application(application, "return_for_correction", actor=city_officer, note="缺件")
    Message.objects.all().delete()

    with time_machine.travel("2026-11-30 08:00+08:00"):
        results = at_once(*[plan_reminders] * 3)

    told = sorted(Message.objects.filter(kind="reminder").values_list("to", flat=True))
    assert told == ["firm_user@example.cn", "officer@example.cn"]
    assert sum(results) == 2
    assert Deadline.objects.open().get().next_rung_on == date(2026, 12, 1)
