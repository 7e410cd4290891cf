"""Which rows break a rule, by the registry that the gate and its suite use too."""

from __future__ import annotations

import pyarrow as pa

from recon_engine.store.workspace import Workspace
from recon_engine.tables.rules import quarantine_rules

SHOWN = 40
"""Characters of a wrong field that are shown."""
LONG = "'[0-9]{9,}([0-9]{4})', '...\\1', 'g'"
"""A long run of digits, of which the last four are shown."""


def judge(inputs: Workspace, dataset: str) -> None:
    """Make `candidate`: the typed rows, with the first rule each breaks and what stood there.

    Reads: typed, one row per row read.
    Makes: candidate (typed, rule_id, found) and quarantine_rule (rule_id, field, meaning).
           Only rows of files that count are judged: a repeated file is listed whole.
    """
    rules = quarantine_rules(dataset)
    broken = " ".join(f"when {rule.predicate} then '{rule.id}'" for rule in rules)
    stood = " ".join(f"when '{rule.id}' then cast({rule.shows} as varchar)" for rule in rules)
    inputs.make(
        "candidate",
        "with judged as (select *, case when file_disposition <> 'counted' then null "
        f"{broken} end as rule_id from typed) "
        f"select *, left(regexp_replace(case rule_id {stood} end, {LONG}), {SHOWN}) as found "
        "from judged",
    )
    columns = {
        "rule_id": [rule.id for rule in rules],
        "field": [rule.field for rule in rules],
        "meaning": [rule.meaning for rule in rules],
    }
    inputs.register(
        "quarantine_rule", pa.table({name: pa.array(v, pa.string()) for name, v in columns.items()})
    )
