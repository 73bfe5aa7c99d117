"""Keeps the compiled counts: notes who changed, folds the changes into the cells, rebuilds and verifies.

A change writes one row of `Uncounted` in its own transaction, so that nothing is lost and writers never wait for each
other. One folder at a time takes those rows, works out what the firm gives now, and adds the difference to the cells.
"""

from __future__ import annotations

import logging
from collections import Counter as Tally
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model, Sum
from django.utils import timezone

from crm.models import Firm, Heartbeat
from crm.upserts import upsert
from pipeline.choices import TallyKind
from pipeline.counting import Given
from pipeline.models import Count, CountCell, Indicator, Tallied, Uncounted
from pipeline.selectors.counts import Period, compiled_counts, counts
from pipeline.selectors.tallies import given_by
from pipeline.signals import counting_due

logger = logging.getLogger(__name__)

CHUNK = 1000
REBUILD_CHUNK = 2000
HINT_SECONDS = 5  # one hint to the queue for all that changes within; what comes after it waits for the next minute
ADD = """
INSERT INTO pipeline_countcell (family, subject, region_path, "on", known_on, amount) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (family, subject, region_path, "on", known_on)
DO UPDATE SET amount = pipeline_countcell.amount + excluded.amount
"""  # the same on SQLite and PostgreSQL


def firms_changed(ids: Iterable[int]) -> None:
    """These firms' titles, filings or places changed: they are to be counted again."""
    _note(TallyKind.FIRM, ids)


def entries_changed(ids: Iterable[int]) -> None:
    """These entered amounts are new, or were withdrawn."""
    _note(TallyKind.ENTRY, ids)


def _note(kind: TallyKind, ids: Iterable[int]) -> None:
    rows = [Uncounted(kind=kind, object_id=pk) for pk in ids]
    if rows:
        Uncounted.objects.bulk_create(rows)
        transaction.on_commit(_hint, robust=True)


def _hint() -> None:
    if cache.add("counting-due", 1, HINT_SECONDS):
        try:
            counting_due.send(sender=Uncounted)
        except Exception as error:
            logger.warning("what changed is counted in the next minute, the broker is away: %s", error)


def fold_counts(*, today: date | None = None) -> int:
    """Count again whoever changed. Returns how many notes were worked off; nothing is left for a second run."""
    today, done = today or timezone.localdate(), 0
    while number := _fold_some(today):
        done += number
    return done


@transaction.atomic
def _fold_some(today: date) -> int:
    _take_turn()
    notes = list(Uncounted.objects.order_by("pk").values_list("pk", "kind", "object_id")[:CHUNK])
    change: Given = Tally()
    for kind in TallyKind.values:
        if ids := {object_id for _pk, of_kind, object_id in notes if of_kind == kind}:
            change.update(_keep(kind, ids, given_by(kind, ids)))
    _add_to_cells(change, known_on=dict.fromkeys(change, today))
    Uncounted.objects.filter(pk__in=[pk for pk, _kind, _id in notes]).delete()
    return len(notes)


def _take_turn() -> None:
    """One folder at a time: the first statement of the transaction writes one row, and the next one waits for it."""
    Heartbeat.objects.get_or_create(name="fold_counts", defaults={"at": timezone.now()})
    Heartbeat.objects.filter(name="fold_counts").update(at=timezone.now())


def _keep(kind: str, ids: Collection[int], now: Mapping[int, Given]) -> Given:
    """What these firms or entries give now, less what they gave before; the new is kept."""
    before = dict(Tallied.objects.filter(kind=kind, object_id__in=ids).values_list("object_id", "gave"))
    change: Given = Tally()
    kept = []
    for pk in {*now, *before}:
        old, new = _read(before.get(pk, ())), now.get(pk, Tally())
        if old != new:
            change.update(new)
            change.subtract(old)
            kept.append((kind, pk, _written(new)))
    upsert(Tallied, ["kind", "object_id", "gave"], kept, unique=["kind", "object_id"], update=["gave"])
    return Tally({key: amount for key, amount in change.items() if amount})


def _read(gave: Iterable[Sequence[Any]]) -> Given:
    return Tally({(family, subject, path, date.fromisoformat(day)): n for family, subject, path, day, n in gave})


def _written(given: Given) -> list[list]:
    return [[family, subject, path, day.isoformat(), n] for (family, subject, path, day), n in given.items()]


def _add_to_cells(change: Given, *, known_on: dict) -> None:
    rows = [(*key, known_on[key], amount) for key, amount in sorted(change.items()) if amount]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)


@transaction.atomic
def rebuild_counts(*, today: date | None = None) -> int:
    """Count every firm and entry again and set right what the cells say. Returns how many days' cells were wrong.

    When something was learned cannot be told afterwards: what is added here counts as known on its own day. Other
    folders wait meanwhile, and on SQLite all writers do.
    """
    today = today or timezone.localdate()
    _take_turn()
    due: Given = Tally()
    for kind, model in ((TallyKind.FIRM, Firm), (TallyKind.ENTRY, Count)):
        for ids in _everybody(kind, model):
            now = given_by(kind, ids)
            _keep(kind, ids, now)
            for given in now.values():
                due.update(given)
    due.subtract(_cells())
    wrong: Given = Tally({key: amount for key, amount in due.items() if amount})
    _add_to_cells(wrong, known_on={key: min(key[3], today) for key in wrong})
    CountCell.objects.filter(amount=0).delete()
    return len(wrong)


def _everybody(kind: str, model: type[Model]) -> Iterator[list[int]]:
    """The keys of all there are, and of all that once gave something, in parts."""
    known = model._default_manager.order_by("pk").values_list("pk", flat=True)
    gone = Tallied.objects.filter(kind=kind).exclude(object_id__in=model._default_manager.values("pk"))
    stream = iter(known.iterator(chunk_size=REBUILD_CHUNK))
    while part := list(islice(stream, REBUILD_CHUNK)):
        yield part
    yield list(gone.values_list("object_id", flat=True))


def _cells() -> Given:
    rows = CountCell.objects.order_by().values_list("family", "subject", "region_path", "on")
    return Tally({(family, subject, path, on): n for family, subject, path, on, n in rows.annotate(n=Sum("amount"))})


def verify_counts(*, as_of: date | None = None) -> list[str]:
    """Hold the cells against a full count of a day. Returns what differs, one line a number."""
    as_of = as_of or timezone.localdate()
    indicators, period = list(Indicator.objects.filter(active=True)), Period(as_of.year, as_of)
    folded, full = compiled_counts(indicators, period), counts(indicators, period)
    return [
        f"{code} {path}: {folded.get((code, path), 0)} compiled, {full.get((code, path), 0)} counted"
        for code, path in sorted({*folded, *full})
        if folded.get((code, path), 0) != full.get((code, path), 0)
    ]
