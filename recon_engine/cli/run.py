"""`run`: one date through every stage, one line a stage; or a look at what that would do."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.selection import DateOption, day_of, spans
from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.night import NightResult
    from recon_engine.pull import PullReport
    from recon_engine.run import Project, RunResult, StageResult

TOLD = {
    "landing": (("landed_file", "files"),),
    "canonical": (
        ("settlement_line", "settlement lines"),
        ("bank_entry", "bank entries"),
        ("ledger_entry", "ledger entries"),
        ("quarantined_row", "quarantined"),
    ),
    "matching": (("match_leg", "matched"), ("open_item", "open")),
    "allocation": (("allocation", "parts"),),
    "journals": (("journal_line", "journal lines"), ("settlement_application", "applications")),
    "approval": (("batch", "journals to approve"),),
    "posting": (("posting_receipt", "receipts"),),
    "reporting": (("proof", "proof lines"), ("ageing", "ageing lines")),
}
"""What a line on a stage counts: rows of a table, and what people call them."""


def run(
    context: typer.Context,
    day: DateOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and run; write nothing.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="MOMENT",
            help="Only what was known at a moment (ISO 8601 with zone; a day ends in UTC); "
            "publishes nothing.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="With --as-of: its tables as Parquet files."),
    ] = None,
) -> ExitCode:
    """Pull the files of a date, take it through every stage and gate, publish what passes.

    Without --date, the one date that has files and is not closed. A second run does nothing.
    """
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    wanted = None if day is None else day_of(day)
    if as_of is not None or out is not None:
        from recon_engine.cli.replay import run_as_of

        return run_as_of(terminal, wanted, as_of, out)
    if dry_run:
        from recon_engine.cli.plan import plan_run

        return plan_run(terminal, wanted)
    with open_project(terminal.project) as project:
        result = run_one(terminal, project, wanted or only_pending(project))
    for line in closing_lines(result):
        terminal.show(line)
    return terminal.answer("run", ExitCode(result.run.exit_code), night_json(result))


def only_pending(project: Project) -> date:
    """Return the one date that has files and is not closed.

    Raises: WrongCommand where there is none, or more than one.
    """
    days = sorted({day for day, _, _ in project.state.pending_dates(date.max)})
    if len(days) == 1:
        return days[0]
    found = f"{len(days)} dates that wait ({spans(days)})" if days else "no date that waits"
    first = days[0] if days else "YYYY-MM-DD"
    raise WrongCommand(
        f"--date: found nothing and {found}, expected a date; nothing was run, "
        f"say `recon run --date {first}`"
    )


def run_one(terminal: Terminal, project: Project, day: date) -> NightResult:
    """Run one date and say each stage as it ends; a terminal also sees what goes on meanwhile."""
    from recon_engine.night import run_night

    with Busy(terminal, f"{day} taking files") as shown:
        stages = Stages(terminal, shown)
        return run_night(project, day, actor=actor(), say=stages.say)


class Stages:
    """Says a line for each stage as it ends."""

    def __init__(self, terminal: Terminal, shown: Busy) -> None:
        from recon_engine.pipeline import STAGES

        self.terminal, self.shown, self.number = terminal, shown, 0
        self.names = [stage.name for stage in STAGES]

    def say(self, stage: StageResult) -> None:
        """Say what one stage did and found, and show which one is at work."""
        self.number += 1
        with self.shown.aside((*self.names, "closing the night")[self.number]):
            self.lines(stage)

    def lines(self, stage: StageResult) -> None:
        """Say the lines of one stage."""
        self.terminal.tell(f"{self.number} of {len(self.names)}  {stage_line(stage)}")
        for line in findings(stage):
            self.terminal.warn(line)
        for scope in stage.scopes:
            for warning in scope.warnings:
                self.terminal.warn(f"  warning {warning}")
            self.terminal.detail(
                f"        {scope.scope:<22} {scope.status:<10} "
                + "  ".join(f"{table} {rows}" for table, rows in scope.rows.items() if rows)
            )


def stage_line(stage: StageResult) -> str:
    """Return a stage in one line: `matching     412 matched  17 open   0.4 s`."""
    rows = stage.rows
    counts = "  ".join(f"{rows[t]:,} {what}" for t, what in TOLD[stage.stage] if rows.get(t))
    done = {scope.status for scope in stage.scopes}
    if done == {"unchanged"}:
        counts = f"unchanged  {counts}" if counts else "unchanged"
    stopped = sum(scope.status in ("stopped", "held") for scope in stage.scopes)
    if stopped:
        counts += f"  {stopped} of {counted(len(stage.scopes), 'scope')} stopped or held"
    return f"{stage.stage:<11}{counts.strip():<74}{stage.seconds:6.1f} s"


def findings(stage: StageResult) -> list[str]:
    """Return why scopes did not pass, one line a reason, however many scopes it holds up."""
    names: dict[str, list[str]] = {}
    for scope in stage.scopes:
        if scope.status in ("stopped", "held"):
            said = scope.message.removeprefix(f"{stage.stage}/{scope.scope}: ")
            names.setdefault(f"{scope.status}\n{said.removeprefix('held ')}", []).append(
                scope.scope
            )
    lines = []
    for reason, scopes in names.items():
        status, _, said = reason.partition("\n")
        more = f" and {counted(len(scopes) - 1, 'scope')} more" if len(scopes) > 1 else ""
        lines.append(f"  {status} {stage.stage}/{scopes[0]}{more}: {said}")
    return lines


def closing_lines(result: NightResult) -> Iterator[str]:
    """Yield the counts of a run and the verdict of its certificate."""
    one = result.run
    if one.status == "nothing to do" or all_unchanged(one):
        yield f"{one.business_date}: nothing to do, everything is as it was"
    else:
        yield f"{one.business_date} {one.status}: {pulled_line(result.pulled)}"
    for what, others in (("before it", result.before), ("after it", result.after)):
        for other in others:
            said = "as it was" if all_unchanged(other) else other.status
            yield f"{what}: {other.business_date} run again, {said}"
    if one.stages:
        yield (
            f"{counted(one.exceptions, 'exception')}, {one.overdue} of them overdue; "
            f"{one.seconds:.1f} s; run {one.run_id}"
        )
    yield f"certificate: {one.certificate}"


def all_unchanged(one: RunResult) -> bool:
    """Tell whether a run found every scope as an earlier one had left it."""
    statuses = {scope.status for stage in one.stages for scope in stage.scopes}
    return statuses == {"unchanged"}


def pulled_line(pulled: PullReport) -> str:
    """Return what came from outside, in one line."""
    said = [f"{counted(len(pulled.delivered), 'new file')}"]
    for found, noun in (
        (pulled.repeated, "repeated"),
        (pulled.refused, "refused"),
        (pulled.unread, "unread"),
        (pulled.unavailable, "not to be had"),
    ):
        said += [f"{len(found)} {noun}"] if found else []
    return ", ".join(said)


def night_json(result: NightResult) -> dict[str, Any]:
    """Return a run as JSON has it."""
    one, pulled = result.run, result.pulled
    return {
        "run_id": one.run_id,
        "business_date": one.business_date,
        "status": "nothing to do" if all_unchanged(one) else one.status,
        "certificate": one.certificate,
        "exceptions": one.exceptions,
        "overdue": one.overdue,
        "seconds": round(one.seconds, 3),
        "pulled": {
            "delivered": [d.file_name for d in pulled.delivered],
            "repeated": [d.file_name for d in pulled.repeated],
            "refused": [asdict(f) for f in pulled.refused],
            "unread": [asdict(f) for f in pulled.unread],
            "unavailable": [asdict(f) for f in pulled.unavailable],
        },
        "findings": list(one.findings),
        "before": [cascaded_json(other) for other in result.before],
        "after": [cascaded_json(other) for other in result.after],
        "stages": [
            {
                "stage": stage.stage,
                "verdict": stage.verdict,
                "seconds": round(stage.seconds, 3),
                "rows": stage.rows,
                "scopes": [
                    {
                        "scope": scope.scope,
                        "status": scope.status,
                        "message": scope.message,
                        "warnings": list(scope.warnings),
                    }
                    for scope in stage.scopes
                ],
            }
            for stage in one.stages
        ],
    }


def cascaded_json(one: RunResult) -> dict[str, Any]:
    """Return a date that was run again because another one was, as JSON has it."""
    return {"business_date": one.business_date, "run_id": one.run_id, "status": one.status}


def actor() -> str:
    """Return who acts: the user of the operating system, whom nobody has authenticated."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may run a number without a name
        name = f"user {os.getuid()}"
    return f"{name} (unauthenticated)"


class Busy:
    """Shows on a terminal that work goes on; programs and --quiet see nothing of it."""

    def __init__(self, terminal: Terminal, what: str) -> None:
        console = terminal.err if terminal.json else terminal.out
        seen = console.is_terminal and not terminal.quiet
        self.status = console.status(what) if seen else None

    def __enter__(self) -> Busy:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is not None:
            self.status.stop()

    @contextmanager
    def aside(self, what: str) -> Iterator[None]:
        """Make room for lines, and show after them what comes next."""
        if self.status is None:
            yield
            return
        self.status.stop()
        yield
        self.status.update(what)
        self.status.start()
