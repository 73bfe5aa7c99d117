"""Ticking the steps of the back-planned timetable."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput
from crm.models import User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from pipeline.models import Application, TimetableStep
from pipeline.workflows.timetables import TIMETABLES


@transaction.atomic
def tick_step(
    application: Application, code: str, *, done: bool, actor: User | None, done_on: date | None = None
) -> bool:
    """Say that a step is done, or that it is not after all. Returns False when it was so already."""
    require_writer(actor, application.region_path)
    step = next((step for step in TIMETABLES.get(application.programme, ()) if step.code == code), None)
    if step is None:
        raise InvalidInput(_("该计划的倒排表没有“{code}”这一步").format(code=code))
    if done:
        values = {"done_on": done_on or timezone.localdate(), "by": actor}
        changed = TimetableStep.objects.get_or_create(application=application, code=code, defaults=values)[1]
    else:
        changed = bool(TimetableStep.objects.filter(application=application, code=code).delete()[0])
    if changed:
        states = (_("未完成"), _("已完成"))
        old, new = states if done else states[::-1]
        record_changes(application, {f"step:{code}": (old, new)}, actor=actor, reason=str(step.label))
    return changed
