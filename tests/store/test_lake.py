"""The lake: what is in it is what its name says, or nothing."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from recon_engine.errors import GateBlocked, ReconError, Rejected, Unavailable
from recon_engine.store.lake import Lake
from recon_engine.store.manifest import Dataset, Manifest, Part

EIGHT_DAYS = 8 * 86_400


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def make_old(*paths: Path) -> None:
    then = time.time() - EIGHT_DAYS
    for path in paths:
        os.utime(path, (then, then))


def staged(lake: Lake, content: bytes) -> Path:
    path = lake.staging / f"{hashlib.sha256(content).hexdigest()[:8]}.parquet"
    path.write_bytes(content)
    return path


def manifest_of(sha: str) -> Manifest:
    dataset = Dataset("open_item", "open_item/1", (Part(sha, 2, 10),), 2, "h", {"amount|EUR": -5})
    return Manifest(
        stage="matching",
        scope="bank_de",
        business_date=date(2026, 3, 2),
        run_id="r1",
        run_key="k",
        rulebook_hash="b",
        code_version="1",
        inputs={"payout": ("h1", "h2")},
        outputs={"open_item": dataset},
        profile={"OPN-001": 0},
        decision_seq=3,
    )


def test_a_landed_file_has_the_name_of_its_bytes(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(b"a,b\n1,2\n"))

    assert landed.file_id == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert landed.size_bytes == 8
    assert lake.open_landed(landed.file_id).read() == b"a,b\n1,2\n"
    assert (lake.landing / landed.file_id).stat().st_mode & 0o137 == 0


def test_the_same_bytes_land_once(lake: Lake) -> None:
    first = lake.land(io.BytesIO(b"same"))
    inode = (lake.landing / first.file_id).stat().st_ino

    second = lake.land(io.BytesIO(b"same"))

    assert second == first
    assert [path.stat().st_ino for path in lake.landing.iterdir()] == [inode]


def test_what_the_scan_refuses_does_not_land(lake: Lake) -> None:
    def refuse(block: bytes) -> None:
        if b"4111" in block:
            raise Rejected("a card number")

    with pytest.raises(Rejected):
        lake.land(io.BytesIO(b"x,4111\n"), refuse)

    assert list(lake.landing.iterdir()) == []


def test_the_scan_sees_every_byte_and_then_the_end(lake: Lake) -> None:
    blocks: list[bytes] = []
    content = os.urandom(3 * (1 << 20) + 17)

    lake.land(io.BytesIO(content), blocks.append)

    assert b"".join(blocks) == content
    assert blocks[-1] == b""


def test_a_stream_that_breaks_leaves_nothing(lake: Lake) -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("cut")

    with pytest.raises(ConnectionResetError):
        lake.land(Cut(b"x"))

    assert list(lake.landing.iterdir()) == []


def test_a_flipped_bit_in_a_landed_file_is_refused_by_name(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(b"a,b\n1,2\n"))
    flip_a_bit(lake.landing / landed.file_id)

    with pytest.raises(GateBlocked, match=landed.file_id):
        lake.open_landed(landed.file_id)


def test_a_flipped_bit_in_a_part_is_refused_by_name(lake: Lake) -> None:
    sha = lake.adopt(staged(lake, b"rows of a part"))
    flip_a_bit(lake.parts / f"{sha}.parquet")

    with pytest.raises(GateBlocked, match=sha):
        lake.part(sha)


def test_a_part_that_changed_after_it_was_read_is_refused(lake: Lake) -> None:
    sha = lake.adopt(staged(lake, b"rows of a part"))
    path = lake.part(sha)
    flip_a_bit(path)
    make_old(path)

    with pytest.raises(GateBlocked, match=sha):
        lake.part(sha)


def test_a_missing_part_is_named(lake: Lake) -> None:
    with pytest.raises(GateBlocked, match="the file is gone"):
        lake.part("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_hash_is_a_name(lake: Lake, name: str) -> None:
    with pytest.raises(ReconError, match="64 hexadecimal digits"):
        lake.open_landed(name)


def test_a_part_that_cannot_be_synced_is_not_left_in_staging(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = staged(lake, b"rows of a part")

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(Unavailable, match="the disk is full"):
        lake.adopt(file)

    assert [*lake.staging.iterdir(), *lake.parts.iterdir()] == []


def test_adopting_equal_content_twice_keeps_one_part(lake: Lake) -> None:
    first = lake.adopt(staged(lake, b"rows"))
    second = lake.adopt(staged(lake, b"rows"))

    assert first == second
    assert [path.name for path in lake.parts.iterdir()] == [f"{first}.parquet"]
    assert list(lake.staging.iterdir()) == []


def test_a_manifest_comes_back_as_it_was_put(lake: Lake) -> None:
    manifest = manifest_of("0" * 64)

    sha = lake.put_manifest(manifest)

    assert lake.manifest(sha) == manifest
    assert lake.put_manifest(manifest) == sha


def test_equal_manifests_have_one_text_whatever_the_order_of_their_keys() -> None:
    manifest = manifest_of("0" * 64)
    profile = {"B": 1, "A": 2}

    turned = dict(reversed(profile.items()))

    assert replace(manifest, profile=profile).text() == replace(manifest, profile=turned).text()


def test_a_flipped_bit_in_a_manifest_is_refused_by_name(lake: Lake) -> None:
    sha = lake.put_manifest(manifest_of("0" * 64))
    flip_a_bit(lake.manifests / f"{sha}.json")

    with pytest.raises(GateBlocked, match=sha):
        lake.manifest(sha)


def test_a_table_of_a_manifest_is_read_once_and_never_after_a_flipped_bit(lake: Lake) -> None:
    manifest = manifest_of("0" * 64)
    sha = lake.put_manifest(manifest)
    (table, dataset), *_ = manifest.outputs.items()

    first, again = lake.dataset(sha, table), lake.dataset(sha, table)
    flip_a_bit(lake.manifests / f"{sha}.json")

    assert first == dataset
    assert again is first
    with pytest.raises(GateBlocked, match=sha):
        lake.dataset(sha, table)


def test_a_text_that_is_no_manifest_is_refused(lake: Lake) -> None:
    content = b'{"stage":"matching"}'
    sha = hashlib.sha256(content).hexdigest()
    (lake.manifests / f"{sha}.json").write_bytes(content)

    with pytest.raises(GateBlocked, match="expected a manifest"):
        lake.manifest(sha)


def test_the_sweep_removes_old_leftovers_and_nothing_else(lake: Lake) -> None:
    kept = lake.adopt(staged(lake, b"published"))
    loose = lake.adopt(staged(lake, b"never published"))
    young = lake.adopt(staged(lake, b"about to be published"))
    published = lake.put_manifest(manifest_of(kept))
    landed = lake.land(io.BytesIO(b"raw"))
    torn = lake.landing / ".tmp-0123"
    torn.write_bytes(b"half")
    (lake.staging / "run").mkdir()
    make_old(
        lake.parts / f"{kept}.parquet",
        lake.parts / f"{loose}.parquet",
        lake.manifests / f"{published}.json",
        lake.landing / landed.file_id,
        torn,
        lake.staging / "run",
    )

    swept = lake.sweep({published})

    assert swept == sorted([f"parts/{loose}.parquet", "landing/.tmp-0123", "staging/run"])
    assert lake.part(kept).exists()
    assert lake.part(young).exists()
    assert lake.open_landed(landed.file_id).read() == b"raw"


def test_the_sweep_removes_nothing_where_a_published_manifest_is_unreadable(lake: Lake) -> None:
    loose = lake.adopt(staged(lake, b"never published"))
    make_old(lake.parts / f"{loose}.parquet")

    with pytest.raises(GateBlocked):
        lake.sweep({"0" * 64})

    assert lake.part(loose).exists()


def test_an_old_part_that_is_adopted_again_is_young_again(lake: Lake) -> None:
    sha = lake.adopt(staged(lake, b"rows"))
    make_old(lake.parts / f"{sha}.parquet")

    lake.adopt(staged(lake, b"rows"))

    assert lake.sweep(set()) == []


def test_the_sweep_leaves_rulebooks_and_what_gates_answered(lake: Lake) -> None:
    rules, answer = lake.put_rulebook(b"rules"), lake.put_result(b"answer")
    torn = lake.rulebooks / ".tmp-0123"
    torn.write_bytes(b"half")
    make_old(lake.rulebooks / f"{rules}.json", lake.results / f"{answer}.json", torn)

    swept = lake.sweep(set())

    assert swept == ["rulebooks/.tmp-0123"]
    assert lake.rulebook(rules) == b"rules"
    assert lake.result(answer) == b"answer"


def test_a_rulebook_whose_bytes_changed_is_refused_by_name(lake: Lake) -> None:
    path = lake.rulebooks / f"{lake.put_rulebook(b'rules')}.json"
    path.write_bytes(b"RULES")

    with pytest.raises(GateBlocked, match=f"{path.name}: the bytes changed"):
        lake.rulebook(path.stem)
