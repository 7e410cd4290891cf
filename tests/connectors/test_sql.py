"""An extract is read-only, exact, and the same bytes for the same rows."""

import hashlib
import sqlite3
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recon_engine.connectors.connector import ALWAYS_READ
from recon_engine.connectors.sql import SqlConnector
from recon_engine.errors import ReconError, RulebookError, Unavailable
from recon_engine.rulebook.environment import SqlConnection
from recon_engine.rulebook.sources import Extract, Source
from tests.connectors.conftest import PASSWORD, ROLE

DAY = date(2026, 3, 2)
COLUMNS = {
    "document_id": "doc",
    "document_line": "line",
    "posting_date": "posted",
    "account": "konto",
    "currency": "cur",
    "amount": "amt",
    "reference": "ref",
}


def source(layout: dict[str, Any] | None = None, **extract: Any) -> Source:
    """Return a ledger source on table `gl`; keys go over its extract, past the model's checks."""
    base = Extract(table="gl", columns=COLUMNS, order_by=("doc", "line"))
    return Source.model_validate(
        {
            "name": "erp_ledger",
            "entity": "E1",
            "record": "ledger",
            "connection": "erp",
            "extract": base.model_copy(update=extract),
            "layout": layout or {},
            "business_date": {"by": "run"},
        }
    )


