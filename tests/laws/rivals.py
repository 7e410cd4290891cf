"""Runs of one date that get in each other's way, as processes forked from one that knows it all.

    python -m tests.laws.rivals FOLDER together ROUNDS     three at once, so many times
    python -m tests.laws.rivals FOLDER asleep STAGE        one sleeps at the gate of a stage

Prints JSON: by round how each run ended, and what was published at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.world import BUSINESS_DATE, Truth, make_world
from recon_engine.errors import ReconError
from recon_engine.gates import open_door
from recon_engine.night import run_night
from recon_engine.pipeline import STAGES
from recon_engine.run import Project, doorway, open_project
from recon_engine.run.scopes import scopes
from recon_engine.store.state import open_state
from recon_engine.store.state.database import utc_now

LEASED = timedelta(seconds=900)
Ended = dict[str, Any]


def forked(work: Callable[[], Ended]) -> tuple[int, int]:
    """Start a piece of work in a process of its own; return its number and where it will answer."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    code = 1
    try:
        with os.fdopen(write, "w") as told:
            json.dump(work(), told)
        code = 0
    finally:  # what fails here is told here: above it stands the parent's code
        if code:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(code)


def answer(child: int, read: int) -> Ended:
    """Return what a process says, once it has ended."""
    with os.fdopen(read) as told:
        found: Ended = json.load(told)
    os.waitpid(child, 0)
    return found


def night(folder: Path, *, late: bool = False) -> Ended:
    """Run the date and say how it ended; `late` is for a run that begins when leases are over."""
    with open_project(folder) as opened:
        project = opened
        if late:
            later = open_state(opened.environment.store_url, now=lambda: utc_now() + LEASED)
            project = replace(opened, state=later)
        try:
            run = run_night(project, BUSINESS_DATE, actor="rival").run
        except ReconError as error:
            return {"code": int(error.exit_code), "said": str(error)}
        return {"code": int(run.exit_code), "said": " ".join(run.findings)}


def standing(folder: Path) -> Ended:
    """Return every version of the date with its logical hash, and the length of a sound log."""
    with open_project(folder) as project:
        return {"versions": versions(project), "audit": project.state.verify_audit().count}


def versions(project: Project) -> dict[str, str]:
    """Return the logical hash of every version, by stage, scope and number."""
    found = {}
    for stage in STAGES:
        for scope in scopes(project.rulebook, stage.grain):
            version = project.state.current(stage.name, scope, BUSINESS_DATE)
            if version is not None:
                found[f"{stage.name}/{scope}/{version.version}"] = version.logical_hash
    return found


def together(world: Path, rounds: int) -> list[Ended]:
    """Run the date three times at once in a new project, over and over, then once more alone."""
    told = []
    for number in range(rounds):
        folder = Path(shutil.copytree(world, world.parent / f"round {number}"))
        rivals = [forked(lambda at=folder: night(at)) for _ in range(3)]
        ended = [answer(*rival) for rival in rivals]
        again = answer(*forked(lambda at=folder: night(at)))
        told.append(
            {"ended": ended, "again": again, **answer(*forked(lambda at=folder: standing(at)))}
        )
        shutil.rmtree(folder)
    return told


def asleep(world: Path, stage: str) -> list[Ended]:
    """Stop a run at a gate, run the date before and after its lease is over, and let it go on."""
    folder = Path(shutil.copytree(world, world.parent / "asleep"))
    sleeper = forked(lambda: sleeping(folder, stage))
    os.waitpid(sleeper[0], os.WUNTRACED)
    busy = answer(*forked(lambda: night(folder)))
    taken = answer(*forked(lambda: night(folder, late=True)))
    before = answer(*forked(lambda: standing(folder)))
    os.kill(sleeper[0], signal.SIGCONT)
    woken = answer(*sleeper)
    after = answer(*forked(lambda: standing(folder)))
    return [{"busy": busy, "taken": taken, "woken": woken, "before": before, "after": after}]


def sleeping(folder: Path, name: str) -> Ended:
    """Run the date, and fall asleep where the gate of a stage is about to weigh."""
    weigh = doorway.weigh

    def weigh_later(stage: Any, *rest: Any) -> Any:
        if stage.name == name:
            os.kill(os.getpid(), signal.SIGSTOP)
        return weigh(stage, *rest)

    doorway.weigh = weigh_later
    return night(folder)


if __name__ == "__main__":
    place, way, argument = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    make_world(place / "world", Truth(40), memory_limit="500MB", threads=1)
    open_door()
    ways = {"together": lambda: together(place / "world", int(argument))}
    ways["asleep"] = lambda: asleep(place / "world", argument)
    json.dump(ways[way](), sys.stdout)
