"""`restore-check`: after a database came back from a backup, nothing is posted unasked."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.approve import SHORT
from recon_engine.cli.run import Busy, actor
from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.deliver import ReadBack
    from recon_engine.store.state import AuditHead

HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)


def restore_check(
    context: typer.Context,
    head: Annotated[
        list[str] | None,
        typer.Option(
            "--head",
            metavar="COUNT:HASH",
            help="An end of the audit log kept outside the database; may be repeated.",
        ),
    ] = None,
    lifted: Annotated[
        bool, typer.Option("--lift", help="Let journals leave again, once all is read back.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the lifting.")] = "",
) -> ExitCode:
    """Pause posting after a restore, and read back from the ledger what is not settled.

    Nothing is sent. Posting stays paused until --lift, which is refused while anything is unsure.
    """
    from recon_engine.deliver import batches, lift
    from recon_engine.deliver import restore_check as check
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    heads = [head_of(one) for one in head or ()]
    if lifted and not reason.strip():
        raise WrongCommand("--reason: found nothing, expected why journals may leave again")
    with open_project(terminal.project) as project, Busy(terminal, "asking the ledgers"):
        if lifted:
            told = lift(project, actor=actor(), reason=reason, heads=heads)
        else:
            told = check(project, actor=actor(), heads=heads)
        ready = [one for one in batches(project) if one.state == "approved"]
    tell(terminal, told, lifted=lifted)
    for batch in ready:
        terminal.show(
            f"approved and not settled: batch {batch.batch_id[:SHORT]} of {batch.entity}, "
            f"{batch.business_date}; its approval is as old as the backup"
        )
    content = asdict(told) | {"approved": [batch.batch_id for batch in ready]}
    return terminal.answer("restore-check", code_of(told, lifted=lifted), content)


def head_of(text: str) -> AuditHead:
    """Return an end of the audit log as typed.

    Raises: WrongCommand where it is none.
    """
    from recon_engine.store.state import AuditHead

    found = HEAD.fullmatch(text)
    if found is None:
        raise WrongCommand(
            f"--head: found '{text[:80]}', expected a count, a colon and 64 hexadecimal digits"
        )
    return AuditHead(int(found[1]), found[2])


def code_of(told: ReadBack, *, lifted: bool) -> ExitCode:
    """Return how a check ends: signs of a restore stop, keys that are not read back wait."""
    if told.unsure:
        return ExitCode.NOT_NOW
    behind = not lifted and (told.signs or told.strangers)
    return ExitCode.STOPPED if behind else ExitCode.DONE


def tell(terminal: Terminal, told: ReadBack, *, lifted: bool) -> None:
    """Say what was found, what was put right, and what is next."""
    for sign in told.signs:
        terminal.warn(f"the database is behind: {sign}")
    for key in told.strangers:
        terminal.warn(
            f"ledger: holds a journal under {key[:SHORT]}, which neither database nor lake knows"
        )
    terminal.show(
        f"asked for {counted(told.asked, 'journal')}: {told.found} found and recorded, "
        f"{told.lacking} not in the ledger"
    )
    for line in told.unsure:
        terminal.warn(f"unsure: {line}")
    if told.lost:
        days = ", ".join(map(str, told.lost))
        terminal.show(f"run again what the database lost: {days}")
    if told.paused:
        again = "recon restore-check asks for the rest"
        done = "recon restore-check --lift --reason TEXT ends it"
        terminal.show(f"posting is paused; {again if told.unsure else done}")
    else:
        terminal.show("posting goes on" if lifted else "posting is not paused")
