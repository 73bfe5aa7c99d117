from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput
from crm.models import Job
from crm.services import jobs

BROKEN = "程序出错，没有做完，已做完的保留；请再试一次。仍然不行时，请把任务编号 {id}（ZeroDivisionError）告诉管理员"


@pytest.fixture
def handler():
    """A job kind whose steps a test fills in."""
    steps = []

    @jobs.handles("test.kind")
    def run(progress):
        return steps[0](progress)

    yield steps
    del jobs.HANDLERS["test.kind"]


def new_job(officer):
    return jobs.start_job("test.kind", title="试", actor=officer, params={})


def test_a_job_is_run_once_and_says_what_came_of_it(officer, handler):
    handler.append(lambda progress: progress.beat(done=3, total=5) or {"made": 3})
    job = new_job(officer)

    assert jobs.run(job.pk)
    assert not jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result, job.attempts) == ("done", 3, 5, {"made": 3}, 1)


@pytest.mark.parametrize(("error", "text"), [(InvalidInput("一", "二"), "一\n二"), (ZeroDivisionError("x"), BROKEN)])
def test_a_failing_job_is_a_visible_row(officer, handler, error, text):
    def fail(progress):
        raise error

    handler.append(fail)
    job = new_job(officer)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", text.format(id=job.pk))


def test_a_job_whose_worker_was_lost_is_taken_up_again(officer, handler):
    def die(progress):
        raise KeyboardInterrupt

    handler.append(die)
    job = new_job(officer)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    assert not jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(alive_at=timezone.now() - timedelta(minutes=3))

    assert jobs.sweep_jobs() == 1
    handler[0] = lambda progress: {}
    assert jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


def test_a_run_that_was_taken_for_dead_writes_nothing_more(officer, handler):
    def slow(progress):
        Job.objects.filter(pk=progress.job.pk).update(attempts=99)  # somebody else took over meanwhile
        progress.beat(done=7)
        return {"never": "stored"}

    handler.append(slow)
    job = new_job(officer)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.result) == ("running", 0, {})


def test_a_cancelled_job_stops_at_its_next_beat(officer, handler):
    def cancelled_midway(progress):
        jobs.cancel_job(progress.job)
        progress.beat(done=1)
        raise AssertionError("never reached")

    handler.append(cancelled_midway)
    job = new_job(officer)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == ("cancelled", 0)


def test_a_job_survives_a_broker_that_is_away(officer, handler, monkeypatch, django_capture_on_commit_callbacks):
    from crm.tasks import run_job

    def refuse(*args):
        raise ConnectionError("no broker")

    monkeypatch.setattr(run_job, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        job = new_job(officer)

    job.refresh_from_db()
    assert job.state == "queued"


def test_one_sees_the_own_jobs_only(officer, other_officer, handler):
    job = new_job(officer)

    assert list(Job.objects.visible_to(officer)) == [job]
    assert not Job.objects.visible_to(other_officer).exists()
