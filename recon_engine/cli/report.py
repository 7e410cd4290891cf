"""`report`: the workbook and the mail of a date, written to files, and sent once if asked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.run import Busy
from recon_engine.cli.selection import DateOption, EntityOption, published_dates, select
from recon_engine.cli.terminal import Terminal, WrongCommand
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from datetime import date

    from recon_engine.deliver.mailing import Written
    from recon_engine.run import Project


LAST_RUNS = 100
"""Runs among which the newest date is looked for: one that stopped has published nothing."""


def report(
    context: typer.Context,
    wanted: DateOption = None,
    entity: EntityOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the files; the project's reports/."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it, once per run whatever is repeated.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also where an earlier answer of the server never came.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be mailed to whom; send nothing.")
    ] = False,
) -> ExitCode:
    """Write the workbook and the mail of a date, by default of the newest; --send mails it.

    A night that stopped has a mail that says what is missing, and no workbook.
    """
    from recon_engine.deliver.mailing import send_reports, write_reports
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    if again and not send:
        raise WrongCommand("--again: found it alone, expected it beside --send; nothing was sent")
    with open_project(terminal.project) as project:
        selection = select(project.rulebook, wanted, entity, None)
        day = selection.date or newest(project)
        names = sorted(project.rulebook.accounts) if entity is None else [entity]
        folder = out or project.folder / "reports"
        with Busy(terminal, f"report of {day}"):
            written = write_reports(project, day, names, folder)
            sent = send_reports(project, written, again=again) if send and not dry_run else []
    for one in written:
        tell(terminal, one, dry_run=dry_run)
    for mail in sent:
        what = f"{mail.state}: {mail.subject}"
        terminal.show(f"{what}; {mail.message}" if mail.message else what)
    code = ExitCode.STOPPED if any(mail.state == "dead" for mail in sent) else ExitCode.DONE
    code = ExitCode.NOT_NOW if any(mail.state == "unsure" for mail in sent) else code
    content = {
        "business_date": day,
        "reports": [report_json(one) for one in written],
        "sent": [asdict(mail) for mail in sent],
    }
    return terminal.answer("report", code, content)


def newest(project: Project) -> date:
    """Return the newest date that was run, whether it got to its report or not.

    Raises: WrongCommand where no date was run.
    """
    dates = {run.business_date for run in project.state.runs(LAST_RUNS)}
    dates.update(published_dates(project))
    if not dates:
        raise WrongCommand(
            f"{project.folder}: found no run, expected one; run `recon run --date YYYY-MM-DD` first"
        )
    return max(dates)


def tell(terminal: Terminal, one: Written, *, dry_run: bool) -> None:
    """Show what one report says, and where it stands."""
    terminal.show(one.mail["Subject"])
    for path in one.files:
        terminal.show(f"  {path}")
    if dry_run:
        terminal.show(f"  would be mailed to {one.mail['To']}")


def report_json(one: Written) -> dict[str, Any]:
    """Return the figures of one report for programs, the same as in mail and workbook."""
    from recon_engine.render.report import Report

    found = one.report
    told: dict[str, Any] = {
        "entity": found.entity,
        "status": found.status,
        "headline": found.headline,
        "run_id": found.run.run_id,
        "files": list(one.files),
        "to": one.mail["To"],
    }
    if not isinstance(found, Report):
        return told | {"findings": found.findings, "last_proven": found.last_proven}
    return told | {
        "matched": found.matched,
        "items": found.items,
        "waiting": found.waiting,
        "exceptions": len(found.exceptions),
        "new": found.new,
        "old": found.old,
        "currency": found.currency,
        "absolute_minor": found.absolute.minor,
        "net_minor": found.net.minor,
        "decisions": found.decisions,
        "rolls": [asdict(roll) | {"ties": roll.ties} for roll in found.rolls],
        "reasons": [asdict(r) | {"base_minor": r.base_minor} for r in found.reasons],
    }
