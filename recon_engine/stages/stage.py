"""What a stage is: a value that says what it reads, writes and conserves, and one pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pyarrow as pa

from recon_engine.periods import Lock, Period
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.store.workspace import Workspace
from recon_engine.tables.table import Table

Grain = Literal["source", "reconciliation", "entity"]


@dataclass(frozen=True)
class RunContext:
    """All that a stage may know of the run: no clock, no environment."""

    run_id: str
    business_date: date
    scope: str
    sealed_to: date | None
    """Last sealed date of the entity before this one; None at the start."""
    previous_date: date | None
    """Previous processing date of this scope, where one was published."""
    decision_seq: int
    """Decisions up to this number are read."""
    take_on: str = ""
    """File of the opening items that come into force on this date; empty on every other."""
    closed: tuple[Period, ...] = ()
    """Periods of the entity in which nothing of this date may be posted."""
    locked_elsewhere: Mapping[str, Lock] = field(default_factory=dict)
    """The same of each entity that posts a mirror of what this one posts."""


@dataclass(frozen=True)
class Read:
    """A declared input: a table of this processing date, of earlier ones, or of the SQL state.

    `previous` is the scope's previous processing date, `history` every earlier one, `affiliates`
    what the entities it shares accounts with have tonight, or had before where the stage itself
    makes it; `state` the records of the outside world: deliveries, decisions, receipts.
    """

    table: Table
    when: Literal["today", "previous", "history", "affiliates", "state"] = "today"

    @property
    def name(self) -> str:
        """The name under which a stage sees it."""
        return self.table.name if self.when == "today" else f"{self.when}_{self.table.name}"


def small_table(columns: Mapping[str, str], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    """Return rows made in Python as an Arrow table; `columns` are names and Arrow types by name."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = (
        pa.array(v, pa.type_for_alias(t)) for v, t in zip(values, columns.values(), strict=True)
    )
    return pa.table(dict(zip(columns, arrays, strict=True)))


Outputs = Mapping[str, str]
"""Table name: relation of the workspace that holds its rows. A declared table left out is empty."""


@dataclass(frozen=True)
class Stage:
    """One room of the corridor."""

    name: str
    grain: Grain
    reads: tuple[Read, ...]
    writes: tuple[Table, ...]
    law: str
    """The law of the room in one sentence; `gates` holds the checks of it."""
    transform: Callable[[Workspace, Rulebook, RunContext], Outputs]
