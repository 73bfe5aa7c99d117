"""Plans the reminders of a morning. Dates in rows say what is due; a second run finds nothing new.

Whatever dies in between is made good by the next run: the messages of a batch are kept before its deadlines move on,
and everything held is gathered at the end.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property

from django.db.models import F, Q
from django.utils import timezone

from crm.services.jobs import beat_heart
from notifications.copies import repeat_by_channels
from notifications.models import Message, MessageKind, MessageState, Snooze, Way
from notifications.mornings import gather
from notifications.people import Person, Staff
from notifications.preferences import mails_wanted, wanting
from notifications.quiet import EVENING, next_morning
from notifications.receivers import withdraw_reminders
from notifications.reminder_rows import EXPIRES, Occasion, ToldOnce, reminder_row
from notifications.rosters import Roster, roster_of
from notifications.snoozes import in_force, silences
from notifications.topics import REMINDER
from notifications.wording import Wording, edited_wordings
from pipeline.models import Deadline
from pipeline.rungs import Due, LadderTable, dues, next_rung
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladders import ladders
from pipeline.workdays import WorkCalendar

logger = logging.getLogger(__name__)

BATCH = 500
NEVER_TOLD = (MessageState.DRAFT, MessageState.EXPIRED, MessageState.RECALLED, MessageState.SUPERSEDED)
Said = dict[tuple[int, int], Snooze]


def plan_reminders(*, today: date | None = None) -> int:
    """Queue the reminders due today. Returns how many were new; a second run returns 0.

    On a day off nobody is written to; what was due then is told on the next working day, the tightest rung only.
    """
    today, calendar = today or timezone.localdate(), work_calendar()
    if not calendar.is_workday(today):
        beat_heart("plan_reminders", f"{today}: a day off")
        return 0
    morning = Morning(today, calendar, ladders(), Staff(today), edited_wordings(REMINDER))
    new = sum(morning.wake(batch) for batch in _slept(today))
    new += sum(morning.plan(batch) for batch in _due(today))
    mails = gather(today, calendar)
    beat_heart("plan_reminders", f"{today}: {new} new, {mails} morning mails")
    return new


def _due(today: date) -> Iterator[list[Deadline]]:
    """The deadlines whose next rung has come, in batches; one query each. A batch leaves the index as it moves on."""
    waiting = Deadline.objects.open().filter(next_rung_on__lte=today)
    waiting = waiting.select_related("application__officer", "firm__officer", "recognition")
    rows = list(waiting.order_by("next_rung_on", "pk")[:BATCH])
    while rows:
        last = (rows[-1].next_rung_on, rows[-1].pk)
        yield rows
        beyond = Q(next_rung_on__gt=last[0]) | Q(next_rung_on=last[0], pk__gt=last[1])
        rows = list(waiting.filter(beyond, next_rung_on__gte=last[0]).order_by("next_rung_on", "pk")[:BATCH])


def _slept(today: date) -> Iterator[list[Snooze]]:
    """What was put off until today or a day gone by, in batches."""
    rows = Snooze.objects.filter(told_on=None, until__lte=today)
    rows = rows.filter(due_on=F("deadline__due_on"), deadline__closed_at=None)
    rows = rows.select_related(
        "user", "deadline__application__officer", "deadline__firm__officer", "deadline__recognition"
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


@dataclass(frozen=True)
class Morning:
    """One run of the planner: what is read once for all batches, and what is computed once for equal dates."""

    today: date
    calendar: WorkCalendar
    ladders: dict[str, LadderTable]
    staff: Staff
    wordings: Mapping[str, Wording]
    _known: dict[tuple, tuple[list[Due], date | None]] = field(default_factory=dict)

    def plan(self, batch: Sequence[Deadline]) -> int:
        """Keep the messages of a batch, then move its deadlines on. Returns how many messages were new."""
        said = in_force(deadline.pk for deadline in batch)
        roster = roster_of(batch, self.staff, self.today)
        rows = [row for occasion in self._occasions(batch, said) for row in self._rows(occasion, roster, said)]
        new = add_new(rows)
        self._move_on(batch)
        return new

    def wake(self, batch: Sequence[Snooze]) -> int:
        """Tell those who wanted to be told again today; whatever rung is due today, this is their one reminder."""
        roster, rows = roster_of([said.deadline for said in batch], self.staff, self.today), []
        for said in batch:
            assert said.until is not None
            urgent = said.deadline.due_on <= self.today
            occasion = self._occasion(said.deadline, Due(f"again-{said.until}", (), urgent, said.until))
            if person := roster.person(said.user, said.deadline):
                rows += [reminder_row(occasion, each) for each in roster.stand_ins(person, said.deadline)]
        new = add_new(rows)
        # Not those who put it off once more in this moment.
        told = Snooze.objects.filter(pk__in=[said.pk for said in batch], told_on=None, until__lte=self.today)
        told.update(told_on=self.today)
        return new

    def _occasions(self, batch: Sequence[Deadline], said: Said) -> Iterator[list[Occasion]]:
        """What each deadline has due, escalations first: who hears of those needs no rung beside it."""
        due = {deadline.pk: self._of(deadline)[0] for deadline in batch}
        raised = [deadline for deadline in batch if any(step.is_escalation for step in due[deadline.pk])]
        before = told_before(raised, self.today) if raised else {}
        stops: dict[int, list[Snooze]] = {}
        for (deadline_id, _user), row in said.items():
            if row.stopped:
                stops.setdefault(deadline_id, []).append(row)
        for deadline in batch:
            steps = sorted(due[deadline.pk], key=lambda step: not step.is_escalation)
            known = {"told_before": before.get(deadline.pk, ()), "stops": stops.get(deadline.pk, ())}
            yield [self._occasion(deadline, step, **known) for step in steps]

    def _occasion(self, deadline: Deadline, due: Due, **known) -> Occasion:
        return Occasion(deadline, due, self.today, self._left(deadline.due_on), wordings=self.wordings, **known)

    def _rows(self, occasions: Iterable[Occasion], roster: Roster, said: Said) -> Iterator[Message]:
        told: set[str] = set()
        for occasion in occasions:
            for person in roster.told_by(occasion.due.roles, occasion.deadline):
                if person.key not in told and not self._is_silent(occasion, person, said):
                    told.add(person.key)
                    yield reminder_row(occasion, person)

    def _is_silent(self, occasion: Occasion, person: Person, said: Said) -> bool:
        """Nobody silences what is raised to a superior for good; it may be put off, and is told on that day."""
        asked = [said.get((occasion.deadline.pk, user or 0)) for user in (person.user_id, person.for_id)]
        silent = [own for own in asked if own is not None and silences(own, self.today)]
        return bool(silent) and not (occasion.due.is_escalation and any(own.stopped for own in silent))

    def _of(self, deadline: Deadline) -> tuple[list[Due], date | None]:
        """What is due, and when something is due next; computed once for all deadlines alike."""
        since = deadline.next_rung_on
        assert since is not None
        alike = (deadline.kind, deadline.due_on, since)
        if alike not in self._known:
            ladder, due_on = self.ladders[deadline.kind], deadline.due_on
            steps = dues(ladder, due_on, since, self.today, self.calendar)
            self._known[alike] = (steps, next_rung(ladder, due_on, self.today, self.calendar))
        return self._known[alike]

    @cached_property
    def _left(self):
        """Working days that remain until a day, counted once for each day."""
        return cache(lambda day: self.calendar.left(self.today, day))

    def _move_on(self, batch: Sequence[Deadline]) -> None:
        """Each deadline to its next rung, those alike by one statement.

        Only where the date is still the one we planned for: a moved one has set its own next rung, a closed one none,
        and what we kept of those is withdrawn.
        """
        alike: dict[tuple, list[int]] = {}
        for deadline in batch:
            alike.setdefault((deadline.due_on, deadline.next_rung_on, self._of(deadline)[1]), []).append(deadline.pk)
        for (due_on, since, following), ids in alike.items():
            own = Deadline.objects.open().filter(pk__in=ids, due_on=due_on, next_rung_on=since)
            if own.update(next_rung_on=following) < len(ids):
                withdraw_reminders(Deadline, ids)


def add_new(rows: Sequence[Message]) -> int:
    """Keep the rows whose key nobody has used; exactly how many those were, whoever else writes at the same time.

    Who wants no reminders by mail finds them in the site; group robots and telephones repeat the new ones.
    """
    if not rows:
        return 0
    _as_wanted(rows)
    _not_at_night(rows)
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    kept = dict(Message.objects.filter(key__in=[row.key for row in rows]).values_list("key", "message_id"))
    new = [row for row in rows if kept.get(row.key) == row.message_id]
    repeat_by_channels(new)
    return len(new)


def _as_wanted(rows: Sequence[Message]) -> None:
    """At most three queries."""
    held = [row for row in rows if row.state == MessageState.HELD]
    people = wanting({row.recipient_id for row in held if row.recipient_id}, MessageKind.REMINDER, Way.MAIL)
    addresses = mails_wanted({row.to for row in held if not row.recipient_id}, MessageKind.REMINDER)
    for row in held:
        if not (row.recipient_id in people if row.recipient_id else row.to in addresses):
            row.state = MessageState.IN_APP


def _not_at_night(rows: Sequence[Message]) -> None:
    """What is planned after the hours, late or by hand, reaches firms on the next working morning, unless it is urgent.

    At most one query.
    """
    now = timezone.now()
    if timezone.localtime(now).time() < EVENING:
        return
    late = [row for row in rows if row.to_firm and not row.urgent and row.planned_for == timezone.localdate(now)]
    morning = next_morning(now, work_calendar()) if late else now
    for row in late:
        row.send_after, row.expires_at = morning, morning + EXPIRES


def told_before(deadlines: Iterable[Deadline], today: date) -> dict[int, list[ToldOnce]]:
    """Who was reminded of these very dates before today, each with the last day, the firm's people first. One query."""
    prefixes = {deadline.pk: f"deadline:{deadline.pk}:{deadline.due_on}:" for deadline in deadlines}
    rows = Message.objects.filter(deadline__in=prefixes, kind=MessageKind.REMINDER, channel=None)
    rows = rows.exclude(state__in=NEVER_TOLD)
    rows = rows.only("deadline", "key", "to_name", "to_firm", "send_after", "planned_for").order_by("send_after", "pk")
    told: dict[int, dict[str, ToldOnce]] = {}
    for row in rows:
        day = row.planned_for or timezone.localdate(row.send_after)
        assert row.deadline_id is not None
        if day < today and row.key.startswith(prefixes[row.deadline_id]):
            told.setdefault(row.deadline_id, {})[row.to_name] = ToldOnce(row.to_name, day, row.to_firm)
    return {pk: sorted(names.values(), key=lambda once: (not once.to_firm, once.on)) for pk, names in told.items()}
