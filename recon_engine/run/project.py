"""A project: its rulebook and environment, its SQL state and its lake, open for one command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon_engine.rulebook.environment import SQLITE, Environment, load_environment
from recon_engine.rulebook.rulebook import Rulebook, load
from recon_engine.store import shared
from recon_engine.store.lake import Lake
from recon_engine.store.state import State, open_state


@dataclass(frozen=True)
class Project:
    """Everything that a run needs, and nothing that a stage may see."""

    folder: Path
    environment: Environment
    rulebook: Rulebook
    state: State
    lake: Lake


@contextmanager
def open_project(folder: Path) -> Iterator[Project]:
    """Yield the project of a folder; its state is brought to this version's tables first.

    Raises: RulebookError where the configuration is wrong, Unavailable where the store is away.
    """
    environment = load_environment(folder)
    rulebook = load(folder / "mappings")
    state = open_state(environment.store_url)
    try:
        yield Project(folder, environment, rulebook, state, Lake(environment.lake))
    finally:
        shared.stop()
        state.close()


@dataclass(frozen=True)
class Record:
    """What a project has on record; the rules it has today are no part of it."""

    environment: Environment
    state: State
    lake: Lake


@contextmanager
def open_record(environment: Environment) -> Iterator[Record]:
    """Yield the record of a project and make nothing in it: what is missing is empty, elsewhere.

    Raises: Unavailable where the store is away.
    """
    url = environment.store_url
    path = Path(url.removeprefix(SQLITE))
    with ExitStack() as stack:
        nowhere = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="recon-")))
        if url.startswith(SQLITE) and not path.exists():
            url = f"{SQLITE}{nowhere}/state.db"
        lake = environment.lake if environment.lake.is_dir() else nowhere / "lake"
        state = stack.enter_context(open_state(url))
        yield Record(environment, state, Lake(lake))
