"""`journals`: what a summary journal in the ledger is made of, journal line by journal line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, counted, grid, money
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.deliver.booked import Row

SHOWN = 20
"""Lines that are told on a terminal; a file has them all."""
COLUMNS = (
    *("summary_key", "journal_id", "line_no", "template", "posting_date", "event_date"),
    *("account", "dimension", "cost_centre", "tax_code", "segments", "currency", "amount_minor"),
    *("functional_currency", "functional_minor", "part_id", "cause", "memo"),
)


def journals(
    context: typer.Context,
    key: Annotated[
        str,
        typer.Argument(metavar="KEY", help="Key of a summary journal, or its first digits."),
    ],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write all lines as CSV.")
    ] = None,
) -> ExitCode:
    """List the journals that a summary journal is the sum of, line by line.

    They are those it was made of when it was proposed. Only what is stored is read.
    """
    from recon_engine.deliver import find_summary, lines_in
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        found = find_summary(project, key)
        lines = lines_in(project, found)
    number = len({line["journal_id"] for line in lines})
    if to is not None:
        write_csv(to, found["summary_key"], lines)
    show(terminal, lines)
    terminal.show(
        f"summary journal {found['summary_key']} of {found['entity']}, {found['business_date']}: "
        f"{counted(number, 'journal')}, {counted(len(lines), 'line')}"
        + (f", in {to}" if to is not None else "")
    )
    content = {name: found[name] for name in ("summary_key", "entity", "business_date")}
    return terminal.answer(
        "journals", ExitCode.DONE, content | {"journals": number, "lines": len(lines)}
    )


def show(terminal: Terminal, lines: list[Row]) -> None:
    """Tell the first lines."""
    table = grid("journal", "account", "dimension", "amount", "memo", right=("amount",))
    for line in lines[:SHOWN]:
        amount = money(line["amount_minor"], line["currency"])
        told = (line["journal_id"][:12], line["account"], line["dimension"], amount, line["memo"])
        add_row(table, *told)
    terminal.show(table)
    if len(lines) > SHOWN:
        terminal.show(f"and {counted(len(lines) - SHOWN, 'more line')}; --to FILE has them all")


def write_csv(path: Path, key: str, lines: list[Row]) -> None:
    """Write every line: amounts in minor units, plus is debit.

    Raises: WrongCommand where the file is there already or cannot be written.
    """
    from recon_engine.posters.file_drop import plain

    try:
        with path.open("x", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for line in lines:
                told = (key, *(line[name] for name in COLUMNS[1:]))
                writer.writerow(plain(v) if isinstance(v, str) else v for v in told)
    except OSError as error:
        raise WrongCommand(
            f"--to: {path}: {error.strerror}, expected a file that is not there yet; nothing was "
            "written"
        ) from error
