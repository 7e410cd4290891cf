"""The price of a line by its contract: against a twin in plain Python, and case by case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon_engine.rulebook.fees import Contract
from tests.gates.sample import Row, row
from tests.stages.allocation.fee_night import (
    CARDS,
    FEE_TABLES,
    MONDAY,
    contract,
    line,
    night,
    rows,
)
from tests.stages.allocation.price_twin import priced


def checked(folder: Path, lines: Sequence[Row], *contracts: Contract) -> dict[str, Row]:
    """Return the check of every line."""
    with night(folder, lines, *contracts) as workspace:
        return {found["line_id"]: found for found in rows(workspace, "fee_check")}


def told(folder: Path, lines: Sequence[Row], *contracts: Contract, **tables: Any) -> list[Row]:
    """Return the exceptions of a night's fees."""
    with night(folder, lines, *contracts, **tables) as workspace:
        return rows(workspace, "exception_item")


PERCENTS = st.sampled_from(["0", "0.5", "1.4", "2.900001", "0.000001", "33.333333", "100"])
AMOUNTS = st.one_of(st.integers(0, 300), st.integers(0, 10**6), st.just(10**15))
EUR_ONLY: dict[str, Any] = {"currencies": ["EUR"]}


@st.composite
def clauses(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """Draw one clause of any shape that the rulebook accepts."""
    made: dict[str, Any] = {"name": f"clause_{number}", "percent": draw(PERCENTS)}
    for key, names in (("methods", ["visa", "mc"]), ("regions", ["EEA", "US"])):
        made[key] = draw(st.lists(st.sampled_from(names), max_size=1))
    shape = draw(st.sampled_from(["plain", "limits", "tiers", "passed", "returned"]))
    made["kinds"] = draw(st.sampled_from([["charge"], ["charge", "refund"], ["chargeback"]]))
    if shape == "limits":
        low = draw(st.integers(0, 200))
        made |= EUR_ONLY | {"fixed_minor": draw(st.integers(0, 50)), "minimum_minor": low}
        made["maximum_minor"] = low + draw(st.integers(0, 5000))
    if shape == "tiers":
        starts = sorted({0, *draw(st.lists(st.integers(1, 2000), max_size=2))})
        made |= EUR_ONLY | {"percent": "0"}
        made["tiers"] = [{"from_minor": at, "percent": draw(PERCENTS)} for at in starts]
    if shape == "passed":
        made["interchange"] = "passed_through"
    if shape == "returned":
        policy = draw(st.sampled_from(["percentage_returned", "all_returned"]))
        made |= EUR_ONLY | {"kinds": ["refund"], "fixed_minor": 7, "refund_policy": policy}
    return made


@st.composite
def lines(draw: st.DrawFn, line_id: str) -> Row:
    """Draw one line, now and then one that is taken back."""
    generation = draw(st.sampled_from([1, 1, 1, -1]))
    kind = draw(st.sampled_from(["charge", "charge", "refund", "chargeback", "payout"]))
    way = generation * (1 if kind == "charge" else -1)
    passed = draw(st.none() | st.integers(0, 90))
    return line(
        line_id,
        way * draw(AMOUNTS),
        generation * draw(st.integers(0, 200)),
        kind=kind,
        generation=generation,
        currency=(currency := draw(st.sampled_from(["EUR", "EUR", "JPY"]))),
        gross_currency=currency,
        payment_method=draw(st.sampled_from([None, "visa", "mc"])),
        region=draw(st.sampled_from([None, "EEA", "US"])),
        event_date=draw(st.sampled_from([date(2026, 2, 28), MONDAY, date(2026, 3, 1)])),
        passed_on_minor=None if passed is None else generation * passed,
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Contract, list[list[Row]]]:
    """Draw a contract and the lines of two nights; ids are in no order."""
    names = draw(st.permutations([f"L{number}" for number in range(draw(st.integers(1, 12)))]))
    nights = draw(st.integers(0, len(names)))
    made = [draw(lines(name)) for name in names]
    prices = [draw(clauses(number)) for number in range(draw(st.integers(1, 4)))]
    ways = st.sampled_from(["half_up", "half_even"])
    rounding = {"*": draw(ways), "JPY": draw(ways)}
    return contract(*prices, rounding=rounding), [made[:nights], made[nights:]]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds())
def test_prices_and_months_are_those_of_the_twin(
    world: tuple[Contract, list[list[Row]]], tmp_path: Path
) -> None:
    agreed, nights = world

    found: dict[str, Row] = {}
    months: list[Row] = []
    for lines_of_night in nights:
        with night(tmp_path, lines_of_night, agreed, previous_contract_month=months) as workspace:
            found |= {one["line_id"]: one for one in rows(workspace, "fee_check")}
            months = rows(workspace, "contract_month")

    expected, expected_months = priced(agreed, nights)
    told = {name: (one["clause"], one["expected_minor"]) for name, one in found.items()}
    assert told == expected
    measures = ("line_count", "volume_minor", "expected_minor", "charged_minor")
    assert {
        (one["currency"], one["month"]): [one[name] for name in measures] for one in months
    } == expected_months


def test_the_first_clause_that_fits_prices_a_line(tmp_path: Path) -> None:
    american = CARDS | {"name": "american", "regions": ["US"], "percent": "2.9"}
    abroad = [line("L1", region="US"), line("L2", region="EEA"), line("L3")]

    found = checked(tmp_path, abroad, contract(american, CARDS))

    assert {name: (one["clause"], one["expected_minor"]) for name, one in found.items()} == {
        "L1": ("american", 290),
        "L2": ("cards", 140),
        "L3": ("cards", 140),
    }


