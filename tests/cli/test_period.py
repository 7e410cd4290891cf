"""`close`, `reopen PERIOD`, and what `status` says of periods."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from recon_engine.run import open_project
from tests.cli.conftest import Recon
from tests.period_close.company import FRIDAY, THURSDAY, close_night, make_company, post_all


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the nights of January, green and not posted."""
    folder = make_company(tmp_path_factory.mktemp("company") / "books")
    with open_project(folder) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)
    return folder


@pytest.fixture
def books(nights: Path, tmp_path: Path) -> Path:
    """Give a copy that a test may change."""
    return Path(shutil.copytree(nights, tmp_path / "books"))


def test_a_close_that_is_refused_says_every_line_and_ends_with_six(
    recon: Recon, books: Path
) -> None:
    told = recon("close", "2026-01", "--entity", "E1", "--project", books)
    answer = recon("close", "2026-01", "--entity", "E1", "--project", books, "--json")

    assert (told.code, answer.code) == (ExitCode.REFUSED, ExitCode.REFUSED)
    assert told.out.strip().endswith("E1: period 2026-01 refused")
    assert re.search(rf"NO +batches +{THURSDAY} \w+ 4 journals awaiting approval", told.out)
    found = answer.json()
    assert found["outcome"] == "refused"
    assert [one["check"] for one in found["checklist"] if one["verdict"] == "refuses"] == [
        "batches"
    ]
    assert found["step"] is None


def test_a_dry_run_prints_the_roll_forward_and_records_nothing(recon: Recon, books: Path) -> None:
    with open_project(books) as project:
        post_all(project)

    told = recon("close", "2026-01", "--entity", "E1", "--dry-run", "--project", books)

    assert told.code == ExitCode.DONE
    assert re.search(r"1200 +clearing +0\.00 EUR +fee +-4\.00 EUR", told.out)
    assert re.search(r"payout +-196\.00 EUR +0\.00 EUR", told.out)
    assert told.out.strip().endswith("E1: period 2026-01 would be closed")
    assert recon("status", "--project", books, "--json").json()["periods"] == []


def test_a_close_is_shown_by_status_and_its_closer_does_not_open_it(
    recon: Recon, books: Path
) -> None:
    with open_project(books) as project:
        post_all(project)
    words = ("--entity", "E1", "--project", books)

    closed = recon("close", "2026-01", "--soft", "--reason", "month end", *words)
    whole = recon("close", "2026-01", *words, "--json").json()
    refused = recon("reopen", "2026-01", "--reason", "a bill came late", *words)
    silent = recon("reopen", "2026-01", *words)
    open_already = recon(
        "reopen", "2026-02", "--reason", "none", "--entity", "E2", "--project", books
    )

    assert closed.out.strip().endswith("E1: period 2026-01 closed softly")
    assert (whole["outcome"], whole["step"]["state"]) == ("closed", "closed")
    assert whole["step"]["roll_hash"] == whole["roll_hash"]
    assert refused.code == ExitCode.REFUSED
    assert "expected another person than" in refused.err
    assert silent.code == ExitCode.USAGE
    assert (open_already.code, open_already.out.strip()) == (0, "E2: nothing to do")
    (told,) = recon("status", "--project", books, "--json").json()["periods"]
    assert (told["entity"], told["period"], told["state"]) == ("E1", "2026-01", "closed")
    assert "period:    E1 2026-01 closed by " in recon("status", "--project", books).out


def test_a_period_that_nobody_knows_and_an_entity_that_is_not_named_are_wrong_commands(
    recon: Recon, books: Path
) -> None:
    unknown = recon("close", "2026-13", "--entity", "E1", "--project", books)
    unnamed = recon("close", "2026-01", "--project", books)

    assert (unknown.code, unnamed.code) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "PERIOD: found '2026-13', expected" in unknown.err
    assert "--entity: found 'nothing', expected one of: E1, E2" in unnamed.err


def test_what_the_chart_closes_is_left_to_the_chart(recon: Recon, books: Path) -> None:
    chart = books / "mappings" / "accounts" / "E1.yaml"
    chart.write_text(chart.read_text() + 'closed_periods: ["2026-01"]\n')

    told = recon("close", "2026-01", "--entity", "E1", "--project", books)

    assert told.code == ExitCode.REFUSED
    assert "expected a period that no chart closes" in told.err
    assert "period:    E1 2026-01 closed, by the chart" in recon("status", "--project", books).out
