"""A store that promises nothing, so that the cost of the promises can be measured beside it.

Bytes are copied and tables written in the order of their keys, as every output of the engine is:
nothing is hashed, read back, checked when it is opened, or put on the disk before it is named.
"""

from __future__ import annotations

import os
import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from unittest.mock import patch

from recon_engine.store.export import WRITER, Queries, StagedDataset, copy_query
from recon_engine.store.keys import Seal
from recon_engine.store.lake import Lake, Landed, Scan
from recon_engine.tables.table import Table


class NaiveLake(Lake):
    """Keeps files under names made up by chance."""

    def land(self, stream: BinaryIO, scan: Scan | None = None, seal: Seal | None = None) -> Landed:
        """Return a made-up identity of a stream, which was copied."""
        name = secrets.token_hex(32)
        with (self.landing / name).open("wb") as file:
            shutil.copyfileobj(stream, file)
            return Landed(name, file.tell())

    def open_landed(self, file_id: str) -> BinaryIO:
        """Return the bytes of a landed file as they are."""
        return (self.landing / file_id).open("rb")

    def adopt(self, staged: Path) -> str:
        """Return a made-up name for a staged file, which has moved to it."""
        name = secrets.token_hex(32)
        staged.rename(self.parts / f"{name}.parquet")
        return name

    def part(self, sha: str) -> Path:
        """Return the path of a part as it is."""
        return self.parts / f"{sha}.parquet"


def write(run: Queries, place: str, table: Table, relation: str, folder: Path) -> StagedDataset:
    """Write a relation as one Parquet file, by the statement of the real store and no other."""
    del place  # nothing is refused here
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table.name}-{uuid.uuid4().hex}.parquet"
    ((count,),) = run.rows(copy_query(table, f'"{relation}"', WRITER), part=str(path))
    size = path.stat().st_size
    return StagedDataset(table.name, table.contract, path, count, size, secrets.token_hex(32), {})


@contextmanager
def promising_nothing() -> Iterator[None]:
    """Put the naive store in the place of the real one."""
    with (
        patch("recon_engine.run.project.Lake", NaiveLake),
        patch("recon_engine.store.export.export", write),
        patch.object(os, "fsync"),
    ):
        yield
