"""A disk that is really full: a 2 MB file system of the test's own."""

from __future__ import annotations

import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from recon_engine.errors import Unavailable
from recon_engine.store.lake import Lake
from recon_engine.store.state import State, open_state
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import CROSS_REFERENCE


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def seal_days(state: State, first: date) -> None:
    """Seal one day after the other, each with its audit row, until the disk has had enough."""
    for days in range(1000):
        state.seal("ENTITY" * 200, first + timedelta(days=days), "r1")


def test_an_export_that_fills_the_disk_leaves_no_file(small_disk: Path) -> None:
    lake = Lake(small_disk / "lake")
    columns = ", ".join(f"sha256('{name}' || i) as {name}" for name in CROSS_REFERENCE.names)

    with Workspace.open(lake, memory_limit="500MB", threads=1, place="canonical") as workspace:
        workspace.make("made", f"select {columns} from range(100000) as r(i)")
        with pytest.raises(Unavailable, match="the disk is full; nothing was written"):
            workspace.export(CROSS_REFERENCE, "made", lake.staging / "run")

    assert files(small_disk) == []


def test_a_file_that_fills_the_disk_does_not_land_and_earlier_ones_stay(small_disk: Path) -> None:
    lake = Lake(small_disk / "lake")
    first = lake.land(io.BytesIO(b"first"))

    with pytest.raises(Unavailable, match="the disk is full; the file was not written"):
        lake.land(io.BytesIO(os.urandom(3 << 20)))

    assert files(small_disk) == [lake.landing / first.file_id]
    assert lake.open_landed(first.file_id).read() == b"first"


def test_a_state_that_fills_the_disk_keeps_its_last_whole_transaction(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 1_600_000)
    first = date(2026, 3, 2)

    with open_state(f"sqlite:///{small_disk}/state.db") as state:
        with pytest.raises(Unavailable, match="disk is full"):
            seal_days(state, first)
        head = state.verify_audit()
        last = state.sealed_to("ENTITY" * 200, date.max)

    assert head.count > 0
    assert last == first + timedelta(days=head.count - 1)
