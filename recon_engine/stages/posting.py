"""Posting: what the ERP answered, as a table."""

from __future__ import annotations

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import BATCH, POSTING_RECEIPT


def list_receipts(inputs: Workspace, _rules: Rulebook, _run: RunContext) -> Outputs:
    """Return the receipts of the batch of one entity and date, as recorded on delivery."""
    inputs.make(
        "posting_receipt",
        "select r.* from state_posting_receipt as r "
        "inner join batch as b on b.posting_key = r.posting_key order by r.posting_key",
    )
    return {POSTING_RECEIPT.name: "posting_receipt"}


POSTING = Stage(
    name="posting",
    grain="entity",
    reads=(Read(BATCH), Read(POSTING_RECEIPT, "state")),
    writes=(POSTING_RECEIPT,),
    law="one receipt a key",
    transform=list_receipts,
)
