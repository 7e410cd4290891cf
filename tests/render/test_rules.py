"""The workbook of a rulebook as a spreadsheet shows it, and as LibreOffice gives it back."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import openpyxl
import pytest

from recon_engine.render.rules import rules_workbook
from recon_engine.rulebook.accounts import Role
from recon_engine.rulebook.rulebook import load
from recon_engine.rulebook.sheets.proposal import propose
from recon_engine.rulebook.sheets.subjects import SHEETS

RULES = load(Path(__file__).resolve().parents[2] / "mappings")
OFFICE = shutil.which("soffice")


def test_every_sheet_is_a_plain_table_with_a_note_on_every_head() -> None:
    book = openpyxl.load_workbook(io.BytesIO(rules_workbook(RULES, "shop")))

    assert book.sheetnames == [*(sheet.name for sheet in SHEETS), "About", "Lists"]
    assert book["Lists"].sheet_state == "hidden"
    for sheet in SHEETS:
        page = book[sheet.name]
        assert [head.value for head in page[1]] == [column.name for column in sheet.all_columns]
        assert all(head.comment and len(head.comment.text) > 10 for head in page[1])
        assert page.freeze_panes == page.cell(2, len(sheet.keys) + 1).coordinate
        assert page.auto_filter.ref.startswith("A1:")
        assert sum(row[0] is not None for row in page.values) == len(sheet.rows(RULES)) + 1


def test_every_cell_is_text_in_columns_of_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(rules_workbook(RULES, "shop")))

    cells = [cell for sheet in SHEETS for row in book[sheet.name].iter_rows(2) for cell in row]
    assert {type(cell.value) for cell in cells if cell.value is not None} == {str}
    assert {cell.number_format for cell in cells} == {"@"}
    assert book["Fees"].column_dimensions["H"].width > 5


def test_a_closed_list_is_chosen_from() -> None:
    book = openpyxl.load_workbook(io.BytesIO(rules_workbook(RULES, "shop")))

    rules = {
        str(one.sqref): one.formula1 for one in book["Accounts"].data_validations.dataValidation
    }
    assert rules["A2:A2001"] == "Chart!$A$2:$A$2000"
    name, span = rules["B2:B2001"].split("!")
    roles = [row[0].value for row in book[name][span.replace("$", "")]]
    assert roles == list(get_args(Role))


def test_the_last_sheet_says_where_it_comes_from_and_how_it_comes_back() -> None:
    page = openpyxl.load_workbook(io.BytesIO(rules_workbook(RULES, "shop")))["About"]

    said = {row[0].value: row[1].value for row in page.iter_rows()}
    assert (said["project"], said["rulebook"]) == ("shop", RULES.hash)
    assert any("recon rulebook import" in text for text in said.values())


def test_the_same_rulebook_gives_the_same_bytes() -> None:
    assert rules_workbook(RULES, "shop") == rules_workbook(RULES, "shop")


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_a_spreadsheet_that_saves_it_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules.xlsx").write_bytes(rules_workbook(RULES, "shop"))
    command = [
        str(OFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
        "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), str(tmp_path / "rules.xlsx"),
    ]  # fmt: skip

    subprocess.run(command, check=True, capture_output=True, timeout=240)
    saved = (tmp_path / "saved" / "rules.xlsx").read_bytes()

    assert saved != (tmp_path / "rules.xlsx").read_bytes()
    assert propose(saved, "rules.xlsx", RULES).sentences == ()
