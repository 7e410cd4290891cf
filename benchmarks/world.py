"""Made-up nights of one processor: settlement report, ledger extract and bank statement as CSV.

Every row follows from its number alone: no chance, so the same size gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

BUSINESS_DATE = date(2026, 3, 2)
LINES_A_BATCH = 5_000
LATE_EVERY, LATE, LONGEST = 40, 7, 5
"""Of how many lines which one's invoice is booked late, and by how many days at most."""
WRONG_EVERY, WRONG, TWIN = 1000, 11, 13
"""Of how many lines which one's invoice has another amount, and which one's has a twin."""

RECON = """\
store: state.db
lake: lake
memory_limit: {memory_limit}
threads: {threads}
scopes_at_a_time: {threads}
connections:
  inbox: {{folder: inbox}}
"""

MAPPINGS = {
    "policy.yaml": "overdue_limit: 1000000000\nmaker: bench\n",
    "sources/cards.yaml": """\
name: cards
entity: E1
record: settlement
connection: inbox
files: cards_*.csv
feed: identified
identity: [provider_ref]
business_date: {by: name, pattern: "(?P<date>[0-9-]{10})"}
columns:
  provider_ref: id
  provider_kind: kind
  reference: order
  gross: gross
  fee: fee
  net: net
  currency: currency
  batch_ref: batch
  payout_text: payout
  report_date: day
constants: {processor_account: M-1}
processor: cards
processor_account: M-1
kinds: {sale: charge, refund: refund, payout: payout}
closes_at_zero: true
payout_pattern: PO[0-9]+X
""",
    "sources/ledger.yaml": """\
name: ledger
entity: E1
record: ledger
connection: inbox
files: ledger_*.csv
feed: overlapping
business_date: {by: name, pattern: "(?P<date>[0-9-]{10})"}
columns:
  document_id: document
  posting_date: day
  account: account
  currency: currency
  amount: amount
  reference: order
  customer: customer
constants: {document_line: "1"}
""",
    "sources/bank.yaml": """\
name: bank
entity: E1
record: bank
connection: inbox
files: bank_*.csv
feed: identified
identity: [statement_id, bank_ref]
business_date: {by: name, pattern: "(?P<date>[0-9-]{10})"}
columns:
  statement_id: statement
  bank_ref: id
  remittance: text
  booking_date: day
  value_date: day
  amount: amount
  currency: currency
bank_account: DE89370400440532013000
payout_pattern: PO[0-9]+X
""",
    "reconciliations/cards.yaml": """\
name: cards
kind: processor
entity: E1
settlements: [cards]
ledger: ledger
ledger_roles: [receivable]
passes: by_order
lag_days: {settlement: 2, ledger: 5}
""",
    "reconciliations/payouts.yaml": """\
name: payouts
kind: bank
entity: E1
settlements: [cards]
ledger: ledger
bank: bank
currency: EUR
ledger_roles: [bank]
passes: by_payout
lag_days: {bank: 1, ledger: 3}
""",
    "matching/by_order.yaml": """\
name: by_order
passes:
  - {name: order, left: settlement, right: ledger, on: [reference]}
""",
    "matching/by_payout.yaml": """\
name: by_payout
passes:
  - {name: payout, left: payout, right: bank, on: [payout_ref]}
""",
    "accounts/E1.yaml": """\
entity: E1
functional_currency: EUR
zone: UTC
roles:
  bank: {"EUR": "1000"}
  cash_in_transit: {"*": "1010"}
  receivable: {"*": "1100"}
  clearing: {"*": "1200"}
  suspense: {"*": "2400"}
  unapplied_receipts: {"*": "2450"}
  refunds_payable: {"*": "2500"}
  processing_fees: {"*": "6100"}
templates:
  gross: {debit: held, credit: matched, memo: "sale {cause}"}
  fee: {debit: processing_fees, credit: clearing, memo: "fee of {part}"}
  payout: {debit: cash_in_transit, credit: clearing, memo: "payout {part}"}
  cash: {debit: bank, credit: cash_in_transit, memo: "payout at bank {cause}"}
  unapplied: {debit: matched, credit: unapplied_receipts, memo: "unapplied {cause}"}
""",
}

