"""`take-on`: what stood open before the first night, held against ledger, processors and bank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.run import Busy, actor
from recon_engine.cli.selection import DateOption, EntityOption, day_of
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, counted, grid, money, one_of
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.rulebook.rulebook import Rulebook
    from recon_engine.take_on import Position, Proposal, TakeOn

SHORT = 12
"""Digits of an id that people see and type."""


def take_on(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of what stands open.")],
    day: DateOption = None,
    entity: EntityOption = None,
    init: Annotated[
        bool, typer.Option("--init", help="Write an empty FILE that says what to fill in.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Hold it against the others; write nothing.")
    ] = False,
    accept_unproved: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCOUNT/CCY", help="Accept this account without its other side; may repeat."
        ),
    ] = None,
) -> ExitCode:
    """Propose the opening items of an entity: they must equal ledger, processors and bank.

    A second person approves with `recon approve`; then they are in force, and post nothing.
    """
    from recon_engine.rulebook.rulebook import load
    from recon_engine.run import open_project
    from recon_engine.take_on import propose

    terminal = Terminal.of(context)
    if init:
        return write_empty(terminal, file, load(terminal.project / "mappings"), entity)
    if day is None:
        raise WrongCommand("--date: found nothing, expected the day before the first night")
    if not file.is_file():
        raise WrongCommand(f"{file}: found no file, expected a CSV; nothing was taken on")
    with open_project(terminal.project) as project, Busy(terminal, "rehearsing the night"):
        found = propose(
            project,
            file,
            entity_of(project.rulebook, entity),
            day_of(day),
            maker=actor(),
            accepted=accept_unproved or (),
            dry_run=dry_run,
        )
    tell(terminal, found, dry_run=dry_run)
    content = take_on_json(found.take_on) | {
        "items": found.items,
        "known": found.known,
        "dry_run": dry_run,
        "accounts": [position_json(one) for one in found.positions],
    }
    return terminal.answer("take-on", ExitCode.DONE, content)


def entity_of(rules: Rulebook, entity: str | None) -> str:
    """Return the entity that was named, or the only one."""
    known = tuple(rules.accounts)
    if entity is None and len(known) == 1:
        return known[0]
    return one_of("--entity", entity or "", known)


def tell(terminal: Terminal, found: Proposal, *, dry_run: bool) -> None:
    """Say account by account how it stands, and what is to be done next."""
    one = found.take_on
    table = grid(
        "account",
        "role",
        "items",
        "ledger",
        "processor, bank or subledger",
        "difference",
        "verdict",
        right=("items", "ledger", "processor, bank or subledger", "difference"),
    )
    for position in found.positions:
        add_row(table, position.account, position.role, *amounts(position), position.verdict)
    if found.positions:
        terminal.show(table)
    what = f"{one.entity}, {one.business_date}: {counted(found.items, 'row')}, {one.terms}"
    if found.known:
        terminal.show(f"nothing to do: {what}; recorded before by {one.maker}, {one.state}")
    elif dry_run:
        terminal.show(f"{what}; nothing was written")
    else:
        terminal.show(f"recorded: {what}; nothing is in force before a second person approves")
    if not dry_run and one.state == "awaiting approval":
        terminal.show(f"recon approve {one.take_on_id[:SHORT]} --reason TEXT")


def amounts(position: Position) -> Iterator[str]:
    """Yield the four amounts of an account with its currency."""
    for minor in (
        position.items_minor,
        position.ledger_minor,
        position.other_minor,
        position.difference_minor,
    ):
        yield money(minor, position.currency)


def write_empty(terminal: Terminal, path: Path, rules: Rulebook, entity: str | None) -> ExitCode:
    """Write an empty file with what its columns mean for one chart.

    Raises: WrongCommand where a file stands there already.
    """
    from recon_engine.parsers.opening import empty_file

    if path.exists():
        raise WrongCommand(f"{path}: found a file, expected none; nothing was written")
    path.write_text(empty_file(rules, entity_of(rules, entity)), encoding="utf-8")
    terminal.show(f"written: {path}; fill it in, then recon take-on {path} --date YYYY-MM-DD")
    return terminal.answer("take-on", ExitCode.DONE, {"file": path})


def take_on_json(one: TakeOn) -> dict[str, Any]:
    """Return a take-on for programs."""
    return {
        "take_on": one.take_on_id,
        "entity": one.entity,
        "date": one.business_date,
        "file": one.file_id,
        "terms": one.terms,
        "maker": one.maker,
        "state": one.state,
        "checker": one.verdict.checker if one.verdict else None,
    }


def position_json(one: Position) -> dict[str, Any]:
    """Return an account for programs."""
    return {
        "account": one.account,
        "role": one.role,
        "currency": one.currency,
        "items_minor": one.items_minor,
        "ledger_minor": one.ledger_minor,
        "other_minor": one.other_minor,
        "difference_minor": one.difference_minor,
        "verdict": one.verdict,
    }
