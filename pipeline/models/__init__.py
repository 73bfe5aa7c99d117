"""The tables of this room, one file per subject."""

from pipeline.models.applications import Application, StageEvent
from pipeline.models.calendar import Deadline, Round, Workday
from pipeline.models.law import PolicyEdition
from pipeline.models.results import Recognition
from pipeline.models.targets import Count, Indicator, Quota, Snapshot

__all__ = [
    "Application",
    "Count",
    "Deadline",
    "Indicator",
    "PolicyEdition",
    "Quota",
    "Recognition",
    "Round",
    "Snapshot",
    "StageEvent",
    "Workday",
]
