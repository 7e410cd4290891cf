"""Kills with the state in PostgreSQL: at some calls here, at more in the nightly script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NewDatabase
from tests.faults.machine import Machine
from tests.faults.on_postgresql import VERBS, Server, recordings, wrong_after_kill
from tests.faults.sweep import Recording

KILLS = {"run": 8, "approve": 2, "post": 3}
"""How many calls of each command, at equal distances; the last is always one of them."""


@pytest.fixture(scope="module")
def server(postgresql: NewDatabase, base: Path) -> Server:
    """Give the databases of all projects here."""
    return Server(postgresql, base)


@pytest.fixture(scope="module")
def recorded(machine: Machine, server: Server) -> dict[str, Recording]:
    """Give what run, approve and post do without a fault."""
    return recordings(machine, server)


@pytest.mark.parametrize("verb", VERBS)
def test_a_killed_command_leaves_old_or_new_and_its_retry_the_new(
    machine: Machine, server: Server, recorded: dict[str, Recording], verb: str
) -> None:
    told, kills = recorded[verb], KILLS[verb]
    numbers = [len(told.calls) * n // kills for n in range(1, kills + 1)]

    wrong = [found for n in numbers for found in wrong_after_kill(machine, server, told, n)]

    assert told.code == 0
    assert told.new != told.old
    assert wrong == []
