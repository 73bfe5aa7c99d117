"""The weekly gap mail: once per person and ISO week, on its first working day at 08:30, late rather than never."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from crm.choices import Role
from crm.models import Post, Region, User
from crm.services.jobs import beat_heart
from notifications import mails
from notifications.models import Digest, Message, MessageKind
from notifications.outbox import enqueue
from notifications.people import of_user
from pipeline.models import Application
from pipeline.selectors.applications import nearest_to_counting
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.selectors.targets import BEHIND, QuotaRow
from pipeline.services.metrics import compile_metrics

logger = logging.getLogger(__name__)

SEND_AT = time(8, 30)
READERS = (Role.LEADER, Role.LEAD, Role.OFFICER)
FRESH_DAYS = 1


@dataclass(frozen=True)
class GapRow:
    """One target in the mail, with the open applications that would close it first."""

    quota: QuotaRow
    nearest: list[Application]


@dataclass(frozen=True)
class GapMail:
    """What one person is told of one region in one week."""

    user: User
    region: Region
    period: str
    compiled: Compiled
    rows: list[GapRow]
    counties: list[QuotaRow]

    @property
    def worst(self) -> GapRow | None:
        return self.rows[0] if self.rows and self.rows[0].quota.gap else None


def iso_week(day: date) -> str:
    """2026-W47"""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_day(period: str, number: int) -> date:
    """Monday (1) to Sunday (7) of an ISO week. Raises ValueError for anything that is not one."""
    year, week = period.split("-W")
    return date.fromisocalendar(int(year), int(week), number)


def first_workday(period: str) -> date | None:
    """The first working day of an ISO week; None for a week that is all holidays, whose mail the next one carries."""
    monday = week_day(period, 1)
    day = work_calendar().on_or_after(monday)
    return day if day < monday + timedelta(days=7) else None


def send_gap_digests(*, now: datetime | None = None) -> int:
    """Send the mails of this ISO week if its hour has come. Returns how many were new; a second run returns 0."""
    local = timezone.localtime(now)
    period = iso_week(local.date())
    due = first_workday(period)
    if due is None or (local.date(), local.time()) < (due, SEND_AT):
        return 0
    new = send_period(period, today=local.date())
    beat_heart("gap_digest", f"{period}: {new} new")
    return new


def send_period(period: str, *, today: date, to: str = "") -> int:
    """Queue the mail of one week for everybody who has none yet."""
    ensure_snapshot(today)
    new = 0
    for mail in gap_mails(period, to=to):
        if not mail.user.email:
            logger.warning("gap mail %s for %s stays in the site: no mail address", period, mail.user)
        try:
            new += _queue(mail)
        except Exception:
            # One person's mail must not keep the others' back; the next run finds this one still missing.
            logger.exception("gap mail %s for %s not queued", period, mail.user)
    return new


def ensure_snapshot(today: date) -> None:
    """Count again where the newest numbers are older than a day or of another year."""
    roots = Region.objects.filter(parent=None)
    if any(_is_stale(latest_snapshot(root), today) for root in roots):
        compile_metrics(as_of=today)


def _is_stale(compiled: Compiled | None, today: date) -> bool:
    return compiled is None or compiled.as_of < today - timedelta(days=FRESH_DAYS) or compiled.year != today.year


def gap_mails(period: str, *, to: str = "") -> Iterator[GapMail]:
    """The mail of a week for everybody who has none yet, read from the newest snapshot that the week knew."""
    sunday = week_day(period, 7)
    content: dict[int, tuple[Compiled, list[GapRow], list[QuotaRow]] | None] = {}
    for user, region in readers(period, to=to):
        if region.pk not in content:
            content[region.pk] = _content(region, sunday)
        if (known := content[region.pk]) is not None:
            yield GapMail(user, region, period, *known)


def readers(period: str, *, to: str = "") -> list[tuple[User, Region]]:
    """Who still gets the mail and of which region: the widest that each person is posted to. One query."""
    told = Digest.objects.filter(kind=MessageKind.GAP_DIGEST, period=period)
    posts = Post.objects.filter(role__in=READERS, user__is_active=True).exclude(user__in=told.values("recipient"))
    posts = posts.select_related("user", "region")
    if to:
        posts = posts.filter(user__email__iexact=to)
    widest: dict[int, Post] = {}
    for post in posts.order_by("user", "region__path"):
        widest.setdefault(post.user_id, post)
    return [(post.user, post.region) for post in widest.values()]


def _content(region: Region, until: date) -> tuple[Compiled, list[GapRow], list[QuotaRow]] | None:
    compiled = latest_snapshot(region, as_of=until)
    if compiled is None or not (compiled.rows or compiled.children):
        return None
    rows = [_gap_row(quota, region, compiled.year) for quota in sorted(compiled.rows, key=_worst_first)]
    return compiled, rows, sorted((row for row in compiled.children if row.gap), key=_worst_first)


def _worst_first(row: QuotaRow) -> tuple[bool, bool, float]:
    """Unmet before met, behind before on pace, and the lowest completion first."""
    return (not row.gap, row.pace != BEHIND, float(row.completion_ratio or 0))


def _gap_row(quota: QuotaRow, region: Region, year: int) -> GapRow:
    wanted = quota.gap and quota.programme
    return GapRow(quota, nearest_to_counting(region, quota.indicator, year=year) if wanted else [])


def _queue(mail: GapMail) -> bool:
    """The ledger row and the message in one transaction: both or neither."""
    person = of_user(mail.user)
    rendered = mails.render("gap_digest", {"mail": mail, "person": person}, language=person.language)
    key = f"gap:{mail.period}:{person.key}"
    with transaction.atomic():
        ledger, created = Digest.objects.get_or_create(
            kind=MessageKind.GAP_DIGEST,
            recipient=mail.user,
            period=mail.period,
            defaults={"snapshot_as_of": mail.compiled.as_of},
        )
        if not created:
            return False
        enqueue(
            key=key,
            kind=MessageKind.GAP_DIGEST,
            subject=rendered.subject,
            body=rendered.text,
            html=rendered.html,
            link=f"/targets/?region={mail.region.code}",
            recipient_id=mail.user.pk,
            to=mail.user.email,
            to_name=mail.user.name,
            region_path=mail.region.path,
        )
        Digest.objects.filter(pk=ledger.pk).update(message=Message.objects.get(key=key))
    return True
