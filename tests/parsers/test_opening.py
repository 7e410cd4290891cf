"""The take-on file: every row in its columns, and every fault with its line."""

from __future__ import annotations

from datetime import date

import pytest

from recon_engine.ids import SEPARATOR, content_id
from recon_engine.parsers.opening import COLUMNS, Opening, empty_file, read_opening
from recon_engine.rulebook.rulebook import Rulebook, load
from tests.cases.accounting.tables import FOLDER

EVE = date(2026, 3, 31)
HEADER = ",".join(column for column in COLUMNS if column != "books")
BOOKS = ",".join(COLUMNS)
PAYOUT = "processor,payout,1010,EUR,480.00,2026-03-30,,PO-30,,"
CAPTURE = "processor,capture,1200,EUR,120.00,2026-03-31,CH-81,,,"
DOCUMENT = "ledger,document,1100,EUR,75.00,2026-02-12,INV-7,ORD-7,C7,2026-04-15"
STATEMENT = "bank,statement,1000,EUR,-5000.00,2026-03-31,59,,,"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load(FOLDER / "mappings")


def read(rules: Rulebook, *rows: str, header: str = HEADER) -> Opening:
    content = "\n".join((header, *rows, "")).encode()
    return read_opening(content, "opening.csv", rules, "E1", EVE)


def test_every_kind_stands_in_its_columns(rules: Rulebook) -> None:
    opening = read(rules, PAYOUT, CAPTURE, DOCUMENT, STATEMENT)

    assert opening.problems == []
    payout, capture, document, statement = opening.rows
    assert (payout["payout_ref"], payout["reference"], payout["amount_minor"]) == (
        "PO-30",
        None,
        48000,
    )
    assert [row["reconciliation"] for row in opening.rows] == ["bank", None, "processor", None]
    assert (document["document_id"], document["reference"], document["customer"]) == (
        "INV-7",
        "ORD-7",
        "C7",
    )
    assert (document["due_date"], document["held_role"]) == (date(2026, 4, 15), "receivable")
    assert (statement["amount_minor"], statement["row_no"]) == (-500000, 5)
    assert (capture["side"], capture["due_date"]) == ("settlement", None)


def test_an_item_has_the_identity_that_its_line_will_have(rules: Rulebook) -> None:
    _, capture, document, _ = read(rules, PAYOUT, CAPTURE, DOCUMENT, STATEMENT).rows

    assert capture["item_id"] == content_id("line", "processor", "CH-81")
    assert document["item_id"] == content_id(
        "line", "ledger", SEPARATOR.join(("main", "INV-7", "1"))
    )


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("JPY", "4200", 4200), ("KWD", "1.250", 1250), ("KWD", "-0.005", -5), ("EUR", "1", 100)],
)
def test_an_amount_has_the_decimals_of_its_currency(
    rules: Rulebook, currency: str, amount: str, minor: int
) -> None:
    books = "" if currency == "EUR" else "-1" if amount.startswith("-") else "1"
    row = f"processor,capture,1200,{currency},{amount},2026-03-31,CH-1,,,,{books}"

    opening = read(rules, row, header=BOOKS)

    assert opening.problems == []
    assert opening.rows[0]["amount_minor"] == minor


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nobody" + CAPTURE[9:], "field source: found 'nobody', expected one of processor"),
        (CAPTURE.replace("capture", "sale"), "field kind: found 'sale', expected one of capture"),
        (
            CAPTURE.replace("1200", "1010"),
            "field account: found '1010', expected 1200 (clearing) for a capture in EUR",
        ),
        (
            STATEMENT.replace("EUR", "GBP"),
            "field account: found '1000', expected none for a statement in GBP",
        ),
        (CAPTURE.replace("EUR", "EUX"), "field currency: found 'EUX', expected an ISO 4217 code"),
        (CAPTURE.replace("EUR", "XAU"), "field currency: 'XAU' has no minor unit"),
        (CAPTURE.replace("120.00", "120.001"), "field amount: found '120.001', expected 2 dec"),
        (
            CAPTURE.replace("EUR,120.00", "JPY,120.5"),
            "field amount: found '120.5', expected 0 decimals in JPY",
        ),
        (CAPTURE.replace("120.00", "1e3"), "field amount: found '1e3', expected a number like"),
        (CAPTURE.replace("120.00", "0.00"), "field amount: found 0, expected what stands open"),
        (CAPTURE.replace("120.00", '"1,20"'), "field amount: found '1,20', expected a number"),
        (CAPTURE.replace("2026-03-31", "31.03.2026"), "field date: found '31.03.2026', expected"),
        (CAPTURE.replace("2026-03-31", "20260331"), "field date: found '20260331', expected a day"),
        (
            CAPTURE.replace("2026-03-31", "2026-04-01"),
            "field date: found 2026-04-01, expected a day up to the take-on, 2026-03-31",
        ),
        (DOCUMENT.replace("INV-7", ""), "field id: found nothing, expected the number of the doc"),
        (PAYOUT.replace("PO-30", ""), "field reference: found nothing, expected what the bank"),
        (CAPTURE.replace("CH-81", ""), "field id: found nothing, expected an id or a reference"),
        (CAPTURE + ",", ": found 11 fields, expected 10"),
        (
            PAYOUT.replace("EUR", "USD"),
            "field reference: found 'PO-30' in the reconciliations none, expected one",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_told_with_its_line(
    rules: Rulebook, row: str, said: str
) -> None:
    opening = read(rules, "# a comment", DOCUMENT, row)

    (problem,) = opening.problems
    assert problem.startswith("opening.csv line 4")
    assert said in problem


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (CAPTURE, CAPTURE.replace("120.00", "90.00"), "field id: found 'CH-81'"),
        (PAYOUT, PAYOUT.replace("480.00", "1.00"), "field reference: found 'PO-30'"),
        (STATEMENT, STATEMENT.replace("59", "60"), "field kind: found 'statement'"),
    ],
)
def test_what_stands_twice_is_told_with_both_lines(
    rules: Rulebook, first: str, second: str, said: str
) -> None:
    (problem,) = read(rules, first, second).problems

    assert problem.startswith("opening.csv line 3, " + said)
    assert "line 2 is the same" in problem


