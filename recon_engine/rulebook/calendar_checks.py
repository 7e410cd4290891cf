"""Whether fiscal calendars have no gap and no overlap, and charts name periods that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from recon_engine.periods import DAY, Period, month_period
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.calendars import Calendar, CalendarVersion
from recon_engine.rulebook.fee_checks import day_fault
from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.yaml import Document, Loc

DAY_SHAPED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A name like this would read as a date."""


def check_calendars(
    calendars: Mapping[str, Calendar], documents: Mapping[str, Document]
) -> Iterator[Problem]:
    """Yield every problem of the calendars, with its place."""
    for stem, calendar in calendars.items():
        document = documents[f"calendars/{stem}"]
        days = [*_day_faults(calendar)]
        for loc, text in days or _calendar_faults(calendar):
            yield document.problem(loc, text)


def check_closed_periods(
    accounts: Accounts, calendar: Calendar | None, document: Document
) -> Iterator[Problem]:
    """Yield each closed period of a chart that its calendar does not know."""
    for position, name in enumerate(accounts.closed_periods):
        if calendar is None and month_period(name) is None:
            text = f"found '{name}', expected a month like 2026-03"
        elif calendar is not None and calendar.period(name, date.max) is None:
            text = f"found '{name}', expected a period of calendars/{calendar.name}"
        else:
            continue
        yield document.problem(("closed_periods", position), text)


def _day_faults(calendar: Calendar) -> Iterator[tuple[Loc, str]]:
    """Yield each day that no calendar of the world has."""
    for number, version in enumerate(calendar.versions):
        if fault := day_fault(version.known_from):
            yield ("versions", number, "known_from"), fault
        for position, one in enumerate(version.periods):
            for key, day in (("first_day", one.first_day), ("last_day", one.last_day)):
                if fault := day_fault(day):
                    yield ("versions", number, "periods", position, key), fault


def _calendar_faults(calendar: Calendar) -> Iterator[tuple[Loc, str]]:
    for number, (before, after) in enumerate(pairwise(calendar.versions), start=1):
        if after.known_from <= before.known_from:
            text = f"found {after.known_from}, expected a day after {before.known_from}"
            yield ("versions", number, "known_from"), text
    for number, version in enumerate(calendar.versions):
        for loc, text in _version_faults(version):
            yield ("versions", number, "periods", *loc), text


def _version_faults(version: CalendarVersion) -> Iterator[tuple[Loc, str]]:
    """Yield what is wrong with the periods of a version: names, order, gaps, overlaps."""
    names: set[str] = set()
    before: Period | None = None
    for position, one in enumerate(version.periods):
        if one.name in names:
            yield (position, "name"), f"found '{one.name}' again, expected a name of its own"
        elif DAY_SHAPED.fullmatch(one.name):
            yield (position, "name"), f"found '{one.name}', expected a name that is no day"
        names.add(one.name)
        period = one.period
        if one.adjustment:
            yield from _adjustment_faults(position, period, before)
            continue
        if period.last_day < period.first_day:
            text = f"found {period.last_day}, expected {period.first_day} or later"
            yield (position, "last_day"), text
        if before is not None and period.first_day != before.last_day + DAY:
            what = "an overlap" if period.first_day <= before.last_day else "a gap"
            expected = f"expected {before.last_day + DAY}, the day after {before.name}"
            yield (position, "first_day"), f"found {period.first_day}, {what}, {expected}"
        before = period


def _adjustment_faults(
    position: int, period: Period, before: Period | None
) -> Iterator[tuple[Loc, str]]:
    if before is None:
        yield (position, "adjustment"), "found no period before it, expected one that it adjusts"
        return
    for key, day in (("first_day", period.first_day), ("last_day", period.last_day)):
        if day != before.last_day:
            text = f"found {day}, expected {before.last_day}, the last day of {before.name}"
            yield (position, key), text
