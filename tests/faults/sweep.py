"""The sweep: one command, stopped at every durable call, and what must hold after each stop."""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recon_engine.errors import ExitCode
from recon_engine.run import open_project
from tests.faults.disk import Disk, Watch, committed, shape
from tests.faults.machine import FULL, GO_ON, SILENT, Call, Ending, Machine
from tests.faults.night import (
    RUN,
    Seen,
    batch_id,
    differing_night,
    look,
    make_books,
    unfinished,
)

DISK_WORDS = re.compile(
    r"disk|no space left|input/output error|unable to open database|i/o error", re.IGNORECASE
)


@dataclass(frozen=True)
class State:
    """A disk that a crash may leave, and the call before which it was seen first."""

    modes: tuple[str, ...]
    call: Call
    disk: Disk


@dataclass(frozen=True)
class Recording:
    """One command without a fault: its calls, the states it passes, the reader's view around it."""

    words: tuple[str, ...]
    start: Path
    calls: tuple[Call, ...]
    states: tuple[State, ...]
    old: Seen
    new: Seen
    end: Path
    code: int
    seconds: float
    """How long it takes when nobody watches."""


NUMBERS = itertools.count(1)


def fresh(folder: Path) -> Path:
    """Return a path for a new folder."""
    return folder / f"n{next(NUMBERS)}"


def record(machine: Machine, start: Path, words: tuple[str, ...], base: Path) -> Recording:
    """Run a command without a fault on a copy of a project, and keep every state it passes."""
    end = Path(shutil.copytree(start, fresh(base)))
    states: dict[str, State] = {}

    def see(mode: str, call: Call, key: str, disk: Disk) -> None:
        known = states.get(key)
        modes = (*known.modes, mode) if known else (mode,)
        states[key] = State(modes, known.call if known else call, disk)

    watch = Watch(end, see)
    try:
        ending = machine.run(end, *words, answer=watch)
    finally:
        watch.close()
    old = look(Path(shutil.copytree(start, fresh(base))))
    alone, started = Path(shutil.copytree(start, fresh(base))), time.monotonic()
    machine.run(alone, *words)
    seconds = time.monotonic() - started
    calls, passed = tuple(watch.calls), tuple(states.values())
    return Recording(words, start, calls, passed, old, look(end), end, ending.code, seconds)


def recordings(machine: Machine, base: Path) -> dict[str, Recording]:
    """Return a night, the approval of its batch and its posting, each without a fault."""
    books = make_books(base / "books")
    with open_project(books):
        pass  # the state has its tables: the sweep is of a night, not of the first one ever
    told = {"run": record(machine, books, RUN, base)}
    approve = ("approve", batch_id(told["run"].end))
    told["approve"] = record(machine, told["run"].end, approve, base)
    told["post"] = record(machine, told["approve"].end, ("post",), base)
    return told


def torn(seen: Seen, old: Seen, new: Seen) -> list[str]:
    """Return what a reader sees that is neither the old nor the new, whole."""
    found = []
    for stage in sorted({stage for stage, _ in new.published}):
        here = of_stage(seen, stage)
        if here not in (of_stage(old, stage), of_stage(new, stage)):
            found.append(f"{stage}: {sorted(here)} is neither old nor new")
    found += [
        f"{name}: {getattr(seen, name)}"
        for name in ("receipts", "dropped", "verdicts")
        if getattr(seen, name) not in (getattr(old, name), getattr(new, name))
    ]
    if len(seen.receipts) > len(old.receipts) and seen.dropped != new.dropped:
        found.append("receipts of what was not sent")
    return found


def of_stage(seen: Seen, stage: str) -> dict[str, dict[str, str]]:
    """Return what is published of one stage, by scope."""
    return {scope: tables for (name, scope), tables in seen.published.items() if name == stage}


def wrong_after_crash(machine: Machine, told: Recording, state: State, base: Path) -> list[str]:
    """Return what does not hold on a disk that a crash left; the command is run again on it."""
    folder = state.disk.write(fresh(base))
    found = wrong_to_read(folder, told)
    found += wrong_after_retry(machine, told, folder)
    shutil.rmtree(folder)
    return [f"{'/'.join(state.modes)} before {state.call}: {one}" for one in found]


def wrong_to_read(folder: Path, told: Recording) -> list[str]:
    """Return what a reader may not see."""
    try:
        return [f"torn read: {one}" for one in torn(look(folder), told.old, told.new)]
    except Exception as error:  # noqa: BLE001 - whatever a reader trips over is the finding
        return [f"torn read: {type(error).__name__}: {error}"]


