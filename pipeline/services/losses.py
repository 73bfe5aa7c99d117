"""What a firm lacked when its application ended without a title: kept in the log, because assessments move on."""

from __future__ import annotations

from pipeline.choices import Phase
from pipeline.models import Application, Assessment
from pipeline.workflow import Transition


def lacking_at_loss(application: Application, step: Transition, source: str) -> dict[str, str]:
    """The conditions not met by the stored assessment, and of which day it is; empty for any other move.

    One query where the move loses the firm, none otherwise.
    """
    table = application.workflow
    if table.stage(step.target).phase != Phase.CLOSED or table.stage(source).phase == Phase.RECOGNISED:
        return {}
    stored = Assessment.objects.filter(firm_id=application.firm_id, programme=application.programme)
    if application.edition_id:
        stored = stored.filter(edition_id=application.edition_id)
    found = stored.exclude(lacking="").order_by("-on", "-pk").values_list("lacking", "on").first()
    return {"lacking": found[0], "assessed_on": found[1].isoformat()} if found else {}
