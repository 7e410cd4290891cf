"""camt.052 and camt.054: booked entries, and no statement of them."""

import pytest

from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.camt_reports import Camt052, Camt054
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

MESSAGES = {
    "camt052": (Camt052(), "BkToCstmrAcctRpt", "Rpt"),
    "camt054": (Camt054(), "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def turned(content: str, name: str) -> str:
    """Return a statement as another message with the same entries."""
    _, element, part = MESSAGES[name]
    return content.replace("BkToCstmrStmt", element).replace("Stmt>", f"{part}>")


@pytest.fixture
def source(declare):
    return declare(record="bank", bank_account=IBAN)


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("version", ["", "V01"])
def test_the_entries_are_those_of_a_statement_without_its_balances(
    read, source, name: str, version: str
) -> None:
    parser, element, _ = MESSAGES[name]
    content = turned(GOOD, name).replace(element, element + version)

    rows = read(parser, source, content)

    assert rows == read(Camt053(), source, GOOD)[:1]


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_pending_is_no_row_and_an_interim_balance_closes_nothing(
    read, source, name: str
) -> None:
    body = OPENING + balance("ITBD", "999.00") + entry(status="<Sts>PDNG</Sts>") + entry()

    rows = read(MESSAGES[name][0], source, turned(document(statement(body)), name))

    assert [(row["row_no"], row["amount"]) for row in rows] == [(2, "20.00")]


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            document(statement(summary("<TtlNtries><Sum>19</Sum></TtlNtries>") + entry())),
            "TxsSummry/TtlNtries/Sum: found control total 19",
        ),
        (document(statement(entry(), iban="DE99")), "found account ending in 'DE99', a file for"),
        (document(statement(OPENING + CLOSING.replace("120", "121") + entry())), "off by 1.00 EUR"),
    ],
)
def test_a_message_that_does_not_agree_with_itself_is_refused(
    refuse, source, name: str, content: str, line: str
) -> None:
    assert line in refuse(MESSAGES[name][0], source, turned(content, name))


def test_none_of_the_messages_passes_for_another(refuse, source) -> None:
    for name, (parser, element, part) in MESSAGES.items():
        assert f"found the message {element}, expected camt.053" in refuse(
            Camt053(), source, turned(GOOD, name)
        )
        assert "found the message BkToCstmrStmt, expected camt.05" in refuse(parser, source, GOOD)
        empty = turned(document(), name)
        assert f"found no {part_named(part)} ({part}), expected" in refuse(parser, source, empty)


def part_named(part: str) -> str:
    return {"Rpt": "report", "Ntfctn": "notification"}[part]
