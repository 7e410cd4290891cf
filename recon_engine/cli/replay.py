"""`replay` makes again what was published; `run --as-of` makes a date as it was known once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.run import Busy, Stages
from recon_engine.cli.selection import DateOption, day_of
from recon_engine.cli.status import run_json
from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.replay import LookBack, Replayed
    from recon_engine.run import Record
    from recon_engine.store.state import Position, RunRow

SHOWN = 10
"""Differences that a person reads; --json has them all."""
SHORT = 12


def replay(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Id of a run, or its first digits.")
    ] = "",
    day: DateOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every run in order, from landing alone.")
    ] = False,
) -> ExitCode:
    """Make again what a run published, from what it knew, and compare; nothing is published.

    RUN, or with --date the run that closed the date, or --all. Ends with 4 on any difference.
    """
    from recon_engine.replay import replay as make_again
    from recon_engine.rulebook.environment import load_environment
    from recon_engine.run import open_record

    terminal = Terminal.of(context)
    if sum((bool(run), day is not None, everything)) != 1:
        raise WrongCommand(
            "found no run or more than one way to say it, expected RUN, --date or "
            "--all; nothing was run"
        )
    with open_record(load_environment(terminal.project)) as record:
        row = None if everything else run_of(record, run, day)
        if row is not None:
            terminal.tell(run_line(row))
        telling = Telling(terminal, by_run=everything)
        with telling.progress:
            found = make_again(record, row.run_id if row else None, telling.say)
        telling.say_run()
    return concluded(terminal, row, found)


def run_of(record: Record, start: str, day: str | None) -> RunRow:
    """Return the run that was asked for.

    Raises: WrongCommand where there is none, or more than one.
    """
    state = record.state
    if day is None:
        found, asked = state.runs_named(start), f"run '{start[:40]}'"
    else:
        wanted = day_of(day)
        found = [row for name in state.sealed_by(wanted) for row in state.runs_named(name)]
        asked = f"--date {wanted}"
    if len(found) == 1:
        return found[0]
    known = ", ".join(row.run_id for row in found[:3] or reversed(state.runs(3))) or "none"
    many = f"{len(found)} runs ({known})" if found else f"no run (the last: {known})"
    raise WrongCommand(f"{asked}: found {many}, expected one; nothing was run")


def run_line(row: RunRow) -> str:
    """Return what is on record of a run, in one line or two."""
    stopped = {"stopped": f"\nstopped then: {row.message}", "running": "\nit never ended"}
    return (
        f"{row.verb} {row.run_id} of {row.business_date}, {row.status}; rules "
        f"{row.rulebook_hash[:SHORT]}, recon {row.code_version}{stopped.get(row.status, '')}"
    )


class Telling:
    """Shows how far it came, and says a line for each stage of a run, or for each run of many."""

    def __init__(self, terminal: Terminal, *, by_run: bool) -> None:
        from rich.progress import Progress

        console = terminal.err if terminal.json else terminal.out
        hidden = terminal.quiet or not console.is_terminal
        self.terminal, self.by_run = terminal, by_run
        self.told: list[Replayed] = []
        self.progress = Progress(console=console, transient=True, disable=hidden)
        self.task = self.progress.add_task("made again", total=None)

    def say(self, one: Replayed, total: int) -> None:
        """Take in one publication."""
        if self.by_run and self.told and self.told[-1].run_id != one.run_id:
            self.say_run()
        self.told.append(one)
        self.progress.update(self.task, advance=1, total=total)
        if not self.by_run:
            self.terminal.tell(f"{len(self.told)} of {total}  {one.stage:<11}{counts_of([one])}")

    def say_run(self) -> None:
        """Say how the run came out whose publications were taken in."""
        if self.by_run and self.told:
            first = self.told[0]
            self.terminal.tell(f"{first.business_date}  {first.run_id}  {counts_of(self.told)}")
            self.told = []


def counts_of(made: list[Replayed]) -> str:
    """Return how much was made again, and how it came out."""
    differing = sum(len(one.differences) for one in made)
    scopes, tables = sum(one.scopes for one in made), sum(one.tables for one in made)
    said = counted(differing, "difference") if differing else "identical"
    return f"{counted(scopes, 'scope'):>10}  {counted(tables, 'table'):>10}  {said}"


def concluded(terminal: Terminal, row: RunRow | None, found: list[Replayed]) -> ExitCode:
    """Say what differs, or that nothing does."""
    differing = [one for replayed in found for one in replayed.differences]
    for one in differing[:SHOWN]:
        terminal.show(str(one))
    if len(differing) > SHOWN:
        terminal.show(f"and {len(differing) - SHOWN} more; --json has them all")
    verdict = "differs" if differing else "identical" if found else "nothing published"
    counts = ", ".join(
        counted(number, noun)
        for number, noun in (
            (len(found), "publication"),
            (sum(one.scopes for one in found), "scope"),
            (sum(one.tables for one in found), "table"),
        )
    )
    said = {
        "differs": f"differs: {counted(len(differing), 'difference')} in {counts}",
        "identical": f"identical: {counts}",
        "nothing published": "nothing published: the run left everything as it was, so there is "
        "nothing to compare",
    }
    terminal.show(said[verdict], *gone_lines(found))
    code = ExitCode.STOPPED if differing else ExitCode.DONE
    content: dict[str, Any] = {
        "run": None if row is None else run_json(row),
        "verdict": verdict,
        "publications": [asdict(one) for one in found],
    }
    return terminal.answer("replay", code, content)


def gone_lines(found: list[Replayed]) -> list[str]:
    """Return one line for each decision by which scopes cannot be made again."""
    count = Counter(decision for one in found for decision in one.gone)
    return [
        f"not made again: {counted(number, 'scope')}, {decision}"
        for decision, number in sorted(count.items())
    ]


def moment_of(text: str) -> datetime:
    """Return a moment written in ISO 8601 with a zone; a day alone is its end in UTC.

    Raises: WrongCommand for anything else, and for a moment that has not come.
    """
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    with suppress(ValueError):
        moment = datetime.combine(date.fromisoformat(text), time.max, UTC)
    if moment is None or moment.tzinfo is None:
        raise WrongCommand(
            f"--as-of: found '{text[:40]}', expected a moment with its zone like "
            "2026-03-03T02:00:00Z, or a day, which ends in UTC; nothing was run"
        )
    if moment > (now := datetime.now(UTC)):
        raise WrongCommand(
            f"--as-of: found {moment.isoformat()}, expected a moment that has come, before "
            f"{now:%Y-%m-%dT%H:%M:%SZ}; nothing was run"
        )
    return moment


def run_as_of(
    terminal: Terminal, day: date | None, as_of: str | None, out: Path | None
) -> ExitCode:
    """Make a date from what was known at a moment, and say how that was published by then."""
    from recon_engine.replay import look_back
    from recon_engine.rulebook.environment import load_environment
    from recon_engine.run import open_record

    if day is None or as_of is None:
        raise WrongCommand("--as-of: found no date or no moment, expected both; nothing was run")
    moment = moment_of(as_of)
    with open_record(load_environment(terminal.project)) as record:
        position = record.state.position_at(moment)
        refuse_unknown(record, day, moment, position)
        terminal.tell(
            f"{day} as of {moment.isoformat()}: deliveries to {position.delivery_seq}, decisions "
            f"to {position.decision_seq}, versions to {position.created_seq}"
        )
        with Busy(terminal, f"{day} landing") as shown:
            found = look_back(record, day, position, say=Stages(terminal, shown).say, out=out)
    for line in look_back_lines(found, out):
        terminal.show(line)
    return terminal.answer(
        "run",
        found.run.exit_code,
        look_back_json(found) | {"as_of": moment, "position": asdict(position)},
    )


def refuse_unknown(record: Record, day: date, moment: datetime, position: Position) -> None:
    """Refuse a moment at which nothing was known of a date, or no run had shown its rules.

    Raises: WrongCommand.
    """
    state, place = record.state, f"--as-of: found {moment.isoformat()}"
    first = state.first_delivery(day)
    if not state.standing(day, position) and (
        first is None or first.delivery_seq > position.delivery_seq
    ):
        came = f"the first came at {first.received_at.isoformat()}" if first else "none ever came"
        raise WrongCommand(
            f"{place}, when no file of {day} was known ({came}), expected a later moment; "
            "nothing was run"
        )
    if not state.newest(position):
        raise WrongCommand(
            f"{place}, when no run had published anything, expected a later moment: the rules "
            "are those of the last run; nothing was run"
        )


def look_back_lines(found: LookBack, out: Path | None) -> list[str]:
    """Return what a look back comes to."""
    other = [one for one in found.comparisons if one.verdict != "equal"]
    lines = [f"{one.stage}/{one.scope}: {one.verdict}" for one in other[:SHOWN]]
    if len(other) > SHOWN:
        lines.append(f"and {len(other) - SHOWN} more; --json has them all")
    equal = len(found.comparisons) - len(other)
    lines.append(
        f"{equal} of {counted(len(found.comparisons), 'result')} equal to what was published by "
        f"then; rules {found.rulebook_hash[:SHORT]}"
    )
    if out is not None:
        lines.append(f"{counted(len(found.files), 'table')} in {out}")
    return [
        *lines,
        f"{found.run.business_date} {found.run.status}: a look back, nothing was published",
    ]


def look_back_json(found: LookBack) -> dict[str, Any]:
    """Return a look back for programs."""
    return {
        "business_date": found.business_date,
        "status": found.run.status,
        "certificate": found.run.certificate,
        "exceptions": found.run.exceptions,
        "overdue": found.run.overdue,
        "findings": list(found.run.findings),
        "rulebook_hash": found.rulebook_hash,
        "stages": [
            {"stage": stage.stage, "verdict": stage.verdict, "rows": stage.rows}
            for stage in found.run.stages
        ],
        "results": [asdict(one) | {"verdict": one.verdict} for one in found.comparisons],
        "files": [path.name for path in found.files],
    }
