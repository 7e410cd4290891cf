"""A lake over another one reads it, never writes to it, and keeps nothing twice."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.store.lake import Lake
from recon_engine.store.overlay import Overlay
from tests.store.test_lake import manifest_of


@pytest.fixture
def overlay(lake: Lake, tmp_path: Path) -> Overlay:
    return Overlay(tmp_path / "above", lake)


def adopted(lake: Lake, content: bytes) -> str:
    staged = lake.staging / "new.parquet"
    staged.write_bytes(content)
    return lake.adopt(staged)


def files(lake: Lake) -> Iterator[str]:
    return (str(p.relative_to(lake.root)) for p in lake.root.rglob("*") if p.is_file())


def test_what_stands_below_is_read(lake: Lake, overlay: Overlay) -> None:
    part, landed = adopted(lake, b"rows"), lake.land(io.BytesIO(b"raw"))
    rules = lake.put_rulebook(b"rules")

    assert overlay.part(part).read_bytes() == b"rows"
    assert overlay.open_landed(landed.file_id).read() == b"raw"
    assert overlay.rulebook(rules) == b"rules"
    assert list(files(overlay)) == []


def test_a_table_of_a_manifest_below_is_read(lake: Lake, overlay: Overlay) -> None:
    manifest = manifest_of("0" * 64)

    sha = lake.put_manifest(manifest)

    assert overlay.dataset(sha, "open_item") == manifest.outputs["open_item"]


def test_what_is_new_stands_above_only(lake: Lake, overlay: Overlay) -> None:
    part = adopted(overlay, b"new rows")

    assert overlay.part(part).read_bytes() == b"new rows"
    assert list(files(lake)) == []


def test_a_part_that_stands_below_is_not_kept_twice(lake: Lake, overlay: Overlay) -> None:
    below = adopted(lake, b"rows")

    above = adopted(overlay, b"rows")

    assert above == below
    assert list(files(overlay)) == []
    assert overlay.part(above).read_bytes() == b"rows"


def test_a_changed_part_below_does_not_stand_for_ours(lake: Lake, overlay: Overlay) -> None:
    below = adopted(lake, b"rows")
    (lake.parts / f"{below}.parquet").chmod(0o600)
    (lake.parts / f"{below}.parquet").write_bytes(b"ROWS")

    with pytest.raises(GateBlocked, match="the bytes changed"):
        overlay.part(below)

    assert overlay.part(adopted(overlay, b"rows")).read_bytes() == b"rows"
