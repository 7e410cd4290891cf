import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from recon_engine.connectors.sql import SqlConnector
from recon_engine.demo import World
from recon_engine.rulebook.environment import SqlConnection
from recon_engine.rulebook.rulebook import load

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
EXTRACTS = ("erp_ledger", "erp_balance", "erp_invoices", "erp_rates")


@pytest.fixture
def erp(project: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{project}/erp.db?mode=ro", uri=True)) as connection:
        yield connection


def test_no_value_is_a_binary_floating_point_number(erp: sqlite3.Connection) -> None:
    for table in ("gl_entry", "trial_balance", "open_invoice", "fx_rate"):
        rows = erp.execute(f"select * from {table}").fetchall()

        assert rows
        assert {type(value) for row in rows for value in row} <= {str, int, type(None)}


def test_every_document_of_the_ledger_balances(erp: sqlite3.Connection) -> None:
    totals: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for document, amount, functional in erp.execute(
        "select document_id, amount, functional_amount from gl_entry"
    ):
        totals[document][0] += Decimal(amount)
        totals[document][1] += Decimal(functional)

    assert len(totals) > 1000
    assert {total for pair in totals.values() for total in pair} == {Decimal(0)}


def test_the_trial_balance_of_every_day_foots_to_the_entries(
    erp: sqlite3.Connection, world: World
) -> None:
    entries = erp.execute(
        "select posting_date, account, currency, amount, functional_amount from gl_entry"
    ).fetchall()

    for day in world.dates:
        footed: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        for posted, account, currency, amount, functional in entries:
            if posted <= day.isoformat():
                before = footed.get((account, currency), (Decimal(0), Decimal(0)))
                footed[account, currency] = (
                    before[0] + Decimal(amount),
                    before[1] + Decimal(functional),
                )
        printed = {
            (account, currency): (Decimal(amount), Decimal(functional))
            for account, currency, amount, functional in erp.execute(
                "select account, currency, amount, functional_amount from trial_balance"
                " where balance_date = ?",
                (day.isoformat(),),
            )
        }
        assert printed == footed


def test_open_documents_add_up_to_the_control_accounts(
    erp: sqlite3.Connection, world: World
) -> None:
    opened: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for account, currency, amount in erp.execute(
        "select account, currency, open_amount from open_invoice"
    ):
        opened[account, currency] += Decimal(amount)

    balances = {
        (account, currency): Decimal(amount)
        for account, currency, amount in erp.execute(
            "select account, currency, amount from trial_balance"
            " where balance_date = ? and account in ('1100', '2500')",
            (world.dates[-1].isoformat(),),
        )
    }

    assert balances == opened


def test_amounts_are_printed_with_the_decimals_of_their_currency(erp: sqlite3.Connection) -> None:
    decimals = {
        (currency, -Decimal(amount).as_tuple().exponent)  # type: ignore[operator]
        for currency, amount in erp.execute("select currency, amount from gl_entry")
    }

    assert decimals == {("EUR", 2), ("USD", 2), ("JPY", 0)}


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_tables_have_every_column_that_the_shipped_extract_asks_for(
    name: str, erp: sqlite3.Connection
) -> None:
    extract = load(MAPPINGS).sources[name].extract
    assert extract is not None

    present = {row[1] for row in erp.execute(f"pragma table_info({extract.table})")}

    asked = {*extract.columns.values(), *extract.order_by, extract.date_column} - {""}
    assert asked <= present


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_real_connector_extracts_rows_for_every_day(
    name: str, project: Path, world: World
) -> None:
    source = load(MAPPINGS).sources[name]
    connector = SqlConnector(SqlConnection(url=f"sqlite:///{project}/erp.db"))

    for day in world.dates:
        (offer,) = connector.list(source, day)
        with connector.open(source, offer, day) as stream:
            rows = stream.read().decode("utf-8").splitlines()
        assert len(rows) > 1
