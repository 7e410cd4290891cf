"""One night of allocation over some lines, under contracts of the one source of the rulebook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from recon_engine.gates import profile
from recon_engine.rulebook.fees import Contract
from recon_engine.stages.allocation import ALLOCATION
from recon_engine.stages.stage import RunContext
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from tests.cases.small_rulebook import rulebook
from tests.gates.sample import Row, fill, open_workspace, row

MONDAY = date(2026, 3, 2)
CARDS: dict[str, Any] = {"name": "cards", "kinds": ["charge"], "percent": "1.4"}
FEE_TABLES = ("fee_check", "contract_month", "exception_item")


def contract(*clauses: dict[str, Any], **keys: Any) -> Contract:
    """Return a contract of the one source of the small rulebook."""
    plain = {"name": "acme", "sources": ["processor"], "valid_from": "2026-01-01"}
    return Contract.model_validate_json(
        json.dumps(plain | {"clauses": list(clauses or (CARDS,))} | keys)
    )


def line(line_id: str = "L1", gross: int = 10000, fee: int = 140, **changes: Any) -> Row:
    """Return a settlement line of that source."""
    plain = {"source": "processor", "net_minor": gross - fee, "event_date": MONDAY}
    plain |= {"region": None, "payment_method": None, "passed_on_minor": None}
    made = row("settlement_line", line_id=line_id, gross_minor=gross, fee_minor=fee)
    return made | plain | changes


@contextmanager
def night(
    folder: Path,
    lines: Sequence[Row],
    *contracts: Contract,
    scope: str = "processor",
    **tables: Any,
) -> Iterator[Workspace]:
    """Yield the workspace of one allocation over some lines; every law of the stage must hold."""
    small = rulebook({})
    chart = small.accounts["E1"]
    payables = {**chart.roles, "processor_payables": {"*": "2100"}}
    rules = replace(
        small,
        contracts={one.name: one for one in contracts},
        accounts={"E1": chart.model_copy(update={"roles": payables})},
    )
    context = RunContext("test", MONDAY, scope, None, None, 0)
    with open_workspace(folder) as workspace:
        for read in ALLOCATION.reads:
            rows = tables.get(read.name, [])
            fill(workspace, read.table, read.name, rows)
        fill(workspace, TABLES["settlement_line"], "settlement_line", list(lines))
        ALLOCATION.transform(workspace, rules, context)
        found = profile(ALLOCATION, workspace)
        assert not {name: n for name, n in found.items() if n and not name.startswith("rows_")}
        yield workspace


def rows(workspace: Workspace, table: str) -> list[Row]:
    """Return the rows of a table that a night made, by its key."""
    names = TABLES[table].names
    found = workspace.rows(f"select {', '.join(names)} from {table}")
    return [dict(zip(names, values, strict=True)) for values in found]
