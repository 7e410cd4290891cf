"""`decide`: a person says of an item what no file says; the next night acts on it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from recon_engine.cli.closing import ReasonOption, given
from recon_engine.cli.run import actor
from recon_engine.cli.selection import day_of
from recon_engine.cli.terminal import Terminal, WrongCommand, one_of
from recon_engine.errors import ExitCode


def decide(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="apply, unapply, unmatch, dispute_lost or tax_invoice."
        ),
    ],
    subject: Annotated[
        str, typer.Argument(metavar="ITEM", help="Item by its id; recon explain shows it.")
    ],
    reconciliation: Annotated[
        str, typer.Option("--reconciliation", metavar="NAME", help="The one it is open in.")
    ],
    document: Annotated[
        str, typer.Option("--document", metavar="ID", help="For apply: invoice or credit note.")
    ] = "",
    day: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="Date on which it takes effect.")
    ] = "",
    reason: ReasonOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be decided; record nothing.")
    ] = False,
) -> ExitCode:
    """Decide of an item: apply, unapply or unmatch it, end a dispute as lost, hold a tax invoice.

    It takes effect with the next night, or on the date; a sealed one is refused. Decided twice it
    is on record once. What meets nothing is an exception of that night.
    """
    from recon_engine.run import open_project
    from recon_engine.run.deciding import decide as record
    from recon_engine.tables.matching import DECISION_KINDS

    terminal, why = Terminal.of(context), given(reason)
    one_of("KIND", kind, list(DECISION_KINDS))
    if (kind == "apply") != bool(document):
        found, expected = ("nothing", "one") if kind == "apply" else (document, "none")
        raise WrongCommand(
            f"--document: found {found}, expected {expected} for {kind}; nothing was decided"
        )
    if not subject or " " in subject:
        raise WrongCommand(f"ITEM: found '{subject}', expected one id; nothing was decided")
    with open_project(terminal.project) as project:
        known = project.rulebook.reconciliations
        one_of("--reconciliation", reconciliation, sorted(known))
        done = record(
            project,
            known[reconciliation],
            kind,
            f"{subject} {document}".rstrip(),
            day=day_of(day, "--date") if day else None,
            actor=actor(),
            reason=why,
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
    number = "" if done.decision_seq is None else f" {done.decision_seq}"
    terminal.show(
        f"{done.outcome}: decision{number} of {done.actor}, {done.kind} {done.subject} in "
        f"{done.reconciliation}, takes effect on {done.effective_date}"
    )
    return terminal.answer("decide", ExitCode.DONE, {"dry_run": dry_run, **asdict(done)})
