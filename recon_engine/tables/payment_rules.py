"""What every published row of the tables of payments must hold."""

from __future__ import annotations

from recon_engine.tables.payments import EVENT_KINDS, ILLEGAL, PAYMENT_STATES
from recon_engine.tables.rule import outside, row_rule

PAYMENT_RULES = (
    row_rule(
        "payment_event", "010", "critical", "kind",
        "the kind of an event is one of the closed list",
        outside("kind", tuple(EVENT_KINDS)),
    ),
    row_rule(
        "payment_event", "011", "critical", "generation",
        "an event is told (1) or taken back (-1)",
        "not coalesce(generation in (1, -1), false)",
    ),
    row_rule(
        "payment_event", "012", "warning", "amount_minor",
        "an event raises what its kind counts, and lowers it only where it is taken back",
        "coalesce(sign(amount_minor) <> generation, false)",
    ),
    row_rule(
        "payment_loss", "010", "critical", "generation",
        "a loss is decided (1) or undone (-1)",
        "not coalesce(generation in (1, -1), false)",
    ),
    row_rule(
        "payment_state", "010", "critical", "state",
        "a payment is in a state of the closed list",
        outside("state", tuple(PAYMENT_STATES)),
    ),
    row_rule(
        "payment_state", "011", "critical", "excess_minor",
        "what is too much says of what and by how much, and only where a capture is known",
        "excess_minor < 0 or (illegal is null) <> (excess_minor = 0)"
        " or (illegal is not null and capture_count < 1)"
        f" or {outside('illegal', ILLEGAL, nullable=True)}",
    ),
    row_rule(
        "payment_state", "012", "critical", "first_event_date",
        "the first event of a payment is no later than its last",
        "first_event_date > last_event_date",
    ),
)  # fmt: skip
"""Critical rules block their scope, warnings are listed."""
