"""Tokens: equal texts of a period are equal, the key alone reads them, NULL and empty stay."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.errors import GateBlocked
from recon_engine.store.cloak import Cloak, period_of

MARCH, APRIL = Cloak("E1-2026-03", b"march", b"d" * 32), Cloak("E1-2026-04", b"april", b"d" * 32)
UNHURRIED = settings(deadline=None)
"""The first call derives the key, on a machine that may have other work."""
TEXTS = st.text(st.characters(codec="utf-8"))


@UNHURRIED
@given(TEXTS)
def test_the_key_of_the_period_gives_the_text_back(text: str) -> None:
    assert MARCH.reveal(MARCH.token(text)) == text


@UNHURRIED
@given(TEXTS, TEXTS)
def test_tokens_are_equal_where_texts_are(one: str, other: str) -> None:
    assert (MARCH.token(one) == MARCH.token(other)) == (one == other)


@UNHURRIED
@given(TEXTS.filter(len))
def test_a_token_says_its_period_and_nothing_of_the_text(text: str) -> None:
    token = MARCH.token(text)

    assert period_of(token) == "E1-2026-03"
    assert token.isascii()
    assert MARCH.token(text) != APRIL.token(text)
    assert APRIL.reveal(token) == token


@UNHURRIED
@given(st.lists(st.none() | st.sampled_from(["", "a", "ä", "b"])))
def test_a_column_is_its_texts_one_by_one(texts: list[str | None]) -> None:
    found = MARCH.tokens(pa.array(texts, pa.string())).to_pylist()

    assert found == [MARCH.token(text) if text else text for text in texts]


def test_a_token_that_was_changed_is_not_revealed() -> None:
    token = MARCH.token("Ada")
    other = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]

    with pytest.raises(GateBlocked, match="does not open"):
        MARCH.reveal(other)


@UNHURRIED
@given(st.binary(min_size=32, max_size=32))
def test_digests_hang_on_the_one_key_for_all_periods(row: bytes) -> None:
    assert MARCH.digest(row.hex()) == APRIL.digest(row.hex()) != row.hex()
    assert Cloak("E1-2026-03", b"march", b"e" * 32).digest(row.hex()) != MARCH.digest(row.hex())
