"""Decimal and thousands signs: what fits a layout is one number, what does not is never another."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_engine.errors import RulebookError
from recon_engine.parsers.control_total import PLAIN
from recon_engine.parsers.plain_numbers import plain_numbers
from recon_engine.rulebook.sources import Layout


def plain(text: str, decimal: str, thousands: str) -> str:
    """Give one cell as the layout reads it."""
    layout = Layout.model_validate({"decimal": decimal, "thousands": thousands})
    return plain_numbers(pa.array([text], pa.string()), layout)[0].as_py()


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("1.234,56", ",", ".", "1234.56"),
        ("-1.234.567,00", ",", ".", "-1234567.00"),
        ("1234,56", ",", ".", "1234.56"),
        ("1,234", ",", "", "1.234"),
        ("1.234", ",", ".", "1234"),
        ("1,234.56", ".", ",", "1234.56"),
        ("1 234,56", ",", " ", "1234.56"),
        ("1\N{NO-BREAK SPACE}234,56", ",", " ", "1234.56"),
        ("1\N{NARROW NO-BREAK SPACE}234,56", ",", " ", "1234.56"),
        ("1'234.50", ".", "'", "1234.50"),
        ("+0,5", ",", "", "+0.5"),
        ("12.50", ".", "", "12.50"),
    ],
)
def test_a_number_of_the_layout_becomes_plain(
    text: str, decimal: str, thousands: str, expected: str
) -> None:
    assert plain(text, decimal, thousands) == expected


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1.234,56", ".", ""),
        ("12,50", ".", ""),
        ("12,50", ".", ","),
        ("1.23,45", ",", "."),
        ("1..234", ",", "."),
        ("(12,00)", ",", ""),
        ("12,00-", ",", ""),
        (" 12,00", ",", ""),
        ("1E5", ",", ""),
        ("1_000", ",", ""),
        ("\N{ARABIC-INDIC DIGIT ONE},5", ",", ""),
    ],
)
def test_any_other_text_is_passed_on_as_printed_and_is_no_plain_number(
    text: str, decimal: str, thousands: str
) -> None:
    found = plain(text, decimal, thousands)

    assert found == text
    assert not PLAIN.fullmatch(found)


@pytest.mark.parametrize(("text", "thousands"), [("1.234", ""), ("1.23", "."), ("12.50", " ")])
def test_a_decimal_point_among_decimal_commas_cannot_be_read(text: str, thousands: str) -> None:
    assert plain(text, ",", thousands) == f"{text} (decimal sign is ,)"


def test_one_sign_for_both_is_an_error_of_the_rulebook() -> None:
    with pytest.raises(RulebookError, match="thousands is ',' like decimal"):
        plain("1,5", ",", ",")


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=10**15),
    signs=st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'"), (",", ""), (".", "")]),
)
def test_a_number_written_by_the_layout_is_read_as_that_number(
    number: Decimal, signs: tuple[str, str]
) -> None:
    decimal, thousands = signs
    english = f"{number:,.3f}"
    written = english.translate(str.maketrans({",": thousands, ".": decimal}))

    assert Decimal(plain(written, decimal, thousands)) == number


@given(text=st.text("0123456789.,' -+()", max_size=12))
def test_no_text_is_read_as_two_different_numbers(text: str) -> None:
    found = plain(text, ",", ".")

    if PLAIN.fullmatch(found):
        assert found == text.replace(".", "").replace(",", ".")
