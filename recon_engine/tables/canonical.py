"""The canonical model: what every source becomes, whatever its format."""

from __future__ import annotations

from recon_engine.tables.table import LINEAGE, Table, count, day, flag, lineage, minor, rate, text

LANDED_FILE = Table(
    "landed_file",
    1,
    "one delivery of a file: bytes as received, under the hash of those bytes",
    (
        lineage(count("delivery_seq", "order of arrival over all sources", key=True)),
        text("source", "source that declares how the file is read"),
        text("entity", "legal entity the source belongs to"),
        text("file_id", "SHA-256 of the bytes; the name of the file in landing"),
        text("file_name", "name at the sender, cleaned; information, never a path"),
        count("size_bytes", "length of the file"),
        day("business_date", "the processing date the file belongs to"),
        text(
            "batch_key",
            "identity of the batch inside the source; a later file with it is a restatement",
        ),
        count("version", "1 for the first file of a batch, then 2, 3, ..."),
        flag("repeated", "true where the same bytes had landed before; its rows count once"),
        flag("late", "true where the file's own date was sealed when it arrived"),
    ),
)

QUARANTINED_ROW = Table(
    "quarantined_row",
    1,
    "a row that could not be read or broke a rule; kept and counted, never guessed",
    (
        text("source", "source of the file", key=True),
        lineage(text("file_id", "landed file", key=True)),
        lineage(count("row_no", "row in the file, from 1", key=True)),
        text("rule_id", "first rule it broke", key=True),
        text("dataset", "table the row was meant for"),
        text("field", "field that was wrong", nullable=True),
        text("found", "what stood there, shortened; digits of long numbers hidden", nullable=True),
        text("expected", "what the rule asks for"),
        minor(
            "amount_minor",
            "amount where it could be read, so that totals can include it",
            nullable=True,
        ),
        text("currency", "its currency where it could be read", nullable=True),
        text("row_digest", "SHA-256 of the row's fields as read"),
    ),
)

LINE_IDENTITY = Table(
    "line_identity",
    1,
    "every appearance of every line: the first counts, later ones are kept and listed",
    (
        text("source", "source of the file", key=True),
        text("dataset", "table the line belongs to"),
        text("identity", "provider id, or content and occurrence where there is none", key=True),
        lineage(text("file_id", "landed file of this appearance", key=True)),
        lineage(count("row_no", "row of this appearance", key=True)),
        lineage(count("delivery_seq", "delivery of this appearance", key=True)),
        text("row_digest", "SHA-256 of the row's fields as read"),
        text("disposition", "counted, duplicate, superseded, ...: the closed list DISPOSITIONS"),
        minor("amount_minor", "its amount, so that duplicates are counted in money too"),
        text("currency", "currency of amount_minor"),
    ),
)

DISPOSITIONS = {
    "counted": "in force",
    "duplicate": "had been counted before",
    "superseded": "a newer version of its batch came before the date was sealed",
    "held": "a newer version of a statement or extract whose date is sealed; nothing of it counts",
    "taken_on": "came before the take-on: the ledger holds it, what is open came as opening item",
}
"""Closed list: what becomes of a line that could be read."""

SETTLEMENT_LINE = Table(
    "settlement_line",
    1,
    "one line of a processor's settlement report; plus raises what the processor owes us",
    (
        text("line_id", "identity of the line; each version that changes it has its own", key=True),
        text("base_id", "its first version, where a batch came again", nullable=True),
        text(
            "standing_id",
            "line whose item carries its gross: an earlier version, where only the rest changed",
            nullable=True,
        ),
        count("generation", "1 as counted; -1 takes back, amounts turned, what stood before"),
        text("source", "source it came from"),
        text("entity", "legal entity"),
        text("processor", "payment platform that settles to us"),
        text("processor_account", "merchant account at the processor"),
        text("batch_ref", "settlement batch at the processor"),
        text(
            "kind",
            "charge, refund, chargeback, fee, adjustment, payout, ...: the closed list KINDS",
        ),
        text("provider_kind", "kind as printed"),
        text("provider_ref", "id at the processor", nullable=True),
        text("reference", "our own order or invoice reference", nullable=True),
        text("payout_ref", "reference that the bank line of the payout carries", nullable=True),
        text("payment_method", "scheme or method as printed", nullable=True),
        text("region", "market of the payment as printed", nullable=True),
        text("event_at", "moment in UTC, ISO 8601, where the report has a time", nullable=True),
        text("zone", "zone the moment was printed in", nullable=True),
        day("event_date", "the day it happened, in the entity's zone"),
        day("report_date", "the day in the processor's zone"),
        minor("gross_minor", "amount the customer sees"),
        text("gross_currency", "currency of gross_minor"),
        rate("rate_exact", "gross to net currency, target per source, as printed"),
        minor(
            "fee_minor", "cost kept by the processor, in the net currency; minus is a fee returned"
        ),
        minor("net_minor", "what moves the balance, in the net currency"),
        text("currency", "net currency: the currency of fee_minor and net_minor"),
        minor("passed_on_minor", "interchange and scheme fees within fee_minor", nullable=True),
        *LINEAGE,
    ),
)

