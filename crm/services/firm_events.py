"""更名, 迁入, 迁出, 注销: what happens to a firm, each with its day and its evidence; and the taking back of one.

What a firm is called and where it counts follows these events. They are recorded in the order in which they happened:
an earlier one than the newest is refused, and only the newest can be withdrawn.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import FirmEventKind, FirmStatus
from crm.errors import InvalidInput, RowChanged
from crm.identifiers import name_key
from crm.models import Firm, FirmEvent, FormerName, Region, User
from crm.services.firms import move_firm, require_writer, save_firm, update_firm
from crm.services.history import record_changes
from crm.signals import firm_moved


@transaction.atomic
def rename_firm(
    firm: Firm, *, name: str, on: date, document: str, actor: User | None, today: date, version: int | None = None
) -> FirmEvent:
    """The firm has another name since a day. Its old one keeps leading to it. Raises InvalidInput with every reason."""
    require_writer(actor, firm.region_path)
    reasons = _problems(firm, on, document, today, places=False)
    if not (name := name.strip()):
        reasons.append(_("请填写新的企业名称"))
    elif name == firm.name:
        reasons.append(_("新名称与现名称相同；请核对"))
    _refuse(reasons)
    update_firm(firm, changes={"name": name}, actor=actor, reason=document, version=version, on=on)
    return firm.events.order_by("-pk")[0]


@transaction.atomic
def relocate_firm(firm: Firm, *, region: Region, on: date, document: str, actor: User | None, today: date) -> FirmEvent:
    """The firm belongs to another county of ours since a day. Raises InvalidInput with every reason."""
    require_writer(actor, firm.region_path)
    reasons = _problems(firm, on, document, today) + _gone(firm)
    if region.pk == firm.region_id:
        reasons.append(_("企业已在{region}；请选另一个县（市、区）").format(region=region.name))
    if firm.region_pending:
        reasons.append(_("企业的县区待定；请先在“所属区划”里确定县区"))
    _refuse(reasons)
    move_firm(firm, region=region, actor=actor, reason=document, on=on)
    return firm.events.order_by("-pk")[0]


@transaction.atomic
def move_in(
    firm: Firm, *, region: Region, place: str, on: date, document: str, actor: User | None, today: date
) -> FirmEvent:
    """The firm came to us from elsewhere on a day, or came back. What it was granted before was granted elsewhere."""
    require_writer(actor, firm.region_path)
    require_writer(actor, region.path)
    reasons = _problems(firm, on, document, today) + _place_named(place, _("请写明从哪里迁入"))
    if firm.status == FirmStatus.DEREGISTERED:
        reasons.append(_("企业已注销，不能迁入；登记有误的请先撤销注销"))
    elif firm.status == FirmStatus.ACTIVE and firm.events.standing().of_places().exists():
        reasons.append(_("企业已在本辖区；在辖区内换了县区的请登记“县区间迁移”"))
    _refuse(reasons)
    words = {"before": place.strip(), "after": region.name}
    return _take_place(firm, FirmEventKind.MOVED_IN, on, document, actor, region, FirmStatus.ACTIVE, words)


@transaction.atomic
def move_out(firm: Firm, *, place: str, on: date, document: str, actor: User | None, today: date) -> FirmEvent:
    """The firm left our regions on a day. Its running applications end where they can; else that is refused."""
    require_writer(actor, firm.region_path)
    _refuse(_problems(firm, on, document, today) + _gone(firm) + _place_named(place, _("请写明迁往哪里")))
    words = {"before": firm.region.name, "after": place.strip()}
    return _take_place(firm, FirmEventKind.MOVED_OUT, on, document, actor, firm.region, FirmStatus.MOVED_OUT, words)


@transaction.atomic
def deregister(firm: Firm, *, on: date, document: str, actor: User | None, today: date) -> FirmEvent:
    """The firm ended on a day. Its running applications end where they can; else that is refused."""
    require_writer(actor, firm.region_path)
    _refuse(_problems(firm, on, document, today) + _gone(firm))
    words = {"before": firm.region.name, "after": ""}
    kind, status = FirmEventKind.DEREGISTERED, FirmStatus.DEREGISTERED
    return _take_place(firm, kind, on, document, actor, firm.region, status, words)


def _take_place(
    firm: Firm,
    kind: str,
    on: date,
    document: str,
    actor: User | None,
    region: Region,
    status: str,
    words: dict[str, str],
) -> FirmEvent:
    """The firm's new place and status, the event, and whatever follows the firm: in one transaction."""
    changed = {"region": (firm.region, region), "status": (firm.status, status)}
    event = FirmEvent(
        firm=firm,
        kind=kind,
        on=on,
        region_before=firm.region,
        region_after=region,
        status_before=firm.status,
        status_after=status,
        document=document.strip()[:200],
        actor=actor,
        at=timezone.now(),
        **words,
    )
    save_firm(firm, {"region": region, "region_path": region.path, "status": status})
    event.save()
    _record(firm, {name: pair for name, pair in changed.items() if pair[0] != pair[1]}, actor, document)
    firm_moved.send(sender=Firm, firm=firm, event=event)
    return event


