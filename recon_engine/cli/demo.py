"""`demo`: a made-up company with known problems, reconciled day by day and held against them."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.approve import line_of
from recon_engine.cli.health import Verified, Verifying
from recon_engine.cli.project import make_project
from recon_engine.cli.run import Busy, actor, findings, night_json
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, counted, grid
from recon_engine.errors import ExitCode, Unavailable

if TYPE_CHECKING:
    from recon_engine.cli.stored import Row, Stored
    from recon_engine.demo import Planted, World
    from recon_engine.night import NightResult
    from recon_engine.run import Project

CONTROLLER = "demo controller"
SHOWN = 5
"""Findings of the verifier that the demo prints; `verify` prints all."""
START = date(2026, 3, 2)
MONTH = 22
"""Banking days of a month."""
JOINS = 5
"""Banking days before the branch joins."""
MARKER = ".recon-demo"
MARKED = "Made by `recon demo`, which may delete this folder and make it anew.\n"


@dataclass(frozen=True)
class Tally:
    """One reason: problems planted and found, exceptions for them, and exceptions beyond them."""

    reason: str
    planted: int
    found: int
    exceptions: int
    beyond: int
    missing: tuple[str, ...]


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to make, or to make anew.")
    ] = Path("demo-out"),
    days: Annotated[int, typer.Option("--days", min=1, max=260, help="Banking days.")] = MONTH,
    seed: Annotated[int, typer.Option("--seed", help="Another number, another company.")] = 7,
) -> ExitCode:
    """Make a company with planted problems, reconcile every day, and show that they are found."""
    from recon_engine.cli.stored import Stored
    from recon_engine.demo import make_branch, make_world
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    started = time.monotonic()
    worlds = [make_world(START, days, seed)]
    if days > JOINS + MONTH // 4:
        worlds.append(make_branch([d for d in worlds[0].dates if d >= joining(worlds[0])], seed))
    start_fresh(out)
    nights = live(terminal, out, worlds)
    with open_project(out) as project, ExitStack() as beside:
        verifying: list[Verifying] = []
        if nights[-1].run.status != "stopped":
            verifying.append(beside.enter_context(Verifying(project, nights[-1].run.business_date)))
        tallies = tally(worlds, Stored(project))
        posting = approve_and_post(project)
        reports = report_last(project, nights[-1].run.business_date, out / "reports")
        verified = [one.result() for one in verifying]
    show_tallies(terminal, tallies)
    for line in (*verdicts(nights, verified), *posting):
        terminal.show(line)
    for path in reports:
        terminal.show(f"report: {path}")
    for line in pointers(out, tallies):
        terminal.show(line)
    terminal.tell(f"{time.monotonic() - started:.1f} s in all")
    content = {
        "out": out.absolute(),
        "nights": [night_json(night) for night in nights],
        "reasons": [asdict(one) for one in tallies],
        "verified": [asdict(one) for one in verified],
        "posting": posting,
        "reports": reports,
    }
    return terminal.answer("demo", code_of(nights, verified, tallies), content)


def start_fresh(out: Path) -> None:
    """Make the project of the demo; an earlier demo in its place is deleted, nothing else is.

    Raises: WrongCommand where the folder holds something that is no demo.
    """
    try:
        if (out / MARKER).is_file() and not out.is_symlink():
            # The marker goes last: a deletion that was cut short can be taken up again.
            for path in sorted(out.iterdir(), key=lambda p: p.name == MARKER):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        elif out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise WrongCommand(
                f"{out}: found a folder that no demo made, expected a new one or an earlier demo; "
                "nothing was written, choose another with --out DIR"
            )
        make_project(out)
        (out / MARKER).write_text(MARKED, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unavailable(f"{out}: {reason}; the demo is not complete") from error


def joining(world: World) -> date:
    """Return the day on which the branch joins."""
    return world.banking_days[JOINS]


def live(terminal: Terminal, out: Path, worlds: list[World]) -> list[NightResult]:
    """Let the days of the worlds happen, one after the other, and reconcile each.

    The second world joins on its first day: its configuration is added, nothing else.
    """
    from recon_engine.demo import describe, join, write_day, write_world
    from recon_engine.run import open_project

    nights: list[NightResult] = []
    for number, world in enumerate(worlds):
        if number:
            join(out)
            terminal.tell(f"{world.company.entity} joins, by configuration alone:")
        write_world(world, out)
        for line in describe(world)[:-1]:
            terminal.tell(line)
        terminal.tell("")
        until = worlds[number + 1].start if number + 1 < len(worlds) else date.max
        with open_project(out) as project:
            for day in (day for day in world.dates if day < until):
                for each in worlds[: number + 1]:
                    write_day(each, day, out)
                nights.append(one_day(terminal, project, day))
                if nights[-1].run.status == "stopped":
                    terminal.warn(f"{day} stopped, so the days after it were not run")
                    return nights
    return nights


def one_day(terminal: Terminal, project: Project, day: date) -> NightResult:
    """Run one day and say it in a line."""
    from recon_engine.night import run_night

    with Busy(terminal, str(day)):
        result = run_night(project, day, actor=actor())
    one = result.run
    rows = {table: n for stage in one.stages for table, n in stage.rows.items()}
    count = {
        "files": len(result.pulled.delivered),
        "lines": rows.get("settlement_line", 0),
        "matched": rows.get("match_leg", 0),
        "open": rows.get("open_item", 0),
        "journals": rows.get("batch", 0),
        "exceptions": one.exceptions,
    }
    told = "  ".join(f"{number:>5,} {what}" for what, number in count.items())
    terminal.tell(f"{day:%a} {day}  {told}  {one.certificate:<11}{one.seconds:5.1f} s")
    for stage in one.stages:
        for line in findings(stage):
            terminal.warn(line)
    return result


def approve_and_post(project: Project) -> list[str]:
    """Let a second person approve the first batch, post it, post again, and say what happened."""
    from recon_engine.deliver import batches, judge, post_approved

    waiting = batches(project)
    if not waiting:
        return []
    first = judge(
        project, waiting[0].batch_id, "approve", checker=CONTROLLER, reason="the demo's first day"
    )
    posted, _ = post_approved(project, actor=actor())
    again, _ = post_approved(project, actor=actor())
    return [
        f"approval: batch {first.batch_id[:12]} of {first.business_date}, prepared by "
        f"{first.maker}, approved by {CONTROLLER}; {len(waiting) - 1} more to approve",
        *(f"posting: {line_of(one)}" for one in posted),
        f"posting again: {sum(one.posted for one in again) or 'nothing'} posted",
    ]


def report_last(project: Project, day: date, folder: Path) -> list[Path]:
    """Write workbook and mail of a day for every entity, and return where they stand."""
    from recon_engine.deliver.mailing import write_reports

    written = write_reports(project, day, sorted(project.rulebook.accounts), folder)
    return [path for one in written for path in one.files]


def tally(worlds: list[World], stored: Stored) -> list[Tally]:
    """Return for each reason what was planted in the days of the worlds, and what was found.

    A planted problem is found where an exception of its reason leads to its subject.
    """
    due = [p for world in worlds for p in world.planted if p.business_date <= world.dates[-1]]
    rows = {row["exception_id"]: row for row in stored.rows("exception_item")}
    ids: dict[str, set[str]] = {}
    for ref in stored.rows("cross_reference"):
        ids.setdefault(ref["object_id"], set()).add(ref["external_id"])
    by_reason: dict[str, list[Row]] = {}
    for row in rows.values():
        by_reason.setdefault(row["reason"], []).append(row)
    tallies = []
    for reason in sorted({*by_reason, *(one.reason for one in due)}):
        planted = [one for one in due if one.reason == reason]
        found = by_reason.get(reason, [])
        explained = [r for r in found if any(leads_to(r, one, ids) for one in planted)]
        missing = [o.subject for o in planted if not any(leads_to(r, o, ids) for r in found)]
        tallies.append(
            Tally(
                reason,
                len(planted),
                len(planted) - len(missing),
                len(explained),
                len(found) - len(explained),
                tuple(missing),
            )
        )
    return tallies


def leads_to(exception: Row, planted: Planted, ids: dict[str, set[str]]) -> bool:
    """Tell whether an exception is about the subject of a planted problem.

    An item that carries no id at all is told by the day it was first seen, and its amount.
    """
    known = ids.get(exception["item_id"], set())
    if planted.subject in known:
        return True
    seen = (exception["first_date"], exception["amount_minor"], exception["currency"])
    if not known and seen == (planted.business_date, planted.amount_minor, planted.currency):
        return True
    place = exception["place"] or ""
    return place == planted.subject or place.startswith(f"{planted.subject} row ")


def show_tallies(terminal: Terminal, tallies: list[Tally]) -> None:
    """Show what was planted next to what was found."""
    numbers = ("exceptions", "beyond the plan")
    table = grid("reason", "", *numbers, right=numbers)
    for one in tallies:
        said = f"planted {one.planted}, found {one.found}"
        add_row(table, one.reason, said, one.exceptions, one.beyond or "")
    terminal.show(table)
    total = Counter(planted=0, found=0)
    for one in tallies:
        total.update(planted=one.planted, found=one.found)
        for subject in one.missing:
            terminal.warn(f"not found: {one.reason} of {subject}")
    terminal.show(f"{total['planted']} planted problems, {total['found']} found")


def verdicts(nights: list[NightResult], verified: list[Verified]) -> list[str]:
    """Return what the certificates and the verifier say of all days."""
    findings = [f"  {one.business_date} {line}" for one in verified for line in one.findings]
    more = [f"  and {len(findings) - SHOWN} more: recon verify"] if len(findings) > SHOWN else []
    conserved = sum(night.run.certificate == "conserved" for night in nights)
    agreeing = sum(one.verdict == "agrees" for one in verified)
    return [
        f"certificate: conserved on {conserved} of {counted(len(nights), 'day')}",
        f"verify: nothing differs on {agreeing} of {counted(len(verified), 'night')} re-added, "
        "the last; recon verify re-adds all",
        *findings[:SHOWN],
        *more,
    ]


def pointers(out: Path, tallies: list[Tally]) -> list[str]:
    """Return where to look next."""
    reason = tallies[0].reason if tallies else "ambiguous"
    return [
        "",
        f"Everything is in {out}/. Look around:",
        f"  recon status --project {out}",
        f"  recon exceptions --project {out} --reason {reason}",
        f"  recon approve --project {out}         the batches that wait for a second person",
        f"  recon explain ID --project {out}      an ID of that table, or an order number",
    ]


def code_of(nights: list[NightResult], verified: list[Verified], tallies: list[Tally]) -> ExitCode:
    """Return how the demo ended: its exceptions are planned, so they are no reason to fail."""
    stopped = [night.run.exit_code for night in nights if night.run.status == "stopped"]
    if stopped:
        return ExitCode(max(stopped))
    if any(one.verdict != "agrees" for one in verified) or any(one.missing for one in tallies):
        return ExitCode.STOPPED
    return ExitCode.DONE
