"""Firms with what this room knows of them: where they stand on the ladder, and their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import DateField, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy

from crm.fact_codes import FLAG_PREFIX
from crm.models import Firm
from crm.selectors.firms import fact_table
from pipeline.choices import Title
from pipeline.models import Application, Recognition
from pipeline.models.results import is_valid
from pipeline.selectors.applications import IN_PROGRESS
from pipeline.selectors.policies import flag_labels
from pipeline.workflows import PROGRAMMES

FULL, HALF, HOLLOW, STRUCK = "full", "half", "hollow", "struck"
RUNG_WORDS = {
    FULL: gettext_lazy("有效"),
    HALF: gettext_lazy("办理中"),
    HOLLOW: gettext_lazy("未取得"),
    STRUCK: gettext_lazy("已失效"),
}


@dataclass(frozen=True)
class Rung:
    """One programme on a firm's ladder badge: full (valid), half (in progress), hollow (not yet), struck (lapsed)."""

    programme: str
    state: str
    year: int | None


Ladder = tuple[Rung, ...]


class Held(NamedTuple):
    """As much of a title as a rung needs."""

    programme: str
    title: str
    granted_on: date
    valid_until: date | None
    ended_on: date | None


class Running(NamedTuple):
    """As much of an application as a rung needs."""

    programme: str
    year: int
    phase: str


def ladders(firms: Iterable[Firm], *, today: date | None = None) -> dict[int, Ladder]:
    """Each firm's ladder, derived from its recognitions and running applications. One query."""
    return ladders_of([firm.pk for firm in firms], today=today)


def ladders_of(firms: Sequence[int], *, today: date | None = None) -> dict[int, Ladder]:
    """The same by the keys of the firms. One query, a union of titles and applications, and no object of a row."""
    today, no_day = today or timezone.localdate(), Value(None, output_field=DateField())
    titles = Recognition.objects.filter(firm__in=firms).order_by()
    read = titles.values_list("firm_id", "programme", "title", "granted_on", "valid_until", "ended_on", Value(0))
    open_ones = Application.objects.in_progress().filter(firm__in=firms).order_by()
    also = open_ones.values_list("firm_id", "programme", "phase", no_day, no_day, no_day, "year")
    rows: Iterable[tuple[Any, ...]] = read.union(also, all=True)
    held: dict[int, list[Held]] = {}
    running: dict[int, list[Running]] = {}
    for firm, programme, word, granted_on, valid_until, ended_on, year in rows:
        if granted_on is None:
            running.setdefault(firm, []).append(Running(programme, year, word))
        else:
            held.setdefault(firm, []).append(Held(programme, word, granted_on, valid_until, ended_on))
    for own in held.values():
        own.sort(key=attrgetter("granted_on"), reverse=True)
    return {firm: ladder_of(held.get(firm, ()), running.get(firm, ()), today=today) for firm in firms}


def ladder_of(
    recognitions: Iterable[Recognition | Held],
    applications: Iterable[Application | Running],
    *,
    today: date | None = None,
) -> Ladder:
    """One firm's ladder from its titles, newest first, and its applications. No query."""
    today = today or timezone.localdate()
    held: dict[str, list[Recognition | Held]] = {}
    for title in recognitions:
        if title.title != Title.LIBRARY:
            held.setdefault(title.programme, []).append(title)
    running = {item.programme: item.year for item in applications if item.phase in IN_PROGRESS}
    return tuple(_rung(programme, held.get(programme, ()), running.get(programme), today) for programme in PROGRAMMES)


def _rung(programme: str, held: Sequence[Recognition | Held], running: int | None, today: date) -> Rung:
    for title in held:
        if is_valid(title, today):
            return Rung(programme, FULL, title.granted_on.year)
    if running:
        return Rung(programme, HALF, running)
    return Rung(programme, STRUCK, held[0].granted_on.year) if held else Rung(programme, HOLLOW, None)


def figures_shown(firm: Firm) -> dict[str, Any]:
    """The figures of a firm, and what the yes/no facts that one edition declares are called. One query, or two."""
    table = fact_table(firm)
    codes = [cell[0].code for cell in table.undated if cell[0].code.startswith(FLAG_PREFIX)]
    labels = flag_labels(code.removeprefix(FLAG_PREFIX) for code in codes)
    return {"facts": table, "flags": {FLAG_PREFIX + name: label for name, label in labels.items()}}
