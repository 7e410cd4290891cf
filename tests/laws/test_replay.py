"""Law: landed files and the record of what came are enough; all else follows (P6, T10)."""

from __future__ import annotations

import shutil
from pathlib import Path

from recon_engine.replay import replay
from recon_engine.rulebook.environment import load_environment
from recon_engine.run import open_record
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
