"""What the chart codes is on the line, in the file that the ledger imports, and in the id (E01)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from recon_engine.deliver import batches, judge, post_approved
from recon_engine.run import Project
from tests.cases.accounting.nights import Outcome, run_case
from tests.cases.accounting.tables import case_texts, read_cases

CASE = read_cases(case_texts())["E01"]
CODING = """
coding:
  bank: {cost_centre: HQ, tax_code: V0, segments: {unit: "20", region: EU}}
"""


def run(folder: Path, coding: str) -> Outcome:
    """Return the nights of E01, its chart coded after the first, and post what they propose."""

    def told(project: Project, day: date) -> None:
        chart = project.folder / "mappings/accounts/E1.yaml"
        if coding and coding not in (text := chart.read_text()):
            chart.write_text(text + coding)
        for one in batches(project):
            if one.state == "awaiting approval":
                judge(project, one.batch_id, "approve", checker="ben", reason="checked")
        post_approved(project, actor="ben")

    return run_case(CASE, folder, told)


def imported(folder: Path) -> list[dict[str, str]]:
    """Return every line that the ledger was given."""
    found = []
    for path in sorted((folder / "import/E1").iterdir()):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


def test_a_coded_line_says_so_to_the_ledger_and_is_another_journal(tmp_path: Path) -> None:
    plain, coded = run(tmp_path / "plain", ""), run(tmp_path / "coded", CODING)

    assert [night.verified for night in coded.nights.values() if night.verified] == []
    lines = imported(tmp_path / "coded")
    told = {(row["account"], row["cost_centre"], row["tax_code"], row["segments"]) for row in lines}
    assert ("1000", "HQ", "V0", "region=EU; unit=20") in told
    assert {row[1:] for row in told if row[0] != "1000"} == {("", "", "")}
    uncoded = {row["journal_id"] for row in imported(tmp_path / "plain")}
    apart = {row["journal_id"] for row in lines} - uncoded
    assert {row["journal_id"] for row in lines if row["account"] == "1000"} == apart
    assert len(plain.rows("journal_line")) == len(coded.rows("journal_line"))
