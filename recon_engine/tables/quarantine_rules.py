"""What a row of a file must hold to be read; a row that does not is kept, counted and put aside.

They speak of the typed candidate rows: a column is null beside its `raw_` text where the text could
not be read. The first rule that a row breaks names it, so a currency is asked before the amounts in
it. What a unit refuses as a whole (its arithmetic, its totals) is no rule of a row.
"""

from __future__ import annotations

from recon_engine.tables.rule import Rule, currencies, outside, quarantine_rule

MONEY = "a decimal number with no more decimals than the currency has"
DAY = "a date as the source prints it"
CODE = "an ISO 4217 currency that has minor units"
INDICATORS = ("CRDT", "DBIT", "C", "D", "RC", "RD")


def _currency(table: str, number: str, column: str) -> Rule:
    return quarantine_rule(table, number, column, column, CODE, outside(column, currencies()))


def _amount(table: str, number: str, field: str, column: str) -> Rule:
    return quarantine_rule(table, number, field, f"raw_{field}", MONEY, f"{column} is null")


def _day(table: str, number: str, field: str, column: str) -> Rule:
    return quarantine_rule(table, number, field, f"raw_{field}", DAY, f"{column} is null")


def _printed(table: str, number: str, field: str, column: str, meaning: str) -> Rule:
    """A field that may be missing, but must be readable where it is printed."""
    unread = f"raw_{field} is not null and {column} is null"
    return quarantine_rule(table, number, field, f"raw_{field}", meaning, unread)


def _named(table: str, number: str, column: str, meaning: str) -> Rule:
    return quarantine_rule(table, number, column, column, meaning, f"coalesce({column}, '') = ''")


QUARANTINE_RULES = (
    _currency("settlement_line", "101", "currency"),
    _currency("settlement_line", "102", "gross_currency"),
    _printed("settlement_line", "103", "gross", "gross_minor", MONEY),
    _printed("settlement_line", "104", "fee", "fee_minor", MONEY),
    _printed("settlement_line", "105", "net", "net_minor", MONEY),
    quarantine_rule(
        "settlement_line", "106", "net", "raw_net",
        "gross and net, or one of them with the fee",
        "gross_minor is null or fee_minor is null or net_minor is null",
    ),
    _day("settlement_line", "107", "event_at", "event_date"),
    _day("settlement_line", "108", "report_date", "report_date"),
    quarantine_rule(
        "settlement_line", "109", "rate", "raw_rate",
        "a decimal number above zero",
        "raw_rate is not null and not coalesce(rate_exact > 0, false)",
    ),
    _named("settlement_line", "110", "processor_account", "the merchant account at the processor"),
    _named("settlement_line", "111", "batch_ref", "the settlement batch at the processor"),
    _currency("bank_entry", "101", "currency"),
    quarantine_rule(
        "bank_entry", "102", "indicator", "raw_indicator",
        "CRDT, DBIT, C, D, RC or RD",
        f"raw_indicator is not null and {outside('upper(raw_indicator)', INDICATORS)}",
    ),
    _amount("bank_entry", "103", "amount", "amount_minor"),
    _day("bank_entry", "104", "booking_date", "booking_date"),
    _printed("bank_entry", "105", "value_date", "value_date", DAY),
    _named("bank_entry", "106", "bank_account", "the account number of the statement"),
    _named("bank_entry", "107", "statement_id", "the statement at the bank"),
    _currency("ledger_entry", "101", "currency"),
    _currency("ledger_entry", "102", "functional_currency"),
    _amount("ledger_entry", "103", "amount", "amount_minor"),
    _amount("ledger_entry", "104", "functional", "functional_minor"),
    _day("ledger_entry", "105", "posting_date", "posting_date"),
    _named("ledger_entry", "106", "account", "an account in the chart"),
    _named("ledger_entry", "107", "document_id", "a document in the ledger"),
    _currency("ledger_balance", "101", "currency"),
    _currency("ledger_balance", "102", "functional_currency"),
    _amount("ledger_balance", "103", "amount", "amount_minor"),
    _amount("ledger_balance", "104", "functional", "functional_minor"),
    _day("ledger_balance", "105", "balance_date", "balance_date"),
    _named("ledger_balance", "106", "account", "an account in the chart"),
    _currency("billing_document", "101", "currency"),
    _amount("billing_document", "102", "amount", "amount_minor"),
    _amount("billing_document", "103", "open", "open_minor"),
    _day("billing_document", "104", "document_date", "document_date"),
    _printed("billing_document", "105", "due_date", "due_date", DAY),
    quarantine_rule(
        "billing_document", "106", "kind", "kind",
        "invoice or credit_note",
        outside("kind", ("invoice", "credit_note")),
    ),
    _named("billing_document", "107", "document_id", "a document of the subledger"),
    _named("billing_document", "108", "customer", "the customer who owes or is owed"),
    _named("billing_document", "109", "account", "the control account of the document"),
    _currency("fx_rate", "101", "from_currency"),
    _currency("fx_rate", "102", "to_currency"),
    quarantine_rule(
        "fx_rate", "103", "rate", "raw_rate",
        "a decimal number above zero, without exponent",
        "not coalesce(rate_exact > 0, false)",
    ),
    _day("fx_rate", "104", "rate_date", "rate_date"),
)  # fmt: skip
"""The order within a table is the order in which they are tried."""
