"""camt.053: every way a statement is refused."""

import pytest

from recon_engine.errors import RulebookError
from recon_engine.parsers.camt053 import Camt053
from tests.parsers.camt_text import (
    CLOSING,
    GOOD,
    IBAN,
    OPENING,
    balance,
    document,
    entry,
    statement,
    summary,
)


@pytest.fixture
def source(declare):
    return declare(record="bank", bank_account=IBAN)


BAD = {
    "an entry missing": (
        statement(OPENING + balance("CLBD", "121.00") + entry()),
        "line 3, column Bal: found statement 'S1' opens 100.00, moves 20.00, closes 121.00: "
        "off by 1.00 EUR, expected opening and booked entries to make the closing",
    ),
    "one minor unit": (
        statement(OPENING + balance("CLBD", "120.01") + entry()),
        "off by 0.01 EUR",
    ),
    "a garbled amount": (
        statement(OPENING + CLOSING + entry("2..00")),
        "x.csv line 6, column Ntry/Amt: found '2..00', expected a decimal number",
    ),
    "a garbled amount without balances": (statement(entry("2,00")), "found '2,00', expected"),
    "a signed amount": (statement(entry("-2.00")), "found '-2.00', expected a decimal number"),
    "an empty amount": (statement(entry("")), "column Ntry/Amt: found no amount"),
    "another currency": (
        statement(OPENING + entry(currency="USD") + entry()),
        "column Ntry/Amt@Ccy: found 'EUR', expected USD, the currency of the statement",
    ),
    "a balance in another currency": (
        statement(OPENING + balance("CLBD", "120.00", currency="USD") + entry()),
        "column Bal CLBD/Amt@Ccy: found 'USD', expected EUR",
    ),
    "a second closing": (
        statement(OPENING + CLOSING + CLOSING + entry()),
        "found a second balance CLBD, expected one of each kind",
    ),
    "another direction": (statement(entry(sign="PLUS")), "found 'PLUS', expected CRDT or DBIT"),
    "another state": (statement(entry(status="<Sts>DONE</Sts>")), "Ntry/Sts: found 'DONE'"),
    "no state": (statement(entry(status="")), "column Ntry/Sts: found no state, expected BOOK"),
    "another account": (
        statement(OPENING + CLOSING + entry(), iban="DE00 9999 1234 1234 9999 99"),
        "column Acct/Id: found account ending in '9999', a file for another account, "
        "expected the one ending in '3400'",
    ),
    "no account": (
        statement(entry()).replace(f"<IBAN>{IBAN}</IBAN>", ""),
        "column Stmt/Acct/Id/IBAN: found nothing",
    ),
    "a wrong count": (
        statement(summary("<TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries>") + entry()),
        "column TtlNtries/NbOfNtries: found '2', expected 1 entries",
    ),
    "a wrong sum": (
        statement(summary("<TtlNtries><Sum>20.01</Sum></TtlNtries>") + entry()),
        "found control total 20.01 of statement 'S1', expected 20.00, the entries added up: "
        "off by 0.01",
    ),
    "a wrong sum of credits": (
        statement(summary("<TtlCdtNtries><Sum>0</Sum></TtlCdtNtries>") + entry()),
        "column TxsSummry/TtlCdtNtries/Sum: found control total 0",
    ),
    "a wrong net": (
        statement(
            summary("<TtlNtries><TtlNetNtry><Amt>1.00</Amt></TtlNetNtry></TtlNtries>") + entry()
        ),
        "off by 19.00",
    ),
    "an unreadable sum": (
        statement(summary("<TtlNtries><Sum>x</Sum></TtlNtries>") + entry()),
        "found control total 'x', expected a decimal number",
    ),
    "no statement": ("", "found no statement (Stmt), expected camt.053 with at least one"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_statement_is_refused_with_its_place(refuse, source, fault: str) -> None:
    body, expected = BAD[fault]

    assert expected in refuse(Camt053(), source, document(body))


def test_notifications_and_intraday_reports_are_no_statements(refuse, source) -> None:
    report = GOOD.replace("BkToCstmrStmt", "BkToCstmrAcctRpt").replace("Stmt>", "Rpt>")

    line = refuse(Camt053(), source, report)

    assert "found the message BkToCstmrAcctRpt, expected camt.053" in line


def test_every_cut_of_a_document_is_refused(refuse, source) -> None:
    whole = GOOD.strip().encode()

    for size in range(len(whole)):
        assert "line " in refuse(Camt053(), source, whole[:size])


def test_a_garbled_element_is_refused_with_its_line(refuse, source) -> None:
    line = refuse(Camt053(), source, GOOD.replace("</Ntry>", "</Ntri>"))

    assert line.startswith("x.csv line 6, column element: found XML that cannot be read ('Opening")


def test_lines_are_exact_beyond_65535(refuse, source) -> None:
    far = document(statement(OPENING + CLOSING + "\n" * 70_000 + entry("x")))

    assert refuse(Camt053(), source, far).startswith("x.csv line 70006, column Ntry/Amt")


def test_a_source_of_another_record_is_an_error_of_the_rulebook(read, declare) -> None:
    with pytest.raises(RulebookError, match="record is 'settlement', expected bank"):
        read(Camt053(), declare(), GOOD)


def test_a_statement_is_recognised_in_utf_16_too() -> None:
    assert Camt053().recognises(GOOD.encode())
    assert Camt053().recognises(GOOD.encode("utf-16"))
    assert not Camt053().recognises(b"id,net\n")
