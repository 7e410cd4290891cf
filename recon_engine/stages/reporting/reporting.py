"""Reporting: the certificate, the proofs, the exceptions and their ages."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.accounts import REVALUED, WAITING
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import (
    ALLOCATION,
    JOURNAL_LINE,
    SETTLEMENT_APPLICATION,
    SUMMARY_LINE,
)
from recon_engine.tables.canonical import (
    BANK_ENTRY,
    BILLING_DOCUMENT,
    LEDGER_BALANCE,
    LEDGER_ENTRY,
    LINE_IDENTITY,
    PAYOUT,
    PROCESSOR_BALANCE,
    QUARANTINED_ROW,
    SETTLEMENT_LINE,
    STATEMENT_BALANCE,
)
from recon_engine.tables.control import (
    ACCOUNT_ROLL,
    AGEING,
    CONSERVATION_CERTIFICATE,
    CONTROL_TOTAL,
    EXCEPTION_REPORT,
    PROOF,
)
from recon_engine.tables.fees import CONTRACT_MONTH, FEE_CHECK
from recon_engine.tables.matching import (
    CAP_USE,
    EXCEPTION_ITEM,
    MATCH_EVIDENCE,
    MATCH_LEG,
    OPEN_ITEM,
)
from recon_engine.tables.opening import OPENING_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT, PAYMENT_LOSS, PAYMENT_STATE

SQL = Path(__file__).parent
PROOFS = {
    "clearing": "clearing",
    "transit": "cash_in_transit",
    "bank": "bank",
    "receivables": "receivable",
    "disputes": "disputed_receivable",
    "suspense": "suspense",
    "customer_credits": "unapplied_receipts",
    "owed_to_affiliates": "due_to_affiliates",
    "owed_by_affiliates": "due_from_affiliates",
}
"""Proof and the account role it is about; of a role that waits, where items are booked to it."""
MIRROR = {"due_to_affiliates": "due_from_affiliates", "due_from_affiliates": "due_to_affiliates"}
"""Role of what is owed, and that of the same in the books of the other entity."""
TOTALLED = (
    SETTLEMENT_LINE,
    PAYOUT,
    PAYMENT_EVENT,
    PROCESSOR_BALANCE,
    BANK_ENTRY,
    STATEMENT_BALANCE,
    LEDGER_ENTRY,
    LEDGER_BALANCE,
    BILLING_DOCUMENT,
    OPENING_ITEM,
    LINE_IDENTITY,
    QUARANTINED_ROW,
    MATCH_LEG,
    MATCH_EVIDENCE,
    OPEN_ITEM,
    EXCEPTION_ITEM,
    CAP_USE,
    ALLOCATION,
    FEE_CHECK,
    CONTRACT_MONTH,
    PAYMENT_LOSS,
    PAYMENT_STATE,
    JOURNAL_LINE,
    SETTLEMENT_APPLICATION,
    SUMMARY_LINE,
)
"""Every table of the night that bears money."""


def report(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return what the night of one entity did.

    Reads:   every table of the entity's sources and reconciliations.
    Returns: conservation_certificate, control_total, account_roll, proof, exception_report, ageing.
    """
    accounts = rules.accounts[run.scope]
    values = {
        "entity": run.scope,
        "business_date": run.business_date.isoformat(),
        "functional_currency": accounts.functional_currency,
    }
    dimensions = [(s.name, s.processor_account) for s in rules.sources.values()]
    named = {"source": "string", "dimension": "string"}
    inputs.register("source_dimension", small_table(named, dimensions))
    inputs.make("account_roll", SQL / "account_roll.sql", revalued=list(REVALUED), **values)
    inputs.make("used_currency", SQL / "used_currency.sql")
    _register_scope(inputs, rules, run.scope)
    tables = (CONSERVATION_CERTIFICATE, PROOF, EXCEPTION_REPORT, AGEING)
    for table in tables:
        inputs.make(table.name, SQL / f"{table.name}.sql", **values)
    inputs.make("control_total", _totals(), **values)
    return {table.name: table.name for table in (*tables, ACCOUNT_ROLL, CONTROL_TOTAL)}


