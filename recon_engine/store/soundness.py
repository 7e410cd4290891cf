"""Is every file of a lake what its name says, and is every file there that the record names?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recon_engine.errors import Gone, ReconError
from recon_engine.ids import hash_stream
from recon_engine.store import durable, sealed
from recon_engine.store.keys import erased
from recon_engine.store.lake import HASH, Lake
from recon_engine.store.retired import retired
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


@dataclass(frozen=True)
class Erasure:
    """Landed files that nobody reads any more, because a person destroyed the key of a period."""

    period: str
    files: int
    said: str
    """By whom, when and why."""


@dataclass(frozen=True)
class Retirements:
    """Files that went by one decision; a kept night may have made some of them again since."""

    what: str
    files: int
    standing: int
    said: str
    """By whom, when and why."""


def files_of(lake: Lake) -> list[Path]:
    """Return every file that has a hash for a name, or should have; unfinished ones are none."""
    folders = [*(lake.root / folder for folder in SUFFIXES), *sorted(lake.personal.glob("*"))]
    return [
        path
        for folder in folders
        for path in sorted(folder.iterdir())
        if not path.name.startswith(durable.TEMPORARY)
    ]


def changed(
    lake: Lake, files: list[Path], seen: Callable[[], None] = lambda: None
) -> Iterator[Damage]:
    """Read every file to its end and yield those that are not what their names say.

    What was erased by decision is none of them. `seen` is called after each file. One that was
    swept meanwhile is none.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for path, problem in zip(files, pool.map(lambda p: _problem(lake, p), files), strict=True):
            if problem:
                yield Damage(str(path.relative_to(lake.root)), problem)
            seen()


def erasures(lake: Lake) -> list[Erasure]:
    """Return what was erased by decision, by period; a period may have no file any more."""
    return [
        Erasure(name, len(sealed_files(lake, name)), erased(one))
        for one in (lake.keys.known() if lake.keys else ())
        if one.step == "destroyed"
        for name in [f"{one.entity}-{one.period}"]
    ]


def retirements(lake: Lake) -> list[Retirements]:
    """Return what was retired by decision, in order, with what still stands of it."""
    held = lake.retired
    return [
        Retirements(
            f"{one.entity} to {one.upto}",
            one.files,
            sum((lake.root / place).exists() for place in held.places(one)),
            retired(one),
        )
        for one in (held.record.retirements() if held else ())
        if held is not None
    ]


def sealed_files(lake: Lake, period: str) -> list[Path]:
    """Return the landed files that the key of a period seals."""
    return sorted((lake.personal / period).glob(f"*{sealed.SUFFIX}"))


def lacking(lake: Lake, state: State) -> Iterator[Damage]:
    """Yield each file that a delivery, a version or its manifest names and that is not there.

    What was retired by decision is none of them.
    """
    parts: set[str] = set()
    rulebooks: set[str] = set()
    gone = lake.retired.known().keys() if lake.retired else set[str]()
    for folder, sha in state.evidence():
        path = lake.root / folder / f"{sha}{SUFFIXES[folder]}"
        landed = folder == "landing" and (sha in gone or lake.sealed(sha))
        if not path.is_file() and not landed:
            yield Damage(f"{folder}/{path.name}", "the file is gone, expected it as on record")
        elif folder == "manifests":
            try:
                manifest = lake.manifest(sha)
            except ReconError:
                continue  # it changed, and is found by its bytes
            parts |= manifest.part_names()
            rulebooks.add(manifest.rulebook_hash)
    for folder, named in (("parts", parts), ("rulebooks", rulebooks)):
        for sha in sorted(named - gone):
            path = lake.root / folder / f"{sha}{SUFFIXES[folder]}"
            if not path.is_file():
                yield Damage(f"{folder}/{path.name}", "the file is gone, expected it by a manifest")


def _problem(lake: Lake, path: Path) -> str:
    is_sealed = path.parent.parent == lake.personal
    suffix = sealed.SUFFIX if is_sealed else SUFFIXES[path.parent.name]
    sha = path.name.removesuffix(suffix)
    if not HASH.fullmatch(sha):
        return "found another name, expected the hash of the bytes"
    try:
        if is_sealed:
            return _sealed_problem(lake, path)
        with path.open("rb") as stream:
            found, _ = hash_stream(stream)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{(error.strerror or str(error)).lower()}, expected a file that can be read"
    return "" if found == sha else f"found {found}, expected the hash in its name; bytes changed"


def _sealed_problem(lake: Lake, path: Path) -> str:
    """Return what is wrong with a sealed file; one whose key was destroyed is as it must be."""
    if lake.keys is None:
        return "found a sealed file and no folder of keys, expected privacy.keys in recon.yaml"
    try:
        found = sealed.hash_sealed(path, lake.keys.identity(path.parent.name))
    except Gone:
        return ""
    except ReconError as error:
        return str(error)
    return "" if found == path.stem else f"found {found}, expected the hash in its name"
