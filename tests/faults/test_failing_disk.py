"""A disk that fails at any call: one clear line, nothing left behind, and earlier results stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.conftest import SHARES
from tests.faults.machine import FULL, SILENT, Machine
from tests.faults.sweep import Errors, Recording, ends_of_bursts, legs

FAULTS = pytest.mark.parametrize("fault", [FULL, SILENT], ids=["full", "silent"])


@FAULTS
@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_survives_a_disk_that_fails_at_any_call(
    machine: Machine, recorded: dict[str, Recording], base: Path, share: int, fault: str
) -> None:
    assert wrong(machine, recorded["run"], base, fault, share, SHARES) == []


@FAULTS
@pytest.mark.parametrize("verb", ["approve", "post"])
def test_a_batch_survives_a_disk_that_fails_at_any_call(
    machine: Machine, recorded: dict[str, Recording], base: Path, verb: str, fault: str
) -> None:
    assert wrong(machine, recorded[verb], base, fault, 0, 1) == []


def wrong(
    machine: Machine, told: Recording, base: Path, fault: str, share: int, shares: int
) -> list[str]:
    """Return what does not hold at the calls of one share."""
    errors = Errors(machine, told, base, set())
    points = [
        (leg, call) for leg in legs(machine, told, base) for call in ends_of_bursts(leg.calls)
    ]
    return [
        found for leg, call in points[share::shares] for found in errors.wrong(leg, fault, call)
    ]