def test_a_line_is_priced_by_the_contract_of_its_day(tmp_path: Path) -> None:
    old = contract(CARDS, name="old", valid_from="2026-02-01", valid_to="2026-03-01")
    new = contract(CARDS | {"percent": "1.2"}, name="new", valid_from="2026-03-02")
    days = {"L0": "2026-01-31", "L1": "2026-03-01", "L2": "2026-03-02"}

    found = checked(
        tmp_path, [line(n, event_date=date.fromisoformat(d)) for n, d in days.items()], old, new
    )

    assert {name: (one["contract"], one["expected_minor"]) for name, one in found.items()} == {
        "L1": ("old", 140),
        "L2": ("new", 120),
    }


def test_half_a_cent_is_rounded_as_the_contract_says(tmp_path: Path) -> None:
    half = CARDS | {"percent": "0.5"}

    up = checked(tmp_path, [line(gross=100)], contract(half))
    even = checked(tmp_path, [line(gross=100)], contract(half, rounding={"*": "half_even"}))

    assert (up["L1"]["expected_minor"], even["L1"]["expected_minor"]) == (1, 0)


def test_a_foreign_sale_is_priced_on_what_it_is_in_the_currency_of_the_fee(tmp_path: Path) -> None:
    pounds = line(gross=10000, fee=190, gross_currency="GBP", rate_exact=1, net_minor=11510)

    found = checked(tmp_path, [pounds], contract())

    assert (found["L1"]["base_minor"], found["L1"]["expected_minor"]) == (11700, 164)


def test_a_fee_apart_from_its_price_says_both_and_what_is_at_stake(tmp_path: Path) -> None:
    (found,) = told(tmp_path, [line("L1", fee=152), line("L2")], contract())

    assert (found["reason"], found["item_id"], found["owner"]) == (
        "fee_variance",
        "L1",
        "finance operations",
    )
    assert (found["amount_minor"], found["currency"]) == (12, "EUR")
    assert found["detail"] == (
        "found a fee of 152 minor units, expected 140 by clause cards of acme"
    )


def test_a_difference_within_the_tolerance_is_no_exception(tmp_path: Path) -> None:
    apart = [line("L1", fee=142), line("L2", fee=137)]

    (found,) = told(tmp_path, apart, contract(tolerance_minor=2))

    assert (found["item_id"], found["amount_minor"]) == ("L2", -3)


def test_more_differences_than_are_listed_are_one_with_their_count(tmp_path: Path) -> None:
    apart = [line("L1", fee=152), line("L2", fee=150), line("L3", fee=139)]
    earlier = row("exception_item", first_date=date(2026, 2, 27))

    (found,) = told(tmp_path, apart, contract(listed_lines=2))
    three = told(tmp_path, apart, contract(listed_lines=3))
    earlier["exception_id"] = found["exception_id"]
    (again,) = told(tmp_path, apart, contract(listed_lines=2), previous_exception_item=[earlier])

    assert (found["item_id"], found["amount_minor"]) == ("acme EUR", 21)
    assert found["detail"] == (
        "found 3 fees that differ from acme by 22 minor units too much and 1 too little, "
        "expected none"
    )
    assert found["first_date"] == MONDAY
    assert again["first_date"] == date(2026, 2, 27)
    assert [one["item_id"] for one in sorted(three, key=lambda o: o["item_id"])] == [
        "L1",
        "L2",
        "L3",
    ]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        (
            {"payment_method": "amex", "currency": "USD", "gross_currency": "USD"},
            "found a charge by amex with a fee of 140 minor units, expected one that a clause of "
            "acme fits",
        ),
        (
            {"event_date": MONDAY},
            "found a charge on 2026-03-02 with a fee of 140 minor units, expected a contract in "
            "force on that day",
        ),
        (
            {"region": "US"},
            "found no interchange and scheme fees beside the fee of 140 minor units, expected "
            "them: clause plus of acme passes them through",
        ),
    ],
)
def test_a_line_without_a_price_says_what_is_missing(
    tmp_path: Path, changes: Row, detail: str
) -> None:
    plus = CARDS | {"name": "plus", "regions": ["US"], "interchange": "passed_through"}
    euros = CARDS | EUR_ONLY
    agreed = contract(plus, euros, valid_to="2026-03-01")

    found = told(tmp_path, [line("L1", event_date=date(2026, 2, 27)) | changes], agreed)

    assert [(one["reason"], one["detail"]) for one in found] == [("fee_unknown", detail)]
    assert found[0]["amount_minor"] == 140


def test_what_costs_nothing_and_sells_nothing_needs_no_price(tmp_path: Path) -> None:
    payout = line("L1", -10000, 0, kind="payout")
    free = line("L2", fee=0, payment_method="voucher")
    cards = CARDS | {"methods": ["visa"]}

    found = told(tmp_path, [payout, free], contract(cards))

    assert [one["item_id"] for one in found] == ["L2"]


def test_a_line_that_is_taken_back_is_priced_and_not_told_again(tmp_path: Path) -> None:
    back = line("W1", -10000, -152, generation=-1)

    with night(tmp_path, [back], contract()) as workspace:
        (found,) = rows(workspace, "fee_check")

        assert (found["expected_minor"], found["variance_minor"]) == (-140, -12)
        assert rows(workspace, "exception_item") == []


def test_a_bank_reconciliation_holds_no_fee_against_a_contract(tmp_path: Path) -> None:
    with night(tmp_path, [line(fee=999)], contract(), scope="bank") as workspace:
        assert [rows(workspace, table) for table in FEE_TABLES] == [[], [], []]
