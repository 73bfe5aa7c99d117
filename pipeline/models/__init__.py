"""The tables of this room, one file per subject."""

from pipeline.models.applications import Application, StageEvent
from pipeline.models.calendar import Deadline, Round, Workday
from pipeline.models.law import Assessment, PolicyDraft, PolicyEdition, Shortlist, ShortlistOpening
from pipeline.models.lists import OfficialList, OfficialListRow, UndoneMove
from pipeline.models.results import AnnualReport, FormerPlace, MajorChange, Recognition
from pipeline.models.targets import Count, Indicator, Quota, Snapshot

__all__ = [
    "AnnualReport",
    "Application",
    "Assessment",
    "Count",
    "Deadline",
    "FormerPlace",
    "Indicator",
    "MajorChange",
    "OfficialList",
    "OfficialListRow",
    "PolicyDraft",
    "PolicyEdition",
    "Quota",
    "Recognition",
    "Round",
    "Shortlist",
    "ShortlistOpening",
    "Snapshot",
    "StageEvent",
    "UndoneMove",
    "Workday",
]
