"""What reaches a person: safe letters, whole amounts, known words."""

from __future__ import annotations

import pytest

from recon_engine.cli.terminal import WrongCommand, counted, money, one_of, safe


def test_letters_stay_and_control_characters_are_spelled_out() -> None:
    assert safe("Gebühr 1\nline 2") == "Gebühr 1\nline 2"
    assert safe("a\x1b[31mb\x07\x85") == "a\\x1b[31mb\\x07\\x85"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123456, "EUR", "1234.56 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (500, "JPY", "500 JPY"),
        (1, "KWD", "0.001 KWD"),
        (None, "EUR", ""),
        (5, None, ""),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    minor: int | None, currency: str | None, text: str
) -> None:
    assert money(minor, currency) == text


def test_a_number_comes_with_its_noun() -> None:
    assert counted(1, "file") == "1 file"
    assert counted(2, "entity", "entities") == "2 entities"


def test_an_unknown_word_is_answered_with_the_known_ones() -> None:
    with pytest.raises(WrongCommand, match="--entity: found 'E9', expected one of: E1, E2;"):
        one_of("--entity", "E9", ["E1", "E2"])
