"""Selectors: a day is a day, and a processor is its sources and its reconciliations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli.selection import day_of, select, spans
from recon_engine.cli.terminal import WrongCommand
from recon_engine.rulebook.rulebook import Rulebook, load

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load(MAPPINGS)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20260302", "02.03.2026", "2026-W10-1", "", "today"]
)
def test_only_a_day_of_the_calendar_in_iso_8601_is_a_date(text: str) -> None:
    with pytest.raises(WrongCommand, match="expected a day like 2026-03-02"):
        day_of(text)


def test_a_day_is_read() -> None:
    assert day_of("2028-02-29") == date(2028, 2, 29)


def test_without_selectors_everything_is_kept(rules: Rulebook) -> None:
    assert select(rules, None, None, None).keeps("E1", "bank_eur", "bank_eur")


def test_a_processor_keeps_its_files_lines_and_payouts_only(rules: Rulebook) -> None:
    northpay = select(rules, None, None, "northpay")

    assert northpay.keeps("E1", "northpay", None)
    assert northpay.keeps("E1", "bank_eur", "northpay")
    assert not northpay.keeps("E1", "bank_eur", "adyen_eu")
    assert not northpay.keeps("E1", "adyen_eu", "adyen_eu")


def test_another_entity_is_not_kept(rules: Rulebook) -> None:
    assert not select(rules, None, "E1", None).keeps("E2", "northpay", "northpay")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("E9", None), "--entity: found 'E9', expected one of: E1;"),
        ((None, "paypal"), "--processor: found 'paypal', expected one of: adyen, northpay;"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    rules: Rulebook, words: tuple[str | None, str | None], known: str
) -> None:
    with pytest.raises(WrongCommand) as raised:
        select(rules, None, *words)

    assert str(raised.value).startswith(known)


def test_days_in_a_row_are_one_span() -> None:
    days = [date(2026, 3, n) for n in (2, 3, 4, 8)]

    assert spans(days) == "2026-03-02 to 2026-03-04, 2026-03-08"
