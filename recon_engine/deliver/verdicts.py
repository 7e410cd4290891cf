"""Verdicts: a second person says yes or no to a batch as it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from recon_engine.deliver.batches import Batch, find_batch
from recon_engine.deliver.summaries import outgoing
from recon_engine.errors import Rejected
from recon_engine.run import Project


def judge(
    project: Project,
    start: str,
    verdict: Literal["approve", "reject"],
    *,
    checker: str,
    reason: str,
) -> Batch:
    """Return the batch that was approved or rejected, with the verdict on it.

    The verdict is bound to the batch's hash: a batch that changes needs another one.
    Raises: Rejected where the checker prepared it, or where it is on its way already.
    """
    batch = find_batch(project, start)
    if verdict == "reject" and any(
        project.state.payload(key) is not None for key in {outgoing(row) for row in batch.rows}
    ):
        raise Rejected(
            f"batch {batch.batch_id[:12]}: found it on its way to the ledger, expected one that "
            "waits; nothing was decided, a correction takes it back"
        )
    project.state.judge(
        batch_id=batch.batch_id,
        entity=batch.entity,
        business_date=batch.business_date,
        maker=batch.maker,
        checker=checker,
        verdict=verdict,
        reason=reason,
        decided_at=datetime.now(UTC),
    )
    return find_batch(project, batch.batch_id)
