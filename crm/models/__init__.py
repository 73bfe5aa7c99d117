"""The tables of this room, one file per subject."""

from crm.models.downloads import DownloadLog
from crm.models.exports import Export
from crm.models.facts import Credential, Fact, IntellectualProperty
from crm.models.firm_events import FirmEvent
from crm.models.firms import Firm, FormerName, Touch
from crm.models.history import ChangeRecord
from crm.models.imports import Import, ImportMapping, ImportRow
from crm.models.jobs import DemoRow, Heartbeat, Job, JobChunk
from crm.models.leaves import Leave, LeaveDay
from crm.models.mandates import Invitation, Mandate
from crm.models.merging import UNMERGE_DAYS, DuplicatePair, Merge
from crm.models.people import Contact, Membership, Post, User
from crm.models.regions import Region
from crm.models.registrations import RegistrationRequest
from crm.models.runs import PeriodicRun
from crm.models.saved_views import SavedView
from crm.models.search import FirmSearch
from crm.models.tags import FirmTag, Tag
from crm.models.tasks import Task

__all__ = [
    "UNMERGE_DAYS",
    "ChangeRecord",
    "Contact",
    "Credential",
    "DemoRow",
    "DownloadLog",
    "DuplicatePair",
    "Export",
    "Fact",
    "Firm",
    "FirmEvent",
    "FirmSearch",
    "FirmTag",
    "FormerName",
    "Heartbeat",
    "Import",
    "ImportMapping",
    "ImportRow",
    "IntellectualProperty",
    "Invitation",
    "Job",
    "JobChunk",
    "Leave",
    "LeaveDay",
    "Mandate",
    "Membership",
    "Merge",
    "PeriodicRun",
    "Post",
    "Region",
    "RegistrationRequest",
    "SavedView",
    "Tag",
    "Task",
    "Touch",
    "User",
]
