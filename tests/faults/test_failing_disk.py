"""A disk that fails at any call: one clear line, nothing left behind, and earlier results stand.

Every call meets one of the two faults, turn by turn; with RECON_FAULTS=all each call meets both.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.conftest import SHARES
from tests.faults.machine import FULL, SILENT, Call, Machine
from tests.faults.sweep import Errors, Leg, Recording, ends_of_bursts, legs

FAULTS = pytest.mark.parametrize("fault", [FULL, SILENT], ids=["full", "silent"])
EVERY = os.environ.get("RECON_FAULTS") == "all"
Point = tuple[Leg, Call]


@pytest.fixture(scope="session")
def errors(machine: Machine, recorded: dict[str, Recording], base: Path) -> dict[str, Errors]:
    """Give what makes a disk fail under each command; what is left alike is retried once."""
    return {verb: Errors(machine, told, base, set()) for verb, told in recorded.items()}


@pytest.fixture(scope="session")
def points(machine: Machine, recorded: dict[str, Recording], base: Path) -> dict[str, list[Point]]:
    """Give every call of every command at which its disk is made to fail."""
    return {
        verb: [(leg, c) for leg in legs(machine, told, base) for c in ends_of_bursts(leg.calls)]
        for verb, told in recorded.items()
    }


@FAULTS
@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_survives_a_disk_that_fails_at_any_call(
    errors: dict[str, Errors], points: dict[str, list[Point]], share: int, fault: str
) -> None:
    wrong = [
        found
        for leg, call in chosen(points["run"], fault)[share::SHARES]
        for found in errors["run"].wrong(leg, fault, call)
    ]

    assert wrong == []


@FAULTS
@pytest.mark.parametrize("verb", ["approve", "post"])
def test_a_batch_survives_a_disk_that_fails_at_any_call(
    errors: dict[str, Errors], points: dict[str, list[Point]], verb: str, fault: str
) -> None:
    wrong = [
        found
        for leg, call in chosen(points[verb], fault)
        for found in errors[verb].wrong(leg, fault, call)
    ]

    assert wrong == []


def chosen(points: list[Point], fault: str) -> list[Point]:
    """Return the calls that meet a fault here."""
    return points if EVERY else points[fault == SILENT :: 2]
