"""OFX 1 and 2: entries of any writing, and what refuses a file."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.errors import ParseError
from recon_engine.parsers.ofx import Ofx
from recon_engine.rulebook.sources import Source

HEAD = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS><CODE>0</STATUS>\n"
ACCOUNT = "<STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>ACC1</BANKACCTFROM>\n"
ENTRY = "<STMTTRN><DTPOSTED>20260302<TRNAMT>10.00<FITID>F1<NAME>order 7</STMTTRN>\n"
END = "<LEDGERBAL><BALAMT>10.00<DTASOF>20260302</LEDGERBAL></STMTRS></STMTTRNRS></OFX>\n"
GOOD = HEAD + ACCOUNT + ENTRY + END


@pytest.fixture
def source(declare):
    return declare(record="bank", parser="ofx", bank_account="ACC1")


def test_an_entry_is_read_with_or_without_closing_tags(read, source) -> None:
    closed = GOOD.replace("<FITID>F1", "<FITID>F1</FITID>").replace("7</", "7</NAME></")

    (entry,) = read(Ofx(), source, GOOD)

    entry.pop("row_digest")
    assert entry == {
        "row_no": 1,
        "bank_account": "ACC1",
        "bank_ref": "F1",
        "remittance": "order 7",
        "booking_date": "2026-03-02",
        "amount": "10.00",
        "currency": "EUR",
    }
    assert read(Ofx(), source, closed)[0]["bank_ref"] == "F1"


@pytest.mark.parametrize(
    ("printed", "booked"),
    [
        ("20260302", "2026-03-02"),
        ("20260302235959.999[-12:X]", "2026-03-02"),
        ("202603020000", "2026-03-02"),
        ("20260230", "20260230"),
        ("2 March", "2 March"),
        ("", None),
    ],
)
def test_a_day_is_the_banks_own_and_what_is_none_stays_as_printed(
    read, source, printed: str, booked: str | None
) -> None:
    (entry,) = read(Ofx(), source, GOOD.replace("<DTPOSTED>20260302", f"<DTPOSTED>{printed}"))

    assert entry.get("booking_date") == booked


@pytest.mark.parametrize("printed", ["-1,5", "x", "$120", "1 234.50"])
def test_an_amount_that_does_not_fit_the_layout_is_passed_on(read, source, printed: str) -> None:
    (entry,) = read(Ofx(), source, GOOD.replace("10.00<FITID", f"{printed}<FITID"))

    assert entry["amount"] == printed


def test_two_equal_entries_stay_two(read, source) -> None:
    first, second = read(Ofx(), source, HEAD + ACCOUNT + ENTRY * 2 + END)

    assert (first.pop("row_no"), second.pop("row_no")) == (1, 2)
    assert first == second


def test_the_digest_covers_fields_that_nothing_reads(read, source) -> None:
    other = GOOD.replace("<NAME>", "<SIC>5411<NAME>")

    (entry,), (changed,) = read(Ofx(), source, GOOD), read(Ofx(), source, other)

    assert entry["row_digest"] != changed["row_digest"]


def test_the_account_of_a_card_shows_its_last_four_digits(read, declare) -> None:
    card = GOOD.replace("BANKACCTFROM", "CCACCTFROM").replace("ACC1", "4111 1111 1111 1111")

    (entry,) = read(Ofx(), declare(record="bank", bank_account="...1111"), card)

    assert entry["bank_account"] == "...1111"


def test_cash_of_an_investment_account_is_passed_over(read, source) -> None:
    invested = f"<INVSTMTRS><INVBANKTRAN>{ENTRY}</INVBANKTRAN></INVSTMTRS></OFX>"

    rows = read(Ofx(), source, GOOD.replace("</OFX>", invested))

    assert len(rows) == 1


def test_blocks_of_any_size_give_the_same_rows(read, source, monkeypatch) -> None:
    quoted = GOOD.replace("order 7", "<![CDATA[<a> & ]]>b &amp;lt; c")
    quoted = quoted.replace("<NAME>", "\n<!-- <NAME>no\n -->\n<NAME>").replace("> &", ">\n&")
    (whole,) = read(Ofx(), source, quoted)
    assert whole["remittance"] == "<a>\n& b &lt; c"

    for size in (1, 7, 64):
        monkeypatch.setattr("recon_engine.parsers.lines.BLOCK", size)
        assert read(Ofx(), source, quoted) == [whole]


@pytest.mark.parametrize(
    ("found", "instead", "line"),
    [
        (
            GOOD,
            "",
            "line 1, column OFX: found no STMTRS or CCSTMTRS, expected a statement of a bank",
        ),
        (GOOD, "text\n", "line 1, column 1: found 'text', expected a tag of OFX and no document t"),
        (GOOD, "<OFX></OFX>", "line 1, column OFX: found no STMTRS or CCSTMTRS, expected a stat"),
        (
            "<OFX>",
            "<!DOCTYPE x [<!ENTITY e 'x'>]><OFX>",
            "found '<!DOCTYPE x [<!ENTIT', expected a",
        ),
        (
            "<CODE>0",
            "<CODE>2000",
            "line 4, column STATUS/CODE: found the status '2000', expected 0",
        ),
        (
            "</STMTTRN>\n",
            "\n",
            "line 7, column STMTRS: found the end of STMTRS inside STMTTRN, exp",
        ),
        (ENTRY, ENTRY[:9] + ENTRY, "line 6, column STMTTRN: found STMTTRN inside itself, expected"),
        (
            "</OFX>",
            "",
            "line 7, column OFX: found the end of the file inside OFX, expected its clo",
        ),
        ("<OFX>", "", "line 4, column STATUS: found STATUS outside OFX, expected it once"),
        (
            "<CURDEF>EUR",
            "",
            "line 6, column STMTTRN: found an entry, expected CURDEF and ACCTID of",
        ),
        ("<ACCTID>ACC1", "", "line 6, column STMTTRN: found an entry, expected CURDEF and ACCTID"),
        ("ACC1", "ACC2", "line 5, column ACCTID: found account ending in 'ACC2', a file for anoth"),
        (
            "</STMTTRN>",
            "<CURRENCY><CURSYM>USD</CURRENCY></STMTTRN>",
            "line 6, column CURRENCY: found 'USD', expected EUR, the currency of the statement",
        ),
        (
            "order 7",
            "order 7 < 8",
            "line 6, column 1: found '< 8</STMTTRN>', expected a tag",
        ),
        ("order 7", "\x00", "line 6, column 1: found the control character U+0000, expected text"),
        (
            "order 7",
            "x\n" * (1 << 20),
            "found an element of more than 1048576 characters, expected",
        ),
    ],
)
def test_a_file_is_refused_with_place_found_and_expected(
    refuse, source, found: str, instead: str, line: str
) -> None:
    content = GOOD.replace(found, instead, 1)
    assert content != GOOD

    assert line in refuse(Ofx(), source, content)


def test_a_statement_without_an_account_is_refused_at_its_end(refuse, source) -> None:
    nameless = HEAD + "<STMTRS><CURDEF>EUR" + END

    assert (
        "column STMTRS: found the end of a statement, expected CURDEF and ACCTID in it"
        in refuse(Ofx(), source, nameless)
    )


SOURCE = Source.model_validate(
    {
        "name": "x",
        "entity": "E1",
        "record": "bank",
        "connection": "c",
        "business_date": {"by": "run"},
    }
)
PIECES = st.sampled_from(
    [HEAD, ACCOUNT, ENTRY, END, "<STMTTRN>", "</STMTTRN>", "<![CDATA[", "<!--", "-->", "<?", "<"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12), st.binary(max_size=4))
def test_only_our_error_escapes_whatever_the_bytes(pieces: list[str], tail: bytes) -> None:
    content = "".join(pieces).encode() + tail

    try:
        batches = list(Ofx().parse(io.BytesIO(content), SOURCE, "x"))
    except ParseError as refused:
        assert "the file was refused" in str(refused)  # noqa: PT017 - either end is right
    else:
        assert sum(batch.num_rows for batch in batches)
