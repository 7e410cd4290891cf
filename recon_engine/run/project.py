"""A project: its rulebook and environment, its SQL state and its lake, open for one command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from recon_engine.errors import ReconError
from recon_engine.rulebook.environment import SQLITE, Environment, load_environment
from recon_engine.rulebook.rulebook import Rulebook, load
from recon_engine.store import shared
from recon_engine.store.checkpoints import Checkpoints
from recon_engine.store.keys import Keys
from recon_engine.store.lake import Lake, Stamp
from recon_engine.store.manifest import Manifest
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

    Where something was written, a checkpoint outside the state tells at the end how far.
    Raises: RulebookError where the configuration is wrong, Unavailable where the store is away.
    """
    environment = load_environment(folder)
    rulebook = load(folder / "mappings")
    checkpoints = checkpoints_of(environment)
    checkpoints.refuse_open_key()
    with open_state(environment.store_url) as state, ExitStack() as ending:
        ending.callback(shared.stop)
        ending.push(_Checkpointed(checkpoints, state))
        yield _project(folder, environment, rulebook, state)


@contextmanager
def open_beside(folder: Path) -> Iterator[Project]:
    """Yield the project of a folder to a process that helps the one that has it open.

    It takes half of the memory, and leaves the checkpoint to that one.
    """
    environment = load_environment(folder).beside()
    with open_state(environment.store_url) as state, ExitStack() as ending:
        ending.callback(shared.stop)
        yield _project(folder, environment, load(folder / "mappings"), state)


def _project(folder: Path, environment: Environment, rulebook: Rulebook, state: State) -> Project:
    lake = Lake(environment.lake, stamped(state), keys_of(environment, state), state)
    return Project(folder, environment, rulebook, state, lake)


def checkpoints_of(environment: Environment) -> Checkpoints:
    """Return where the checkpoints of a project are kept."""
    return Checkpoints(environment.checkpoints, environment.checkpoint_key)


def keys_of(environment: Environment, state: State) -> Keys | None:
    """Return the keys of a project, if it keeps any."""
    return Keys(environment.period_keys, state) if environment.period_keys else None


def stamped(state: State) -> Stamp:
    """Return what puts the present end of the audit chain on a manifest."""

    def stamp(manifest: Manifest) -> Manifest:
        head = state.audit_head()
        return replace(manifest, audit_count=head.count, audit_hash=head.hash)

    return stamp


class _Checkpointed:
    """Adds a checkpoint at the end, where the audit chain has grown; errors of before win."""

    def __init__(self, checkpoints: Checkpoints, state: State) -> None:
        self._checkpoints, self._state = checkpoints, state
        self._before = state.audit_head()

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._state.audit_head() != self._before:
                self._checkpoints.add(self._state)
        except ReconError as failed:
            if error is None:
                raise type(failed)(
                    f"{failed}; what was done stands, and the next checkpoint covers it"
                ) from failed


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
        keys = keys_of(environment, state)
        yield Record(environment, state, Lake(lake, keys=keys, retirements=state))
