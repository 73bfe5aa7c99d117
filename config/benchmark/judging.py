"""Judgements a second: in memory, and end to end with one process and with two. What is stored is taken away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from config.benchmark.jobs import measure
from crm.models import Firm, Job, Region
from crm.processes import work_together
from pipeline.assessment import assess, judge
from pipeline.models import Assessment
from pipeline.policy import policy_of
from pipeline.selectors.facts import facts_of
from pipeline.selectors.policies import edition_in_force
from pipeline.services.policies import publish, unpublished
from pipeline.services.screening import NEEDED, start_screening

SAMPLE = 2000
CITY = "450800"
Result = dict[str, Any]


def judging_jobs() -> dict[str, Callable[[], Result]]:
    """Each by its name; `screen again` finds nothing changed."""
    return {
        "judge": lambda: _in_memory(judge),
        "assess": lambda: _in_memory(assess),
        "screen": lambda: _screen(1),
        "screen 2 processes": lambda: _screen(2),
        "screen again": lambda: _screen(1, again=True),
    }


def _in_memory(action: Callable[..., object]) -> Result:
    """Tech-SME judgements of facts that are read already, on one core."""
    publish(unpublished(), actor=None)
    today = timezone.localdate()
    edition = edition_in_force("tech_sme", Region.objects.get(code=CITY).path, today)
    assert edition is not None
    policy = policy_of(edition)
    firms = Firm.objects.order_by("pk").only(*NEEDED)[:SAMPLE]
    facts = list(facts_of(firms, on=today, policy=policy).values())

    def run() -> int:
        return len([action(policy, each, today) for each in facts])

    run()
    return measure(run)


def _screen(processes: int, *, again: bool = False) -> Result:
    """Read facts, judge and store every firm of the city."""
    publish(unpublished(), actor=None)
    if again:
        _work(1)
    result = measure(lambda: _work(processes))
    Assessment.objects.all().delete()
    return result


def _work(processes: int) -> int:
    job = start_screening(Region.objects.get(code=CITY), "tech_sme", actor=None, here=True)
    work_together(job.pk, processes)
    done = Job.objects.get(pk=job.pk).done
    assert done == job.total, f"{done} of {job.total} firms were judged"
    return done
