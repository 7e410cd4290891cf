"""Cells of a case as values of a table, and back; the columns that a case leaves out.

An amount is written `40.00 EUR` under the name of its column without `_minor`; it fills the
currency beside it. `-` is no value. A cell that ends in `...` says how the value begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from recon_engine.ids import content_id
from recon_engine.money import Money, exponent
from recon_engine.tables.table import Column, Table
from tests.cases.case_file import Grid

Row = dict[str, Any]
FILE_ID = "f" * 64
NOTHING = "-"

ITEM_SIDES = {
    "settlement": {"dataset": "settlement_line", "source": "processor", "kind": "charge"},
    "ledger": {"dataset": "ledger_entry", "source": "ledger", "kind": "receivable"},
    "payout": {"dataset": "settlement_line", "source": "processor", "kind": "payout"},
    "bank": {"dataset": "bank_entry", "source": "bank", "kind": "receipt"},
}
HELD = {
    "settlement": "clearing",
    "ledger": "receivable",
    "payout": "cash_in_transit",
    "bank": "bank",
}

PLAIN = {"entity": "E1", "ledger": "main", "processor": "acme", "processor_account": "M1"}
PLAIN |= {"batch_ref": "batch_1", "bank_account": "DE01", "statement_id": "S1"}
PLAIN |= {"file_id": FILE_ID, "document_line": "1", "contract": "1", "functional_currency": "EUR"}
PLAIN |= {"row_digest": "0" * 64, "zone": "UTC", "owner": "finance operations", "detail": "told"}

DEFAULTS: dict[str, Row] = {
    "settlement_line": {"source": "processor", "kind": "charge", "provider_kind": "charge"},
    "payout": {"source": "processor"},
    "processor_balance": {"source": "processor"},
    "bank_entry": {"source": "bank"},
    "statement_balance": {"source": "bank"},
    "ledger_entry": {"source": "ledger", "account": "1100"},
    "ledger_balance": {"source": "balances"},
    "billing_document": {"source": "invoices", "kind": "invoice", "account": "1100"},
    "fx_rate": {"source": "rates"},
    "line_identity": {"dataset": "settlement_line", "source": "processor", "delivery_seq": 1},
    "quarantined_row": {"dataset": "settlement_line", "source": "processor", "rule_id": "SET-107"},
    "match_leg": {"generation": 1, "pass_name": "order"},
    "payment_event": {"source": "processor", "kind": "captured", "generation": 1},
    "payment_loss": {"generation": 1},
    "allocation": {"kind": "gross", "held_role": "clearing", "generation": 1, "cause": "case"},
    "journal_line": {"template": "gross", "role": "clearing", "account": "1200", "cause": "case"},
    "posting_receipt": {"action": "new", "state": "posted"},
    "decision": {"kind": "unapply", "actor": "anna", "reason": "wrong order"},
}


def given_rows(grid: Grid, table: Table, day: date, scope: str) -> list[Row]:
    """Return the rows of a given table, each column that it leaves out filled by the contract."""
    return [
        _completed(table, dict(_cells(table, grid.head, cells)), number, day, scope)
        for number, cells in enumerate(grid.rows, 1)
    ]


def _cells(
    table: Table, head: tuple[str, ...], cells: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    for name, text in zip(head, cells, strict=True):
        measure = f"{name}_minor"
        if measure not in table.names:
            yield name, _typed(_column(table, name), text)
        elif text == NOTHING:
            yield measure, None
        else:
            number, _, currency = text.partition(" ")
            beside = table.currency_of(measure)
            assert beside, measure
            yield measure, Money.of(number, currency).minor
            yield beside, currency


def _column(table: Table, name: str) -> Column:
    found = [column for column in table.columns if column.name == name]
    assert found, f"{table.name} has no column {name}"
    return found[0]


def _typed(column: Column, text: str) -> Any:
    if text == NOTHING:
        return None
    kinds: dict[str, Any] = {
        "text": str,
        "bigint": int,
        "integer": int,
        "date": date.fromisoformat,
        "decimal": Decimal,
        "boolean": lambda word: word == "true",
    }
    return kinds[column.type](text)


def _completed(table: Table, row: Row, number: int, day: date, scope: str) -> Row:
    empty = {"text": "x", "bigint": 0, "integer": 0, "date": day, "decimal": 1, "boolean": False}
    plain: Row = {c.name: None if c.nullable else empty[c.type] for c in table.columns}
    plain |= {"row_no": number, "currency": "EUR", "reconciliation": scope, **PLAIN}
    plain |= DEFAULTS.get(table.name, {})
    if table.name in ("open_item", "match_leg"):
        side = row.get("side", "settlement")
        plain |= {"side": side, "held_role": HELD[side], **ITEM_SIDES[side]}
    row = plain | row
    _derive(table, row, number)
    return {name: row[name] for name in table.names}


def _derive(table: Table, row: Row, number: int) -> None:
    """Fill in what follows from the other cells, where the case says nothing of its own."""
    if table.name == "settlement_line":
        _derive_amounts(row)
    if "functional_minor" in table.names and row["currency"] == row["functional_currency"]:
        row["functional_minor"] = row["functional_minor"] or row["amount_minor"]
    if table.name == "allocation":
        cleared = "1100" if row["kind"] in ("gross", "unapplied") else None
        row["matched_account"] = row["matched_account"] or cleared
        row["whole_minor"] = row["whole_minor"] or row["amount_minor"]
        row["allocation_id"] = f"A{number}"
        for name, value in (("whole_id", row["part_id"]), ("group_id", f"G{number}")):
            row[name] = value if row[name] == "x" else row[name]
    if table.name == "posting_receipt":
        key = (row["journal_id"], row["action"], row["generation"])
        row |= {"posting_key": content_id("posting", *key), "erp_document": f"D{number}"}
    if table.name == "exception_item":
        row["exception_id"] = content_id("exception", row["scope"], row["reason"], row["item_id"])
    if table.name == "ledger_entry" and row["document_id"] == "x":
        row["document_id"] = row["entry_id"]


def _derive_amounts(row: Row) -> None:
    """Fill in the amounts of a settlement line that follow from the others."""
    if row["gross_currency"] == "x":
        row["gross_currency"] = row["currency"]
    if row["gross_currency"] != row["currency"]:
        return
    if row["net_minor"] == 0:
        row["net_minor"] = row["gross_minor"] - row["fee_minor"]
    elif row["gross_minor"] == 0:
        row["gross_minor"] = row["net_minor"] + row["fee_minor"]


def columns_of(table: Table, head: tuple[str, ...]) -> list[str]:
    """Return the columns that a head asks for, the currency of an amount behind the amount."""
    asked: list[str] = []
    for name in head:
        if (measure := f"{name}_minor") in table.names:
            asked += [measure, table.currency_of(measure) or ""]
        else:
            asked.append(_column(table, name).name)
    return asked


def written(table: Table, head: tuple[str, ...], values: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the values of `columns_of` as the cells of a case."""
    left = iter(values)
    cells = []
    for name in head:
        value = next(left)
        if f"{name}_minor" in table.names:
            cells.append(_amount(value, next(left)))
        elif isinstance(value, bool):
            cells.append(str(value).lower())
        elif isinstance(value, Decimal):
            cells.append(f"{value.normalize():f}")
        else:
            cells.append(NOTHING if value is None else str(value))
    return tuple(cells)


def _amount(minor: int | None, currency: str) -> str:
    if minor is None:
        return NOTHING
    decimals = exponent(currency) if currency else 0
    return f"{Decimal(minor).scaleb(-decimals):f} {currency}".strip()


def says(expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """Tell whether a row is as it was expected."""
    return all(
        cell.startswith(wanted.removesuffix("...")) if wanted.endswith("...") else cell == wanted
        for wanted, cell in zip(expected, found, strict=True)
    )
