"""When beat runs what: in Shanghai's hours, whatever zone the server is in."""

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


def test_every_entry_names_a_task_that_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_the_broker_never_carries_a_date():
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TIMEZONE == "Asia/Shanghai"
