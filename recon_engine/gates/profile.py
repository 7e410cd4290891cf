"""The profile of one scope: whole numbers that say all a gate needs to know of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from recon_engine.errors import GateBlocked, ReconError, Unavailable
from recon_engine.gates.controls import SCHEMA_CHECKS, checks, controls, key_control
from recon_engine.stages.stage import Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.rules import row_rules
from recon_engine.tables.table import Table

COUNTED = "    count(*) filter (where {predicate}) as {name},"
CROWDED = "    count(*) - count(distinct hash({key})) as {name},"
"""Rows whose key has the hash of another's: none, and no key stands twice."""
COUNTS = "select\n{columns}\nfrom {table}"
ROWS = "    (select count(*) from {table}) as {name},"


def metrics(stage: Stage) -> tuple[str, ...]:
    """Return the names of a profile's numbers: rows per output, then rules, keys and deltas."""
    weighed = (
        check.metric for rule_id, check in checks(stage).items() if rule_id not in SCHEMA_CHECKS
    )
    return (*(f"rows_{table.name}" for table in stage.writes), *weighed)


def profile(stage: Stage, workspace: Workspace) -> dict[str, int]:
    """Return one row of whole numbers about one scope: rows per output, violations, deltas.

    Reads:   the outputs under the names of their tables, and the relations that the controls of
             the stage name. One pass per table counts its violations and the hashes of its keys;
             an output without rows has none of either.
    Returns: every name of `metrics(stage)`, in that order.
    Raises:  GateBlocked where a number cannot be computed: what cannot be weighed does not pass.
    """
    found = _numbers(stage, "rows", *_row_counts(stage.writes), workspace)
    for table in stage.writes:
        key, rules = key_control(table), row_rules(table.name)
        if not found[f"rows_{table.name}"]:
            found |= dict.fromkeys((key.metric, *(rule.metric for rule in rules)), 0)
            continue
        names = [key.metric, *(rule.metric for rule in rules)]
        found |= _numbers(stage, table.name, names, _counts(table, key.metric), workspace)
        if found[key.metric]:
            found |= _numbers(stage, key.id, (key.metric,), key.query, workspace)
    for control in controls(stage.name):
        found |= _numbers(stage, control.id, (control.metric,), control.query, workspace)
    return {name: found[name] for name in metrics(stage)}


def _row_counts(tables: Sequence[Table]) -> tuple[list[str], str]:
    """Return the names and the query of the row counts of some outputs."""
    names = [f"rows_{table.name}" for table in tables]
    counts = (ROWS.format(table=t.name, name=n) for t, n in zip(tables, names, strict=True))
    return names, "select\n" + "\n".join(counts)


@cache
def _counts(table: Table, crowded: str) -> str:
    """Return the query of the one pass over a table: crowded keys, then violations by rule."""
    columns = [CROWDED.format(key=", ".join(table.key), name=crowded)]
    columns += [
        COUNTED.format(predicate=rule.predicate, name=rule.metric) for rule in row_rules(table.name)
    ]
    return COUNTS.format(columns="\n".join(columns), table=table.name)


def _numbers(
    stage: Stage, place: str, names: Sequence[str], query: str, workspace: Workspace
) -> dict[str, int]:
    """Return the one row of a query under these names; all but whole numbers is refused."""
    try:
        rows = workspace.rows(query)
    except Unavailable:
        raise
    except ReconError as error:
        raise GateBlocked(
            f"{stage.name} {place}: expected whole numbers, found {error}; nothing was published"
        ) from error
    if len(rows) != 1 or len(rows[0]) != len(names) or any(type(n) is not int for n in rows[0]):
        raise GateBlocked(
            f"{stage.name} {place}: found {rows[:1]}, expected {len(names)} whole numbers in "
            "one row; nothing was published"
        )
    return dict(zip(names, rows[0], strict=True))
