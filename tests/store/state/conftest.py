"""A state on each database, with a clock that a test sets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from recon_engine.store.state import State, open_state


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    moment: datetime = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(store_url: str, clock: Clock) -> Iterator[State]:
    with open_state(store_url, now=clock) as opened:
        yield opened


@pytest.fixture
def monday() -> date:
    return date(2026, 3, 2)


Child = Callable[..., "subprocess.Popen[str]"]
PREAMBLE = """
import os, sys
from datetime import UTC, date, datetime
from recon_engine.errors import ReconError
from recon_engine.store.state import Staged, open_state
"""


@pytest.fixture
def child() -> Iterator[Child]:
    """Give a function that runs Python in another process, with arguments in `sys.argv[1:]`."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
