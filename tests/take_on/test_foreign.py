"""Dollars at the processor before the first night, and what the books carried them at."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from recon_engine.errors import Rejected
from recon_engine.run import Project, night, open_project, read_table
from recon_engine.run.take_ons import take_ons
from recon_engine.take_on import enact, judge, propose
from recon_engine.verify import verify
from tests.take_on.conftest import EVE, Books

ITEM = "processor,capture,1200,USD,50.00,2026-03-31,CH-90,,,,46.00\n"
HELD = "processor,processor_balance,1200,USD,50.00,2026-03-31,,,,,\n"


@pytest.fixture
def abroad(books: Books) -> Books:
    """Give the company on its eve, with 50.00 USD at the processor that the ledger has too."""
    lines = books.opening.read_text().splitlines(keepends=True)
    wide = [
        line if line.count(",") == ITEM.count(",") else line.replace("\n", ",\n") for line in lines
    ]
    books.opening.write_text("".join([*wide, ITEM, HELD]))
    with sqlite3.connect(books.folder / "erp.db") as con:
        con.execute(
            "insert into trial_balance (entity, ledger, account, currency, balance_date, amount,"
            " functional_currency, functional_amount) select entity, ledger, account, 'USD',"
            " balance_date, '50.00', functional_currency, '46.00' from trial_balance"
            " where account = '1200' and currency = 'EUR'"
        )
    return books


def roll(project: Project, day: date) -> list[tuple[str, int, int, int]]:
    return [
        (
            row["account"],
            row["closing_minor"],
            row["taken_on_minor"],
            row["functional_taken_on_minor"],
        )
        for row in read_table(project, "account_roll", day).to_pylist()
        if row["currency"] == "USD"
    ]


def test_what_was_taken_on_abroad_is_carried_at_what_the_books_say(abroad: Books) -> None:
    with open_project(abroad.folder) as project:
        propose(project, abroad.opening, "E1", EVE, maker="ana")
        (one,) = take_ons(project.state)
        one = judge(project, one, "approve", checker="ben", reason="checked")
        assert enact(project, one, actor="ben").run.status == "done"

        assert roll(project, EVE) == [("1200", 0, 5000, 4600)]
        assert verify(project.lake.root, night(project, EVE)) == []


def test_books_that_the_ledger_does_not_bear_out_are_refused(abroad: Books) -> None:
    path: Path = abroad.rewrite("46.00", "45.99")

    with (
        open_project(abroad.folder) as project,
        pytest.raises(Rejected, match=r"items carried at 45.99 EUR, by the ledger at 46.00 EUR"),
    ):
        propose(project, path, "E1", EVE, maker="ana")
