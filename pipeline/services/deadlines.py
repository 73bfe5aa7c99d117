"""Every write of a deadline: it follows the stage, the recognition and the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipeline.choices import DeadlineKind, Title
from pipeline.models import Application, Deadline, MajorChange, Recognition, Round, StageEvent
from pipeline.rungs import LadderTable, first_rung
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladders import ladder_of, ladders
from pipeline.selectors.stops import every_pause
from pipeline.services import stops
from pipeline.signals import deadlines_changed
from pipeline.workdays import Pause, WorkCalendar, months_after
from pipeline.workflow import WORKDAYS, Term

CHANGE_MONTHS = 3
OF_A_STAGE = [DeadlineKind.CORRECTION_DUE, DeadlineKind.STAGE_TERM, DeadlineKind.NOTICE_END]
FIRM_MUST_ACT = {
    DeadlineKind.CORRECTION_DUE,
    DeadlineKind.ROUND_CLOSE,
    DeadlineKind.ANNUAL_REPORT,
    DeadlineKind.MAJOR_CHANGE,
    DeadlineKind.NUMBER_EXPIRY,
    DeadlineKind.CERTIFICATE_EXPIRY,
    DeadlineKind.LIBRARY_EXPIRY,
    DeadlineKind.NOTICE_END,
}


def end_of(
    term: Term, start: date, calendar: WorkCalendar, *, latest: date | None = None, pauses: Iterable[Pause] = ()
) -> date:
    """The last day of a term that begins the day after `start` and stands still in the pauses, never past `latest`."""
    if term.by:
        return max(start, date(start.year, *term.by))
    due = calendar.end(start, term.length, term.unit, pauses)
    return min(due, latest) if latest and latest >= start else due


def follow_stage(application: Application, event: StageEvent) -> None:
    """Close what the left stage asked for and open what the entered one asks for, in the caller's transaction.

    While the firm corrects, the term of the stage that returned it stands still; back there, what was left runs on.
    """
    stage, of_stage = application.current, application.deadlines.filter(kind__in=OF_A_STAGE)
    if stage.pauses:
        stops.stop(application, event)
    close(of_stage)
    must_file = stage.code in application.workflow.before_submission
    if not must_file:
        close(application.deadlines.filter(kind=DeadlineKind.ROUND_CLOSE))
    held = None if stage.pauses else stops.end_stop(application, event)
    if stage.term:
        _open_term(application, event, held)
    if must_file and application.round_id:
        follow_round(application)


def _open_term(application: Application, event: StageEvent, held: stops.Held | None) -> Deadline:
    stage, calendar = application.current, work_calendar()
    term = stage.term
    assert term is not None
    latest = application.round.last_on if stage.pauses and application.round_id else None  # type: ignore[union-attr]
    start, pauses = held or (timezone.localdate(event.at), ())
    due = end_of(term, start, calendar, latest=latest, pauses=pauses)
    return _open(
        f"stage:{application.pk}:{event.version}",
        application=application,
        kind=term.kind,
        starts_on=start,
        length=term.length,
        unit=term.unit,
        latest_on=latest,
        due_on=due,
        provisional=term.unit == WORKDAYS and calendar.is_provisional(start, due),
    )


def follow_round(application: Application) -> None:
    """An application that has not been submitted must be, before its round closes."""
    assert application.round is not None
    last = application.round.last_on
    if last >= timezone.localdate():
        key = f"round:{application.pk}:{application.round_id}"
        _open(key, application=application, kind=DeadlineKind.ROUND_CLOSE, due_on=last, again=True)
    else:
        close(application.deadlines.filter(kind=DeadlineKind.ROUND_CLOSE))


def follow_window(round: Round) -> None:
    """A filing window changed: who must still file has until its new end, and no correction runs past it."""
    waiting = Application.objects.open().filter(round=round)
    for application in waiting.select_related("round"):
        if application.stage in application.workflow.before_submission:
            follow_round(application)
    capped = Deadline.objects.open().filter(application__round=round, latest_on__isnull=False)
    if capped.exclude(latest_on=round.last_on).update(latest_on=round.last_on):
        recompute_deadlines()


def follow_round_change(application: Application) -> None:
    """The application belongs to another round now: it files by that one, and corrections end with it."""
    assert application.round is not None
    close(application.deadlines.filter(kind=DeadlineKind.ROUND_CLOSE))
    if application.stage in application.workflow.before_submission:
        follow_round(application)
    capped = application.deadlines.filter(closed_at=None, latest_on__isnull=False)
    if capped.update(latest_on=application.round.last_on):
        recompute_deadlines()


def follow_recognition(recognition: Recognition) -> None:
    """What a recognition makes due: its expiry and, for a high-tech enterprise, the report of each year by 31 May
    (国科火发〔2016〕32号 第十三条)."""
    kinds = {
        Title.REGISTRATION: DeadlineKind.NUMBER_EXPIRY,
        Title.LIBRARY: DeadlineKind.LIBRARY_EXPIRY,
        Title.CERTIFICATE: DeadlineKind.CERTIFICATE_EXPIRY,
    }
    today = timezone.localdate()
    if recognition.valid_until and recognition.valid_until >= today:
        kind = kinds[Title(recognition.title)]
        _open(f"{kind}:{recognition.pk}", recognition=recognition, kind=kind, due_on=recognition.valid_until)
    for due in report_days(recognition):
        # Of years gone by nobody told us whether the report was made.
        if due >= today:
            _open_report(recognition, due)


def report_missed(recognition: Recognition, due: date) -> Deadline:
    """A report of a year gone by that was certainly not made: it stands overdue, and nobody is reminded."""
    deadline = _open_report(recognition, due)
    Deadline.objects.filter(pk=deadline.pk).update(next_rung_on=None)
    return deadline


def _open_report(recognition: Recognition, due: date) -> Deadline:
    key = f"report:{recognition.pk}:{due.year}"
    return _open(key, recognition=recognition, kind=DeadlineKind.ANNUAL_REPORT, due_on=due)


def follow_change(change: MajorChange) -> Deadline:
    """A major change is to be reported within three months (国科火发〔2016〕32号 第十七条)."""
    return _open(
        f"change:{change.pk}",
        recognition=change.recognition,
        region_path=change.recognition.firm.region_path,
        kind=DeadlineKind.MAJOR_CHANGE,
        due_on=months_after(change.changed_on, CHANGE_MONTHS),
    )


def report_days(recognition: Recognition) -> Iterable[date]:
    """The last day of each annual report that a certificate asks for: 31 May of each year after it was granted."""
    if recognition.programme != "high_tech" or not recognition.valid_until:
        return []
    years = range(recognition.granted_on.year + 1, recognition.valid_until.year + 1)
    return [day for year in years if (day := date(year, 5, 31)) <= recognition.valid_until]


def _open(key: str, *, due_on: date, kind: str, provisional: bool = False, again: bool = False, **fields) -> Deadline:
    """Open a deadline once; opened again with another date, the date moves and its reminders with it.

    One that was closed stays so, unless it is opened `again`: a window that was over may be extended after all.
    """
    owner = fields.get("application") or fields["recognition"]

    def first() -> date | None:
        return first_rung(ladder_of(kind), due_on, work_calendar())

    values = {
        "firm_id": owner.firm_id,
        "region_path": owner.region_path,
        "kind": kind,
        "for_firm": kind in FIRM_MUST_ACT,
        "due_on": due_on,
        "provisional": provisional,
        "next_rung_on": first,
        **fields,
    }
    deadline, created = Deadline.objects.get_or_create(key=key, defaults=values)
    if again and deadline.closed_at:
        Deadline.objects.filter(pk=deadline.pk).update(closed_at=None, due_on=due_on, next_rung_on=first())
        deadline.closed_at, deadline.due_on = None, due_on
    elif not created and (deadline.due_on != due_on or deadline.provisional != provisional):
        move_deadline(deadline, due_on=due_on, provisional=provisional)
    return deadline


def move_deadline(deadline: Deadline, *, due_on: date, provisional: bool) -> None:
    """Another date: the rungs of the ladder move with it, and what was not sent yet of the old date is withdrawn."""
    _move(deadline, due_on, provisional, ladder_of(deadline.kind), work_calendar())
    deadlines_changed.send(sender=Deadline, ids=[deadline.pk])


def _move(deadline: Deadline, due_on: date, provisional: bool, ladder: LadderTable, calendar: WorkCalendar) -> None:
    Deadline.objects.filter(pk=deadline.pk, closed_at=None).update(
        due_on=due_on, provisional=provisional, next_rung_on=first_rung(ladder, due_on, calendar)
    )
    deadline.due_on, deadline.provisional = due_on, provisional


def close(deadlines) -> int:
    """Met or no longer wanted: nobody is reminded any more, nor of what waits in the outbox."""
    ids = list(deadlines.filter(closed_at=None).values_list("pk", flat=True))
    if not ids:
        return 0
    closed = deadlines.filter(closed_at=None).update(closed_at=timezone.now(), next_rung_on=None)
    deadlines_changed.send(sender=Deadline, ids=ids)
    return closed


@transaction.atomic
def recompute_deadlines(wanted: Q | None = None) -> int:
    """Compute the open working-day deadlines again after the calendar changed. Returns how many moved."""
    calendar, known, pauses, moved = work_calendar(), ladders(), every_pause(), []
    stops.recompute_stops(calendar)
    open_terms = Deadline.objects.open().filter(wanted or Q(), unit=WORKDAYS, starts_on__isnull=False)
    for deadline in open_terms.iterator(chunk_size=1000):
        assert deadline.starts_on is not None and deadline.length is not None
        term, held = Term(deadline.length, deadline.unit), pauses.of(deadline)
        due = end_of(term, deadline.starts_on, calendar, latest=deadline.latest_on, pauses=held)
        provisional = calendar.is_provisional(deadline.starts_on, due)
        if (due, provisional) != (deadline.due_on, deadline.provisional):
            _move(deadline, due, provisional, known[deadline.kind], calendar)
            moved.append(deadline.pk)
    deadlines_changed.send(sender=Deadline, ids=moved)
    return len(moved)


def follow_firm(firm) -> None:
    """The open deadlines of a firm belong to where the firm belongs."""
    Deadline.objects.open().filter(firm=firm).update(region_path=firm.region_path)
