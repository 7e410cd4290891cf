"""Sound rows of every table, and workspaces made of them: what a test breaks in one place."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from recon_engine.ids import content_id
from recon_engine.stages.stage import Stage
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.matching import OPEN_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT
from recon_engine.tables.table import Table

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]
DAY = date(2026, 3, 2)
FILE = "f" * 64
EMPTY = {"text": "x", "bigint": 1, "integer": 1, "date": DAY, "decimal": 1, "boolean": False}

SOUND: dict[str, Row] = {
    "landed_file": {"file_id": FILE, "file_name": "settlement.csv", "batch_key": "b1"},
    "quarantined_row": {"dataset": "settlement_line", "amount_minor": 0, "file_id": FILE},
    "line_identity": {
        "dataset": "settlement_line",
        "identity": "L1",
        "disposition": "counted",
        "amount_minor": 970,
        "file_id": FILE,
        "delivery_seq": 1,
    },
    "settlement_line": {
        "line_id": "L1",
        "kind": "charge",
        "gross_minor": 1000,
        "fee_minor": 30,
        "net_minor": 970,
        "file_id": FILE,
    },
    "payout": {"payout_id": "P1", "amount_minor": 970, "file_id": FILE},
    "payment_event": {
        "line_id": "L1",
        "kind": "captured",
        "amount_minor": 1000,
        "file_id": FILE,
    },
    "payment_loss": {"generation": 1},
    "payment_state": {
        "state": "captured",
        "illegal": None,
        "excess_minor": 0,
        "captured_minor": 1000,
        "reversed_minor": 0,
        "refunded_minor": 0,
        "failed_minor": 0,
        "disputed_minor": 0,
        "won_minor": 0,
        "lost_minor": 0,
        "reserve_minor": 0,
    },
    "processor_balance": {
        "opening_minor": 0,
        "movement_minor": 970,
        "closing_minor": 970,
        "file_id": FILE,
    },
    "bank_entry": {"entry_id": "B1", "amount_minor": 970, "file_id": FILE},
    "statement_balance": {
        "bank_account": "DE01",
        "statement_id": "S1",
        "sequence_no": "1",
        "opening_minor": 100,
        "movement_minor": 970,
        "closing_minor": 1070,
        "file_id": FILE,
    },
    "ledger_entry": {"entry_id": "E1", "amount_minor": 500, "functional_minor": 500},
    "ledger_balance": {"amount_minor": 500, "functional_minor": 500},
    "billing_document": {"kind": "invoice", "amount_minor": 500, "open_minor": 500},
    "fx_rate": {"from_currency": "USD", "to_currency": "EUR"},
    "opening_item": {
        "functional_currency": None,
        "functional_minor": None,
        "kind": "payout",
        "side": "payout",
        "account": "1010",
        "amount_minor": 500,
        "reconciliation": "bank",
    },
    "cross_reference": {},
    "open_item": {"side": "settlement", "dataset": "settlement_line", "item_id": "L1"},
    "match_leg": {
        "side": "settlement",
        "dataset": "settlement_line",
        "item_id": "L1",
        "amount_minor": 1000,
        "match_id": "M1",
    },
    "match_evidence": {"left_id": "L1", "right_id": "E1", "difference_minor": 0},
    "cap_use": {"opening_minor": 5, "day_minor": 0, "used_minor": 5, "period": "2026-03"},
    "exception_item": {"reason": "ambiguous", "age_days": 0},
    "allocation": {
        "kind": "gross",
        "whole_id": "L1",
        "part_id": "L1",
        "match_id": "M1",
        "whole_minor": 1000,
        "amount_minor": 1000,
        "matched_account": "1100",
        "settled_currency": None,
        "settled_minor": None,
    },
    "fee_check": {
        "line_id": "L1",
        "kind": "charge",
        "base_minor": 1000,
        "volume_minor": 0,
        "expected_minor": 30,
        "charged_minor": 30,
        "variance_minor": 0,
    },
    "contract_month": {
        "month": "2026-03",
        "volume_minor": 1000,
        "expected_minor": 30,
        "charged_minor": 30,
        "accrued_minor": 0,
        "billed_minor": 0,
    },
    "journal_line": {
        "journal_id": "J1",
        "template": "gross",
        "part_id": "L1",
        "account": "1200",
        "amount_minor": 1000,
        "functional_minor": 1000,
    },
    "settlement_application": {
        "journal_id": "J1",
        "line_id": "L1",
        "amount_minor": 1000,
        "functional_minor": 1000,
    },
    "batch": {
        "action": "new",
        "generation": 0,
        "state": "awaiting_approval",
        "journal_id": "J1",
        "summary_key": None,
        "late_period": None,
    },
    "summary_line": {"account": "1200", "amount_minor": 1000, "functional_minor": 1000},
    "posting_receipt": {
        "action": "new",
        "generation": 0,
        "state": "posted",
        "journal_id": "J1",
        "posting_key": "K1",
    },
    "conservation_certificate": {"class": "matched", "origin": "new", "amount_minor": 1000},
    "control_total": {},
    "proof": {"proof": "bank", "component": "unexplained", "amount_minor": 0, "verdict": "proved"},
    "account_roll": {
        "opening_minor": 1,
        "movement_minor": 2,
        "closing_minor": 3,
        "taken_on_minor": 0,
        "functional_taken_on_minor": 0,
    },
    "exception_report": {"reason": "ambiguous"},
    "ageing": {"bucket": "0-1", "side": "settlement"},
}


def row(table: str, **changes: Any) -> Row:
    """Return a sound row of a table with some columns changed."""
    columns = TABLES[table].columns
    plain = {c.name: "EUR" if c.name.endswith("currency") else EMPTY[c.type] for c in columns}
    unknown = set(changes) - set(plain)
    assert not unknown, unknown
    return plain | SOUND[table] | changes


def open_workspace(folder: Path) -> Workspace:
    """Return an empty workspace over an empty lake."""
    return Workspace.open(Lake(folder), memory_limit="256MB", threads=1, place="test")


def fill(workspace: Workspace, table: Table, name: str, rows: list[Row]) -> None:
    """Put rows into the workspace under a name; holes are allowed, since a test may want one."""
    schema = pa.schema([pa.field(f.name, f.type) for f in table.arrow()])
    workspace.register(name, pa.Table.from_pylist(rows, schema=schema))


HELPERS: dict[str, tuple[tuple[str, str], ...]] = {
    "control_input": (("dataset", "varchar"), ("row_count", "bigint")),
    "period_lock": (("first_day", "date"), ("last_day", "date")),
    "closed_period": (
        ("name", "varchar"),
        ("first_day", "date"),
        ("last_day", "date"),
        ("material_minor", "bigint"),
    ),
    "payment_night": (("business_date", "date"), ("open_days", "integer")),
    "proof_account": (("account", "varchar"), ("currency", "varchar")),
}
"""Relations that a stage makes for its gate alone."""


def stage_workspace(folder: Path, stage: Stage, tables: Tables) -> Workspace:
    """Return a workspace as a stage leaves it: outputs, inputs and the gate's own relations."""
    workspace = open_workspace(folder)
    for table in stage.writes:
        fill(workspace, table, table.name, tables.get(table.name, []))
    for read in stage.reads:
        if read.table not in stage.writes or read.when != "today":
            fill(workspace, read.table, read.name, tables.get(read.name, []))
    for name in ("item", "item_source", "opened", "undone_leg", "closing", "difference", "rest"):
        fill(workspace, OPEN_ITEM, name, tables.get(name, []))
    fill(workspace, PAYMENT_EVENT, "payment_told", tables.get("payment_told", []))
    fill(workspace, PAYMENT_EVENT, "payment_past", tables.get("payment_past", []))
    for name, columns in HELPERS.items():
        holes = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in columns)
        workspace.make(name, f"select {holes} where false")
        for held in tables.get(name, []):
            values = ", ".join(f"cast(${column} as {kind})" for column, kind in columns)
            workspace.make(name, f"select * from {name} union all select {values}", **held)
    return workspace


def posting_key(journal_id: str, action: str = "new", generation: int = 0) -> str:
    """Return the key that a journal must be posted under."""
    return content_id("posting", journal_id, action, generation)
