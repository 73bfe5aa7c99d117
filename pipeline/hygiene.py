"""What must not be forgotten of a firm in somebody's care, and after how long. Pure; the limits are data of the bureau.

Our own judgement, not law: every default is shown as 待核实 until the bureau has set or confirmed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pipeline.workflows import PROGRAMMES

DEFAULT = "default"
RUNNING, HELD = "running", "held"
DEFAULT_WORKDAYS = {DEFAULT: 60, RUNNING: 20, HELD: 90}
MOST_WORKDAYS = 500


def positions() -> dict[str, str | Promise]:
    """Where a firm may stand, with what it is called: running or holding a programme, else the default."""
    found: dict[str, str | Promise] = {DEFAULT: _("其他在管企业")}
    for code, table in PROGRAMMES.items():
        found[f"{code}.{RUNNING}"] = format_lazy(_("{programme}办理中"), programme=table.short_label)
        found[f"{code}.{HELD}"] = format_lazy(_("{programme}有效"), programme=table.short_label)
    return found


def default_workdays(position: str) -> int:
    return DEFAULT_WORKDAYS[position.rpartition(".")[2]]


def limit_of(standing: Iterable[str], limits: Mapping[str, int]) -> int:
    """After how many working days this firm is out of contact: the tightest of its positions, else the default."""
    return min((limits[position] for position in standing), default=limits[DEFAULT])


def figure_year(today: date) -> int:
    """The newest year whose figures a firm should have: last year's from April on, before that the year before."""
    return today.year - (1 if today.month >= 4 else 2)


def rests_too_long(since: date, most: int | None, today: date) -> bool:
    """True where nine in ten have left the stage sooner. Nothing usual is known: never."""
    return most is not None and today - since > timedelta(days=most)
