"""The tables of this room, one file per subject."""

from pipeline.models.amounts import Count, PublishedTotal, QualityRule
from pipeline.models.applications import Application, StageEvent
from pipeline.models.calendar import Deadline, Round, Workday
from pipeline.models.clocks import ClockRule, ClockStop, RoundVersion, TimetableStep
from pipeline.models.forecasts import CourseBlock, Forecast, Override
from pipeline.models.handovers import HandOver, HandOverRow
from pipeline.models.hygiene import ContactRule, HygieneScore, Lapse
from pipeline.models.ladders import Ladder
from pipeline.models.law import Assessment, PolicyDraft, PolicyEdition, Shortlist, ShortlistOpening
from pipeline.models.lists import OfficialList, OfficialListRow, UndoneMove
from pipeline.models.materials import ChecklistStart, Document, Material, MaterialFile, MaterialNotice, Upload
from pipeline.models.pending import PendingResult
from pipeline.models.reports import ReportTemplate, WorkReport
from pipeline.models.results import AnnualReport, FormerPlace, MajorChange, Recognition
from pipeline.models.scenarios import Scenario
from pipeline.models.tallies import CountCell, Tallied, Uncounted
from pipeline.models.targets import Indicator, Quota, Snapshot

__all__ = [
    "AnnualReport",
    "Application",
    "Assessment",
    "ChecklistStart",
    "ClockRule",
    "ClockStop",
    "ContactRule",
    "Count",
    "CountCell",
    "CourseBlock",
    "Deadline",
    "Document",
    "Forecast",
    "FormerPlace",
    "HandOver",
    "HandOverRow",
    "HygieneScore",
    "Indicator",
    "Ladder",
    "Lapse",
    "MajorChange",
    "Material",
    "MaterialFile",
    "MaterialNotice",
    "OfficialList",
    "OfficialListRow",
    "Override",
    "PendingResult",
    "PolicyDraft",
    "PolicyEdition",
    "PublishedTotal",
    "QualityRule",
    "Quota",
    "Recognition",
    "ReportTemplate",
    "Round",
    "RoundVersion",
    "Scenario",
    "Shortlist",
    "ShortlistOpening",
    "Snapshot",
    "StageEvent",
    "Tallied",
    "TimetableStep",
    "Uncounted",
    "UndoneMove",
    "Upload",
    "WorkReport",
    "Workday",
]
