"""Screening: every active firm of a region before one edition, as a job in parts that workers share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import FirmStatus, RegionKind
from crm.models import Firm, Job, JobChunk, Region, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import require_writer
from crm.services.jobs import unfinished
from pipeline.errors import ScreeningRefused
from pipeline.models import Assessment, PolicyEdition
from pipeline.selectors.policies import edition_in_force
from pipeline.selectors.screening import screening_key, tally
from pipeline.services.assessments import Judged, judge_firms, keep
from pipeline.workflows import PROGRAMMES

KIND = "screen"
PART = 500  # firms a part: a worker that is killed loses no more
PARTS_KEPT = timedelta(days=30)  # what each part of an old job came to is in the job's own result
NEEDED = ("region_path", "registered_on", "industry")


def start_screening(
    region: Region,
    programme: str,
    *,
    actor: User | None,
    edition: str = "",
    on: date | None = None,
    here: bool = False,
) -> Job:
    """Queue a screening by the edition in force for the region, or by a named one; `here` where the caller works on it.

    While one of the same region and edition is not over, that one is returned. Raises NotAllowed for people who may
    not write there, and ScreeningRefused where there is no such edition.
    """
    require_writer(actor, region.path)
    on = on or timezone.localdate()
    policy = _edition(programme, edition, region, on)
    key = screening_key(policy, region)
    if (running := unfinished(key)) is not None:
        return running
    parts = parts_of(region)
    return start_in_parts(
        KIND,
        key=key,
        title=_("筛查 {region} · {programme}").format(region=region, programme=PROGRAMMES[programme].short_label),
        actor=actor,
        params={"edition": policy.pk, "path": region.path, "on": on.isoformat()},
        parts=parts,
        total=sum(part["firms"] for part in parts),
        here=here,
    )


def _edition(programme: str, code: str, region: Region, on: date) -> PolicyEdition:
    if programme not in PROGRAMMES:
        raise ScreeningRefused(_("没有代码为“{programme}”的计划").format(programme=programme))
    if not code:
        found = edition_in_force(programme, region.path, on)
    else:
        found = PolicyEdition.objects.filter(programme=programme, code=code).first()
    if found is None:
        name = PROGRAMMES[programme].short_label
        what = code or _("{day} 施行的版本").format(day=on)
        raise ScreeningRefused(
            _("{programme}没有已发布的{edition}，请先由管理员发布政策版本").format(programme=name, edition=what)
        )
    return found


def parts_of(region: Region) -> list[dict[str, int]]:
    """Ranges of firm keys without a hole between them, each with about 500 active firms of the region."""
    stream = active_firms(region.path).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000)
    firsts, sizes = [0], []
    while chunk := list(islice(stream, PART)):
        sizes.append(len(chunk))
        firsts.append(chunk[-1] + 1)
    newest = Firm.objects.aggregate(newest=Max("pk"))["newest"] or 0
    bounds = [*firsts[:-1], newest + 1] if sizes else [0, newest + 1]
    return [
        {"first": first, "last": behind - 1, "firms": size}
        for (first, behind), size in zip(pairwise(bounds), sizes or [0], strict=True)
    ]


def active_firms(path: str) -> Any:
    return Firm.objects.filter(region_path__under=path, status=FirmStatus.ACTIVE)


def _finish(job: Job, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many were judged anew, how many were as before, how long it took, and how the region stands now."""
    started = job.started_at or job.created_at
    stored = Assessment.objects.filter(edition=job.params["edition"], region_path__under=job.params["path"])
    return {
        "judged": sum(result["judged"] for result in results),
        "unchanged": sum(result["unchanged"] for result in results),
        "seconds": round((timezone.now() - started).total_seconds(), 1),
        "buckets": tally(stored).buckets,
    }


@works(KIND, finish=_finish)
def screen_part(job: Job, part: dict[str, Any]) -> Writing:
    """Judge the firms of one part. Six queries, whatever their number."""
    edition = PolicyEdition.objects.get(pk=job.params["edition"])
    firms = active_firms(job.params["path"]).filter(pk__range=(part["first"], part["last"]))
    judged = judge_firms(edition, list(firms.order_by("pk").only(*NEEDED)), on=date.fromisoformat(job.params["on"]))
    return lambda: _store(edition, job.params["path"], part, judged)


def _store(edition: PolicyEdition, path: str, part: dict[str, Any], judged: Judged) -> Outcome:
    """Keep the rows of firms that are still here and active, and forget those of the others."""
    here = active_firms(path).filter(pk__range=(part["first"], part["last"]))
    paths = dict(here.order_by("pk").select_for_update(no_key=True).values_list("pk", "region_path"))
    rows = [row for row in judged.rows if row.firm_id in paths]
    for row in rows:
        row.region_path = paths[row.firm_id]  # where the firm is now: it may have moved since it was read
    keep(rows)
    inside = {"firm_id__gte": part["first"], "firm_id__lte": part["last"]}
    stored = Assessment.objects.filter(edition=edition, region_path__under=path, **inside)
    stored.exclude(firm_id__in=list(paths)).delete()
    done = len(judged.rows) + judged.unchanged
    return Outcome(done=done, result={"judged": len(judged.rows), "unchanged": judged.unchanged})


def screen_cities(*, today: date | None = None) -> list[Job]:
    """The night's work: every city that has firms, before the edition in force of each programme."""
    JobChunk.objects.filter(job__kind=KIND, job__finished_at__lt=timezone.now() - PARTS_KEPT).delete()
    on = today or timezone.localdate()
    return [
        start_screening(city, programme, actor=None, on=on)
        for city in Region.objects.filter(kind=RegionKind.CITY).order_by("path")
        if Firm.objects.filter(region_path__under=city.path).exists()
        for programme in PROGRAMMES
        if edition_in_force(programme, city.path, on) is not None
    ]
