"""Two entities share a merchant account: the report of each has its own items and no other's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from recon_engine.deliver.report import report_of
from recon_engine.night import run_night
from recon_engine.render.report import Report
from recon_engine.run import open_project
from tests.cases.accounting.company import deliver, write_project
from tests.cases.accounting.tables import case_texts, read_cases

MONDAY = date(2026, 3, 2)


def test_an_item_is_told_to_the_entity_that_it_is_of(tmp_path: Path) -> None:
    case = read_cases(case_texts())["E13"]
    write_project(case, tmp_path / "group")

    with open_project(tmp_path / "group") as project:
        deliver(case, tmp_path / "group", MONDAY)
        run_night(project, MONDAY, actor="tester")
        holder, seller = (report_of(project, name, MONDAY) for name in ("E1", "E2"))

    assert isinstance(holder, Report)
    assert isinstance(seller, Report)
    assert {(roll.dataset, roll.matched) for roll in holder.rolls} == {("settlement_line", 50000)}
    assert {(roll.dataset, roll.matched) for roll in seller.rolls} == {("ledger_entry", 50000)}
    assert {entry.account for entry in holder.entries} == {"1200", "2300"}
    assert {entry.account for entry in seller.entries} == {"1100", "1300", "6100"}
