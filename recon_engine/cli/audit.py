"""`audit`: the log taken out of the database, keys that sign its heads, rights that keep it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.terminal import Terminal, as_json, counted
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.store.state import State

audit = typer.Typer(
    name="audit",
    help="The audit log: take it out, make keys for its checkpoints, keep it from being changed.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@audit.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, for the verifier.")],
) -> ExitCode:
    """Write the audit log, and every row it tells of, as of one moment.

    recon_engine/verify_audit.py reads it, alone and without the database.
    """
    from recon_engine.rulebook.environment import load_environment
    from recon_engine.run import open_record
    from recon_engine.store import durable

    terminal = Terminal.of(context)
    rows, folder = 0, durable.make_folder(file.absolute().parent)
    environment = load_environment(terminal.project)
    with open_record(environment) as record, durable.new_file(folder) as written:
        for line in log_lines(record.state):
            written.write(line)
            rows += 1
    written.path.replace(file)
    durable.sync_folder(folder)
    terminal.show(f"written: {file}, {counted(rows, 'row')}")
    return terminal.answer("audit", ExitCode.DONE, {"file": file, "rows": rows})


def log_lines(state: State) -> Iterator[bytes]:
    """Yield the audit log and the rows it tells of, a JSON object a line."""
    for table, row in state.log():
        told = {"table": table, "row": row}
        yield json.dumps(told, default=as_json, sort_keys=True).encode("ascii") + b"\n"


@audit.command()
def keys(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Private key; FILE.pub beside it.")],
) -> ExitCode:
    """Make a pair of keys: the private one signs checkpoints, the public one checks them.

    Name the private one in recon.yaml. Keep the public one where the service cannot write.
    """
    from recon_engine.store.checkpoints import make_keys, public_path

    terminal = Terminal.of(context)
    name = make_keys(file)
    terminal.show(
        f"written: {file} (private, its owner's alone) and {public_path(file)}; key {name}",
        f"recon.yaml: checkpoints: {{key: {file}}}; give the public key to who audits",
    )
    content = {"private": file, "public": public_path(file), "key": name}
    return terminal.answer("audit", ExitCode.DONE, content)


@audit.command()
def grants(
    context: typer.Context,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role that runs the nights.")],
) -> ExitCode:
    """Print the SQL that gives a PostgreSQL role the rights of the service, and no others.

    The owner of the tables runs it, after each migration: recon audit grants ROLE | psql.
    """
    from recon_engine.store.state.grants import grants as sql_for

    terminal = Terminal.of(context)
    sql = sql_for(role)
    terminal.show(sql)
    return terminal.answer("audit", ExitCode.DONE, {"role": role, "sql": sql})
