"""Retired files: gone by decision, as lists in the lake say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex

if TYPE_CHECKING:
    from recon_engine.store.state import Retirement


class RetirementRecord(Protocol):
    """What the state knows of retirements."""

    def retirements(self) -> list[Retirement]:
        """Return every retirement, in order."""


@dataclass
class Retired:
    """The lists of what was retired, each read once and checked against its hash on record."""

    results: Path
    """The folder of the lake in which they stand."""
    record: RetirementRecord
    _places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[str, Retirement] = field(default_factory=dict)
    _seen: int = 0

    def places(self, one: Retirement) -> tuple[str, ...]:
        """Return the places under the lake that a retirement lists.

        Raises: GateBlocked where the list changed or is gone.
        """
        if one.list_sha not in self._places:
            path = self.results / f"{one.list_sha}.json"
            try:
                content = path.read_bytes()
            except OSError as error:
                raise GateBlocked(
                    f"{path}: the list of retired files cannot be read ({error}), expected it as "
                    "on record; nothing was read"
                ) from error
            if sha256_hex(content) != one.list_sha:
                raise GateBlocked(f"{path}: the bytes changed, expected the hash in the name")
            self._places[one.list_sha] = tuple(json.loads(content)["files"])
        return self._places[one.list_sha]

    def said(self, sha: str) -> str:
        """Return who retired the file of a hash, when and why; empty where nobody did."""
        one = self.known().get(sha)
        return "" if one is None else retired(one)

    def known(self) -> dict[str, Retirement]:
        """Return the hash of every file that was retired, with the last decision on it."""
        steps = self.record.retirements()
        if len(steps) != self._seen:
            self._known = {Path(name).stem: one for one in steps for name in self.places(one)}
            self._seen = len(steps)
        return self._known


def list_of(entity: str, upto: str, places: Sequence[str]) -> bytes:
    """Return the text of a list of places under the lake."""
    told = {"entity": entity, "upto": upto, "files": sorted(places)}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")


def retired(one: Retirement) -> str:
    """Return who retired files, when and why."""
    return f"retired by decision of {one.actor} at {one.at:%Y-%m-%d %H:%M:%S} UTC ({one.reason})"
