"""The watch sees what the queue cannot tell of itself, and tells the administrators once."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from crm.models import Heartbeat, PeriodicRun
from crm.periodic import periodic_jobs
from notifications import watch as watching
from notifications.models import Channel, Delivery, Incident, Message
from notifications.outbox import enqueue
from notifications.watch import watch, watch_quietly

NOW = datetime.fromisoformat("2026-11-25 10:15+08:00")
COMPILE = "pipeline.tasks.compile_metrics"


def beat(minutes_ago, now=NOW):
    Heartbeat.objects.update_or_create(name="queue", defaults={"at": now - timedelta(minutes=minutes_ago)})


def ran(name, minutes_ago, outcome="ok", error=""):
    at = NOW - timedelta(minutes=minutes_ago)
    PeriodicRun.objects.create(name=name, started_at=at, finished_at=at, outcome=outcome, error=error)


def all_ran_but(*names):
    """Every other job has just run."""
    for name in set(periodic_jobs()) - set(names):
        ran(name, 0)


def open_incidents():
    return set(Incident.objects.filter(closed_at=None).values_list("kind", "about", "detail"))


def alarms():
    return [(sent.to[0], sent.subject) for sent in mail.outbox]


def test_all_is_well_and_nobody_is_told(admin):
    beat(1)

    done = watch(now=NOW)

    assert (done.opened, done.closed, done.told, alarms()) == ([], [], 0, [])


@pytest.mark.parametrize(("minutes", "found"), [(5, set()), (6, {("queue", "", "6")})])
def test_a_queue_that_stands_is_one_incident_with_one_mail(minutes, found, admin):
    beat(minutes)

    watch(now=NOW)
    watch(now=NOW)

    assert open_incidents() == found
    assert alarms() == [("admin@example.cn", "运行告警：后台队列已 6 分钟没有动静")] * len(found)
    assert Message.objects.filter(kind="operation", recipient=admin, state="sent").count() == len(found)
    assert Delivery.objects.filter(outcome="sent").count() == len(found)


def test_it_ends_three_minutes_after_it_was_seen_last_with_one_all_clear(admin):
    beat(6)
    watch(now=NOW)
    beat(0, NOW + timedelta(minutes=1))

    watch(now=NOW + timedelta(minutes=2))
    assert len(open_incidents()) == 1
    for _ in range(2):
        watch(now=NOW + timedelta(minutes=4))

    assert open_incidents() == set()
    assert [subject for _to, subject in alarms()] == [
        "运行告警：后台队列已 6 分钟没有动静",
        "已恢复：后台队列已 6 分钟没有动静",
    ]


def test_a_job_that_did_not_run_a_failed_one_dead_letters_and_a_silent_channel_are_found(admin, city, settings):
    settings.ALARM_DEAD_LETTERS = 1
    beat(1)
    all_ran_but(COMPILE, "pipeline.tasks.screen_cities")
    ran(COMPILE, 60 * 24 + 465)  # 02:30 of the day before
    ran("pipeline.tasks.screen_cities", 60 * 9 + 15, "failed", "ValueError: x")
    enqueue(key="k", kind="stage", to="a@example.cn", subject="题", body="文", state="failed")
    Channel.objects.create(name="群", kind="robot", region=city, region_path=city.path, failures=5, changed_at=NOW)
    enqueue(key="w", kind="stage", to="a@example.cn", subject="题", body="文", send_after=NOW - timedelta(minutes=45))

    watch(now=NOW)

    found = {(kind, about): detail for kind, about, detail in open_incidents()}
    assert found["late", COMPILE] == "2026-11-25T02:30:00+08:00"
    assert found["failed", "pipeline.tasks.screen_cities"] == "ValueError: x"
    assert found["dead_letters", ""] == "1"
    assert found["channel", "群"] == "5"
    assert found["channel", ""] == "45"


def test_while_the_queue_stands_late_jobs_are_not_told_one_by_one(admin):
    beat(20)
    ran(COMPILE, 60 * 24 * 3)

    watch(now=NOW)

    assert open_incidents() == {("queue", "", "20")}


def test_many_late_jobs_are_one_incident_and_end_none_of_the_single_ones(admin):
    beat(1)
    all_ran_but(COMPILE)
    ran(COMPILE, 60 * 24 + 465)
    watch(now=NOW)
    assert {about for kind, about, _detail in open_incidents()} == {COMPILE}

    tomorrow = NOW + timedelta(days=1)
    beat(0, tomorrow)
    watch(now=tomorrow)

    assert len(open_incidents()) == 2
    assert ("late", "", "16") in open_incidents()
    assert Incident.objects.filter(closed_at=None, about=COMPILE).exists()


def test_a_mail_that_does_not_leave_is_tried_again_and_stands_in_the_site_meanwhile(admin, monkeypatch):
    class Away:
        def open(self):
            raise ConnectionRefusedError("no server")

    beat(6)
    monkeypatch.setattr(watching, "get_connection", Away)
    watch(now=NOW)

    incident = Incident.objects.get()
    assert (incident.alarmed_at, incident.error) == (None, "no server")
    assert list(Message.objects.values_list("recipient", "state")) == [(admin.pk, "in_app")]

    monkeypatch.undo()
    watch(now=NOW)
    incident.refresh_from_db()
    assert (incident.alarmed_at, incident.error, len(alarms())) == (NOW, "", 1)


def test_without_an_administrator_the_leads_of_the_city_are_told(lead, officer):
    beat(6)

    watch(now=NOW)

    assert [address for address, _subject in alarms()] == ["lead@example.cn"]


def test_a_lost_database_is_a_line_in_the_log(monkeypatch, caplog, capsys):
    def away(**kwargs):
        raise OperationalError("no database")

    monkeypatch.setattr(watching, "settle_lost_runs", away)

    assert watch_quietly() is None
    call_command("watch")

    assert "the watch cannot ask the database: no database" in caplog.text
    assert "The database does not answer" in capsys.readouterr().err


def test_the_command_says_what_it_did(admin, capsys):
    call_command("watch")

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["opened: queue  后台队列从未动过", "1 opened, 0 closed, 1 mails"]
    assert Incident.objects.get().opened_at <= timezone.now()