KINDS = (
    "charge",
    "refund",
    "capture_reversal",
    "refund_failure",
    "chargeback",
    "chargeback_reversal",
    "fee",
    "adjustment",
    "reserve_hold",
    "reserve_release",
    "transfer",
    "payout",
    "payout_reversal",
    "opening_balance",
    "closing_balance",
    "unknown",
)
"""Closed list of settlement line kinds; any other provider kind becomes `unknown`, with its amount.

A `payout_reversal` is a payout that did not arrive and came back to the processor.

A balance line moves nothing: it says what the processor holds, and becomes `processor_balance`.
"""
BALANCE_KINDS = ("opening_balance", "closing_balance")

PAYOUT = Table(
    "payout",
    1,
    "one transfer of net funds by the processor to the bank; plus is money on its way to us",
    (
        text("payout_id", "line_id of the payout line", key=True),
        text("source", "source it came from"),
        text("entity", "legal entity"),
        text("processor", "payment platform"),
        text("processor_account", "merchant account at the processor"),
        text("batch_ref", "settlement batch it pays"),
        text("payout_ref", "reference that the bank line carries", nullable=True),
        day("event_date", "the day it was sent"),
        day("due_date", "last banking day on which its arrival is in time"),
        minor("amount_minor", "amount sent; minus is a debit of our bank account"),
        text("currency", "currency of amount_minor"),
        *LINEAGE,
    ),
)

PROCESSOR_BALANCE = Table(
    "processor_balance",
    1,
    "opening, movement and closing of one settlement batch, as reported",
    (
        text("source", "source it came from", key=True),
        text("entity", "legal entity"),
        text("processor", "payment platform"),
        text("processor_account", "merchant account at the processor", key=True),
        text("batch_ref", "settlement batch", key=True),
        text("currency", "net currency", key=True),
        day("balance_date", "last day of its lines"),
        day(
            "business_date",
            "processing date it was told on: a batch that comes again tells its balance again",
        ),
        count("line_count", "lines read for the batch, quarantined ones included"),
        minor("opening_minor", "balance carried in"),
        minor("movement_minor", "sum of the lines, payout included"),
        minor("closing_minor", "balance carried out, as the processor says it"),
        lineage(text("file_id", "landed file", key=True)),
    ),
)

BANK_ENTRY = Table(
    "bank_entry",
    1,
    "one booked entry on a bank statement; plus is money in",
    (
        text("entry_id", "identity of the entry", key=True),
        text("source", "source it came from"),
        text("entity", "legal entity"),
        text("bank_account", "account number as on the statement"),
        text("statement_id", "statement at the bank"),
        text("bank_ref", "the bank's own reference", nullable=True),
        text("end_to_end_ref", "reference carried end to end", nullable=True),
        text("payout_ref", "payout reference found in the remittance text", nullable=True),
        text("reference", "structured reference, or ours found in the text", nullable=True),
        text("remittance", "remittance text", nullable=True),
        day("booking_date", "the bank's day"),
        day("value_date", "day of value", nullable=True),
        minor("amount_minor", "amount in the account's currency"),
        text("currency", "currency of the account"),
        flag("reversal", "the bank marks it as a reversal; the sign already says the direction"),
        *LINEAGE,
    ),
)

STATEMENT_BALANCE = Table(
    "statement_balance",
    1,
    "opening and closing of one bank statement",
    (
        text("source", "source it came from", key=True),
        text("entity", "legal entity"),
        text("bank_account", "account number as on the statement", key=True),
        text("statement_id", "statement at the bank", key=True),
        text("sequence_no", "statement number as printed", nullable=True),
        text("currency", "currency of the account", key=True),
        day("opening_date", "day of the opening balance", nullable=True),
        day("closing_date", "day of the closing balance"),
        count("entry_count", "booked entries read, quarantined ones included"),
        minor("opening_minor", "booked opening balance"),
        minor("movement_minor", "sum of the booked entries"),
        minor("closing_minor", "booked closing balance, as the bank says it"),
        lineage(text("file_id", "landed file", key=True)),
    ),
)

