"""`inspect`: what a run would make of one file, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.terminal import (
    Terminal,
    WrongCommand,
    add_row,
    counted,
    grid,
    money,
    one_of,
)
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from rich.table import Table as Grid

    from recon_engine.inspection import Content, Inspection

SHOWN = 10
"""Balances, payouts and rows in quarantine that a person is shown; --json has more."""


def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file as it was received.")],
    form: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="Source, shipped profile or parser."),
    ] = "",
) -> ExitCode:
    """Say what a run would make of a file: its format, rows, sums, balances and problems.

    In a project the sources are tried, elsewhere all shipped formats. Nothing is written. It ends
    as a run of this file alone would: 0 read, 4 refused, 6 refused by a control.
    """
    from recon_engine.inspection import inspect as tried_out
    from recon_engine.inspection import names
    from recon_engine.rulebook.environment import FILE, load_environment
    from recon_engine.rulebook.rulebook import load

    terminal = Terminal.of(context)
    folder = terminal.project
    inside = folder != Path() or (folder / FILE).is_file()
    environment = load_environment(folder) if inside else None
    rules = load(folder / "mappings") if inside else None
    if form:
        one_of("--format", form, names(rules))
    found = tried_out(readable(file), rules, environment, form, datetime.now(UTC))
    terminal.show(*told(found))
    return terminal.answer("inspect", found.exit_code, as_content(found))


def readable(file: Path) -> Path:
    """Return the file as an absolute path.

    Raises: WrongCommand where it is none that can be read.
    """
    try:
        if file.exists() and not file.is_file():
            raise WrongCommand(f"{file}: found no file of bytes, expected one; nothing was read")
        with file.open("rb"):
            return file.absolute()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongCommand(f"{file}: {reason}, expected a file; nothing was read") from error


def told(found: Inspection) -> Iterator[Any]:
    """Yield what a person reads, line by line and table by table."""
    from recon_engine.pull import shown_name

    name = shown_name(found.file_name)
    if found.content is None or found.format is None:
        one = found.tried[0].format if len(found.tried) == 1 else ""
        yield f"{name}: {one} refuses it" if one else f"{name}: no format reads it"
        yield from (f"tried {one.format}: {one.reason}" for one in found.tried if one.recognised)
        others = ", ".join(one.format for one in found.tried if not one.recognised)
        if others:
            yield f"not recognised by its first bytes: {others}"
        yield from untried(found)
        yield verdict(found)
        return
    source = found.format.source
    yield f"{name}: {found.format.name} ({source.record}), because {found.why}"
    yield from (f"tried {one.format}: {one.reason}" for one in found.tried if one.taken)
    yield from untried(found)
    yield from (f"assumed: {line}" for line in found.format.assumed)
    yield from tables(found.content)
    yield from (f"{finding.severity}: {finding.told}" for finding in found.findings)
    yield from found.content.listed[:SHOWN]
    yield from more(found.content.listed, len(found.content.listed))
    yield verdict(found)


def untried(found: Inspection) -> Iterator[str]:
    """Yield what else may read the file, if there is anything."""
    if found.also:
        yield f"not tried, though the first rows can be read by it: {', '.join(found.also)}"


def tables(content: Content) -> Iterator[Any]:
    """Yield rows by kind, sums by currency, balances, payouts and what is in quarantine."""
    rows = grid("kind", "currency", "rows", "sum", "first", "last", "as printed", right=NUMBERS)
    for one in content.rows:
        amount = money(one.amount_minor, one.currency)
        days = (one.first_date, one.last_date)
        add_row(rows, one.kind, one.currency, one.row_count, amount, *days, one.printed)
    if content.rows:
        yield rows
    for total in content.totals:
        amount = money(total.amount_minor, total.currency)
        yield (
            f"{total.currency}: {counted(total.row_count, 'row')}"
            f"{', ' + amount if amount else ''}, {total.first_date} to {total.last_date}"
        )
    if content.balances:
        yield balances(content)
    yield from more(content.balances, content.balance_count)
    for payout in content.payouts[:SHOWN]:
        amount = money(payout.amount_minor, payout.currency)
        yield f"payout {payout.payout_ref or 'without a reference'}: {amount}, {payout.event_date}"
    yield from more(content.payouts, content.payout_count)
    for row in content.quarantined[:SHOWN]:
        where = f"quarantined row {row.row_no}, {row.field or 'row'}"
        what = "nothing" if row.found is None else f"'{row.found}'"
        yield f"{where}: found {what}, expected {row.expected} ({row.rule_id})"
    yield from more(content.quarantined, content.quarantined_count)


NUMBERS = ("rows", "sum", "opening", "moved", "closing")


def balances(content: Content) -> Grid:
    """Return opening, movement and closing of each statement or batch."""
    table = grid("account", "opening", "moved", "closing", "statement or batch", right=NUMBERS)
    for one in content.balances[:SHOWN]:
        amounts = (one.opening_minor, one.movement_minor, one.closing_minor)
        add_row(table, one.account, *(money(minor, one.currency) for minor in amounts), one.unit)
    return table


def more(kept: Sequence[object], count: int) -> Iterator[str]:
    """Yield how many entries are not shown, if there are any."""
    if count > len(kept[:SHOWN]):
        yield f"and {count - len(kept[:SHOWN])} more"


def verdict(found: Inspection) -> str:
    """Return in one line what a run would do with the file."""
    if found.content is None:
        return "a run would refuse this file; nothing of it would be published"
    rows = counted(found.content.row_count, "row")
    if found.blocked:
        return f"a run would stop at the gate behind {rows}; nothing of it would be published"
    held = found.content.quarantined_count
    kept = f", keep {counted(held, 'row')} in quarantine" if held else ""
    return f"a run would read this file: take {rows}{kept}"


def as_content(found: Inspection) -> dict[str, object]:
    """Return all that was found as JSON may say it."""
    from recon_engine.pull import shown_name

    form = found.format
    return {
        "file": shown_name(found.file_name),
        "format": form and form.name,
        "record": form and form.source.record,
        "parser": form and form.source.parser,
        "profile": form and (form.source.profile or None),
        "why": found.why,
        "assumed": form.assumed if form else (),
        "tried": [{"format": one.format, "reason": one.reason} for one in found.tried],
        "not_tried": found.also,
        "verdict": verdict(found),
        "findings": [asdict(finding) for finding in found.findings],
        "content": found.content and asdict(found.content),
    }
