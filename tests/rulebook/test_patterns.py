"""Regular expressions: what is accepted, what could stall or differs between engines is refused."""

import re
import time

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_engine.rulebook.patterns import pattern_fault

CONNECTION = duckdb.connect()


@pytest.mark.parametrize(
    "pattern",
    [
        "", "TX[0-9]+XT", "TX[0-9]+XT|NP[0-9]{8}", "(?:INV|PAY)-[0-9]+",
        r"(?P<date>\d{4}-\d{2}-\d{2})",
        "(a|b)", "(a+)", "(a+)?", "(ab)+",
        r"\(a+\)+", "[(a+)+]", "[]a+]+", "x{2}", r"^\w+$", r"a\\b",
    ],
)  # fmt: skip
def test_a_plain_pattern_is_accepted(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("(a+)+", "found a repeated group"), ("(a*)*", "found a repeated group"),
        ("(?:a|a)*", "found a repeated group"), ("((a+)b)+", "found a repeated group"),
        ("(a{1,9}){9}", "found a repeated group"), (r"(\d+,)+", "found a repeated group"),
        ("(a|b){2,}", "found a repeated group"), ("(?P<x>[^-]+)+", "found a repeated group"),
        ("a*a*a*a*a*a*a*b", "found more than 6 repetitions"),
        ("a" * 201, "found 201 characters, expected 200 or fewer"),
        ("(?=a)", "found a group like"), ("(?!a)", "found a group like"),
        ("(?<=a)b", "found a group like"),
        ("(?i)a", "found a group like"), ("(?P<x>a)(?P=x)", "found a group like"),
        (r"(a)\1", "found \\1, expected only"), (r"a\Z", "found \\Z, expected only"),
        ("a++", "found ++"), ("a{,3}", "found ++"), ("a{100}", "found a repetition of 100"),
        ("[[a]", "expected a regular expression ("),
        ("a{99999999999}", "expected a regular expression ("),
        ("(a", "expected a regular expression ("),
        ("[a", "expected a regular expression ("), ("*", "expected a regular expression ("),
    ],
)  # fmt: skip
def test_a_pattern_that_could_stall_or_differ_is_refused(pattern: str, fault: str) -> None:
    assert fault in str(pattern_fault(pattern))


def test_a_named_group_that_is_asked_for_must_be_there() -> None:
    assert pattern_fault("(?P<batch>.+)", "batch") is None
    assert "(?P<date>...)" in str(pattern_fault("(?P<batch>.+)", "date"))


PARTS = (
    "a b [ab] [^a] ( (?: (?P<x> ) | + * ? {2} {1,} {1,3} \\d \\w \\b ^ $ . 1 - ]a] [ ] { } \\ \\]"
)
PATTERNS = st.lists(st.sampled_from(PARTS.split()), max_size=8).map("".join)


@given(PATTERNS)
def test_an_accepted_pattern_answers_at_once_on_a_text_that_nearly_fits(pattern: str) -> None:
    if pattern_fault(pattern) is None:
        start = time.process_time()

        re.search(pattern, "ab1" * 12 + "c")

        assert time.process_time() - start < 1


@given(PATTERNS, st.text(alphabet="ab19-x", max_size=8))
def test_an_accepted_pattern_finds_the_same_in_duckdb(pattern: str, text: str) -> None:
    if pattern_fault(pattern) is None:
        ours = re.search(pattern, text)

        (theirs,) = CONNECTION.execute("select regexp_extract($1, $2)", [text, pattern]).fetchone()

        assert theirs == (ours[0] if ours else "")
