"""Matching: every item is matched, or open with a reason; nothing is lost or guessed."""

from __future__ import annotations

from pathlib import Path

from recon_engine.periods import due_dates
from recon_engine.rulebook.accounts import BOOKED
from recon_engine.rulebook.matching import SWEEP, Reconciliation
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.matching.passes import run_passes
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import (
    BANK_ENTRY,
    DECISION,
    LEDGER_ENTRY,
    PAYOUT,
    SETTLEMENT_LINE,
)
from recon_engine.tables.matching import (
    CAP_USE,
    EXCEPTION_ITEM,
    MATCH_EVIDENCE,
    MATCH_LEG,
    OPEN_ITEM,
    REASONS,
)
from recon_engine.tables.opening import OPENING_ITEM

SQL = Path(__file__).parent


def match_items(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return matches, evidence, open items and exceptions of one reconciliation and date.

    Reads:   canonical lines of the date, open items of the previous processing date or of a
             take-on, decisions.
    Returns: match_leg, match_evidence, open_item, exception_item, cap_use; per side and currency
             items = legs + open items.
    """
    rec = rules.reconciliations[run.scope]
    _register_rules(inputs, rules, rec)
    inputs.make("ledger_item", SQL / "ledger_item.sql", ledger_pattern=rec.ledger_pattern)
    inputs.make(
        "item_source",
        SQL / f"item_{rec.kind}.sql",
        **(
            {"currency": rec.currency} if rec.kind == "bank" else {"dispute_days": rec.dispute_days}
        ),
    )
    suspense = "suspense" in rules.accounts[rec.entity].roles
    for name in ("withdrawal", "returned", "undone_leg"):
        inputs.make(name, SQL / f"{name}.sql", suspense=suspense)
    values = {
        "reconciliation": rec.name,
        "entity": rec.entity,
        "business_date": run.business_date.isoformat(),
        "period": f"{run.business_date:%Y-%m}",
    }
    inputs.make("opened", SQL / "opened.sql", **values)
    _register_due(inputs, rec)
    inputs.make("item", SQL / "item.sql", **values)
    inputs.make("accepted_pair_restated", SQL / "restated_pair.sql")
    _hold(inputs, SQL / "held_elsewhere.sql")
    inputs.make("follower", SQL / "follower.sql")
    inputs.make("accepted_pair_returned", SQL / "returned_pair.sql")
    inputs.make("closing", SQL / "closing.sql", business_date=values["business_date"])
    inputs.make("accepted_pair_decided", SQL / "decided_pair.sql")
    inputs.make("accepted_pair_reunited", SQL / "reunited_pair.sql")
    inputs.make("accepted_pair_applied", SQL / "applied_pair.sql")
    _enter(inputs, "closing", rec)
    run_passes(inputs, rules.passes[rec.passes].passes, values["period"], rec.entity)
    inputs.make("difference", SQL / "difference.sql", **values)
    inputs.make("rest", SQL / "rest.sql", rounding=rules.policy.rounding, **values)
    _enter(inputs, "difference", rec)
    _enter(inputs, "rest", rec)
    inputs.make("match_part", SQL / "match_part.sql", reconciliation=rec.name)
    if rec.kind == "processor" and "second_charge" in rules.accounts[rec.entity].booked:
        _owe_second_charges(inputs, rec)
    tables = (MATCH_LEG, MATCH_EVIDENCE, OPEN_ITEM, EXCEPTION_ITEM, CAP_USE)
    for table in tables:
        inputs.make(table.name, SQL / f"{table.name}.sql", **values)
    return {table.name: table.name for table in tables}


def _enter(inputs: Workspace, made: str, rec: Reconciliation) -> None:
    """Let what the night itself makes enter among the items; on most nights that is nothing."""
    if inputs.make("made", f"select * from {made}"):
        inputs.make("item", SQL / "item_with_made.sql", reconciliation=rec.name)


def _hold(inputs: Workspace, found: str | Path) -> None:
    """Let items stand where the night finds them to stand; on most nights that is none."""
    if inputs.make("held_elsewhere", found):
        inputs.make("item", SQL / "item_held.sql")


def _owe_second_charges(inputs: Workspace, rec: Reconciliation) -> None:
    """Hold for the customer what was charged twice, and match it with its refund if it has one.

    Reads what the passes left. Earlier legs are read only where a charge is spare.
    """
    if inputs.make("spare_charge", SQL / "spare_charge.sql"):
        inputs.make("second_charge", SQL / "second_charge.sql")
    else:
        inputs.make("second_charge", "select item_id, reference as held_role from spare_charge")
    refunded = inputs.make("accepted_pair_refunded", SQL / "refunded_pair.sql")
    _hold(
        inputs,
        "select item_id, held_role from second_charge union all "
        "select right_id, 'unapplied_receipts' from accepted_pair_refunded",
    )
    if refunded:
        both = "select * from accepted_pair union all select * from accepted_pair_refunded"
        inputs.make("accepted_pair", both)
        inputs.make("match_part", SQL / "match_part.sql", reconciliation=rec.name)


def _register_rules(inputs: Workspace, rules: Rulebook, rec: Reconciliation) -> None:
    """Make `ledger_account`, what takes part, and the other tables of what the rulebook says."""
    query = "select distinct currency from ledger_entry order by currency"
    currencies = [rec.currency] if rec.currency else [code for (code,) in inputs.rows(query)]
    accounts, policy = rules.accounts[rec.entity], rules.policy
    others = [name for name, other in rec.affiliates.items() if other.ledger]
    taking_part = [
        (entity, role, account, currency)
        for entity in (rec.entity, *others)
        for role in rec.ledger_roles
        for currency in currencies
        if (account := rules.accounts[entity].account(role, currency)) is not None
    ]
    named = dict.fromkeys(("entity", "role", "account", "currency"), "string")
    inputs.register("ledger_account", small_table(named, taking_part))
    owners = [(reason, policy.owner(reason)) for reason in REASONS]
    inputs.register("reason_owner", small_table({"reason": "string", "owner": "string"}, owners))
    inputs.register("booked", small_table(BOOKED, accounts.booked_alone()))
    inputs.register("sweep", small_table(SWEEP, rec.sweeps()))
    meaning = {"reason": "string", "meaning": "string"}
    inputs.register("reason_meaning", small_table(meaning, REASONS.items()))


def _register_due(inputs: Workspace, rec: Reconciliation) -> None:
    """Make `due`: the last day in time for every side and event date of new items."""
    new = "select side, event_date from item_source union select side, event_date from opened"
    query = f"select * from ({new}) order by side, event_date"
    lags = {str(side): days for side, days in rec.lag_days.items()}
    rows = [
        (side, day, due_dates([day], lags.get(side, 0), rec.calendar)[day])
        for side, day in inputs.rows(query)
    ]
    named = {"side": "string", "event_date": "date32", "due_date": "date32"}
    inputs.register("due", small_table(named, rows))


MATCHING = Stage(
    name="matching",
    grain="reconciliation",
    reads=(
        Read(SETTLEMENT_LINE),
        Read(PAYOUT),
        Read(BANK_ENTRY),
        Read(LEDGER_ENTRY),
        Read(OPENING_ITEM),
        Read(OPEN_ITEM, "previous"),
        Read(EXCEPTION_ITEM, "previous"),
        Read(CAP_USE, "previous"),
        Read(MATCH_LEG, "history"),
        Read(DECISION, "state"),
    ),
    writes=(MATCH_LEG, MATCH_EVIDENCE, OPEN_ITEM, EXCEPTION_ITEM, CAP_USE),
    law="by amount, per side and currency: item = sum(match_leg) + open_item",
    transform=match_items,
)
