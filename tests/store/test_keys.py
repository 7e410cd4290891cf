"""Keys of periods: made once, kept on record, and never overwritten; sealed files in the lake."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from recon_engine.errors import GateBlocked, Gone, ReconError, Rejected, Unavailable
from recon_engine.store.keys import Keys
from recon_engine.store.lake import Lake
from recon_engine.store.state import State, open_state

MARCH, APRIL = (datetime(2026, month, 31 - month, 23, 59, tzinfo=UTC) for month in (3, 4))
CONTENT = b"id,customer\n1,Ada\n" * 20_000
"""More than one block of age."""


@pytest.fixture
def state(store_url: str) -> Iterator[State]:
    with open_state(store_url) as made:
        yield made


@pytest.fixture
def lake(state: State, tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", keys=Keys(tmp_path / "keys", state))


def keys_of(lake: Lake) -> Keys:
    assert lake.keys is not None
    return lake.keys


def destroy(lake: Lake, state: State) -> None:
    state.destroy_key("E1", "2026-03", actor="ann", reason="400 days")
    assert keys_of(lake).destroy("E1-2026-03")


def test_a_sealed_file_is_given_back_whole_and_lies_nowhere_open(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))

    assert (landed.size_bytes, landed.period) == (len(CONTENT), "E1-2026-03")
    with lake.open_landed(landed.file_id) as stream:
        assert stream.read() == CONTENT
    files = [path for path in lake.root.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{landed.file_id}.age"]
    assert files[0].read_bytes().startswith(b"age-encryption.org/v1\n")
    assert CONTENT[:20] not in files[0].read_bytes()


def test_an_auditor_opens_it_by_the_file_of_the_key_alone(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))
    sealed = lake.sealed(landed.file_id)
    assert sealed is not None
    key = keys_of(lake).folder / "E1-2026-03.key"

    secret = key.read_text().splitlines()[-1]
    assert pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(secret)]) == CONTENT
    if shutil.which("age"):
        command = ["age", "-d", "-i", str(key), str(sealed)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == CONTENT


def test_equal_bytes_of_a_later_period_stay_under_the_key_they_have(lake: Lake) -> None:
    first = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))

    again = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", APRIL))

    assert again == first
    assert [path.name for path in (lake.personal / "E1-2026-04").iterdir()] == []


def test_bytes_whose_key_was_destroyed_are_not_let_in_again(lake: Lake, state: State) -> None:
    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))
    destroy(lake, state)

    with pytest.raises(Rejected, match=r"erased by decision of ann at .* \(400 days\)"):
        lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", APRIL))
    with pytest.raises(Rejected, match="erased by decision of ann"):
        keys_of(lake).seal("E1", MARCH)
    with pytest.raises(Gone, match="erased by decision of ann"):
        lake.open_landed(landed.file_id)
    with pytest.raises(Gone, match="erased by decision of ann"):
        lake.cloak(landed.file_id)


def test_a_key_is_made_once_and_a_destroyed_one_lies_nowhere(lake: Lake, state: State) -> None:
    keys = keys_of(lake)
    keys.seal("E1", MARCH)
    secret = str(keys.identity("E1-2026-03"))
    head = state.audit_head()

    keys.seal("E1", MARCH)

    assert state.audit_head() == head
    assert str(keys.identity("E1-2026-03")) == secret
    destroy(lake, state)
    assert not keys.destroy("E1-2026-03")
    held = [path.read_text() for path in keys.folder.iterdir()]
    assert len(held) == 1
    assert secret not in held[0]


def test_a_key_that_a_killed_command_left_is_taken_up(
    lake: Lake, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: str) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as dying:
        dying.setattr(state, "make_key", away)
        with pytest.raises(Unavailable):
            keys_of(lake).seal("E1", MARCH)
    left = (keys_of(lake).folder / "digest.key").read_text()

    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))

    assert (keys_of(lake).folder / "digest.key").read_text() == left
    assert lake.open_landed(landed.file_id).read() == CONTENT


def test_bytes_that_are_not_let_in_leave_nothing(lake: Lake) -> None:
    def refuse(block: bytes) -> None:
        raise Rejected(f"no {len(block)}")

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise Unavailable("cut")
            return super().read(size)

    seal = keys_of(lake).seal("E1", MARCH)
    with pytest.raises(Rejected, match="no"):
        lake.land(io.BytesIO(CONTENT), refuse, seal)
    with pytest.raises(Unavailable, match="cut"):
        lake.land(Cut(CONTENT), seal=seal)

    assert [path for path in lake.root.rglob("*") if path.is_file()] == []


def test_a_disk_that_is_full_is_told_though_the_library_loses_it(
    small_disk: Path, state: State, tmp_path: Path
) -> None:
    lake = Lake(small_disk / "lake", keys=Keys(tmp_path / "keys", state))
    noise = bytes(range(256)) * 20_000

    with pytest.raises(Unavailable, match="the disk is full"):
        lake.land(io.BytesIO(noise), seal=keys_of(lake).seal("E1", MARCH))

    assert [path for path in lake.root.rglob("*") if path.is_file()] == []


def test_a_flipped_bit_and_a_cut_end_are_found(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))
    path = lake.sealed(landed.file_id)
    assert path is not None
    whole = path.read_bytes()

    for content in (whole[:-1], whole[:-100], whole[:100], bytes([whole[0] ^ 1]) + whole[1:]):
        path.write_bytes(content)
        with pytest.raises(GateBlocked, match="the key of its period does not open"):
            lake.open_landed(landed.file_id)
    other = lake.land(io.BytesIO(b"other"), seal=keys_of(lake).seal("E1", MARCH))
    taken = lake.sealed(other.file_id)
    assert taken is not None
    path.write_bytes(taken.read_bytes())
    with pytest.raises(GateBlocked, match="the bytes changed"):
        lake.open_landed(landed.file_id)


def test_rows_of_an_open_file_have_no_tokens(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(CONTENT))

    with pytest.raises(GateBlocked, match="found its bytes open"):
        lake.cloak(landed.file_id)


def test_the_sweep_takes_unfinished_files_and_leaves_sealed_ones(lake: Lake) -> None:
    landed = lake.land(io.BytesIO(CONTENT), seal=keys_of(lake).seal("E1", MARCH))
    (lake.personal / "E1-2026-03" / ".tmp-1").write_bytes(b"half")

    assert lake.sweep(set(), older_than_days=-1) == ["personal/E1-2026-03/.tmp-1"]
    assert lake.open_landed(landed.file_id).read() == CONTENT


def test_the_folder_of_digest_and_period_keys_is_held_against_the_record(
    lake: Lake, tmp_path: Path
) -> None:
    keys = keys_of(lake)
    keys.seal("E1", MARCH)
    assert [*keys.faults()] == []

    (keys.folder / "digest.key").write_text("00" * 32)
    assert ["found another key than the one on record" in one for one in keys.faults()] == [True]
    with pytest.raises(ReconError, match="digests of rows would differ"):
        keys.cloak("E1-2026-03")
    shutil.rmtree(keys.folder)
    assert ["the folder is gone, expected 2 keys" in one for one in keys.faults()] == [True]
