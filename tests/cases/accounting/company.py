"""The company of a case as the world shows it: report files, statements, an ERP, a rulebook.

Nothing here knows an answer: the entries made by REC and the balances are not read.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool

from recon_engine.demo.camt import camt053
from recon_engine.demo.erp import ERP, GL_ENTRY, OPEN_INVOICE, TRIAL_BALANCE, plain
from recon_engine.demo.model import BankEntry, Statement
from recon_engine.ids import sha256_hex
from tests.cases.accounting.tables import FOLDER, LINE, BankLine, Case, EntryLine, ReportLine

HEADER = ("Line", "Date", "Type", "Gross", "Fee", "Net", "Ccy", "Reference", "Payout", "Report")
ENTITY, LEDGER, CURRENCY = "E1", "main", "EUR"
RECEIVABLES, REFUNDS_PAYABLE = "1100", "2500"
DAYS_TO_PAY = timedelta(days=14)
FILE = re.compile(r"file (?P<label>[A-Z]): (?P<lines>P\d+(?:, P\d+)*)")
AGAIN = re.compile(r"file (?P<label>[A-Z]) again: (?P<lines>\d+) lines, same bytes")
PROJECT = """\
store: state.db
lake: lake
connections:
  processor_files: {folder: inbox/processor}
  bank_files: {folder: inbox/bank}
  erp: {sql: "sqlite:///erp.db"}
