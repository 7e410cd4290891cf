"""A folder of import files: whole or absent, found again, and no formula in it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from recon_engine.errors import Unavailable
from recon_engine.posters.file_drop import FileDrop
from recon_engine.posters.poster import Answer, Journal, Line
from recon_engine.rulebook.environment import FolderConnection

DEBIT = Line("1200", "KWD", 1_234, "EUR", 371, "shop", "fee")
CREDIT = Line("6100", "KWD", -1_234, "EUR", -371, "shop", "=HYPERLINK(1)")
DAY = date(2026, 3, 2)
JOURNAL = Journal("k1", "E1", "main", DAY, DAY, "j1", "new", 0, (DEBIT, CREDIT))


@pytest.fixture
def door(tmp_path: Path) -> FileDrop:
    return FileDrop(FolderConnection(tmp_path / "import"))


def rows(tmp_path: Path) -> list[dict[str, str]]:
    (path,) = (tmp_path / "import").glob("*.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_amounts_stand_on_their_side_with_the_digits_of_their_currency(
    door: FileDrop, tmp_path: Path
) -> None:
    door.post([JOURNAL])

    debit, credit = rows(tmp_path)
    assert (debit["debit"], debit["credit"], debit["functional_debit"]) == ("1.234", "", "3.71")
    assert (credit["debit"], credit["credit"], credit["functional_credit"]) == ("", "1.234", "3.71")


def test_a_line_carries_what_the_chart_codes(door: FileDrop, tmp_path: Path) -> None:
    coded = replace(CREDIT, cost_centre="CC-7", tax_code="V1", segments="region=EU; unit=20")
    door.post([replace(JOURNAL, lines=(DEBIT, coded))])

    told = [(row["cost_centre"], row["tax_code"], row["segments"]) for row in rows(tmp_path)]
    assert told == [("", "", ""), ("CC-7", "V1", "region=EU; unit=20")]


def test_a_text_that_a_spreadsheet_would_run_is_only_a_text(door: FileDrop, tmp_path: Path) -> None:
    door.post([JOURNAL])

    assert rows(tmp_path)[1]["memo"] == "'=HYPERLINK(1)"


def test_a_key_is_found_where_the_import_has_moved_its_file(door: FileDrop, tmp_path: Path) -> None:
    told = door.post([JOURNAL])
    (path,) = (tmp_path / "import").glob("*.csv")
    (tmp_path / "import" / "done").mkdir()
    path.rename(tmp_path / "import" / "done" / path.name)

    assert door.find(["k1", "k2"]) == told == {"k1": Answer(path.name)}


def test_an_empty_ledger_knows_no_key(door: FileDrop) -> None:
    assert door.find(["k1"]) == {}


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(door: FileDrop, tmp_path: Path) -> None:
    door.post([JOURNAL, replace(JOURNAL, posting_key="k2", journal_id="j2")])
    (path,) = (tmp_path / "import").glob("*.csv")
    path.write_bytes(b"posting_key\n\xff\xfe\n")

    with pytest.raises(Unavailable, match="cannot be read"):
        door.find(["k1"])