def wrong_after_retry(machine: Machine, told: Recording, folder: Path) -> list[str]:
    """Run the command again, and return what differs from a run without a fault."""
    again = machine.run(folder, *told.words)
    found = [] if again.code == told.code else [f"retry: ended with {again.code}: {again.err}"]
    try:
        seen = look(folder)
    except Exception as error:  # noqa: BLE001 - as above
        return [*found, f"retry: {type(error).__name__}: {error}"]
    if seen != told.new:
        found += [f"retry: {one}" for one in torn(seen, told.new, told.new)]
    return found + [f"retry: {one}" for one in differing_night(folder) if told.new.published]


@dataclass(frozen=True)
class Leg:
    """A command from one of its own states on, and its calls up to where more is published."""

    start: Disk
    calls: tuple[Call, ...]


def legs(machine: Machine, told: Recording, base: Path) -> Iterator[Leg]:
    """Yield the command in pieces: from each publication to the next, with the calls in between.

    A fault in a late stage needs no run of the early ones: the command goes on from what stands.
    """
    starts = list[State]()
    for state in told.states:
        if "killed" in state.modes and (
            not starts or committed(state.disk) != committed(starts[-1].disk)
        ):
            starts.append(state)
    ends = [*(state.call.number for state in starts[1:]), len(told.calls) + 1]
    for state, end in zip(starts, ends, strict=True):
        calls = traced(machine, told, state.disk, base)
        beside = [n for n, call in enumerate(calls) if not of_state(call)]
        later = sum(not of_state(call) for call in told.calls[end - 1 :])
        last = beside[-later] if later else len(calls)
        yield Leg(
            state.disk, tuple(calls[0 if state is starts[0] else begin(calls, beside) : last])
        )


def begin(calls: list[Call], beside: list[int]) -> int:
    """Return where the first stage that is not published begins: with the lease of its scopes."""
    first = beside[0] if beside else len(calls)
    synced = [n for n in range(first) if calls[n].kind == "sync"]
    return synced[-3] + 1 if len(synced) >= 3 else 0


def of_state(call: Call) -> bool:
    """Tell whether a call is on the database, its log or its index."""
    return call.path == Path() or call.path.name.startswith("state.db")


def traced(machine: Machine, told: Recording, start: Disk, base: Path) -> list[Call]:
    """Return the calls of a command that begins on a disk."""
    folder = start.write(fresh(base))
    calls: list[Call] = []

    def note(call: Call) -> str:
        calls.append(call)
        return GO_ON

    machine.run(folder, *told.words, answer=note)
    shutil.rmtree(folder)
    return calls


def ends_of_bursts(calls: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the first and the last call of each burst of writes to one file, and all others."""
    for before, call, after in zip((None, *calls), calls, (*calls[1:], None), strict=False):
        alike = [one is not None and same(one, call) for one in (before, after)]
        if not all(alike):
            yield call


def same(one: Call, other: Call) -> bool:
    """Tell whether two calls write to one file."""
    return one.kind == other.kind == "write" and one.path == other.path


@dataclass
class Errors:
    """Runs a command onto a disk that fails at one call; what is left is then retried once.

    Faults that leave the same behind are retried once: `seen` holds what was left so far.
    """

    machine: Machine
    told: Recording
    base: Path
    seen: set[str]

    def wrong(self, leg: Leg, letter: str, call: Call) -> list[str]:
        """Return what does not hold where the disk fails before a call, and after a retry."""
        folder = leg.start.write(fresh(self.base))

        def answer(at: Call) -> str:
            return letter if at.number == call.number else GO_ON

        ending = self.machine.run(folder, *self.told.words, answer=answer)
        before = set(leg.start.files) | leg.start.folders
        found = self._wrong_to_find(ending, folder, before)
        left = shape(folder)
        if left not in self.seen:
            self.seen.add(left)
            found += wrong_after_retry(self.machine, self.told, folder)
        shutil.rmtree(folder)
        return [f"{NAMES[letter]} before {call}: {one}" for one in found]

    def _wrong_to_find(self, ending: Ending, folder: Path, before: set[str]) -> list[str]:
        found = [f"left behind: {name}" for name in unfinished(folder) if name not in before]
        found += wrong_to_read(folder, self.told)
        if ending.code == self.told.code and not found and look(folder) == self.told.new:
            return []  # all was written before; SQLite tidies up behind itself, or does it later
        if ending.code != ExitCode.NOT_NOW:
            found.append(f"exit code {ending.code}: {ending.err[-300:]!r}")
        if not clear(ending.err + ending.out):
            found.append(f"not one clear line: {ending.err[-600:]!r}")
        return found


NAMES = {FULL: "full disk", SILENT: "silent disk"}


def clear(said: str) -> bool:
    """Tell whether a person reads of the disk, and no trace of our code."""
    return bool(DISK_WORDS.search(said)) and not re.search("Traceback|fault of ours", said)
