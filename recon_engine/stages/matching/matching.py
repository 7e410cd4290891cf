"""Matching: every item is matched, or open with a reason; nothing is lost or guessed."""

from __future__ import annotations

from pathlib import Path

from recon_engine.periods import due_dates
from recon_engine.rulebook.accounts import BOOKED, Accounts
from recon_engine.rulebook.matching import MatchPass, Reconciliation
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.matching.compile import candidate_query
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import (
    BANK_ENTRY,
    DECISION,
    LEDGER_ENTRY,
    OPENING_ITEM,
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

SQL = Path(__file__).parent
FOUND = ("accepted_pair", "capped_pair", "contested_item", "partial_pair", "variance_item")
"""What a pass finds, in the order in which items leave the pool."""
ENDED = ("restated", "returned", "decided", "reunited", "applied")
"""Why items meet before any pass looks at them."""


def match_items(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return matches, evidence, open items and exceptions of one reconciliation and date.

    Reads:   canonical lines of the date, open items of the previous processing date or of a
             take-on, decisions.
    Returns: match_leg, match_evidence, open_item, exception_item, cap_use; per side and currency
             items = legs + open items.
    """
    rec = rules.reconciliations[run.scope]
    _register_rules(inputs, rules.accounts[rec.entity], rules.policy, rec)
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
    inputs.make("follower", SQL / "follower.sql")
    inputs.make("accepted_pair_returned", SQL / "returned_pair.sql")
    inputs.make("closing", SQL / "closing.sql", business_date=values["business_date"])
    inputs.make("accepted_pair_decided", SQL / "decided_pair.sql")
    inputs.make("accepted_pair_reunited", SQL / "reunited_pair.sql")
    inputs.make("accepted_pair_applied", SQL / "applied_pair.sql")
    _enter(inputs, "closing", rec)
    _run_passes(inputs, rules.passes[rec.passes].passes, values["period"])
    inputs.make("difference", SQL / "difference.sql", **values)
    inputs.make("rest", SQL / "rest.sql", rounding=rules.policy.rounding, **values)
    _enter(inputs, "difference", rec)
    _enter(inputs, "rest", rec)
    inputs.make("match_part", SQL / "match_part.sql", reconciliation=rec.name)
    tables = (MATCH_LEG, MATCH_EVIDENCE, OPEN_ITEM, EXCEPTION_ITEM, CAP_USE)
    for table in tables:
        inputs.make(table.name, SQL / f"{table.name}.sql", **values)
    return {table.name: table.name for table in tables}


def _enter(inputs: Workspace, made: str, rec: Reconciliation) -> None:
    """Let what the night itself makes enter among the items; on most nights that is nothing."""
    if not inputs.rows(f"select 1 from {made} limit 1"):
        return
    inputs.make("made", f"select * from {made}")
    inputs.make("item", SQL / "item_with_made.sql", reconciliation=rec.name)


def _run_passes(inputs: Workspace, passes: tuple[MatchPass, ...], period: str) -> None:
    """Make what FOUND names of all passes, in their order, and `pass_difference`, their caps."""
    inputs.make("free", SQL / "free.sql")
    differences = [
        (one.name, one.difference, one.cap_day_minor, one.cap_period_minor)
        for one in passes
        if one.difference
    ]
    apart = "select * from accepted_pair_applied where difference_minor <> 0"
    inputs.make("partial_pair_applied", apart)
    named = {"pass_name": "string", "difference": "string"}
    named |= {"cap_day_minor": "int64", "cap_period_minor": "int64"}
    inputs.register("pass_difference", small_table(named, differences))
    for number, match_pass in enumerate(passes):
        _run_pass(inputs, match_pass, period)
        for name in FOUND:
            inputs.make(f"{name}_{number}", f"select * from {name}")
    for name in FOUND:
        made = [f"{name}_{number}" for number in range(len(passes))]
        if name == "accepted_pair":
            made += [f"accepted_pair_{reason}" for reason in ENDED]
            made += [f"partial_pair_{number}" for number in range(len(passes))]
        if name == "partial_pair":
            made.append("partial_pair_applied")
        inputs.make(name, " union all ".join(f"select * from {part}" for part in made))


def _run_pass(inputs: Workspace, match_pass: MatchPass, period: str) -> None:
    """Make what one pass finds, and leave in `free` what it did not touch."""
    named = {
        "pass_name": match_pass.name,
        "key_columns": " ".join(match_pass.on),
        "interchangeable": match_pass.interchangeable,
        "left": match_pass.left,
        "right": match_pass.right,
        "by_reference": "reference" in match_pass.on,
        "partial": match_pass.partial,
        "tolerance_days": match_pass.tolerance_days,
        "cap_day_minor": match_pass.cap_day_minor,
        "cap_period_minor": match_pass.cap_period_minor,
        "period": period,
    }
    inputs.make("candidate_pair", candidate_query(match_pass, "free"))
    inputs.make("set_pair", SQL / "set_pair.sql")
    for name in FOUND:
        inputs.make(name, SQL / f"{name}.sql", **named)
        if not inputs.rows(f"select 1 from {name} limit 1"):
            continue
        inputs.make("free", SQL / f"free_after_{name}.sql")
        if name == "capped_pair":
            inputs.make("accepted_pair", SQL / "accepted_within_cap.sql")


def _register_rules(
    inputs: Workspace, accounts: Accounts, policy: Policy, rec: Reconciliation
) -> None:
    """Make `ledger_account`, what takes part; `booked`, `reason_owner` and `reason_meaning`."""
    query = "select distinct currency from ledger_entry order by currency"
    currencies = [rec.currency] if rec.currency else [code for (code,) in inputs.rows(query)]
    taking_part = [
        (role, account, currency)
        for role in rec.ledger_roles
        for currency in currencies
        if (account := accounts.account(role, currency)) is not None
    ]
    named = dict.fromkeys(("role", "account", "currency"), "string")
    inputs.register("ledger_account", small_table(named, taking_part))
    owners = [(reason, policy.owner(reason)) for reason in REASONS]
    inputs.register("reason_owner", small_table({"reason": "string", "owner": "string"}, owners))
    inputs.register("booked", small_table(BOOKED, accounts.booked_alone()))
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
