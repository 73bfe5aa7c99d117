"""What becomes of a firm's running applications when it leaves our regions or ends."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.models import Firm
from pipeline.choices import Phase
from pipeline.models import Application
from pipeline.workflow import Transition

ENDS = ("drop", "withdraw")  # the first that the stage allows


@dataclass(frozen=True)
class Leaving:
    """Those that end, each with the move that ends it, and why the others stand against it."""

    ending: tuple[tuple[Application, Transition], ...]
    reasons: tuple[str, ...]


def leaving(firm: Firm) -> Leaving:
    """Of the applications that run before a result; one statement. Titles leave the counts by themselves."""
    ending, reasons = [], []
    running = Application.objects.open().filter(firm=firm).exclude(phase=Phase.RECOGNISED).order_by("pk")
    for application in running:
        step = _end_of(application)
        if step is not None:
            ending.append((application, step))
        else:
            words = _("申报 {reference} 正在“{stage}”，不能随企业变动结束；请先退回补正，或登记评审结果")
            reasons.append(words.format(reference=application.reference, stage=application.current.label))
    return Leaving(tuple(ending), tuple(reasons))


def _end_of(application: Application) -> Transition | None:
    lawful = {step.code: step for step in application.workflow.transitions if application.stage in step.sources}
    return next((lawful[code] for code in ENDS if code in lawful), None)
