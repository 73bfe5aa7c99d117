"""Goes over the file of an import once: judges every row and, when told, carries it out. Safe to resume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import ImportState, RowDecision, RowOutcome
from crm.columns import Layout
from crm.errors import UnreadableFile
from crm.judging import Held, Judge, Library, Verdict
from crm.memory import few_collections
from crm.models import Import, Region
from crm.placing import Gazetteer
from crm.rows import WHOLE_ROW, ParsedRow, parse_row
from crm.services.import_reading import open_import
from crm.services.import_writes import keep_rows, origin, write
from crm.services.jobs import Cancelled

CHUNK = 1000
Sink = Callable[[list[Verdict]], None]
Beat = Callable[[int, int], None]


@few_collections()
def process(
    batch: Import,
    file: BinaryIO,
    *,
    apply: bool,
    store: bool = True,
    most: int = 0,
    beat: Beat | None = None,
    sink: Sink | None = None,
) -> dict[str, int]:
    """Judge every row and, with `apply`, carry it out. Returns the count of each outcome.

    Each chunk of 1,000 rows is one transaction that also moves `rows_seen` on, so a killed run resumes where it
    stopped. With `store=False` nothing at all is written. Raises UnreadableFile, also for more than `most` rows,
    and Cancelled when somebody stopped the import.
    """
    going = _Pass(batch, file, apply=apply, store=store)
    counts: Counter[str] = Counter({outcome.value: 0 for outcome in RowOutcome if outcome != RowOutcome.SKIPPED})
    for rows in going.chunks():
        verdicts = going.do(rows)
        counts.update(verdict.outcome.value for verdict in verdicts)
        if most and counts.total() > most:
            raise UnreadableFile(_("超过 {most} 行；请拆分后上传").format(most=f"{most:,}"))
        if sink:
            sink(verdicts)
        if beat:
            beat(counts.total(), counts[RowOutcome.REFUSED])
    batch.skipped = going.skipped
    return stored_counts(batch) if going.is_resumed else dict(counts)


class _Pass:
    """One walk over the rows of a file."""

    def __init__(self, batch: Import, file: BinaryIO, *, apply: bool, store: bool) -> None:
        opened = open_import(batch, file, keep=store)
        self.batch, self.apply, self.store = batch, apply, store
        self.layout, self.lines = opened.layout, opened.lines
        self.judge = _judge(batch, opened.layout)
        self.decisions = _decisions(batch)
        self.by_name = self.judge.choices.get(RowOutcome.PENDING) == RowDecision.KNOWN
        self.seen = batch.rows_seen if store else 0
        self.is_resumed = self.seen > 0
        self.again = apply and bool(batch.counts)
        self.skipped = 0

    def chunks(self) -> Iterator[list[ParsedRow]]:
        """The rows still to be done, a chunk at a time."""
        rows = self._rows()
        while chunk := list(islice(rows, CHUNK)):
            if chunk[-1].line > self.seen:
                yield chunk
                continue
            for row in chunk:
                self.judge.note(row)

    def _rows(self) -> Iterator[ParsedRow]:
        this_year = timezone.localdate().year
        for line in self.lines:
            if self.layout.is_note(line.cells) and not self.layout.is_empty(line.cells):
                self.skipped += 1
            elif row := parse_row(line, self.layout, this_year=this_year):
                yield row

    def do(self, rows: list[ParsedRow]) -> list[Verdict]:
        with transaction.atomic():
            if self.apply:
                take_turn()
            known = [row for row in rows if self.by_name or self.decisions.get(row.line) == RowDecision.KNOWN]
            library = Library.holding(rows, lock=self.apply, by_name=known)
            verdicts = [self.judge.judge(row, library, decision=self.decisions.get(row.line, "")) for row in rows]
            if self.apply:
                write(verdicts, self.batch)
            if self.store:
                keep_rows(self.batch, verdicts, again=self.again)
                self._move_on(rows[-1].line)
        return verdicts

    def _move_on(self, line: int) -> None:
        """Mark the chunk as done; one of an import that was stopped meanwhile is rolled back."""
        going_on = Import.objects.filter(pk=self.batch.pk).exclude(state=ImportState.CANCELLED)
        if not going_on.update(rows_seen=line):
            raise Cancelled


def _judge(batch: Import, layout: Layout) -> Judge:
    now, named = timezone.now(), layout.fields.get("name")
    return Judge(
        Gazetteer.of(batch.region, Region.objects.all()),
        by_year="year" in layout.fields,
        held=lambda line, value: Held(value, origin(batch, line), "", batch.actor_id, now),
        choices=batch.choices,
        name_place=named.index if named else WHOLE_ROW,
    )


def _decisions(batch: Import) -> dict[int, str]:
    return dict(batch.rows.exclude(decision="").values_list("line", "decision")) if batch.pk else {}


def take_turn() -> None:
    """One import writes a chunk at a time: what the next one judges is what this one left. Others are not kept."""
    list(Region.objects.select_for_update(no_key=True).filter(parent=None).values_list("pk"))


def stored_counts(batch: Import) -> dict[str, int]:
    """How many rows of each outcome are kept. One query."""
    counts = {outcome.value: 0 for outcome in RowOutcome if outcome != RowOutcome.SKIPPED}
    counts.update(batch.rows.order_by().values_list("outcome").annotate(Count("pk")))
    return counts
