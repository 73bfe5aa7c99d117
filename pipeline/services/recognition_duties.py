"""The duties that a certificate brings: the report of each year, and the report of a major change.

Two years without a report within one validity, or a major change not reported in time, cost the title
(国科火发〔2016〕32号 第十九条). A report made late is a report made: only years without one are counted (our reading).
"""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write, scope_of
from crm.errors import NotAllowed
from crm.models import User
from crm.services.history import record_changes
from pipeline.choices import ChangeKind
from pipeline.errors import RecognitionRefused
from pipeline.models import AnnualReport, Deadline, MajorChange, Recognition
from pipeline.services import deadlines


@transaction.atomic
def record_report(recognition: Recognition, *, year: int, on: date, number: str, actor: User | None) -> AnnualReport:
    """The report due in `year` was made: its deadline is closed. The firm may say so itself, or its officers.

    Raises RecognitionRefused with every reason: a year without this duty, a day that cannot be, no number, twice.
    """
    _require_party(recognition, actor)
    reasons = _report_problems(recognition, year, on, number)
    if reasons:
        raise RecognitionRefused(*reasons)
    try:
        with transaction.atomic():
            report = AnnualReport.objects.create(
                recognition=recognition,
                year=year,
                reported_on=on,
                number=number.strip(),
                actor=actor,
                at=timezone.now(),
            )
    except IntegrityError:
        raise RecognitionRefused(_("{year} 年的年度报告已登记").format(year=year)) from None
    deadlines.close(Deadline.objects.filter(key=f"report:{recognition.pk}:{year}"))
    _keep(recognition, {"annual_report": ("", report)}, actor)
    return report


def _report_problems(recognition: Recognition, year: int, on: date, number: str) -> list[str]:
    reasons = _ended(recognition)
    if year not in {day.year for day in deadlines.report_days(recognition)}:
        reasons.append(_("该证书 {year} 年没有年度报告；应在有效期内每年 5 月底前填报").format(year=year))
    if on > timezone.localdate():
        reasons.append(_("填报日期 {day} 晚于今天").format(day=on))
    elif on < date(year, 1, 1):
        reasons.append(_("填报日期 {day} 早于 {year} 年").format(day=on, year=year))
    if not number.strip():
        reasons.append(_("请填写凭证编号"))
    return reasons


@transaction.atomic
def record_major_change(recognition: Recognition, *, kind: str, on: date, what: str, actor: User | None) -> MajorChange:
    """The firm changed: it must report that within three months, a deadline with its reminders from now on."""
    _require_party(recognition, actor)
    reasons = _ended(recognition)
    if recognition.programme != "high_tech":
        reasons.append(_("只有高新技术企业须报告重大变化"))
    if kind not in ChangeKind.values:
        reasons.append(_("请选择变化类型"))
    if on > timezone.localdate():
        reasons.append(_("变化日期 {day} 晚于今天").format(day=on))
    elif not recognition.is_valid_on(on):
        reasons.append(_("变化日期 {day} 不在证书有效期内").format(day=on))
    if not what.strip():
        reasons.append(_("请写明变化内容"))
    if reasons:
        raise RecognitionRefused(*reasons)
    try:
        with transaction.atomic():
            change = MajorChange.objects.create(
                recognition=recognition, kind=kind, changed_on=on, what=what.strip()[:200]
            )
    except IntegrityError:
        raise RecognitionRefused(_("该日的同一变化已登记")) from None
    deadlines.follow_change(change)
    _keep(recognition, {"major_change": ("", change)}, actor, reason=what)
    return change


@transaction.atomic
def report_major_change(
    recognition: Recognition, *, change: int, on: date, document: str, actor: User | None
) -> MajorChange:
    """The change was reported to the authority: its deadline is closed. A late report is kept with its day."""
    _require_party(recognition, actor)
    found = MajorChange.objects.filter(recognition=recognition, pk=change).first()
    if found is None:
        raise RecognitionRefused(_("没有这项变化；请刷新后再试"))
    reasons = _ended(recognition)
    if on > timezone.localdate():
        reasons.append(_("报告日期 {day} 晚于今天").format(day=on))
    elif on < found.changed_on:
        reasons.append(_("报告日期 {day} 早于变化日期 {changed}").format(day=on, changed=found.changed_on))
    if not document.strip():
        reasons.append(_("请填写报告凭证"))
    if reasons:
        raise RecognitionRefused(*reasons)
    waiting = MajorChange.objects.filter(pk=found.pk, reported_on=None)
    if not waiting.update(reported_on=on, document=document.strip()):
        raise RecognitionRefused(_("该变化已登记为已报告"))
    deadlines.close(Deadline.objects.filter(key=f"change:{found.pk}"))
    _keep(recognition, {"change_report": (found, on)}, actor, reason=document)
    found.refresh_from_db()
    return found


def _require_party(recognition: Recognition, actor: User | None) -> None:
    """The firm itself or those who may write in its region; None is the system."""
    if actor is None or recognition.firm_id in scope_of(actor).firm_ids:
        return
    if not may_write(actor, recognition.firm.region_path):
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))


def _ended(recognition: Recognition) -> list[str]:
    return [_("该资格已于 {day} 撤销").format(day=recognition.ended_on)] if recognition.ended_on else []


def _keep(recognition: Recognition, changes: dict, actor: User | None, *, reason: str = "") -> None:
    record_changes(recognition, changes, actor=actor, reason=reason.strip(), path=recognition.firm.region_path)
