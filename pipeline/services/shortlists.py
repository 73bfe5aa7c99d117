"""Shortlists: firms picked out of a screening, and their applications opened together through the one door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.errors import DomainError, InvalidInput, RowChanged
from crm.models import Firm, Job, Region, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import require_writer
from crm.services.history import record_changes
from pipeline.models import PolicyEdition, Shortlist, ShortlistOpening
from pipeline.selectors.policies import edition_in_force
from pipeline.selectors.shortlists import opening_key
from pipeline.services.applications import open_application

KIND = "shortlist.open"
PART = 25  # firms a part: each opening is a handful of statements, and a part is one transaction
MOST = 10_000  # firms of one shortlist


@transaction.atomic
def save_shortlist(
    name: str, *, edition: PolicyEdition, region: Region, firms: Sequence[int], actor: User
) -> Shortlist:
    """Keep firms (by key) under a name. Raises InvalidInput without a name, without firms, or with too many."""
    require_writer(actor, region.path)
    reasons = []
    if not name.strip():
        reasons.append(_("请为候选名单起一个名称"))
    if not firms:
        reasons.append(_("还没有选中企业；请先勾选，或选择全部结果"))
    if len(firms) > MOST:
        reasons.append(
            _("一份候选名单最多 {most} 家企业，当前选中 {count} 家；请先筛选").format(most=MOST, count=len(firms))
        )
    if reasons:
        raise InvalidInput(*reasons)
    shortlist = _made(name, edition, region, actor)
    Picked = Shortlist.firms.through
    rows = [Picked(shortlist_id=shortlist.pk, firm_id=firm) for firm in dict.fromkeys(firms)]
    Picked.objects.bulk_create(rows, batch_size=1000)
    record_changes(shortlist, {"firms": (None, len(rows))}, actor=actor)
    return shortlist


def _made(name: str, edition: PolicyEdition, region: Region, actor: User) -> Shortlist:
    return Shortlist.objects.create(
        name=name.strip()[:80],
        programme=edition.programme,
        edition=edition,
        region=region,
        region_path=region.path,
        author=actor,
    )


@transaction.atomic
def start_shortlist(name: str, *, programme: str, region: Region, actor: User) -> Shortlist:
    """An empty list under the edition in force, for firms to be added one by one. Raises InvalidInput."""
    require_writer(actor, region.path)
    edition = edition_in_force(programme, region.path, timezone.localdate())
    reasons = [] if name.strip() else [_("请为候选名单起一个名称")]
    if edition is None:
        reasons.append(_("本区域没有该计划已发布的政策版本，请管理员先发布"))
    if reasons or edition is None:
        raise InvalidInput(*reasons)
    shortlist = _made(name, edition, region, actor)
    record_changes(shortlist, {"name": (None, shortlist.name)}, actor=actor)
    return shortlist


@transaction.atomic
def add_firm(shortlist: Shortlist, firm: Firm, *, actor: User) -> bool:
    """Put a firm on the list. False when it is there already. Raises NotAllowed, InvalidInput."""
    require_writer(actor, shortlist.region_path)
    if not firm.region_path.startswith(shortlist.region_path):
        raise InvalidInput(_("候选名单“{name}”只收{region}的企业").format(name=shortlist, region=shortlist.region))
    Picked = Shortlist.firms.through
    _row, added = Picked.objects.get_or_create(shortlist_id=shortlist.pk, firm_id=firm.pk)
    if added:
        record_changes(shortlist, {"firms": (None, firm)}, actor=actor)
    return added


@transaction.atomic
def remove_firm(shortlist: Shortlist, firm: Firm, *, actor: User) -> bool:
    """Take a firm off the list; what was opened for it stays open."""
    require_writer(actor, shortlist.region_path)
    removed, _rows = Shortlist.firms.through.objects.filter(shortlist=shortlist, firm=firm).delete()
    if removed:
        ShortlistOpening.objects.filter(shortlist=shortlist, firm=firm).delete()
        record_changes(shortlist, {"firms": (firm, None)}, actor=actor)
    return bool(removed)


@transaction.atomic
def give_shortlist(shortlist: Shortlist, *, to: User, actor: User, reason: str = "") -> None:
    """The list is another officer's from now on. RowChanged where somebody else just gave it away."""
    require_writer(actor, shortlist.region_path)
    if not may_write(to, shortlist.region_path):
        raise InvalidInput(_("{name} 的岗位不包含该名单所在区划，不能接收").format(name=to))
    seen = Shortlist.objects.filter(pk=shortlist.pk, author=shortlist.author_id)
    if not seen.update(author=to):
        raise RowChanged(_("该名单刚被他人转交，请刷新后再试"))
    record_changes(shortlist, {"author": (shortlist.author, to)}, actor=actor, reason=reason)
    shortlist.author = to


@transaction.atomic
def delete_shortlist(shortlist: Shortlist, *, actor: User) -> None:
    """Delete a list with its report; applications that were opened stay."""
    require_writer(actor, shortlist.region_path)
    record_changes(shortlist, {"name": (shortlist.name, None)}, actor=actor)
    shortlist.delete()


def open_all(shortlist: Shortlist, *, actor: User, here: bool = False) -> Job:
    """Open an application for every firm of the list for which this list has opened none, as a job in parts.

    While such a job is not over, that one is returned.
    """
    require_writer(actor, shortlist.region_path)
    opened = ShortlistOpening.objects.filter(shortlist=shortlist).exclude(application=None)
    left = shortlist.firms.exclude(pk__in=opened.values("firm")).order_by("pk")
    firms = list(left.values_list("pk", flat=True))
    parts = [{"firms": firms[start : start + PART]} for start in range(0, len(firms), PART)]
    return start_in_parts(
        KIND,
        key=opening_key(shortlist),
        title=_("批量发起申报 · {name}").format(name=shortlist.name),
        actor=actor,
        params={"shortlist": shortlist.pk, "actor": actor.pk},
        parts=parts,
        total=len(firms),
        here=here,
    )


def _finish(job: Job, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(result[name] for result in results) for name in ("opened", "refused")}


@works(KIND, finish=_finish)
def open_part(job: Job, part: dict[str, Any]) -> Writing:
    """Open applications for the firms of one part; one that is refused keeps its reasons and stops nobody."""
    shortlist = Shortlist.objects.filter(pk=job.params["shortlist"]).first()
    actor = User.objects.get(pk=job.params["actor"])
    firms = list(Firm.objects.filter(pk__in=part["firms"]).order_by("pk"))
    return lambda: _open(shortlist, firms, actor)


def _open(shortlist: Shortlist | None, firms: Sequence[Firm], actor: User) -> Outcome:
    if shortlist is None:
        raise InvalidInput(_("候选名单已删除，未再发起申报"))
    rows = [_opening(shortlist, firm, actor) for firm in firms]
    ShortlistOpening.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["shortlist", "firm"],
        update_fields=["application", "reasons", "at"],
    )
    opened = sum(row.application_id is not None for row in rows)
    refused = len(rows) - opened
    return Outcome(done=len(rows), refused=refused, result={"opened": opened, "refused": refused})


def _opening(shortlist: Shortlist, firm: Firm, actor: User) -> ShortlistOpening:
    """What came of one firm."""
    row = ShortlistOpening(shortlist=shortlist, firm=firm, at=timezone.now())
    try:
        row.application = open_application(firm, shortlist.programme, actor=actor)
    except DomainError as error:
        row.reasons = error.reasons
    return row
