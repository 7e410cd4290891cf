"""Durable writes, with a disk that fails at the worst moment."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import ReconError, Unavailable
from recon_engine.store import durable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(call: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(durable.os, call, fail)


def test_a_written_file_has_its_bytes_and_is_closed_to_others(tmp_path: Path) -> None:
    fresh = durable.write_durably(tmp_path / "x", b"money")

    assert fresh
    assert (tmp_path / "x").read_bytes() == b"money"
    assert (tmp_path / "x").stat().st_mode & 0o7777 & ~0o640 == 0
    assert names(tmp_path) == ["x"]


def test_a_taken_name_is_never_overwritten(tmp_path: Path) -> None:
    durable.write_durably(tmp_path / "x", b"first")

    fresh = durable.write_durably(tmp_path / "x", b"second")

    assert not fresh
    assert (tmp_path / "x").read_bytes() == b"first"
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failing_disk_gives_one_clear_line_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    failing(call, code, monkeypatch)

    with pytest.raises(Unavailable) as refusal:
        durable.write_durably(tmp_path / "x", b"money")

    assert str(refusal.value).startswith(str(tmp_path))
    assert "\n" not in str(refusal.value)
    assert names(tmp_path) == []


def test_a_full_disk_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing("write", errno.ENOSPC, monkeypatch)

    with pytest.raises(Unavailable, match="the disk is full; the file was not written"):
        durable.write_durably(tmp_path / "x", b"money")


def test_a_folder_that_may_not_be_written_is_not_called_busy(tmp_path: Path) -> None:
    with pytest.raises(ReconError) as refusal:
        durable.write_durably(tmp_path / "missing" / "x", b"money")

    assert not isinstance(refusal.value, Unavailable)


def test_a_write_that_takes_less_than_asked_goes_on_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    monkeypatch.setattr(durable.os, "write", lambda handle, rest: whole(handle, bytes(rest[:3])))

    durable.write_durably(tmp_path / "x", b"ten money!")

    assert (tmp_path / "x").read_bytes() == b"ten money!"


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def watched_fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        seen.append("folder" if path.is_dir() else "bytes")
        fsync(handle)

    def watched_rename(path: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(path, target)

    monkeypatch.setattr(durable.os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "rename", watched_rename)

    durable.write_durably(tmp_path / "x", b"money")

    assert seen == ["bytes", "rename", "folder"]


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_file_that_cannot_be_replaced_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    durable.replace_durably(tmp_path / "x", b"first")
    failing(call, errno.ENOSPC, monkeypatch)

    with pytest.raises(Unavailable, match="the disk is full"):
        durable.replace_durably(tmp_path / "x", b"second")

    assert (tmp_path / "x").read_bytes() == b"first"
    assert names(tmp_path) == ["x"]


def test_a_replaced_file_has_the_new_bytes_only(tmp_path: Path) -> None:
    durable.replace_durably(tmp_path / "x", b"first and longer")

    durable.replace_durably(tmp_path / "x", b"second")

    assert (tmp_path / "x").read_bytes() == b"second"
    assert names(tmp_path) == ["x"]
