"""The SQL words of a workspace, held against their twins in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recon_engine import ids
from recon_engine.money import exponent
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace

DECIMALS = st.integers(min_value=0, max_value=4)
NUMBERS = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{1,8})?", fullmatch=True)
SHAPES = st.text(alphabet="0159+-.eE, ٣", max_size=12)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    lake = Lake(Path(tmp_path_factory.mktemp("lake")))
    with Workspace.open(lake, memory_limit="200MB", threads=1, place="test") as workspace:
        yield workspace


def minor_of(text: str, decimals: int) -> int | None:
    """What signed_minor gives, said with Decimal."""
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text, re.ASCII):
        return None
    scaled = Decimal(text).scaleb(decimals)
    if scaled != scaled.to_integral_value() or abs(scaled) >= 10**18:
        return None
    return int(scaled)


@given(kind=st.text(max_size=5), parts=st.lists(st.none() | st.text(max_size=8), max_size=4))
@example(kind="line", parts=[])
@example(kind="line", parts=[None, ""])
@example(kind="ligne", parts=["Zürich", "東京", "\x1f"])
@settings(max_examples=100, deadline=None)
def test_content_id_gives_the_same_digits_as_in_python(
    sql: Workspace, kind: str, parts: list[str | None]
) -> None:
    query = "select content_id($kind, cast($parts as varchar[]))"

    found = sql.rows(query, kind=kind, parts=parts)

    assert found == [(ids.content_id(kind, *parts),)]


def test_a_missing_part_is_told_from_an_empty_one(sql: Workspace) -> None:
    ((missing, empty, none),) = sql.rows(
        "select content_id('x', [null]), content_id('x', ['']), content_id('x', [])"
    )

    assert len({missing, empty, none}) == 3


@given(text=NUMBERS | SHAPES, decimals=DECIMALS)
@example(text="999999999999999999", decimals=0)
@example(text="1000000000000000000", decimals=0)
@example(text="9999999999999999.99", decimals=2)
@example(text="0000000000000000000000000001.10", decimals=2)
@example(text="-0", decimals=2)
@example(text="1.", decimals=2)
@example(text=".5", decimals=2)
@example(text="1.230000000000000000000000", decimals=2)
@example(text="0.0000000000000000001", decimals=2)
@example(text="1\n", decimals=0)
@settings(max_examples=300, deadline=None)
def test_signed_minor_reads_what_decimal_reads_and_nothing_else(
    sql: Workspace, text: str, decimals: int
) -> None:
    found = sql.rows("select signed_minor($text, $decimals)", text=text, decimals=decimals)

    assert found == [(minor_of(text, decimals),)]


def test_signed_minor_of_nothing_is_nothing(sql: Workspace) -> None:
    query = "select signed_minor(null, 2), signed_minor('1', null), typeof(signed_minor('1', 2))"

    assert sql.rows(query) == [(None, None, "BIGINT")]


def test_every_currency_has_the_decimals_that_money_knows(sql: Workspace) -> None:
    listed = dict(sql.rows("select currency, decimals from currency_exponent"))

    assert listed == {currency: exponent(currency) for currency in listed}
    assert (listed["EUR"], listed["JPY"], listed["KWD"]) == (2, 0, 3)
    assert "XAU" not in listed
