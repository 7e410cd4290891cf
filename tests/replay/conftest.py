"""The record of the eventful nights, to be read; and a copy of it that a test may damage."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon_engine.rulebook.environment import load_environment
from recon_engine.run import Record, open_record
from tests.eventful_books import Eventful


@pytest.fixture
def record(eventful: Eventful) -> Iterator[Record]:
    with open_record(load_environment(eventful.folder)) as opened:
        yield opened


@pytest.fixture
def damaged(eventful: Eventful, tmp_path: Path) -> Iterator[Record]:
    folder = shutil.copytree(eventful.folder, tmp_path / "books")
    with open_record(load_environment(folder)) as opened:
        yield opened
