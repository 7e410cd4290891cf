"""Canonical: text records become typed rows; what cannot be read is kept, counted and listed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon_engine.parsers.parser import Parser
from recon_engine.parsers.parser import parser as find_parser
from recon_engine.periods import due_dates
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source
from recon_engine.stages.canonical.files import read_files
from recon_engine.stages.canonical.opening import read_opening_items
from recon_engine.stages.canonical.quarantine import judge
from recon_engine.stages.canonical.refusal import refuse_rows, refuse_statements
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import (
    CANONICAL_TABLES,
    LANDED_FILE,
    LINE_IDENTITY,
    SETTLEMENT_LINE,
    STATEMENT_BALANCE,
)
from recon_engine.tables.matching import EXCEPTION_ITEM, REASONS
from recon_engine.tables.opening import OPENING_ITEM
from recon_engine.tables.payments import PAYMENT_EVENT

SQL = Path(__file__).parent
NO_LINE = "select * from history_line_identity where false"
NOTHING_STANDS = (
    "select identity as base_id, delivery_seq, row_no from history_line_identity where false"
)
NO_MOVE = "select delivery_seq, '' as detail from source_file where false"
IDENTITY = ("provider_ref", "modification_ref", "provider_kind", "batch_ref")
"""What makes a settlement line's own id where the source does not say."""


@dataclass(frozen=True)
class Recipe:
    """How one kind of record becomes tables, made in order, each by the query of its name."""

    dataset: str
    tables: tuple[str, ...]
    identified: bool
    """Lines have an identity over files; snapshots hold for their day only."""


RECIPES = {
    "settlement": Recipe(
        "settlement_line",
        ("settlement_line", "payout", "processor_balance", "payment_event"),
        identified=True,
    ),
    "bank": Recipe("bank_entry", ("bank_entry",), identified=True),
    "ledger": Recipe("ledger_entry", ("ledger_entry",), identified=True),
    "trial_balance": Recipe("ledger_balance", ("ledger_balance",), identified=False),
    "billing": Recipe("billing_document", ("billing_document",), identified=False),
    "rate": Recipe("fx_rate", ("fx_rate",), identified=False),
}


