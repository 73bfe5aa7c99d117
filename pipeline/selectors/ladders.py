"""The reminder ladders in force: the bureau's own, else the defaults."""

from __future__ import annotations

from pipeline.models import Ladder
from pipeline.rungs import DEFAULTS, LadderTable, Rung
from pipeline.workdays import DAYS


def ladders() -> dict[str, LadderTable]:
    """The ladder of every kind. One query."""
    return DEFAULTS | {row.kind: table_of(row) for row in Ladder.objects.filter(own=True) if row.kind in DEFAULTS}


def ladder_of(kind: str) -> LadderTable:
    """The ladder of one kind. One query."""
    row = Ladder.objects.filter(kind=kind, own=True).first()
    return table_of(row) if row else DEFAULTS[kind]


def table_of(row: Ladder) -> LadderTable:
    return LadderTable(
        kind=row.kind,
        rungs=tuple(rung_of(stored) for stored in row.rungs),
        overdue=row.overdue,
        overdue_roles=tuple(row.overdue_roles),
        lead_after=row.lead_after,
        leader_after=row.leader_after,
        active=row.active,
        yearly=month_day(row.yearly),
    )


def rung_of(stored: dict) -> Rung:
    return Rung(
        stored.get("days"), stored.get("unit", DAYS), tuple(stored["roles"]), month_day(stored.get("month_day", ""))
    )


def month_day(text: str) -> tuple[int, int] | None:
    """`03-01` as (3, 1)."""
    month, _dash, day = text.partition("-")
    return (int(month), int(day)) if text else None
