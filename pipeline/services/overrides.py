"""Every write of a judged probability. It stands beside the forecast's own; the ones before it are kept."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import RowChanged
from crm.models import User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from pipeline.choices import Phase
from pipeline.errors import OverrideRefused
from pipeline.models import Application, Override
from pipeline.selectors.courses import SUBMIT

OVER = (Phase.RECOGNISED, Phase.CLOSED)


@transaction.atomic
def set_override(
    application: Application, outcome: str, *, probability: Decimal | None, reason: str, actor: User | None
) -> Override:
    """Keep what somebody judges the probability to be, 0–1, with the reason; None withdraws the judgement in force.

    Raises OverrideRefused with every reason, RowChanged when somebody judged at the same time.
    """
    require_writer(actor, application.region_path)
    reasons = _reasons(application, outcome, probability, reason)
    current = Override.objects.current().filter(application=application, outcome=outcome).first()
    if probability is None and (current is None or current.probability is None):
        reasons.append(_("目前没有可以撤回的判断；请填写判断概率"))
    if reasons:
        raise OverrideRefused(*reasons)
    made = Override(application=application, outcome=outcome, probability=probability, reason=reason, by=actor)
    _supersede(current, made)
    old, path = current.probability if current else None, application.region_path
    record_changes(application, {"override": (old, probability)}, actor=actor, reason=reason, path=path)
    return made


def _supersede(current: Override | None, made: Override) -> None:
    """The new judgement takes the place of the one in force; the key lets only one do so."""
    made.at = timezone.now()
    if current and not Override.objects.current().filter(pk=current.pk).update(superseded_at=made.at):
        raise RowChanged(_("该判断刚被他人修改，请刷新后再试"))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise RowChanged(_("该判断刚被他人修改，请刷新后再试")) from None


def _reasons(application: Application, outcome: str, probability: Decimal | None, reason: str) -> list[str]:
    reasons = []
    if outcome not in {SUBMIT, *application.workflow.titles}:
        reasons.append(_("该计划没有“{outcome}”这一结果").format(outcome=outcome))
    if application.phase in OVER:
        reasons.append(_("该申报已有结果，不再需要判断"))
    if probability is not None and not (probability.is_finite() and 0 <= probability <= 1):
        reasons.append(_("判断概率须在 0% 至 100% 之间"))
    if not reason.strip():
        reasons.append(_("请写明理由，如“审计报告已出，只差盖章”"))
    return reasons
