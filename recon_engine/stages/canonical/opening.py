"""The opening items of a take-on, as one source would have delivered them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from recon_engine.errors import ParseError
from recon_engine.parsers.opening import read_opening
from recon_engine.periods import due_dates
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source
from recon_engine.stages.stage import RunContext
from recon_engine.store.cloak import Cloak
from recon_engine.store.workspace import Workspace
from recon_engine.tables.opening import OPENING_ITEM


def read_opening_items(inputs: Workspace, rules: Rulebook, source: Source, run: RunContext) -> None:
    """Make `opening_item`: the rows of the take-on file that name this source; none without one.

    Raises: ParseError where the file does not fit the rulebook any more.
    """
    rows = []
    if run.take_on:
        with inputs.open_landed(run.take_on) as stream:
            opening = read_opening(
                stream.read(), run.take_on, rules, source.entity, run.business_date
            )
        if opening.problems:
            raise ParseError(f"{opening.problems[0]}; nothing of its source was published")
        rows = [row for row in opening.rows if row["source"] == source.name]
        if rows and source.personal:
            _hide(rows, source, inputs.cloak(run.take_on))
    for row in rows:
        if row["kind"] == "payout" and row["due_date"] is None:
            sent = row["event_date"]
            row["due_date"] = due_dates([sent], source.payout_lag_days, source.calendar)[sent]
    inputs.register("opening_item", pa.Table.from_pylist(rows, schema=OPENING_ITEM.arrow()))


def _hide(rows: list[dict[str, Any]], source: Source, cloak: Cloak) -> None:
    """Put tokens in the place of personal fields, as in the rows of the source itself."""
    for row in rows:
        for name in set(source.personal) & row.keys():
            row[name] = cloak.token(row[name]) if row[name] else row[name]