"""


@dataclass(frozen=True)
class Report:
    """One file of the processor: lines between an opening and a closing balance."""

    label: str
    known: date
    lines: tuple[ReportLine, ...]
    opening: int
    content: bytes

    @property
    def file_name(self) -> str:
        return f"report_{self.label}.csv"

    @property
    def file_id(self) -> str:
        return sha256_hex(self.content)


@dataclass(frozen=True)
class Document:
    """An invoice or a credit note behind a row of a control account; plus is what is owed to us."""

    document_id: str
    kind: str
    customer: str
    day: date
    account: str
    amount: int
    reference: str
    entry: str


def days(case: Case) -> list[date]:
    """Return the dates on which something becomes known or is asked for, in order."""
    given = [g.day for g in case.givens]
    asked = [b.day for b in case.balances]
    booked = [*(e.day for e in case.entries), *(line.day for line in case.bank)]
    reported = [known(case, line) for line in case.report]
    return sorted({*given, *asked, *booked, *reported})


def known(case: Case, line: ReportLine) -> date:
    """Return the day on which a line was delivered: its own, where no given says another."""
    for given in case.given("known_at"):
        if line.name in LINE.findall(given.value):
            return given.day
    return line.day


def has_line_ids(case: Case) -> bool:
    """Return whether the report prints ids."""
    return not any("no line ids" in given.value for given in case.given("policy"))


def reference(case: Case, line: ReportLine) -> str:
    """Return the order a line is about; equal lines without an id are about one order."""
    if has_line_ids(case):
        return f"ORD-{line.name}"
    return f"ORD-{min(o.name for o in case.report if _content(o) == _content(line))}"


def _content(line: ReportLine) -> tuple[object, ...]:
    return line.day, line.kind, line.gross, line.fee, line.net, line.currency


def reports(case: Case) -> list[Report]:
    """Return the files of the processor in the order in which they come, one or more a date."""
    labels: dict[str, str] = {}
    for given in (*case.given("policy"), *case.given("known_at")):
        for found in FILE.finditer(given.value):
            labels |= dict.fromkeys(found["lines"].split(", "), found["label"])
    grouped: defaultdict[tuple[date, str], list[ReportLine]] = defaultdict(list)
    for day in days(case):
        lines = [line for line in case.report if known(case, line) == day]
        for line in lines:
            grouped[day, labels.get(line.name, str(day))].append(line)
        if not lines:
            grouped[day, str(day)] = []
    made: list[Report] = []
    balance = 0
    for (day, label), lines in sorted(grouped.items()):
        content = _report(case, label, day, lines, balance)
        made.append(Report(label, day, tuple(lines), balance, content))
        balance += sum(line.net for line in lines)
    return made


def _report(case: Case, label: str, day: date, lines: Sequence[ReportLine], opening: int) -> bytes:
    """Return one file; the balances carry the last day of its lines."""
    last = max((line.day for line in lines), default=day)
    closing = opening + sum(line.net for line in lines)
    rows = []
    if not any(line.kind == "opening" for line in lines):
        rows.append(_row(ReportLine("", last, "opening", opening, 0, opening, CURRENCY), label))
    for line in lines:
        shown = line if has_line_ids(case) else ReportLine("", *_content(line))  # type: ignore[arg-type]
        rows.append(_row(shown, label, reference(case, line), line))
    rows.append(_row(ReportLine("", last, "closing", closing, 0, closing, CURRENCY), label))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    return text.getvalue().encode()


def _row(
    line: ReportLine, label: str, order: str = "", named: ReportLine | None = None
) -> tuple[str, ...]:
    amounts = (plain(minor, line.currency) for minor in (line.gross, line.fee, line.net))
    paid = f"transfer PO-{named.name}" if named and line.kind == "payout" else ""
    order = order if line.kind in ("charge", "refund") else ""
    return (line.name, str(line.day), line.kind, *amounts, line.currency, order, paid, label)


def row_names(case: Case) -> dict[tuple[str, int], str]:
    """Return the name of every line by the file and row it stands in."""
    return {
        (report.file_id, row_no): line.name
        for report in reports(case)
        for row_no, line in enumerate(
            report.lines, start=2 + (not any(o.kind == "opening" for o in report.lines))
        )
    }


def statements(case: Case) -> list[tuple[date, bytes]]:
    """Return the bank's statement of every date; a payout's reference is in the remittance."""
    made, balance = [], 0
    for number, day in enumerate(days(case), start=1):
        booked = [line for line in case.bank if line.day == day]
        closing = balance + sum(line.amount for line in booked)
        entries = tuple(
            BankEntry(day, b.amount, b.currency, f"transfer {_payout(case, b)}", b.name)
            for b in booked
        )
        content = camt053(Statement(CURRENCY, day, number, balance, closing, entries))
        made.append((day, content))
        balance = closing
    return made


def _payout(case: Case, entry: BankLine) -> str:
    """Return the reference of the one payout that a bank line can be."""
    sent = [line for line in case.report if line.kind == "payout" and line.day <= entry.day]
    (paid,) = [line for line in sent if line.net == -entry.amount]
    return f"PO-{paid.name}"


def documents(case: Case) -> list[Document]:
    """Return one document for every charge and refund; together they are the control rows.

    A control row that speaks of several documents is one sum of the charges in their order.
    """
    charges = [line for line in case.report if line.kind in ("charge", "refund")]
    made: list[Document] = []
    for row in (row for row in ledger_rows(case) if _is_control(row)):
        missing = row.amount
        while missing:
            kind = "charge" if row.account == RECEIVABLES else "refund"
            named = {document.document_id for document in made}
            waiting = [c for c in charges if c.kind == kind and _document_id(case, c) not in named]
            assert waiting, f"{case.name} {row.entry}: {missing} more than the lines of its kind"
            line = waiting[0]
            missing -= line.gross
            assert missing * row.amount >= 0, f"{case.name} {row.entry}: less than {line.name}"
            made.append(_document(case, row, line))
    assert len(made) == len(charges), f"{case.name}: a line has no document"
    return made


def _is_control(row: EntryLine) -> bool:
    return row.account in (RECEIVABLES, REFUNDS_PAYABLE)


def _document_id(case: Case, line: ReportLine) -> str:
    invoices = [g.value.split()[0] for g in case.given("invoice")]
    charges = [other.name for other in case.report if other.kind == "charge"]
    if line.name in charges[: len(invoices)]:
        return invoices[charges.index(line.name)]
    return f"{'INV' if line.kind == 'charge' else 'CN'}-{line.name}"


def _document(case: Case, row: EntryLine, line: ReportLine) -> Document:
    document_id = _document_id(case, line)
    customer = f"C-{reference(case, line)}"
    for given in case.given("invoice"):
        if given.value.split()[0] == document_id:
            _, _, customer, currency, amount = given.value.split()
            assert (amount, currency) == (plain(line.gross, currency), line.currency), given
    return Document(
        document_id=document_id,
        kind="invoice" if line.kind == "charge" else "credit_note",
        customer=customer,
        day=row.day,
        account=row.account,
        amount=line.gross,
        reference=reference(case, line),
        entry=row.entry,
    )


def ledger_rows(case: Case) -> list[EntryLine]:
    """Return what stands in the ledger without us."""
    return [row for row in case.entries if row.origin in ("ERP", "OPN")]


def write_project(case: Case, folder: Path) -> None:
    """Write the rulebook, the environment and the ERP of a case; its inbox is still empty."""
    shutil.copytree(FOLDER / "mappings", folder / "mappings")
    (folder / "recon.yaml").write_text(PROJECT)
    for name in ("processor", "bank"):
        (folder / "inbox" / name).mkdir(parents=True)
    path = folder / "mappings" / "sources" / "processor.yaml"
    text = path.read_text()
    for given in case.given("policy"):
        for key, pattern in (("feed", r"feed (\w+)"), ("payout_lag_days", r"payout lag (\d+)")):
            if found := re.search(pattern, given.value):
                text, count = re.subn(rf"(?m)^{key}: \w+$", f"{key}: {found[1]}", text)
                assert count == 1, f"{path}: {key} stands {count} times"
    path.write_text(text)
    write_erp(case, folder / "erp.db")


def write_erp(case: Case, path: Path) -> None:
    """Write the ERP: a night reads of it what it knew on that day, by the dates of its rows."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    ERP.create_all(engine)
    tables = (
        (GL_ENTRY, list(_ledger(case))),
        (TRIAL_BALANCE, list(_balances(case))),
        (OPEN_INVOICE, list(_invoices(case))),
    )
    with engine.begin() as connection:
        for table, rows in tables:
            connection.execute(insert(table), rows)
    engine.dispose()


