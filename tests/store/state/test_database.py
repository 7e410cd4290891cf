"""Opening the state: migrated once, by one process at a time, and never by an older one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from recon_engine.errors import ReconError, Unavailable
from recon_engine.store.state import open_state
from recon_engine.store.state.database import open_database
from recon_engine.store.state.models import APPEND_ONLY, METADATA, REVISION

PROCESSES = 4


def test_the_migrated_database_has_the_tables_of_the_models(store_url: str) -> None:
    engine = open_database(store_url)

    with engine.connect() as con:
        found = MigrationContext.configure(con, opts={"compare_type": True})
        difference = compare_metadata(found, METADATA)

    engine.dispose()
    assert difference == []


def test_constraints_have_the_names_of_the_models(store_url: str) -> None:
    engine = open_database(store_url)
    names = {c.name for table in METADATA.tables.values() for c in table.constraints}

    with engine.connect() as con:
        query = {
            "sqlite": "select sql from sqlite_master where sql is not null",
            "postgresql": "select conname from pg_constraint",
        }[con.dialect.name]
        made = " ".join(con.execute(text(query)).scalars())

    engine.dispose()
    assert [name for name in names if str(name) not in made] == []


def test_the_newest_migration_is_the_one_the_code_expects(store_url: str) -> None:
    engine = open_database(store_url)

    with engine.connect() as con:
        found = con.execute(text("select version_num from alembic_version")).scalar()

    engine.dispose()
    assert found == REVISION


def test_opening_again_keeps_what_is_there(store_url: str, monday: date) -> None:
    with open_state(store_url) as state:
        state.seal("ACME", monday, "r1")
        head = state.audit_head()

    with open_state(store_url) as state:
        assert state.audit_head() == head


def test_processes_that_open_a_new_database_at_once_all_find_it_ready(
    store_url: str, child: Callable[..., Any]
) -> None:
    code = "sys.stdin.readline(); print(open_state(sys.argv[1]).audit_head().count)"
    children = [child(code, store_url) for _ in range(PROCESSES)]

    outcomes = []
    for process in children:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in children:
        out, err = process.communicate(timeout=60)
        outcomes.append((process.returncode, out.strip(), err.strip()))

    assert outcomes == [(0, "0", "")] * PROCESSES


def test_a_database_of_a_newer_recon_is_refused_in_one_line(store_url: str) -> None:
    engine = open_database(store_url)
    with engine.begin() as con:
        con.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()

    line = rf"found schema 9999, expected {REVISION} or older.*newer recon"
    with pytest.raises(ReconError, match=line):
        open_state(store_url)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_every_append_only_table_has_its_trigger(store_url: str, table: str) -> None:
    engine = open_database(store_url)
    query = {
        "sqlite": "select count(*) from sqlite_master where type = 'trigger' and tbl_name = :name",
        "postgresql": "select count(*) from pg_trigger where tgrelid = cast(:name as regclass)",
    }[engine.dialect.name]

    with engine.connect() as con:
        found = con.execute(text(query), {"name": table}).scalar_one()

    engine.dispose()
    assert found >= 1


def test_sqlite_syncs_every_commit_and_is_for_the_service_only(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/state.db")

    with engine.connect() as con:
        names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        found = [con.exec_driver_sql(f"pragma {name}").scalar() for name in names]

    engine.dispose()
    assert found == ["wal", 2, 1, 1]
    assert (tmp_path / "deep" / "state.db").stat().st_mode & 0o137 == 0


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ReconError, match="expected sqlite:///path or postgresql://"):
        open_state("the database")


def test_a_server_that_is_not_there_may_come_back_and_its_password_is_not_told() -> None:
    with pytest.raises(Unavailable) as refusal:
        open_state("postgresql://recon:top-secret@127.0.0.1:1/recon")

    assert "top-secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is a letter, not a database" * 100)

    with pytest.raises(ReconError, match=r"state\.db: file is not a database"):
        open_state(f"sqlite:///{path}")
