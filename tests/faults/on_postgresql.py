"""The night under kills with its state in PostgreSQL: each on a lake and a database of its own.

The server goes on and rolls back what a killed client had begun: only the lake is seen as a disk.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from recon_engine.run import open_project
from tests.faults.machine import GO_ON, KILL, KILLED, Call, Machine
from tests.faults.night import RUN, batch_id, look, make_books
from tests.faults.sweep import NUMBERS, Recording, fresh, wrong_after_retry, wrong_to_read

SQLITE_LINE = "store: state.db"
VERBS = ("run", "approve", "post")


@dataclass
class Server:
    """A PostgreSQL with one database a project; a copy of a project has a copy of the database."""

    new_database: Callable[[], str]
    base: Path
    of: dict[Path, str] = field(default_factory=dict)

    def make(self) -> Path:
        """Return a new project in which nothing ran; its state has its tables."""
        folder, url = make_books(fresh(self.base)), self.new_database()
        self._point(folder, SQLITE_LINE, url)
        with open_project(folder):
            pass
        return folder

    def copy(self, start: Path) -> Path:
        """Return a copy of a project."""
        url, source = self.new_database(), self.of[start]
        name, template = make_url(url).database, make_url(source).database
        with administrator(url) as con:
            con.execute(f'drop database "{name}"')
            con.execute(f'create database "{name}" template "{template}"')
        folder = Path(shutil.copytree(start, fresh(self.base)))
        self._point(folder, f"store: {source}", url)
        return folder

    def drop(self, folder: Path) -> None:
        """Forget a project."""
        url = self.of.pop(folder)
        with administrator(url) as con:
            con.execute(f'drop database "{make_url(url).database}" with (force)')
        shutil.rmtree(folder)

    def _point(self, folder: Path, line: str, url: str) -> None:
        environment = folder / "recon.yaml"
        text = environment.read_text()
        assert line in text
        environment.write_text(text.replace(line, f"store: {url}"))
        self.of[folder] = url


def new_database(url: str) -> str:
    """Make an empty database beside that of an address, and return its own."""
    name = f"faults_{next(NUMBERS)}_{os.getpid()}"
    with administrator(url) as con:
        con.execute(f'create database "{name}"')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def administrator(url: str) -> psycopg.Connection:
    """Return a connection to the server of a database, beside it."""
    there = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(there.render_as_string(hide_password=False), autocommit=True)


def recordings(machine: Machine, server: Server) -> dict[str, Recording]:
    """Return a night, its approval and its posting without a fault; no states, only calls."""
    told = {"run": _record(machine, server, server.make(), RUN)}
    approve = ("approve", batch_id(told["run"].end))
    told["approve"] = _record(machine, server, told["run"].end, approve)
    told["post"] = _record(machine, server, told["approve"].end, ("post",))
    return told


def _record(machine: Machine, server: Server, start: Path, words: tuple[str, ...]) -> Recording:
    calls: list[Call] = []

    def note(call: Call) -> str:
        calls.append(call)
        return GO_ON

    end = server.copy(start)
    old, started = look(end), time.monotonic()
    ending = machine.run(end, *words, answer=note)
    seconds = time.monotonic() - started
    return Recording(words, start, tuple(calls), (), old, look(end), end, ending.code, seconds)


def wrong_after_kill(machine: Machine, server: Server, told: Recording, number: int) -> list[str]:
    """Kill a command before a call; return what does not hold then, and after a retry."""
    folder = server.copy(told.start)
    ending = machine.run(
        folder, *told.words, answer=lambda call: KILL if call.number == number else GO_ON
    )
    found = [] if ending.code == KILLED else [f"it did not die: {ending.code}"]
    found += wrong_to_read(folder, told) + wrong_after_retry(machine, told, folder)
    server.drop(folder)
    return [f"before {told.calls[number - 1]}: {one}" for one in found]
