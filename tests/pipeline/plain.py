"""The product's numbers once more, slowly and in plain Python over every row: what the fast counts are held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from pipeline.models import Application, Count, Recognition, StageEvent
from pipeline.models.applications import UNDO, standing_events
from pipeline.selectors.calendar import work_calendar


def end_of(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 23, 59, 59, 999999))


@dataclass(frozen=True)
class Followed:
    """How far a firm got in a cohort: the place of its furthest stage, where it is, and the move that brought it there."""

    application: Application
    furthest: int
    stage: str
    closed: bool
    goal: bool
    moves: list[StageEvent]
    last: StageEvent

    @property
    def lost(self) -> bool:
        return self.closed and not self.goal


def funnel(programme: str, year: int, as_of: date, path: str = "") -> list[Followed]:
    """One for each firm that opened an application in the year: the one at the goal, else open, else furthest."""
    best: dict[int, Followed] = {}
    for application in Application.objects.filter(programme=programme, opened_at__lte=end_of(as_of)):
        if timezone.localdate(application.opened_at).year != year or not application.region_path.startswith(path):
            continue
        followed = follow(application, as_of)
        known = best.get(application.firm_id)
        if known is None or _rank(followed) > _rank(known):
            best[application.firm_id] = followed
    return list(best.values())


def follow(application: Application, as_of: date) -> Followed:
    known = [event for event in application.events.order_by("version") if event.at <= end_of(as_of)]
    line = [stage.code for stage in application.workflow.main_line]
    moves = [event for event in standing_events(known) if event.transition != UNDO]
    furthest = max((line.index(event.to_stage) for event in moves if event.to_stage in line), default=0)
    closed = application.workflow.stage(known[-1].to_stage).phase == "closed"
    goal = furthest == len(line) - 1
    return Followed(application, furthest, known[-1].to_stage, closed, goal, moves, known[-1])


def _rank(followed: Followed) -> tuple:
    return (followed.goal, not followed.closed, followed.furthest, followed.application.pk)


def stay_quantiles(programme: str, year: int, as_of: date, stage: str) -> tuple[int | None, int | None]:
    """Half and nine tenths of the stays in a stage, the open ones censored: the product-limit estimate, written out."""
    calendar, stays = work_calendar(), []
    for application in Application.objects.filter(programme=programme, opened_at__lte=end_of(as_of)):
        if timezone.localdate(application.opened_at).year != year:
            continue
        moves = follow(application, as_of).moves
        for place, event in enumerate(moves):
            if event.to_stage == stage:
                entered = timezone.localdate(event.at)
                ended = place + 1 < len(moves)
                left = timezone.localdate(moves[place + 1].at) if ended else as_of
                stays.append((calendar.used(entered, left), ended))
    return _quantile(stays, 0.5), _quantile(stays, 0.9)


def _quantile(stays: list[tuple[int, bool]], share: float) -> int | None:
    staying = 1.0
    for length in sorted({days for days, _ended in stays}):
        at_risk = sum(days >= length for days, _ended in stays)
        left = sum(days == length and ended for days, ended in stays)
        staying *= 1 - left / at_risk
        if left and staying <= 1 - share + 1e-9:
            return length
    return None


def counted(code: str, since: date, until: date, path: str) -> int | None:
    """An indicator from its rows; firms of the demonstration never move."""
    programme, counter = code.split(".", 1)
    if programme == "manual":
        rows = Count.objects.filter(indicator__code=code, on__gte=since, on__lte=until, region_path__startswith=path)
        rows = [row for row in rows if row.verified and row.withdrawn_at is None]
        return sum(int(row.value) for row in rows) if rows else None
    if counter == "net_growth":
        return len(_stock(programme, until, path)) - len(_stock(programme, since - timedelta(days=1), path))
    if counter == "stock":
        return len(_stock(programme, until, path))
    if counter == "filed":
        return _filed(programme, since, until, path)
    return len(_granted(programme, counter, since, until, path))


def _granted(programme: str, counter: str, since: date, until: date, path: str) -> set[int]:
    found = set()
    for row in Recognition.objects.filter(programme=programme, granted_on__gte=since, granted_on__lte=until):
        wanted = (row.title == "library") == (counter == "in_library") and row.region_path.startswith(path)
        wanted = wanted and bool(row.number or row.document)
        if counter == "registered":
            wanted = wanted and (row.ended_on is None or row.ended_on > until)
        if counter == "first_time":
            others = Recognition.objects.filter(firm=row.firm, programme=programme, title=row.title)
            wanted = wanted and not any(other.granted_on < row.granted_on for other in others)
        if wanted:
            found.add(row.firm_id)
    return found


def _stock(programme: str, day: date, path: str) -> set[int]:
    rows = Recognition.objects.filter(programme=programme).exclude(title="library")
    shown = [row for row in rows if row.number or row.document]
    return {row.firm_id for row in shown if row.is_valid_on(day) and row.region_path.startswith(path)}


def _filed(programme: str, since: date, until: date, path: str) -> int:
    found = 0
    for application in Application.objects.filter(programme=programme, region_path__startswith=path):
        moves = standing_events(application.events.order_by("version"))
        days = [timezone.localdate(event.at) for event in moves if event.transition == "submit"]
        found += any(since <= day <= until for day in days)
    return found


def renewals(year: int, as_of: date, path: str) -> dict[str, int]:
    """What became of the high-tech certificates that run out in a year."""
    titles = Recognition.objects.filter(programme="high_tech", title="certificate", granted_on__lte=as_of)
    found: dict[str, set[int]] = {name: set() for name in ("due", "renewed", "pending", "lapsed", "late")}
    for row in titles:
        if row.valid_until.year != year or row.ended_on or not row.region_path.startswith(path):
            continue
        later = [other.granted_on.year for other in titles if other.firm_id == row.firm_id]
        later = [when for when in later if when > row.granted_on.year]
        outcome = "pending" if year >= as_of.year else "lapsed"
        outcome = "renewed" if any(when <= year for when in later) else outcome
        outcome = "late" if outcome == "lapsed" and year + 1 in later else outcome
        found["due"].add(row.firm_id)
        found[outcome].add(row.firm_id)
    return {name: len(firms) for name, firms in found.items()}
