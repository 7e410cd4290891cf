"""`demo`: a made-up company with known problems, reconciled day by day and held against them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.approve import SHORT, line_of
from recon_engine.cli.backfill import Progress, dated_json
from recon_engine.cli.health import Verified, Verifying
from recon_engine.cli.project import make_project
from recon_engine.cli.run import actor
from recon_engine.cli.selection import spans
from recon_engine.cli.tally import Tally, show_tallies, tally
from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode, Unavailable

if TYPE_CHECKING:
    from recon_engine.backfill import Dated
    from recon_engine.demo import World
    from recon_engine.demo.model import Planted
    from recon_engine.run import Project

CONTROLLER = "demo controller"
SHOWN = 5
"""Findings of the verifier that the demo prints; `verify` prints all."""
START = date(2026, 3, 2)
MONTH = 22
"""Banking days of a month."""
JOINS = 15
"""Banking days before the branch joins."""
MARKER = ".recon-demo"
MARKED = "Made by `recon demo`, which may delete this folder and make it anew."


@dataclass(frozen=True)
class Ending:
    """What the demo says when all its days are over."""

    days: int
    """Days run, each with the certificate of every entity."""
    tallies: tuple[Tally, ...]
    verified: Verified
    restated: tuple[str, ...]
    """What each batch that came again has changed."""
    posting: tuple[str, ...]
    reports: tuple[Path, ...]

    @property
    def code(self) -> ExitCode:
        """Return how the demo ended: its exceptions are planned, so they are no reason to fail."""
        missing = any(one.missing for one in self.tallies)
        agrees = self.verified.verdict == "agrees"
        return ExitCode.STOPPED if missing or not agrees else ExitCode.DONE

    def show(self, terminal: Terminal, out: Path) -> None:
        """Show what was found, what the certificates say, what was posted, and where to look."""
        show_tallies(terminal, self.tallies)
        findings = [f"  {self.verified.business_date} {line}" for line in self.verified.findings]
        more = len(findings) - SHOWN
        agrees = "nothing differs" if self.verified.verdict == "agrees" else "found differences"
        for line in (
            f"certificate: conserved on {counted(self.days, 'day')} of {self.days}",
            f"verify: {agrees} on {self.verified.business_date}, re-added without the engine; "
            "recon verify re-adds all nights",
            *findings[:SHOWN],
            *([f"  and {more} more: recon verify"] if more > 0 else []),
            *(f"restated: {detail}" for detail in self.restated),
            *self.posting,
            *(f"report: {path}" for path in self.reports),
            *pointers(out, self.tallies),
        ):
            terminal.show(line)

    def json(self) -> dict[str, object]:
        """Return the ending for programs."""
        return {
            "conserved": self.days,
            "reasons": [asdict(one) for one in self.tallies],
            "verified": [asdict(self.verified)],
            "restated": self.restated,
            "posting": self.posting,
            "reports": self.reports,
        }


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to make, or to make anew.")
    ] = Path("demo-out"),
    days: Annotated[int, typer.Option("--days", min=1, max=260, help="Banking days.")] = MONTH,
    seed: Annotated[int, typer.Option("--seed", help="Another number, another company.")] = 7,
    leave_last_day: Annotated[
        bool, typer.Option("--leave-last-day", help="Leave the last day for others to run.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Only the end: what was found, posting, reports.")
    ] = False,
) -> ExitCode:
    """Make a company with planted problems, reconcile every day, and show that they are found."""
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    started = time.monotonic()
    if finish:
        days, seed = made_with(out)
    else:
        start_fresh(out, days, seed)
    worlds = make_worlds(days, seed)
    nights = [] if finish else live(terminal, out, worlds, leave_last_day=leave_last_day)
    content: dict[str, object] = {
        "out": out.absolute(),
        "nights": [dated_json(night) for night in nights],
    }
    if stopped := [night for night in nights if night.status == "stopped"]:
        terminal.warn(f"{stopped[0].business_date} stopped, so the demo ends here")
        return terminal.answer("demo", stopped[0].exit_code, content)
    if leave_last_day:
        last = worlds[0].dates[-1]
        terminal.show(f"{last} is left: recon run --project {out} --date {last}")
        return terminal.answer("demo", ExitCode.DONE, content | {"left": last})
    with open_project(out) as project:
        ending = end(project, worlds, out / "reports")
    ending.show(terminal, out)
    terminal.tell(f"{time.monotonic() - started:.1f} s in all")
    return terminal.answer("demo", ending.code, content | ending.json())


def make_worlds(days: int, seed: int) -> list[World]:
    """Return what happens in the company, and in the branch where the days last for it to join."""
    from recon_engine.demo import make_branch, make_world

    parent = make_world(START, days, seed)
    if days <= JOINS + MONTH // 4:
        return [parent]
    joining = parent.banking_days[JOINS]
    return [parent, make_branch([day for day in parent.dates if day >= joining], seed)]


def start_fresh(out: Path, days: int = MONTH, seed: int = 7) -> None:
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
        made = json.dumps({"made": MARKED, "days": days, "seed": seed})
        (out / MARKER).write_text(f"{made}\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unavailable(f"{out}: {reason}; the demo is not complete") from error


def made_with(out: Path) -> tuple[int, int]:
    """Return the days and the seed of the demo that stands in a folder.

    Raises: WrongCommand where none does.
    """
    try:
        found = json.loads((out / MARKER).read_text(encoding="utf-8"))
        return int(found["days"]), int(found["seed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongCommand(
            f"{out}: found no demo, expected one; nothing was done, begin with `recon demo`"
        ) from error


def live(
    terminal: Terminal, out: Path, worlds: list[World], *, leave_last_day: bool
) -> list[Dated]:
    """Let the days of the worlds happen, one after the other, and reconcile each.

    The second world joins on its first day: its configuration is added, nothing else.
    """
    from recon_engine.backfill import run_range
    from recon_engine.demo import describe, join, write_world
    from recon_engine.reader import reading_beside
    from recon_engine.run import open_project

    nights: list[Dated] = []
    last = worlds[0].dates[-1]
    for number, world in enumerate(worlds):
        if number:
            join(out)
            terminal.tell(f"{world.company.entity} joins, by configuration alone:")
        write_world(world, out)
        for line in describe(world)[:-1]:
            terminal.tell(line)
        terminal.tell("")
        until = worlds[number + 1].start if number + 1 < len(worlds) else date.max
        days = [day for day in world.dates if day < until]
        with (
            open_project(out) as project,
            reading_beside(project) as reader,
            Progress(terminal, days[0], days[-1]) as shown,
        ):
            for spell in spells(days, worlds[: number + 1]):
                happen(terminal, project, worlds[: number + 1], spell[0])
                run = [day for day in spell if not leave_last_day or day < last]
                if run:
                    told = run_range(
                        project, run[0], run[-1], actor=actor(), say=shown.say, reader=reader
                    )
                    nights.extend(told.dates)
                if nights and nights[-1].status in ("stopped", "not run"):
                    return nights
    return nights


def spells(days: Sequence[date], worlds: Sequence[World]) -> list[list[date]]:
    """Return the days in runs, each beginning where something happens that no file of it foretold.

    Within a run each next day is read while the present one is reconciled.
    """
    restated = {again.day for world in worlds for again in world.restated}
    events = restated.union(change.day for world in worlds for change in world.changes)
    events |= {one.business_date for one in void(worlds)}
    found: list[list[date]] = []
    for day in days:
        if not found or day in events:
            found.append([])
        found[-1].append(day)
    return found


def happen(terminal: Terminal, project: Project, worlds: Sequence[World], day: date) -> None:
    """Let happen what happens only on a day."""
    from recon_engine.demo import write_day

    for world in worlds:
        post_restated(terminal, project, world, day)
        write_day(world, day, project.folder)
    for one in void(worlds):
        if one.business_date == day:
            project.state.decide(
                kind="unapply",
                entity=worlds[0].company.entity,
                reconciliation=min(
                    r.name
                    for r in project.rulebook.reconciliations.values()
                    if r.kind == "processor"
                ),
                effective_date=day,
                subject_id=one.subject,
                actor=CONTROLLER,
                reason="the demo's controller",
                decided_at=datetime.now(UTC),
            )


def void(worlds: Sequence[World]) -> list[Planted]:
    """Return the decisions that will meet nothing."""
    return [p for world in worlds for p in world.planted if p.reason == "decision_void"]


def post_restated(terminal: Terminal, project: Project, world: World, day: date) -> None:
    """Post the batches whose files come again today, so that there is something to take back."""
    for again in world.restated:
        if again.day == day:
            for line in approve_and_post(project, world.company.entity, [again.batch.day]):
                terminal.tell(line)


def end(project: Project, worlds: list[World], reports: Path) -> Ending:
    """Hold what was found against what was planted, approve and post, write the reports.

    Raises: WrongCommand where a day of the demo was not run.
    """
    from recon_engine.cli.stored import Stored

    days = worlds[0].dates
    missing = [day for day in days if not conserved(project, worlds, day)]
    if missing:
        raise WrongCommand(
            f"{project.folder}: found {spans(missing)} not run to its end, expected every day of "
            f"the demo; nothing was done, run `recon run --date {missing[0]}` first"
        )
    entity = worlds[0].company.entity
    restated = [again.day for again in worlds[0].restated]
    posting = approve_and_post(project, entity, [days[0], *restated])
    posting.append(f"posting again: {posted_again(project) or 'nothing'} posted")
    with Verifying(project, days[-1]) as verifying:
        stored = Stored(project)
        return Ending(
            days=len(days),
            tallies=tuple(tally(worlds, stored)),
            restated=tuple(
                row["detail"]
                for row in stored.rows("exception_item", "reason", ("restated_batch",))
            ),
            posting=tuple(posting),
            reports=tuple(report_last(project, days[-1], reports)),
            verified=verifying.result(),
        )


def conserved(project: Project, worlds: list[World], day: date) -> bool:
    """Tell whether every entity that lived on a day has its certificate of it."""
    return all(
        project.state.current("reporting", world.company.entity, day) is not None
        for world in worlds
        if day in world.dates
    )


def approve_and_post(project: Project, entity: str, days: Sequence[date]) -> list[str]:
    """Let a second person approve an entity's batches of some days, post them, and tell of it."""
    from recon_engine.deliver import batches, judge, post_approved

    told = []
    for waiting in batches(project):
        asked = waiting.entity == entity and waiting.business_date in days
        if not asked or waiting.state != "awaiting approval":
            continue
        batch = judge(
            project, waiting.batch_id, "approve", checker=CONTROLLER, reason="the demo's controller"
        )
        took_back = f", {batch.reversals} of them reversals" if batch.reversals else ""
        told.append(
            f"approval: batch {batch.batch_id[:SHORT]} of {batch.entity}, {batch.business_date}, "
            f"{counted(len(batch.rows), 'journal')}{took_back}; prepared by {batch.maker}, "
            f"approved by {CONTROLLER}"
        )
    posted, _ = post_approved(project, actor=actor())
    return told + [f"posting: {line_of(one)}" for one in posted]


def posted_again(project: Project) -> int:
    """Post once more, and return how many journals went out: none should."""
    from recon_engine.deliver import post_approved

    posted, _ = post_approved(project, actor=actor())
    return sum(one.posted for one in posted)


def report_last(project: Project, day: date, folder: Path) -> list[Path]:
    """Write workbook and mail of a day for every entity, and return where they stand."""
    from recon_engine.deliver.mailing import write_reports

    written = write_reports(project, day, sorted(project.rulebook.accounts), folder)
    return [path for one in written for path in one.files]


def pointers(out: Path, tallies: Sequence[Tally]) -> list[str]:
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
