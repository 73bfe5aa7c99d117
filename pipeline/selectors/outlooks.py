"""The forecast of targets on our own history: what pipeline.forecasting is asked, and from which numbers."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from crm.access import city_of, ways_up
from pipeline.choices import Counter, Title
from pipeline.forecasting import History, Learned, Outlook, Question, forecast, learn
from pipeline.models import Indicator, Override, Recognition
from pipeline.selectors.counts import Counted
from pipeline.selectors.courses import NEVER, Courses, stage_numbers
from pipeline.selectors.histories import Shelf, cut_off, outcome_of, shelf

if TYPE_CHECKING:
    from numpy import ndarray

STOCKS = {Counter.STOCK, Counter.NET_GROWTH}
NEW_SHARE = 0.5  # of those open under an edition of which no earlier case is known, from which it counts as new


@dataclass(frozen=True)
class Asked:
    """A number to forecast: of a region (by its path) and an indicator, as of a day. `done` is what it begins from."""

    path: str
    indicator: Indicator
    as_of: date
    target: Decimal | None
    done: Decimal = Decimal(0)


@dataclass(frozen=True)
class _City:
    """What all regions of a city share for one indicator: the question but for the region, the history, its rates."""

    question: Question
    history: History
    learned: Learned


def outlooks(asked: Iterable[Asked], counted: Counted) -> Iterator[tuple[Asked, Outlook]]:
    """Each with its outlook, indicator by indicator. All are of one day. A dozen statements a programme."""
    by_programme: dict[str, list[Asked]] = defaultdict(list)
    for one in _begun(list(asked), counted):
        by_programme[one.indicator.programme].append(one)
    for programme, own in by_programme.items():
        known, judged = shelf(programme, own[0].as_of), _judged(programme)
        own.sort(key=_code)  # what one indicator needs is let go before the next
        for _same, of_indicator in groupby(own, key=_code):
            yield from _outlooks(list(of_indicator), known, judged)


def _code(one: Asked) -> str:
    return one.indicator.code


def _outlooks(
    asked: list[Asked], known: Shelf, judged: dict[tuple[str, int], float]
) -> Iterator[tuple[Asked, Outlook]]:
    """A region is forecast from the history of its city; a wider one that holds but one city, from the same."""
    outcome = outcome_of(asked[0].indicator)
    overrides = {pk: chance for (of, pk), chance in judged.items() if of == outcome}
    cities: dict[bytes, _City] = {}
    for one in asked:
        inside = known.inside(city_of(one.path))
        if (key := inside.tobytes()) not in cities:
            cities[key] = _city(one, known, inside)
        city, target = cities[key], None if one.target is None else float(one.target)
        here = known.inside(one.path)
        question = replace(city.question, done=float(one.done), target=target, here=here, overrides=overrides)
        yield one, forecast(city.history, question, city.learned)


def _city(one: Asked, known: Shelf, inside: ndarray) -> _City:
    import numpy as np

    now, past = known.spans(city_of(one.path), one.as_of.year)
    stages = len(stage_numbers(one.indicator.programme))
    new = _new_edition(known.courses, np.isin(known.places, inside), now.year)
    question = Question(known.days.of(one.as_of), now, past, stages, new_edition=new)
    history = known.history(one.indicator, known.rows(one.indicator, now.year, inside))
    return _City(question, history, learn(history, question))


def _new_edition(known: Courses, own: ndarray, year: int) -> bool:
    """True where most of this year's applications, of those marked `own`, run under an edition that no earlier year
    knew."""
    import numpy as np

    own, this_year = own & (known.editions > 0), known.opened >= date(year, 1, 1).toordinal()
    before = np.unique(known.editions[own & ~this_year])
    fresh = known.editions[own & this_year & (known.lost == NEVER)]
    new = int((~np.isin(fresh, before)).sum())
    return bool(len(before)) and new > NEW_SHARE * max(len(fresh), 1)


def _judged(programme: str) -> dict[tuple[str, int], float]:
    """{(outcome, application): probability} that people set and that stand. One query."""
    rows = Override.objects.current().filter(application__programme=programme).exclude(probability=None)
    found = rows.values_list("outcome", "application_id", "probability")
    return {(outcome, pk): float(probability) for outcome, pk, probability in found}


def _begun(asked: list[Asked], counted: Counted) -> list[Asked]:
    """Each with what it begins from: what is done, or for the stock the titles that last until the cut-off."""
    done = [replace(one, done=counted.get((one.indicator.code, one.path), Decimal(0))) for one in asked]
    if not any(one.indicator.counter in STOCKS for one in done):
        return done
    as_of = done[0].as_of
    last, before = _lasting(as_of, cut_off(as_of.year)), _lasting(cut_off(as_of.year - 1), cut_off(as_of.year - 1))
    return [replace(one, done=_base(one, last, before)) if one.indicator.counter in STOCKS else one for one in done]


def _base(one: Asked, last: Tally, before: Tally) -> Decimal:
    key = (one.indicator.programme, one.path)
    return Decimal(last[key] - (before[key] if one.indicator.counter == Counter.NET_GROWTH else 0))


def _lasting(as_of: date, until: date) -> Tally[tuple[str, str]]:
    """{(programme, region path): firms} whose title, as known on a day, is still valid on a later one. One query."""
    alive = Q(ended_on=None) | Q(ended_on__gt=as_of)
    valid = Q(valid_until=None) | Q(valid_until__gte=until)
    rows = Recognition.objects.filter(alive, valid, granted_on__lte=as_of).exclude(title=Title.LIBRARY)
    found: Tally[tuple[str, str]] = Tally()
    grouped = rows.placed_on(as_of).order_by().values_list("programme", "place")
    for programme, place, number in grouped.annotate(number=Count("firm", distinct=True)):
        for path in ways_up(place):
            found[(programme, path)] += number
    return found
