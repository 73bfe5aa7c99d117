"""一次性告知: one notice says everything that is lacking, by which rule, how to put it right and until when."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.models import User
from crm.services.firms import require_writer
from pipeline.access import acting_role
from pipeline.choices import Acting, DeadlineKind
from pipeline.errors import NoticeRefused, UnknownTransition
from pipeline.material_kinds import EXPIRED_CODE, MISSING_CODE, REASONS, MaterialState
from pipeline.models import Application, MaterialNotice
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.materials import MaterialList, Slot, material_list, may_upload
from pipeline.services.applications import move_application
from pipeline.services.deadlines import end_of
from pipeline.signals import notice_issued
from pipeline.workflow import Term, Transition

RETURN = "return_for_correction"
DEFAULT_TERM = Term(5)  # working days, our default where the table names none


@transaction.atomic
def issue_notice(
    application: Application,
    *,
    actor: User,
    reason: str = "",
    version: int | None = None,
    at: Any = None,
) -> MaterialNotice:
    """Say at once everything that is lacking, and return the application where its stage allows that.

    A second notice, about an item that an earlier one had looked at, is a lead's to send and needs a reason. Raises
    NoticeRefused with every reason at once.
    """
    require_writer(actor, application.region_path)
    role = acting_role(actor, application)
    found = material_list(application, role.hats)
    if found is None:
        raise NoticeRefused(_("该申报所依据的政策版本没有材料清单"))
    second = is_second(application, found)
    step = return_step(application)
    reasons = _problems(found, second, reason, role.hats)
    if step is not None:
        reasons += [text for text in [step.role_blocker(role)] if text]
    elif not may_upload(application, frozenset({Acting.FIRM})):
        text = _("“{stage}”阶段企业不能补交材料，告知了也无法补正；请在可以退回补正的阶段告知")
        reasons.append(text.format(stage=application.current.label))
    if reasons:
        raise NoticeRefused(*reasons)
    items = [notice_line(slot) for slot in found.lacking]
    if step is not None:
        note = as_text(items)
        at = move_application(application, RETURN, actor=actor, note=note, version=version, at=at, passing=True).at
    notice = _keep(
        application,
        actor=actor,
        second=second,
        reason=reason.strip(),
        items=items,
        looked_at=[slot.key for slot in found.slots if slot.item.is_required or slot.files],
        due_on=_due_on(application, at),
        returned=step is not None,
        at=at or timezone.now(),
    )
    notice_issued.send(sender=MaterialNotice, notice=notice)
    return notice


def _keep(application: Application, *, actor: User, **fields: Any) -> MaterialNotice:
    number = application.notices.count() + 1
    try:
        with transaction.atomic():
            return MaterialNotice.objects.create(application=application, number=number, sent_by=actor, **fields)
    except IntegrityError:
        raise NoticeRefused(_("告知书刚由他人发出，请刷新后再试")) from None


def _problems(found: MaterialList, second: bool, reason: str, hats: frozenset[str]) -> list[str]:
    reasons = []
    if found.pending:
        names = _("、").join(slot.label for slot in found.pending)
        reasons.append(
            _("还有 {count} 项未审：{names}；请全部审完，一次告知").format(count=len(found.pending), names=names)
        )
    if not found.lacking:
        reasons.append(_("没有缺少或需补正的材料，不需要告知"))
    if second and Acting.LEAD not in hats and Acting.SYSTEM not in hats:
        reasons.append(_("这些材料此前已经告知过；再次告知须由科长发出，请写明理由后报科长"))
    if second and not reason.strip():
        reasons.append(_("再次告知须写明理由"))
    if len(reason) > 300:
        reasons.append(_("理由超过 300 个字"))
    return reasons


def is_second(application: Application, found: MaterialList) -> bool:
    """True when something that is lacking had been looked at in an earlier notice. One query."""
    seen = {key for keys in application.notices.standing().values_list("looked_at", flat=True) for key in keys}
    return any(slot.key in seen for slot in found.lacking)


def return_step(application: Application) -> Transition | None:
    """The return for correction, where the table knows it from this stage."""
    try:
        return application.workflow.transition(RETURN, application.stage)
    except UnknownTransition:
        return None


def _due_on(application: Application, at: Any) -> date:
    """The day until which to correct: the deadline that the return has set, else the term of such a return."""
    due = application.deadlines.filter(kind=DeadlineKind.CORRECTION_DUE, closed_at=None).order_by("due_on").first()
    if due is not None:
        return due.due_on
    terms = [stage.term for stage in application.workflow.stages if stage.pauses and stage.term]
    latest = application.round.last_on if application.round else None
    return end_of(terms[0] if terms else DEFAULT_TERM, timezone.localdate(at), work_calendar(), latest=latest)


def notice_line(slot: Slot) -> dict[str, Any]:
    """One item as the notice keeps it: codes, so that it can be read in either language, and what was said."""
    codes = {MaterialState.MISSING: [MISSING_CODE], MaterialState.EXPIRED: [EXPIRED_CODE]}.get(slot.state)
    material = slot.material
    return {
        "item": slot.item.code,
        "year": slot.year,
        "label": slot.item.label_zh,
        "label_en": slot.item.label_en,
        "sample": slot.item.sample_zh,
        "sample_en": slot.item.sample_en,
        "source": slot.item.source,
        "verified": slot.item.is_verified,
        "reasons": codes or (list(material.reasons) if material else [MISSING_CODE]),
        "note": material.note if material and slot.state == MaterialState.REFUSED else "",
    }


def as_text(items: list[dict[str, Any]]) -> str:
    """The items as plain text, in the language of the law: the note of the return."""
    with translation.override("zh-hans"):
        return "\n".join(f"{place}. {line_text(item)}" for place, item in enumerate(items, start=1))


def line_text(item: dict[str, Any]) -> str:
    """`财务会计报告（2024）：未签字或未盖章；请签字…`"""
    known = [REASONS[code] for code in item["reasons"] if code in REASONS]
    year = f"（{item['year']}）" if item["year"] else ""
    why = "、".join(str(reason.label) for reason in known)
    how = "；".join(str(reason.how) for reason in known)
    note = f"（{item['note']}）" if item["note"] else ""
    return f"{item['label']}{year}：{why}{note}。{how}。"
