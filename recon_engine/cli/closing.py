"""`seal` and `reopen`: a date that nothing changes any more, and a date that may change again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.period import reopen_named
from recon_engine.cli.run import actor
from recon_engine.cli.selection import EntityOption, day_of, select, spans
from recon_engine.cli.terminal import Terminal, WrongCommand
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.run import Project

DateArgument = Annotated[str, typer.Argument(metavar="DATE", help="A day, YYYY-MM-DD.")]
PlaceArgument = Annotated[
    str,
    typer.Argument(metavar="DATE|PERIOD", help="A day, YYYY-MM-DD, or a period, such as 2026-03."),
]
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept on record.")]


def seal(
    context: typer.Context,
    day: DateArgument,
    entity: EntityOption = None,
    reason: ReasonOption = "",
) -> ExitCode:
    """Seal the dates that ended green, up to DATE, before the policy would.

    A date for which files came since stays open, and those after it.
    """
    from recon_engine.run import open_project
    from recon_engine.run.closing import seal as seal_dates

    terminal, upto = Terminal.of(context), day_of(day, "DATE")
    with open_project(terminal.project) as project:
        done = seal_dates(
            project, upto, _entities(project, entity), actor=actor(), reason=given(reason)
        )
    return _answer(terminal, "seal", "sealed", done)


def reopen(
    context: typer.Context,
    place: PlaceArgument,
    entity: EntityOption = None,
    reason: ReasonOption = "",
) -> ExitCode:
    """Open the sealed dates from DATE on again, or a closed PERIOD; another person does this.

    `recon run --date DATE` then follows all dates that are open. What was posted stays posted: the
    run proposes the difference. The dates of a period stay sealed; those of a closed one open after
    it.
    """
    from recon_engine.run import open_project
    from recon_engine.run.closing import reopen as reopen_dates

    terminal = Terminal.of(context)
    if not DAY.fullmatch(place):
        return reopen_named(terminal, place, entity, given(reason))
    first = day_of(place, "DATE")
    with open_project(terminal.project) as project:
        done = reopen_dates(
            project, first, _entities(project, entity), actor=actor(), reason=given(reason)
        )
    if any(done.values()):
        terminal.show(f"recon run --date {min(day for days in done.values() for day in days)}")
    return _answer(terminal, "reopen", "open again", done)


def _entities(project: Project, entity: str | None) -> list[str]:
    selection = select(project.rulebook, None, entity, None)
    return [name for name in project.rulebook.accounts if selection.entity in (None, name)]


def given(reason: str) -> str:
    """Return a reason that a person gave.

    Raises: WrongCommand where there is none.
    """
    if not reason.strip():
        raise WrongCommand("--reason: found nothing, expected why; nothing was changed")
    return reason


def _answer(terminal: Terminal, verb: str, what: str, done: Mapping[str, list[date]]) -> ExitCode:
    for entity, days in done.items():
        terminal.show(f"{entity}: {f'{what}: {spans(days)}' if days else 'nothing to do'}")
    return terminal.answer(verb, ExitCode.DONE, {"dates": dict(done)})
