"""How applications went, as arrays that are kept from night to night: only what changed since is read again.

Applications are cut into blocks by their keys. The database works out a mark for each, from all that its course is
made of: its version counts its moves, which are append-only. A block whose marks add up as they did is as it was; in
another one the applications whose marks differ are read again. So the cost follows the new moves and not the history,
and what is kept may be thrown away at any time. `services.courses` keeps it; what nobody kept is read whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from io import BytesIO
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from pipeline.choices import Phase
from pipeline.forecasting.history import beginnings
from pipeline.models import Application, CourseBlock, StageEvent
from pipeline.models.applications import UNDO
from pipeline.workflows import WORKFLOWS

if TYPE_CHECKING:
    from numpy import ndarray

BLOCK = 20_000  # applications, those of other programmes included
FEW = 1000  # so many are asked for by their keys, more by reading the whole block
NEVER = date.max.toordinal()
SUBMIT = "submit"
# A change of one part, or of several by a little, always changes the mark; primes, so that none undoes another.
PARTS = {"version": 15_485_863, "firm": 32_452_843, "region": 49_979_687, "round": 67_867_967, "edition": 86_028_121}
MOST_MARK = 2**31 - 1
WEIGHTS = 1009  # so that two applications which swap something do not add up as before


@dataclass(frozen=True)
class Courses:
    """Applications in the order of their keys, a column each. Days are ordinals; NEVER is what did not come.

    `stages` and `days` are the standing moves of all, those of row n from `begins[n]` on: the number of the stage they
    led to, or -1 less the number where that is an end, and the day. `filed` and `lost` are the days of the first
    submission and of the first end.
    """

    keys: ndarray
    marks: ndarray
    firms: ndarray
    regions: ndarray
    rounds: ndarray
    editions: ndarray
    opened: ndarray
    filed: ndarray
    lost: ndarray
    moves: ndarray
    stages: ndarray
    days: ndarray

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def begins(self) -> ndarray:
        return beginnings(self.moves)

    def chosen(self, rows: ndarray) -> Courses:
        """The rows that are marked True."""
        import numpy as np

        return self if rows.all() else self._taken(rows, np.repeat(rows, self.moves))

    def in_order(self) -> Courses:
        """By key; meant for few, as it holds the place of each move."""
        import numpy as np

        order = np.argsort(self.keys, kind="stable")
        moves = self.moves[order]
        before = np.cumsum(moves) - moves
        return self._taken(order, np.repeat(self.begins[order] - before, moves) + np.arange(moves.sum()))

    def _taken(self, rows: ndarray, moves: ndarray) -> Courses:
        return Courses(*(getattr(self, name)[moves if name in MOVES else rows] for name in COLUMNS))

    @classmethod
    def joined(cls, parts: Iterable[Courses]) -> Courses:
        """All of the parts; each column's are let go before the next is joined."""
        import numpy as np

        columns: dict[str, list[ndarray]] = {name: [] for name in COLUMNS}
        for part in parts:
            for name, column in columns.items():
                column.append(getattr(part, name))
        return cls(*(np.concatenate(columns.pop(name)) for name in COLUMNS))

    @property
    def mark(self) -> int:
        """What the marks add up to, as the database adds them up."""
        return int((self.marks * (self.keys % WEIGHTS + 1)).sum())

    def encoded(self) -> bytes:
        import numpy as np

        file = BytesIO()
        np.savez(file, **{name: getattr(self, name) for name in COLUMNS})
        return zlib.compress(file.getvalue(), level=1)

    @classmethod
    def decoded(cls, data: bytes | memoryview) -> Courses:
        import numpy as np

        with np.load(BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in COLUMNS))


COLUMNS = tuple(field.name for field in fields(Courses))
KINDS = dict.fromkeys(COLUMNS, "int32") | dict.fromkeys(("keys", "marks", "firms"), "int64") | {"stages": "int16"}
MOVES = {"stages", "days"}


def stage_numbers(programme: str) -> dict[str, int]:
    """Every stage of every version of a programme's table, numbered in order."""
    tables = [table for table in WORKFLOWS.values() if table.programme == programme]
    codes = dict.fromkeys(stage.code for table in tables for stage in table.stages)
    return {code: number for number, code in enumerate(codes)}


def courses(programme: str) -> Courses:
    """Every application of a programme. Two statements, and two or three more for each block that changed since."""
    kept = {block.number: block for block in CourseBlock.objects.filter(programme=programme).iterator(chunk_size=20)}
    marks = block_marks(programme)
    parts = (up_to_date(programme, number, mark, kept.pop(number, None)) for number, mark in sorted(marks.items()))
    return Courses.joined(chain([_arrays()], parts))


