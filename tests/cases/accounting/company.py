"""The company of a case as the world shows it: report files, statements, an ERP, a rulebook.

Nothing here knows an answer: the entries made by REC and the balances are not read.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool

from recon_engine.demo.bank import ACCOUNTS
from recon_engine.demo.camt import camt053
from recon_engine.demo.erp import ERP, FX_RATE, GL_ENTRY, OPEN_INVOICE, TRIAL_BALANCE, plain
from recon_engine.demo.model import BankEntry, Statement
from tests.cases.accounting.documents import (
    direct,
    documents,
    is_control,
    ledger_rows,
    of_entity,
)
from tests.cases.accounting.group import (
    HOLDER,
    OTHER_BANK,
    banked_by,
    entities,
    join,
    sweep_of,
)
from tests.cases.accounting.opening import (
    opening_file,
    opening_items,
    stood,
)
from tests.cases.accounting.reports import (
    days,
    original,
    reports,
    settled_in,
)
from tests.cases.accounting.switches import turn, written
from tests.cases.accounting.tables import BOOKS, FOLDER, BankLine, Case, EntryLine

LEDGER = "main"
DAYS_TO_PAY = timedelta(days=14)
AGAIN = re.compile(r"file (?P<label>[A-Z]) again: (?P<lines>\d+) lines, same bytes")
BILL = re.compile(r"[\d.]+ for (?P<month>[A-Z][a-z]+), owner ERP")
RATE = re.compile(r"(?P<currency>[A-Z]{3}) (?P<rate>[\d.]+)(, closing)?")
MID = re.compile(
    r"mid-market (?P<currency>[A-Z]{3}) (?P<amount>[\d.]+) x (?P<rate>[\d.]+) = (?P<books>[\d.]+)"
)
BANK_LINE = re.compile(r"\bB\d+\b")
PROJECT = """\
store: state.db
lake: lake
connections:
  processor_files: {{folder: inbox/processor}}
  bank_files: {{folder: inbox/bank}}
{0}
posting:
{1}
"""


def statements(case: Case, entity: str) -> list[tuple[date, bytes]]:
    """Return an entity's statement of every date; a payout's reference is in the remittance."""
    made, balance = [], sum(stood(case, "bank_balance").values()) if entity == HOLDER else 0
    for number, day in enumerate(days(case), start=1):
        booked = [o for o in case.bank if o.day == day and banked_by(case, o) == entity]
        closing = balance + sum(line.amount for line in booked)
        entries = tuple(
            BankEntry(day, b.amount, b.currency, remittance(case, b), b.name) for b in booked
        )
        content = camt053(Statement(banked_in(case), day, number, balance, closing, entries))
        if entity != HOLDER:
            own = ACCOUNTS[banked_in(case)].number.encode()
            content = content.replace(own, OTHER_BANK.encode())
        made.append((day, content))
        balance = closing
    return made


def banked_in(case: Case) -> str:
    """Return the currency of the case's bank account."""
    (currency,) = {line.currency for line in case.bank} or {BOOKS}
    return currency


def remittance(case: Case, line: BankLine) -> str:
    """Return the text of a bank line: what is paid out or swept, or the ERP's own payment."""
    if sweep := sweep_of(case, line):
        return sweep
    if line in own_payments(case):
        return f"payment PAY-{line.name}"
    return f"transfer {payout_of(case, line)[0]}"


def own_payments(case: Case) -> list[BankLine]:
    """Return the bank lines of payments that the ERP made, as the notes of its entries say."""
    named = {n for row in ledger_rows(case) for n in BANK_LINE.findall(row.note)}
    return [line for line in case.bank if line.name in named]


def payout_of(case: Case, entry: BankLine) -> tuple[str, int]:
    """Return reference and amount of the payout that a bank line can be: the one of its amount.

    Where none has it, the last one sent: a bank on the way kept a part. What a customer sent is
    none.
    """
    if entry in direct(case):
        return "", entry.amount
    back = [original(case, line) for line in case.report if line.kind == "payout_reversal"]
    sent = [line for line in case.report if line.kind == "payout" and line.day <= entry.day]
    known = [(f"PO-{line.name}", -line.net) for line in sent if line not in back]
    known += [(item.name, item.amount) for item in opening_items(case) if item.kind == "payout"]
    paid = [payout for payout in known if payout[1] == entry.amount] or known[-1:]
    assert len(paid) == 1, f"{case.name} {entry.name}: can be {paid}"
    return paid[0]


def write_project(case: Case, folder: Path) -> None:
    """Write the rulebook, the environment and the ERP of a case; its inbox is still empty."""
    shutil.copytree(FOLDER / "mappings", folder / "mappings")
    join(case, folder / "mappings")
    named = {entity: erp_of(entity) for entity in entities(case)}
    ledgers = [f'  {name}: {{sql: "sqlite:///{name}.db"}}' for name in named.values()]
    posting = [f"  {entity}: {{folder: import/{entity}}}" for entity in named]
    text = PROJECT.format("\n".join(ledgers), "\n".join(posting))
    (folder / "recon.yaml").write_text(text)
    (folder / "opening.csv").write_text(opening_file(case))
    for name in ("processor", "bank"):
        (folder / "inbox" / name).mkdir(parents=True)
    for given in written(case):
        if given.kind != "period_closed":
            turn(given, folder / "mappings")
    with (folder / "mappings/policy.yaml").open("a") as policy:
        policy.writelines(seal_by_hand(case))
    for entity, name in named.items():
        write_erp(case, entity, folder / f"{name}.db")