def _ledger(case: Case) -> Iterator[dict[str, object]]:
    for document in documents(case):
        row = EntryLine(
            document.entry, document.day, ENTITY, document.account, document.amount, "ERP", ""
        )
        yield _ledger_row(row, document.document_id, 1, document.reference, document.customer)
    for line_no, row in enumerate(ledger_rows(case), start=1):
        if not _is_control(row):
            yield _ledger_row(row, f"{row.origin}-{row.entry}", line_no)


def _ledger_row(
    row: EntryLine, document_id: str, line_no: int, order: str = "", customer: str = ""
) -> dict[str, object]:
    amount = plain(row.amount, CURRENCY)
    return {
        "entity": row.entity,
        "ledger": LEDGER,
        "document_id": document_id,
        "document_line": line_no,
        "posting_date": str(row.day),
        "account": row.account,
        "currency": CURRENCY,
        "amount": amount,
        "functional_currency": CURRENCY,
        "functional_amount": amount,
        "reference": order,
        "customer": customer,
        "origin_key": None,
    }


def _balances(case: Case) -> Iterator[dict[str, object]]:
    for day in days(case):
        standing: defaultdict[str, int] = defaultdict(int)
        for row in ledger_rows(case):
            if row.day <= day:
                standing[row.account] += row.amount
        for account, minor in sorted(standing.items()):
            amount = plain(minor, CURRENCY)
            yield {
                "entity": ENTITY,
                "ledger": LEDGER,
                "account": account,
                "currency": CURRENCY,
                "balance_date": str(day),
                "amount": amount,
                "functional_currency": CURRENCY,
                "functional_amount": amount,
            }


def _invoices(case: Case) -> Iterator[dict[str, object]]:
    for document in documents(case):
        amount = plain(document.amount, CURRENCY)
        yield {
            "entity": ENTITY,
            "document_id": document.document_id,
            "kind": document.kind,
            "customer": document.customer,
            "document_date": str(document.day),
            "due_date": str(document.day + DAYS_TO_PAY),
            "account": document.account,
            "currency": CURRENCY,
            "amount": amount,
            "open_amount": amount,
            "reference": document.reference,
        }


def deliver(case: Case, folder: Path, day: date) -> None:
    """Put into the inbox what arrives on a day: reports, a file once more, a statement."""
    inbox = folder / "inbox"
    by_label = {report.label: report for report in reports(case)}
    for report in by_label.values():
        if report.known == day:
            (inbox / "processor" / report.file_name).write_bytes(report.content)
    for given in case.given("suppressed"):
        if given.day == day:
            found = AGAIN.fullmatch(given.value)
            assert found, f"{case.name} {given.name}: {given.value} is not known"
            again = by_label[found["label"]]
            name = again.file_name.replace(".csv", "_again.csv")
            (inbox / "processor" / name).write_bytes(again.content)
    for on, content in statements(case):
        if on == day:
            (inbox / "bank" / f"camt053_{on:%Y%m%d}.xml").write_bytes(content)
