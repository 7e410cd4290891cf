"""Listings of an API: rows at declared paths, and every way in which a file is none."""

import json

import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers import json_pages
from recon_engine.parsers.json_rows import JsonRows

COLUMNS = {"provider_ref": "id", "net": "money.net", "reference": "order?"}
ROW = {"id": "a1", "money": {"net": "1.50"}, "order": "INV-1"}


@pytest.fixture
def source(declare):
    return declare(
        parser="json_rows",
        columns=COLUMNS,
        listing={"rows_at": "body.items", "count_at": "body.count", "more_at": "next"},
    )


def page(*rows: object, **keys: object) -> str:
    """Write a page of rows."""
    return json.dumps({"body": {"items": list(rows)}, **keys})


def test_pages_lists_and_single_rows_give_the_same_rows(read, source) -> None:
    in_pages = read(JsonRows(), source, page(ROW, ROW) + "\n" + page(ROW))
    in_a_list = read(JsonRows(), source, json.dumps([ROW, ROW, ROW], indent=2))
    by_line = read(JsonRows(), source, "\ufeff" + f"{json.dumps(ROW)}\n" * 3)

    assert in_pages == in_a_list == by_line
    assert [row["row_no"] for row in by_line] == [1, 2, 3]


def test_the_digest_is_over_all_a_row_says_in_any_order_of_names(read, source) -> None:
    turned = {"order": "INV-1", "money": {"net": "1.50"}, "id": "a1"}

    plain, other, more = read(JsonRows(), source, page(ROW, turned, {**ROW, "unread": 1}))

    assert plain["row_digest"] == other["row_digest"] != more["row_digest"]


def test_a_number_is_text_as_printed(read, source) -> None:
    (row,) = read(JsonRows(), source, '{"id": 9007199254740993, "money": {"net": 1.10}}')

    assert (row["provider_ref"], row["net"]) == ("9007199254740993", "1.10")


def test_what_is_null_has_no_value_and_what_is_optional_may_be_missing(read, source) -> None:
    (row,) = read(JsonRows(), source, '{"id": "a1", "money": null}')

    assert {"net", "reference"}.isdisjoint(row)


def test_a_page_that_says_another_follows_may_not_be_the_last(read, refuse, source) -> None:
    rows = read(JsonRows(), source, page(ROW, next=True) + page(ROW, next=False))
    line = refuse(JsonRows(), source, page(ROW, next="https://x/2"))

    assert len(rows) == 2
    assert line == (
        "x.csv line 1, column next: found 'https://x/2': another page follows, expected the last "
        "page; the listing is cut; the file was refused"
    )


def test_a_page_has_as_many_rows_as_it_says(refuse, source) -> None:
    content = json.dumps({"body": {"items": [ROW], "count": 2}})

    assert refuse(JsonRows(), source, content) == (
        "x.csv line 1, column body.count: found '2' as the number of rows, expected 1, the rows of "
        "the page; the file was refused"
    )


def test_a_listing_without_rows_is_an_answer_only_where_the_source_says_so(
    read, refuse, source
) -> None:
    quiet = source.model_copy(update={"empty_is_no_activity": True})

    assert read(JsonRows(), quiet, page()) == []
    assert "expected at least one" in refuse(JsonRows(), source, page())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"error": {"code": 401}}', "column id: found the names error, expected this mandatory"),
        ("<html>", "column 1: found '<html>', expected a JSON object or list"),
        ('{"id": "a1", "money": 4}\n{"id"', "line 2, column 6: found text that is not JSON"),
        ('{"id": "a1", "id": "a2", "money": 4}', "found the name 'id' twice in one object"),
        ('{"id": NaN, "money": 4}', "found the number NaN"),
        ('{"id": ["a1"], "money": 4}', "column id: found a list, expected a text or a number"),
        ('{"id": {"a": 1}, "money": 4}', "column id: found an object, expected a text or a number"),
        ('{"id": "a\\u0000", "money": 4}', "column id: found the character U+0000"),
        ('{"id": "a1", "money": 4, "x": "\\ud800"}', "found a row that cannot be written again"),
        ("[1]", "found a row that is no object"),
        ("[" * 100_000, "found brackets too deep"),
        (b'{"id": "\xff"}', "found the byte 0xff"),
    ],
)
def test_what_is_no_listing_is_refused(refuse, source, content: str | bytes, words: str) -> None:
    assert words in refuse(JsonRows(), source, content)


def test_a_document_that_is_too_long_is_refused(refuse, source, monkeypatch) -> None:
    monkeypatch.setattr(json_pages, "PAGE_LIMIT", 100_000)

    line = refuse(JsonRows(), source, page(*[ROW] * 10_000))

    assert "found a document of more than 100000 characters, or one that is broken" in line


def test_a_cut_file_gives_whole_rows_or_a_refusal_at_every_byte(read, source) -> None:
    whole = (page(ROW, next=True) + "\n" + page({**ROW, "order": "é"}, next=False)).encode()

    for end in range(1, len(whole)):
        with pytest.raises(ParseError):
            read(JsonRows(), source, whole[:end])


def test_many_rows_are_read_block_by_block(read, source) -> None:
    rows = 20_000

    found = read(JsonRows(), source, f"{json.dumps(ROW)}\n" * rows)

    assert len(found) == rows
    assert found[-1]["row_no"] == rows
