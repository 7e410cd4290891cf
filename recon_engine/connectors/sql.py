"""An extract from an ERP database, written as a CSV file whose bytes follow from its rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, quote_plus

from recon_engine.connectors.connector import ALWAYS_READ, Offer, stream_of
from recon_engine.connectors.extract import cell, checked_extract, make_query
from recon_engine.errors import ReconError, RulebookError, Unavailable
from recon_engine.rulebook.environment import SqlConnection
from recon_engine.rulebook.sources import Source

if TYPE_CHECKING:
    import sqlite3

    import sqlalchemy as sa

STATEMENT_TIMEOUT_MS = 600_000
CONNECT_TIMEOUT_S = 15
ROWS_A_BLOCK = 2_000


class SqlConnector:
    """Offers one file a source and day: the rows of its extract, read in one transaction."""

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    def list(self, source: Source, business_date: date) -> list[Offer]:
        """Return the one extract of the day. It has no clock, so it is read every time."""
        checked_extract(source)
        return [Offer(f"{source.name}_{business_date.isoformat()}.csv", 0, ALWAYS_READ)]

    def open(self, source: Source, offer: Offer, business_date: date) -> BinaryIO:
        """Return the extract as a stream of CSV bytes, in constant memory.

        Raises: RulebookError for a table, column, driver or address that is wrong, Unavailable for
                a database that does not answer.
        """
        from sqlalchemy.exc import SQLAlchemyError

        extract, address = checked_extract(source), self._connection.address()
        with ExitStack() as opened:
            engine = make_engine(source, address)
            opened.callback(engine.dispose)
            try:
                connection = opened.enter_context(engine.connect())
                make_read_only(connection)
                query = make_query(source, extract, connection, business_date)
                streamed = {"stream_results": True, "yield_per": ROWS_A_BLOCK}
                result = connection.execute(query, execution_options=streamed)
            except (SQLAlchemyError, ImportError) as error:
                raise told(source, address, error) from error
            blocks = written(source, address, tuple(extract.columns), result)
            return stream_of(blocks, opened.pop_all().close)
        raise AssertionError("an ExitStack swallows no error of ours")

    def close(self) -> None:
        """Do nothing: each stream closes its own connection."""


def written(
    source: Source, address: str, fields: tuple[str, ...], result: sa.CursorResult[Any]
) -> Iterator[bytes]:
    """Yield the file: the header, then the rows as they come."""
    from sqlalchemy.exc import SQLAlchemyError

    yield (",".join(f'"{field}"' for field in fields) + "\n").encode()
    rows_before = 0
    try:
        for rows in result.partitions(ROWS_A_BLOCK):
            lines = []
            for row_no, row in enumerate(rows, start=rows_before + 1):
                pairs = zip(fields, row, strict=True)
                lines.append(",".join(cell(source, f, row_no, v) for f, v in pairs) + "\n")
            rows_before += len(rows)
            yield "".join(lines).encode("utf-8")
    except SQLAlchemyError as error:
        raise told(source, address, error) from error


def make_engine(source: Source, address: str) -> sa.Engine:
    """Return an engine without a pool; a SQLite file is opened read-only."""
    import sqlalchemy as sa

    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        # Without its cause: what could not be parsed may hold the password.
        raise RulebookError(
            f"connection {source.connection}: found an address that cannot be read, expected "
            f"dialect://user:password@host/database; source {source.name} was not extracted"
        ) from None
    settings: dict[str, Any] = {"poolclass": sa.NullPool, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        settings["creator"] = lambda: open_sqlite(url.database or "")
    elif url.get_backend_name() == "postgresql" and url.get_driver_name().startswith("psycopg"):
        settings["connect_args"] = {"connect_timeout": CONNECT_TIMEOUT_S}
    try:
        return sa.create_engine(url, **settings)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise told(source, address, error) from error


def open_sqlite(database: str) -> sqlite3.Connection:
    """Return a connection that cannot write, whatever is executed on it."""
    import sqlite3

    found = sqlite3.connect(f"file:{quote(database)}?mode=ro", uri=True, timeout=CONNECT_TIMEOUT_S)
    found.execute("pragma query_only = on")
    return found


def make_read_only(connection: sa.Connection) -> None:
    """Begin a transaction that sees one state and cannot write, where the database knows such."""
    import sqlalchemy as sa

    if connection.dialect.name != "postgresql":
        return
    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    timeout = sa.func.set_config("statement_timeout", str(STATEMENT_TIMEOUT_MS), True)
    connection.execute(sa.select(timeout))


def told(source: Source, address: str, error: Exception) -> ReconError:
    """Return a driver's error as one line of ours, without the password."""
    import sqlalchemy as sa

    place = f"connection {source.connection}"
    after = f"source {source.name} was not extracted"
    if isinstance(error, sa.exc.NoSuchModuleError | ImportError):
        driver = sa.make_url(address).drivername
        return RulebookError(
            f"{place}: found no driver for '{driver}', expected its Python package beside "
            f"recon-engine (PostgreSQL: recon-engine[postgres]); {after}"
        )
    reason = scrubbed(str(getattr(error, "orig", None) or error), address)
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or (
        isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    ):
        return Unavailable(f"{place}: the database does not answer ({reason}); {after}")
    return RulebookError(f"{place}: the database refuses the extract ({reason}); {after}")


def scrubbed(text: str, address: str) -> str:
    """Return the first line of a driver's message without any secret of the address."""
    import sqlalchemy as sa

    url = sa.make_url(address)
    secrets = [str(url.password or "")]
    for value in url.query.values():
        secrets += [value] if isinstance(value, str) else list(value)
    line = text.strip().partition("\n")[0]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in (secret, quote(secret), quote_plus(secret)):
            line = line.replace(form, "***")
    return line
