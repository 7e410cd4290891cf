"""The deltas of each stage's law, and what a gate weighs at each doorway.

A delta is a query under `controls/<stage>/` that gives one number, zero where the law holds. Its
first line is its id and what must hold. Rules of the registry are counted per row; deltas compare
whole tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recon_engine.stages.stage import Stage
from recon_engine.tables.rules import Severity, metric, registry, row_rules, unique_id
from recon_engine.tables.table import Table

FOLDER = Path(__file__).parent / "controls"
HEADER = re.compile(r"-- (?P<id>[A-Z]{3}-[0-9]{3}): (?P<meaning>.+)")

OTHER_COLUMN, MISSING_COLUMN = "SCH-001", "SCH-002"
SCHEMA_CHECKS = {
    OTHER_COLUMN: "every column of an output stands in the contract with that type",
    MISSING_COLUMN: "every column of the contract stands in the output",
}
"""Rules about the schema of every output; weighed once for all scopes."""

REPEATED_KEYS = """\
with
crowded as (
    select hash({key}) as digest from {table} group by digest having count(*) > 1
),

repeated as (
    select count(*) as row_count
    from {table}
    where hash({key}) in (select digest from crowded)
    group by {key}
    having count(*) > 1
)

select
    cast(coalesce(sum(row_count - 1), 0) as bigint) as delta,
from repeated"""
"""Rows too many under one key; keys are compared where their hashes meet."""


@dataclass(frozen=True)
class Control:
    """A query over a workspace that gives one number, which must be zero."""

    id: str
    query: str
    meaning: str

    @property
    def metric(self) -> str:
        """Its column in a profile."""
        return metric(self.id)


@dataclass(frozen=True)
class Check:
    """What a gate weighs: one column of the profile, or a rule about schemas."""

    id: str
    severity: Severity
    meaning: str

    @property
    def metric(self) -> str:
        """Its column in a profile."""
        return metric(self.id)


@cache
def controls(stage: str) -> tuple[Control, ...]:
    """Return the deltas of a stage's law, in order of their ids.

    Raises: AssertionError where the first line of a query is not an id and a meaning.
    """
    found = []
    for path in sorted((FOLDER / stage).glob("*.sql")):
        query = path.read_text(encoding="utf-8")
        header = HEADER.match(query.partition("\n")[0])
        assert header, path.name
        found.append(Control(header["id"], query, header["meaning"]))
    assert len({control.id for control in found}) == len(found), stage
    return tuple(sorted(found, key=lambda control: control.id))


def key_control(table: Table) -> Control:
    """Return the control that no key of a table stands twice; it counts the rows too many."""
    query = REPEATED_KEYS.format(table=table.name, key=", ".join(table.key))
    return Control(unique_id(table), query, f"no key of {table.name} stands twice")


def checks(stage: Stage) -> dict[str, Check]:
    """Return all that is weighed behind a stage, by id: rows, keys, the law, the schemas."""
    found = [
        Check(rule.id, rule.severity, rule.meaning)
        for table in stage.writes
        for rule in row_rules(table.name)
    ]
    found += [
        Check(control.id, "critical", control.meaning)
        for control in (*map(key_control, stage.writes), *controls(stage.name))
    ]
    found += [Check(rule_id, "critical", text) for rule_id, text in SCHEMA_CHECKS.items()]
    by_id = {check.id: check for check in found}
    assert len(by_id) == len(found), stage.name
    assert not set(by_id) & {r.id for r in registry().values() if r.severity == "quarantine"}
    return by_id
