"""What belongs to a firm follows it: to another county or officer, out of our regions, or to its end."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.choices import FirmStatus
from crm.models import Firm, FirmEvent
from pipeline.errors import ApplicationRefused
from pipeline.models import Application, Assessment, OfficialListRow
from pipeline.selectors.leaving import Leaving, leaving
from pipeline.services import deadlines, places
from pipeline.services.applications import move_application


def follow_firm(firm: Firm, event: FirmEvent | None = None, *, withdrawn: bool = False) -> None:
    """The firm's open applications, deadlines, valid titles and rows of lists go with it, from the day of the event.

    Its assessments do too; those of a firm that is no longer active are forgotten. The applications of a firm that
    leaves or ends are ended. Raises ApplicationRefused with every one that cannot be.
    """
    if event is not None and not withdrawn and firm.status in {FirmStatus.MOVED_OUT, FirmStatus.DEREGISTERED}:
        _end_applications(firm, event)
    Application.objects.open().filter(firm=firm).update(
        region_id=firm.region_id, region_path=firm.region_path, officer_id=firm.officer_id
    )
    assessments = Assessment.objects.filter(firm=firm)
    if firm.status == FirmStatus.ACTIVE:
        assessments.update(region_path=firm.region_path)
    else:
        assessments.delete()
    OfficialListRow.objects.filter(firm=firm).update(region_path=firm.region_path)
    deadlines.follow_firm(firm)
    if event is not None and withdrawn:
        places.take_back_move(firm, event)
    else:
        places.follow_firm(firm, event)


def _end_applications(firm: Firm, event: FirmEvent) -> None:
    found: Leaving = leaving(firm)
    if found.reasons:
        raise ApplicationRefused(*found.reasons)
    words = _("企业{what}（{document}）").format(what=event, document=event.document)
    for application, step in found.ending:
        move_application(application, step.code, actor=None, note=words)
