"""Kills at random: before random calls and at random instants; each is read and retried.

    python -m tests.faults.nightly --kills 1000 --seed 1

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
from pathlib import Path

from tests.faults.machine import GO_ON, KILL, KILLED, TIMED_OUT, Machine, compile_door
from tests.faults.night import RUN, make_books
from tests.faults.sweep import Recording, fresh, recordings, wrong_after_retry, wrong_to_read


def main() -> int:
    """Kill as often as asked, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.nightly")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        door = compile_door(base)
        if door is None:
            print("no C compiler here, or no Linux: nothing was killed", file=sys.stderr)
            return 2
        warm = make_books(base / "warm")
        with Machine(door, [[*RUN, "--project", str(warm)]], base / "said") as machine:
            return kill_all(machine, base, asked.kills, asked.seed)


def kill_all(machine: Machine, base: Path, kills: int, seed: int) -> int:
    """Kill the commands of a night in turn; return 1 where anything did not hold, else 0."""
    started, chance = time.monotonic(), random.Random(seed)  # noqa: S311 - no secret
    told = recordings(machine, base)
    for verb, one in told.items():
        print(
            f"{verb}: {len(one.calls)} durable calls, {len(one.states)} states that a crash may "
            f"leave, {one.seconds:.1f} s",
            flush=True,
        )
    wrong = died = torn = 0
    for number in range(1, kills + 1):
        verb = chance.choice(("run", "run", "approve", "post"))
        one = told[verb]
        found, dead, how = killed(machine, one, base, chance)
        died += dead
        torn += sum(line.startswith("torn read") for line in found)
        wrong += sum(not line.startswith("torn read") for line in found)
        for line in found:
            print(f"kill {number}, {verb}, {how}: {line}", flush=True)
    print(
        f"seed {seed}: {kills} kills, {died} died; torn reads {torn}, wrong after retry {wrong}; "
        f"{time.monotonic() - started:.0f} s"
    )
    return 1 if torn or wrong else 0


def killed(
    machine: Machine, told: Recording, base: Path, chance: random.Random
) -> tuple[list[str], bool, str]:
    """Kill a command once, before a call or at an instant; return what did not hold, and how."""
    folder = Path(shutil.copytree(told.start, fresh(base)))
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
    shutil.rmtree(folder)
    return found, ending.code in (KILLED, TIMED_OUT), how


if __name__ == "__main__":
    sys.exit(main())
