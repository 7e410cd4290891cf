"""`seal`, `reopen`, and what `status` says of dates that may change still."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.world import Truth, make_world
from recon_engine.errors import ExitCode
from recon_engine.run import open_project
from tests.cli.conftest import Recon

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


@pytest.fixture
def books(tmp_path: Path, recon: Recon) -> Path:
    """Give a small company that seals by decision, after two nights."""
    folder = tmp_path / "books"
    make_world(folder, Truth(40, days=2), memory_limit="500MB", threads=2)
    with (folder / "mappings" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("seal_after: decision\ncontrollers: []\n")
    for day in (MONDAY, TUESDAY):
        assert recon("run", "--date", day, "--project", folder).code == 0
    return folder


def test_dates_are_sealed_up_to_one_and_opened_again_by_somebody_else(
    recon: Recon, books: Path
) -> None:
    sealed = recon("seal", MONDAY, "--reason", "month end", "--project", books, "--json").json()
    again = recon("seal", MONDAY, "--reason", "month end", "--project", books)
    refused = recon("reopen", MONDAY, "--reason", "late file", "--project", books)

    assert sealed["dates"] == {"E1": [MONDAY]}
    assert (again.code, again.out.strip()) == (0, "E1: nothing to do")
    assert refused.code == ExitCode.REFUSED
    assert "expected another person than the one who ran and sealed it" in refused.err
    assert told(recon, books)["sealed_to"] == {"E1": MONDAY}


def test_nothing_is_closed_or_opened_without_a_reason(recon: Recon, books: Path) -> None:
    for verb in ("seal", "reopen"):
        done = recon(verb, MONDAY, "--project", books)
        assert done.code == ExitCode.USAGE
        assert "--reason" in done.err


def test_an_open_date_is_stale_by_new_rules_until_it_ran_by_them(recon: Recon, books: Path) -> None:
    rules = books / "mappings" / "matching" / "by_order.yaml"
    assert told(recon, books)["other_rules"] == []

    rules.write_text(rules.read_text().replace("name: order,", "name: order_reference,"))
    stale = told(recon, books)
    recon("run", "--date", MONDAY, "--project", books)

    assert stale["other_rules"] == [MONDAY, TUESDAY]
    assert told(recon, books)["other_rules"] == []
    with open_project(books) as project:
        last = {one.business_date.isoformat(): one.run_id for one in project.state.closings("E1")}
        runs = {one.run_id: one.rulebook_hash for one in project.state.runs()}
        assert {runs[run_id] for run_id in last.values()} == {project.rulebook.hash}


def told(recon: Recon, books: Path) -> dict[str, object]:
    """Return what `status` says."""
    return recon("status", "--project", books, "--json").json()