def _totals() -> str:
    """Return the query for the sum of every money column, by the table contracts."""
    return " union all ".join(
        f"select $entity as entity, '{table.name}' as dataset, '{measure}' as measure, "
        f"coalesce({table.currency_of(measure)}, '') as currency, count({measure}) as row_count, "
        f"cast(coalesce(sum({measure}), 0) as bigint) as amount_minor from {table.name} "
        "group by all"
        for table in TOTALLED
        for measure in table.money
    )


def _register_scope(inputs: Workspace, rules: Rulebook, entity: str) -> None:
    """Make what the reconciliations declare: accounts in scope, and accounts to prove."""
    accounts = rules.accounts[entity]
    every = rules.reconciliations.values()
    recs = [rec for rec in every if rec.entity == entity]
    named = [(rec, rec.affiliates[entity].ledger) for rec in every if entity in rec.affiliates]
    ledgers = [(rec, rec.ledger) for rec in recs] + [(rec, name) for rec, name in named if name]
    used = [
        currency for (currency,) in inputs.rows("select currency from used_currency order by 1")
    ]
    in_scope = {
        (ledger, account, currency, rec.ledger_pattern)
        for rec, ledger in ledgers
        for role in rec.ledger_roles
        for currency in ([rec.currency] if rec.currency else used)
        if (account := accounts.account(role, currency)) is not None
    }
    moved = inputs.rows("select distinct role from account_roll")
    banked = {rec.currency for rec in recs if rec.kind == "bank"}
    proved = {
        (proof, account, currency)
        for proof, role in PROOFS.items()
        for currency in used
        if proof != "bank" or currency in banked
        if proof not in ("clearing", "transit") or any(rec.kind == "processor" for rec in recs)
        if role not in WAITING or role in accounts.booked.values() or (role,) in moved
        if role not in MIRROR or rules.affiliates(entity)
        if (account := accounts.account(role, currency)) is not None
    }
    mirrors = {
        (proof, currency, mirror)
        for proof, _, currency in proved
        for other in _other_of_two(rules, entity)
        if (role := MIRROR.get(PROOFS[proof])) is not None
        if (mirror := rules.accounts[other].account(role, currency)) is not None
    }
    columns = dict.fromkeys(("proof", "currency", "account"), "string")
    inputs.register("mirror_account", small_table(columns, sorted(mirrors)))
    columns = dict.fromkeys(("source", "account", "currency", "pattern"), "string")
    inputs.register("in_scope_account", small_table(columns, sorted(in_scope)))
    columns = dict.fromkeys(("proof", "account", "currency"), "string")
    inputs.register("proof_account", small_table(columns, sorted(proved)))


def _other_of_two(rules: Rulebook, entity: str) -> tuple[str, ...]:
    """Return the one affiliate of an entity that has no other; of more, no balance says whose."""
    others = rules.affiliates(entity)
    alone = len(others) == 1 and rules.affiliates(others[0]) == (entity,)
    return others if alone else ()


REPORTING = Stage(
    name="reporting",
    grain="entity",
    reads=(
        *(Read(table) for table in TOTALLED),
        Read(OPEN_ITEM, "previous"),
        Read(ACCOUNT_ROLL, "previous"),
        Read(PROOF, "previous"),
        Read(LEDGER_BALANCE, "affiliates"),
        Read(JOURNAL_LINE, "affiliates"),
        Read(ACCOUNT_ROLL, "affiliates"),
        Read(PROCESSOR_BALANCE, "history"),
        Read(STATEMENT_BALANCE, "history"),
        Read(QUARANTINED_ROW, "history"),
    ),
    writes=(CONSERVATION_CERTIFICATE, CONTROL_TOTAL, ACCOUNT_ROLL, PROOF, EXCEPTION_REPORT, AGEING),
    law="every amount is in exactly one class; a proof without its other side is unproved",
    transform=report,
)
