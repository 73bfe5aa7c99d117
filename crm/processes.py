"""Several processes of this machine work on one job, without a queue. Django is set up in each before it is used."""

from __future__ import annotations

from multiprocessing import get_context


def work_together(job_id: int, processes: int) -> None:
    """Do the parts of a job here and in `processes` − 1 more processes; returns when no part is left."""
    context = get_context("spawn")
    helpers = [context.Process(target=work, args=(job_id,), daemon=True) for _number in range(processes - 1)]
    for helper in helpers:
        helper.start()
    work(job_id)
    for helper in helpers:
        helper.join()
    work(job_id)  # settles the job, and does what a helper that died left behind


def work(job_id: int) -> None:
    import django  # a new process comes here first
    from django.utils.module_loading import autodiscover_modules

    django.setup()
    autodiscover_modules("tasks")  # each room's kinds of job
    from crm.services.chunks import work_on

    work_on(job_id)
