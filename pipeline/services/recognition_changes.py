"""What happens to a title outside our pipeline: recorded from years ago, completed, reissued, suspended, revoked.

Every change keeps its history in the same transaction, and every refusal names all its reasons at once.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import MANAGERS, scope_of
from crm.errors import RowChanged
from crm.models import Firm, User
from crm.services.firms import require_writer, update_firm
from crm.services.history import record_changes
from pipeline.errors import RecognitionRefused
from pipeline.models import Recognition
from pipeline.services import recognitions
from pipeline.services.recognitions import date_problems, record_recognition
from pipeline.services.tallies import firms_changed
from pipeline.workflows import PROGRAMMES


@transaction.atomic
def record_past_title(
    firm: Firm,
    *,
    programme: str,
    title: str,
    granted_on: date,
    actor: User | None,
    number: str = "",
    document: str = "",
    valid_until: date | None = None,
) -> Recognition:
    """Record a title that the firm was granted before the product knew it; without an end, the law's own is taken.

    Raises RecognitionRefused with every reason: a title that the programme does not grant, dates that cannot be, a
    number that another title has, the same title of that day.
    """
    require_writer(actor, firm.region_path)
    number = number.strip()
    reasons = date_problems(granted_on, valid_until) + number_problems(programme, title, number)
    if programme not in PROGRAMMES or title not in PROGRAMMES[programme].titles:
        reasons.insert(0, _("该计划不授予这种资格；请重新选择"))
    if Recognition.objects.filter(firm=firm, programme=programme, title=title, granted_on=granted_on).exists():
        reasons.append(_("该企业 {day} 的同一资格已登记；请核对日期").format(day=granted_on))
    if reasons:
        raise RecognitionRefused(*reasons)
    return record_recognition(
        firm,
        programme=programme,
        title=title,
        granted_on=granted_on,
        valid_until=valid_until,
        number=number,
        document=document.strip(),
        actor=actor,
    )


def number_problems(programme: str, title: str, number: str, *, but: int | None = None) -> list[str]:
    """What is wrong with a number: another title than `but` has it. Nothing for an empty one."""
    taken = Recognition.objects.filter(programme=programme, title=title, number=number)
    if number and taken.exclude(pk=but or 0).exists():
        return [_("编号 {number} 已登记在另一项认定结果上；请核对证书").format(number=number)]
    return []


@transaction.atomic
def complete_recognition(
    recognition: Recognition, *, actor: User | None, number: str = "", document: str = ""
) -> Recognition:
    """Add the number or the document that a title was recorded without; what stands already is not written over."""
    require_writer(actor, recognition.firm.region_path)
    said = {"number": number.strip(), "document": document.strip()}
    values = {name: value for name, value in said.items() if value and value != getattr(recognition, name)}
    labels = {"number": _("编号"), "document": _("公告文号")}
    reasons = [
        _("已有{field}“{value}”；证书更换请登记更名换证").format(field=labels[name], value=getattr(recognition, name))
        for name in values
        if getattr(recognition, name)
    ]
    if not values:
        reasons.append(_("请填写编号或公告文号"))
    reasons += _number_of(recognition, values.get("number", "")) + _over(recognition)
    return _change(recognition, values, reasons, actor=actor)


@transaction.atomic
def reissue_recognition(
    recognition: Recognition, *, actor: User | None, on: date, document: str, name: str = "", number: str = ""
) -> Recognition:
    """The firm changed its name and the certificate was issued again; number and validity stay unless a new number
    is given (国科火发〔2016〕32号 第十七条). The firm's old name is kept as a former one."""
    firm = recognition.firm
    require_writer(actor, firm.region_path)
    name, number, document = name.strip(), number.strip(), document.strip()
    renamed, renumbered = name not in {"", firm.name}, number not in {"", recognition.number}
    reasons = _day_problems(recognition, on)
    if not document:
        reasons.append(_("请填写换证的文号"))
    if not renamed and not renumbered:
        reasons.append(_("企业名称和编号都没有变化；请填写新的名称或编号"))
    reasons += _number_of(recognition, number if renumbered else "") + _over(recognition)
    values = {"reissued_on": on} | ({"number": number} if renumbered else {})
    _change(recognition, values, reasons, actor=actor, reason=document)
    if renamed:
        update_firm(firm, changes={"name": name}, actor=actor, reason=document)
    return recognition


@transaction.atomic
def suspend_recognition(
    recognition: Recognition, *, actor: User | None, on: date, reason: str, document: str = ""
) -> Recognition:
    """The authority suspended the title: it is shown apart and keeps counting until it is ended or lifted (ours)."""
    require_writer(actor, recognition.firm.region_path)
    reasons = _day_problems(recognition, on) + _reason_problems(reason) + _over(recognition)
    if recognition.suspended_on:
        reasons.append(_("该资格自 {day} 起已暂停").format(day=recognition.suspended_on))
    values = {"suspended_on": on, "suspend_reason": reason.strip()[:200]}
    return _change(recognition, values, reasons, actor=actor, reason=_cited(reason, document))


