"""When a mail may leave: not before the minute in which a slip can be taken back, and not at night or on a day off."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from pipeline.selectors.calendar import work_calendar
from pipeline.workdays import ONE_DAY, WorkCalendar

MORNING, EVENING = time(8), time(20)  # in the zone of the product, whatever the server's is


def next_morning(moment: datetime, calendar: WorkCalendar) -> datetime:
    """The moment itself in the hours of a working day, else eight o'clock of the next working morning."""
    local = timezone.localtime(moment)
    if calendar.is_workday(local.date()) and MORNING <= local.time() < EVENING:
        return moment
    day = local.date() if local.time() < MORNING else local.date() + ONE_DAY
    return timezone.make_aware(datetime.combine(calendar.on_or_after(day), MORNING))


def leaves_at(now: datetime, *, undoable: bool = False, prompt: bool = False) -> datetime:
    """When a mail that is made now may leave. `prompt` ones wait for no morning. At most one query."""
    first = now + timedelta(seconds=settings.MESSAGE_UNDO_SECONDS) if undoable else now
    return first if prompt else next_morning(first, work_calendar())
