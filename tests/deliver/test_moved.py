"""What moved since it was booked is told with its cause: a line that came again, a match undone."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl

from recon_engine.deliver.report import report_of
from recon_engine.render.report import Moved, Report
from recon_engine.render.workbook import workbook
from recon_engine.run import Project
from tests.cases.accounting.nights import run_case
from tests.cases.accounting.tables import case_texts, read_cases

CASES = read_cases(case_texts())


def told(name: str, folder: Path) -> dict[date, Report]:
    """Return the report of every night of a worked case."""
    found: dict[date, Report] = {}

    def read(project: Project, day: date) -> None:
        report = report_of(project, "E1", day)
        assert isinstance(report, Report)
        found[day] = report

    run_case(CASES[name], folder / name, read)
    return found


def test_a_line_that_came_again_is_told_with_its_file_and_its_journals(tmp_path: Path) -> None:
    reports = told("E15a", tmp_path)
    report = reports[date(2026, 3, 18)]

    (moved,) = report.moved

    assert moved == Moved(
        cause="restated",
        why="report_L.csv version 2",
        kind="charge",
        reference="ORD-L1",
        currency="EUR",
        was_minor=9800,
        is_minor=9760,
        was_fee_minor=200,
        is_fee_minor=240,
        journals=moved.journals,
    )
    booked = {entry.journal_id[:12] for entry in report.entries if "L1" not in entry.memo}
    assert len(moved.journals.split()) == 2
    assert set(moved.journals.split()) <= booked
    assert all(not one.moved for day, one in reports.items() if day != date(2026, 3, 18))
    page = openpyxl.load_workbook(io.BytesIO(workbook(report)))["What moved"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert ["restated", "report_L.csv version 2", "charge", "ORD-L1", "EUR"] in [
        r[:5] for r in rows
    ]
    assert [98, 97.6, -0.4, 2, 2.4] in [r[5:10] for r in rows]


def test_a_match_that_was_undone_is_told_with_who_decided_it(tmp_path: Path) -> None:
    report = told("E17d", tmp_path)[date(2026, 3, 9)]
    moved = report.moved

    assert {(one.cause, one.kind, one.was_minor, one.is_minor) for one in moved} == {
        ("undone", "ledger receivable", 10000, 0),
        ("undone", "settlement charge", 9998, 0),
    }
    assert {one.why for one in moved} == {"unmatch by controller: undo the match of P1"}
    assert all(one.journals for one in moved)
    assert any("2 items moved since booked" in one for one in report.decisions)
