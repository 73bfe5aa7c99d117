"""The jobs that beat starts: their rows, their hours, and the button that starts one now."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import current_app
from celery.schedules import crontab
from django.utils import timezone

from config.celery import app
from crm.errors import NotAllowed
from crm.models import PeriodicRun
from crm.periodic import WORDS, in_words, next_of, periodic_jobs
from crm.selectors.runs import job_rows
from crm.services import runs
from crm.services.runs import RunRefused, ask_run, recorded, settle_lost_runs, thin_runs
from crm.templatetags.run_tags import outcome_words

COMPILE = "pipeline.tasks.compile_metrics"
HEART = "crm.tasks.beat_heart"


def task(name, action):
    """A recorded function that bears the name of a task."""
    room, _tasks, function = name.split(".")
    action.__module__, action.__name__ = f"{room}.tasks", function
    return recorded(action)


def rows(**wanted):
    return list(PeriodicRun.objects.filter(**wanted).order_by("pk").values_list("name", "outcome", "result", "error"))


@pytest.fixture
def sent(monkeypatch):
    """What went to the broker."""
    found = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **given: found.append((name, given)))
    return found


def test_every_job_of_the_schedule_is_recorded_and_has_words():
    app.loader.import_default_modules()

    jobs = periodic_jobs()

    assert [name for name in jobs if not hasattr(app.tasks[name].run, "is_recorded")] == []
    assert [name for name in jobs if name not in WORDS] == []


def test_a_run_leaves_a_row_with_what_it_came_to(db):
    task(COMPILE, lambda: 7)()
    task(COMPILE, lambda: [1, 2, 3])()
    task(COMPILE, lambda: None)()

    assert rows() == [(COMPILE, "ok", "7", ""), (COMPILE, "ok", "3", ""), (COMPILE, "ok", "", "")]


def test_what_fails_is_written_down_and_raised_on(db):
    def fail():
        raise ValueError("no numbers")

    with pytest.raises(ValueError, match="no numbers"):
        task(COMPILE, fail)()

    assert rows() == [(COMPILE, "failed", "", "ValueError: no numbers")]


def test_of_a_job_of_every_minute_the_last_good_run_and_the_failures_stay(db):
    def fail():
        raise ValueError("x")

    task(HEART, lambda: 1)()
    with pytest.raises(ValueError):
        task(HEART, fail)()
    task(HEART, lambda: 2)()
    task(HEART, lambda: 3)()

    assert rows() == [(HEART, "failed", "", "ValueError: x"), (HEART, "ok", "3", "")]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (crontab(minute="*"), "每分钟"),
        (crontab(minute="*/10"), "每 10 分钟"),
        (timedelta(seconds=60), "每分钟"),
        (timedelta(seconds=2), "每 2 秒"),
        (crontab(hour="8", minute="0"), "每天 08:00"),
        (crontab(hour="9-20", minute="5"), "每天 09:05–20:05 每小时"),
        (crontab(hour="0,6,7", minute="10"), "每天 00:10、06:10、07:10"),
        (crontab(hour="9", minute="0", day_of_week="1"), "周一 09:00"),
        (crontab(hour="9", minute="0", day_of_month="1"), "每月 1 日 09:00"),
    ],
)
def test_a_schedule_in_words(entry, words):
    assert in_words(entry) == words


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize(
    "entry", [crontab(hour="8", minute="0"), crontab(hour="8-20", minute="30"), crontab(minute="*/10")]
)
def test_the_next_run_is_the_one_that_celery_computes(entry, hour):
    now = datetime(2026, 12, 31, hour, 59, 30, tzinfo=UTC)
    entry.app = app

    with time_machine.travel(now, tick=False):
        theirs = now + entry.remaining_estimate(now)

    assert next_of(entry, now) == theirs


@pytest.mark.parametrize(("minutes", "late"), [(30, False), (31, True)])
def test_a_job_is_late_half_an_hour_after_its_time(minutes, late, db):
    with time_machine.travel("2026-11-24 02:30+08:00"):
        task(COMPILE, lambda: 1)()

    now = datetime.fromisoformat("2026-11-25 02:30+08:00") + timedelta(minutes=minutes)
    row = next(row for row in job_rows(now=now) if row.job.task == COMPILE)

    assert row.late_since == (datetime.fromisoformat("2026-11-25 02:30+08:00") if late else None)


def test_a_job_that_runs_now_is_not_late_and_one_that_failed_is(db):
    with time_machine.travel("2026-11-24 02:30+08:00"):
        task(COMPILE, lambda: 1)()
    now = datetime.fromisoformat("2026-11-25 04:00+08:00")
    run = PeriodicRun.objects.create(name=COMPILE, started_at=now - timedelta(minutes=90))

    def late():
        return next(row.late_since for row in job_rows(now=now) if row.job.task == COMPILE)

    assert late() is None
    PeriodicRun.objects.filter(pk=run.pk).update(outcome="failed")
    assert late() is not None


def test_the_report_costs_two_queries(db, django_assert_num_queries):
    for _ in range(3):
        task(COMPILE, lambda: 1)()
        task(HEART, lambda: 1)()

    with django_assert_num_queries(2):
        job_rows(now=timezone.now())


def test_a_lead_starts_a_job_once(lead, sent):
    job = periodic_jobs()[COMPILE]

    run = ask_run(job, actor=lead)
    with pytest.raises(RunRefused):
        ask_run(job, actor=lead)

    assert sent == [(COMPILE, {"kwargs": {"asked": run.pk}})]
    assert (PeriodicRun.objects.count(), run.outcome, run.by) == (1, "asked", lead)

    task(COMPILE, lambda: 5)(asked=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.result, run.by) == ("ok", "5", lead)
    assert ask_run(job, actor=lead).pk != run.pk


def test_an_officer_starts_nothing(officer, sent):
    with pytest.raises(NotAllowed):
        ask_run(periodic_jobs()[COMPILE], actor=officer)

    assert (sent, PeriodicRun.objects.count()) == ([], 0)


def test_without_a_broker_nothing_is_left_behind(lead, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", away)

    with pytest.raises(RunRefused) as refused:
        ask_run(periodic_jobs()[COMPILE], actor=lead)

    assert refused.value.reasons == ["队列没有应答，任务未启动；请稍后再试，或请管理员检查队列服务"]
    assert PeriodicRun.objects.count() == 0


def test_a_run_whose_worker_or_broker_was_lost_blocks_nobody(lead, sent):
    job = periodic_jobs()[COMPILE]
    first = ask_run(job, actor=lead)
    PeriodicRun.objects.filter(pk=first.pk).update(started_at=timezone.now() - timedelta(minutes=11))

    second = ask_run(job, actor=lead)
    PeriodicRun.objects.filter(pk=second.pk).update(outcome="running", started_at=timezone.now() - timedelta(hours=7))

    assert settle_lost_runs() == 1
    assert rows() == [(COMPILE, "failed", "", "the worker or the broker was lost")] * 2


def test_runs_are_kept_ninety_days_and_failures_of_every_minute_seven(db):
    def at(name, days, outcome):
        PeriodicRun.objects.create(name=name, outcome=outcome, started_at=timezone.now() - timedelta(days=days))

    for name, days, outcome in (
        (COMPILE, 89, "ok"),
        (COMPILE, 91, "ok"),
        (COMPILE, 8, "failed"),
        (HEART, 6, "failed"),
        (HEART, 8, "failed"),
    ):
        at(name, days, outcome)

    assert (thin_runs(), thin_runs()) == ("2 forgotten", "0 forgotten")
    assert runs.KEPT_DAYS == 90


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("37", "处理 37 项"),
        ("sent 3, later 0, failed 1, unknown 0", "发出 3，稍后再发 0，失败 1，结果未知 0"),
        ("2026-11-26: 41 new, 5 morning mails", "2026-11-26：新增 41，早上邮件 5"),
        ("3 new pairs", "新增疑似重复 3"),
        ("2026-11-28: a day off", "2026-11-28：休息日，不安排"),
        ("", ""),
    ],
)
def test_what_a_run_came_to_in_words(result, words):
    assert outcome_words(result) == words


def test_the_page_shows_every_job_and_starts_one(client, lead, sent):
    client.force_login(lead)
    task(COMPILE, lambda: 12)()

    page = client.get("/settings/jobs/").content.decode()
    answer = client.post(f"/settings/jobs/{COMPILE}/run/", follow=True).content.decode()

    assert all(str(title) in page and str(does) in page for title, does in WORDS.values())
    assert "每天 02:30" in page
    assert "已请求运行“汇总指标”" in answer
    assert client.post("/settings/jobs/nonsense/run/").status_code == 404


def test_the_page_does_not_call_well_what_has_never_run(client, lead):
    client.force_login(lead)

    before = client.get("/settings/jobs/").content.decode()
    task(COMPILE, lambda: 12)()
    after = client.get("/settings/jobs/").content.decode()

    assert "还没有一项任务运行过" in before
    assert f"运行过的任务都正常，另有 {len(WORDS) - 1} 项还没有运行过。" in after
    assert "全部定时任务按时运行" not in before + after
