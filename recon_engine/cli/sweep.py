"""`sweep`: what crashed and refused runs left in the lake goes."""

from __future__ import annotations

from typing import Annotated

import typer

from recon_engine.cli.terminal import Terminal, counted
from recon_engine.errors import ExitCode


def sweep(
    context: typer.Context,
    older_than: Annotated[
        int, typer.Option("--older-than", metavar="DAYS", min=1, help="Younger files stay.")
    ] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, remove nothing.")] = False,
) -> ExitCode:
    """Remove files of the lake that no version names: left by runs that died or were refused.

    Landed files, results of gates and rulebooks stay. Refused while the database is behind.
    """
    from recon_engine.deliver import sweep as sweep_lake
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        swept = sweep_lake(project, older_than, dry_run=dry_run)
    for name in swept:
        terminal.tell(name)
    done = "would be removed" if dry_run else "removed"
    terminal.show(f"{counted(len(swept), 'leftover')} older than {older_than} days {done}")
    return terminal.answer("sweep", ExitCode.DONE, {"files": swept, "removed": not dry_run})