@transaction.atomic
def withdraw_event(event: FirmEvent, *, reason: str, actor: User | None) -> None:
    """The event was recorded by mistake: the firm is again what it was. Applications that it ended stay ended.

    Raises InvalidInput unless it is the newest of its kind, RowChanged when somebody else withdrew it first.
    """
    firm = event.firm
    require_writer(actor, firm.region_path)
    reasons = [] if reason.strip() else [_("请写明撤销的原因")]
    later = _line(firm, places=event.kind != FirmEventKind.RENAMED).first()
    if later != event and event.withdrawn_at is None:
        reasons.append(_("之后还登记了“{event}”；请先撤销后登记的").format(event=later))
    _refuse(reasons)
    values = {"withdrawn_at": timezone.now(), "withdrawn_by": actor, "withdraw_reason": reason.strip()[:200]}
    if not FirmEvent.objects.standing().filter(pk=event.pk).update(**values):
        raise RowChanged(_("这条变动刚被他人撤销，请刷新查看"))
    restored = _restore(firm, event)
    _record(firm, restored, actor, reason)
    if event.kind != FirmEventKind.RENAMED:
        firm_moved.send(sender=Firm, firm=firm, event=event, withdrawn=True)


def _restore(firm: Firm, event: FirmEvent) -> dict[str, tuple[Any, Any]]:
    """Give the firm its name or place of before; what has been changed otherwise since stays."""
    if event.kind == FirmEventKind.RENAMED:
        old = firm.name
        FormerName.objects.filter(firm=firm, name=event.before, until_on=event.on).delete()
        save_firm(firm, {"name": event.before, "name_key": name_key(event.before), "name_core": ""})
        return {"name": (old, event.before)}
    region = event.region_before
    assert region is not None
    pairs = {"region": (firm.region, region), "status": (firm.status, event.status_before)}
    save_firm(firm, {"region": region, "region_path": region.path, "status": event.status_before})
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _record(firm: Firm, changed: dict[str, tuple[Any, Any]], actor: User | None, reason: str) -> None:
    shown = dict(changed)
    if "status" in shown:
        old, new = shown["status"]
        shown["status"] = (_status_word(old), _status_word(new))
    record_changes(firm, shown, actor=actor, reason=reason.strip())


def _status_word(status: str) -> str:
    return str(FirmStatus(status).label)


def _line(firm: Firm, *, places: bool):
    """The standing events of its names, or of its places, the newest first."""
    standing = FirmEvent.objects.standing().filter(firm=firm)
    return standing.of_places() if places else standing.filter(kind=FirmEventKind.RENAMED)


def _problems(firm: Firm, on: date, document: str, today: date, *, places: bool = True) -> list[str]:
    """What is wrong with the day and the evidence of an event."""
    reasons = []
    if not document.strip():
        reasons.append(_("请填写依据：登记机关的通知、公告或证照编号"))
    if on > today:
        reasons.append(_("变动日期 {on} 还没有到；请在生效后登记").format(on=on))
    if firm.registered_on and on < firm.registered_on:
        reasons.append(_("变动日期 {on} 早于成立日期 {start}；请核对").format(on=on, start=firm.registered_on))
    newest = _line(firm, places=places).first()
    if newest and on < newest.on:
        reasons.append(_("已登记“{event}”，不能再补登更早的变动；请先撤销后面的，再按先后登记").format(event=newest))
    return reasons


def _gone(firm: Firm) -> list[str]:
    if firm.status == FirmStatus.ACTIVE:
        return []
    return [_("企业已{status}，不能再登记这项变动").format(status=firm.get_status_display())]


def _place_named(place: str, refusal: str) -> list[str]:
    return [] if place.strip() else [refusal]


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise InvalidInput(*reasons)
