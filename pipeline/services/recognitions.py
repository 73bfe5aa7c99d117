"""Every write of a recognition: granted by a move, recorded from an official list, ended by a revocation."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Firm, User
from crm.services.history import record_changes
from pipeline.choices import Title
from pipeline.errors import TransitionRefused
from pipeline.models import Application, Deadline, Recognition
from pipeline.services import deadlines
from pipeline.services.places import events_since, place_on, place_past_title
from pipeline.services.tallies import firms_changed
from pipeline.workflow import Transition

HIGH_TECH_YEARS = GAZELLE_YEARS = 3
FIRST_YEAR = 2000  # no title of these programmes is older
LONGEST_YEARS = 10


def validity(programme: str, title: str, granted_on: date) -> date:
    """The last valid day: a tech-SME number and a library entry end with their year (国科火字〔2022〕67号), a
    certificate after three years (国科火发〔2016〕32号 第十二条; for gazelles our default)."""
    if title in {Title.REGISTRATION, Title.LIBRARY}:
        return date(granted_on.year, 12, 31)
    years = HIGH_TECH_YEARS if programme == "high_tech" else GAZELLE_YEARS
    try:
        same_day = granted_on.replace(year=granted_on.year + years)
    except ValueError:  # 29 February
        same_day = date(granted_on.year + years, 3, 1)
    return date.fromordinal(same_day.toordinal() - 1)


def problems(application: Application, step: Transition, result: dict[str, Any]) -> list[str]:
    """What is wrong with the number and the dates given for a grant; nothing where the move grants nothing."""
    given = {name: value for name, value in result.items() if value}
    if not step.grants:
        return [_("“{move}”不登记认定结果，请去掉编号和日期").format(move=step.label)] if given else []
    number = str(given.get("number", "")).strip()
    known = Recognition.objects.filter(programme=application.programme, title=step.grants, number=number)
    reasons = date_problems(given.get("granted_on"), given.get("valid_until"))
    if number and known.exists():
        reasons.insert(0, _("编号 {number} 已登记给其他企业；请核对公告").format(number=number))
    return reasons


def date_problems(granted: date | None, until: date | None) -> list[str]:
    """What is wrong with the dates of a grant: a day to come, a slip of the year, an end before the beginning."""
    today = timezone.localdate()
    start, reasons = granted or today, []
    if start > today:
        reasons.append(_("认定日期 {granted} 晚于今天；请核对公告").format(granted=start))
    if start.year < FIRST_YEAR:
        reasons.append(_("认定日期 {granted} 过早；请核对年份").format(granted=start))
    if until and until < start:
        reasons.append(_("有效期至 {until} 早于认定日期 {granted}").format(until=until, granted=start))
    if until and until.year > start.year + LONGEST_YEARS:
        reasons.append(_("有效期至 {until} 过远；请核对年份").format(until=until))
    return reasons


def grant(
    application: Application,
    *,
    title: str,
    default_day: date,
    number: str = "",
    document: str = "",
    granted_on: date | None = None,
    valid_until: date | None = None,
) -> Recognition:
    """Create the recognition of an application, in the move's own transaction; a repeated move finds it there."""
    granted = granted_on or default_day
    existing = Recognition.objects.filter(application=application, title=title, ended_on=None).first()
    if existing:
        return existing
    return _create(
        firm=application.firm,
        application=application,
        programme=application.programme,
        title=title,
        number=number.strip(),
        document=document.strip(),
        granted_on=granted,
        valid_until=valid_until or validity(application.programme, title, granted),
        region_id=application.region_id,
        region_path=application.region_path,
    )


def _create(**values: Any) -> Recognition:
    try:
        with transaction.atomic():
            recognition = Recognition.objects.create(**values)
    except IntegrityError:
        raise TransitionRefused(_("该企业当日的同一认定或该编号已登记，请勿重复")) from None
    deadlines.follow_recognition(recognition)
    firms_changed([recognition.firm_id])
    return recognition


@transaction.atomic
def record_recognition(
    firm: Firm, *, programme: str, title: str, granted_on: date, actor: User | None, **values: Any
) -> Recognition:
    """Record a title that the firm was granted outside our pipeline, such as years ago, where it belonged then."""
    since = events_since(firm, granted_on)
    recognition = _create(
        firm=firm,
        programme=programme,
        title=title,
        granted_on=granted_on,
        valid_until=values.pop("valid_until", None) or validity(programme, title, granted_on),
        region_id=firm.region_id,
        region_path=place_on(firm, granted_on, since),
        **values,
    )
    place_past_title(recognition, since)
    record_changes(firm, {"recognition": ("", recognition)}, actor=actor)
    return recognition


def end(recognitions: Any, *, on: date, reason: str) -> int:
    """End recognitions early; nothing reminds of them any more."""
    found = list(recognitions.values_list("pk", "firm_id"))
    ids = [pk for pk, _firm in found]
    ended = Recognition.objects.filter(pk__in=ids, ended_on=None).update(ended_on=on, end_reason=reason[:200])
    deadlines.close(Deadline.objects.filter(recognition__in=ids))
    firms_changed({firm for _pk, firm in found})
    return ended
