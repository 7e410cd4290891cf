"""The nights of a period: what each date of an entity published, for the checklist to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from recon_engine.deliver.booked import rows_of
from recon_engine.periods import DAY, Period
from recon_engine.run import Project
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES

MOVEMENT = Path(__file__).with_name("movement.sql")
MOVED = (
    *("role", "account", "currency", "template"),
    *("movement_minor", "functional_minor", "elsewhere_minor"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Nights:
    """The dates of an entity that lie in a period and published something, in order."""

    project: Project
    entity: str
    period: Period
    begin: date | None
    """First date of the entity that ever published anything."""
    reports: dict[date, str]
    """Manifest of reporting by date."""
    journals: dict[date, str]
    """Manifest of journals by date."""
    eve: str | None
    """Manifest of reporting of the last date before the period."""

    @property
    def last(self) -> date | None:
        """Return the last of them."""
        return max(self.reports, default=None)

    def rows(self, table: str, day: date | None) -> list[Row]:
        """Return a table that reporting published for a date; without a date nothing."""
        return [] if day is None else rows_of(self.project, self.reports[day], table)

    def opening_roll(self) -> list[Row]:
        """Return what stood on each account before the period."""
        return [] if self.eve is None else rows_of(self.project, self.eve, "account_roll")

    def movements(self) -> list[Row]:
        """Return what the journals of all nights put on each account, by template."""
        environment = self.project.environment
        manifests = [self.project.lake.manifest(sha) for sha in self.journals.values()]
        parts = [part.sha for m in manifests for part in m.outputs["journal_line"].parts]
        with Workspace.open(
            self.project.lake,
            memory_limit=environment.memory_limit,
            threads=environment.threads,
            place=f"close/{self.entity}",
        ) as workspace:
            workspace.load("journal_line", TABLES["journal_line"], parts)
            days = {"first_day": self.period.first_day, "last_day": self.period.last_day}
            found = workspace.rows(MOVEMENT, **{name: str(day) for name, day in days.items()})
        return [dict(zip(MOVED, row, strict=True)) for row in found]


def nights_of(project: Project, entity: str, period: Period) -> Nights:
    """Return what an entity published in a period, as it stands now."""
    every = dict(_manifests(project, "reporting", entity, period.last_day))
    journals = dict(_manifests(project, "journals", entity, period.last_day))
    return Nights(
        project,
        entity,
        period,
        min(every, default=None),
        {day: sha for day, sha in every.items() if period.holds(day)},
        {day: sha for day, sha in journals.items() if period.holds(day)},
        every.get(max((day for day in every if day < period.first_day), default=date.max)),
    )


def _manifests(
    project: Project, stage: str, entity: str, last_day: date
) -> Iterator[tuple[date, str]]:
    for version in project.state.history(stage, entity, last_day + DAY):
        yield version.business_date, version.manifest_sha
