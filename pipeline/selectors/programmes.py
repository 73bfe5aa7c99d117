"""Which programmes a firm could be started on now, and which of them its titles suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.models import Application, Recognition
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Opening:
    """A programme that is not running for the firm this year; `suggested` where a valid title leads to it."""

    programme: str
    table: Workflow
    year: int
    suggested: bool
    because: str = ""


def openings(recognitions: Sequence[Recognition], applications: Sequence[Application], today: date) -> list[Opening]:
    """The programmes that a firm with these titles and applications can be started on, suggested ones first."""
    running = {item.programme for item in applications if item.closed_at is None and item.year == today.year}
    valid = [recognition for recognition in recognitions if recognition.is_valid_on(today)]
    found = []
    for programme, table in PROGRAMMES.items():
        if programme in running or _still_held(programme, valid, today):
            continue
        leading = [held for held in valid if PROGRAMMES[held.programme].next_programme == programme]
        because = str(PROGRAMMES[leading[0].programme].short_label) if leading else ""
        found.append(Opening(programme, table, today.year, bool(leading), because))
    return sorted(found, key=lambda opening: not opening.suggested)


def _still_held(programme: str, valid: Sequence[Recognition], today: date) -> bool:
    """A title that lasts beyond this year need not be applied for again; one that ends this year must."""
    return any(
        held.programme == programme and (held.valid_until is None or held.valid_until.year > today.year)
        for held in valid
    )
