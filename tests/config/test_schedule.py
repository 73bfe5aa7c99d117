"""When beat runs what: in Shanghai's hours, whatever zone the server is in."""

import os
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from celery.schedules import crontab
from django.conf import settings

from config.celery import app


def next_run(entry, after):
    with time_machine.travel(after, tick=False):
        schedule: crontab = settings.CELERY_BEAT_SCHEDULE[entry]["schedule"]
        schedule.app = app
        wait = schedule.remaining_estimate(after)
    return (after + wait).astimezone(timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("entry", "hours", "minute"),
    [
        ("plan the reminders due today", {8}, 0),
        ("screen every city before the metrics are compiled", {1}, 0),
        ("compile the night's metrics", {2}, 30),
        ("send the weekly gap mail on the first working day", set(range(8, 21)), 30),
    ],
)
@pytest.mark.parametrize("hour", [0, 7, 15, 23])
def test_entries_fire_at_shanghais_hours(entry, hours, minute, hour):
    now = datetime(2026, 11, 23, hour, 59, tzinfo=UTC)

    run = next_run(entry, now)

    assert (run.hour in hours, run.minute) == (True, minute)


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def server_zone(request):
    """The server's own zone, as its C library has it."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ["TZ"] = before or "Asia/Shanghai"
    time.tzset()


@pytest.mark.parametrize(
    ("entry", "after", "expected"),
    [
        ("plan the reminders due today", "2026-12-31 23:59", "2027-01-01 08:00"),
        ("plan the reminders due today", "2027-01-01 00:01", "2027-01-01 08:00"),
        ("plan the reminders due today", "2027-01-01 08:00", "2027-01-02 08:00"),
        ("turn the day's clocks", "2026-12-31 23:59", "2027-01-01 00:10"),
        ("plan again what a failed morning left", "2026-12-31 20:06", "2027-01-01 09:05"),
    ],
)
def test_the_next_fire_time_is_shanghais_in_whatever_zone_the_server_is(server_zone, entry, after, expected):
    run = next_run(entry, datetime.fromisoformat(f"{after}+08:00").astimezone(UTC))

    assert run == datetime.fromisoformat(f"{expected}+08:00")


def test_every_entry_names_a_task_that_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_the_broker_never_carries_a_date():
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TIMEZONE == "Asia/Shanghai"
