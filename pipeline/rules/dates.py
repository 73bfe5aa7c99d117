"""Ages, terms of years, and lists of industries and credentials. Dates are passed in; nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def full_years(start: date, on: date) -> int:
    """Completed years; the anniversary itself completes one. Someone of 29 February completes it on 1 March."""
    return on.year - start.year - ((on.month, on.day) < (start.month, start.day))


def age_days(start: date, on: date) -> int:
    """Calendar days since the start; 365 after a year without 29 February."""
    return (on - start).days


def fiscal_years(start: date, last: int) -> int:
    """Complete fiscal years up to and including the year `last`."""
    first = start.year if (start.month, start.day) == (1, 1) else start.year + 1
    return max(0, last - first + 1)


def within_years(day: date, on: date, years: int) -> bool:
    """True when the day lies no more than so many years back, the anniversary included, and not ahead."""
    return day <= on and (day.year + years, day.month, day.day) >= (on.year, on.month, on.day)


def in_catalogue(industry: str, codes: Iterable[str]) -> bool | None:
    """True when the industry is one of the codes or lies below one: C36 holds C3612, F holds all of F.

    None when the industry is stated so broadly that only a part of it lies in the list.
    """
    listed = list(codes)
    if any(industry.startswith(code) for code in listed):
        return True
    return None if any(code.startswith(industry) for code in listed) else False
