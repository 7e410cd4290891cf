"""Which rows break a rule, by the registry that the gate and its suite use too."""

from __future__ import annotations

import pyarrow as pa

from recon_engine.store.workspace import Workspace
from recon_engine.tables.rules import Rule, quarantine_rules

SHOWN = 40
"""Characters of a wrong field that are shown; long digit runs keep their last four."""


def judge(inputs: Workspace, dataset: str) -> None:
    """Make `candidate`: the typed rows, with the first rule each breaks and what stood there.

    Reads: typed, one row per row read.
    Makes: candidate (typed, rule_id, found) and quarantine_rule (rule_id, field, meaning).
           Only rows of files that count are judged: a repeated file is listed whole.
    """
    rules = quarantine_rules(dataset)
    broken = " ".join(f"when {rule.predicate} then '{rule.id}'" for rule in rules)
    found = " ".join(f"when {rule.predicate} then {_shown(rule)}" for rule in rules)
    counted = "file_disposition = 'counted'"
    inputs.make(
        "candidate",
        f"select *, case when not ({counted}) then null {broken} end as rule_id, "
        f"case when not ({counted}) then null {found} end as found from typed",
    )
    columns = {
        "rule_id": [rule.id for rule in rules],
        "field": [rule.field for rule in rules],
        "meaning": [rule.meaning for rule in rules],
    }
    inputs.register(
        "quarantine_rule", pa.table({name: pa.array(v, pa.string()) for name, v in columns.items()})
    )


def _shown(rule: Rule) -> str:
    text = f"cast({rule.shows} as varchar)"
    return f"left(regexp_replace({text}, '[0-9]{{9,}}([0-9]{{4}})', '...\\1', 'g'), {SHOWN})"
