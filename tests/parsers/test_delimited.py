"""Delimited files: what a declared layout reads, and every way a file is refused."""

import hashlib
import io
import json

import pytest

from recon_engine.errors import ParseError, RulebookError
from recon_engine.parsers import lines, sheet
from recon_engine.parsers.delimited import Delimited

COLUMNS = {"provider_ref": "id", "net": "net", "currency": "cur"}
GOOD = "id,net,cur\na1,10.00,EUR\na2,-2.50,EUR\n"


@pytest.fixture
def source(declare):
    return declare(columns=COLUMNS)


def test_a_row_is_text_as_printed_and_the_header_is_row_1(read, source) -> None:
    rows = read(Delimited(), source, GOOD)

    assert [row.pop("row_no") for row in rows] == [2, 3]
    assert rows[0].pop("row_digest") == hashlib.sha256(b"a1\x1f10.00\x1fEUR").hexdigest()
    assert rows[0] == {"provider_ref": "a1", "net": "10.00", "currency": "EUR"}


def test_the_digest_shows_a_change_of_a_cell_that_no_field_reads(read, source) -> None:
    one, other = ("id,net,cur,note\na1,1.00,EUR,old\n", "id,net,cur,note\na1,1.00,EUR,new\n")

    before, after = (read(Delimited(), source, content)[0] for content in (one, other))

    assert before.pop("row_digest") != after.pop("row_digest")
    assert before == after


def test_an_empty_cell_is_null_and_blanks_are_kept(read, source) -> None:
    rows = read(Delimited(), source, 'id,net,cur\n a1 ,"",EUR\n')

    assert rows[0]["provider_ref"] == " a1 "
    assert "net" not in rows[0]


def test_columns_are_found_by_name_in_any_order_among_others(read, source) -> None:
    rows = read(Delimited(), source, "new,cur , id,net\nx,EUR,a1,1.00\n")

    assert (rows[0]["provider_ref"], rows[0]["net"], rows[0]["currency"]) == ("a1", "1.00", "EUR")


def test_an_optional_column_may_be_missing_and_a_constant_fills_a_field(read, declare) -> None:
    source = declare(columns={"net": "net", "fee": "fee?"}, constants={"currency": "EUR"})

    without, with_it = (
        read(Delimited(), source, content)[0] for content in ("net,x\n1.00,\n", "net,fee\n1.00,2\n")
    )

    assert (without.get("fee"), without["currency"]) == (None, "EUR")
    assert with_it["fee"] == "2"


def test_an_extract_is_read_under_the_names_of_its_fields(read, declare) -> None:
    extract = {"table": "gl", "columns": {"account": "acct", "amount": "amt"}, "order_by": ["id"]}
    source = declare(record="ledger", extract=extract)

    rows = read(Delimited(), source, '"account","amount"\n"1000","5.00"\n')

    assert (rows[0]["account"], rows[0]["amount"]) == ("1000", "5.00")


def test_lines_above_the_header_are_skipped_and_counted(read, declare) -> None:
    source = declare(columns=COLUMNS, layout={"skip_rows": 2})

    rows = read(Delimited(), source, 'Account "7\nany, thing, at, all\n' + GOOD)

    assert [row["row_no"] for row in rows] == [4, 5]


def test_quotes_hold_delimiters_quotes_and_line_ends(read, source, refuse) -> None:
    content = 'id,net,cur\r\n"a""1,\r\nx",1.00,EUR\r\na2,2.00,EUR\r\n'

    rows = read(Delimited(), source, content)
    refused = refuse(Delimited(), source, content + "a3,3.00\r\n")

    assert [(row["row_no"], row["provider_ref"]) for row in rows] == [(2, 'a"1,\r\nx'), (3, "a2")]
    assert refused.startswith("x.csv line 5, column 3: found 2 cells, expected 3")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-8", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("cp1252", b""),
        ("iso-8859-15", b""),
    ],
)
def test_a_declared_encoding_is_read_with_its_byte_order_mark(
    read, declare, encoding: str, mark: bytes
) -> None:
    source = declare(columns=COLUMNS, layout={"encoding": encoding})

    rows = read(Delimited(), source, mark + "id,net,cur\nBüro,1.00,EUR\n".encode(encoding))

    assert rows[0]["provider_ref"] == "Büro"


def test_blank_lines_at_the_end_are_no_rows(read, source) -> None:
    assert len(read(Delimited(), source, GOOD + "\n\r\n")) == 2


