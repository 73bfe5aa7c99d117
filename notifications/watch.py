"""The watch: it looks from outside the queue whether the queue moves, and tells the administrators when it does not.

One alarm and one all-clear for each incident, sent past the queue. Two watches at once do no harm.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone, translation

from crm.access import sits_at_city
from crm.choices import Role
from crm.models import Post, User
from crm.selectors.runs import JobRow, job_rows
from crm.services.runs import settle_lost_runs
from notifications import mails
from notifications.incident_words import advice, sentence
from notifications.models import Delivery, Incident, IncidentKind, Message, MessageKind, MessageState, Way
from notifications.outbox import as_mail, enqueue
from notifications.people import of_user
from notifications.preferences import wants
from notifications.vital_signs import failing_channels, vital_signs

logger = logging.getLogger(__name__)

OVER_AFTER = timedelta(minutes=3)  # an incident that comes and goes each minute is one incident
LATE_ONE_BY_ONE = 3
LINK = "/outbox/delivery/"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong now."""

    kind: str
    about: str = ""
    detail: str = ""


@dataclass
class Watched:
    """What one pass did."""

    opened: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)
    told: int = 0


def watch_quietly() -> Watched | None:
    """A pass that never raises: None, and a line in the log, where the database is away."""
    try:
        return watch()
    except DatabaseError as error:
        logger.warning("the watch cannot ask the database: %s", error)
    except Exception:
        logger.exception("the watch failed")
    return None


def watch(*, now: datetime | None = None) -> Watched:
    """Find what is wrong, open and close incidents, and tell the administrators of each once."""
    now = now or timezone.now()
    settle_lost_runs()
    found = list(findings(now))
    done = Watched([one for one in (_see(finding, now) for finding in found) if one], _close(found, now))
    for incident in Incident.objects.filter(closed_at=None, alarmed_at=None):
        done.told += _tell(incident, "alarmed_at", now)
    for incident in Incident.objects.filter(closed_at__isnull=False, cleared_at=None, alarmed_at__isnull=False):
        done.told += _tell(incident, "cleared_at", now)
    return done


def findings(now: datetime) -> Iterator[Finding]:
    """Everything that is wrong. While the queue stands still every job is late: that is one finding, not ten."""
    signs = vital_signs(now=now)
    stands = signs.queue_age is None or signs.queue_age > timedelta(minutes=settings.ALARM_QUEUE_MINUTES)
    if stands:
        yield Finding(IncidentKind.QUEUE, detail=_minutes(signs.queue_age))
    rows = job_rows(now=now)
    yield from [] if stands else _late(rows)
    for row in rows:
        if row.has_failed and row.last and not row.job.is_frequent:
            yield Finding(IncidentKind.FAILED, row.job.task, row.last.error[:300])
    if signs.dead_letters >= settings.ALARM_DEAD_LETTERS:
        yield Finding(IncidentKind.DEAD_LETTERS, detail=str(signs.dead_letters))
    if signs.oldest_mail_age > timedelta(minutes=settings.ALARM_LATE_MINUTES) and not stands:
        yield Finding(IncidentKind.CHANNEL, detail=_minutes(signs.oldest_mail_age))
    for channel in failing_channels(settings.ALARM_CHANNEL_FAILURES):
        yield Finding(IncidentKind.CHANNEL, channel.name, str(channel.failures))


def _late(rows: list[JobRow]) -> list[Finding]:
    """Each job that has not run in time; where there are many, as after days without beat, all of them as one."""
    late = [Finding(IncidentKind.LATE, row.job.task, row.late_since.isoformat()) for row in rows if row.late_since]
    return late if len(late) <= LATE_ONE_BY_ONE else [Finding(IncidentKind.LATE, detail=str(len(late)))]


