"""Days of six digits and bookings of four, as banks print them, into ISO dates."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

DAY = len("260302")
MONTH_DAY = len("0302")
CENTURY = 80
"""Two digits of a year from here on are of the last century."""


@lru_cache(maxsize=4096)
def entry_days(printed: str) -> tuple[str, str]:
    """Return value date and booking date of an entry; what is no day is given back as printed.

    The booking date has no year: it is the one that brings it closest to the value date. Without a
    booking date the value date stands for it.
    """
    if len(printed) not in (DAY, DAY + MONTH_DAY):
        return printed, printed
    value_date, month_day = day(printed[:DAY]), printed[DAY:]
    if not month_day:
        return value_date, value_date
    try:
        middle = date.fromisoformat(value_date)
    except ValueError:
        return value_date, month_day
    near = []
    for year in (middle.year - 1, middle.year, middle.year + 1):
        try:
            near.append(date(year, int(month_day[:2]), int(month_day[2:])))
        except ValueError:
            continue
    if not near:
        return value_date, month_day
    return value_date, str(min(near, key=lambda found: abs(found - middle)))


@lru_cache(maxsize=4096)
def day(printed: str) -> str:
    """Return YYMMDD as an ISO date; what is no day is given back as printed."""
    try:
        year = int(printed[:2])
        century = 1900 if year >= CENTURY else 2000
        return str(date(century + year, int(printed[2:4]), int(printed[4:])))
    except ValueError:
        return printed
