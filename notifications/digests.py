"""The weekly gap mail: once per person and ISO week, on its first working day at 08:30, late rather than never."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.choices import Role
from crm.models import Post, Region, User
from crm.services.jobs import beat_heart
from notifications import ledger, mails
from notifications.models import Attachment, Digest, DigestState, MessageKind
from notifications.outbox import enqueue
from notifications.people import of_user
from pipeline.selectors.brief_book import as_xlsx
from pipeline.selectors.briefs import Brief, BriefLine, brief_of, with_names, worst_first
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.services.metrics import compile_metrics
from pipeline.workdays import iso_week

logger = logging.getLogger(__name__)

SEND_AT = time(8, 30)
READERS = (Role.LEADER, Role.LEAD, Role.OFFICER)
FRESH_DAYS = 1


@dataclass(frozen=True)
class Reader:
    """Who gets the mail and of which regions: the widest that they are posted to, siblings all.

    `own`: an officer without a wider charge, who is told of the own firms.
    """

    user: User
    regions: list[Region]
    own: bool = False

    @property
    def scope(self) -> str:
        """What the numbers and names depend on; readers of one scope share them."""
        if self.own or len(self.regions) > 1:
            return f"u{self.user.pk}"
        return self.regions[0].code


@dataclass(frozen=True)
class GapMail:
    """What one person is told in one week, the part with the worst target first."""

    reader: Reader
    period: str
    parts: list[Brief]

    @property
    def compiled(self) -> Compiled:
        """The oldest of the snapshots that it was read from."""
        return min((part.compiled for part in self.parts), key=lambda compiled: compiled.taken_at)

    @property
    def first(self) -> Brief:
        return self.parts[0]

    @property
    def worst(self) -> BriefLine | None:
        return self.first.worst

    @property
    def region(self) -> Region:
        return self.first.region

    @property
    def region_names(self) -> str:
        return _("、").join(part.region.name for part in self.parts)

    @property
    def items(self) -> int:
        """How many targets are not met."""
        return sum(part.unmet for part in self.parts)

    @property
    def link(self) -> str:
        """The targets page of what the mail speaks of first."""
        link = f"/targets/?region={self.region.code}"
        return f"{link}&indicator={self.worst.row.indicator}" if self.worst else link


class Known:
    """What readers of one run share: the briefs of a region, and the workbook of a scope, by language."""

    def __init__(self, period: str, today: date) -> None:
        self.period, self.today = period, today
        self.until = week_day(period, 7)
        self._briefs: dict[tuple[int, str], Brief | None] = {}
        self._named: dict[tuple[int, str, int | None], Brief] = {}
        self._books: dict[tuple[str, str], bytes] = {}

    def part(self, region: Region, reader: Reader, language: str) -> Brief | None:
        """The brief of a region with its names, or with those of an officer; None where nothing is counted."""
        brief = self._brief(region, reader.user, language)
        if brief is None:
            return None
        officer = reader.user if reader.own else None
        key = (region.pk, language, officer.pk if officer else None)
        if key not in self._named:
            self._named[key] = with_names(brief, reader.user, today=self.today, officer=officer)
        return self._named[key]

    def _brief(self, region: Region, user: User, language: str) -> Brief | None:
        key = (region.pk, language)
        if key not in self._briefs:
            compiled = latest_snapshot(region, as_of=self.until)
            told = compiled is not None and (compiled.rows or compiled.children)
            self._briefs[key] = brief_of(region, user, compiled) if compiled and told else None
        return self._briefs[key]

    def book(self, mail: GapMail, language: str) -> bytes:
        key = (mail.reader.scope, language)
        if key not in self._books:
            self._books[key] = as_xlsx(mail.parts)
        return self._books[key]


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


def send_period(period: str, *, today: date, to: str = "", user: User | None = None) -> int:
    """Queue the mail of one week for everybody who has none yet. What fails stands in the ledger, for the next run."""
    ensure_snapshot(today)
    known = Known(period, today)
    return sum(_made(reader, known) for reader in readers(period, to=to, user=user))


def ensure_snapshot(today: date) -> None:
    """Count again where the newest numbers are older than a day or of another year."""
    roots = Region.objects.filter(parent=None)
    if any(_is_stale(latest_snapshot(root), today) for root in roots):
        compile_metrics(as_of=today)


def _is_stale(compiled: Compiled | None, today: date) -> bool:
    return compiled is None or compiled.as_of < today - timedelta(days=FRESH_DAYS) or compiled.year != today.year


def gap_mails(period: str, *, today: date, to: str = "") -> Iterator[GapMail]:
    """The mail of a week for everybody who has none yet, read from the newest snapshot that the week knew."""
    known = Known(period, today)
    for reader in readers(period, to=to):
        if (mail := _mail(reader, known)) is not None:
            yield mail


def readers(period: str, *, to: str = "", user: User | None = None) -> list[Reader]:
    """Who still gets the mail. One query. Who has a failed row in the ledger still gets it."""
    told = Digest.objects.filter(kind=MessageKind.GAP_DIGEST, period=period, state=DigestState.QUEUED)
    posts = Post.objects.filter(role__in=READERS, user__is_active=True).exclude(user__in=told.values("recipient"))
    posts = posts.select_related("user", "region")
    if to:
        posts = posts.filter(user__email__iexact=to)
    if user is not None:
        posts = posts.filter(user=user)
    of_person: dict[int, list[Post]] = {}
    for post in posts.order_by("user", "region__path"):
        of_person.setdefault(post.user_id, []).append(post)
    return [_reader(own) for own in of_person.values()]


def _reader(posts: list[Post]) -> Reader:
    """Of posts in the order of their regions."""
    regions: list[Region] = []
    for post in posts:
        if not any(post.region.path.startswith(wider.path) for wider in regions):
            regions.append(post.region)
    return Reader(posts[0].user, regions, own=all(post.role == Role.OFFICER for post in posts))


def _mail(reader: Reader, known: Known) -> GapMail | None:
    """The mail of one person in their language; None where nothing is counted in their regions."""
    language = of_user(reader.user).language
    with translation.override(language):
        found = (known.part(region, reader, language) for region in reader.regions)
        parts = [part for part in found if part is not None]
    return GapMail(reader, known.period, sorted(parts, key=_worst_part)) if parts else None


def _worst_part(part: Brief) -> tuple:
    return (0, *worst_first(part.lines[0])) if part.lines else (1,)


def _made(reader: Reader, known: Known) -> bool:
    """True when the person's mail was queued now. One that fails keeps nobody else's back."""
    path = ledger.common_path(region.path for region in reader.regions)
    mail = None
    try:
        mail = _mail(reader, known)
        return mail is not None and _queue(mail, path, known)
    except Exception as error:
        counted = {"snapshot_as_of": mail.compiled.as_of, "items": mail.items} if mail else {}
        ledger.note_failure(MessageKind.GAP_DIGEST, reader.user.pk, known.period, error, region_path=path, **counted)
        return False


def _queue(mail: GapMail, path: str, known: Known) -> bool:
    """The ledger row, the workbook and the message in one transaction: all or none."""
    person = of_user(mail.reader.user)
    rendered = mails.render("gap_digest", {"mail": mail, "person": person}, language=person.language)
    with translation.override(person.language):
        book, name = known.book(mail, person.language), book_name(mail)
    key = f"gap:{mail.period}:{person.key}"
    counted = {"snapshot_as_of": mail.compiled.as_of, "items": mail.items, "region_path": path}
    with transaction.atomic():
        claimed = ledger.claim(MessageKind.GAP_DIGEST, mail.reader.user.pk, mail.period, **counted)
        if claimed is None:
            return False
        enqueue(
            key=key,
            kind=MessageKind.GAP_DIGEST,
            template="gap_digest",
            language=person.language,
            subject=rendered.subject,
            body=rendered.text,
            html=rendered.html,
            link=mail.link,
            attachment=Attachment.objects.keep(f"gap:{mail.period}:{mail.reader.scope}", name, book),
            recipient_id=mail.reader.user.pk,
            to=mail.reader.user.email,
            to_name=mail.reader.user.name,
            region_path=path,
        )
        ledger.settle(claimed, key)
    if not mail.reader.user.email:
        logger.warning("gap mail %s for %s stays in the site: no mail address", mail.period, mail.reader.user)
    return True


def book_name(mail: GapMail) -> str:
    """缺口-贵港市-2026-W48.xlsx"""
    where = mail.region.name if len(mail.parts) == 1 else _("{region}等").format(region=mail.region.name)
    return _("缺口-{where}-{period}.xlsx").format(where=where, period=mail.period)
