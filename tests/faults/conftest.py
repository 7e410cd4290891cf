"""A machine that fails on demand, and what its commands do without a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.machine import Machine, compile_door
from tests.faults.night import RUN, make_books
from tests.faults.sweep import Recording, recordings

SHARES = 8


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of all projects of the sweeps."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="session")
def machine(base: Path) -> Iterator[Machine]:
    """Give a machine; without a C compiler there is no door, and nothing to sweep with."""
    door = compile_door(base)
    if door is None:
        pytest.skip("there is no C compiler here, or no Linux: no call can be made to fail")
    warm = make_books(base / "warm")
    with Machine(door, [[*RUN, "--project", str(warm)]], base / "said") as made:
        yield made


@pytest.fixture(scope="session")
def recorded(machine: Machine, base: Path) -> dict[str, Recording]:
    """Give what run, approve and post do without a fault, one after the other on one project."""
    return recordings(machine, base)
