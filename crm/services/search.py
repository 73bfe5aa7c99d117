"""Keeps what firms are found by in step with the firms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from crm.identifiers import name_key
from crm.models import Contact, Firm, FirmSearch, FormerName, Region
from crm.search import marks_text, names_text, places_in_front
from crm.upserts import upsert

BATCH = 2000
COLUMNS = ["firm_id", "region_path", "names", "marks"]


def refresh_search(firm_ids: Iterable[int]) -> None:
    """Work out what these firms are found by afresh, in the caller's transaction.

    One statement for the names of places, and four for each 2,000 firms.
    """
    ids = sorted(set(firm_ids))
    if not ids:
        return
    places = places_in_front(Region.objects.values_list("short_name", flat=True))
    for start in range(0, len(ids), BATCH):
        rows = _rows(ids[start : start + BATCH], places)
        upsert(FirmSearch, COLUMNS, rows, unique=["firm_id"], update=COLUMNS[1:])


def _rows(ids: list[int], places: re.Pattern[str]) -> Iterator[tuple[Any, ...]]:
    more: dict[int, list[str]] = defaultdict(list)
    for firm, key in FormerName.objects.filter(firm__in=ids).order_by("pk").values_list("firm_id", "name_key"):
        more[firm].append(key)
    for firm, name in Contact.objects.filter(firm__in=ids).order_by("pk").values_list("firm_id", "name"):
        more[firm].append(name_key(name))
    firms = Firm.objects.filter(pk__in=ids).values_list("pk", "region_path", "credit_code", "name_key")
    for pk, path, code, key in firms:
        yield pk, path, names_text([key, *more.get(pk, ())]), marks_text(code, key, places)


def heal_search() -> int:
    """Write the rows that are missing: of firms that came by another door. Returns how many."""
    done = last = 0
    without = Firm.objects.filter(search=None).order_by("pk").values_list("pk", flat=True)
    while ids := list(without.filter(pk__gt=last)[:BATCH]):
        refresh_search(ids)
        last, done = ids[-1], done + len(ids)
    return done
