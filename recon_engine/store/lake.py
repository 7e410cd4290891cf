"""The lake: files that are never changed, under the hash of their bytes."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recon_engine.errors import GateBlocked, Gone, ReconError, Rejected
from recon_engine.ids import BLOCK, hash_stream, sha256_hex
from recon_engine.store import durable, sealed
from recon_engine.store.cloak import Cloak
from recon_engine.store.keys import Keys, Seal, erased
from recon_engine.store.manifest import Dataset, Manifest, read_manifest
from recon_engine.store.retired import Retired, RetirementRecord

HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
DAY_SECONDS = 86_400
Scan = Callable[[bytes], None]
Print = tuple[int, int]
Stamp = Callable[[Manifest], Manifest]
REMEMBERED = 512
"""Manifests that a process keeps at most: of a few nights, however many nights there are."""


@dataclass(frozen=True)
class Landed:
    """A file as received: the hash of its bytes is its name and its identity."""

    file_id: str
    size_bytes: int
    period: str = ""
    """The period whose key seals it, `E1-2026-03`; empty where its bytes lie open."""


class Lake:
    """Folders of files under their hash; staging, spill and runs, where no reader looks."""

    def __init__(
        self,
        root: Path,
        stamp: Stamp | None = None,
        keys: Keys | None = None,
        retirements: RetirementRecord | None = None,
    ) -> None:
        """Open the lake of a folder; `stamp` puts on a manifest what is known when it is kept.

        `keys` seal what holds personal fields; without them nothing such can land or be read.
        `retirements` tell which files are gone by decision.
        """
        self._stamp, self.keys = stamp, keys
        self.root = durable.make_folder(root.resolve())
        self.landing = durable.make_folder(self.root / "landing")
        self.personal = self.root / "personal"
        self.parts = durable.make_folder(self.root / "parts")
        self.manifests = durable.make_folder(self.root / "manifests")
        self.results = durable.make_folder(self.root / "results")
        self.retired = Retired(self.results, retirements) if retirements else None
        self.rulebooks = durable.make_folder(self.root / "rulebooks")
        self.staging = durable.make_folder(self.root / "staging")
        self.spill = durable.make_folder(self.root / "spill")
        self.runs = durable.make_folder(self.root / "runs")
        self._verified: dict[Path, Print] = {}
        self._manifests: dict[str, tuple[Print, Manifest]] = {}
        self._datasets: dict[tuple[str, str], tuple[Print, Dataset]] = {}

    @property
    def part_folders(self) -> tuple[Path, ...]:
        """The folders that parts are read from."""
        return (self.parts,)

    def land(self, stream: BinaryIO, scan: Scan | None = None, seal: Seal | None = None) -> Landed:
        """Return the identity of a stream's bytes, which are then on the disk under their hash.

        Known bytes are not kept twice. `scan` sees every block in order and an empty one at the end
        before the file has a name; what it raises keeps the bytes out. With a `seal` they are
        readable with the key of its period alone; bytes that are sealed already stay as they are.
        Raises: Rejected where the key that sealed these bytes was destroyed.
        """
        if seal is not None:
            return self._land_sealed(stream, scan, seal)
        digest, size = hashlib.sha256(), 0
        with durable.new_file(self.landing) as file:
            while block := stream.read(BLOCK):
                if scan is not None:
                    scan(block)
                digest.update(block)
                size += len(block)
                file.write(block)
            if scan is not None:
                scan(b"")
        file_id = digest.hexdigest()
        durable.settle(file.path, self.landing / file_id)
        return Landed(file_id, size)

    def _land_sealed(self, stream: BinaryIO, scan: Scan | None, seal: Seal) -> Landed:
        folder = durable.make_folder(self.personal / seal.period)
        file_id, size, unfinished = sealed.seal(stream, scan, folder, seal.recipient)
        there = self.sealed(file_id)
        if there is None:
            durable.settle(unfinished, folder / f"{file_id}{sealed.SUFFIX}")
            return Landed(file_id, size, seal.period)
        unfinished.unlink()
        period = there.parent.name
        standing = self.keys.standing(period) if self.keys else None
        if standing is not None and standing.step == "destroyed":
            raise Rejected(
                f"file {file_id[:12]}: the same bytes came in {period}, {erased(standing)}; "
                "the file was not landed"
            )
        return Landed(file_id, size, period)

    def sealed(self, file_id: str) -> Path | None:
        """Return where a landed file lies that the key of a period sealed, or None."""
        folders = sorted(self.personal.iterdir()) if self.personal.is_dir() else ()
        paths = (folder / f"{_checked(file_id)}{sealed.SUFFIX}" for folder in folders)
        return next((path for path in paths if path.exists()), None)

    def cloak(self, file_id: str) -> Cloak:
        """Return what makes the tokens for rows of a landed file: by the key that sealed it.

        Raises: Gone where that was destroyed; GateBlocked where no key sealed the file.
        """
        path = self.sealed(file_id)
        if path is None:
            self._refuse_retired(self.landing / file_id)
        if path is None or self.keys is None:
            raise GateBlocked(
                f"file {file_id[:12]}: found its bytes open, or no folder of keys, expected a file "
                "that landed after its source named personal fields; nothing was read"
            )
        return self.keys.cloak(path.parent.name)

    def open_landed(self, file_id: str) -> BinaryIO:
        """Return the bytes of a landed file, read once to check them against its hash.

        Raises: GateBlocked where they changed since they landed, or are gone; Gone where a person
                decided that nobody reads them.
        """
        path = self.landing / _checked(file_id)
        there = None if path.exists() else self.sealed(file_id)
        if there is not None:
            if self.keys is None:
                raise ReconError(
                    f"{there}: found a sealed file and no folder of keys, expected privacy.keys in "
                    "recon.yaml; nothing was read"
                )
            return sealed.unseal(there, self.keys.identity(there.parent.name), self.staging)
        self._refuse_retired(path)
        stream = _open(path)
        try:
            found, _ = hash_stream(stream)
            if found != file_id:
                raise GateBlocked(_changed(path))
            stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return stream

    def adopt(self, staged: Path) -> str:
        """Return the hash of a staged Parquet file, which has moved under it into the parts.

        It is removed where anything was raised. No reader knows it before a manifest and a
        published version name it.
        """
        try:
            durable.finish(staged)
            with staged.open("rb") as stream:
                sha, _ = hash_stream(stream)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        durable.settle(staged, self.parts / f"{sha}.parquet")
        return sha

    def part(self, sha: str) -> Path:
        """Return the path of a part whose bytes agree with its name; hashed once a process.

        Raises: GateBlocked where they do not, or the file is gone; Gone where a person retired it.
        """
        path = self.parts / f"{_checked(sha)}.parquet"
        self._refuse_retired(path)
        seen = _print_of(path)
        if self._verified.get(path) != seen:
            with _open(path) as stream:
                found, _ = hash_stream(stream)
            if found != sha:
                raise GateBlocked(_changed(path))
            self._verified[path] = seen
        return path

    def _refuse_retired(self, path: Path) -> None:
        if self.retired is None or path.exists():
            return
        if said := self.retired.said(path.stem):
            raise Gone(str(path.relative_to(self.root)), said)

    def put_manifest(self, manifest: Manifest) -> str:
        """Return the hash of a manifest's text, under which it is on the disk."""
        kept = manifest if self._stamp is None else self._stamp(manifest)
        content = kept.text().encode("utf-8")
        sha = sha256_hex(content)
        durable.write_durably(self.manifests / f"{sha}.json", content)
        return sha

    def put_result(self, content: bytes) -> str:
        """Return the hash of a gate's answer, under which it is on the disk; it is never swept."""
        sha = sha256_hex(content)
        durable.write_durably(self.results / f"{sha}.json", content)
        return sha

    def result(self, sha: str) -> bytes:
        """Return a gate's answer by its hash.

        Raises: GateBlocked where its bytes changed or are gone.
        """
        return _whole(self.results / f"{_checked(sha)}.json")

    def put_rulebook(self, content: bytes) -> str:
        """Return the hash of a rulebook's text, which is on the disk under it and never swept."""
        sha = sha256_hex(content)
        durable.write_durably(self.rulebooks / f"{sha}.json", content)
        return sha

    def rulebook(self, sha: str) -> bytes:
        """Return a rulebook's text by its hash.

        Raises: GateBlocked where its bytes changed or are gone.
        """
        return _whole(self.rulebooks / f"{_checked(sha)}.json")

    def manifest(self, sha: str) -> Manifest:
        """Return a manifest by its hash; some are remembered, as long as their files stay.

        Raises: GateBlocked where its bytes changed or are gone.
        """
        path = self.manifests / f"{_checked(sha)}.json"
        seen, known = _print_of(path), self._manifests.get(sha)
        if known is not None and known[0] == seen:
            return known[1]
        with _open(path) as stream:
            content = stream.read()
        if sha256_hex(content) != sha:
            raise GateBlocked(_changed(path))
        manifest = read_manifest(content.decode("utf-8"), str(path))
        if len(self._manifests) >= REMEMBERED:
            self._manifests.clear()
        self._manifests[sha] = seen, manifest
        return manifest

    def dataset(self, sha: str, table: str) -> Dataset:
        """Return one table of a manifest: a history of years is remembered by these alone.

        Raises: GateBlocked where the manifest's bytes changed or are gone.
        """
        seen = _print_of(self.manifests / f"{_checked(sha)}.json")
        known = self._datasets.get((sha, table))
        if known is None or known[0] != seen:
            known = self._datasets[sha, table] = seen, self.manifest(sha).outputs[table]
        return known[1]

    def sweep(
        self, referenced: set[str], older_than_days: int = 7, *, dry_run: bool = False
    ) -> list[str]:
        """Remove what no published version refers to, and return its names under the root, sorted.

        `referenced` are the hashes of all published manifests. No landed file is removed here.
        Younger files stay: a run may be about to publish them. A dry run removes nothing.
        Raises: GateBlocked where a referenced manifest cannot be read; nothing is removed then.
        """
        parts = {name for sha in referenced for name in self.manifest(sha).part_names()}
        before = time.time() - older_than_days * DAY_SECONDS
        doomed = [
            path for path in self._leftovers(referenced, parts) if path.lstat().st_mtime < before
        ]
        for path in () if dry_run else doomed:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return sorted(str(path.relative_to(self.root)) for path in doomed)

    def _leftovers(self, manifests: set[str], parts: set[str]) -> Iterator[Path]:
        for folder, kept in ((self.manifests, manifests), (self.parts, parts)):
            yield from (path for path in folder.iterdir() if path.stem not in kept)
        for folder in (self.landing, self.results, self.rulebooks, *self.personal.glob("*")):
            yield from folder.glob(f"{durable.TEMPORARY}*")
        for folder in (self.staging, self.spill, self.runs):
            yield from folder.iterdir()


def _checked(sha: str) -> str:
    if not HASH.fullmatch(sha):
        raise ReconError(
            f"lake: found the name '{sha[:80]}', expected 64 hexadecimal digits; nothing was read"
        )
    return sha


def _whole(path: Path) -> bytes:
    """Return all bytes of a file that is named by their hash."""
    with _open(path) as stream:
        content = stream.read()
    if sha256_hex(content) != path.stem:
        raise GateBlocked(_changed(path))
    return content


def _open(path: Path) -> BinaryIO:
    with _clear(path):
        return path.open("rb")


def _print_of(path: Path) -> Print:
    """Return size and time of a file, by which a change is noticed."""
    with _clear(path):
        seen = path.stat()
        return seen.st_size, seen.st_mtime_ns


@contextmanager
def _clear(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise GateBlocked(
            f"{path}: the file is gone, expected it under its hash; nothing was read"
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ReconError(f"{path}: {reason}; nothing was read") from error


def _changed(path: Path) -> str:
    return f"{path}: the bytes changed, expected the hash in the name; nothing was read"
