"""The database under the state: opened, migrated once, and written in one transaction at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
)

from recon_engine.errors import ReconError, Unavailable
from recon_engine.store.durable import FILE_MODE, clear_faults, make_folder
from recon_engine.store.state.models import REVISION

WAIT_SECONDS = 30
WRITERS = 0x7265636F6E
"""Number of the PostgreSQL advisory lock that all writers of the state share."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment: it dates records and lets leases expire; it orders nothing."""
    return datetime.now(UTC)


class Database:
    """One database; each write is one transaction, and writers take turns.

    SQLite takes its write lock at the start (BEGIN IMMEDIATE); PostgreSQL an advisory lock that
    ends with the transaction. So what a transaction reads is what it writes upon, and the audit
    chain has one end.
    """

    def __init__(self, engine: Engine, actor: str, now: Clock) -> None:
        self._engine, self._actor, self._now = engine, actor, now
        self._name = engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def now(self) -> datetime:
        """Return the present moment by the clock that dates this record."""
        return self._now()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._clear(), self._engine.begin() as con:
            yield con

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give the one writing transaction; it is committed at the end, or leaves nothing."""
        with self._clear(), writing(self._engine) as con:
            yield con

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Turn a database that is gone, locked or full into Unavailable; keys tell the outcome."""
        with clear_errors(self._name, "nothing is known to be written, run it again"):
            yield


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that no other writer of this database overlaps."""
    with engine.connect().execution_options(writes=True) as con, con.begin():
        if con.dialect.name == "postgresql":
            con.execute(text(f"set local lock_timeout = '{WAIT_SECONDS}s'"))
            con.execute(text("select pg_advisory_xact_lock(:number)"), {"number": WRITERS})
        yield con


def open_database(url: str) -> Engine:
    """Return the engine of a database that has the tables this code knows.

    A new or older database is migrated; two that open at once do so one after the other.
    Raises: ReconError for an address that is none, or a database of a newer recon; Unavailable
            where it cannot be reached.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        shown = parsed.render_as_string(hide_password=True)
        engine = create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, ImportError) as error:
        raise ReconError(
            "store: found an address that names no database, expected sqlite:///path or postgresql://"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        if engine.dialect.name == "sqlite":
            _make_file(engine)
        with clear_errors(shown, "nothing was run"):
            if _revision_of(engine) != REVISION:
                with writing(engine) as con:
                    _migrate(con, shown)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def clear_errors(place: str, outcome: str) -> Iterator[None]:
    """Turn an error of the database into one line; Unavailable where asking again may help."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(f"{place}: {_first_line(error)}; {outcome}") from error
    except DatabaseError as error:
        raise ReconError(f"{place}: {_first_line(error)}; {outcome}") from error


def _make_file(engine: Engine) -> None:
    """Make the file of a new SQLite database for the service user only; its logs take its mode."""
    if engine.url.database and not engine.url.database.startswith((":memory:", "file:")):
        path = Path(engine.url.database)
        make_folder(path.parent)
        with clear_faults(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, and say which kind
    connection.execute(f"pragma busy_timeout = {WAIT_SECONDS * 1000}")
    if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
        connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma recursive_triggers = on")  # so that REPLACE meets the delete trigger


def _begin_sqlite(con: Connection) -> None:
    writes = con.get_execution_options().get("writes", False)
    con.exec_driver_sql("begin immediate" if writes else "begin")


def _revision_of(engine: Engine) -> str | None:
    with engine.begin() as con:
        return _revision(con)


def _revision(con: Connection) -> str | None:
    if not inspect(con).has_table("alembic_version"):
        return None
    found: str | None = con.execute(text("select version_num from alembic_version")).scalar()
    return found


def _migrate(con: Connection, shown: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    folder = files("recon_engine.store.state").joinpath("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = con
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = _revision(con)
    if found is not None and found not in known:
        raise ReconError(
            f"{shown}: found schema {found}, expected {REVISION} or older; it was written by a "
            "newer recon, nothing was run"
        )
    command.upgrade(config, "head")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n", 1)[0].rstrip(".! ")
