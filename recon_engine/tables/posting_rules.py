"""Rules for rows of what goes to the ledger: batches, summary journals, and the answers."""

from __future__ import annotations

from recon_engine.tables.rule import Rule, outside, row_rule

POSTING_RULES: tuple[Rule, ...] = (
    row_rule(
        "batch",
        "010",
        "critical",
        "action",
        "a journal is posted new or reversed, and the batch waits or is approved",
        f"{outside('action', ('new', 'reversal'))}"
        f" or {outside('state', ('awaiting_approval', 'approved'))}",
    ),
    row_rule(
        "batch",
        "011",
        "critical",
        "maker",
        "a batch has a maker, a hash and a posting key",
        "maker = '' or batch_id = '' or posting_key = ''",
    ),
    row_rule(
        "batch",
        "012",
        "critical",
        "generation",
        "reversals are counted from 0",
        "coalesce(generation < 0, false)",
    ),
    row_rule(
        "batch",
        "013",
        "critical",
        "summary_key",
        "a summary journal has a key, and what is reversed goes out itself",
        "summary_key = '' or (summary_key is not null and action <> 'new')",
    ),
    row_rule(
        "summary_line",
        "010",
        "critical",
        "line_no",
        "a line of a summary journal is the sum of journal lines",
        "coalesce(line_no < 1 or line_count < 1, false)",
    ),
    row_rule(
        "summary_line",
        "011",
        "critical",
        "functional_minor",
        "a line in the functional currency has one amount (I11)",
        "currency = functional_currency and amount_minor is distinct from functional_minor"
        " and amount_minor <> 0",
    ),
    row_rule(
        "posting_receipt",
        "010",
        "critical",
        "state",
        "the answer for a journal is one of the closed list",
        f"{outside('action', ('new', 'reversal'))}"
        f" or {outside('state', ('posted', 'rejected', 'ambiguous'))}",
    ),
    row_rule(
        "posting_receipt",
        "011",
        "critical",
        "erp_document",
        "a posted journal has its document in the ERP",
        "state = 'posted' and coalesce(erp_document, '') = ''",
    ),
    row_rule(
        "posting_receipt",
        "012",
        "warning",
        "state",
        "nothing was rejected or left ambiguous",
        "coalesce(state in ('rejected', 'ambiguous'), false)",
    ),
)
"""Part of `ROW_RULES`."""
