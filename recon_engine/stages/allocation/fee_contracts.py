"""Fees by contract: the price of every line, the months so far, and what a person must look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.fees import Clause, Contract, millionths
from recon_engine.rulebook.matching import Reconciliation
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import RunContext, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.fees import CONTRACT_MONTH, FEE_CHECK
from recon_engine.tables.matching import EXCEPTION_ITEM

SQL = Path(__file__).parent
MADE = (
    *("fee_line", "fee_check", "fee_bill", "contract_month", "fee_accrual"),
    *("fee_finding", "bill_finding", "fee_exception"),
)
CONTRACT = {
    "source": "string",
    "contract": "string",
    "valid_from": "date32",
    "valid_to": "date32",
    "rounding": "string",
    "tolerance_minor": "int64",
    "listed_lines": "int64",
    "is_invoiced": "bool",
}
CLAUSE = {
    "contract": "string",
    "position": "int64",
    "clause": "string",
    "kind": "string",
    "method": "string",
    "region": "string",
    "currency": "string",
}
PRICE = {
    "contract": "string",
    "clause": "string",
    "from_minor": "int64",
    "to_minor": "int64",
    "rate": "int64",
    "fixed_minor": "int64",
    "minimum_minor": "int64",
    "maximum_minor": "int64",
    "is_passed_through": "bool",
    "refund_policy": "string",
}

ACCRUAL = {
    **dict.fromkeys(("entity", "currency", "month_id"), "string"),
    "amount_minor": "int64",
    "event_date": "date32",
    "cause": "string",
}


def check_fees(inputs: Workspace, rules: Rulebook, rec: Reconciliation, run: RunContext) -> None:
    """Make `fee_check`, `contract_month`, `fee_accrual` and `fee_exception`.

    Reads:   settlement_line and ledger_entry of the date; contract_month of the previous processing
             date, so that no earlier line is read again; its exceptions, for their first day.
    Returns: nothing; without contracts, now or on the date before, all of it is empty.
    """
    held = set(rec.settlements) if rec.kind == "processor" else set[str]()
    contracts = [one for one in rules.contracts.values() if held.intersection(one.sources)]
    if not contracts and not inputs.rows("select 1 from previous_contract_month limit 1"):
        for table in (FEE_CHECK, CONTRACT_MONTH):
            inputs.load(table.name, table, ())
        inputs.load("fee_exception", EXCEPTION_ITEM, ())
        inputs.register("fee_accrual", small_table(ACCRUAL, ()))
        return
    inputs.register("fee_contract", small_table(CONTRACT, _contracts(contracts, held)))
    inputs.register("fee_clause", small_table(CLAUSE, _clauses(contracts)))
    inputs.register("fee_price", small_table(PRICE, _prices(contracts)))
    roundings = [(c.name, code, way) for c in contracts for code, way in c.rounding.items()]
    named = dict.fromkeys(("contract", "currency", "rounding"), "string")
    inputs.register("fee_rounding", small_table(named, roundings))
    _register_bills(inputs, rules.accounts[rec.entity], contracts)
    for name in MADE:
        inputs.make(
            name,
            SQL / f"{name}.sql",
            reconciliation=rec.name,
            entity=rec.entity,
            business_date=run.business_date.isoformat(),
        )


def _register_bills(inputs: Workspace, chart: Accounts, contracts: list[Contract]) -> None:
    """Make `bill_account` and `bill_reference`: where bills stand, and which month each is of."""
    codes = dict(chart.roles).get("processor_payables", {}) if contracts else {}
    rows = [(account, currency) for currency, account in codes.items()]
    inputs.register(
        "bill_account", small_table(dict.fromkeys(("account", "currency"), "string"), rows)
    )
    found = inputs.rows(
        "select distinct reference from ledger_entry where reference is not null and account in "
        "(select account from bill_account) order by reference"
    )
    bills = [
        (reference, one.name, told["period"])
        for (reference,) in found
        for one in contracts
        if one.billing == "invoiced" and (told := re.search(one.bill_pattern, reference))
    ]
    named = dict.fromkeys(("reference", "contract", "month"), "string")
    inputs.register("bill_reference", small_table(named, bills))


def _contracts(contracts: list[Contract], held: set[str]) -> Iterator[tuple[object, ...]]:
    for one in contracts:
        for source in one.sources:
            if source in held:
                yield (
                    source,
                    one.name,
                    one.first_day,
                    one.last_day,
                    one.rounding["*"],
                    one.tolerance_minor,
                    one.listed_lines,
                    one.billing == "invoiced",
                )


def _clauses(contracts: list[Contract]) -> Iterator[tuple[object, ...]]:
    """Yield one row for each line a clause may fit; what it does not name is null, and fits all."""
    for one in contracts:
        for position, clause in enumerate(one.clauses):
            for fits in product(
                clause.kinds,
                clause.methods or (None,),
                clause.regions or (None,),
                clause.currencies or (None,),
            ):
                yield (one.name, position, clause.name, *fits)


def _prices(contracts: list[Contract]) -> Iterator[tuple[object, ...]]:
    """Yield one row for each tier of a clause; a clause without tiers is one that never ends."""
    for one in contracts:
        for clause in one.clauses:
            for from_minor, to_minor, percent in _tiers(clause):
                yield (
                    one.name,
                    clause.name,
                    from_minor,
                    to_minor,
                    millionths(percent),
                    clause.fixed_minor,
                    clause.minimum_minor,
                    clause.maximum_minor,
                    clause.interchange == "passed_through",
                    clause.refund_policy,
                )


def _tiers(clause: Clause) -> Iterator[tuple[int, int | None, str]]:
    ends = [*(tier.from_minor for tier in clause.tiers[1:]), None]
    for tier, end in zip(clause.tiers, ends, strict=False):
        yield tier.from_minor, end, tier.percent
    if not clause.tiers:
        yield 0, None, clause.percent
