"""Law: landed files and the record of what came are enough; all else follows (P6, T10)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recon_engine.replay import replay
from recon_engine.rulebook.environment import load_environment
from recon_engine.run import open_record
from recon_engine.store import export
from tests.eventful_books import Eventful


def test_every_night_comes_out_of_an_empty_store_as_it_was_published(
    eventful: Eventful, tmp_path: Path
) -> None:
    """All parts are gone, so none is read: logical hashes stand in the manifests."""
    folder = shutil.copytree(eventful.folder, tmp_path / "books")
    shutil.rmtree(folder / "lake" / "parts")

    with open_record(load_environment(folder)) as record:
        found = replay(record)
        versions = len(record.state.referenced())

    differing = [difference for one in found for difference in one.differences]
    assert sum(one.scopes for one in found) == versions >= 100
    assert differing, "the parts are there"
    assert all(one.table for one in differing), "a stage could not be made again"
    assert {one.message.rpartition(": ")[2] for one in differing} == {
        "the file is gone, expected it under its hash; nothing was read"
    }


def test_another_writer_of_parquet_gives_the_same_rows(
    eventful: Eventful, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A new version of the writer must make nothing stale: here a format that differs in all."""
    monkeypatch.setattr(
        export,
        "WRITER",
        "format parquet, parquet_version v2, compression gzip, row_group_size 2048",
    )
    folder = shutil.copytree(eventful.folder, tmp_path / "books")
    with open_record(load_environment(folder)) as record:
        found = replay(record)

    assert len(found) >= 10
    assert [difference for one in found for difference in one.differences] == []
