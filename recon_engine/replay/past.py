"""The past: a scratch project that knows what the record held at some place, and no more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from recon_engine.rulebook.bundle import unbundle
from recon_engine.rulebook.environment import SQLITE
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.run import Project, Record
from recon_engine.store import shared
from recon_engine.store.lake import Lake
from recon_engine.store.overlay import Overlay
from recon_engine.store.state import Position, State, open_state


@dataclass
class Past:
    """A state and a lake of their own, over a record that is only read."""

    record: Record
    folder: Path
    state: State
    lake: Lake
    reached: Position = field(default_factory=Position)
    rulebooks: dict[str, Rulebook] = field(default_factory=dict)

    def advance(self, to: Position, *, versions: bool, before: date | None = None) -> None:
        """Let all be known that was on record at a place; going back is not possible.

        Without `versions`, what was published is left out; with `before`, versions and seals are
        those of earlier dates.
        """
        if to.audit_seq > self.reached.audit_seq:
            known = self.record.state.known_rows(self.reached, to, versions=versions, before=before)
            self.state.take(known)
            self.reached = to

    def project(self, rulebook_hash: str) -> Project:
        """Return the scratch project under the rules of that time.

        Raises: GateBlocked where their text is gone, was changed, or cannot be read any more.
        """
        if rulebook_hash not in self.rulebooks:
            place = self.record.lake.rulebooks / f"{rulebook_hash}.json"
            self.rulebooks[rulebook_hash] = unbundle(
                self.record.lake.rulebook(rulebook_hash), place
            )
        rules = self.rulebooks[rulebook_hash]
        return Project(self.folder, self.record.environment, rules, self.state, self.lake)

    def keep_suites(self, suites: Mapping[str, bytes]) -> None:
        """Let gates weigh by the suites of that time."""
        folder = self.folder / "expectations"
        folder.mkdir()
        for stage, suite in suites.items():
            (folder / f"{stage}.json").write_bytes(suite)


@contextmanager
def open_past(record: Record) -> Iterator[Past]:
    """Yield a past in which nothing is known yet; it is gone when the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="recon-past-") as name,
        open_state(f"{SQLITE}{name}/state.db") as state,
    ):
        folder = Path(name)
        try:
            yield Past(record, folder, state, Overlay(folder / "lake", record.lake))
        finally:
            shared.stop()
