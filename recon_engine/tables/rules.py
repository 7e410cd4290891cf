"""The rule registry: every rule of every table, each id once.

One registry drives three things that therefore cannot disagree: the profile that a gate weighs, the
query that puts unreadable rows aside, and the names of the expectations. In every table 001 is the
mandatory columns, 002 the key and 003 the currencies; a table's own rules start at 010, and its
quarantine rules at 101.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from recon_engine.tables import TABLES
from recon_engine.tables.payment_rules import PAYMENT_RULES
from recon_engine.tables.quarantine_rules import QUARANTINE_RULES
from recon_engine.tables.row_rules import ROW_RULES
from recon_engine.tables.rule import PREFIXES, Rule, Severity, currencies, metric, outside, row_rule
from recon_engine.tables.table import Table

__all__ = ["Rule", "Severity", "metric", "quarantine_rules", "registry", "row_rules", "unique_id"]

NO_CURRENCY = {
    "line_identity": ("",),
    "exception_report": ("",),
    "conservation_certificate": ("", "*"),
    "control_total": ("", "*"),
}
"""What stands in a currency column of a table whose rows may have no currency."""

EMPTY_KEYS = {("account_roll", "dimension"), *((table, "currency") for table in NO_CURRENCY)}
"""Key columns whose contract lets them be empty."""

PRINTED_CURRENCY = {"quarantined_row"}
"""Tables that keep a currency as it was printed."""


def unique_id(table: Table) -> str:
    """Return the id of the rule that no key of a table stands twice, counted by grouping."""
    return f"{PREFIXES[table.name]}-002"


@cache
def registry() -> dict[str, Rule]:
    """Return every rule by its id, the rules of a table in the order they are tried.

    Raises: AssertionError where an id stands twice or a rule names no table of the contract.
    """
    general = [rule for name in PREFIXES for rule in _general(TABLES[name])]
    rules = (*general, *ROW_RULES, *PAYMENT_RULES, *QUARANTINE_RULES)
    twice = [rule_id for rule_id, found in Counter(rule.id for rule in rules).items() if found > 1]
    assert not twice, twice
    assert all(rule.table in TABLES for rule in rules)
    return {rule.id: rule for rule in rules}


def row_rules(table: str) -> tuple[Rule, ...]:
    """Return the rules for published rows of a table, critical and warning."""
    return tuple(r for r in registry().values() if r.table == table and r.severity != "quarantine")


def quarantine_rules(table: str) -> tuple[Rule, ...]:
    """Return the rules for candidate rows of a dataset, in the order they are tried."""
    return tuple(r for r in registry().values() if r.table == table and r.severity == "quarantine")


def _general(table: Table) -> list[Rule]:
    """The rules that follow from the contract itself."""
    missing = [f"{c.name} is null" for c in table.columns if not c.nullable]
    missing += [
        f"{c.name} = ''"
        for c in table.columns
        if c.key and c.type == "text" and (table.name, c.name) not in EMPTY_KEYS
    ]
    rules = [
        row_rule(
            table.name,
            "001",
            "critical",
            ", ".join(table.key),
            "no mandatory column is missing and no key is empty",
            " or ".join(missing),
        )
    ]
    known = (*currencies(), *NO_CURRENCY.get(table.name, ()))
    columns = [c for c in table.columns if c.type == "text" and c.name.endswith("currency")]
    if columns and table.name not in PRINTED_CURRENCY:
        rules.append(
            row_rule(
                table.name,
                "003",
                "critical",
                ", ".join(c.name for c in columns),
                "every currency is an ISO 4217 code that has minor units",
                " or ".join(outside(c.name, known, nullable=c.nullable) for c in columns),
            )
        )
    return rules
