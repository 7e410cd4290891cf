"""MT940 and MT942: what refuses a file, in which words, and that nothing else ever escapes."""

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.errors import ParseError, RulebookError
from recon_engine.parsers.mt940 import Mt940, Mt942
from recon_engine.rulebook.sources import Source

HEAD = ":20:X\n:25:ACC1\n:28C:61/1\n"
OPENING = ":60F:C260301EUR100,00\n"
CLOSING = ":62F:C260302EUR110,00\n"
ENTRY = ":61:260302C10,00NTRFNONREF\n"
GOOD = HEAD + OPENING + ENTRY + CLOSING
PAGES = GOOD.replace("62F", "62M") + (HEAD + OPENING + ENTRY + CLOSING).replace("60F", "60M")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "line 1, column 1: found no field of a statement, expected a SWIFT text that begins"),
        ("1\n2\n3\n", "line 1, column 1: found no field of a statement, expected"),
        (OPENING, "line 1, column 60F: found the field :60F:, expected :20: at the start"),
        (
            GOOD.replace("110,00", "110,01"),
            "line 6, column 62F: found statement '2026-03-01/61/1' opens 100.00, moves 10.00, "
            "closes 110.01: off by 0.01 EUR, expected opening and entries to make the closing",
        ),
        (
            HEAD + OPENING + ENTRY,
            "line 5, column 62F: found the end of statement '2026-03-01/61/1' without a closing "
            "balance, expected :62F: or :62M:; the file may be cut",
        ),
        (HEAD, "line 3, column 20: found the end of a message, expected an opening balance"),
        (HEAD + GOOD, "line 4, column 20: found the end of a message, expected an opening balance"),
        (HEAD + ENTRY, "line 4, column 61: found an entry, expected the opening balance, :60F:,"),
        (":20:X\n" + OPENING, "line 2, column 60F: found an opening balance, expected the acc"),
        (HEAD + OPENING * 2, "line 5, column 60F: found a second opening balance, expected one"),
        (HEAD + CLOSING, "line 4, column 62F: found a closing balance, expected :60F: or :60M:"),
        (
            GOOD.replace("C10,00", "C1.0,00"),
            "line 5, column 61: found '...2C10,00NTRFNONREF', expected days, a mark and an "
            "amount with a comma",
        ),
        (GOOD.replace("C10,00", "C1,0,0"), "line 5, column 61: found"),
        (GOOD.replace("302EUR", "302USD"), "line 6, column 62F: found 'USD', expected EUR, the"),
        (GOOD.replace("301EUR", "301"), "line 4, column 60F: found '', expected a currency, the"),
        (GOOD.replace("C260301", "X260301"), "line 4, column 60F: found '...R100,00', expected C"),
        (HEAD + OPENING + ":25:ACC2\n", "line 5, column 25: found an account inside a statement"),
        (":20:X\n:25: \n", "line 2, column 25: found nothing, expected an account"),
        (PAGES, "line 10, column 60M: found a page that opens 100.00, expected 110.00, as the"),
        (
            GOOD.replace("NONREF", "NON\x00REF"),
            "line 5, column 1: found the control character U+00",
        ),
        (GOOD + "x" * (1 << 20), "line 6, column 1: found a field of more than 1048576 characters"),
        (
            b":20:\xff\n",
            "line 1, column 1: found the byte 0xff (invalid start byte), expected text",
        ),
    ],
)
def test_a_file_is_refused_with_place_found_and_expected(
    refuse, declare, content: str | bytes, line: str
) -> None:
    assert line in refuse(Mt940(), declare(record="bank"), content)


REPORT = HEAD + ":34F:EURD0,\n" + ENTRY


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (GOOD, "line 4, column 60F: found the booked balance :60F:, expected an interim report"),
        (HEAD, "line 3, column 20: found the end of a message, expected account and floor limit"),
        (HEAD + ENTRY, "line 4, column 61: found an entry, expected account and currency, :25:"),
        (HEAD + ":34F:12\n", "line 4, column 34F: found '12', expected a currency"),
        (
            REPORT + ":90C:2EUR10,00\n",
            "line 6, column 90C: found 2 entries of 10.00, expected 1 entries of 10.00, as read",
        ),
        (REPORT + ":90C:1EUR10,01\n", "column 90C: found 1 entries of 10.01, expected 1 entries"),
        (REPORT + ":90D:1EUR10,00\n", "column 90D: found 1 entries of 10.00, expected 0 entries"),
        (REPORT + ":90D:x\n", "line 6, column 90D: found 'x', expected 0 entries of 0, as read"),
    ],
)
def test_a_report_is_refused_with_place_found_and_expected(
    refuse, declare, content: str, line: str
) -> None:
    assert line in refuse(Mt942(), declare(record="bank"), content)


def test_a_statement_of_another_account_shows_four_characters_at_most(refuse, declare) -> None:
    source = declare(record="bank", bank_account="DE89370400440532013000")

    line = refuse(Mt940(), source, GOOD.replace("ACC1", "DE02120300000000202051"))

    assert "column 25: found account ending in '2051', a file for another account" in line
    assert "0000202051" not in line


def test_a_source_of_another_record_is_a_fault_of_the_rulebook(read, declare) -> None:
    with pytest.raises(RulebookError, match="record is 'settlement', expected bank for the parser"):
        read(Mt940(), declare(record="settlement"), GOOD)


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
    [HEAD, OPENING, CLOSING, ENTRY, GOOD, "\r", "-}\n", ":60M:", ":61:\n", ":61:²60302C10,\n"]
)
TEXTS = st.sampled_from(
    [":86:166?20EREF+\n", ":86:/REMI/\n", ":86:?\n", ":90C:٣EUR1,\n", ":34F:EUR\n", ":NS:01x\n"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES | TEXTS | st.text(max_size=8), max_size=12), st.binary(max_size=4))
def test_only_our_error_escapes_whatever_the_bytes(pieces: list[str], tail: bytes) -> None:
    content = "".join(pieces).encode() + tail

    for parser in (Mt940(), Mt942()):
        with suppress(ParseError):
            rows = sum(b.num_rows for b in parser.parse(io.BytesIO(content), SOURCE, "x"))
            assert rows or parser.name == "mt942"