def block_marks(programme: str) -> dict[int, str]:
    """{block: what its applications' marks add up to, as it is kept}. One statement."""
    blocks = _marked(programme).annotate(block=F("pk") / BLOCK).order_by().values("block")
    weighed = ExpressionWrapper(F("mark") * (F("pk") % WEIGHTS + 1), BigIntegerField())
    sums = blocks.annotate(total=Sum(weighed)).values_list("block", "total")
    return {number: kept_mark(programme, int(total)) for number, total in sums}


def kept_mark(programme: str, total: int) -> str:
    """The mark of a block as it is kept, with the name of the tables by which its moves are numbered."""
    return f"{_layout(programme)}:{total}"


def up_to_date(programme: str, number: int, mark: str, kept: CourseBlock | None) -> Courses:
    """A block as it is now, from what is kept of it where that still holds. At most three statements."""
    if kept is None or kept.mark.partition(":")[0] != _layout(programme):
        return _read(programme, _within(number))
    known = Courses.decoded(kept.data)
    return known if kept.mark == mark else _mended(programme, number, known)


def _mended(programme: str, number: int, known: Courses) -> Courses:
    """What is known of a block, with those read again whose mark is another one, and without those that are gone."""
    import numpy as np

    now = dict(_marked(programme).filter(**_within(number)).values_list("pk", "mark"))
    same = [now.get(key) == mark for key, mark in zip(known.keys.tolist(), known.marks.tolist(), strict=True)]
    kept = known.chosen(np.array(same, dtype=bool))
    changed = sorted(now.keys() - set(kept.keys.tolist()))
    if len(changed) > FEW:
        return _read(programme, _within(number))
    return Courses.joined([kept, _read(programme, {"pk__in": changed})]).in_order()


def _within(number: int) -> dict[str, int]:
    return {"pk__gte": number * BLOCK, "pk__lt": (number + 1) * BLOCK}


def _layout(programme: str) -> str:
    """Names the tables of stages by which moves are numbered: what was kept under other ones is read again."""
    return f"{zlib.crc32(repr((COLUMNS, _stages_of(programme))).encode()):x}"


def _stages_of(programme: str) -> dict[str, dict[str, int]]:
    """{version of the programme's table: {stage: its number, or -1 less the number where it is an end}}."""
    numbers = stage_numbers(programme)
    return {
        code: {
            one.code: -1 - numbers[one.code] if one.phase == Phase.CLOSED else numbers[one.code] for one in table.stages
        }
        for code, table in WORKFLOWS.items()
        if table.programme == programme
    }


def _marked(programme: str) -> QuerySet[Any]:
    parts = [Coalesce(Cast(name, BigIntegerField()), 0) * factor for name, factor in PARTS.items()]
    mark = ExpressionWrapper(sum(parts[1:], parts[0]) % MOST_MARK, BigIntegerField())
    return Application.objects.filter(programme=programme).annotate(mark=mark)


def _read(programme: str, wanted: Mapping[str, Any]) -> Courses:
    """Applications from their rows and moves. Two statements: the marks first, so that what moves meanwhile is read
    again the next time."""
    zone = timezone.get_default_timezone()  # asked once: a million moves would ask a million times
    columns = ("pk", "mark", "firm_id", "region_id", "round_id", "edition_id", "opened_at", "workflow_code")
    rows = list(_marked(programme).filter(**wanted).order_by("pk").values_list(*columns))
    numbers, moves = _stages_of(programme), _moves(programme, wanted)
    heads: list[tuple[int, ...]] = []
    stages: list[int] = []
    days: list[int] = []
    for pk, mark, firm, region, round_, edition, opened, code in rows:
        own = [(move, numbers[code][to], at.astimezone(zone).toordinal()) for _pk, move, to, at in moves.get(pk, ())]
        filed = next((day for move, _stage, day in own if move == SUBMIT), NEVER)
        lost = next((day for _move, stage, day in own if stage < 0), NEVER)
        begun = opened.astimezone(zone).toordinal()
        heads.append((pk, mark, firm, region, round_ or 0, edition or 0, begun, filed, lost, len(own)))
        stages += [stage for _move, stage, _day in own]
        days += [day for _move, _stage, day in own]
    return _arrays(*zip(*heads, strict=True), stages, days) if heads else _arrays()


def _moves(programme: str, wanted: Mapping[str, Any]) -> dict[int, list[tuple[int, str, str, datetime]]]:
    """{application: its standing moves in order}, each with application, transition, stage and time. One statement."""
    events = StageEvent.objects.standing().exclude(transition=UNDO).order_by("application", "version")
    events = events.filter(
        application__programme=programme, **{f"application__{name}": value for name, value in wanted.items()}
    )
    rows = events.values_list("application_id", "transition", "to_stage", "at").iterator(chunk_size=5000)
    return {application: list(found) for application, found in groupby(rows, key=itemgetter(0))}


def _arrays(*columns: Sequence[int]) -> Courses:
    import numpy as np

    given = columns or ((),) * len(COLUMNS)
    return Courses(*(np.array(column, dtype=KINDS[name]) for name, column in zip(COLUMNS, given, strict=True)))
