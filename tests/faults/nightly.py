"""Kills at random: before random calls and at random instants; each is read and retried.

    python -m tests.faults.nightly --kills 1000 --seed 1
    python -m tests.faults.nightly --kills 200 --postgresql postgresql+psycopg://...

The second keeps the states in databases that it makes and drops beside the one of the address.
Prints one line for what does not hold, and a summary; ends with 1 where anything did not hold. The
same seed makes the same kills, as far as a clock can.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from tests.faults.machine import GO_ON, KILL, KILLED, TIMED_OUT, Machine, compile_door
from tests.faults.night import RUN, make_books
from tests.faults.on_postgresql import Server, new_database
from tests.faults.on_postgresql import recordings as on_postgresql
from tests.faults.sweep import Recording, fresh, recordings, wrong_after_retry, wrong_to_read


def main() -> int:
    """Kill as often as asked, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.nightly")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", metavar="URL", help="keep the states on this server")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        door = compile_door(base)
        if door is None:
            print("no C compiler here, or no Linux: nothing was killed", file=sys.stderr)
            return 2
        warm = make_books(base / "warm")
        with Machine(door, [[*RUN, "--project", str(warm)]], base / "said") as machine:
            if asked.postgresql is None:
                return kill_all(machine, recordings(machine, base), Folders(base), asked)
            server = Server(partial(new_database, asked.postgresql), base)
            return kill_all(machine, on_postgresql(machine, server), server, asked)


class Copies(Protocol):
    """Copies of a project, its state with it."""

    def copy(self, start: Path) -> Path:
        """Return a copy of a project."""

    def drop(self, folder: Path) -> None:
        """Forget a copy."""


@dataclass(frozen=True)
class Folders:
    """Projects whose state is a file in their folder."""

    base: Path

    def copy(self, start: Path) -> Path:
        """Return a copy of a project."""
        return Path(shutil.copytree(start, fresh(self.base)))

    def drop(self, folder: Path) -> None:
        """Forget a copy."""
        shutil.rmtree(folder)


def kill_all(
    machine: Machine, told: dict[str, Recording], copies: Copies, asked: argparse.Namespace
) -> int:
    """Kill the commands of a night in turn; return 1 where anything did not hold, else 0."""
    started, chance = time.monotonic(), random.Random(asked.seed)  # noqa: S311 - no secret
    for verb, one in told.items():
        print(
            f"{verb}: {len(one.calls)} durable calls, {len(one.states)} states that a crash may "
            f"leave, {one.seconds:.1f} s",
            flush=True,
        )
    wrong = died = torn = 0
    for number in range(1, asked.kills + 1):
        verb = chance.choice(("run", "run", "approve", "post"))
        one = told[verb]
        found, dead, how = killed(machine, one, copies, chance)
        died += dead
        torn += sum(line.startswith("torn read") for line in found)
        wrong += sum(not line.startswith("torn read") for line in found)
        for line in found:
            print(f"kill {number}, {verb}, {how}: {line}", flush=True)
    print(
        f"seed {asked.seed}: {asked.kills} kills, {died} died; torn reads {torn}, "
        f"wrong after retry {wrong}; {time.monotonic() - started:.0f} s"
    )
    return 1 if torn or wrong else 0


def killed(
    machine: Machine, told: Recording, copies: Copies, chance: random.Random
) -> tuple[list[str], bool, str]:
    """Kill a command once, before a call or at an instant; return what did not hold, and how."""
    folder = copies.copy(told.start)
    if chance.random() < 1 / 2:
        last, how = chance.randint(1, len(told.calls)), "before call"
        ending = machine.run(
            folder, *told.words, answer=lambda call: KILL if call.number == last else GO_ON
        )
        how = f"{how} {last}"
    else:
        seconds = chance.uniform(0.01, told.seconds)
        ending = machine.run(folder, *told.words, dies_after=seconds)
        how = f"after {seconds:.3f} s"
    found = wrong_to_read(folder, told) + wrong_after_retry(machine, told, folder)
    copies.drop(folder)
    return found, ending.code in (KILLED, TIMED_OUT), how


if __name__ == "__main__":
    sys.exit(main())
