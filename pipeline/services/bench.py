"""The test bench: firms before an old and a new edition. Reads and reckons; nothing becomes an assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.choices import FirmStatus
from crm.models import Firm, Job, Region, User
from crm.services.chunks import Outcome, start_in_parts, works
from pipeline.assessment.comparing import Trial, compare
from pipeline.policy import Policy, policy_from_json
from pipeline.selectors.facts import facts_of

KIND = "policy.bench"
PART = 200  # firms to a part
MOST_SHOWN = 200  # flips kept in detail; all are counted
MOST_KEPT = 20  # by each part, where there are so many parts that their flips would fill the table of parts
MANY_PARTS = 100
MOST_CHOSEN = 20


def tried(firms: Sequence[Firm], old: Policy, new: Policy, *, on: date) -> list[tuple[Firm, Trial]]:
    """Each firm before both editions. Four queries, however many firms."""
    facts = facts_of(firms, on=on)
    return [(firm, compare(old, new, facts[firm.pk], on)) for firm in firms]


def firms_in(region: Region, user: User) -> QuerySet[Firm]:
    """The firms of a region that a trial runs over: active, and visible to the person who asks."""
    return Firm.objects.visible_to(user).filter(region_path__under=region.path, status=FirmStatus.ACTIVE)


def start_bench(region: Region, old: Policy, new: Policy, *, on: date, actor: User, draft: int | None = None) -> Job:
    """Try the whole region in the background. The job keeps both contents: later changes of a draft do not touch it."""
    pks = list(firms_in(region, actor).order_by("pk").values_list("pk", flat=True))
    parts = [{"from": pks[start], "upto": pks[min(start + PART, len(pks)) - 1]} for start in range(0, len(pks), PART)]
    params = {
        "region": region.code,
        "on": on.isoformat(),
        "old": old.content,
        "new": new.content,
        "draft": draft,
        "digest": new.digest,
        "kept": MOST_SHOWN if len(parts) <= MANY_PARTS else MOST_KEPT,
    }
    title = _("试算：{old} → {new}，{region}").format(old=old.edition, new=new.edition, region=region.name)
    return start_in_parts(KIND, title=title[:120], actor=actor, params=params, parts=parts, total=len(pks))


def finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    """All flips counted by kind, the first of them in detail."""
    kinds: Counter[str] = Counter()
    for result in results:
        kinds.update(result["kinds"])
    flips = [flip for result in results for flip in result["flips"]][:MOST_SHOWN]
    unchanged: Counter[str] = Counter()
    for result in results:
        unchanged.update(result["unchanged"])
    return {"kinds": dict(kinds), "unchanged": dict(unchanged), "flips": flips}


@works(KIND, finish=finish)
def try_part(job: Job, part: dict[str, Any]) -> Callable[[], Outcome]:
    old, new = (policy_from_json(job.params[side]) for side in ("old", "new"))
    region = Region.objects.get(code=job.params["region"])
    firms: list[Firm] = []
    if job.actor is not None:
        rows = firms_in(region, job.actor).filter(pk__gte=part["from"], pk__lte=part["upto"])
        firms = list(rows.order_by("pk"))
    trials = tried(firms, old, new, on=date.fromisoformat(job.params["on"]))
    found = summed(trials, most=job.params["kept"])
    return lambda: Outcome(done=len(firms), result=found)


def summed(trials: Sequence[tuple[Firm, Trial]], *, most: int = MOST_SHOWN) -> dict[str, Any]:
    """What a part came to, in codes and numbers: flips by kind, unchanged ones by bucket, the first flips in detail."""
    flips = [(firm, trial) for firm, trial in trials if trial.flips]
    return {
        "kinds": dict(Counter(_kind(trial) for _firm, trial in flips)),
        "unchanged": dict(Counter(str(trial.buckets[1]) for _firm, trial in trials if not trial.flips)),
        "flips": [_detail(firm, trial) for firm, trial in flips[:most]],
    }


def _detail(firm: Firm, trial: Trial) -> dict[str, Any]:
    return {
        "firm": firm.credit_code,
        "name": firm.name,
        "kind": _kind(trial),
        "scores": list(_scores(trial)),
        "reasons": [list(reason) for reason in trial.reasons],
    }


def _kind(trial: Trial) -> str:
    """The old and the new bucket: `met>lacks_one`."""
    return ">".join(map(str, trial.buckets))


def _scores(trial: Trial) -> Iterator[list[int] | None]:
    for document in trial.documents:
        yield document.score and [document.score.min, document.score.max]
