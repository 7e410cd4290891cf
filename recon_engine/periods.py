"""Days: banking days of a calendar, accounting periods, and the ledger day of an event."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from holidays import HolidayBase

DAY = timedelta(days=1)
MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")
CALENDAR_CODE = re.compile(r"[A-Z][A-Z0-9]{1,3}")
COMMON_CALENDARS = frozenset({"ECB", "FED", "DE", "GB", "JP", "US"})
"""Calendars that need no look-up: it would cost every command a third of a second."""


def calendar_fault(calendar: str) -> str | None:
    """Return what is wrong with the name of a calendar as `found ..., expected ...`, or None."""
    if calendar in COMMON_CALENDARS:
        return None
    if CALENDAR_CODE.fullmatch(calendar):
        from holidays.registry import COUNTRIES, FINANCIAL

        if any(calendar in codes for kind in (FINANCIAL, COUNTRIES) for codes in kind.values()):
            return None
    return f"found '{calendar}', expected a market or country of holidays, such as ECB, FED or JP"


@cache
def open_days(calendar: str, year: int) -> frozenset[date]:
    """Return the banking days of a year.

    Days that only the banks of a country take off count as holidays; the weekend is its own.
    """
    import holidays

    kind: type[HolidayBase] = getattr(holidays, calendar)
    categories = tuple(c for c in ("public", "bank") if c in kind.supported_categories)
    closed = kind(years=year, categories=categories)
    days = (date(year, 1, 1) + n * DAY for n in range(366))
    return frozenset(day for day in days if day.year == year and closed.is_working_day(day))


def is_banking_day(day: date, calendar: str) -> bool:
    """Return whether the banks of a calendar work on a day."""
    return day in open_days(calendar, day.year)


def add_banking_days(day: date, n: int, calendar: str) -> date:
    """Return the n-th banking day after a day; for n = 0 the day or the next banking day."""
    assert n >= 0
    while not is_banking_day(day, calendar) and n == 0:
        day += DAY
    while n > 0:
        day += DAY
        n -= is_banking_day(day, calendar)
    return day


def due_dates(days: Iterable[date], lag: int, calendar: str) -> dict[date, date]:
    """Return for each day the last banking day that is in time, `lag` after it; ordered by day."""
    return {day: add_banking_days(day, lag, calendar) for day in sorted(set(days))}


def month(day: date) -> str:
    """Return the accounting month of a day, YYYY-MM."""
    return f"{day:%Y-%m}"


class Period(NamedTuple):
    """An accounting period: its name, and its first and last day."""

    name: str
    first_day: date
    last_day: date

    def holds(self, day: date) -> bool:
        """Return whether a day lies in the period."""
        return self.first_day <= day <= self.last_day


class Lock(NamedTuple):
    """Where nothing may be posted in the books of an entity."""

    sealed_to: date | None
    """Its last sealed date."""
    closed: tuple[Period, ...]


def month_period(name: str) -> Period | None:
    """Return the calendar month of a name, YYYY-MM, or None where it is no such name."""
    found = MONTH.fullmatch(name)
    if found is None or found["year"] == "0000":
        return None
    first = date(int(found["year"]), int(found["month"]), 1)
    return Period(name, first, (first + 31 * DAY).replace(day=1) - DAY)


def first_open_day(day: date, closed: Collection[Period]) -> date:
    """Return the day, or the first day after it that lies in no closed period."""
    while locking := [period.last_day for period in closed if period.holds(day)]:
        day = max(locking) + DAY
    return day


def posting_date(event_date: date, sealed_to: date | None, closed: Collection[Period]) -> date:
    """Return the ledger day of an event: its own, or the first not sealed and in an open period.

    `sealed_to` and `closed` are those of the entity in whose books it is.
    Source: accounting.md section 1, Posting date; invariant I16.
    """
    sealed = sealed_to is not None and event_date <= sealed_to
    day = sealed_to + DAY if sealed and sealed_to is not None else event_date
    return first_open_day(day, closed)


def open_to_all(event_date: date, locks: Sequence[Lock]) -> date:
    """Return the first ledger day of an event that no entity has sealed or closed.

    Source: accounting.md invariant I12.
    """
    day, before = event_date, None
    while day != before:
        before = day
        for sealed_to, closed in locks:
            day = posting_date(day, sealed_to, closed)
    return day