def _minutes(age: timedelta | None) -> str:
    return "" if age is None else str(int(age.total_seconds() // 60))


def _see(finding: Finding, now: datetime) -> Incident | None:
    """The incident of a finding when it is new; an open one is seen again."""
    incident, is_new = Incident.objects.get_or_create(
        kind=finding.kind,
        about=finding.about,
        closed_at=None,
        defaults={"detail": finding.detail, "opened_at": now, "seen_at": now},
    )
    if is_new:
        logger.warning("incident %s %s %s", finding.kind, finding.about, finding.detail)
        return incident
    Incident.objects.filter(pk=incident.pk, closed_at=None).update(seen_at=now, detail=finding.detail)
    return None


def _close(found: list[Finding], now: datetime) -> list[Incident]:
    """End the incidents that have not been seen for a while.

    Which single jobs are late is not known while the queue stands, or while many are late: those stay open.
    """
    over = Incident.objects.filter(closed_at=None, seen_at__lte=now - OVER_AFTER)
    if any(one.kind == IncidentKind.QUEUE or (one.kind == IncidentKind.LATE and not one.about) for one in found):
        over = over.exclude(kind=IncidentKind.LATE)
    return [one for one in over if Incident.objects.filter(pk=one.pk, closed_at=None).update(closed_at=now)]


def administrators() -> dict[User, str]:
    """Who is told, and of which region: the administrators of the city's desk; where it has none, its leads."""
    posts = Post.objects.filter(role__in=[Role.ADMIN, Role.LEAD], user__is_active=True).select_related("user", "region")
    city = [post for post in posts.order_by("pk") if sits_at_city(post.region.path)]
    admins = [post for post in city if post.role == Role.ADMIN]
    return {post.user: post.region.path for post in admins or city}


def _tell(incident: Incident, moment: str, now: datetime) -> int:
    """Write the rows that stand in the site, claim the mail, and send it. A mail that did not leave is tried again."""
    prefix = f"incident:{incident.pk}:{moment}:"
    for user, path in administrators().items():
        _write(incident, user, prefix, path, is_over=moment == "cleared_at")
    own = Incident.objects.filter(pk=incident.pk, **{moment: None})
    if not own.update(**{moment: now}, error=""):
        return 0
    rows = Message.objects.filter(key__startswith=prefix, state=MessageState.IN_APP).exclude(to="")
    try:
        return _send(list(rows.order_by("pk")))
    except OSError as error:
        logger.warning("alarm of incident %s not sent, trying again: %s", incident.pk, error)
        Incident.objects.filter(pk=incident.pk).update(**{moment: None}, error=str(error)[:300])
        return 0


def _write(incident: Incident, user: User, prefix: str, path: str, *, is_over: bool) -> None:
    person, by_mail = of_user(user), wants(user, MessageKind.OPERATION, Way.MAIL)
    with translation.override(person.language):
        context = {
            "incident": incident,
            "person": person,
            "is_over": is_over,
            "sentence": sentence(incident),
            "advice": advice(incident),
            "link": LINK,
        }
    rendered = mails.render("operation", context, language=person.language)
    enqueue(
        key=f"{prefix}{person.key}",
        kind=MessageKind.OPERATION,
        subject=rendered.subject,
        body=rendered.text,
        html=rendered.html,
        link=LINK,
        urgent=not is_over,
        recipient_id=person.user_id,
        to=person.email if by_mail else "",
        to_name=person.name,
        language=person.language,
        region_path=path,
        state=MessageState.IN_APP,
    )


def _send(rows: list[Message]) -> int:
    """Past the queue, over one connection. An address that is refused holds up no other; raises OSError otherwise."""
    if not rows:
        return 0
    connection, sent = get_connection(), 0
    connection.open()
    try:
        for row in rows:
            try:
                connection.send_messages([as_mail(row, connection)])
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                _settle(row, MessageState.FAILED, str(error))
            else:
                sent += 1
                _settle(row, MessageState.SENT, "")
    finally:
        connection.close()
    return sent


def _settle(row: Message, state: str, detail: str) -> None:
    now = timezone.now()
    sent_at = now if state == MessageState.SENT else None
    own = Message.objects.filter(pk=row.pk, state=MessageState.IN_APP)
    if own.update(state=state, sent_at=sent_at, error=detail[:500], attempts=F("attempts") + 1):
        Delivery.objects.create(message_id=row.pk, at=now, outcome=state, detail=detail[:300])