BAD = {
    "zero bytes": (b"", "x.csv line 1, column 1: found no header"),
    "blank lines only": (b"\n\n", "line 1, column 1: found no header"),
    "header only": (b"id,net,cur\n", "found an empty file: a header without rows"),
    "a row too short": (
        b"id,net,cur\na1,1.00,EUR\na2,1.00\n",
        "x.csv line 3, column 3: found 2 cells, expected 3 as in the header",
    ),
    "a row too long": (
        b"id,net,cur\na1,1,00,EUR\n",
        "x.csv line 2, column 4: found 4 cells, expected 3 as in the header",
    ),
    "a blank line between rows": (
        b"id,net,cur\na1,1.00,EUR\n\na2,1.00,EUR\n",
        "x.csv line 4, column 1: found 'a2', expected the end of the file after a blank line",
    ),
    "a NUL": (
        b"id,net,cur\na1,1.00,EUR\na2,1.\x0000,EUR\n",
        "x.csv line 3, column 2: found the control character U+0000",
    ),
    "a control character of the upper half": (
        "id,net,cur\na1,1.00,E\x85UR\n".encode(),
        "x.csv line 2, column 3: found the control character U+0085",
    ),
    "a byte of another encoding": (
        "id,net,cur\na1,1.00,EUR\nBüro,1.00,EUR\n".encode("latin-1"),
        "x.csv line 3, column 1: found the byte 0xfc",
    ),
    "a cut character": (
        "id,net,cur\na1,1.00,EU\N{EURO SIGN}".encode()[:-1],
        "x.csv line 2, column 3: found the byte 0xe2",
    ),
    "a quote never closed": (
        b'id,net,cur\na1,1.00,EUR\na2,"2.00,EUR\na3,1.00,EUR\n',
        "x.csv line 3, column of the row: found a quote that is never closed",
    ),
    "text behind a quote": (
        b'id,net,cur\na1,"1.00"0,EUR\n',
        "x.csv line 2, column of the row: found text behind a closing quote",
    ),
    "a lone carriage return": (
        b"id,net,cur\na1,1.00\r,EUR\n",
        "x.csv line 2, column of the row: found a carriage return inside a row",
    ),
    "a missing column": (
        b"id,nett,cur\na1,1.00,EUR\n",
        "x.csv line 1, column net: found the columns id, nett, cur, expected this mandatory column",
    ),
    "a name twice": (
        b"id,net,cur,net\na1,1.00,EUR,2.00\n",
        "x.csv line 1, column 4: found the name 'net' a second time",
    ),
    "a cut last cell": (
        b"id,net,cur\na1,1.00,EUR\na2,1.00,EU",
        "x.csv line 3, column cur: found the end of the file, expected a line end",
    ),
}


@pytest.mark.parametrize("content", BAD)
def test_a_bad_file_is_refused_with_its_place(refuse, source, content: str) -> None:
    raw, expected = BAD[content]

    assert expected in refuse(Delimited(), source, raw)


def test_the_line_is_exact_far_down_the_file(refuse, source) -> None:
    rows = "".join(f"a{i},1.00,EUR\n" for i in range(1_200))

    line = refuse(Delimited(), source, f'id,net,cur\n"a\nb",1,EUR\n{rows}a2,1.00\n')

    assert line.startswith("x.csv line 1204, column 3: found 2 cells")


def test_a_long_line_and_a_long_cell_are_refused(refuse, source) -> None:
    cell = "x" * (sheet.CELL_LIMIT + 1)

    long_cell = refuse(Delimited(), source, f"id,net,cur\n{cell},1.00,EUR\n")
    long_line = refuse(Delimited(), source, "id,net,cur\n" + "x" * (lines.LINE_LIMIT + lines.BLOCK))

    assert "line 2, column of the row: found a cell of more than 1048576 characters" in long_cell
    assert "line 2, column 1: found a line of more than 10485760 characters" in long_line


def test_a_last_line_without_line_end_is_whole_where_its_last_cell_cannot_be_cut(
    read, source
) -> None:
    endings = (
        'id,net,cur\na1,1.00,"EUR"',
        "id,net,cur\r\na1,1.00,EUR\r",
        "id,net,cur,note\na1,1.00,EUR,never mind",
    )

    for content in endings:
        assert read(Delimited(), source, content)[0]["currency"] == "EUR"


def test_a_header_only_is_an_answer_where_the_source_says_so(read, declare) -> None:
    source = declare(columns=COLUMNS, empty_is_no_activity=True)

    assert read(Delimited(), source, "id,net,cur\n") == []


def test_zero_bytes_are_never_an_answer(refuse, declare) -> None:
    source = declare(columns=COLUMNS, empty_is_no_activity=True)

    assert "found no header" in refuse(Delimited(), source, b"")


def test_a_row_of_another_account_refuses_the_file(refuse, declare) -> None:
    source = declare(
        record="bank",
        columns={"bank_account": "iban", "amount": "net"},
        bank_account="DE00 1234 1234 1234 1234 00",
    )
    good = "iban,net\nDE00123412341234123400,1.00\n"

    line = refuse(Delimited(), source, good + "DE00999912341234129999,1.00\n")

    assert line == (
        "x.csv line 3, column iban: found '...9999', a file for another account, "
        "expected '...3400'; the file was refused"
    )


def test_a_field_that_the_record_lacks_is_an_error_of_the_rulebook(declare) -> None:
    source = declare(columns={"nett": "net"})

    with pytest.raises(RulebookError, match="'nett', expected one of: processor_account"):
        list(Delimited().parse(io.BytesIO(GOOD.encode()), source, "x.csv"))


def test_every_cut_of_a_file_with_a_trailer_is_refused(declare) -> None:
    trailer = {"starts_with": "END", "rows_at": 2, "sum_at": 3, "sum_of": "net"}
    source = declare(columns=COLUMNS, trailer=trailer)
    whole = (GOOD + "END,2,7.50\n").encode()

    def parsed(size: int) -> bool:
        try:
            list(Delimited().parse(io.BytesIO(whole[:size]), source, "x.csv"))
        except ParseError:
            return False
        return True

    # The last line end, and zeros behind the decimals of the sum, change no meaning.
    accepted = [whole[size:] for size in range(len(whole)) if parsed(size)]
    assert accepted == [b"0\n", b"\n"]


def test_parsing_twice_gives_the_same_batches(source) -> None:
    one, other = (list(Delimited().parse(io.BytesIO(GOOD.encode()), source, "x")) for _ in "12")

    assert one == other
    assert one[0].schema.metadata[b"record"] == b"settlement"


def test_json_and_xml_are_not_recognised() -> None:
    heads = (b"id,net\n", b"<Document>", json.dumps([1]).encode(), b"", b"\x00a")

    assert [Delimited().recognises(head) for head in heads] == [True, False, False, False, False]
