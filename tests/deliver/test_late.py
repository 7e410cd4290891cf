"""What is late of a closed period, and material, waits for a person of its own (E16)."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli import main
from recon_engine.deliver import batches, judge, post_approved
from recon_engine.deliver.report import report_of
from recon_engine.errors import ExitCode
from recon_engine.render.report import Report
from recon_engine.run import Project, open_project
from tests.cases.accounting.nights import run_case
from tests.cases.accounting.tables import case_texts, read_cases

CASE = read_cases(case_texts())["E16"]
LATE = date(2026, 4, 6)
"""The day on which a refund of March comes, when March is closed."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the company of E16 after its nights, with a limit of one cent."""
    folder = tmp_path_factory.mktemp("late") / "books"

    def limit(project: Project, _: date) -> None:
        chart = project.folder / "mappings/accounts/E1.yaml"
        text = chart.read_text()
        if "late_material_minor" not in text:
            chart.write_text(f"{text}late_material_minor: 1\n")

    outcome = run_case(CASE, folder, limit)
    assert {night.status for night in outcome.nights.values()} == {"done"}
    assert [night.verified for night in outcome.nights.values() if night.verified] == []
    return folder


def test_a_late_batch_is_no_batch_of_its_night_and_says_what_it_asks(books: Path) -> None:
    with open_project(books) as project:
        told = report_of(project, "E1", LATE)

    assert isinstance(told, Report)
    assert told.batch is None
    assert [one.late_period for one in told.late] == ["2026-03"]
    assert any("is late of the closed 2026-03: post it now, or" in line for line in told.decisions)


def test_the_list_of_batches_names_the_closed_period(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["approve", "--project", str(books)])

    assert code == ExitCode.DONE
    (line,) = (one for one in capsys.readouterr().out.splitlines() if str(LATE) in one)
    assert line.split()[-3:] == ["2026-03", "awaiting", "approval"]


def test_what_is_late_is_posted_when_a_person_said_so(books: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(books, tmp_path / "books"))
    with open_project(folder) as project:
        (late,) = (one for one in batches(project) if one.late_period)
        before, _ = post_approved(project, actor="ben")
        judge(project, late.batch_id, "approve", checker="ben", reason="April may bear it")
        (posted,), _ = post_approved(project, actor="ben")

    assert before == []
    assert (posted.business_date, posted.posted) == (LATE, 1)
