"""Posting: what the ERP answered, as a table."""

from __future__ import annotations

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import POSTING_RECEIPT


def list_receipts(inputs: Workspace, _rules: Rulebook, run: RunContext) -> Outputs:
    """Return the receipts of one entity and date, as recorded on delivery."""
    inputs.make(
        "posting_receipt",
        "select * from state_posting_receipt where business_date = $business_date "
        "order by posting_key",
        business_date=run.business_date,
    )
    return {POSTING_RECEIPT.name: "posting_receipt"}


POSTING = Stage(
    name="posting",
    grain="entity",
    reads=(Read(POSTING_RECEIPT, "state"),),
    writes=(POSTING_RECEIPT,),
    law="one receipt a key",
    transform=list_receipts,
)
