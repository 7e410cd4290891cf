"""What a rule is: a fact that must hold for every row, as SQL that is true where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Severity = Literal["critical", "warning", "quarantine"]

PREFIXES = {
    "landed_file": "LAN",
    "quarantined_row": "QUA",
    "line_identity": "IDE",
    "settlement_line": "SET",
    "payout": "PAY",
    "payment_event": "EVT",
    "payment_loss": "LOS",
    "payment_state": "PST",
    "processor_balance": "PRB",
    "bank_entry": "BNK",
    "statement_balance": "STM",
    "ledger_entry": "LED",
    "ledger_balance": "LBA",
    "billing_document": "BIL",
    "fx_rate": "FXR",
    "opening_item": "OPE",
    "cross_reference": "XRF",
    "decision": "DEC",
    "open_item": "OPN",
    "match_leg": "LEG",
    "match_evidence": "EVI",
    "exception_item": "EXC",
    "cap_use": "CAP",
    "allocation": "ALC",
    "fee_check": "FCK",
    "contract_month": "MON",
    "journal_line": "JRN",
    "settlement_application": "APP",
    "batch": "BAT",
    "summary_line": "SUM",
    "posting_receipt": "REC",
    "conservation_certificate": "CER",
    "control_total": "TOT",
    "proof": "PRF",
    "account_roll": "ROL",
    "exception_report": "REP",
    "ageing": "AGE",
}
"""First letters of the rule ids of a table."""


@dataclass(frozen=True)
class Rule:
    """What must hold for each row of a table; `predicate` is true for a row that breaks it.

    A predicate that gives NULL counts as no violation, so each says what it means of NULL. A
    quarantine rule speaks of the typed candidate rows of its dataset, where a column is null beside
    its `raw_` text when the text could not be read; the other rules speak of published rows.
    """

    id: str
    table: str
    severity: Severity
    predicate: str
    field: str
    """Column, or field of the record, that the rule is about."""
    meaning: str
    """What must hold; for a quarantine rule, what was expected of the field."""
    shows: str = ""
    """Column of the candidate rows that holds what stood there; quarantine rules only."""

    @property
    def metric(self) -> str:
        """The rule's column in a profile: `SET-010` is `set_010`."""
        return metric(self.id)


def metric(rule_id: str) -> str:
    """Return the name of a rule's column in a profile."""
    return rule_id.lower().replace("-", "_")


def row_rule(
    table: str, number: str, severity: Severity, field: str, meaning: str, predicate: str
) -> Rule:
    """Return a rule for published rows of a table."""
    return Rule(f"{PREFIXES[table]}-{number}", table, severity, predicate, field, meaning)


def quarantine_rule(
    table: str, number: str, field: str, shows: str, meaning: str, predicate: str
) -> Rule:
    """Return a rule for candidate rows; `meaning` completes the sentence `expected ...`."""
    rule_id = f"{PREFIXES[table]}-{number}"
    return Rule(rule_id, table, "quarantine", predicate, field, meaning, shows)


def outside(column: str, values: Sequence[str], *, nullable: bool = False) -> str:
    """Return the predicate that a column is outside a list; NULL is outside unless `nullable`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"not coalesce({column} in ({listed}), {'true' if nullable else 'false'})"


@cache
def currencies() -> tuple[str, ...]:
    """Return every ISO 4217 code that has minor units, in order."""
    from iso4217 import Currency

    return tuple(sorted(c.code for c in Currency if c.exponent is not None))


@cache
def units(column: str) -> str:
    """Return the expression for the minor units in one unit of a currency: EUR 100, JPY 1."""
    from iso4217 import Currency

    unusual: dict[int, list[str]] = {}
    for currency in Currency:
        if currency.exponent not in (None, 2):
            unusual.setdefault(int(currency.exponent), []).append(f"'{currency.code}'")
    cases = " ".join(
        f"when {column} in ({', '.join(sorted(codes))}) then {10**exponent}"
        for exponent, codes in sorted(unusual.items())
    )
    return f"case {cases} else 100 end"