LEDGER_ENTRY = Table(
    "ledger_entry",
    1,
    "one line of the ERP ledger extract; plus is debit",
    (
        text("entry_id", "document and line in the ledger", key=True),
        text("source", "source it came from"),
        text("entity", "legal entity"),
        text("ledger", "book in the ERP"),
        text("document_id", "document in the ledger"),
        text("document_line", "line of the document"),
        day("posting_date", "ledger day"),
        text("account", "account in the chart"),
        text("currency", "transaction currency"),
        minor("amount_minor", "signed amount in the transaction currency"),
        text("functional_currency", "currency of the books"),
        minor("functional_minor", "signed amount in the functional currency"),
        text("reference", "reference to the order, invoice or payment", nullable=True),
        text("customer", "customer or partner", nullable=True),
        text("origin_key", "our journal key where the entry is our own", nullable=True),
        *LINEAGE,
    ),
)

LEDGER_BALANCE = Table(
    "ledger_balance",
    1,
    "the ERP's own trial balance, one row an account and currency",
    (
        text("source", "source it came from", key=True),
        text("entity", "legal entity", key=True),
        text("ledger", "book in the ERP", key=True),
        text("account", "account in the chart", key=True),
        text("currency", "transaction currency", key=True),
        day("balance_date", "day the balance stands at", key=True),
        minor("amount_minor", "balance in the transaction currency, debit plus"),
        text("functional_currency", "currency of the books"),
        minor("functional_minor", "balance in the functional currency, debit plus"),
        *LINEAGE,
    ),
)

BILLING_DOCUMENT = Table(
    "billing_document",
    1,
    "an open invoice or credit note of the receivables subledger",
    (
        text("document_id", "document in the ERP", key=True),
        text("source", "source it came from"),
        text("entity", "legal entity"),
        text("kind", "invoice or credit_note"),
        text("customer", "customer who owes or is owed"),
        day("document_date", "day of the document"),
        day("due_date", "day it falls due", nullable=True),
        text("account", "control account it stands on"),
        text("currency", "currency of the document"),
        minor("amount_minor", "total; minus for a credit note"),
        minor("open_minor", "what is still open; minus for a credit note"),
        text("reference", "order reference that the payment carries", nullable=True),
        *LINEAGE,
    ),
)

FX_RATE = Table(
    "fx_rate",
    1,
    "a rate of the ERP's own rate table",
    (
        text("source", "source it came from", key=True),
        text("entity", "legal entity", key=True),
        text("from_currency", "currency of one unit", key=True),
        text("to_currency", "currency the rate is quoted in", key=True),
        day("rate_date", "day the rate holds", key=True),
        rate("rate_exact", "units of to_currency for one of from_currency", nullable=False),
        *LINEAGE,
    ),
)

CROSS_REFERENCE = Table(
    "cross_reference",
    1,
    "every external id of every object, so that any of them leads to all",
    (
        text("dataset", "table of the object", key=True),
        text("object_id", "id in that table", key=True),
        text("system", "system that gave the id", key=True),
        text("id_kind", "what the id is there: provider_ref, reference, payout_ref, ...", key=True),
        text("external_id", "the id", key=True),
    ),
)

DECISION = Table(
    "decision",
    1,
    "what a person decided; append-only, read up to a sequence number",
    (
        count("decision_seq", "order of decisions", key=True),
        text("kind", "unapply, ...: the closed list of the store"),
        text("entity", "legal entity"),
        text("reconciliation", "reconciliation it speaks of"),
        day("effective_date", "processing date it takes effect on"),
        text("subject_id", "item or match it speaks of"),
        text("actor", "who decided"),
        text("reason", "why, in words"),
    ),
)

CANONICAL_TABLES = (
    SETTLEMENT_LINE,
    PAYOUT,
    PROCESSOR_BALANCE,
    BANK_ENTRY,
    STATEMENT_BALANCE,
    LEDGER_ENTRY,
    LEDGER_BALANCE,
    BILLING_DOCUMENT,
    FX_RATE,
    CROSS_REFERENCE,
    LINE_IDENTITY,
    QUARANTINED_ROW,
)