def test_every_problem_of_a_file_is_told_at_once(rules: Rulebook) -> None:
    bad = CAPTURE.replace("EUR", "EUX")

    assert len(read(rules, bad, bad, PAYOUT).problems) == 2


@pytest.mark.parametrize("header", ["source;kind;account", HEADER + ",note", HEADER[7:]])
def test_another_header_is_refused(rules: Rulebook, header: str) -> None:
    (problem,) = read(rules, CAPTURE, header=header).problems

    assert problem.startswith("opening.csv line 1: found the header")


def test_a_file_without_rows_is_refused(rules: Rulebook) -> None:
    assert read(rules).problems == ["opening.csv: found no row, expected what stands open"]


def test_a_file_of_other_bytes_is_refused(rules: Rulebook) -> None:
    opening = read_opening(b"source\xff", "opening.csv", rules, "E1", EVE)

    assert opening.problems == ["opening.csv: found the byte 6, expected UTF-8"]


def test_the_empty_file_says_what_to_write_and_reads_as_empty(rules: Rulebook) -> None:
    text = empty_file(rules, "E1")

    opening = read_opening(text.encode(), "opening.csv", rules, "E1", EVE)

    assert opening.problems == ["opening.csv: found no row, expected what stands open"]
    assert "# payout             paid out and not yet at the bank; 1010; processor" in text
    assert all(f"# {column}" in text for column in COLUMNS)


def test_what_stands_in_a_foreign_currency_says_what_the_books_carry_it_at(
    rules: Rulebook,
) -> None:
    foreign = DOCUMENT.replace("EUR", "USD")
    opening = read(rules, f"{foreign},68.20", f"{CAPTURE},", header=BOOKS)

    assert opening.problems == []
    document, capture = opening.rows
    assert (document["amount_minor"], document["functional_minor"]) == (7500, 6820)
    assert document["functional_currency"] == "EUR"
    assert (capture["functional_currency"], capture["functional_minor"]) == (None, None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"{DOCUMENT},75.00", "field books: found '75.00', expected nothing beside EUR of a doc"),
        (f"{DOCUMENT.replace('EUR', 'USD')},", "field books: found nothing, expected what the "),
        (f"{DOCUMENT.replace('EUR', 'USD')},-68.20", "field books: found -68.20 EUR, expected the"),
        (f"{DOCUMENT.replace('EUR', 'USD')},68.205", "field books: found '68.205', expected 2 dec"),
        (f"{DOCUMENT.replace('EUR', 'USD')},x", "field books: found 'x', expected a number like"),
    ],
)
def test_books_that_fit_no_item_are_told(rules: Rulebook, row: str, problem: str) -> None:
    (told,) = read(rules, row, header=BOOKS).problems

    assert told.startswith(f"opening.csv line 2, {problem}")


def test_a_foreign_item_needs_the_column_of_the_books(rules: Rulebook) -> None:
    (told,) = read(rules, DOCUMENT.replace("EUR", "USD")).problems

    assert "field books: found nothing" in told
