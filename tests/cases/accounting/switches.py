"""What the givens of a case switch in the rulebook that it is run under."""

from __future__ import annotations

import re
from pathlib import Path

from recon_engine.demo.bank import ACCOUNTS
from tests.cases.accounting.tables import Case, Given

MONTHLY = """\
name: processor
sources: [processor]
valid_from: 2026-01-01
billing: invoiced
bill_pattern: FEES (?P<period>[0-9]{{4}}-[0-9]{{2}})
clauses:
  - name: sale
    kinds: [charge]
    currencies: [EUR]
    percent: "{0}"
    fixed_minor: {1}
"""
RATES = """\
name: rates
entity: E1
record: rate
connection: erp
extract:
  table: fx_rate
  columns:
    entity: entity
    from_currency: from_currency
    to_currency: to_currency
    rate_date: rate_date
    rate: rate
  date_column: rate_date
  order_by: [from_currency, rate_date]
feed: incremental
business_date:
  by: run
empty_is_no_activity: true
"""
SWITCHES = (
    (r"^[A-Z]{3} [\d.]+(, closing)?$|^mid-market ", "sources/rates.yaml", "", RATES),
    (r"^(USD) [\d.]+$", "reconciliations/bank.yaml", r"currency: \w+", "currency: {0}"),
    (
        r"^USD [\d.]+$",
        "sources/bank.yaml",
        r"bank_account: \w+",
        f"bank_account: {ACCOUNTS['USD'].number}",
    ),
    (
        r"restatement: delta",
        "accounts/E1.yaml",
        r"ledger: (\w+)",
        r"ledger: \1\nrestatement: delta",
    ),
    (
        r"revaluation owner: reconciliation, kept",
        "accounts/E1.yaml",
        r"ledger: (\w+)",
        r"ledger: \1\nrevaluation: reconciliation",
    ),
    (r"feed (\w+)", "sources/processor.yaml", r"feed: \w+", "feed: {0}"),
    (
        r"payout lag (\d+)",
        "sources/processor.yaml",
        r"payout_lag_days: \d+",
        "payout_lag_days: {0}",
    ),
    (
        r"on opening: receivable|adjustment without reference: suspense",
        "accounts/E1.yaml",
        r"entity: (\w+)",
        r"entity: \1",
    ),
    (
        r"^(\d{4}-\d\d)$",
        "accounts/E1.yaml",
        r"entity: (\w+)",
        r'entity: \1\nclosed_periods: ["{0}"]',
    ),
    (
        r"on opening: expense",
        "accounts/E1.yaml",
        r"  (chargeback\w*): disputed_receivable",
        r"  \1: dispute_losses",
    ),
    (
        r"tax on lost dispute: relief, 20\.00 of 120\.00",
        "accounts/E1.yaml",
        r"entity: (\w+)",
        r'entity: \1\nloss_tax_percent: "20"',
    ),
    (
        r"loss allowance on: win rate 30 %, so 70 % of 120\.00 = 84\.00",
        "accounts/E1.yaml",
        r"ledger: (\w+)",
        r'ledger: \1\nwin_rate_percent: "30"',
    ),
    (r"P1: exempt", "sources/processor.yaml", r"feed: (\w+)", r"feed: \1"),
    (
        r"P1: tax 20 % of 10\.00 = 2\.00, charged$",
        "sources/processor.yaml",
        r"feed: (\w+)",
        r'feed: \1\nfee_tax: {{regime: charged, percent: "20"}}',
    ),
    (
        r"charged; 50 % of 2\.00 = 1\.00 recoverable",
        "sources/processor.yaml",
        r"feed: (\w+)",
        r'feed: \1\nfee_tax: {{regime: charged, percent: "20", recoverable_percent: "50"}}',
    ),
    (
        r"P1: tax 20 % of 10\.00 = 2\.00, reverse charge",
        "sources/processor.yaml",
        r"feed: (\w+)",
        r'feed: \1\nfee_tax: {{regime: reverse_charge, percent: "20"}}',
    ),
    (
        r"P1: (\d+\.\d\d) % \+ 0\.(\d\d) = [\d.]+, billed monthly",
        "fees/processor.yaml",
        "",
        MONTHLY,
    ),
    (
        r"6130 tolerance (\d+)\.(\d\d)",
        "matching/by_payout.yaml",
        r"    on: \[payout_ref\]",
        "    on: [payout_ref]\n    tolerance_minor: {0}{1}\n    difference: bank_charge",
    ),
    (
        r"6190 tolerance 0\.0?(\d+); P1 names",
        "matching/by_order.yaml",
        r"    interchangeable: true",
        "    tolerance_minor: {0}\n    difference: write_off\n    partial: true",
    ),
    (
        "pays the open invoice",
        "reconciliations/processor.yaml",
        r"ledger: ledger",
        'ledger: ledger\nledger_pattern: "^ORD-"',
    ),
    (
        "pays the open invoice",
        "reconciliations/bank.yaml",
        r"ledger_roles: \[bank\]",
        'ledger_roles: [bank, receivable]\nledger_pattern: "^(TRF-.*)?$"',
    ),
)
"""What a policy says, the mapping that says it, the line there, and what the line becomes."""


def written(case: Case) -> list[Given]:
    """Return the givens that the rulebook of a case is written for."""
    kinds = ("policy", "period_closed", "fee_contract")
    found = [given for kind in kinds for given in case.given(kind)]
    asked = (*case.given("decision"), *case.given("rate"))
    return found + [given for given in asked if switches(given)]


def switches(given: Given) -> list[tuple[str, str, str, str]]:
    """Return the switches that a policy sets."""
    return [switch for switch in SWITCHES if re.search(switch[0], given.value)]


def turn(given: Given, mappings: Path) -> None:
    """Change the keys of the mappings to what a given says."""
    for pattern, mapping, old, new in switches(given):
        _turn(mappings / mapping, old, re.search(pattern, given.value), new)


def _turn(path: Path, old: str, found: re.Match[str] | None, new: str) -> None:
    """Change one key of a mapping to what a given says, or write one that is all of it."""
    assert found
    if not old:
        path.parent.mkdir(exist_ok=True)
        path.write_text(new.format(*(str(group) for group in found.groups())))
        return
    text, count = re.subn(rf"(?m)^{old}$", new.format(*found.groups()), path.read_text())
    assert count, f"{path}: {old} stands nowhere"
    path.write_text(text)
