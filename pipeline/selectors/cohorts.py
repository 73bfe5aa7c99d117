"""The applications behind every number of conversion: one a firm and cohort, as they were known on a day.

Definitions, ours where nothing is prescribed (docs/glossary.md shows them to readers):

cohort    the year, or the quarter, in which an application was opened, in Shanghai
region    the region path that the application itself carries
firm      counts once a cohort: by the application that reached the goal, else one still open, else the furthest one
known on  moves made after the day are not known yet; neither is that a move was taken back after it
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import ExtractQuarter, ExtractYear

from crm.access import ways_up
from pipeline.choices import Phase
from pipeline.models import Application, StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.calendar import midnight
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES

STAGES = 100  # a version and a stage's number share one integer, so that one Max finds the last move and its stage
CLOSED = 50  # closed stages have numbers from here on
REACHED, OPEN, LOST = "reached", "open", "lost"
Key = tuple[int, int, int, str, bool]  # year, quarter, furthest, stage, lost


@dataclass(frozen=True)
class Cohort:
    """Applications of a programme opened in some years, or in one quarter, of a region, as known on a day."""

    programme: str
    first_year: int
    last_year: int
    as_of: date
    quarter: int = 0
    root: str = ""  # region path; empty for everywhere
    by_quarter: bool = False  # a firm counts once a quarter instead of once a year

    @property
    def table(self) -> Workflow:
        return PROGRAMMES[self.programme]

    @property
    def until(self) -> datetime:
        """The first moment that is not known yet."""
        return midnight(self.as_of + timedelta(days=1))

    @property
    def opened(self) -> tuple[datetime, datetime]:
        """From when until when the applications were opened; nothing of it after the day."""
        first, last = date(self.first_year, 1, 1), date(self.last_year + 1, 1, 1)
        if self.quarter:
            first = date(self.first_year, 3 * self.quarter - 2, 1)
            last = date(self.first_year + self.quarter // 4, 3 * self.quarter % 12 + 1, 1)
        return midnight(first), min(midnight(last), self.until)

    def applications(self) -> QuerySet[Application]:
        """Every application of the cohort, several of one firm included."""
        since, before = self.opened
        rows = Application.objects.filter(programme=self.programme, opened_at__gte=since, opened_at__lt=before)
        return rows.filter(region_path__under=self.root) if self.root else rows


@dataclass(frozen=True)
class Cell:
    """So many firms of a region and cohort that got as far as a stage, the stage they are in and why they closed."""

    region_path: str
    year: int
    quarter: int
    furthest: int
    stage: str
    lost: bool
    note: str
    lacking: tuple[str, ...]
    number: int


def cells(cohort: Cohort, *, reasons: bool = False) -> Iterator[Cell]:
    """The cohort's firms, counted. One statement, streamed; `reasons` also by what the last move of a loss said."""
    sql, parameters = _chosen(cohort)
    note, details, joined = "''", "NULL", ""
    if reasons:
        lost = f"c.code >= {CLOSED} AND c.furthest < {_goal(cohort.table)}"
        joined = f" LEFT JOIN pipeline_stageevent e ON {lost} AND e.application_id = c.id AND e.version = c.version"
        note, details = "COALESCE(e.note, '')", "e.details"
    statement = (
        f"SELECT c.region_path, c.period, c.furthest, c.code, {note}, {details}, COUNT(*) FROM ({sql}) c{joined}"  # noqa: S608
        " GROUP BY 1, 2, 3, 4, 5, 6"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for row in cursor:
            yield _cell(cohort.table, row)


def by_region(found: Iterable[Cell]) -> dict[str, list[Cell]]:
    """{region path: its cells with those of everything below it, added up}; of cells without reasons."""
    numbers: dict[str, Counter[Key]] = defaultdict(Counter)
    for cell in found:
        for path in ways_up(cell.region_path):
            numbers[path][(cell.year, cell.quarter, cell.furthest, cell.stage, cell.lost)] += cell.number
    return {path: [_bare(path, key, own[key]) for key in sorted(own)] for path, own in numbers.items()}


def _bare(path: str, key: Key, number: int) -> Cell:
    year, quarter, furthest, stage, lost = key
    return Cell(path, year, quarter, furthest, stage, lost, "", (), number)


def written_cells(found: Iterable[Cell]) -> list[list]:
    """Cells of one region as a snapshot keeps them."""
    return [[cell.year, cell.quarter, cell.furthest, cell.stage, cell.lost, cell.number] for cell in found]


def read_cells(rows: Iterable[list]) -> list[Cell]:
    """Cells as a snapshot has them; where they lie is known."""
    return [_bare("", (year, quarter, furthest, stage, lost), n) for year, quarter, furthest, stage, lost, n in rows]


def firms_behind(cohort: Cohort, what: str, furthest: int, stage: str = "") -> QuerySet[Application]:
    """The applications that one number of the funnel counts: what a click on it opens.

    `what` is reached (this far or further), open (this far and not closed) or lost (closed here, perhaps in `stage`).
    """
    goal, codes = _goal(cohort.table), {code: number for number, code in _codes(cohort.table).items()}
    wanted = {
        REACHED: f"c.furthest >= {furthest:d}",
        OPEN: f"c.furthest = {furthest:d} AND c.code < {CLOSED} AND c.furthest < {goal}",
        LOST: f"c.furthest = {furthest:d} AND c.code >= {CLOSED} AND c.furthest < {goal}",
    }[what]
    if stage:
        wanted += f" AND c.code = {codes[stage]:d}"
    sql, parameters = _chosen(cohort)
    chosen = RawSQL(f"SELECT c.id FROM ({sql}) c WHERE {wanted}", parameters)  # noqa: S608, S611
    return Application.objects.filter(pk__in=chosen)


def last_moves(cohort: Cohort) -> QuerySet[StageEvent]:
    """The moves that lost the cohort's firms, one a firm: their notes, and what the firm lacked."""
    sql, parameters = _chosen(cohort)
    lost = f"c.code >= {CLOSED} AND c.furthest < {_goal(cohort.table)}"
    joined = "JOIN pipeline_stageevent e ON e.application_id = c.id AND e.version = c.version"
    moves = RawSQL(f"SELECT e.id FROM ({sql}) c {joined} WHERE {lost}", parameters)  # noqa: S608, S611
    return StageEvent.objects.filter(pk__in=moves)


def _chosen(cohort: Cohort) -> tuple[str, tuple[Any, ...]]:
    """SQL of one application a firm and cohort: id, region_path, period, furthest, code of its stage, version."""
    inner, parameters = _known(cohort).query.sql_with_params()
    goal = _goal(cohort.table)
    code = f"(k.last - {STAGES} * (k.last / {STAGES}))"
    best = f"CASE WHEN k.furthest >= {goal} THEN 0 WHEN {code} < {CLOSED} THEN 1 ELSE 2 END, k.furthest DESC, k.id DESC"
    sql = (
        f"SELECT n.id, n.region_path, n.period, n.furthest, n.code, n.version FROM (SELECT k.id, k.region_path,"  # noqa: S608
        f" k.period, k.furthest, {code} AS code, k.last / {STAGES} AS version,"
        f" ROW_NUMBER() OVER (PARTITION BY k.firm_id, k.period ORDER BY {best}) AS nth FROM ({inner}) k) n"
        " WHERE n.nth = 1"
    )
    return sql, parameters


def _known(cohort: Cohort) -> QuerySet:
    """Each application with its furthest stage and its last move, as known on the day. One grouping, no subquery."""
    until, table = cohort.until, cohort.table
    standing = Q(events__undone=None) | Q(events__undone__by__at__gte=until)
    furthest = Case(
        *(
            When(standing & ~Q(events__transition=UNDO) & Q(events__to_stage=stage.code), then=Value(place))
            for place, stage in enumerate(table.main_line)
        ),
        default=Value(0),
        output_field=IntegerField(),
    )
    code = Case(
        *(When(events__to_stage=stage, then=Value(number)) for number, stage in _codes(table).items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    period = ExtractYear("opened_at") * 10
    if cohort.by_quarter:
        period += ExtractQuarter("opened_at")
    rows = cohort.applications().filter(events__at__lt=until).annotate(period=period)
    return (
        rows.values("id", "firm_id", "region_path", "period")
        .annotate(furthest=Max(furthest), last=Max(F("events__version") * STAGES + code))
        .order_by()
    )


def _cell(table: Workflow, row: tuple[Any, ...]) -> Cell:
    path, period, furthest, code, note, details, number = row
    period = int(period)  # PostgreSQL extracts decimals
    lost = code >= CLOSED and furthest < _goal(table)
    lacking = tuple(_loaded(details).get("lacking", "").split())
    return Cell(path, period // 10, period % 10, furthest, _codes(table)[code], lost, note, lacking, number)


def _loaded(details: Any) -> dict[str, Any]:
    """What a move kept beside its note; PostgreSQL gives the text of it, too."""
    return json.loads(details) if isinstance(details, str) else details or {}


def _codes(table: Workflow) -> dict[int, str]:
    """{number: stage}: open ones from 0 in the table's order, closed ones from CLOSED on."""
    return {
        place + (CLOSED if stage.phase == Phase.CLOSED else 0): stage.code for place, stage in enumerate(table.stages)
    }


def _goal(table: Workflow) -> int:
    return len(table.main_line) - 1
