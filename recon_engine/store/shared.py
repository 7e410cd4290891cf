"""The engine of a process: one locked DuckDB that all its workspaces connect to.

Starting an engine takes 30 ms, a connection to one takes none; a night of a small company opens
over thirty workspaces. Memory limit and threads are those of the engine, so workspaces that are
open at the same time share them, and the process keeps its limit.
"""

from __future__ import annotations

import atexit
import shutil
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recon_engine.store import durable, macros
from recon_engine.store.engine import connect
from recon_engine.store.lake import Lake


@dataclass(frozen=True)
class Settings:
    """What makes two engines the same."""

    root: Path
    memory_limit: str
    threads: int


@dataclass(frozen=True)
class Engine:
    """A running engine and the folder it spills to."""

    settings: Settings
    con: duckdb.DuckDBPyConnection
    spill: Path

    def forget(self) -> None:
        """Remove the spill folder; the engine itself ends with its last connection."""
        shutil.rmtree(self.spill, ignore_errors=True)


LOCK = threading.Lock()
RUNNING: list[Engine] = []
"""The engine of the lake that was opened last; a process works on one lake at a time."""


def shared_engine(lake: Lake, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Return the engine's own connection; workspaces take a cursor of it."""
    settings = Settings(lake.root, memory_limit, threads)
    with LOCK:
        if not RUNNING or RUNNING[0].settings != settings:
            stop()
            RUNNING.append(_start(lake, settings))
        return RUNNING[0].con


def stop() -> None:
    """Let go of the running engine, if there is one; open workspaces keep it until they close."""
    while RUNNING:
        RUNNING.pop().forget()


def _start(lake: Lake, settings: Settings) -> Engine:
    spill = lake.spill / uuid.uuid4().hex
    try:
        durable.make_folder(spill)
        con = connect(
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            spill=spill,
            readable=lake.part_folders,
            writable=(lake.staging,),
        )
        macros.define(con)
    except BaseException:
        shutil.rmtree(spill, ignore_errors=True)
        raise
    return Engine(settings, con, spill)


atexit.register(stop)
