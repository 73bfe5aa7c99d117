"""The tables of this room, one file per subject."""

from pipeline.models.applications import Application, StageEvent
from pipeline.models.calendar import Deadline, Round, Workday
from pipeline.models.clocks import ClockRule, ClockStop, RoundVersion, TimetableStep
from pipeline.models.law import Assessment, PolicyDraft, PolicyEdition, Shortlist, ShortlistOpening
from pipeline.models.lists import OfficialList, OfficialListRow, UndoneMove
from pipeline.models.materials import ChecklistStart, Document, Material, MaterialFile, MaterialNotice, Upload
from pipeline.models.pending import PendingResult
from pipeline.models.results import AnnualReport, FormerPlace, MajorChange, Recognition
from pipeline.models.targets import Count, Indicator, Quota, Snapshot

__all__ = [
    "AnnualReport",
    "Application",
    "Assessment",
    "ChecklistStart",
    "ClockRule",
    "ClockStop",
    "Count",
    "Deadline",
    "Document",
    "FormerPlace",
    "Indicator",
    "MajorChange",
    "Material",
    "MaterialFile",
    "MaterialNotice",
    "OfficialList",
    "OfficialListRow",
    "PendingResult",
    "PolicyDraft",
    "PolicyEdition",
    "Quota",
    "Recognition",
    "Round",
    "RoundVersion",
    "Shortlist",
    "ShortlistOpening",
    "Snapshot",
    "StageEvent",
    "TimetableStep",
    "UndoneMove",
    "Upload",
    "Workday",
]
