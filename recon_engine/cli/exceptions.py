"""`exceptions`: what a person must look at, as a table or one JSON line each."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.selection import (
    DateOption,
    EntityOption,
    ProcessorOption,
    Selection,
    published_date,
    select,
)
from recon_engine.cli.terminal import (
    Terminal,
    add_row,
    as_json,
    counted,
    grid,
    money,
    one_of,
    write,
)
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.cli.stored import Row, Stored

SHORT = 12
"""Digits of an id that a table shows; `explain` takes them."""


def exceptions(
    context: typer.Context,
    wanted: DateOption = None,
    entity: EntityOption = None,
    processor: ProcessorOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="NAME", help="Only this reason.")
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="One JSON object a line.")] = False,
) -> ExitCode:
    """Show the exceptions of a date, by default of the newest; oldest first.

    --processor keeps what a processor's files, lines and payouts gave rise to.
    """
    from recon_engine.cli.stored import Stored
    from recon_engine.run import open_project
    from recon_engine.tables.matching import REASONS

    terminal = Terminal.of(context)
    if reason is not None:
        one_of("--reason", reason, sorted(REASONS))
    with open_project(terminal.project) as project:
        selection = select(project.rulebook, wanted, entity, processor)
        day = published_date(project, selection.date)
        found = [
            row
            for row in exceptions_of(Stored(project, day), selection, day)
            if reason in (None, row["reason"])
        ]
    if lines and not terminal.json:
        for row in found:
            write(json.dumps(row, default=as_json, ensure_ascii=False) + "\n")
        return ExitCode.DONE
    headings = ("item", "reason", "age", "amount", "owner", "what")
    table = grid(*headings, right=("age", "amount"))
    for row in found:
        add_row(
            table,
            row["item_id"][:SHORT],
            row["reason"],
            row["age_days"],
            row["amount"],
            row["owner"],
            row["detail"],
        )
    if found:
        terminal.show(table)
    summary = f"{day}: {counted(len(found), 'exception')}"
    terminal.show(summary + ("; one of them: recon explain ITEM" if found else ""))
    return terminal.answer("exceptions", ExitCode.DONE, {"business_date": day, "exceptions": found})


def exceptions_of(stored: Stored, selection: Selection, day: date) -> list[dict[str, Any]]:
    """Return the selected exceptions of a date, the oldest first."""
    from recon_engine.tables import TABLES

    rows = stored.rows("exception_item", day=day)
    items: dict[str, Row] = {}
    if selection.sources is not None:
        items = {row["item_id"]: row for row in stored.rows("open_item", day=day)}
    kept = [
        {name: row[name] for name in TABLES["exception_item"].names}
        | {"amount": money(row["amount_minor"], row["currency"])}
        for row in rows
        if selection.keeps(row["entity"], row["scope"], items.get(row["item_id"], {}).get("source"))
    ]
    return sorted(kept, key=lambda row: (-row["age_days"], row["reason"], row["exception_id"]))
