"""`backfill`: the dates of a range in one process, one line a date; or a look at which they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.plan import looked_at, reading
from recon_engine.cli.run import actor
from recon_engine.cli.selection import day_of, spans
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, counted, grid
from recon_engine.errors import ExitCode, ReconError

if TYPE_CHECKING:
    from recon_engine.backfill import Backfill, Dated
    from recon_engine.run import Project

NOTHING = "nothing to do"
SHOWN = 3
"""Names of files that a line tells."""

COUNTED = (
    ("landed_file", "files"),
    ("settlement_line", "lines"),
    ("match_leg", "matched"),
    ("open_item", "open"),
    ("batch", "journals"),
)
"""Tables whose rows the line of a date tells, and what people call them."""


def backfill(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First date.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last date, included.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which dates and files; write nothing.")
    ] = False,
) -> ExitCode:
    """Run every date of a range in one process and in order; closed dates are left alone.

    Called again, it goes on where it stopped. A date that stops keeps the dates after it waiting.
    """
    from recon_engine.backfill import run_range
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    start, end = day_of(first, "--from"), day_of(last, "--to")
    if start > end:
        raise WrongCommand(
            f"--from: found {start}, expected a day up to {end}, which --to says; nothing was done"
        )
    if dry_run:
        return plan_backfill(terminal, start, end)
    with open_project(terminal.project) as project, Progress(terminal, start, end) as shown:
        result = run_range(project, start, end, actor=actor(), say=shown.say)
    for line in closing_lines(result):
        terminal.show(line)
    content = {
        "from": start,
        "to": end,
        "dates": [dated_json(one) for one in result.dates],
        "closed": result.of("closed"),
        "not_run": result.of("not run"),
    }
    return terminal.answer("backfill", result.exit_code, content)


class Progress:
    """Says a line for each date as it ends; a terminal also sees how far the range came."""

    def __init__(self, terminal: Terminal, first: date, last: date) -> None:
        from rich.progress import Progress as Bar

        self.terminal, self.last = terminal, last
        console = terminal.err if terminal.json else terminal.out
        seen = console.is_terminal and not terminal.quiet
        self.bar = Bar(console=console, disable=not seen)
        self.task = self.bar.add_task(f"{first}", total=(last - first).days + 1)

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def say(self, one: Dated) -> None:
        """Say what became of a date."""
        left = (self.last - one.business_date).days
        total = self.bar.tasks[self.task].total or 0
        self.bar.update(self.task, completed=total - left, description=f"{one.business_date}")
        if one.status != "not run":
            self.terminal.tell(line_of(one))
        for finding in one.findings:
            self.terminal.warn(f"  {finding}")


def line_of(one: Dated) -> str:
    """Return a date in a line: `Mon 2026-03-02      4 files    125 lines  ...  conserved`."""
    day = f"{one.business_date:%a} {one.business_date}"
    if one.status == "no processing":
        return f"{day}  no processing: no file, and no banking day"
    counts = "  ".join(f"{one.rows.get(table, 0):>7,} {noun}" for table, noun in COUNTED)
    told = f"{counts}  {one.exceptions:>5,} exceptions  {one.certificate:<11}"
    return f"{day}  {told}{one.seconds:6.1f} s"


def dated_json(one: Dated) -> dict[str, object]:
    """Return a date for programs."""
    return asdict(one) | {"certificate": one.certificate}


def closing_lines(result: Backfill) -> list[str]:
    """Return what was done, what had been done before, and what was not run."""
    closed, missed = result.of("closed"), result.of("not run")
    ran, stopped = result.of("done"), result.of("stopped")
    lines = [f"closed before, left alone: {spans(closed)}"] if closed else []
    lines += [f"done: {spans(ran)}"] if ran else []
    lines += [f"stopped: {spans(stopped)}"] if stopped else []
    lines += [f"not run, since the order matters: {spans(missed)}"] if missed else []
    return lines if ran or stopped or missed else [*lines, NOTHING]


@dataclass(frozen=True)
class Plan:
    """What a backfill would run: dates with the files that wait for them."""

    closed: list[date]
    taken: dict[date, int]
    """Files that were taken before, of every date that is not closed."""
    files: dict[date, list[str]]
    undated: list[str]
    """Files whose rows say their date."""
    faults: list[str]


def plan_backfill(terminal: Terminal, first: date, last: date) -> ExitCode:
    """Say which dates of a range would be run, and which files wait for them."""
    with looked_at(terminal.project) as project:
        plan = planned(project, first, last)
    table = grid("date", "taken before", "files that wait", right=("taken before",))
    for day, names in plan.files.items():
        add_row(table, day, plan.taken[day], some(names) or "none")
    if plan.files:
        terminal.show(table)
    if plan.undated:
        terminal.show(f"{some(plan.undated)}: the rows say the date")
    for fault in plan.faults:
        terminal.warn(fault)
    if plan.closed:
        terminal.show(f"closed before, left alone: {spans(plan.closed)}")
    number = len(plan.files)
    terminal.show(f"{counted(number, 'date')} to run, nothing was written" if number else NOTHING)
    dates = [
        {"business_date": day, "taken": plan.taken[day], "files": names}
        for day, names in plan.files.items()
    ]
    content = {"from": first, "to": last, "dates": dates, "closed": plan.closed}
    more = {"undated": plan.undated, "faults": plan.faults}
    return terminal.answer("backfill", ExitCode.DONE, content | more)


def planned(project: Project, first: date, last: date) -> Plan:
    """Return which dates of a range would be run, and the files that wait in the inboxes."""
    from recon_engine.pull import date_in_name
    from recon_engine.run.attempt import sealed

    sources = project.rulebook.sources
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    closed = [day for day in days if sealed(project, day)]
    files: dict[date, list[str]] = {day: [] for day in days[len(closed) :]}
    taken = {day: sum(len(project.state.deliveries(n, day)) for n in sources) for day in files}
    plan = Plan(closed, taken, files, [], [])
    for name in sources if files else ():
        if sources[name].extract is not None:
            continue
        one = reading(project, name, first)
        plan.faults.extend([one.fault] if one.fault else [])
        for offer in one.offers:
            try:
                day = date_in_name(sources[name], offer.name)
            except ReconError as error:
                plan.faults.append(str(error))
                continue
            if day is None:
                plan.undated.append(offer.name)
            elif day in files:
                files[day].append(offer.name)
    return plan


def some(names: list[str]) -> str:
    """Return the first names of a list, and how many there are more."""
    more = f" and {counted(len(names) - SHOWN, 'file')} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