@transaction.atomic
def lift_suspension(
    recognition: Recognition, *, actor: User | None, on: date, reason: str, document: str = ""
) -> Recognition:
    """The suspension is over; history keeps from when to when it lasted."""
    require_writer(actor, recognition.firm.region_path)
    reasons = _day_problems(recognition, on) + _reason_problems(reason) + _over(recognition)
    if recognition.suspended_on is None:
        reasons.append(_("该资格没有暂停，无需恢复"))
    elif on < recognition.suspended_on:
        reasons.append(_("恢复日期 {on} 早于暂停日期 {since}").format(on=on, since=recognition.suspended_on))
    values = {"suspended_on": None, "suspend_reason": ""}
    return _change(
        recognition,
        values,
        reasons,
        actor=actor,
        reason=_cited(_("{on} 恢复：{reason}").format(on=on, reason=reason), document),
    )


@transaction.atomic
def revoke_recognition(
    recognition: Recognition, *, actor: User | None, on: date, reason: str, document: str
) -> Recognition:
    """End a title that no running application stands for, by the authority's document; leads only, as in the pipeline.

    国科火发〔2016〕32号 第十九条 names the grounds.
    """
    firm = recognition.firm
    require_writer(actor, firm.region_path)
    reasons = _day_problems(recognition, on) + _reason_problems(reason) + _over(recognition)
    if actor is not None and not may_revoke(actor, firm):
        reasons.insert(0, _("撤销资格由科长登记；请联系本辖区的科长"))
    if not document.strip():
        reasons.append(_("请填写撤销的文号"))
    if recognition.application and recognition.application.closed_at is None:
        text = _("该资格由申报 {reference} 登记；请在该申报中办理")
        reasons.append(text.format(reference=recognition.application.reference))
    if reasons:
        raise RecognitionRefused(*reasons)
    if not recognitions.end(Recognition.objects.filter(pk=recognition.pk), on=on, reason=reason.strip()):
        raise RowChanged(CHANGED)
    Recognition.objects.filter(pk=recognition.pk).update(end_document=document.strip())
    changed = {"ended_on": (None, on), "end_document": ("", document.strip())}
    record_changes(recognition, changed, actor=actor, reason=reason.strip(), path=firm.region_path)
    recognition.refresh_from_db()
    return recognition


def may_revoke(user: User, firm: Firm) -> bool:
    """True for leads and administrators of the firm's region."""
    return bool(scope_of(user).roles_at(firm.region_path) & set(MANAGERS))


CHANGED = gettext_lazy("该认定结果刚被他人更改，请刷新后再试")


def _change(
    recognition: Recognition, values: dict[str, Any], reasons: list[str], *, actor: User | None, reason: str = ""
) -> Recognition:
    """One conditional update on what the person saw, with its history; refused where there are reasons against it."""
    if reasons:
        raise RecognitionRefused(*reasons)
    before = {name: getattr(recognition, name) for name in values}
    mine = Recognition.objects.filter(pk=recognition.pk, ended_on=None, **before)
    try:
        with transaction.atomic():
            changed = mine.update(**values)
    except IntegrityError:
        raise RecognitionRefused(_("该编号刚被登记在另一项认定结果上；请核对证书")) from None
    if not changed:
        raise RowChanged(CHANGED)
    pairs = {name: (before[name], new) for name, new in values.items() if before[name] != new}
    record_changes(recognition, pairs, actor=actor, reason=reason, path=recognition.firm.region_path)
    for name, new in values.items():
        setattr(recognition, name, new)
    firms_changed([recognition.firm_id])
    return recognition


def _number_of(recognition: Recognition, number: str) -> list[str]:
    return number_problems(recognition.programme, recognition.title, number, but=recognition.pk)


def _over(recognition: Recognition) -> list[str]:
    return [_("该资格已于 {day} 撤销").format(day=recognition.ended_on)] if recognition.ended_on else []


def _day_problems(recognition: Recognition, on: date) -> list[str]:
    if on > timezone.localdate():
        return [_("日期 {day} 晚于今天；请核对文件").format(day=on)]
    if on < recognition.granted_on:
        return [_("日期 {day} 早于认定日期 {granted}").format(day=on, granted=recognition.granted_on)]
    return []


def _reason_problems(reason: str) -> list[str]:
    return [] if reason.strip() else [_("请写明原因")]


def _cited(reason: str, document: str) -> str:
    document = document.strip()
    return _("{reason}（{document}）").format(reason=reason.strip(), document=document) if document else reason.strip()
