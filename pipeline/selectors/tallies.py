"""What firms and entries give to the counters, read in bulk for `counting` to work out."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from pipeline.choices import TallyKind
from pipeline.counting import ONE, UNVERIFIED, VERIFIED, Given, Held, firm_gives
from pipeline.models import Count, FormerPlace, Recognition, StageEvent

TITLE_FIELDS = ("pk", "firm_id", "programme", "title", "granted_on", "valid_until", "ended_on")
PLACE_FIELDS = ("number", "document", "region_path", "moved_to")


def given_by(kind: str, ids: Collection[int]) -> dict[int, Given]:
    """What each of these firms or entries gives now; one that gives nothing is left out. Three statements at most."""
    if kind == TallyKind.ENTRY:
        return _entries(Q(pk__in=ids))
    return _firms(ids)


def _firms(ids: Collection[int]) -> dict[int, Given]:
    titles, filings = _titles(ids), _filings(ids)
    found = {firm: firm_gives(titles.get(firm, ()), filings.get(firm, ())) for firm in {*titles, *filings}}
    return {firm: given for firm, given in found.items() if given}


def _titles(ids: Collection[int]) -> dict[int, list[Held]]:
    stays: dict[int, list[tuple[date, str]]] = defaultdict(list)
    moves = FormerPlace.objects.filter(recognition__firm__in=ids).order_by("until_on", "pk")
    for pk, until, path in moves.values_list("recognition_id", "until_on", "region_path"):
        stays[pk].append((until, path))
    titles: dict[int, list[Held]] = defaultdict(list)
    rows = Recognition.objects.filter(firm__in=ids).order_by().values_list(*TITLE_FIELDS, *PLACE_FIELDS)
    for pk, firm, programme, title, granted, until, ended, number, document, path, moved in rows:
        now = path if moved is None else moved
        evidenced = bool(number or document)
        held = Held(programme, title, granted, until, ended, evidenced, path, now, tuple(stays.get(pk, ())))
        titles[firm].append(held)
    return titles


def _filings(ids: Collection[int]) -> dict[int, list[tuple[str, str, date]]]:
    """Of each application the first submission of each year."""
    events = StageEvent.objects.standing().filter(application__firm__in=ids, transition="submit").order_by("at")
    fields = ("application_id", "application__firm_id", "application__programme", "application__region_path", "at")
    first: dict[tuple[Any, ...], date] = {}
    zone = timezone.get_default_timezone()  # asked once for all
    for application, firm, programme, path, at in events.values_list(*fields):
        day = at.astimezone(zone).date()
        first.setdefault((firm, application, programme, path, day.year), day)
    found: dict[int, list[tuple[str, str, date]]] = defaultdict(list)
    for (firm, _application, programme, path, _year), day in first.items():
        found[firm].append((programme, path, day))
    return found


def _entries(wanted: Q) -> dict[int, Given]:
    rows = Count.objects.standing().filter(wanted).order_by()
    fields = ("pk", "indicator__code", "region_path", "on", "value", "verified")
    return {
        pk: Tally({(VERIFIED if verified else UNVERIFIED, code, path, day): millionths(value)})
        for pk, code, path, day, value, verified in rows.values_list(*fields)
        if value
    }


def millionths(value: Decimal) -> int:
    return int(value * ONE)
