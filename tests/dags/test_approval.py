"""The waiting room: who answers is on our record, and nothing else lets a journal out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recon_engine.deliver import batches
from recon_engine.run import open_project
from tests.dags.play import ASK, POST


def ledger(folder: Path) -> list[Path]:
    """Return the import files that reached the ERP's folder."""
    return sorted((folder / "erp-import").rglob("*.csv"))


def test_the_answer_of_a_second_person_is_on_our_record_and_posts_once(
    played: dict[str, Any], folder: Path
) -> None:
    with open_project(folder / "green") as before:
        (batch,) = batches(before)
    with open_project(folder / "second person") as project:
        verdict = project.state.verdict(batch.batch_id)
        receipts = project.state.receipts("E1")
        left = batches(project)

    assert played["second person"]["state"] == "success"
    assert verdict is not None
    assert (verdict.verdict, verdict.checker) == ("approve", "controller")
    assert played["second person"]["run_id"] in verdict.reason
    assert {receipt.state for receipt in receipts} == {"posted"}
    assert {receipt.posting_key for receipt in receipts} == {
        row["posting_key"] for row in batch.rows
    }
    assert left == []
    assert len(ledger(folder / "second person")) == 1


def test_a_rerun_asks_for_nothing_that_has_its_verdict(played: dict[str, Any]) -> None:
    assert played["again"]["state"] == "success"
    assert played["again"]["tasks"].get(ASK, {}) in ({}, {"-1": "skipped"})


def test_the_answer_of_the_maker_is_refused_and_nothing_is_posted(
    played: dict[str, Any], folder: Path
) -> None:
    with open_project(folder / "maker") as project:
        (batch,) = batches(project)

    assert played["maker"]["state"] == "failed"
    assert [*played["maker"]["tasks"][ASK].values()] == ["failed"]
    assert [*played["maker"]["tasks"][POST].values()] == ["upstream_failed"]
    assert batch.maker == "recon service"
    assert batch.verdict is None
    assert ledger(folder / "maker") == []


def test_a_forged_answer_and_a_task_marked_done_post_nothing(
    played: dict[str, Any], folder: Path
) -> None:
    with open_project(folder / "forger") as project:
        (batch,) = batches(project)

    assert [*played["forger"]["tasks"][ASK].values()] == ["success"], "marked, not answered"
    assert [*played["forger"]["tasks"][POST].values()] == ["success"]
    assert batch.verdict is None
    assert ledger(folder / "forger") == []
