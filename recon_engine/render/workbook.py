"""The workbook of a report: five sheets that finance sorts, filters, fills in and prints.

Amounts keep the digits of their currency. A cell of a spreadsheet is a binary number of 15 digits:
a larger amount is written as text, and says so by standing left. Text from outside is never read as
a formula or a link. The same report gives the same bytes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from recon_engine.render import styles
from recon_engine.render.moved import moved
from recon_engine.render.page import Page
from recon_engine.render.report import BUCKETS, Report, shown
from recon_engine.render.styles import Styles

LARGEST_SHEET = 1_000_000
"""Rows a sheet takes; what is beyond them is counted on the sheet and stands in the store."""
TITLES = {
    "settlement_line": "Processors",
    "ledger_entry": "Ledger",
    "bank_entry": "Bank",
    "opening_item": "Opening items",
    "bank": "Bank",
    "clearing": "Processor clearing",
    "transit": "Cash in transit",
    "receivables": "Receivables",
    "disputes": "Disputes",
    "suspense": "Suspense",
    "customer_credits": "Customer credits",
    "owed_to_affiliates": "Owed to affiliates",
    "owed_by_affiliates": "Owed by affiliates",
}
EXCEPTION_HEAD = (
    ("Exception", 14), ("Reason", 22), ("Age, days", 10), ("Bucket", 9), ("Event", 11),
    ("First seen", 11), ("Reference", 20), ("Document", 18), ("Ccy", 5), ("Amount", 15),
    ("In books", 15), ("Owner", 19), ("What was found", 62), ("Resolution", 16), ("Comment", 30),
)  # fmt: skip
RESOLUTIONS = ("matched by hand", "write off", "ask processor", "ask customer", "booked in ERP")
FIRST = 6
"""Row of the first exception; above it are title, note, totals and heads."""


def workbook(report: Report) -> bytes:
    """Return the bytes of an XLSX file with the sheets that `SHEETS` names, in its order."""
    target = io.BytesIO()
    options = {**styles.TEXT_STAYS_TEXT, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties(
            {
                "title": f"Reconciliation of {report.entity}, {report.business_date}",
                "author": "recon-engine",
                "comments": f"run {report.run.run_id}",
                "created": _naive(report.run.finished_at),
            }
        )
        style = Styles(book)
        for name, fill in SHEETS.items():
            sheet = book.add_worksheet(name)
            _page(sheet, report)
            fill(Page(book, sheet, style, report))
    return target.getvalue()


def file_name(report: Report) -> str:
    """Return the name a report is saved and attached under."""
    run = report.run.run_id.rpartition("-")[2]
    return f"recon-{report.entity}-{report.business_date}-{run}.xlsx"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _page(sheet: Worksheet, report: Report) -> None:
    """Set a sheet up for printing: landscape, one page wide, run and page in the footer."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    about = f"run {report.run.run_id}, rules {report.run.rulebook_hash[:12]}"
    sheet.set_footer(f"&L&8{about}&C&8Confidential&R&8Page &P of &N")


def _summary(page: Page) -> None:
    report, sheet = page.report, page.sheet
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 8, 16)
    page.title(
        f"{report.entity}: reconciliation of {report.business_date:%A} {report.business_date}",
        f"run {report.run.run_id}, finished {styles.moment(report.run)}, "
        f"rules {report.run.rulebook_hash[:12]}, recon-engine {report.run.code_version}",
    )
    for label, value in (
        ("Status", report.status),
        (
            "Items matched",
            f"{report.matched:,} of {report.due:,} due; {report.waiting:,} wait in time",
        ),
        (
            "Exceptions",
            f"{len(report.exceptions):,}, {report.new:,} new, {report.old:,} over 30 days",
        ),
        ("Absolute, in books", shown(report.absolute)),
        ("Net, in books", shown(report.net)),
        ("Ties", f"{report.tied} of {len(report.rolls)} rolls"),
    ):
        page.text(0, label, page.style.label)
        page.text(1, value, page.style.status(report.status) if label == "Status" else None)
        page.row += 1
    page.row += 1
    _rolls(page)
    _reasons(page)
    page.section("3. What needs a decision", 9)
    for sentence in report.decisions or ("nothing",):
        page.text(0, f"- {sentence}")
        page.row += 1


def _rolls(page: Page) -> None:
    page.section("1. Does it tie? Open items from night to night", 9)
    page.head(
        "Table", "Currency", "Opening", "+ New", "+ Reopened", "- Matched", "= Closing", "Listed",
        "Check", right=range(2, 8),
    )  # fmt: skip
    for roll in page.report.rolls:
        page.text(0, TITLES.get(roll.dataset, roll.dataset))
        page.text(1, roll.currency)
        amounts = (roll.opening, roll.new, roll.reopened, roll.matched)
        for column, minor in enumerate(amounts, start=2):
            page.amount(column, minor, roll.currency)
        cells = [xl_rowcol_to_cell(page.row, column) for column in range(2, 6)]
        page.total(6, "={}+{}+{}-{}".format(*cells), roll.closing, roll.currency)
        page.amount(7, roll.listed, roll.currency)
        page.verdict(8, roll.ties, ("ties", "CHECK"))
        page.row += 1
    page.text(
        0, "Plus as the side has it; no total over currencies here on purpose.", page.style.note
    )
    page.row += 2


