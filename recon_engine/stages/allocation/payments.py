"""The life cycle of payments: what all their events add up to, in whatever order they came."""

from __future__ import annotations

from pathlib import Path

from recon_engine.rulebook.matching import Reconciliation
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import RunContext, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.matching import EXCEPTION_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT, PAYMENT_STATE

SQL = Path(__file__).parent
MADE = ("payment_loss", "payment_told", "payment_kept", "payment_state", "payment_exception")
OPEN_DAYS = 400
"""Days after its last event that a payment is carried while a dispute of it is open or an event is
too much: longer than any scheme takes, so that nothing is carried for ever."""


def follow_payments(
    inputs: Workspace, rules: Rulebook, rec: Reconciliation, run: RunContext
) -> None:
    """Make `payment_state`, `payment_exception`, and what the gate holds the first against.

    A bank reconciliation has no payments: what it makes is empty.

    Reads:   payment_event of the date, match_leg for disputes that a decision ended, payment_event
             of earlier dates for their payments and only where there are such; payment_state and
             exceptions of the previous processing date.
    """
    nights = [(run.business_date,)] if rec.kind == "processor" else []
    inputs.register("payment_night", small_table({"business_date": "date32"}, nights))
    if rec.kind != "processor":
        inputs.load("payment_told", PAYMENT_EVENT, ())
        inputs.load("payment_kept", PAYMENT_STATE, ())
        inputs.load("payment_state", PAYMENT_STATE, ())
        inputs.load("payment_exception", EXCEPTION_ITEM, ())
        return
    for name in MADE:
        inputs.make(
            name,
            SQL / f"{name}.sql",
            reconciliation=rec.name,
            business_date=run.business_date.isoformat(),
            payment_days=rules.policy.payment_days,
            open_days=OPEN_DAYS,
        )
