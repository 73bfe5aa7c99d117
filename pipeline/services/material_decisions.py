"""What officers say of the papers: each item accepted, or refused with standard reasons, all in one go or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput
from crm.models import User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from pipeline.errors import MaterialRefused
from pipeline.material_gate import slot_label
from pipeline.material_kinds import OTHER_CODE, MaterialState, reasons_for
from pipeline.models import Application, Material
from pipeline.policy.materials import Item
from pipeline.services.materials import has_lapsed, item_of


@dataclass(frozen=True)
class Decision:
    """What an officer says of one item."""

    item: str
    year: int = 0
    accept: bool = False
    reasons: tuple[str, ...] = ()
    note: str = ""
    version: int | None = None  # the item as the page showed it


@transaction.atomic
def decide_materials(application: Application, decisions: Iterable[Decision], *, actor: User | None) -> list[Material]:
    """Accept or refuse items, all or none. Raises InvalidInput or MaterialRefused with the reasons of every item."""
    require_writer(actor, application.region_path)
    if application.closed_at is not None:
        raise MaterialRefused(_("申报已结束，不能再审材料"))
    rows = {(row.item, row.year): row for row in application.materials.prefetch_related("files__document")}
    decisions = list(decisions)
    if not decisions:
        raise InvalidInput(_("请至少选择一项材料的审核结果"))
    reasons = [reason for decision in decisions for reason in _decision_problems(application, decision, rows)]
    if reasons:
        raise MaterialRefused(*reasons)
    return [_decide(rows[(one.item, one.year)], one, actor, application) for one in decisions]


def _decision_problems(
    application: Application, decision: Decision, rows: dict[tuple[str, int], Material]
) -> list[str]:
    try:
        item = item_of(application, decision.item, decision.year)
    except MaterialRefused as error:
        return error.reasons
    label = slot_label(item, decision.year)
    row = rows.get((decision.item, decision.year))
    if row is None or not row.files.all():
        return [_("“{item}”还没有上传，不能审核").format(item=label)]
    if decision.version is not None and decision.version != row.version:
        return [_("“{item}”在您打开页面后有了变化，请刷新后再审").format(item=label)]
    if decision.accept:
        return [_("“{item}”已过期或有毒，不能通过").format(item=label)] if has_lapsed(row) else []
    return _refusal_problems(decision, item, label)


def _refusal_problems(decision: Decision, item: Item, label: str) -> list[str]:
    if not decision.reasons:
        return [_("“{item}”须选择需补正的原因").format(item=label)]
    found = []
    if unknown := [code for code in decision.reasons if code not in reasons_for(item.kind)]:
        found.append(_("“{item}”没有这些原因：{codes}").format(item=label, codes="、".join(unknown)))
    if OTHER_CODE in decision.reasons and not decision.note.strip():
        found.append(_("“{item}”选择“其他”时须写明说明").format(item=label))
    if len(decision.note) > 300:
        found.append(_("“{item}”的说明超过 300 个字").format(item=label))
    return found


def _decide(row: Material, decision: Decision, actor: User | None, application: Application) -> Material:
    before = (row.state, "、".join(row.reasons))
    row.state = MaterialState.ACCEPTED if decision.accept else MaterialState.REFUSED
    row.reasons = [] if decision.accept else list(decision.reasons)
    row.note = decision.note.strip()
    row.decided_by, row.decided_at = actor, timezone.now()
    names = ("state", "reasons", "note", "decided_by", "decided_at")
    free = Material.objects.filter(pk=row.pk, version=row.version)
    if not free.update(**{name: getattr(row, name) for name in names}, version=F("version") + 1):
        raise MaterialRefused(_("材料刚被他人更改，请刷新后再审"))
    row.version += 1
    after = (row.state, "、".join(row.reasons))
    changes = {
        name: (old, new) for name, old, new in zip(("state", "reasons"), before, after, strict=True) if old != new
    }
    record_changes(row, changes, actor=actor, reason=row.note, path=application.region_path)
    return row