def extracted(address: str | sa.URL, one: Source, day: date = DAY) -> bytes:
    """Return the bytes of a day's extract."""
    url = address if isinstance(address, str) else address.render_as_string(hide_password=False)
    connector = SqlConnector(SqlConnection(url))
    (offer,) = connector.list(one, day)
    with connector.open(one, offer, day) as stream:
        return stream.read()


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Return a SQLite ledger whose amounts are text."""
    path = tmp_path / "erp.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "create table gl (doc text, line integer, posted date, konto text, cur text, amt text, "
            'ref text, rate real, paid boolean, scan blob, day integer, "odd ""name" text)'
        )
        rows = [
            ("D2", 1, "2026-03-02", "1200", "EUR", "-10.50", 'say "hi", you'),
            ("D1", 2, "2026-03-02", "1300", "EUR", "0.10", None),
            ("D1", 1, "2026-03-01", "1200", "EUR", "12345678901234.56", "\u00fc\nb"),
            ("D0", 1, "2026-02-27", "1200", "EUR", "1", ""),
            ("D3", 1, "2026-03-03", "1200", "EUR", "1", ""),
        ]
        connection.executemany(
            "insert into gl (doc, line, posted, konto, cur, amt, ref) values (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    connection.close()
    return path


def test_the_file_is_quoted_ordered_and_tells_null_from_empty(books: Path) -> None:
    content = extracted(f"sqlite:///{books}", source())

    assert content.decode() == (
        '"document_id","document_line","posting_date","account","currency","amount","reference"\n'
        '"D0","1","2026-02-27","1200","EUR","1",""\n'
        '"D1","1","2026-03-01","1200","EUR","12345678901234.56","\u00fc\nb"\n'
        '"D1","2","2026-03-02","1300","EUR","0.10",\n'
        '"D2","1","2026-03-02","1200","EUR","-10.50","say ""hi"", you"\n'
        '"D3","1","2026-03-03","1200","EUR","1",""\n'
    )


def test_the_offer_is_named_for_source_and_day_and_read_each_time(books: Path) -> None:
    (offer,) = SqlConnector(SqlConnection(f"sqlite:///{books}")).list(source(), DAY)

    assert (offer.name, offer.modified_ns) == ("erp_ledger_2026-03-02.csv", ALWAYS_READ)


@pytest.mark.parametrize(
    ("lookback_days", "documents"), [(0, ["D1", "D2"]), (1, ["D1", "D1", "D2"]), (3, None)]
)
def test_the_window_ends_on_the_business_date(
    books: Path, lookback_days: int, documents: list[str] | None
) -> None:
    one = source(date_column="posted", lookback_days=lookback_days)

    lines = extracted(f"sqlite:///{books}", one).decode().replace("\u00fc\n", "").splitlines()[1:]

    assert [line[1:3] for line in lines] == (documents or ["D0", "D1", "D1", "D2"])


def test_the_window_keeps_a_whole_day_of_times_kept_as_text(books: Path) -> None:
    with sqlite3.connect(books) as connection:
        connection.execute("update gl set posted = posted || ' 23:59:59.999999'")
        connection.execute("update gl set posted = '2026-03-02 00:00:00' where doc = 'D0'")
    connection.close()

    content = extracted(f"sqlite:///{books}", source(date_column="posted")).decode()

    assert [line[1:3] for line in content.splitlines()[1:]] == ["D0", "D1", "D2"]


def test_days_kept_as_text_are_compared_in_the_format_of_the_layout(books: Path) -> None:
    with sqlite3.connect(books) as connection:
        connection.execute("update gl set posted = replace(posted, '-', '')")
    connection.close()
    compact = source(date_column="posted", layout={"date_format": "%Y%m%d"})
    unsortable = source(date_column="posted", layout={"date_format": "%d.%m.%Y"})

    content = extracted(f"sqlite:///{books}", compact).decode()

    assert [line[1:3] for line in content.splitlines()[1:]] == ["D1", "D2"]
    with pytest.raises(RulebookError, match="expected year, month, day in this order"):
        extracted(f"sqlite:///{books}", unsortable)


def test_an_empty_window_is_a_header(books: Path) -> None:
    content = extracted(f"sqlite:///{books}", source(date_column="posted"), date(2020, 1, 1))

    assert content.count(b"\n") == 1


def test_a_number_as_date_column_is_refused(books: Path) -> None:
    with pytest.raises(RulebookError, match="'day' is of type INTEGER, expected days"):
        extracted(f"sqlite:///{books}", source(date_column="day"))


def test_rows_that_tie_on_the_declared_order_come_in_one_order(tmp_path: Path) -> None:
    contents = []
    for name, rows in (("a", ("1", "2", "3")), ("b", ("3", "1", "2"))):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute("create table gl (doc text, amt text)")
            connection.executemany("insert into gl values ('D', ?)", [(row,) for row in rows])
        connection.close()
        one = source(columns={"document_id": "doc", "amount": "amt"}, order_by=("doc",))
        contents.append(extracted(f"sqlite:///{tmp_path / name}", one))

    assert contents[0] == contents[1]


@pytest.mark.parametrize("declared", ["numeric(18, 2)", "decimal(18, 2)", "real", "double"])
def test_a_float_money_column_is_refused_and_told_how_to_declare(
    tmp_path: Path, declared: str
) -> None:
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute(f"create table gl (doc text, amt {declared})")
        connection.executemany("insert into gl values (?, ?)", [("D1", 10), ("D2", "10.5")])
    connection.close()
    one = source(columns={"document_id": "doc", "amount": "amt"}, order_by=("doc",))

    with pytest.raises(RulebookError, match=r"field amount \(column amt\)") as caught:
        extracted(f"sqlite:///{tmp_path / 'erp.db'}", one)

    assert "expected an exact one; declare the column" in str(caught.value)
    assert "on SQLite as text or as whole minor units" in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"table": "gl; drop table gl"}, "found no table 'gl; drop table gl'"),
        ({"table": 'gl" where 1=1 --'}, "found no table"),
        ({"table": "nowhere"}, "found no table 'nowhere'"),
        ({"columns": {"amount": "amt); drop table gl; --"}}, "found no column 'amt\\); drop"),
        ({"columns": {"amount": "null as x, amt"}}, "found no column"),
        ({"order_by": ("1; drop table gl",)}, "found no column '1; drop table gl'"),
        ({"order_by": ("doc desc",)}, "found no column"),
        ({"date_column": "'' or 1=1"}, "found no column"),
        ({"columns": {"amount": "a\x00mt"}}, "found no column"),
        ({"columns": {"colour": "amt"}}, "found the field 'colour', expected one of"),
    ],
)
def test_a_name_that_the_database_does_not_have_is_refused_and_harms_nothing(
    books: Path, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(RulebookError, match=message):
        extracted(f"sqlite:///{books}", source(**changed))

    assert extracted(f"sqlite:///{books}", source()).count(b'"D') == 5


def test_an_odd_name_that_exists_is_quoted(books: Path) -> None:
    odd = {"document_id": "doc", "reference": 'odd "name'}

    content = extracted(f"sqlite:///{books}", source(columns=odd))

    assert content.startswith(b'"document_id","reference"\n"D0",\n')


def test_a_layout_that_extracts_are_not_written_in_is_refused(books: Path) -> None:
    with pytest.raises(RulebookError, match=r"layout.delimiter is ';', expected ','"):
        extracted(f"sqlite:///{books}", source(layout={"delimiter": ";"}))


def test_a_sqlite_database_cannot_be_written_or_made(tmp_path: Path, books: Path) -> None:
    before = hashlib.sha256(books.read_bytes()).hexdigest()

    extracted(f"sqlite:///{books}", source())

    assert hashlib.sha256(books.read_bytes()).hexdigest() == before
    with pytest.raises(Unavailable, match="connection erp: the database does not answer"):
        extracted(f"sqlite:///{tmp_path / 'new.db'}", source())
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        ("postgresql+nodriver://u:hunter2@db/x", RulebookError, "found no driver for 'postgresql"),
        ("oracle+oracledb://u:hunter2@db/x", RulebookError, "found no driver for 'oracle"),
        ("nosuch://u:hunter2@db/x", RulebookError, "found no driver for 'nosuch'"),
        ("hunter2", RulebookError, "an address that cannot be read"),
        ("postgresql://u:p@db:hunter2/x", RulebookError, "an address that cannot be read"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/x", Unavailable, "does not answer"),
    ],
)
def test_a_wrong_address_is_one_clear_line_without_the_password(
    address: str, kind: type[ReconError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        extracted(address, source())

    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None or "hunter2" not in str(caught.value.__cause__)


def fill(erp: sa.Engine, rows: int = 3) -> None:
    """Make `erp.gl` with some rows, oldest day first."""
    with erp.begin() as connection:
        connection.execute(
            sa.text(
                """
                create table erp.gl (
                    doc text, line integer, posted timestamp, seen timestamptz, konto text,
                    cur text, amt numeric(38, 4), rate double precision, paid boolean, scan bytea
                )
                """
            )
        )
        connection.execute(
            sa.text(
                """
                insert into erp.gl (doc, line, posted, seen, konto, cur, amt)
                select
                    'D' || lpad((n * 7919 % 1000003)::text, 8, '0'),
                    n % 3,
                    timestamp '2026-03-01 12:00' + (n % 3) * interval '1 day',
                    timestamptz '2026-03-01 23:30+00' + (n % 3) * interval '1 day',
                    '1200',
                    'EUR',
                    n * 1.0001
                from generate_series(1, :rows) as n
                """
            ),
            {"rows": rows},
        )


def test_postgresql_keeps_decimals_and_days(erp: sa.Engine) -> None:
    fill(erp)
    one = source(
        table="erp.gl",
        date_column="posted",
        columns={k: v for k, v in COLUMNS.items() if k != "reference"},
    )

    content = extracted(erp.url, one)

    assert content.decode().splitlines()[1:] == [
        '"D00007919","1","2026-03-02","1200","EUR","1.0001"'
    ]


def test_the_window_of_zoned_times_is_a_day_of_the_source(erp: sa.Engine) -> None:
    fill(erp)
    one = source(table="erp.gl", date_column="seen", columns={"posting_date": "seen"})
    berlin = one.model_copy(update={"zone": "Europe/Berlin"})

    assert extracted(erp.url, berlin).splitlines()[1:] == [b'"2026-03-02"']
    assert extracted(erp.url, berlin, date(2026, 3, 1)).splitlines()[1:] == []
    assert extracted(erp.url, one, date(2026, 3, 1)).splitlines()[1:] == [b'"2026-03-01"']


@pytest.mark.parametrize("column", ["rate", "paid", "scan"])
def test_postgresql_values_without_an_exact_text_are_refused(erp: sa.Engine, column: str) -> None:
    fill(erp)
    with erp.begin() as connection:
        connection.execute(sa.text("update erp.gl set rate = 0.1, paid = true, scan = 'x'"))

    with pytest.raises(RulebookError, match=rf"row 1, field amount \(column {column}\)"):
        extracted(erp.url, source(table="erp.gl", columns={"amount": column}))


def test_an_extract_from_postgresql_cannot_write(erp: sa.Engine) -> None:
    fill(erp)
    with erp.begin() as connection:
        connection.execute(
            sa.text(
                "create function erp.eat() returns integer language sql as "
                "'delete from erp.gl; select 1'"
            )
        )
        connection.execute(
            sa.text("create view erp.trap as select doc, line, erp.eat() from erp.gl")
        )

    with pytest.raises(RulebookError, match="read-only transaction"):
        extracted(erp.url, source(table="erp.trap", columns={"amount": "eat"}))

    with erp.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from erp.gl")) == 3


def test_a_wrong_password_is_not_shown(erp: sa.Engine) -> None:
    wrong = erp.url.set(username=ROLE, password="wr0ng/word")

    with pytest.raises(Unavailable, match="password authentication failed") as caught:
        extracted(wrong, source())

    assert "wr0ng" not in str(caught.value)


def test_a_table_without_the_right_to_read_is_refused(erp: sa.Engine) -> None:
    fill(erp)
    with erp.begin() as connection:
        connection.execute(sa.text(f"grant usage on schema erp to {ROLE}"))
    reader = erp.url.set(username=ROLE, password=PASSWORD)
    wanted = {"document_id": "doc"}

    with pytest.raises(RulebookError, match="permission denied for table gl") as caught:
        extracted(reader, source(table="erp.gl", columns=wanted))

    assert PASSWORD not in str(caught.value)


def test_a_hundred_thousand_rows_stream_in_constant_memory_to_the_same_bytes(
    erp: sa.Engine,
) -> None:
    fill(erp, 100_000)
    one = source(table="erp.gl", columns={k: v for k, v in COLUMNS.items() if k != "reference"})
    url = erp.url.render_as_string(hide_password=False)
    digests, peak = [], 0

    for traced in (True, False):
        tracemalloc.start() if traced else tracemalloc.stop()
        connector = SqlConnector(SqlConnection(url))
        digest, lines = hashlib.sha256(), 0
        with connector.open(one, connector.list(one, DAY)[0], DAY) as stream:
            while block := stream.read(1 << 16):
                digest.update(block)
                lines += block.count(b"\n")
        digests.append((digest.hexdigest(), lines))
        peak = max(peak, tracemalloc.get_traced_memory()[1])

    assert digests[0] == digests[1]
    assert digests[0][1] == 100_001
    assert 0 < peak < 16_000_000


def test_a_connection_lost_between_blocks_is_unavailable(erp: sa.Engine) -> None:
    fill(erp, 20_000)
    one = source(table="erp.gl", columns={"document_id": "doc"})
    connector = SqlConnector(SqlConnection(erp.url.render_as_string(hide_password=False)))

    with connector.open(one, connector.list(one, DAY)[0], DAY) as stream:
        stream.read(10)
        with erp.begin() as killer:
            killer.execute(
                sa.text(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where pid <> pg_backend_pid() and backend_type = 'client backend'"
                )
            )
        with pytest.raises(Unavailable, match="source erp_ledger was not extracted"):
            stream.read()