WORDS = """
create or replace macro cents(minor) as printf(
    '%s%d.%02d', case when minor < 0 then '-' else '' end, abs(minor) // 100, abs(minor) % 100
);
create or replace macro days_late(n) as
    case
        when n % {late_every} <> {late} then 0
        when {neglected} then 100000
        else 1 + n // {late_every} % {longest}
    end;
create or replace macro price(n) as
    [990, 1490, 1990, 2499, 2900, 3950, 4900, 5999, 7500, 9900, 12000, 18950][1 + n % 12];
create or replace macro gross_of(n) as case when n % 50 = 3 then -price(n) else price(n) end;
create or replace view line as
select
    n,
    {first_batch} + (n - {first}) // {lines_a_batch} as batch_no,
    case when n % 50 = 3 then 'refund' else 'sale' end as kind,
    gross_of(n) as gross,
    case when n % 50 = 3 then 0 else 36 + n % 12 * 11 end as fee,
    '{day}' as day
from range({first}, {first} + {lines}) as line(n);
create or replace view booked as
select n
from range(greatest({first} - {longest} * {lines}, 0), {first} + {lines}) as line(n)
where n // {lines} + days_late(n) = {number}
"""
"""Prices are few, as in a shop, so that amounts alone tell nothing apart."""

CARDS = """
select
    'P' || n as id, kind, 'ORD-' || n as "order", cents(gross) as gross, cents(fee) as fee,
    cents(gross - fee) as net, 'EUR' as currency, 'B' || batch_no as batch, '' as payout, day
from line
union all
select
    'Q' || batch_no, 'payout', '', cents(-sum(gross - fee)), '0.00', cents(-sum(gross - fee)),
    'EUR', 'B' || batch_no, 'PO' || batch_no || 'X', min(day)
from line
group by batch_no
order by batch, id
"""

LEDGER = """
with
invoice as (
    select
        n,
        case when n % {wrong_every} = {wrong} then gross_of(n) + 100 else gross_of(n) end as amount,
        unnest(case when n % {wrong_every} = {twin} then ['', '-again'] else [''] end) as again
    from booked
)

select
    'INV-' || n || again as document, '{day}' as day, '1100' as account, 'EUR' as currency,
    cents(amount) as amount, 'ORD-' || n as "order", 'C' || n % 9973 as customer
from invoice
order by md5(cast(n as varchar)), document
"""
"""Of 40 invoices one is booked one to five days late, in a neglected world never.

Of 1,000 one has another amount and one has a twin: these stay open.
"""

BANK = """
select
    'S' || min(day) as statement, 'E' || batch_no as id, 'PAYOUT PO' || batch_no || 'X' as text,
    min(day) as day, cents(sum(gross - fee)) as amount, 'EUR' as currency
from line
group by batch_no
order by batch_no
"""


@dataclass(frozen=True)
class Truth:
    """What the passes should find in a world of so many lines a day."""

    lines: int
    days: int = 1
    neglected: bool = False

    @property
    def matches(self) -> int:
        """Lines whose invoice is booked by the last day, has their amount, and no twin."""
        return sum(
            n // self.lines + self._days_late(n) < self.days
            and n % WRONG_EVERY not in (WRONG, TWIN)
            for n in range(self.lines * self.days)
        )

    def _days_late(self, n: int) -> int:
        if n % LATE_EVERY != LATE:
            return 0
        return self.days if self.neglected else 1 + n // LATE_EVERY % LONGEST

    @property
    def payouts(self) -> int:
        """One payout a batch, and one bank entry for it."""
        return self.days * -(-self.lines // LINES_A_BATCH)


def make_world(folder: Path, truth: Truth, memory_limit: str, threads: int) -> None:
    """Write a project with the files of the nights of which a truth speaks."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "recon.yaml").write_text(RECON.format(memory_limit=memory_limit, threads=threads))
    for name, text in MAPPINGS.items():
        path = folder / "mappings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with duckdb.connect(config={"memory_limit": memory_limit, "threads": threads}) as con:
        con.execute(f"set temp_directory = '{folder / 'spill'}'")
        for number in range(truth.days):
            write_night(con, folder / "inbox", number, truth)


def write_night(con: duckdb.DuckDBPyConnection, inbox: Path, number: int, truth: Truth) -> None:
    """Write the files of one night; its lines and batches follow those of the night before."""
    day = BUSINESS_DATE + timedelta(number)
    words = {
        "number": number,
        "first": number * truth.lines,
        "first_batch": replace(truth, days=number).payouts,
        "lines": truth.lines,
        "neglected": truth.neglected,
        "lines_a_batch": LINES_A_BATCH,
        "day": day,
        "late_every": LATE_EVERY,
        "late": LATE,
        "longest": LONGEST,
        "wrong_every": WRONG_EVERY,
        "wrong": WRONG,
        "twin": TWIN,
    }
    con.execute(WORDS.format(**words))
    for name, query in (("cards", CARDS), ("ledger", LEDGER), ("bank", BANK)):
        asked = query.format(**words)
        con.execute(f"copy ({asked}) to '{inbox / name}_{day}.csv' (header, delimiter ',')")