def seal_by_hand(case: Case) -> list[str]:
    """Return what the policy says where the entities of a case do not seal together."""
    apart = len({given.entity for given in case.given("sealed_to")}) > 1
    return ["seal_after: decision\n"] if apart else []


def erp_of(entity: str) -> str:
    """Return the name of an entity's ERP."""
    return "erp" if entity == HOLDER else f"erp_{entity.lower()}"


def write_erp(case: Case, entity: str, path: Path) -> None:
    """Write an ERP: a night reads of it what it knew on that day, by the dates of its rows."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    ERP.create_all(engine)
    tables = (
        (GL_ENTRY, list(_ledger(case, entity))),
        (TRIAL_BALANCE, list(_balances(case, entity))),
        (OPEN_INVOICE, list(_invoices(case, entity))),
        (FX_RATE, list(_rates(case))),
    )
    with engine.begin() as connection:
        for table, rows in tables:
            if not rows:
                continue
            connection.execute(insert(table), rows)
    engine.dispose()


def _ledger(case: Case, entity: str) -> Iterator[dict[str, object]]:
    for document in of_entity(documents(case), entity):
        row = EntryLine(
            document.entry,
            document.day,
            document.entity,
            document.account,
            document.carried,
            "ERP",
            "",
            document.currency,
            document.amount,
        )
        yield _ledger_row(row, document.document_id, 1, document.reference, document.customer)
    for line_no, row in enumerate(of_entity(ledger_rows(case), entity), start=1):
        if not is_control(row):
            order = _named_by(case, row)
            yield _ledger_row(row, f"{row.origin}-{row.entry}", line_no, order)


def _named_by(case: Case, row: EntryLine) -> str:
    """Return the reference of an entry: the payment or the month's bill that its notes name."""
    notes = " ".join(other.note for other in case.entries if other.entry == row.entry)
    for bill in case.given("vendor_bill"):
        found = BILL.fullmatch(bill.value)
        assert found, f"{bill.name}: {bill.value} is not known"
        if bill.name in notes.split():
            month = datetime.strptime(found["month"], "%B").month  # noqa: DTZ007 - a name alone
            return f"FEES {bill.day.year}-{month:02}"
    return "".join(f"PAY-{name}" for name in BANK_LINE.findall(notes))


def _ledger_row(
    row: EntryLine, document_id: str, line_no: int, order: str = "", customer: str = ""
) -> dict[str, object]:
    return {
        "entity": row.entity,
        "ledger": LEDGER,
        "document_id": document_id,
        "document_line": line_no,
        "posting_date": str(row.day),
        "account": row.account,
        "currency": row.currency,
        "amount": plain(row.own, row.currency),
        "functional_currency": BOOKS,
        "functional_amount": plain(row.amount, BOOKS),
        "reference": order,
        "customer": customer,
        "origin_key": None,
    }


def _balances(case: Case, entity: str) -> Iterator[dict[str, object]]:
    booked = of_entity(ledger_rows(case), entity)
    for day in days(case):
        accounts = {("1200", settled_in(case))}
        accounts |= {(row.account, row.currency) for row in booked}
        for account, currency in sorted(accounts):
            rows = [
                row
                for row in booked
                if (row.account, row.currency) == (account, currency) and row.day <= day
            ]
            yield {
                "entity": entity,
                "ledger": LEDGER,
                "account": account,
                "currency": currency,
                "balance_date": str(day),
                "amount": plain(sum(row.own for row in rows), currency),
                "functional_currency": BOOKS,
                "functional_amount": plain(sum(row.amount for row in rows), BOOKS),
            }


def _invoices(case: Case, entity: str) -> Iterator[dict[str, object]]:
    for document in of_entity(documents(case), entity):
        amount = plain(document.amount, document.currency)
        yield {
            "entity": entity,
            "document_id": document.document_id,
            "kind": document.kind,
            "customer": document.customer,
            "document_date": str(document.day),
            "due_date": str(document.day + DAYS_TO_PAY),
            "account": document.account,
            "currency": document.currency,
            "amount": amount,
            "open_amount": amount,
            "reference": document.reference,
        }


def _rates(case: Case) -> Iterator[dict[str, object]]:
    """Yield the ledger's own rates of the case; a rate with amounts is of a line, not of a day."""
    for given in case.given("rate"):
        if found := RATE.fullmatch(given.value) or MID.fullmatch(given.value):
            yield {
                "entity": HOLDER,
                "from_currency": found["currency"],
                "to_currency": BOOKS,
                "rate_date": str(given.day),
                "rate": found["rate"],
            }


def deliver(case: Case, folder: Path, day: date) -> None:
    """Put into the inbox what arrives on a day: reports, a file once more, a statement."""
    inbox = folder / "inbox"
    by_label = {report.label: report for report in reports(case)}
    for report in reports(case):
        if report.known == day:
            (inbox / "processor" / report.file_name).write_bytes(report.content)
    for given in case.given("suppressed"):
        if given.day == day:
            found = AGAIN.fullmatch(given.value)
            assert found, f"{case.name} {given.name}: {given.value} is not known"
            again = by_label[found["label"]]
            name = again.file_name.replace(".csv", "_again.csv")
            (inbox / "processor" / name).write_bytes(again.content)
    for entity in entities(case):
        name = f"{'' if entity == HOLDER else entity.lower() + '_'}camt053_{day:%Y%m%d}.xml"
        (content,) = [made for on, made in statements(case, entity) if on == day]
        (inbox / "bank" / name).write_bytes(content)
