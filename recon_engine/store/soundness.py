"""Is every file of a lake what its name says, and is every file there that the record names?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recon_engine.errors import ReconError
from recon_engine.ids import hash_stream
from recon_engine.store import durable
from recon_engine.store.lake import HASH, Lake
from recon_engine.store.state import State

SUFFIXES = {
    "landing": "",
    "parts": ".parquet",
    "manifests": ".json",
    "results": ".json",
    "rulebooks": ".json",
}
"""Folders in which every file is named by the hash of its bytes, and how the names end."""
AT_A_TIME = 2
"""Files that are hashed at a time."""


@dataclass(frozen=True)
class Damage:
    """A file that is not what it must be: its place in the lake, what was found, what expected."""

    place: str
    problem: str


def files_of(lake: Lake) -> list[Path]:
    """Return every file that has a hash for a name, or should have; unfinished ones are none."""
    return [
        path
        for folder in SUFFIXES
        for path in sorted((lake.root / folder).iterdir())
        if not path.name.startswith(durable.TEMPORARY)
    ]


def changed(files: list[Path], seen: Callable[[], None] = lambda: None) -> Iterator[Damage]:
    """Read every file to its end and yield those that are not what their names say.

    `seen` is called after each file. One that was swept meanwhile is none.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for path, problem in zip(files, pool.map(_problem, files), strict=True):
            if problem:
                yield Damage(f"{path.parent.name}/{path.name}", problem)
            seen()


def lacking(lake: Lake, state: State) -> Iterator[Damage]:
    """Yield each file that a delivery, a version or its manifest names and that is not there."""
    parts: set[str] = set()
    rulebooks: set[str] = set()
    for folder, sha in state.evidence():
        path = lake.root / folder / f"{sha}{SUFFIXES[folder]}"
        if not path.is_file():
            yield Damage(f"{folder}/{path.name}", "the file is gone, expected it as on record")
        elif folder == "manifests":
            try:
                manifest = lake.manifest(sha)
            except ReconError:
                continue  # it changed, and is found by its bytes
            parts |= manifest.part_names()
            rulebooks.add(manifest.rulebook_hash)
    for folder, named in (("parts", parts), ("rulebooks", rulebooks)):
        for sha in sorted(named):
            path = lake.root / folder / f"{sha}{SUFFIXES[folder]}"
            if not path.is_file():
                yield Damage(f"{folder}/{path.name}", "the file is gone, expected it by a manifest")


def _problem(path: Path) -> str:
    sha = path.name.removesuffix(SUFFIXES[path.parent.name])
    if not HASH.fullmatch(sha):
        return "found another name, expected the hash of the bytes"
    try:
        with path.open("rb") as stream:
            found, _ = hash_stream(stream)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{(error.strerror or str(error)).lower()}, expected a file that can be read"
    return "" if found == sha else f"found {found}, expected the hash in its name; bytes changed"