def _reasons(page: Page) -> None:
    report, books = page.report, page.report.currency
    page.section(f"2. Exceptions by age in days, absolute, in {books}", 9)
    page.head("Reason", *BUCKETS, f"Total {books}", "Items", "No rate", right=range(1, 9))
    first = page.row
    for reason in report.reasons:
        page.sheet.write_url(
            page.row, 0, "internal:'Exceptions'!A1", page.style.link, reason.title, reason.meaning
        )
        for column, minor in enumerate((*reason.by_bucket, reason.base_minor), start=1):
            page.amount(column, minor, books)
        page.count(7, reason.count)
        page.count(8, reason.unpriced)
        page.row += 1
    if report.reasons:
        page.text(0, "Total", page.style.label)
        sums = [sum(r.by_bucket[n] for r in report.reasons) for n in range(len(BUCKETS))]
        for column, minor in enumerate((*sums, report.absolute.minor), start=1):
            top, end = (xl_rowcol_to_cell(row, column) for row in (first, page.row - 1))
            page.total(column, f"=SUM({top}:{end})", minor, books)
        page.count(7, len(report.exceptions))
        page.row += 1
    page.row += 1


def _cash(page: Page) -> None:
    page.sheet.set_column(0, 0, 30)
    page.sheet.set_column(1, 1, 14)
    page.sheet.set_column(2, 2, 50)
    page.sheet.set_column(3, 6, 17)
    page.title(
        "Cash proof", "The bank in four columns, then each proof down to what nobody can explain."
    )
    page.section("1. Bank statements", 7)
    page.head(
        "Account", "Currency", "Check", "Opening", "Receipts", "Disbursements", "Closing",
        right=range(3, 7),
    )  # fmt: skip
    for one in page.report.statements:
        page.text(0, one.bank_account)
        page.text(1, one.currency)
        page.verdict(2, one.foots, ("foots", "CHECK"))
        for column, minor in enumerate((one.opening, one.receipts, one.disbursements), start=3):
            page.amount(column, minor, one.currency)
        cells = [xl_rowcol_to_cell(page.row, column) for column in range(3, 6)]
        page.total(6, f"={'+'.join(cells)}", one.closing, one.currency)
        page.row += 1
    page.row += 1
    page.section("2. Proofs against the ledger's own balances", 7)
    page.head("Proof", "Account", "Component", "Amount", "Currency", "Verdict", right=[3])
    page.sheet.repeat_rows(page.row - 1)
    for part in page.report.proofs:
        last = part.component == "unexplained"
        page.text(0, TITLES.get(part.proof, part.proof))
        page.text(1, part.account)
        page.text(2, part.component, page.style.label if last else None)
        page.amount(3, part.amount_minor, part.currency, bold=last)
        page.text(4, part.currency, page.style.after_number)
        if last:
            page.verdict(5, part.verdict == "proved", ("proved", part.verdict))
        page.row += 1


def _exceptions(page: Page) -> None:
    report, sheet, books = page.report, page.sheet, page.report.currency
    page.title(
        f"Open exceptions: {len(report.exceptions):,}, the most money first",
        "The totals follow the filter. The yellow cells are yours to fill in.",
    )
    rows = report.exceptions[:LARGEST_SHEET]
    last = FIRST + max(len(rows), 1) - 1
    page.row = 3
    page.text(0, "Absolute, all of them", page.style.note)
    page.amount(10, report.absolute.minor, books)
    page.row = 4
    span = f"{xl_rowcol_to_cell(FIRST, 10)}:{xl_rowcol_to_cell(last, 10)}"
    items = f"{xl_rowcol_to_cell(FIRST, 0)}:{xl_rowcol_to_cell(last, 0)}"
    page.text(0, "Net, as filtered", page.style.label)
    sheet.write_formula(4, 2, f"=SUBTOTAL(103,{items})", page.style.count, len(rows))
    page.total(10, f"=SUBTOTAL(109,{span})", report.net.minor, books)
    page.row = FIRST - 1
    page.head(*(name for name, _ in EXCEPTION_HEAD), right=(2, 9, 10))
    for column, (_, width) in enumerate(EXCEPTION_HEAD):
        sheet.set_column(column, column, width)
    for item in rows:
        page.text(0, item.item_id[:12])
        page.text(1, item.reason.replace("_", " "))
        page.count(2, item.age_days)
        page.text(3, item.bucket, page.style.after_number)
        page.day(4, item.event_date)
        page.day(5, item.first_date)
        page.text(6, item.reference)
        page.text(7, item.document)
        page.text(8, item.currency)
        page.amount(9, item.amount_minor, item.currency)
        page.amount(10, item.base_minor, books)
        page.text(11, item.owner, page.style.after_number)
        page.text(12, item.detail)
        for column in (13, 14):
            sheet.write_blank(page.row, column, None, page.style.input)
        page.row += 1
    sheet.freeze_panes(FIRST, 2)
    sheet.autofilter(FIRST - 1, 0, last, len(EXCEPTION_HEAD) - 1)
    sheet.data_validation(FIRST, 13, last, 13, {"validate": "list", "source": list(RESOLUTIONS)})
    sheet.conditional_format(FIRST, 2, last, 2, styles.AGE_BAR)
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True})
    sheet.repeat_rows(FIRST - 1)
    sheet.print_area(0, 0, last, 12)
    sheet.set_paper(8)


