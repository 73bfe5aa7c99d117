"""A server in any zone plans the same messages for the same Shanghai minute."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from notifications.models import Message
from notifications.occasions import plan_occasions
from notifications.reminders import plan_reminders
from pipeline.models import Application, Deadline
from pipeline.services.applications import move_application
from tests import make
from tests.pipeline import world

ZONES = ("UTC", "Asia/Tokyo", "Asia/Shanghai", "America/Los_Angeles")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def server_zone(monkeypatch):
    """Puts the C library's zone, which naive times come from, elsewhere; given back at the end."""
    before = os.environ.get("TZ")

    def put(zone):
        os.environ["TZ"] = zone
        time.tzset()

    yield put
    put(before or "Asia/Shanghai")


@pytest.fixture
def returned(formal, city_officer, firm_user, lead, leader, officer):
    """Returned at one minute to midnight, Tuesday 29 December 2026: its five days run over the new year."""
    with time_machine.travel(datetime(2026, 12, 29, 15, 59, tzinfo=UTC), tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
        Application.objects.filter(pk=formal.pk).update(next_action_on=date(2026, 12, 31), officer=officer)
    Message.objects.all().delete()
    return formal


def planned(at):
    """Everything that both planners add at this moment, undone afterwards."""
    with transaction.atomic(), time_machine.travel(at, tick=False):
        plan_occasions()
        plan_reminders()
        fields = ("key", "subject", "body", "html", "state", "send_after", "expires_at", "urgent", "planned_for")
        rows = list(Message.objects.order_by("key").values_list(*fields))
        deadlines = list(Deadline.objects.order_by("pk").values_list("due_on", "next_rung_on"))
        transaction.set_rollback(True)
    return rows, deadlines


def shanghai(text):
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("at", "count", "morning"),
    [
        ("2026-12-31 23:59", 5, date(2026, 12, 31)),  # the month's end and the planned action
        ("2027-01-01 00:01", 0, None),  # New Year's Day
        ("2027-01-03 23:59", 0, None),  # the last of three days off
        ("2027-01-04 00:01", 7, date(2027, 1, 4)),  # and the correction
        ("2027-01-04 08:00", 7, date(2027, 1, 4)),
    ],
)
def test_the_same_messages_for_the_same_minutes(returned, server_zone, at, count, morning):
    found = {}
    for zone in ZONES:
        server_zone(zone)
        found[zone] = planned(shanghai(at))

    rows, _deadlines = found["Asia/Shanghai"]
    assert len(rows) == count
    assert {timezone.localtime(row[5], SHANGHAI) for row in rows} == (
        {datetime(morning.year, morning.month, morning.day, 8, tzinfo=SHANGHAI)} if morning else set()
    )
    assert all(found[zone] == found["Asia/Shanghai"] for zone in ZONES)


@pytest.mark.parametrize(("at", "due_on"), [("2026-12-29 23:59", 6), ("2026-12-30 00:01", 7)])
def test_terms_begin_on_the_shanghai_day_wherever_the_server_is(city_officer, county, server_zone, at, due_on):
    dates = []
    for number, zone in enumerate(ZONES):
        server_zone(zone)
        with time_machine.travel(shanghai(at), tick=False):
            application = world.at(make.firm(f"企业{number}", county), "formal")
            move_application(application, "return_for_correction", actor=city_officer, note="缺件")
            deadline = application.deadlines.get(kind="correction_due", closed_at=None)
            dates.append((deadline.due_on, deadline.provisional, deadline.next_rung_on))

    first_rung = date(2027, 1, 4)
    assert set(dates) == {(date(2027, 1, due_on), True, first_rung)}
    assert date(2027, 1, due_on) - timedelta(days=3) <= first_rung
