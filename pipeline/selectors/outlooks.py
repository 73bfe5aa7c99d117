"""The forecast of targets on our own history: what pipeline.forecasting is asked, and from which numbers."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q

from crm.access import city_of
from pipeline.choices import Counter, Title
from pipeline.forecasting import FAR, History, Learned, Outlook, Question, YearSpan, forecast, learn
from pipeline.models import Indicator, Override, Recognition
from pipeline.selectors.counts import Counted, ancestors
from pipeline.selectors.histories import Past, Shelf, cases, cut_off, outcome_of, shelf, stage_numbers

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
class _Kept:
    """The history of a city for one indicator, and the region path of each of its rows."""

    rows: Sequence[Past]
    history: History
    paths: list[str]


def outlooks(asked: Iterable[Asked], counted: Counted) -> Iterator[tuple[Asked, Outlook]]:
    """Each with its outlook, programme by programme. All are of one day. A dozen statements a programme."""
    begun = _begun(list(asked), counted)
    by_programme: dict[str, list[Asked]] = defaultdict(list)
    for one in begun:
        by_programme[one.indicator.programme].append(one)
    for programme, own in by_programme.items():
        known, judged = shelf(programme, own[0].as_of), _judged(programme)
        cities = {city: known.of_city(city) for city in {city_of(one.path) for one in own}}
        kept: dict[tuple[str, int], _Kept] = {}
        learned: dict[tuple[str, int], Learned] = {}
        for one in own:
            rows = cities[city_of(one.path)]
            key = (one.indicator.code, id(rows))
            if key not in kept:
                kept[key] = _kept(known, rows, one)
            city, question = kept[key], _question(one, known, kept[key], judged)
            if key not in learned:
                learned[key] = learn(city.history, question)
            yield one, forecast(city.history, question, learned[key])


def _question(one: Asked, known: Shelf, kept: _Kept, judged: dict[tuple[str, int], float]) -> Question:
    import numpy as np

    now, past = known.spans(one.path, one.as_of.year)
    outcome = outcome_of(one.indicator)
    return Question(
        day=known.days.of(one.as_of),
        now=now,
        past=past,
        stages=len(stage_numbers(one.indicator.programme)),
        done=float(one.done),
        target=None if one.target is None else float(one.target),
        here=np.flatnonzero([path.startswith(one.path) for path in kept.paths]),
        overrides={pk: chance for (of, pk), chance in judged.items() if of == outcome},
        new_edition=_new_edition(kept.rows, now),
    )


def _kept(known: Shelf, rows: Sequence[Past], one: Asked) -> _Kept:
    paths = {row.pk: row.path for row in rows}
    found = list(cases(rows, one.indicator, known.days, one.as_of.year))
    return _Kept(rows, History.of(found), [paths[case.key] for case in found])


def _new_edition(rows: Sequence[Past], now: YearSpan) -> bool:
    """True where most of this year's applications run under an edition that no earlier year knew."""
    before = {row.edition for row in rows if row.opened < now.first and row.edition}
    fresh = [row.edition for row in rows if row.opened >= now.first and row.lost == FAR and row.edition]
    new = sum(edition not in before for edition in fresh)
    return bool(before) and new > NEW_SHARE * max(len(fresh), 1)


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
        for path in ancestors(place):
            found[(programme, path)] += number
    return found
