"""What accounting says: shares of lines, journals, applications, batches and receipts."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, minor, rate, text

ALLOCATION_KINDS = (
    *("gross", "fee", "payout", "cash", "unapplied"),
    *("line", "dispute_fee", "loss", "loss_tax", "bank_charge", "write_off"),
    *("fee_tax", "fee_tax_invoiced", "tax_invoice", "reverse_charge"),
    *("allowance", "suspense", "fee_accrual"),
    *("on_behalf", "recharge", "fee_borne", "sweep"),
)
"""Closed list of what an amount is put to; each has a template in the chart."""

ALLOCATION = Table(
    "allocation",
    1,
    "the part of a line put to a kind; parts of a whole add up to it and share its sign",
    (
        text("allocation_id", "identity of the part", key=True),
        text("reconciliation", "reconciliation it belongs to"),
        text("entity", "legal entity"),
        text("kind", "gross, fee, payout, cash, ...: the closed list ALLOCATION_KINDS"),
        text("group_id", "parts of one group are one journal"),
        text("whole_id", "line the whole stands on"),
        text("part_id", "line the part is put to"),
        text("match_id", "match that caused it", nullable=True),
        count("generation", "1 as matched, -1 as undone"),
        text("currency", "currency of the amounts"),
        minor("whole_minor", "the whole that was shared"),
        minor("amount_minor", "this part, in the sign of the whole"),
        text("held_role", "account role where the amount stands; for a line, from now on"),
        text(
            "matched_account", "ledger account it clears, where the match names one", nullable=True
        ),
        text("document_id", "document it clears", nullable=True),
        text("customer", "customer of that document", nullable=True),
        text("functional_currency", "currency of the books, for a document", nullable=True),
        minor("functional_minor", "what the ledger carries the document at", nullable=True),
        text(
            "settled_currency",
            "currency the processor settles it in, where that is another",
            nullable=True,
        ),
        minor("settled_minor", "what the processor made of it there", nullable=True),
        text("dimension", "merchant account the amount comes from", nullable=True),
        text("affiliate", "entity of the group that stands on the other side", nullable=True),
        day("event_date", "the day it happened"),
        text("cause", "table and id of the line or decision that caused it"),
    ),
)

CODING = (
    text("cost_centre", "cost centre, where the chart says one", nullable=True),
    text("tax_code", "tax code of the ledger, where the chart says one", nullable=True),
    text("segments", "segments of the chart by name: `region=EU; unit=20`", nullable=True),
)
"""Columns for what a ledger asks of a line beside its account."""

JOURNAL_LINE = Table(
    "journal_line",
    1,
    "one line of a journal that we propose to the ERP; signed, a journal sums to zero",
    (
        text(
            "journal_id",
            "content hash of the journal: the same content is the same journal",
            key=True,
        ),
        count("line_no", "position in the journal, from 1", key=True),
        text("entity", "legal entity"),
        text("ledger", "book in the ERP"),
        text("template", "template of the rulebook that made it"),
        day("posting_date", "ledger day, by the one rule"),
        day("event_date", "the day it happened"),
        text("role", "account role"),
        text("account", "account in the chart"),
        text(
            "dimension",
            "merchant account, bank account or affiliate the line belongs to",
            nullable=True,
        ),
        *CODING,
        text("currency", "transaction currency"),
        minor("amount_minor", "debit plus, in the transaction currency"),
        text("functional_currency", "currency of the books"),
        minor("functional_minor", "debit plus, in the functional currency"),
        rate("rate_exact", "functional per transaction unit"),
        text("rate_path", "quotes the rate was worked out from, with their days", nullable=True),
        text("part_id", "line the amount stands on"),
        text("cause", "table and id of what caused the journal"),
        text("memo", "text for the ledger"),
    ),
)

SETTLEMENT_APPLICATION = Table(
    "settlement_application",
    1,
    "an amount put against a named invoice or credit note; the ERP makes the ledger rows",
    (
        text("application_id", "identity of the application", key=True),
        text("entity", "legal entity"),
        text("customer", "customer of the document"),
        text("document_id", "invoice or credit note", key=True),
        day("posting_date", "ledger day, by the one rule"),
        text("currency", "currency of the document"),
        minor("amount_minor", "amount applied; minus is unapplied"),
        text("functional_currency", "currency of the books"),
        minor("functional_minor", "what the ledger carries that at"),
        minor("functional_fx_minor", "realised in it: carried less paid, a loss is plus"),
        text("line_id", "settlement line that pays"),
        count("generation", "1 as applied, -1 as undone", key=True),
        text("journal_id", "journal that shows its effect in the ledger"),
    ),
)

BATCH = Table(
    "batch",
    1,
    "what differs between the target set and what was posted: one row a journal",
    (
        text("batch_id", "hash of the batch: entity, date and the keys in it"),
        text("entity", "legal entity"),
        text("ledger", "book in the ERP"),
        day("business_date", "processing date"),
        text("journal_id", "journal", key=True),
        text("action", "new or reversal", key=True),
        count("generation", "how often this content was reversed before", key=True),
        text("posting_key", "idempotency key: content and generation"),
        text(
            "summary_key",
            "key of the summary journal it goes out in; absent where it goes out itself",
            nullable=True,
        ),
        text(
            "late_period",
            "closed period it happened in, where it is material: it waits in a batch of its own",
            nullable=True,
        ),
        text("state", "awaiting_approval or approved"),
        text("maker", "who prepared it: the service user"),
    ),
)

SUMMARY_LINE = Table(
    "summary_line",
    1,
    "one line of a summary journal: what the ledger gets instead of the journals in it",
    (
        text("summary_key", "idempotency key: the keys of the journals in it", key=True),
        count("line_no", "position in the summary journal, from 1", key=True),
        text("entity", "legal entity"),
        text("ledger", "book in the ERP"),
        text("template", "template of the journals in it"),
        day("posting_date", "ledger day of the journals in it"),
        text("account", "account in the chart"),
        text(
            "dimension",
            "merchant account, bank account or affiliate the lines belong to",
            nullable=True,
        ),
        *CODING,
        text("currency", "transaction currency"),
        minor("amount_minor", "sum of its side, debit plus, in the transaction currency"),
        text("functional_currency", "currency of the books"),
        minor("functional_minor", "sum of the same lines in the functional currency"),
        count("line_count", "journal lines it is the sum of"),
        text("memo", "text for the ledger"),
    ),
)

POSTING_RECEIPT = Table(
    "posting_receipt",
    1,
    "the ERP's answer, one a key",
    (
        text("posting_key", "idempotency key", key=True),
        text("entity", "legal entity"),
        day("business_date", "processing date of the batch it was posted in"),
        text("journal_id", "journal"),
        text("action", "new or reversal"),
        count("generation", "reversal generation"),
        text("state", "posted, rejected or ambiguous"),
        text("erp_document", "document number in the ERP", nullable=True),
        day("posting_date", "ledger day in the ERP", nullable=True),
        text(
            "summary_key",
            "key of the summary journal that was answered for it; absent where it went out itself",
            nullable=True,
        ),
    ),
)
