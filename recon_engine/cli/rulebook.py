"""`rulebook`: the mappings as a workbook for finance, and back as a proposed change."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode, ReconError, Rejected

if TYPE_CHECKING:
    from recon_engine.rulebook.sheets.proposal import Proposal

DIFF = "diff.txt"
rulebook = typer.Typer(
    name="rulebook",
    help="The rulebook as a workbook: fees, accounts, calendars, limits and owners; and back.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@rulebook.command()
def export(
    context: typer.Context,
    xlsx: Annotated[Path, typer.Option("--xlsx", metavar="FILE", help="New file.")],
) -> ExitCode:
    """Write fees, accounts, calendars, limits and owners as a workbook to edit."""
    from recon_engine.render.rules import rules_workbook
    from recon_engine.rulebook.rulebook import load
    from recon_engine.store import durable

    terminal = Terminal.of(context)
    rules = load(terminal.project / "mappings")
    if xlsx.exists():
        raise WrongCommand(
            f"{xlsx}: found a file, expected a new name; nothing was written, as it may hold "
            "somebody's changes"
        )
    durable.make_folder(xlsx.absolute().parent)
    durable.write_durably(xlsx.absolute(), rules_workbook(rules, terminal.project.resolve().name))
    terminal.show(
        f"written: {xlsx}, of rulebook {rules.hash[:12]}",
        f"change it, then: recon rulebook import {xlsx}",
    )
    return terminal.answer("rulebook", ExitCode.DONE, {"file": xlsx, "rulebook_hash": rules.hash})


@rulebook.command(name="import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook of the export.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Default: proposed/ of the project."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the mappings too, file by file.")
    ] = False,
) -> ExitCode:
    """Say what a workbook changes, check it, and propose the changed mapping files.

    The mappings stay as they are, unless with --apply.
    """
    from recon_engine.rulebook.rulebook import load
    from recon_engine.rulebook.sheets.proposal import propose

    terminal = Terminal.of(context)
    rules = load(terminal.project / "mappings")
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongCommand(
            f"{file}: {reason}, expected a workbook of recon rulebook export; nothing was proposed"
        ) from error
    proposal = propose(content, file.name, rules)
    told = {
        "changes": proposal.sentences,
        "files": {name: "removed" if new is None else "written"
                  for name, new in proposal.files.items()},
        "rulebook_hash": rules.hash,
        "proposed_hash": proposal.hash,
        "folder": None,
        "applied": False,
    }  # fmt: skip
    if not proposal.sentences:
        terminal.show("no change")
        return terminal.answer("rulebook", ExitCode.DONE, told)
    folder = (to or terminal.project / "proposed") / proposal.name
    keep(proposal, folder)
    terminal.show(*proposal.sentences)
    if apply:
        put_in_place(proposal, terminal.project / "mappings")
    ending = "in place in mappings/" if apply else "mappings/ is as it was; apply with --apply"
    terminal.show(
        f"{counted(len(proposal.sentences), 'change')} in {counted(len(proposal.files), 'file')}, "
        f"proposed in {folder}: {ending}"
    )
    return terminal.answer("rulebook", ExitCode.DONE, told | {"folder": folder, "applied": apply})


def keep(proposal: Proposal, folder: Path) -> None:
    """Write the files that change, and the diff last: with it the proposal is whole."""
    from recon_engine.store import durable

    for name, content in proposal.files.items():
        if content is not None:
            durable.make_folder((folder / name).absolute().parent)
            durable.replace_durably((folder / name).absolute(), content)
    durable.make_folder(folder.absolute())
    durable.replace_durably((folder / DIFF).absolute(), proposal.diff.encode("utf-8"))


def put_in_place(proposal: Proposal, mappings: Path) -> None:
    """Change the mappings, each file whole; where one cannot be written, those before it go back.

    Raises: Rejected, before anything changes, where a file is not what the proposal was made of.
    """
    for name, before in proposal.before.items():
        path = mappings / name
        if (path.read_bytes() if path.exists() else None) != before:
            raise Rejected(
                f"{path}: found another content than a moment ago, expected what was proposed "
                "from; nothing was applied, export again"
            )
    done: list[str] = []
    try:
        for name, content in sorted(proposal.files.items(), key=lambda pair: pair[1] is None):
            replace(mappings / name, content)
            done.append(name)
    except ReconError as error:
        for name in reversed(done):
            replace(mappings / name, proposal.before[name])
        raise type(error)(f"{error}, and those before it went back") from error


def replace(path: Path, content: bytes | None) -> None:
    """Change one file, durably and with the mode that it has; None takes it away."""
    from recon_engine.store import durable

    final = path.resolve()
    with durable.clear_faults(final):
        if content is None:
            final.unlink()
            durable.sync_folder(final.parent)
            return
        mode = stat.S_IMODE(final.stat().st_mode) if final.exists() else None
        durable.make_folder(final.parent)
        durable.replace_durably(final, content)
        if mode is not None:
            final.chmod(mode)
