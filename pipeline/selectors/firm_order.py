"""In which order the firm list stands: what an address may ask for, and the page that follows a mark."""

from __future__ import annotations

from django.db.models import F, OrderBy, QuerySet

from crm.models import Firm
from crm.paging import Page, keyset, keyset_nulls_last

SORTS = {
    "name": "name_key",
    "region": "region_path",
    "registered": "registered_on",
    "contact": "last_contact_on",
    "next": "next_action_on",
    "updated": "updated_at",
}
EMPTY = {"registered_on", "last_contact_on", "next_action_on"}  # columns that may hold nothing
NEWEST = "-updated"


def sort_of(text: str) -> str:
    """The order that an address asks for, `-` for descending; of one that makes no sense the newest change first."""
    return text if text.removeprefix("-") in SORTS else NEWEST


def firm_page_of(firms: QuerySet[Firm], *, sort: str, after: str = "") -> Page[Firm]:
    """One page in that order, rows without a value last. One query; by a day two where the page holds such rows."""
    column, minus = _column_of(sort)
    order = (f"{minus}{column}", f"{minus}pk")
    return (keyset_nulls_last if column in EMPTY else keyset)(firms, order=order, after=after)


def order_of(sort: str) -> tuple[OrderBy, str]:
    """The same order for one statement without a mark."""
    column, minus = _column_of(sort)
    nulls_last = True if column in EMPTY else None
    ordered = F(column).desc(nulls_last=nulls_last) if minus else F(column).asc(nulls_last=nulls_last)
    return ordered, f"{minus}pk"


def _column_of(sort: str) -> tuple[str, str]:
    """The column, and `-` for descending."""
    return SORTS[sort.removeprefix("-")], "-" if sort.startswith("-") else ""
