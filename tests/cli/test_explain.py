"""`explain`: any id leads to the same story, and the story is what is stored."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import ExitCode
from tests.cli.conftest import Company, Recon

REPORT = "settlement_detail_report_batch_101.csv"


@pytest.fixture(scope="module")
def sale(company: Company) -> dict[str, str]:
    """Give the first row of a settlement report, as printed: a sale that matched."""
    with (company.folder / "inbox" / "adyen" / REPORT).open(newline="") as report:
        return next(csv.DictReader(report))


def story(recon: Recon, company: Company, *words: object) -> list[dict[str, Any]]:
    """Return what `explain` tells of an id."""
    done = recon("explain", *words, "--project", company.folder, "--json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json()["found"]
    return found


def settlement(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the one settlement line among the things found."""
    (line,) = [one for one in found if one["table"] == "settlement_line"]
    return line


def test_a_matched_sale_is_told_from_its_file_to_its_batch(
    recon: Recon, company: Company, sale: dict[str, str]
) -> None:
    line = settlement(story(recon, company, sale["Merchant Reference"]))

    assert line["read_from"][0]["file_name"] == REPORT
    assert line["line"]["reference"] == sale["Merchant Reference"]
    (match,) = line["matches"]
    assert match["pass_name"] == "reference"
    assert match["evidence"][0]["key_value"] == sale["Merchant Reference"]
    assert [leg["side"] for leg in match["partners"]] == ["ledger"]
    assert {part["kind"] for part in line["allocations"]} >= {"gross", "fee"}
    gross = next(one for one in line["journals"] if one["template"] == "gross")
    assert sum(row["amount_minor"] for row in gross["lines"]) == 0
    assert [one["state"] for one in gross["receipts"]] == ["posted"]
    assert line["open"] == []


def test_every_id_of_a_line_leads_to_it(
    recon: Recon, company: Company, sale: dict[str, str]
) -> None:
    line = settlement(story(recon, company, sale["Merchant Reference"]))
    place = line["read_from"][0]
    ids = [
        line["id"],
        line["id"][:8],
        line["matches"][0]["match_id"],
        *(row["external_id"] for row in line["references"]),
        f"{REPORT}:{place['row_no']}",
        f"{place['file_id']}:{place['row_no']}",
        f"{place['file_id'][:12]}:{place['row_no']}",
    ]

    for one in ids:
        assert line["id"] in [found["id"] for found in story(recon, company, one)], one


def test_a_payout_leads_from_the_processor_to_the_bank(recon: Recon, company: Company) -> None:
    with (company.folder / "inbox" / "northpay" / "northpay_eur_20260302.csv").open() as report:
        rows = list(csv.DictReader(report, delimiter=";"))
    reference = next(row["Bankreferenz"] for row in rows if row["Bankreferenz"])

    found = story(recon, company, reference)

    assert {one["table"] for one in found} == {"settlement_line", "bank_entry"}
    payout = settlement(found)
    assert [leg["side"] for leg in payout["matches"][0]["partners"]] == ["bank"]


def test_an_open_item_is_told_with_its_reason_and_due_date(recon: Recon, company: Company) -> None:
    told = recon("exceptions", "--project", company.folder, "--json").json()["exceptions"]
    item = next(row["item_id"] for row in told if row["reason"] == "amount_variance")

    (one,) = story(recon, company, item)

    (still_open,) = one["open"]
    assert still_open["due_date"] > still_open["first_date"]
    assert [row["reason"] for row in one["exceptions"]] == ["amount_variance"]
    assert one["matches"] == []


def test_the_tree_shows_what_the_object_holds(
    recon: Recon, company: Company, sale: dict[str, str]
) -> None:
    tree = recon("explain", sale["Merchant Reference"], "--project", company.folder).out

    assert f"read from {REPORT} row" in tree
    assert "matched in adyen_eu on 2026-03-02 by reference" in tree
    assert "posted as E1-2026-03-02-" in tree


def test_a_date_shows_it_as_it_stood_then(recon: Recon, company: Company) -> None:
    told = recon("exceptions", "--project", company.folder, "--json").json()["exceptions"]
    item = next(row for row in told if row["reason"] == "amount_variance" and row["age_days"])

    (then,) = story(recon, company, item["item_id"], "--date", "2026-03-03")

    assert then["exceptions"] == []
    assert then["open"][0]["business_date"] == "2026-03-03"


@pytest.mark.parametrize("wanted", ["ORD-A999999", "deadbeef", f"{REPORT}:9999", "no.csv:1"])
def test_an_unknown_id_is_one_line(recon: Recon, company: Company, wanted: str) -> None:
    done = recon("explain", wanted, "--project", company.folder)

    assert done.code == ExitCode.USAGE
    assert done.out == ""
    assert done.err.startswith(f"{wanted}: found nothing in 3 published dates")


def test_nothing_is_written_by_looking(recon: Recon, company: Company) -> None:
    def files(folder: Path) -> set[Path]:
        return {path for path in folder.rglob("*") if not path.name.startswith("state.db")}

    before = files(company.folder)

    recon("explain", "ORD-A100001", "--project", company.folder)
    recon("exceptions", "--project", company.folder)
    recon("status", "--project", company.folder)

    assert files(company.folder) == before
