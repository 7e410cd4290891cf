"""Holds what came in against the tables of a case: lines, documents, opening items."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from tests.cases.accounting.documents import documents, ledger_rows
from tests.cases.accounting.nights import Outcome
from tests.cases.accounting.opening import opening_items, stood, taken_on
from tests.cases.accounting.reports import charged, moves
from tests.cases.accounting.tables import Case


def entered(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which lines of report, bank, ledger and subledger did not enter once as they stand."""
    names = outcome.names
    yield from unequal(
        [
            (
                *(
                    p.base,
                    sign,
                    p.day,
                    p.kind,
                    sign * charged(case, p).gross,
                    charged(case, p).currency,
                ),
                *(sign * p.fee, sign * p.net, p.currency),
            )
            for _, sign, p in moves(case)
            if p.kind != "opening"
        ],
        (
            (
                names.get(r["line_id"]),
                r["generation"],
                r["event_date"],
                r["provider_kind"],
                r["gross_minor"],
                r["gross_currency"],
                r["fee_minor"],
                r["net_minor"],
                r["currency"],
            )
            for r in outcome.rows("settlement_line")
        ),
    )
    yield from unequal(
        [(b.name, b.day, b.amount, b.currency) for b in case.bank],
        (
            (names.get(r["entry_id"]), r["booking_date"], r["amount_minor"], r["currency"])
            for r in outcome.rows("bank_entry")
        ),
    )
    yield from unequal(
        _sums(
            (row.day, row.account, row.amount)
            for row in ledger_rows(case)
            if row.day > taken_on(case)
        ).items(),
        _sums(
            (r["posting_date"], r["account"], r["functional_minor"])
            for r in outcome.rows("ledger_entry")
        ).items(),
    )
    yield from unequal(
        _sums(
            (row.day, f"{row.account} {row.currency}", row.own)
            for row in ledger_rows(case)
            if row.day > taken_on(case)
        ).items(),
        _sums(
            (r["posting_date"], f"{r['account']} {r['currency']}", r["amount_minor"])
            for r in outcome.rows("ledger_entry")
        ).items(),
    )
    yield from documents_entered(case, outcome)


def documents_entered(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which documents did not enter as the subledger has them."""
    yield from unequal(
        {
            (d.document_id, d.customer, d.day, d.account, d.currency, d.amount)
            for d in documents(case)
        },
        {
            (
                r["document_id"],
                r["customer"],
                r["document_date"],
                r["account"],
                r["currency"],
                r["open_minor"],
            )
            for r in outcome.rows("billing_document")
        },
    )


def opened(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which opening items did not come in as they stand, or do not age from their own day.

    Said are also the ledger, the processor and the bank of that day, as they were read.
    """
    day = taken_on(case)
    if day not in outcome.nights:
        return
    tables = outcome.nights[day].tables
    yield from unequal(
        [(i.kind, i.day, i.account, i.amount, i.name) for i in opening_items(case)],
        (
            (
                r["kind"],
                r["event_date"],
                r["account"],
                r["amount_minor"],
                r["payout_ref"] or r["document_id"],
            )
            for r in tables["opening_item"]
        ),
    )
    read = {r["account"]: r["amount_minor"] for r in tables["ledger_balance"]}
    booked = _sums((day, row.account, row.amount) for row in ledger_rows(case) if row.day <= day)
    yield from unequal({(account, amount) for (_, account), amount in booked.items()}, read.items())
    yield from (f"ledger {pair}" for pair in stood(case, "trial_balance").items() - read.items())
    for given, table in (("processor", "processor_balance"), ("bank", "statement_balance")):
        yield from unequal(
            stood(case, f"{given}_balance").values(), (r["closing_minor"] for r in tables[table])
        )
    for on, later in outcome.nights.items():
        aged = [r for r in later.tables["exception_item"] if r["reason"] == "unmatched_ledger"]
        for item in opening_items(case) if day < on else ():
            ages = [r["age_days"] for r in aged if r["event_date"] == item.day]
            if item.kind == "document" and ages != [(on - item.day).days]:
                yield f"{on} {item.name}: is {ages} days old"


def _sums(rows: Iterable[tuple[date, str, int]]) -> dict[tuple[date, str], int]:
    found: defaultdict[tuple[date, str], int] = defaultdict(int)
    for day, account, amount in rows:
        found[day, account] += amount
    return dict(found)


def unequal(said: Iterable[object], found: Iterable[object]) -> Iterator[str]:
    """Say what is missing of what was said, and what was found that was not."""
    wanted, there = Counter(said), Counter(found)
    for row in (wanted - there).elements():
        yield f"missing {shown(row)}"
    for row in (there - wanted).elements():
        yield f"not in the case: {shown(row)}"


def shown(row: object) -> str:
    """Return a row as a person reads it."""
    if isinstance(row, tuple):
        return " ".join(shown(value) for value in row)
    return str(row)
