"""The workbook says what the report says, and nothing in it runs."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from recon_engine.render.report import Report
from recon_engine.render.workbook import TITLES, file_name, workbook
from recon_engine.tables.control import PROOFS
from tests.render.small_report import DAY, FORMULA, HUGE, LOOSE, REPORT, RUN, item

Cells = list[tuple[Any, ...]]


def sheet(report: Report, name: str, *, formulas: bool = False) -> Cells:
    """Return the cells of a sheet as they are shown, or with their formulas."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(report)), data_only=not formulas)
    return list(book[name].iter_rows(values_only=True))


def found(cells: Cells, label: str) -> tuple[Any, ...]:
    """Return the row that begins with a label."""
    (row,) = [row for row in cells if row[0] == label]
    return row


def test_the_same_report_gives_the_same_bytes() -> None:
    later = replace(REPORT, run=replace(RUN, finished_at=datetime(2026, 3, 15, tzinfo=UTC)))

    assert workbook(REPORT) == workbook(REPORT)
    assert workbook(REPORT) != workbook(later)
    assert file_name(REPORT) == "recon-E1-2026-03-13-abc123.xlsx"


def test_foreign_text_is_never_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(REPORT))) as parts:
        sheets = {n: parts.read(n).decode() for n in parts.namelist() if "worksheets/sheet" in n}
        links = [n for n in parts.namelist() if b'"External"' in parts.read(n)]
    formulas = [f for text in sheets.values() for f in re.findall(r"<f>(.*?)</f>", text)]

    assert FORMULA in [row[6] for row in sheet(REPORT, "Exceptions", formulas=True)]
    assert all(re.match(r"(SUM|SUBTOTAL)\(|[A-Z]+\d", formula) for formula in formulas)
    assert links == []


def test_totals_are_formulas_that_carry_their_value() -> None:
    shown, formulas = sheet(REPORT, "Summary"), sheet(REPORT, "Summary", formulas=True)
    at = shown.index(found(shown, "Ledger"))

    assert formulas[at][6] == f"=C{at + 1}+D{at + 1}+E{at + 1}-F{at + 1}"
    assert shown[at][6] == pytest.approx(-3744.37)
    assert found(shown, "Total")[7] == len(REPORT.exceptions)


def test_amounts_have_the_digits_of_their_currency_and_a_red_minus() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(REPORT)))
    formats = {
        row[8].value: row[9].number_format for row in book["Exceptions"].iter_rows(min_row=7)
    }

    assert formats["KWD"] == "#,##0.000;[Red]-#,##0.000;#,##0.000"
    assert formats["JPY"] == "#,##0;[Red]-#,##0;#,##0"


def test_an_amount_beyond_fifteen_digits_is_written_as_text() -> None:
    row = next(row for row in sheet(REPORT, "Exceptions") if row[6] == FORMULA)

    assert row[9] == f"{HUGE // 100}.{HUGE % 100} EUR"


def test_net_and_absolute_are_both_shown_and_named() -> None:
    report = replace(
        REPORT,
        reasons=(replace(REPORT.reasons[0], count=2, by_bucket=(150, 0, 0, 0, 0)),),
        exceptions=(item(1, "EUR", 100, 100), item(2, "EUR", -50, -50)),
    )
    cells = sheet(report, "Exceptions")

    assert found(cells, "Absolute, all of them")[10] == pytest.approx(1.5)
    assert found(cells, "Net, as filtered")[10] == pytest.approx(0.5)
    assert found(sheet(report, "Summary"), "Absolute, in books")[1] == "1.50 EUR"
    assert found(sheet(report, "Summary"), "Net, in books")[1] == "0.50 EUR"


def test_an_age_of_no_days_is_a_plain_nought() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(REPORT)))
    cell = book["Exceptions"].cell(row=7, column=3)

    assert (cell.value, cell.number_format) == (0, "#,##0")


def test_only_the_cells_to_fill_in_are_unlocked() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(REPORT)))
    page = book["Exceptions"]
    free = {c.column_letter for row in page.iter_rows() for c in row if not c.protection.locked}

    assert page.protection.sheet
    assert free == {"N", "O"}
    assert page.freeze_panes == "C7"
    assert page.auto_filter.ref == f"A6:O{6 + len(REPORT.exceptions)}"
    assert page.print_area == f"'Exceptions'!$A$1:$M${6 + len(REPORT.exceptions)}"


def test_ties_are_counted_and_a_loose_roll_is_named() -> None:
    assert found(sheet(REPORT, "Summary"), "Ties")[1] == "2 of 2 rolls"
    assert found(sheet(REPORT, "Summary"), "Ledger")[8] == "ties"
    assert found(sheet(LOOSE, "Summary"), "Ties")[1] == "0 of 1 rolls"
    assert found(sheet(LOOSE, "Summary"), "Bank")[8] == "CHECK"
    assert found(sheet(LOOSE, "Summary"), "Status")[1] == "DOES NOT TIE"


def test_a_report_without_exceptions_is_a_workbook_too() -> None:
    cells = sheet(replace(REPORT, reasons=(), exceptions=(), batch=None), "Exceptions")

    assert cells[0][0] == "Open exceptions: 0, the most money first"


def test_journals_show_debit_and_credit_and_what_they_wait_for() -> None:
    cells = sheet(REPORT, "Journals")

    assert "awaiting approval" in cells[1][0]
    lines = [row for row in cells if row[0] == "j1"]
    assert [(row[10], row[11]) for row in lines] == [(1, None), (None, 1)]
    assert [row[6:9] for row in lines] == [("HQ", "V0", "unit=20"), ("", "", "")]
    assert cells[4][3].date() == DAY


def test_every_proof_has_a_title_for_people() -> None:
    assert set(PROOFS) <= TITLES.keys()
