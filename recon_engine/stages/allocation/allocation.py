"""Allocation: fees are priced and shared; matches and payouts become amounts to journal."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.accounts import BOOKED, JOINED
from recon_engine.rulebook.matching import SWEEP, Reconciliation
from recon_engine.rulebook.model import basis_points
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.allocation.fee_contracts import check_fees
from recon_engine.stages.allocation.payments import follow_payments
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import ALLOCATION
from recon_engine.tables.canonical import (
    BANK_ENTRY,
    DECISION,
    LEDGER_ENTRY,
    PAYOUT,
    SETTLEMENT_LINE,
)
from recon_engine.tables.fees import CONTRACT_MONTH, FEE_CHECK
from recon_engine.tables.matching import DECISION_KINDS, EXCEPTION_ITEM, MATCH_LEG, OPEN_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT, PAYMENT_LOSS, PAYMENT_STATE

SQL = Path(__file__).parent
RECHARGE = {
    **dict.fromkeys(("match_id", "entity", "affiliate", "whole_id", "part_id"), "string"),
    **dict.fromkeys(("group_key", "currency", "held_role", "dimension", "cause"), "string"),
    "generation": "int32",
    "amount_minor": "int64",
    "event_date": "date32",
}
"""Columns of the fees that affiliates bear, where there are none."""
WRITES = (
    ALLOCATION,
    FEE_CHECK,
    CONTRACT_MONTH,
    PAYMENT_LOSS,
    PAYMENT_STATE,
    EXCEPTION_ITEM,
)
REASONS = ("fee_variance", "fee_unknown", "illegal_transition", "decision_void")
"""Why a person must look at what this stage found."""


def allocate(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return every amount that goes to the ledger tonight, by kind.

    Reads:   settlement_line and payout of the date, match_leg and open_item of this reconciliation,
             open items of the previous date, for what stands elsewhere since,
             ledger entries of the date, for the bills of processors,
             allocations of earlier dates and decisions, for the tax on fees; what contracts and
             exceptions of fees stood at on the previous date; events of payments, tonight's and
             earlier ones of the same payments; what stood open of payments on the previous date.
    Returns: allocation; fee parts add up to each fee and share its sign. fee_check and
             contract_month by the fee contracts; payment_loss and payment_state; exception_item of
             all of these and of decisions that met nothing.
             Fees belong to the processor reconciliation of their source, payouts to the bank one.
    """
    rec = rules.reconciliations[run.scope]
    chart = rules.accounts[rec.entity]
    accounts = {name: rules.sources[name].processor_account for name in rec.settlements}
    named = {"source": "string", "dimension": "string"}
    inputs.register("line_dimension", small_table(named, accounts.items()))
    inputs.register("booked", small_table(BOOKED, chart.booked_alone()))
    inputs.register("joined", small_table({"kind": "string", "lead": "string"}, JOINED.items()))
    inputs.make(
        "fee",
        SQL / "fee.sql",
        kind=rec.kind,
        business_date=run.business_date.isoformat(),
        delta=chart.restatement == "delta"
        and not any(period.holds(run.business_date) for period in run.closed),
    )
    _register_taxes(inputs, rules, rec)
    inputs.make("taxed_fee", SQL / "taxed_fee.sql")
    inputs.make("tax_invoice", SQL / "tax_invoice.sql")
    inputs.make(
        "allowance",
        SQL / "allowance.sql",
        business_date=run.business_date.isoformat(),
        loss_bp=10000 - basis_points(chart.win_rate_percent),
    )
    owners = [(reason, rules.policy.owner(reason)) for reason in REASONS]
    inputs.register("reason_owner", small_table({"reason": "string", "owner": "string"}, owners))
    check_fees(inputs, rules, rec, run)
    follow_payments(inputs, rec, run)
    _recharge(inputs, rec, run)
    for name in ("fee_part", "line_part", "matched_part", "suspense_part", "allocation"):
        inputs.make(
            name,
            SQL / f"{name}.sql",
            reconciliation=rec.name,
            kind=rec.kind,
            currency=rec.currency,
            business_date=run.business_date.isoformat(),
            dispute_fees="dispute_fee" in chart.templates,
            loss_tax_bp=chart.loss_tax_bp,
        )
    _find_void(inputs, rec, run)
    inputs.make("exception_item", SQL / "exception_item.sql")
    return {table.name: table.name for table in WRITES}


def _recharge(inputs: Workspace, rec: Reconciliation, run: RunContext) -> None:
    """Make `recharge`, the fees that affiliates bear, and `sweep`, what their sweeps say."""
    inputs.register("sweep", small_table(SWEEP, rec.sweeps()))
    bearers = [(n,) for n, one in rec.affiliates.items() if one.ledger and one.fees == "recharged"]
    inputs.register("bearer", small_table({"affiliate": "string"}, bearers))
    if bearers:
        day = run.business_date.isoformat()
        inputs.make("recharge", SQL / "recharge.sql", business_date=day)
    else:
        inputs.register("recharge", small_table(RECHARGE, ()))


def _find_void(inputs: Workspace, rec: Reconciliation, run: RunContext) -> None:
    """Make `void_decision`: decisions of tonight that met nothing."""
    inputs.register(
        "decision_kind", small_table({"kind": "string"}, ((kind,) for kind in DECISION_KINDS))
    )
    inputs.make(
        "void_decision",
        SQL / "void_decision.sql",
        reconciliation=rec.name,
        entity=rec.entity,
        business_date=run.business_date.isoformat(),
    )


def _register_taxes(inputs: Workspace, rules: Rulebook, rec: Reconciliation) -> None:
    """Make `fee_tax`, the tax on the fees of each source that has one."""
    taxes = [
        (name, tax.regime, basis_points(tax.percent), basis_points(tax.recoverable_percent))
        for name in rec.settlements
        if (tax := rules.sources[name].fee_tax) is not None
    ]
    named = {"source": "string", "regime": "string", "rate_bp": "int64", "recoverable_bp": "int64"}
    inputs.register("fee_tax", small_table(named, taxes))


ALLOCATION_STAGE = Stage(
    name="allocation",
    grain="reconciliation",
    reads=(
        Read(SETTLEMENT_LINE),
        Read(PAYOUT),
        Read(BANK_ENTRY),
        Read(LEDGER_ENTRY),
        Read(MATCH_LEG),
        Read(OPEN_ITEM),
        Read(OPEN_ITEM, "previous"),
        Read(ALLOCATION, "history"),
        Read(CONTRACT_MONTH, "previous"),
        Read(PAYMENT_EVENT),
        Read(PAYMENT_EVENT, "history"),
        Read(PAYMENT_LOSS, "history"),
        Read(PAYMENT_STATE, "previous"),
        Read(EXCEPTION_ITEM, "previous"),
        Read(DECISION, "state"),
    ),
    writes=WRITES,
    law="parts add to the whole and share its sign",
    transform=allocate,
)