def _journals(page: Page) -> None:
    report = page.report
    said = "nothing is proposed"
    if report.batch is not None:
        batch = report.batch
        said = f"batch {batch.batch_id[:12]}, prepared by {batch.maker}: {batch.state}"
        said += f" by {batch.checker}" if batch.checker else ""
    for late in report.late:
        said += f"; batch {late.batch_id[:12]} of the closed {late.late_period}: {late.state}"
    page.title("Journals", f"{said}; nothing is posted until a second person approves.")
    for column, width in enumerate((14, 6, 14, 12, 10, 26, 12, 8, 20, 7, 16, 16, 60)):
        page.sheet.set_column(column, column, width)
    page.head(
        "Journal", "Line", "Template", "Posting", "Account", "Dimension", "Cost centre", "Tax",
        "Segments", "Ccy", "Debit", "Credit", "Why", right=(1, 10, 11),
    )  # fmt: skip
    page.sheet.freeze_panes(page.row, 0)
    page.sheet.repeat_rows(page.row - 1)
    for entry in report.entries[:LARGEST_SHEET]:
        page.text(0, entry.journal_id[:12])
        page.count(1, entry.line_no)
        page.text(2, entry.template, page.style.after_number)
        page.day(3, entry.posting_date)
        page.text(4, entry.account)
        page.text(5, entry.dimension or "")
        for column, code in enumerate((entry.cost_centre, entry.tax_code, entry.segments), 6):
            page.text(column, code or "")
        page.text(9, entry.currency)
        debit = entry.amount_minor >= 0
        page.amount(10 if debit else 11, abs(entry.amount_minor), entry.currency)
        page.text(12, entry.memo, page.style.after_number)
        page.row += 1


def _evidence(page: Page) -> None:
    report = page.report
    page.title("Evidence", "What the night took in, under which rules, and what each gate said.")
    for column, width in enumerate((16, 44, 66, 12, 9, 12, 9, 10)):
        page.sheet.set_column(column, column, width)
    page.section("1. Inputs", 8)
    page.head(
        "Source", "File", "SHA-256", "Bytes", "Rows", "Quarantined", "Version", "Counts",
        right=(3, 4, 5, 6),
    )  # fmt: skip
    for one in report.inputs:
        for column, text in enumerate((one.source, one.file_name, one.sha256)):
            page.text(column, text)
        for column, number in enumerate(
            (one.size_bytes, one.rows, one.quarantined, one.version), start=3
        ):
            page.count(column, number)
        page.text(7, "listed" if one.repeated else "yes", page.style.after_number)
        page.row += 1
    page.row += 1
    page.section("2. Gates", 8)
    page.head("Stage", "Verdict", "Findings", "Rules", right=[3])
    for gate in report.gates:
        page.text(0, gate.stage)
        page.text(1, gate.verdict)
        page.text(2, "; ".join(gate.findings) or "none")
        page.count(3, gate.rules)
        page.row += 1
    page.row += 1
    page.section("3. Rules and people", 8)
    batch = report.batch
    for label, value in (
        ("Rulebook", report.run.rulebook_hash),
        ("Engine", report.run.code_version),
        ("Run", report.run.run_id),
        ("Run by", report.run.actor),
        ("Audit log", report.run.audit_head),
        ("Batch", batch.batch_id if batch else "none"),
        ("Prepared by", batch.maker if batch else ""),
        ("Decided by", (batch.checker or batch.state) if batch else ""),
    ):
        page.text(0, label, page.style.label)
        page.text(1, value)
        page.row += 1


SHEETS = {
    "Summary": _summary,
    "Cash proof": _cash,
    "Exceptions": _exceptions,
    "Journals": _journals,
    "What moved": moved,
    "Evidence": _evidence,
}
