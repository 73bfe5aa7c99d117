"""The tables of this room, one file per subject."""

from crm.models.downloads import DownloadLog
from crm.models.facts import Credential, Fact, IntellectualProperty
from crm.models.firms import Firm, FormerName, Touch
from crm.models.history import ChangeRecord
from crm.models.imports import Import, ImportRow
from crm.models.jobs import DemoRow, Heartbeat, Job, JobChunk
from crm.models.mandates import Invitation, Mandate
from crm.models.people import Contact, Membership, Post, User
from crm.models.regions import Region
from crm.models.registrations import RegistrationRequest

__all__ = [
    "ChangeRecord",
    "Contact",
    "Credential",
    "DemoRow",
    "DownloadLog",
    "Fact",
    "Firm",
    "FormerName",
    "Heartbeat",
    "Import",
    "ImportRow",
    "IntellectualProperty",
    "Invitation",
    "Job",
    "JobChunk",
    "Mandate",
    "Membership",
    "Post",
    "Region",
    "RegistrationRequest",
    "Touch",
    "User",
]
