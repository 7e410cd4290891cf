"""The service role of PostgreSQL: it runs whole nights, and cannot change what is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from recon_engine.errors import ReconError
from recon_engine.store.state import open_state
from recon_engine.store.state.grants import grants
from recon_engine.store.state.models import APPEND_ONLY, METADATA
from tests.audit_log import Log, small_log
from tests.conftest import NewDatabase

ROLE = "recon_service"
DENIED = "permission denied|must be owner"


def as_role(url: str, role: str) -> str:
    """Return the address with another role in it."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}@{where}"))


@pytest.fixture
def service(postgresql: NewDatabase) -> str:
    """Give the address of a state as the service role reaches it; another role owns the tables."""
    url = postgresql()
    open_state(url).close()
    owner = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with owner.connect() as con:
        if not con.execute(text(f"select 1 from pg_roles where rolname = '{ROLE}'")).first():
            con.execute(text(f"create role {ROLE} login"))
            con.commit()
        con.connection.cursor().execute(grants(ROLE))
        con.commit()
    owner.dispose()
    return as_role(url, ROLE)


@pytest.fixture
def log(service: str, tmp_path: Path) -> Log:
    """Give a log that the service role wrote: every event there is."""
    return small_log(tmp_path, service)


@pytest.fixture
def engine(service: str, log: Log) -> Iterator[Engine]:
    made = create_engine(service.replace("postgresql://", "postgresql+psycopg://"))
    yield made
    made.dispose()


def test_the_role_writes_a_whole_log_that_holds(log: Log) -> None:
    assert {table for table, _ in log.entries} >= {*APPEND_ONLY, "run", "outbox"}
    assert log.verified() == []


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_role_changes_nothing_that_is_on_record(engine: Engine, table: str) -> None:
    column = next(iter(METADATA.tables[table].columns)).name
    for statement in (
        f"update {table} set {column} = {column}",
        f"delete from {table}",
        f"truncate {table} cascade",
        f"alter table {table} disable trigger {table}_no_change",
        f"alter table {table} disable trigger all",
        f"drop trigger {table}_no_change on {table}",
        f"create trigger mine before insert on {table} for each row "
        f"execute function {table}_is_append_only()",
        f"create or replace function {table}_is_append_only() returns trigger language plpgsql "
        "as $$ begin return null; end $$",
        f"create rule mine as on insert to {table} do instead nothing",
        f"alter table {table} owner to {ROLE}",
        f"alter table {table} add column mine text",
        f"drop table {table} cascade",
        "set session_replication_role = replica",
    ):
        with engine.connect() as con, pytest.raises(DBAPIError, match=DENIED):
            con.execute(text(statement))


@pytest.mark.parametrize("table", [*sorted(METADATA.tables.keys() - APPEND_ONLY)])
def test_the_role_removes_no_row_at_all(engine: Engine, table: str) -> None:
    for statement in (f"delete from {table}", f"truncate {table}"):
        with engine.connect() as con, pytest.raises(DBAPIError, match=DENIED):
            con.execute(text(statement))


def test_not_even_the_owner_truncates_what_is_on_record(
    postgresql: NewDatabase, tmp_path: Path
) -> None:
    url = postgresql()
    log = small_log(tmp_path, url)
    owner = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    for table in APPEND_ONLY:
        with owner.connect() as con, pytest.raises(DBAPIError, match="append-only"):
            con.execute(text(f"truncate {table} cascade"))

    owner.dispose()
    assert log.verified() == []


def test_a_name_that_would_have_to_be_quoted_is_refused() -> None:
    with pytest.raises(ReconError, match="lower-case letters"):
        grants('x"; drop table audit; --')
