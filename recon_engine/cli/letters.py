"""`dead-letters` and `redeliver`: what could not be sent, and a person's word to try again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.run import Busy, actor
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, grid
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.deliver import Redelivered
    from recon_engine.run import Project
    from recon_engine.store.state import Letter

SHORT = 12
"""Digits of a key that people see and type."""
ENDS = {"superseded": ExitCode.REFUSED, "unsure": ExitCode.NOT_NOW}


def dead_letters(context: typer.Context) -> ExitCode:
    """List what was sent in vain too often, with reason, tries, hash and run; and its history."""
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        found = project.state.letters("dead")
        content = [letter_json(project, one) for one in found] if terminal.json else []
    headings = ("key", "what", "of", "tries", "since (UTC)", "run", "reason")
    table = grid(*headings, right=("tries",))
    for one in found:
        add_row(
            table,
            one.key[:SHORT],
            one.kind,
            one.subject[:SHORT],
            one.tries,
            f"{one.since:%Y-%m-%d %H:%M:%S}" if one.since else "",
            one.run_id,
            one.message,
        )
    terminal.show(table if found else "no dead letter")
    if found:
        terminal.show(f"recon redeliver {found[0].key[:SHORT]} --reason TEXT")
    return terminal.answer("dead-letters", ExitCode.DONE, {"letters": content})


def letter_json(project: Project, letter: Letter) -> dict[str, Any]:
    """Return a letter for programs, with every step it took; what it says stays in the outbox."""
    told = asdict(letter)
    del told["payload"]
    return told | {"steps": [asdict(step) for step in project.state.steps(letter.key)]}


def redeliver(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Key of a dead letter, or its first digits.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the letter.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
    ] = False,
) -> ExitCode:
    """Let a dead letter wait again, under the same key; what did arrive is only recorded.

    It sends nothing: recon post and recon report --send do. Twice is once.
    """
    from recon_engine.deliver import redeliver as put_back
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    if bool(key) == every:
        given = "both" if key else "neither"
        raise WrongCommand(f"redeliver: found {given} of KEY and --all, expected one of them")
    if not reason.strip():
        raise WrongCommand("--reason: found nothing, expected why it may go again")
    with open_project(terminal.project) as project, Busy(terminal, "asking"):
        told = put_back(project, key, actor=actor(), reason=reason, dry_run=dry_run)
    would = "would be " if dry_run else ""
    for one in told:
        why = f": {one.message}" if one.message else ""
        terminal.show(f"{would}{one.outcome}  {one.kind} {one.key[:SHORT]}{why}")
    terminal.show(*next_steps(told) if told else ("no dead letter: nothing to redeliver",))
    code = max((ENDS.get(one.outcome, ExitCode.DONE) for one in told), default=ExitCode.DONE)
    content = {"dry_run": dry_run, "letters": [asdict(one) for one in told]}
    return terminal.answer("redeliver", code, content)


def next_steps(told: Sequence[Redelivered]) -> list[str]:
    """Return what sends the letters that wait again."""
    kinds = {one.kind for one in told if one.outcome == "waiting"}
    verbs = {"journal": "recon post sends it", "mail": "recon report --date D --send sends it"}
    return [verbs[kind] for kind in sorted(kinds)]
