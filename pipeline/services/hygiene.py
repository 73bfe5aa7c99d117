"""The night's look at every firm in somebody's care: what is lacking is kept, what is mended is forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.choices import FirmStatus
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import Fact, Firm, Job, Region, Task, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.history import record_changes
from crm.services.people import require_manager
from crm.services.tasks import plan_task
from pipeline.choices import LapseKind
from pipeline.hygiene import MOST_WORKDAYS, figure_year, limit_of, positions, rests_too_long
from pipeline.models import Application, ContactRule, HygieneScore, Lapse, Recognition
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.hygiene import contact_limits
from pipeline.selectors.stays import Stays, every_compiled_stay
from pipeline.workdays import WorkCalendar

KIND = "hygiene"
PART = 500  # firms a part


def in_care() -> Any:
    """The firms that somebody looks after."""
    return Firm.objects.standing().filter(status=FirmStatus.ACTIVE, officer__isnull=False)


def look_at_all(*, today: date | None = None, here: bool = False) -> Job:
    """Queue the night's look, in parts by ranges of keys without a hole; one that is not over is given back."""
    today = today or timezone.localdate()
    parts = list(_ranges())
    return start_in_parts(
        KIND,
        key=KIND,
        title=_("台账体检"),
        actor=None,
        params={"on": today.isoformat()},
        parts=parts,
        total=sum(part["firms"] for part in parts),
        here=here,
    )


def _ranges() -> Iterator[dict[str, int]]:
    stream = in_care().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000)
    first, last = 0, list(islice(stream, PART))
    while last:
        following = list(islice(stream, PART))
        yield {"first": first, "last": last[-1] if following else 2**62, "firms": len(last)}
        first, last = last[-1] + 1, following
    if not first:
        yield {"first": 0, "last": 2**62, "firms": 0}


@dataclass(frozen=True)
class Night:
    """What a look needs beside the firms, read once a part."""

    today: date
    calendar: WorkCalendar
    limits: Mapping[str, int]
    stays: Stays
    _cuts: dict[int, date] = field(default_factory=dict)

    def cut(self, workdays: int) -> date:
        """The first day on which a contact is still recent enough."""
        if workdays not in self._cuts:
            self._cuts[workdays] = self.calendar.back(self.today, workdays)
        return self._cuts[workdays]


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    fold_scores(date.fromisoformat(job.params["on"]))
    return {"firms": sum(result["firms"] for result in results), "lapses": sum(result["lapses"] for result in results)}


@works(KIND, finish=_finish)
def look_part(job: Job, part: dict[str, int]) -> Writing:
    """Look at the firms of one part. Seven queries to read, three to write, whatever their number."""
    night = Night(date.fromisoformat(job.params["on"]), work_calendar(), contact_limits(), every_compiled_stay())
    keys = (part["first"], part["last"])
    rows, firms = lapses_of(in_care().filter(pk__range=keys), night)

    def write() -> Outcome:
        _keep(rows, keys)
        return Outcome(done=firms, result={"firms": firms, "lapses": len(rows)})

    return write


def lapses_of(firms: Any, night: Night) -> tuple[list[Lapse], int]:
    """What is lacking with these firms, and how many they are. Four queries."""
    known = list(firms.only("region_path", "officer_id", "last_contact_on", "next_action_on", "created_at"))
    ids = [firm.pk for firm in known]
    running: dict[int, list[Application]] = defaultdict(list)
    fields = ("firm_id", "programme", "stage", "stage_since", "version", "next_action_on", "phase")
    for row in Application.objects.open().filter(firm__in=ids).only(*fields).order_by("stage_since", "pk"):
        running[row.firm_id].append(row)
    titles: dict[int, set[str]] = defaultdict(set)
    valid = Recognition.objects.valid_on(night.today).filter(firm__in=ids)
    for firm_id, programme in valid.values_list("firm_id", "programme"):
        titles[firm_id].add(f"{programme}.held")
    newest = Fact.objects.filter(firm__in=ids, year__gt=0).order_by().values_list("firm_id").annotate(Max("year"))
    years = dict(newest)
    found = [
        lapse
        for firm in known
        for lapse in _of_firm(firm, running[firm.pk], titles[firm.pk], years.get(firm.pk, 0), night)
    ]
    return found, len(known)