def read_source(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return the canonical rows of one source and date.

    Reads:   landed_file of the date; earlier landed_file, line_identity, opening_item,
             statement_balance and settlement_line: what a batch that comes again had said;
             exceptions of the previous date, for the day on which each was first seen.
    Returns: the tables of the source's recipe, with quarantined_row, line_identity,
             cross_reference and exception_item; on the date of a take-on opening_item.
    Raises:  ParseError where a file, a statement or a batch must be refused whole.
    """
    source = rules.sources[run.scope]
    recipe = RECIPES[source.record]
    parser = find_parser(source.parser)
    values = _values(source, rules, run, recipe)
    restates = source.record == "settlement"
    read_opening_items(inputs, rules, source, run)
    read_files(
        inputs,
        source,
        parser,
        identified=recipe.identified,
        restates=restates,
        take_on=run.take_on,
    )
    _register_rules(inputs, source, rules, parser)
    inputs.make("typed", SQL / f"{source.record}_candidate.sql", **values)
    judge(inputs, recipe.dataset)
    refuse_rows(inputs, source)
    outputs = {}
    if source.record == "bank":
        inputs.make("statement_balance", SQL / "statement_balance.sql", **values)
        refuse_statements(inputs)
        outputs["statement_balance"] = "statement_balance"
    for name in ("control_input", "quarantined_row"):
        inputs.make(name, SQL / f"{name}.sql", **values)
    _identify(inputs, values, identified=recipe.identified, restates=restates)
    for name in recipe.tables:
        if name == "payout":
            _register_due(inputs, source)
        inputs.make(name, SQL / f"{name}.sql", **values)
    inputs.make("restated_move", SQL / "restated_move.sql" if restates else NO_MOVE)
    for name in ("changed", "exception_item"):
        inputs.make(name, SQL / f"{name}.sql", **values)
    if recipe.identified:
        inputs.make("reference_source", SQL / f"reference_{source.record}.sql", **values)
        inputs.make("cross_reference", SQL / "cross_reference.sql", **values)
        outputs["cross_reference"] = "cross_reference"
    made = (*recipe.tables, "quarantined_row", "line_identity", "exception_item", "opening_item")
    return outputs | {name: name for name in made}


def _values(source: Source, rules: Rulebook, run: RunContext, recipe: Recipe) -> dict[str, Any]:
    accounts = rules.accounts[source.entity]
    layout = source.layout
    return {
        "source": source.name,
        "entity": source.entity,
        "dataset": recipe.dataset,
        "identified": recipe.identified,
        "contract": source.contract,
        "feed": source.feed,
        "business_date": run.business_date.isoformat(),
        "take_on": run.take_on,
        "processor": source.processor,
        "processor_account": source.processor_account,
        "bank_account": source.bank_account,
        "personal": list(source.personal),
        "closes_at_zero": source.closes_at_zero,
        "identity": list(source.identity or IDENTITY),
        "names_lines": source.identity == ("provider_ref",),
        "fee_sign": 1 if source.fee_sign == "cost_plus" else -1,
        "payout_pattern": source.payout_pattern or "^$",
        "reference_pattern": source.reference_pattern or "^$",
        "zone": source.zone,
        "entity_zone": accounts.zone,
        "functional_currency": accounts.functional_currency,
        "time_format": layout.time_format,
        "date_format": layout.date_format,
        "date_length": len(run.business_date.strftime(layout.date_format)),
    }


def _register_rules(inputs: Workspace, source: Source, rules: Rulebook, parser: Parser) -> None:
    """Make `kind_map`, `zone_offset`, `reason_owner`; the source's word precedes the parser's."""
    kinds = {kind.lower(): ours for kind, ours in {**parser.kinds, **source.kinds}.items()}
    offsets = {zone: _minutes(text) for zone, text in {**parser.zones, **source.zones}.items()}
    owners = {reason: rules.policy.owner(reason) for reason in REASONS}
    text = "string"
    inputs.register("kind_map", small_table({"provider_kind": text, "kind": text}, kinds.items()))
    inputs.register("zone_offset", small_table({"zone": text, "minutes": "int32"}, offsets.items()))
    inputs.register("reason_owner", small_table({"reason": text, "owner": text}, owners.items()))


def _identify(
    inputs: Workspace, values: dict[str, Any], *, identified: bool, restates: bool
) -> None:
    """Make `line_identity`, and what it is made of; lines of a snapshot have no identity."""
    if identified:
        inputs.make("named_line", SQL / "named_line.sql", **values)
    for name in ("standing_line", "same_line", "gone_line"):
        inputs.make(name, SQL / f"{name}.sql" if restates else NOTHING_STANDS)
    made = SQL / "line_identity.sql"
    inputs.make("line_identity", made if identified else NO_LINE, **values)


def _minutes(offset: str) -> int:
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset.lstrip("+-").split(":")
    return sign * (int(hours) * 60 + int(minutes))


def _register_due(inputs: Workspace, source: Source) -> None:
    """Make `due`: the last banking day on which a payout of each day is in time."""
    query = (
        "select distinct event_date from settlement_line "
        "where kind in ('payout', 'payout_reversal')"
    )
    days = [day for (day,) in inputs.rows(query)]
    due = due_dates(days, source.payout_lag_days, source.calendar)
    named = {"event_date": "date32", "due_date": "date32"}
    inputs.register("due", small_table(named, due.items()))


CANONICAL = Stage(
    name="canonical",
    grain="source",
    reads=(
        Read(LANDED_FILE),
        Read(LANDED_FILE, "history"),
        Read(LINE_IDENTITY, "history"),
        Read(OPENING_ITEM, "history"),
        Read(STATEMENT_BALANCE, "history"),
        Read(SETTLEMENT_LINE, "history"),
        Read(EXCEPTION_ITEM, "previous"),
    ),
    writes=(*CANONICAL_TABLES, OPENING_ITEM, PAYMENT_EVENT, EXCEPTION_ITEM),
    law="rows in = rows out + quarantined + listed; every balance-bearing unit adds up",
    transform=read_source,
)
