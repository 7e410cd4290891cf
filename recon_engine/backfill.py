"""Backfill: the dates of a range in their order; a process beside reads the next one meanwhile."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import takewhile
from typing import Literal

from recon_engine.errors import ExitCode, Unavailable
from recon_engine.gates import open_door
from recon_engine.night import missing, take_files
from recon_engine.reader import Asked, Reader, Reading, reading_beside
from recon_engine.run import Project, StageResult, run_date
from recon_engine.run.ahead import OF_FILES
from recon_engine.run.attempt import new_run_id, refuse_unfinished_take_on, sealed
from recon_engine.run.closing import is_processing

DAY = timedelta(days=1)
VERB = "backfill"
Status = Literal["closed", "no processing", "done", "stopped", "not run"]


@dataclass(frozen=True)
class Dated:
    """One date of a range and what became of it; small, since a range may be of years."""

    business_date: date
    status: Status
    exit_code: ExitCode = ExitCode.DONE
    run_id: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    exceptions: int = 0
    overdue: int = 0
    seconds: float = 0.0
    findings: tuple[str, ...] = ()

    @property
    def certificate(self) -> str:
        """Whether every amount of the date has its class: `conserved` or `not reached`."""
        return "conserved" if self.status == "done" else "not reached"


@dataclass(frozen=True)
class Backfill:
    """What a backfill did, date by date."""

    dates: tuple[Dated, ...]

    @property
    def exit_code(self) -> ExitCode:
        """How it ended: as the first date that stopped, else as the last that ran."""
        ran = [one for one in self.dates if one.status in ("done", "stopped")]
        ending = [*(one for one in ran if one.status == "stopped"), *ran[-1:]]
        return ending[0].exit_code if ending else ExitCode.DONE

    def of(self, status: Status) -> list[date]:
        """Return the dates that came to a status."""
        return [one.business_date for one in self.dates if one.status == status]


def run_range(
    project: Project,
    first: date,
    last: date,
    *,
    actor: str,
    say: Callable[[Dated], None] = lambda _: None,
    reader: Reader | None = None,
) -> Backfill:
    """Return what became of every date from first to last; closed ones are left alone.

    The inboxes are read once, extracts for each date. A date that stops ends the backfill where a
    run of the next one would be refused: the order matters. A second call goes on from there.
    Several calls may share a `reader`.
    Raises: Unavailable where no file is for the last date or a later one, another run is busy with
            a scope, a date before the first one was not run, or a take-on is not in force yet.
    """
    days = [first + n * DAY for n in range((last - first).days + 1)]
    closed = list(takewhile(lambda day: sealed(project, day), days))
    told = [Dated(day, "closed") for day in closed]
    waiting = days[len(closed) :]
    if len(waiting) > 1:
        project = replace(project, environment=project.environment.beside())
    if waiting:
        refuse_unfinished_take_on(project, last, VERB)
        own = reading_beside(project) if reader is None else nullcontext(reader)
        with ThreadPoolExecutor(1) as beside, own as reading:
            beside.submit(open_door)  # meanwhile the first date takes its files
            incoming = Incoming(project, waiting[0], reading)
            _refuse_days_to_come(project, last)
            for day, coming in zip(waiting, [*waiting[1:], None], strict=True):
                told.append(_run(project, day, coming, incoming, actor, told))
                say(told[-1])
    return Backfill(tuple(told))


class Incoming:
    """Takes the files of every date: the inboxes once, and of each next date all that is its own.

    An extract that is dated by its rows may belong to the present date: it waits for its turn.
    """

    def __init__(self, project: Project, first: date, reader: Reader) -> None:
        self._project, self._first, self._reader = project, first, reader
        sources = project.rulebook.sources
        self._extracts = {name for name, source in sources.items() if source.extract}
        self._early = {n for n in self._extracts if sources[n].business_date.by != "field"}
        self._run_id = new_run_id(first)
        self._away = missing(take_files(project, first, self._run_id))

    def begin(self, day: date, after: date) -> None:
        """Start to read a date, on the premise that the date before it gets sealed."""
        self._reader.begin(Asked(day, after, sorted(self._early)))

    def take(self, day: date) -> Reading:
        """Return all there is for a date; an inbox that was away or refused stays so."""
        if day == self._first:
            return Reading(self._run_id, self._away)
        early = self._reader.take(day)
        found = early or Reading(new_run_id(day))
        rest = self._extracts - self._early if early else self._extracts
        late = missing(take_files(self._project, day, found.run_id, rest))
        inboxes = {n: error for n, error in self._away.items() if n not in self._extracts}
        return Reading(found.run_id, {**inboxes, **found.not_pulled, **late}, found.ahead)


def _run(
    project: Project,
    day: date,
    coming: date | None,
    incoming: Incoming,
    actor: str,
    before: list[Dated],
) -> Dated:
    """Return what became of one date, after those before it."""
    if before and before[-1].status == "not run":
        return Dated(day, "not run")
    if before and before[-1].status == "stopped" and project.state.pending_dates(day):
        return Dated(day, "not run")
    started, reading = time.monotonic(), incoming.take(day)
    if not is_processing(project, day):
        return Dated(day, "no processing")

    def heard(stage: StageResult) -> None:
        if coming is not None and stage.stage == OF_FILES[-1].name:
            incoming.begin(coming, after=day)

    result = run_date(
        project,
        day,
        actor=actor,
        say=heard,
        run_id=reading.run_id,
        not_pulled=reading.not_pulled,
        verb=VERB,
        ahead=reading.ahead,
    )
    return Dated(
        day,
        "stopped" if result.status == "stopped" else "done",
        result.exit_code,
        result.run_id,
        dict(sum((Counter(stage.rows) for stage in result.stages), Counter())),
        result.exceptions,
        result.overdue,
        time.monotonic() - started,
        result.findings,
    )


def _refuse_days_to_come(project: Project, last: date) -> None:
    """Refuse a range that ends after the newest file: its files would come too late for it.

    A database has rows of any date, so where there is no inbox nothing is known of its end.
    """
    if all(source.extract for source in project.rulebook.sources.values()):
        return
    newest = project.state.newest_date()
    if newest is None or newest < last:
        found = "no file at all" if newest is None else f"files up to {newest}"
        raise Unavailable(
            f"{last}: found {found}, expected some for that date or a later one; nothing was run"
        )