def _of_firm(firm: Firm, running: list[Application], titles: set[str], year: int, night: Night) -> Iterator[Lapse]:
    spoken = firm.last_contact_on or timezone.localdate(firm.created_at)
    standing = titles | {f"{row.programme}.running" for row in running}
    if firm.next_action_on is None and not any(row.next_action_on for row in running):
        yield _lapse(firm, LapseKind.NO_NEXT, spoken)
    if spoken < night.cut(limit_of(standing, night.limits)):
        yield _lapse(firm, LapseKind.NO_CONTACT, spoken)
    if year < figure_year(night.today):
        yield _lapse(firm, LapseKind.STALE_YEAR, date((year or figure_year(night.today)) + 1, 1, 1), seen=year)
    for row in running:
        usual = night.stays.get(row.programme, {}).get(row.stage)
        since = timezone.localdate(row.stage_since)
        if rests_too_long(since, usual.most if usual else None, night.today):
            yield _lapse(firm, LapseKind.STALE_STAGE, since, seen=row.version, application=row)
            return


def _lapse(firm: Firm, kind: str, since_on: date, **more: Any) -> Lapse:
    assert firm.officer_id is not None  # in somebody's care
    about = {"officer_id": firm.officer_id, "region_path": firm.region_path}
    return Lapse(firm=firm, kind=kind, since_on=since_on, **about, **more)


def _keep(rows: list[Lapse], keys: tuple[int, int]) -> None:
    """What was found is there, all else of these firms is not; what was planned against it stays with it."""
    old = Lapse.objects.filter(firm_id__gte=keys[0], firm_id__lte=keys[1])
    kept = {(row.firm_id, row.kind) for row in rows}
    gone = [pk for pk, *named in old.values_list("pk", "firm_id", "kind") if tuple(named) not in kept]
    Lapse.objects.filter(pk__in=gone).delete()
    Lapse.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["firm", "kind"],
        update_fields=["since_on", "seen", "application", "officer", "region_path"],
    )


@transaction.atomic
def fold_scores(today: date) -> int:
    """The night's score of each officer in each county, anew. Two queries to read, two to write."""
    every = in_care().order_by().values_list("region_id", "region_path", "officer_id").annotate(n=Count("pk"))
    lacking = Lapse.objects.order_by().values_list("firm__region_id", "officer_id")
    lapsing = {(region, officer): n for region, officer, n in lacking.annotate(n=Count("firm", distinct=True))}
    rows = [
        HygieneScore(
            region_id=region,
            region_path=path,
            officer_id=officer,
            on=today,
            firms=number,
            fine=max(0, number - lapsing.get((region, officer), 0)),
        )
        for region, path, officer, number in every
    ]
    HygieneScore.objects.all().delete()
    HygieneScore.objects.bulk_create(rows, batch_size=500)
    return len(rows)


@transaction.atomic
def plan_against(lapse: Lapse, *, title: str, due_on: date | None, actor: User, today: date) -> Task:
    """Plan something against what is lacking, for who looks after the firm."""
    task = plan_task(lapse.firm, title=title, due_on=due_on, actor=actor, owner=lapse.firm.officer, today=today)
    Lapse.objects.filter(pk=lapse.pk).update(task=task)
    return task


def may_set_limits(user: User, region: Region) -> bool:
    """True for who manages the city or what lies above it."""
    return region.is_city_or_above and bool(scope_of(user).roles_at(region.path) & set(MANAGERS))


@transaction.atomic
def set_limit(
    position: str, *, workdays: int, source: str, verified: bool, actor: User, region: Region, version: int
) -> ContactRule:
    """How long silence may last for firms of one position. `version` is that of the row that was seen, 0 for none."""
    require_manager(actor, region.path)
    if not region.is_city_or_above:
        raise NotAllowed(_("联系时限由市级科长或管理员维护"))
    reasons = []
    if position not in positions():
        reasons.append(_("没有代码为“{position}”的类别").format(position=position))
    if not 1 <= workdays <= MOST_WORKDAYS:
        reasons.append(_("应为 1 至 {most} 个工作日，现为 {n}").format(most=MOST_WORKDAYS, n=workdays))
    if verified and not source.strip():
        reasons.append(_("标为已核实时请写明依据"))
    if reasons:
        raise InvalidInput(*reasons)
    before = contact_limits()[position]
    values = {"workdays": workdays, "source": source.strip()[:120], "verified": verified}
    stamped = {**values, "changed_by": actor, "changed_at": timezone.now()}
    row, created = ContactRule.objects.get_or_create(position=position, defaults=stamped)
    seen = ContactRule.objects.filter(Q(pk=row.pk, version=version))
    if version != 0 if created else not seen.update(**stamped, version=F("version") + 1):
        raise RowChanged(_("该时限刚被他人修改，请对照最新内容后再试"))
    row.refresh_from_db()
    record_changes(row, {"workdays": (before, workdays)}, actor=actor, reason=source, path=region.path)
    return row
