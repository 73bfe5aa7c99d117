"""What happens to a title outside our pipeline: recorded from years ago, completed, reissued, suspended, revoked.

Every change keeps its history in the same transaction, and every refusal names all its reasons at once.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Firm, User
from crm.services.firms import require_writer
from pipeline.errors import RecognitionRefused
from pipeline.models import Recognition
from pipeline.services.recognitions import date_problems, record_recognition
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


def number_problems(programme: str, title: str, number: str, *, but: Recognition | None = None) -> list[str]:
    """What is wrong with a number: another title has it. Nothing for an empty one."""
    taken = Recognition.objects.filter(programme=programme, title=title, number=number).exclude(pk=but and but.pk)
    holder = taken.select_related("firm").first() if number else None
    if holder is None:
        return []
    return [_("编号 {number} 已登记在另一项认定结果上；请核对证书").format(number=number)]
