"""What stands between an application and its submission: the required papers that are not there, or no longer valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import ScanState
from pipeline.material_kinds import MaterialState
from pipeline.policy.materials import Checklist, Item, checklist_of

if TYPE_CHECKING:
    from pipeline.models import Application


def checklist_for(application: Application) -> Checklist | None:
    """The checklist of the edition that the application is pinned to; None where there is none."""
    if application.edition is None:
        return None
    return checklist_of(application.programme, application.edition.code)


def slot_label(item: Item, year: int) -> str:
    """An item with its year, as everybody reads it."""
    return _("{label}（{year}）").format(label=item.label, year=year) if year else item.label


def must_be_complete(application: Application) -> bool:
    """True when the programme's checklist was in force on the day the application was opened. One query."""
    starts = apps.get_model("pipeline.ChecklistStart").objects
    opened = timezone.localdate(application.opened_at)
    return starts.filter(programme=application.programme, starts_on__lte=opened).exists()


def missing_materials(application: Application) -> list[str]:
    """The labels of the required items without a valid, readable document. At most three queries; none without
    an edition."""
    checklist = checklist_for(application) if application.edition_id else None
    if checklist is None or not must_be_complete(application):
        return []
    there = _held(application)
    return [
        slot_label(item, year)
        for item in checklist.items
        if item.is_required
        for year in item.years_for(application.year)
        if (item.code, year) not in there
    ]


def _held(application: Application) -> set[tuple[str, int]]:
    """The places that hold a document which is in force, not condemned, and not what was refused."""
    places = apps.get_model("pipeline.MaterialFile").objects.filter(material__application=application)
    in_force = Q(document__valid_until=None) | Q(document__valid_until__gte=timezone.localdate())
    good = (
        places.filter(in_force)
        .exclude(document__scan=ScanState.INFECTED)
        .exclude(material__state=MaterialState.REFUSED)
    )
    return set(good.values_list("material__item", "material__year"))
