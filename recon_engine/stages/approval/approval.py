"""Approval: the difference to what was posted becomes a batch, bound to its own hash."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import BATCH, JOURNAL_LINE, POSTING_RECEIPT, SUMMARY_LINE
from recon_engine.tables.canonical import SETTLEMENT_LINE

SQL = Path(__file__).parent
CLOSED = {"name": "string", "first_day": "date32", "last_day": "date32", "material_minor": "int64"}


def propose_batch(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return what must be posted or reversed so that the ledger says what the target set says.

    Reads:   journal_line, the receipts of the entity, settlement_line for how many there are.
    Returns: batch; an equal set gives no row. The batch id is the hash of its posting keys, and of
             the summary journals they go out in; what is late and material of a closed period is a
             batch of its own. summary_line: what the ledger gets of summaries.
    """
    accounts = rules.accounts[run.scope]
    inputs.make("difference", SQL / "difference.sql", business_date=run.business_date.isoformat())
    _register_periods(inputs, accounts.late_material_minor, run)
    inputs.make("late", SQL / "late.sql")
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


def _register_periods(inputs: Workspace, material: int | None, run: RunContext) -> None:
    """Make `closed_period`: each closed period with what is material; none without a limit."""
    periods = sorted(set(run.closed)) if material is not None else []
    rows = [(p.name, p.first_day, p.last_day, material) for p in periods]
    inputs.register("closed_period", small_table(CLOSED, rows))


APPROVAL = Stage(
    name="approval",
    grain="entity",
    reads=(Read(JOURNAL_LINE), Read(POSTING_RECEIPT, "state"), Read(SETTLEMENT_LINE)),
    writes=(BATCH, SUMMARY_LINE),
    law="equal content proposes nothing; a batch is its hash; a summary is its journals",
    transform=propose_batch,
)
