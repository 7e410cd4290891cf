"""Allocation: fees are shared over their lines; matches and payouts become amounts to journal."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.accounts import BOOKED, JOINED
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import ALLOCATION
from recon_engine.tables.canonical import PAYOUT, SETTLEMENT_LINE
from recon_engine.tables.matching import MATCH_LEG, OPEN_ITEM

SQL = Path(__file__).parent


def allocate(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return every amount that goes to the ledger tonight, by kind.

    Reads:   settlement_line and payout of the date, match_leg and open_item of this reconciliation.
    Returns: allocation; fee parts add up to each fee and share its sign.
             Fees belong to the processor reconciliation of their source, payouts to the bank one.
    """
    rec = rules.reconciliations[run.scope]
    chart = rules.accounts[rec.entity]
    accounts = {name: rules.sources[name].processor_account for name in rec.settlements}
    named = {"source": "string", "dimension": "string"}
    inputs.register("line_dimension", small_table(named, accounts.items()))
    inputs.register("booked", small_table(BOOKED, chart.booked_alone()))
    inputs.register("joined", small_table({"kind": "string", "lead": "string"}, JOINED.items()))
    inputs.make("fee", SQL / "fee.sql", kind=rec.kind)
    inputs.make(
        "allocation",
        SQL / "allocation.sql",
        reconciliation=rec.name,
        kind=rec.kind,
        currency=rec.currency,
        business_date=run.business_date.isoformat(),
        dispute_fees="dispute_fee" in chart.templates,
        loss_tax_bp=chart.loss_tax_bp,
    )
    return {ALLOCATION.name: "allocation"}


ALLOCATION_STAGE = Stage(
    name="allocation",
    grain="reconciliation",
    reads=(Read(SETTLEMENT_LINE), Read(PAYOUT), Read(MATCH_LEG), Read(OPEN_ITEM)),
    writes=(ALLOCATION,),
    law="parts add to the whole and share its sign",
    transform=allocate,
)
