"""`exceptions` and `status`: what a person sees of stored nights, selected."""

from __future__ import annotations

import json
from pathlib import Path

from recon_engine.errors import ExitCode
from tests.cli.conftest import Company, Recon


def test_the_newest_date_is_shown_oldest_first(recon: Recon, company: Company) -> None:
    told = recon("exceptions", "--project", company.folder, "--json").json()

    ages = [row["age_days"] for row in told["exceptions"]]
    assert told["business_date"] == "2026-03-04"
    assert ages == sorted(ages, reverse=True)
    assert len(ages) == 3


def test_a_row_of_the_table_has_an_item_that_explain_takes(recon: Recon, company: Company) -> None:
    table = recon("exceptions", "--project", company.folder, "--reason", "amount_variance").out

    items = [line.split()[0] for line in table.splitlines() if "amount_variance" in line]
    assert len(items) == 2
    for item in items:
        assert recon("explain", item, "--project", company.folder).code == 0


def test_amounts_have_their_decimals(recon: Recon, company: Company) -> None:
    told = recon("exceptions", "--project", company.folder, "--json").json()

    for row in told["exceptions"]:
        assert row["amount"] == f"{row['amount_minor'] / 100:.2f} {row['currency']}"


def test_lines_are_one_json_object_each(recon: Recon, company: Company) -> None:
    done = recon("exceptions", "--project", company.folder, "--lines")

    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {row["reason"] for row in rows} == {"amount_variance", "suppressed_line"}


def test_selectors_narrow_what_is_shown(recon: Recon, company: Company) -> None:
    def reasons(*words: str) -> set[str]:
        told = recon("exceptions", "--project", company.folder, "--json", *words).json()
        return {row["reason"] for row in told["exceptions"]}

    assert reasons("--processor", "northpay") == {"amount_variance"}
    assert reasons("--processor", "adyen") == {"suppressed_line"}
    assert reasons("--reason", "ambiguous") == set()
    assert reasons("--date", "2026-03-02") == set()
    assert reasons("--entity", "E1") == {"amount_variance", "suppressed_line"}


def test_a_date_without_results_is_answered_with_those_that_have_some(
    recon: Recon, company: Company
) -> None:
    done = recon("exceptions", "--project", company.folder, "--date", "2026-03-09")

    assert done.code == ExitCode.USAGE
    assert "expected a published date: 2026-03-02 to 2026-03-04" in done.err


def test_an_unknown_reason_is_answered_with_the_known_ones(recon: Recon, company: Company) -> None:
    done = recon("exceptions", "--project", company.folder, "--reason", "bad_luck")

    assert done.code == ExitCode.USAGE
    assert "unmatched_ledger" in done.err


def test_a_project_that_never_ran_says_so(recon: Recon, project: Path) -> None:
    done = recon("exceptions", "--project", project)

    assert done.code == ExitCode.USAGE
    assert "no published date" in done.err


def test_status_names_runs_published_dates_and_seals(recon: Recon, company: Company) -> None:
    told = recon("status", "--project", company.folder, "--json").json()

    assert [(run["verb"], run["business_date"]) for run in told["runs"]] == [
        ("post", "2026-03-02"),
        ("backfill", "2026-03-04"),
        ("backfill", "2026-03-03"),
        ("backfill", "2026-03-02"),
    ]
    assert {run["status"] for run in told["runs"]} == {"done"}
    assert all(run["actor"].endswith("(unauthenticated)") for run in told["runs"])
    assert told["published"] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert told["sealed_to"] == {"E1": "2026-03-04"}
    assert told["waiting"] == []


def test_status_names_files_that_no_run_has_taken(recon: Recon, project: Path) -> None:
    (project / "inbox" / "northpay" / "northpay_eur_20260302.csv").write_text("x")

    told = recon("status", "--project", project, "--json").json()

    assert [(one["source"], one["files"]) for one in told["waiting"]] == [("northpay", 1)]
    assert told["runs"] == []
