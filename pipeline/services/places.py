"""Where a firm's titles count, day by day: they follow the firm's events, each from its own day.

A title counts as new where its firm belonged when it was granted, and in the stock where the firm belongs on the day
asked for. Former places are kept with the event that ended them, so that a withdrawn event takes them back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from crm.choices import FirmEventKind, FirmStatus
from crm.models import Firm, FirmEvent
from pipeline.choices import Title
from pipeline.models import FormerPlace, Recognition
from pipeline.services.tallies import firms_changed


def follow_firm(firm: Firm, event: FirmEvent | None = None) -> None:
    """The firm belongs elsewhere from the day of its event, or from today: its titles count there from then on."""
    place = firm.region_path if firm.status == FirmStatus.ACTIVE else ""
    on = event.on if event else timezone.localdate()
    if event is not None and _came_first(event):
        _granted_elsewhere(firm, event)
    left, moved = [], []
    for title in _lasting(firm, on):
        before = title.region_path if title.moved_to is None else title.moved_to
        if before == place:
            continue
        moved.append(title.pk)
        if title.granted_on <= on:
            left.append(FormerPlace(recognition=title, region_path=before, until_on=on, event=event))
    FormerPlace.objects.bulk_create(left)
    Recognition.objects.filter(pk__in=moved).update(moved_to=place)
    firms_changed([firm.pk])  # also where its open applications were filed


def _came_first(event: FirmEvent) -> bool:
    """True for a firm that came here without having been here before."""
    return event.kind == FirmEventKind.MOVED_IN and event.status_before == FirmStatus.ACTIVE


def _granted_elsewhere(firm: Firm, event: FirmEvent) -> None:
    """What the firm held before it came was granted by others: it is new nowhere here, and in our stock since then."""
    foreign = Recognition.objects.filter(firm=firm, application=None, granted_on__lt=event.on)
    lasting = [title for title in _lasting(firm, event.on) if title.granted_on < event.on and not title.application_id]
    here = event.place_after
    FormerPlace.objects.bulk_create(
        FormerPlace(recognition=title, region_path="", until_on=event.on, event=event) for title in lasting
    )
    foreign.update(region_path="")
    Recognition.objects.filter(pk__in=[title.pk for title in lasting]).update(moved_to=here)


def take_back_move(firm: Firm, event: FirmEvent) -> None:
    """The event did not happen: its titles count again as if it had never been recorded."""
    FormerPlace.objects.filter(event=event).delete()
    before = event.place_before
    if _came_first(event):
        assert event.region_before is not None
        before = event.region_before.path
        Recognition.objects.filter(firm=firm, region_path="").update(region_path=before)
    titles = _lasting(firm, event.on)
    titles.update(moved_to=before)
    stayed = titles.filter(region_path=before).exclude(pk__in=FormerPlace.objects.values("recognition"))
    stayed.filter(moved_to=F("region_path")).update(moved_to=None)
    firms_changed([firm.pk])


def _lasting(firm: Firm, on: date) -> QuerySet[Recognition]:
    """The titles of a firm that were not over by a day: those that are over keep the place where they ended."""
    until = Q(valid_until=None) | Q(valid_until__gte=on)
    return Recognition.objects.filter(until, Q(ended_on=None) | Q(ended_on__gt=on), firm=firm).exclude(
        title=Title.LIBRARY
    )


def place_on(firm: Firm, day: date, events: Iterable[FirmEvent]) -> str:
    """Where the firm belonged on a day, by its events after it; its county where there are none."""
    return next((event.place_before for event in events if event.on > day), firm.region_path)


def events_since(firm: Firm, day: date) -> list[FirmEvent]:
    """What happened to the firm's place after a day, in order."""
    standing = FirmEvent.objects.standing().of_places().filter(firm=firm, on__gt=day)
    return list(standing.select_related("region_before", "region_after").order_by("on", "pk"))


def place_past_title(title: Recognition, events: list[FirmEvent]) -> None:
    """A title of before these events, recorded only now: its stock went the way that its firm went."""
    if title.title == Title.LIBRARY or not events:
        return
    last = (title.ended_on or date.max) - timedelta(days=1)
    known = [event for event in events if event.on <= min(title.valid_until or date.max, last)]
    FormerPlace.objects.bulk_create(_steps(title, known))
    if known:
        title.moved_to = known[-1].place_after
        Recognition.objects.filter(pk=title.pk).update(moved_to=title.moved_to)


def _steps(title: Recognition, events: list[FirmEvent]) -> Iterator[FormerPlace]:
    places = [title.region_path, *(event.place_after for event in events)]
    for event, (before, after) in zip(events, pairwise(places), strict=True):
        if before != after:
            yield FormerPlace(recognition=title, region_path=before, until_on=event.on, event=event)
