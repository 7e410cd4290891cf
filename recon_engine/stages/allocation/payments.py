"""The life cycle of payments: what all their events add up to, in whatever order they came."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.matching import Reconciliation
from recon_engine.stages.stage import RunContext, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.matching import EXCEPTION_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT, PAYMENT_LOSS, PAYMENT_STATE

SQL = Path(__file__).parent
MADE = {
    "payment_loss": PAYMENT_LOSS,
    "payment_told": PAYMENT_EVENT,
    "payment_past": PAYMENT_EVENT,
    "payment_state": PAYMENT_STATE,
    "payment_exception": EXCEPTION_ITEM,
}
"""What is made, in its order, and the table that it is like."""
OPEN_DAYS = 400
"""Days after its last event that a payment is carried while a dispute of it is open or an event is
too much: longer than any scheme takes, so that nothing is carried for ever."""


def follow_payments(inputs: Workspace, rec: Reconciliation, run: RunContext) -> None:
    """Make `payment_loss`, `payment_state`, `payment_exception`, and what the gate holds them to.

    A bank reconciliation has no payments: what it makes is empty.

    Reads:   payment_event of the date, match_leg for disputes that a decision ended; of earlier
             dates payment_event and payment_loss, for the payments that these two speak of alone;
             payment_state and exceptions of the previous processing date, for what stands open.
    """
    nights = [(run.business_date,)] if rec.kind == "processor" else []
    night = {"business_date": "date32", "open_days": "int32"}
    inputs.register("payment_night", small_table(night, ((*n, OPEN_DAYS) for n in nights)))
    for name, table in MADE.items():
        if rec.kind != "processor":
            inputs.load(name, table, ())
            continue
        inputs.make(
            name,
            SQL / f"{name}.sql",
            reconciliation=rec.name,
            business_date=run.business_date.isoformat(),
            open_days=OPEN_DAYS,
        )
