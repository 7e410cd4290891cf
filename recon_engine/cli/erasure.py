"""`erase`, `retire`, `retention`: what goes by decision, or may by the policy; `reveal`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.closing import ReasonOption, given
from recon_engine.cli.run import actor
from recon_engine.cli.selection import day_of
from recon_engine.cli.terminal import Terminal, counted, one_of
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.run import Project

EntityArgument = Annotated[str, typer.Argument(metavar="ENTITY", help="Entity, as in accounts/.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
]


def erase(
    context: typer.Context,
    entity: EntityArgument,
    period: Annotated[
        str, typer.Argument(metavar="PERIOD", help="Month in which files arrived, YYYY-MM.")
    ],
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
) -> ExitCode:
    """Destroy the key of an entity's month: its personal fields and landed files are unreadable.

    Hashes, amounts and the audit trail stay. The decision is on record first; killed between, the
    same command finishes.
    """
    from recon_engine.deliver.erasure import erase as destroy
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    why = given(reason)
    with open_project(terminal.project) as project:
        one_of("ENTITY", entity, sorted(project.rulebook.accounts))
        done = destroy(
            project,
            entity,
            period,
            actor=actor(),
            reason=why,
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
    said = f"; {done.said}" if done.said else ""
    terminal.show(
        f"{done.period}: {done.outcome}, {counted(done.files, 'landed file')} unreadable{said}"
    )
    return terminal.answer("erase", ExitCode.DONE, {"dry_run": dry_run, **asdict(done)})


def reveal(
    context: typer.Context,
    tokens: Annotated[
        list[str], typer.Argument(metavar="TOKEN...", help="As tables show them: personal:...")
    ],
    reason: ReasonOption = "",
) -> ExitCode:
    """Show what tokens stand for, with the key of their month; who asked is on record."""
    from recon_engine.deliver.erasure import reveal as texts_of
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    why = given(reason)
    with open_project(terminal.project) as project:
        found = texts_of(project, tokens, actor=actor(), reason=why)
    terminal.show(*found.values())
    return terminal.answer("reveal", ExitCode.DONE, {"texts": found})


def retire(
    context: typer.Context,
    entity: EntityArgument,
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last date.")],
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
) -> ExitCode:
    """Remove landed files and parts that only sealed dates up to one need, and their gate pages.

    Manifests, hashes and the audit trail stay, and so does all that a later night reads. The list
    of files is on record first; killed between, the same command finishes.
    """
    from recon_engine.deliver.retirement import retire as remove
    from recon_engine.run import open_project

    terminal, upto = Terminal.of(context), day_of(to, "--to")
    why = given(reason)
    with open_project(terminal.project) as project:
        one_of("ENTITY", entity, sorted(project.rulebook.accounts))
        done = remove(
            project,
            entity,
            upto,
            actor=actor(),
            reason=why,
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
    terminal.show(
        f"{done.entity} to {done.upto}: {done.outcome}, {counted(done.landed, 'landed file')}, "
        f"{counted(done.parts, 'part')}, {done.size_bytes:,} bytes"
    )
    return terminal.answer("retire", ExitCode.DONE, {"dry_run": dry_run, **asdict(done)})


def retention(context: typer.Context) -> ExitCode:
    """Show which keys may be destroyed and which files may go by the policy, and from when."""
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    today = datetime.now(UTC).date()
    with open_project(terminal.project) as project:
        keys, files = kept_keys(project, today), kept_files(project, today)
    for key in keys:
        allowed = f"from {key['from']}" if key["from"] else "never by the policy"
        said = "may be destroyed" if key["due"] else "kept"
        terminal.show(f"{key['period']}: {said}, {allowed}, {counted(key['files'], 'file')}")
    for one in files:
        may = f"files may go to {one['to']}" if one["to"] else "no file may go"
        done = f", retired to {one['retired_to']}" if one["retired_to"] else ""
        terminal.show(f"{one['entity']}: {may}{done}")
    return terminal.answer("retention", ExitCode.DONE, {"keys": keys, "files": files})


def kept_keys(project: Project, today: date) -> list[dict[str, Any]]:
    """Return every key that stands, and from when the policy lets it be destroyed."""
    from recon_engine.deliver.erasure import allowed_from
    from recon_engine.store.soundness import sealed_files

    found = []
    for one in project.lake.keys.known() if project.lake.keys else ():
        if one.step == "made":
            name, allowed = f"{one.entity}-{one.period}", allowed_from(project, one.period)
            files = len(sealed_files(project.lake, name))
            due = allowed is not None and allowed <= today
            found.append({"period": name, "from": allowed, "due": due, "files": files})
    return found


def kept_files(project: Project, today: date) -> list[dict[str, Any]]:
    """Return the last date of each entity whose files may go, and to which they are gone."""
    from recon_engine.deliver.retirement import allowed_to, retired_to

    done = retired_to(project)
    return [
        {
            "entity": entity,
            "to": allowed_to(project, entity, today),
            "retired_to": done.get(entity),
        }
        for entity in project.rulebook.accounts
    ]
