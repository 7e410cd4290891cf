"""A night on a disk that is really full: it ends in one line, and goes on when there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from tests.faults.machine import Machine
from tests.faults.night import differences, unfinished
from tests.faults.sweep import Recording, clear, wrong_after_retry, wrong_to_read


@pytest.mark.parametrize("room_kb", [8, 64, 200, 400])
def test_a_night_on_a_full_disk_goes_on_when_there_is_room(
    machine: Machine, recorded: dict[str, Recording], small_disk: Path, room_kb: int
) -> None:
    told = recorded["run"]
    folder = told.states[0].disk.write(small_disk / "books")
    fill(small_disk / "filler", room_kb)

    stopped = machine.run(folder, *told.words)
    left = unfinished(folder)
    (small_disk / "filler").unlink()  # SQLite needs 32 KB of room for its index, even to read
    torn = wrong_to_read(folder, told)
    wrong = wrong_after_retry(machine, told, folder)

    assert stopped.code == ExitCode.NOT_NOW, stopped.err
    assert clear(stopped.err + stopped.out), stopped.err
    assert (left, torn, wrong) == ([], [], [])
    assert differences(folder) == []


def fill(path: Path, room_kb: int) -> None:
    """Fill a disk up to so much room."""
    with path.open("wb", buffering=0) as file:
        size = 0
        try:
            while True:
                size += file.write(b"x" * 4096)
        except OSError:
            file.truncate(size - room_kb * 1024)
