"""Selectors: which date, entity and processor a verb is about, the same in every verb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.terminal import WrongCommand, one_of

if TYPE_CHECKING:
    from recon_engine.rulebook.rulebook import Rulebook
    from recon_engine.run import Project

DateOption = Annotated[
    str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Business date.")
]
EntityOption = Annotated[
    str | None, typer.Option("--entity", metavar="NAME", help="Only this legal entity.")
]
ProcessorOption = Annotated[
    str | None,
    typer.Option("--processor", metavar="NAME", help="Only what this processor sent, or settles."),
]


def day_of(text: str, option: str = "--date") -> date:
    """Return a day written as ISO 8601.

    Raises: WrongCommand for anything else.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise WrongCommand(
            f"{option}: found '{text}', expected a day like 2026-03-02; nothing was done"
        )
    return day


@dataclass(frozen=True)
class Selection:
    """What was selected; None stands for all."""

    date: date | None
    entity: str | None
    sources: frozenset[str] | None
    """Sources of the processor."""
    scopes: frozenset[str] | None
    """Those sources, and the reconciliations that are about them alone."""

    def keeps(self, entity: str, scope: str, source: str | None = None) -> bool:
        """Tell whether a row is selected: by its entity, its scope, or the source it came from."""
        if self.entity not in (None, entity):
            return False
        if self.scopes is None or self.sources is None:
            return True
        return scope in self.scopes or source in self.sources


def select(
    rules: Rulebook, day: str | None, entity: str | None, processor: str | None
) -> Selection:
    """Return what the selectors of a command say.

    Raises: WrongCommand for a day that is none, and for a name the rulebook does not have.
    """
    if entity is not None:
        one_of("--entity", entity, sorted(rules.accounts))
    sources = scopes = None
    if processor is not None:
        known = sorted({source.processor for source in rules.sources.values() if source.processor})
        one_of("--processor", processor, known)
        sources = frozenset(n for n, s in rules.sources.items() if s.processor == processor)
        own = (
            name
            for name, rec in rules.reconciliations.items()
            if rec.kind == "processor" and sources.issuperset(rec.settlements)
        )
        scopes = sources.union(own)
    return Selection(None if day is None else day_of(day), entity, sources, scopes)


def published_dates(project: Project) -> list[date]:
    """Return every business date of which something is published, the newest last."""
    from recon_engine.pipeline import STAGES
    from recon_engine.run.scopes import scopes

    return sorted(
        {
            version.business_date
            for stage in STAGES[-1:] + STAGES[:1]
            for name in scopes(project.rulebook, stage.grain)
            for version in project.state.history(stage.name, name, date.max)
        }
    )


def published_date(project: Project, wanted: date | None) -> date:
    """Return the wanted date, or the newest one, if anything is published for it.

    Raises: WrongCommand that names the published dates.
    """
    dates = published_dates(project)
    if not dates:
        raise WrongCommand(
            f"{project.folder}: found no published date, expected one; "
            "run `recon run --date YYYY-MM-DD` first"
        )
    if wanted is None:
        return dates[-1]
    if wanted not in dates:
        raise WrongCommand(
            f"--date: found {wanted}, expected a published date: {spans(dates)}; nothing was done"
        )
    return wanted


def spans(dates: Iterable[date]) -> str:
    """Return days as people write them: `2026-03-02 to 2026-03-15, 2026-03-20`."""
    runs: list[list[date]] = []
    for day in sorted(dates):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 1 else f"{r[0]}" for r in runs)
