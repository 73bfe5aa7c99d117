"""The working calendar and the filing rounds, as known now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from crm.access import ways_up
from pipeline.choices import DayKind
from pipeline.models import Round, RoundVersion, Workday
from pipeline.workdays import WorkCalendar

NOTICE_MONTH = 11  # from when on the State Council's notice for the coming year is looked for
NOTICE_DAYS = 5  # so many entered days of a year mean that its notice has been entered


def midnight(day: date) -> datetime:
    """When a day begins in Shanghai, as an instant."""
    return timezone.make_aware(datetime.combine(day, time.min))


def work_calendar() -> WorkCalendar:
    """The calendar with the bureau's own entries. One query."""
    days = list(Workday.objects.values_list("date", "kind", "name"))
    per_year: dict[int, int] = {}
    for day, _kind, _name in days:
        per_year[day.year] = per_year.get(day.year, 0) + 1
    return WorkCalendar(
        overrides={day: kind == DayKind.WORKDAY for day, kind, _name in days},
        names={day: name for day, kind, name in days if name and kind == DayKind.HOLIDAY},
        noticed_years=frozenset(year for year, count in per_year.items() if count >= NOTICE_DAYS),
    )


def missing_notices(calendar: WorkCalendar, today: date) -> list[int]:
    """The years whose holiday notice should be here and is not: this one, and from 1 November the coming one."""
    coming = [date(today.year + 1, 1, 1)] if today.month >= NOTICE_MONTH else []
    return calendar.unannounced(today, *coming)


def with_versions(rounds: QuerySet[Round]) -> QuerySet[Round]:
    """Rounds with every announcement of their window, the oldest first. One query more."""
    return rounds.prefetch_related(
        Prefetch("versions", RoundVersion.objects.select_related("actor").order_by("number"))
    )


def rounds_for(programme: str, region_path: str, years: Iterable[int]) -> list[Round]:
    """The rounds of a programme that a firm in this region may file in: its own region's and those above it."""
    wanted = Q(programme=programme, year__in=list(years), region_path__in=ways_up(region_path))
    return list(Round.objects.filter(wanted).order_by("opens_on"))


def round_on(programme: str, region_path: str, day: date) -> Round | None:
    """The round open on that day, the one that closes first; else the next to open this year."""
    rounds = rounds_for(programme, region_path, [day.year, day.year + 1])
    open_now = [item for item in rounds if item.opens_on <= day <= item.last_on]
    coming = [item for item in rounds if item.opens_on > day]
    return min(open_now, key=lambda item: item.last_on) if open_now else (coming[0] if coming else None)
