"""A lake over another one: what stands below is only read; what is new stands above."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from recon_engine.errors import GateBlocked
from recon_engine.ids import hash_stream
from recon_engine.store.cloak import Cloak
from recon_engine.store.lake import Lake
from recon_engine.store.manifest import Dataset, Manifest


class Overlay(Lake):
    """A lake whose folders lie elsewhere, and in which every file of another lake can be read.

    A part that the lake below has already, byte for byte, is not kept a second time: only what
    comes out otherwise takes room.
    """

    def __init__(self, root: Path, below: Lake) -> None:
        super().__init__(root)
        self.below = below

    @property
    def part_folders(self) -> tuple[Path, ...]:
        """The folders that parts are read from."""
        return (*super().part_folders, *self.below.part_folders)

    def open_landed(self, file_id: str) -> BinaryIO:
        """Return the bytes of a file that landed below."""
        return self.below.open_landed(file_id)

    def cloak(self, file_id: str) -> Cloak:
        """Return what makes the tokens for rows of a file that landed below."""
        return self.below.cloak(file_id)

    def adopt(self, staged: Path) -> str:
        """Return the hash of a staged part, which stands above unless it stands below as it was."""
        with staged.open("rb") as stream:
            sha, _ = hash_stream(stream)
        try:
            self.below.part(sha)
        except GateBlocked:
            return super().adopt(staged)
        staged.unlink()
        return sha

    def part(self, sha: str) -> Path:
        """Return the path of a part, from above if it stands there."""
        above = (self.parts / f"{sha}.parquet").exists()
        return super().part(sha) if above else self.below.part(sha)

    def manifest(self, sha: str) -> Manifest:
        """Return a manifest, from above if it stands there."""
        above = (self.manifests / f"{sha}.json").exists()
        return super().manifest(sha) if above else self.below.manifest(sha)

    def dataset(self, sha: str, table: str) -> Dataset:
        """Return one table of a manifest, from above if it stands there."""
        above = (self.manifests / f"{sha}.json").exists()
        return super().dataset(sha, table) if above else self.below.dataset(sha, table)

    def rulebook(self, sha: str) -> bytes:
        """Return the text of a rulebook below."""
        return self.below.rulebook(sha)
