"""The tables of this room."""

from notifications.models.attachments import Attachment
from notifications.models.bounces import Bounce
from notifications.models.channels import Channel, ChannelKind, Preference, QuietAddress, Way
from notifications.models.digests import Digest, DigestQuerySet, DigestState
from notifications.models.incidents import Incident, IncidentKind
from notifications.models.mailbox import Mail, MailQuerySet
from notifications.models.messages import (
    HELD_BACK,
    NOT_TOLD,
    WAITING,
    Delivery,
    Message,
    MessageKind,
    MessageQuerySet,
    MessageState,
)
from notifications.models.mornings import MorningRule, Snooze
from notifications.models.templates import MailTemplate, MailTopic

__all__ = [
    "HELD_BACK",
    "NOT_TOLD",
    "WAITING",
    "Attachment",
    "Bounce",
    "Channel",
    "ChannelKind",
    "Delivery",
    "Digest",
    "DigestQuerySet",
    "DigestState",
    "Incident",
    "IncidentKind",
    "Mail",
    "MailQuerySet",
    "MailTemplate",
    "MailTopic",
    "Message",
    "MessageKind",
    "MessageQuerySet",
    "MessageState",
    "MorningRule",
    "Preference",
    "QuietAddress",
    "Snooze",
    "Way",
]
