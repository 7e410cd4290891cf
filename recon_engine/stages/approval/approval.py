"""Approval: the difference to what was posted becomes a batch, bound to its own hash."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import BATCH, JOURNAL_LINE, POSTING_RECEIPT

SQL = Path(__file__).parent


def propose_batch(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return what must be posted or reversed so that the ledger says what the target set says.

    Reads:   journal_line, the receipts of the entity.
    Returns: batch; an equal set gives no row. The batch id is the hash of its posting keys.
    """
    inputs.make(
        "batch",
        SQL / "batch.sql",
        entity=run.scope,
        ledger=rules.accounts[run.scope].ledger,
        business_date=run.business_date.isoformat(),
        maker=rules.policy.maker,
    )
    return {BATCH.name: "batch"}


APPROVAL = Stage(
    name="approval",
    grain="entity",
    reads=(Read(JOURNAL_LINE), Read(POSTING_RECEIPT, "state")),
    writes=(BATCH,),
    law="equal content proposes nothing; a batch is the hash of its keys",
    transform=propose_batch,
)
