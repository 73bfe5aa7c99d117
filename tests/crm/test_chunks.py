"""Jobs cut into parts: shared by several workers, safe to kill, safe to cancel."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import InvalidInput
from crm.models import Job, JobChunk
from crm.services import chunks, jobs
from crm.services.chunks import Outcome


@pytest.fixture
def worked():
    """Registers a job kind; the test puts in what a part does. Yields the parts that were written."""
    written, does = [], {"part": lambda job, params: None}

    def finish(job, results):
        return {"sum": sum(result["n"] for result in results)}

    @chunks.works("test.parts", finish=finish)
    def part(job, params):
        does["part"](job, params)

        def write():
            written.append(params["n"])
            return Outcome(done=1, result={"n": params["n"]})

        return write

    yield written, does
    del chunks.WORKERS["test.parts"]


def new_job(officer, parts=3):
    return chunks.start_in_parts(
        "test.parts",
        title="试",
        actor=officer,
        params={},
        parts=[{"n": number} for number in range(1, parts + 1)],
        total=parts,
        here=True,
    )


def state(job):
    job.refresh_from_db()
    return job.state, job.done, job.result, job.error


def test_every_part_is_done_once_and_the_results_are_added_up(officer, worked):
    job = new_job(officer)

    assert chunks.work_on(job.pk) == 3
    assert chunks.work_on(job.pk) == 0

    assert state(job) == ("done", 3, {"sum": 6}, "")
    assert worked[0] == [1, 2, 3]


def test_the_queue_runs_jobs_of_both_sorts(officer, worked):
    job = new_job(officer, parts=1)

    chunks.run(job.pk)

    assert state(job)[0] == "done"


def test_a_job_without_parts_is_done_at_once(officer, worked):
    job = new_job(officer, parts=0)

    chunks.run(job.pk)

    assert state(job) == ("done", 0, {"sum": 0}, "")


def test_a_worker_that_is_out_of_time_hints_at_the_rest(officer, worked, monkeypatch):
    hinted = []
    monkeypatch.setattr(jobs, "hint", hinted.append)
    job = new_job(officer)

    assert chunks.work_on(job.pk, seconds=-1) == 1

    assert hinted == [job.pk]
    assert state(job)[:2] == ("running", 1)


def test_a_part_that_fails_is_told_and_the_others_are_done(officer, worked):
    def fails_at_two(job, params):
        if params["n"] == 2:
            raise InvalidInput("第二部分有误")

    worked[1]["part"] = fails_at_two
    job = new_job(officer)

    chunks.work_on(job.pk)

    assert state(job) == ("failed", 2, {"sum": 4}, "第二部分有误")


def test_a_cancelled_job_stops_before_its_next_part(officer, worked):
    job = new_job(officer)
    worked[1]["part"] = lambda job, params: jobs.cancel_job(job)

    chunks.work_on(job.pk)

    assert state(job)[:2] == ("cancelled", 0)
    assert worked[0] == [1]  # its writing was rolled back with the part
    assert JobChunk.objects.filter(state="done").count() == 0


def test_the_part_of_a_lost_worker_is_done_by_another_once(officer, worked):
    job = new_job(officer)
    lost = chunks._claim(job.pk)
    JobChunk.objects.filter(pk=lost.pk).update(alive_at=timezone.now() - timedelta(minutes=3))

    assert chunks.work_on(job.pk) == 3
    chunks._do(lost)  # the lost worker wakes up and finds that its part was taken over

    assert state(job)[:3] == ("done", 3, {"sum": 6})


def test_the_sweep_hints_at_a_job_whose_workers_are_gone(officer, worked, monkeypatch):
    hinted = []
    monkeypatch.setattr(jobs, "hint", hinted.append)
    job = new_job(officer)
    chunks.work_on(job.pk, seconds=-1)
    hinted.clear()
    Job.objects.filter(pk=job.pk).update(alive_at=timezone.now() - timedelta(minutes=3))

    assert jobs.sweep_jobs() == 1
    assert hinted == [job.pk]
