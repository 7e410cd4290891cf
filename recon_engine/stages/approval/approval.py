"""Approval: the difference to what was posted becomes a batch, bound to its own hash."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import BATCH, JOURNAL_LINE, POSTING_RECEIPT, SUMMARY_LINE
from recon_engine.tables.canonical import SETTLEMENT_LINE

SQL = Path(__file__).parent


def propose_batch(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return what must be posted or reversed so that the ledger says what the target set says.

    Reads:   journal_line, the receipts of the entity, settlement_line for how many there are.
    Returns: batch; an equal set gives no row. The batch id is the hash of its posting keys, and of
             the summary journals they go out in. summary_line: what the ledger gets of those.
    """
    accounts = rules.accounts[run.scope]
    inputs.make("difference", SQL / "difference.sql", business_date=run.business_date.isoformat())
    ((line_count,),) = inputs.rows("select count(*) from settlement_line")
    inputs.make("summarised", SQL / "summarised.sql", summarises=accounts.summarises(line_count))
    inputs.make(
        "batch",
        SQL / "batch.sql",
        entity=run.scope,
        ledger=accounts.ledger,
        business_date=run.business_date.isoformat(),
        maker=rules.policy.maker,
    )
    inputs.make("summary_line", SQL / "summary_line.sql")
    return {table.name: table.name for table in (BATCH, SUMMARY_LINE)}


APPROVAL = Stage(
    name="approval",
    grain="entity",
    reads=(Read(JOURNAL_LINE), Read(POSTING_RECEIPT, "state"), Read(SETTLEMENT_LINE)),
    writes=(BATCH, SUMMARY_LINE),
    law="equal content proposes nothing; a batch is its hash; a summary is its journals",
    transform=propose_batch,
)
