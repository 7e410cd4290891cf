"""A fiscal calendar: the periods of the books, as they were known from one day on."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from recon_engine.periods import DAY, Period
from recon_engine.rulebook.fees import Day
from recon_engine.rulebook.model import Mapping

PeriodName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$")]


class FiscalPeriod(Mapping):
    """One period and its days."""

    name: PeriodName
    first_day: Day
    last_day: Day
    adjustment: bool = Field(
        default=False,
        description="the last day of the period before it once more: after that period is closed a "
        "correction posts there, and nothing else",
    )

    @property
    def period(self) -> Period:
        """Return the period with its days."""
        return Period(
            self.name, date.fromisoformat(self.first_day), date.fromisoformat(self.last_day)
        )


class CalendarVersion(Mapping):
    """The periods as they were known from a business date on."""

    known_from: Day = Field(description="first business date whose run knows of it")
    periods: tuple[FiscalPeriod, ...] = Field(min_length=1, description="in order, without a gap")


class Calendar(Mapping):
    """The periods of one or more charts; runs before the first version know the first."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    versions: tuple[CalendarVersion, ...] = Field(min_length=1, description="in order")

    def known_on(self, day: date) -> CalendarVersion:
        """Return the version that a run of a business date knows."""
        known = [one for one in self.versions if date.fromisoformat(one.known_from) <= day]
        return known[-1] if known else self.versions[0]

    def period(self, name: str, day: date) -> Period | None:
        """Return the period of a name, or None; as known on a day, else by the newest version."""
        for version in (self.known_on(day), self.versions[-1]):
            for one in version.periods:
                if one.name == name:
                    return one.period
        return None

    def adjustments(self, day: date) -> tuple[Period, ...]:
        """Return the adjustment periods as known on a day."""
        return tuple(one.period for one in self.known_on(day).periods if one.adjustment)

    def adjusted(self, adjustment: Period, day: date) -> Period:
        """Return the period that an adjustment period adjusts, as known on a day."""
        regular = [one.period for one in self.known_on(day).periods if not one.adjustment]
        return next(period for period in regular if period.last_day == adjustment.last_day)

    def covers(self, posting_date: date, day: date) -> bool:
        """Return whether a ledger day lies in a period, as known on a day."""
        return any(one.period.holds(posting_date) for one in self.known_on(day).periods)

    def ends_on(self, day: date) -> bool:
        """Return whether a period ends on a day, as known on it."""
        return any(one.period.last_day == day for one in self.known_on(day).periods)


def ends_month(day: date) -> bool:
    """Return whether a day is the last of its month."""
    return (day + DAY).day == 1
