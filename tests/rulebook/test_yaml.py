"""The reader: YAML 1.2, the plain part of it, with places."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.yaml import SIZE_LIMIT, Document, read

WRITTEN = st.characters(categories=("L", "N", "P", "S", "Zs"))


@pytest.fixture
def reading(tmp_path):
    """Write bytes or text to a file and read it."""

    def written(content: str | bytes) -> Document | Problem:
        path = tmp_path / "a.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, "a.yaml")

    return written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("NO", "NO"), ("y", "y"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-7", -7), ("1000", 1000), ('"1000"', "1000"), ("'true'", "true"),
        ("0.05", Decimal("0.05")), ("1.10", Decimal("1.10")),
        ("12:30", "12:30"), ("1:30:00", "1:30:00"), ("+01:00", "+01:00"),
        ("2026-03-01", "2026-03-01"), ("2026-03", "2026-03"), ("1_0a", "1_0a"), ("1.2.3", "1.2.3"),
        (".", "."), ("TX[0-9]+XT", "TX[0-9]+XT"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_word_means_what_yaml_1_2_says(reading, text, value) -> None:
    document = reading(f"a: {text}\n")

    assert isinstance(document, Document)
    assert document.content == {"a": value}
    assert type(document.content["a"]) is type(value)


@pytest.mark.parametrize(
    "text",
    ["010", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.5e3", ".5", "1.", "-.inf", ".NaN", "9" * 30],
)
def test_a_word_that_some_readers_take_for_a_number_asks_for_quotes(reading, text) -> None:
    assert str(reading(f"a: 1\nb: {text}\n")) == (
        f"a.yaml:2:4 found {text}, expected a plain number, or text in quotes"
    )
    assert reading(f"b: '{text}'\n").content == {"b": text}


def test_keys_are_text_as_written(reading) -> None:
    assert reading("on: 1\n1000: 2\nnull: 3\n").content == {"on": 1, "1000": 2, "null": 3}


def test_a_list_becomes_a_tuple(reading) -> None:
    assert reading("a: [x, [1]]\nb:\n  - c: 1\n").content == {"a": ("x", (1,)), "b": ({"c": 1},)}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: &x 1", "1:4 found the anchor '&x', expected none"),
        ("&x a: 1", "1:1 found a key that is not plain text"),
        ("a: *x", "1:4 found the alias '*x', expected the value itself"),
        ("a: 1\n<<: {b: 1}", "2:1 found the merge key '<<', expected the keys themselves"),
        ("a: !!str 1", "1:4 found the tag 'tag:yaml.org,2002:str', expected none"),
        ("a: !python/object:os.system x", "1:4 found the tag '!python/object:os.system'"),
        ("!!map {a: 1}", "1:1 found the tag 'tag:yaml.org,2002:map', expected none"),
        ("a: !!seq [1]", "1:4 found the tag"),
        ("!x a: 1", "1:1 found a key that is not plain text"),
        ("a: 1\nb: 2\na: 3", "3:1 a: found a second time, expected once (1:1)"),
        ("a:\n  b: 1\n  'b': 2", "3:3 b: found a second time, expected once (2:3)"),
        ("a: 1\n---\nb: 1", "2:1 found a second document, expected one a file"),
        ("%YAML 1.1\n---\na: 1", "found a directive, expected none"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "found a directive, expected none"),
        ("? [a]\n: 1", "found a key that is not plain text"),
        ("? {a: 1}\n: 1", "found a key that is not plain text"),
        ("- a", "1:1 found no keys, expected keys with values"),
        ("words", "1:1 found no keys, expected keys with values"),
        ("", "1:1 found an empty file, expected keys with values"),
        ("# words\n", "1:1 found an empty file, expected keys with values"),
        ("a: [1", "found what is not YAML ("),
        ("a: 'b", "found what is not YAML ("),
        ("a:\tb: c", "1:3 found what is not YAML ("),
        ("a: \x07", "found a control character, expected YAML 1.2 text"),
        (r'a: "\x1f"', "1:4 found an escaped control character, expected text"),
        (r'"\ud800": 1', "1:1 found an escaped control character, expected text"),
        (b"a: 1\nb: \xff", "2:1 found bytes that are not UTF-8, expected UTF-8 text"),
        ("[" * 50_000, "1:13 found more than 12 levels, expected fewer"),
        ("a: " + "x" * SIZE_LIMIT, "1:1 found more than 1000000 bytes, expected fewer"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_refused_with_its_place(reading, content, problem) -> None:
    found = reading(content)

    assert isinstance(found, Problem)
    assert problem in str(found)
    assert "\n" not in str(found)


def test_a_file_that_is_not_there_is_a_problem(tmp_path) -> None:
    assert "found no readable file" in str(read(tmp_path / "none.yaml", "none.yaml"))


def test_a_byte_order_mark_is_no_part_of_the_first_key(reading) -> None:
    assert reading(b"\xef\xbb\xbfa: 1\n").content == {"a": 1}


def test_every_key_and_value_has_its_place(reading) -> None:
    document = reading("a: 1\nb:\n  c: [x, yy]\n  d:\n    e: z\n")

    assert document.place(("a",)) == (1, 4)
    assert document.place(("a",), key=True) == (1, 1)
    assert document.place(("b", "c", 1)) == (3, 10)
    assert document.place(("b", "d", "e")) == (5, 8)
    assert document.place(("b", "d"), key=True) == (4, 3)
    assert document.place(("b", "d")) == (4, 3)
    assert document.place(("b", "none", "deeper")) == (2, 1)
    assert document.place(("none",)) == (1, 1)


@given(st.text(max_size=60))
def test_any_text_is_a_document_or_one_problem(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    found = read(path, "any.yaml")

    assert isinstance(found, Document | Problem)


@given(st.dictionaries(st.text(WRITTEN, min_size=1, max_size=8), st.text(WRITTEN), min_size=1))
def test_text_in_quotes_comes_back_as_it_was(tmp_path_factory, content: dict[str, str]) -> None:
    path = tmp_path_factory.getbasetemp() / "quoted.yaml"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    found = read(path, "quoted.yaml")

    assert isinstance(found, Document)
    assert found.content == content
