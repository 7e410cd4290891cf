"""Fees that are billed by the month: what stands accrued, and what a bill does to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tests.gates.sample import Row, row
from tests.stages.allocation.fee_night import MONDAY, contract, line, night, rows

BILLED: dict[str, Any] = {
    "billing": "invoiced",
    "bill_pattern": "FEES (?P<period>[0-9]{4}-[0-9]{2})",
}
FEBRUARY = row(
    "contract_month",
    reconciliation="processor",
    contract="acme",
    month="2026-02",
    line_count=1,
    volume_minor=10000,
    expected_minor=140,
    charged_minor=0,
    accrued_minor=140,
)
LATE = line("L1", fee=0, event_date=date(2026, 2, 27))
BILL = row(
    "ledger_entry",
    entry_id="B1",
    account="2100",
    reference="FEES 2026-02",
    amount_minor=-150,
    posting_date=date(2026, 3, 1),
)


def accruals(folder: Path, lines: Sequence[Row], **tables: Any) -> tuple[list[Row], list[Row]]:
    """Return the accruals of a night under a contract whose fees are billed, and its exceptions."""
    with night(folder, lines, contract(**BILLED), **tables) as workspace:
        booked = [a for a in rows(workspace, "allocation") if a["kind"] == "fee_accrual"]
        return booked, rows(workspace, "exception_item")


def test_a_month_that_is_over_is_accrued_on_its_last_day(tmp_path: Path) -> None:
    (booked,), told = accruals(tmp_path, [LATE, line("L2", fee=0)])

    assert (booked["part_id"], booked["amount_minor"]) == ("acme EUR 2026-02", 140)
    assert booked["event_date"] == date(2026, 2, 28)
    assert told == []


def test_a_late_line_is_accrued_on_the_day_it_comes(tmp_path: Path) -> None:
    (booked,), _ = accruals(tmp_path, [LATE], previous_contract_month=[FEBRUARY])

    assert (booked["amount_minor"], booked["event_date"]) == (140, MONDAY)


def test_a_bill_takes_the_accrual_back_and_is_told_where_it_differs(tmp_path: Path) -> None:
    (booked,), (told,) = accruals(
        tmp_path, [], previous_contract_month=[FEBRUARY], ledger_entry=[BILL]
    )

    assert (booked["amount_minor"], booked["event_date"]) == (-140, date(2026, 3, 1))
    assert booked["cause"] == "ledger_entry B1"
    assert (told["reason"], told["item_id"], told["amount_minor"]) == ("fee_variance", "B1", 10)
    assert told["detail"] == "found 150 minor units billed for 2026-02, expected 140 by acme"


def test_a_bill_that_comes_with_its_last_lines_leaves_nothing_to_accrue(tmp_path: Path) -> None:
    booked, told = accruals(tmp_path, [LATE], ledger_entry=[BILL | {"amount_minor": -140}])

    assert (booked, told) == ([], [])


def test_an_entry_of_another_account_or_reference_is_no_bill(tmp_path: Path) -> None:
    others = [BILL | {"account": "6100"}, BILL | {"entry_id": "B2", "reference": "RENT 2026-02"}]

    booked, told = accruals(tmp_path, [], previous_contract_month=[FEBRUARY], ledger_entry=others)

    assert (booked, told) == ([], [])
