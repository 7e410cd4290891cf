"""A journal reaches the ledger once: after timeouts, deaths, refusals and second calls."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from recon_engine.deliver import batches, judge, post_approved
from recon_engine.deliver.batches import KIND
from recon_engine.errors import Rejected, RulebookError, Unavailable
from recon_engine.night import run_night
from recon_engine.run import Project, night, open_project, read_table
from tests.deliver.conftest import MONDAY, Killed, Ledger


def approve(project: Project) -> int:
    """Approve the one batch that waits and return how many journals it has."""
    (batch,) = batches(project)
    return len(judge(project, batch.batch_id, "approve", checker="controller", reason="ok").rows)


def imported(folder: Path) -> list[dict[str, str]]:
    """Return every line of every import file."""
    lines: list[dict[str, str]] = []
    for path in sorted((folder / "erp-import").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            lines += csv.DictReader(stream)
    return lines


def test_what_nobody_approved_is_not_posted(project: Project, folder: Path) -> None:
    posted, runs = post_approved(project, actor="service")

    assert (posted, runs) == ([], [])
    assert not (folder / "erp-import").exists()


def test_what_was_rejected_is_not_posted(project: Project, ledger: Ledger) -> None:
    (batch,) = batches(project)
    judge(project, batch.batch_id, "reject", checker="controller", reason="wrong account")

    posted, _ = post_approved(project, actor="service")

    assert (posted, ledger.booked) == ([], {})


def test_an_approved_batch_is_in_the_import_file_line_by_line(
    project: Project, folder: Path
) -> None:
    journals = approve(project)
    target = read_table(project, "journal_line", MONDAY).to_pylist()

    ((posted,), _) = post_approved(project, actor="service")

    lines = imported(folder)
    assert (posted.posted, posted.rejected, posted.unsure) == (journals, 0, 0)
    assert Counter(line["account"] for line in lines) == Counter(r["account"] for r in target)
    assert {line["journal_id"] for line in lines} == {r["journal_id"] for r in target}
    euros = sum(r["functional_minor"] for r in target if r["functional_minor"] > 0)
    assert sum(int(line["functional_debit"].replace(".", "") or 0) for line in lines) == euros


def test_receipts_are_published_and_nothing_is_left_to_propose(project: Project) -> None:
    journals = approve(project)

    _, (run,) = post_approved(project, actor="service")

    receipts = read_table(project, "posting_receipt", MONDAY).to_pylist()
    assert [stage.stage for stage in run.stages] == ["approval", "posting", "reporting"]
    assert {row["state"] for row in receipts} == {"posted"}
    assert len(receipts) == journals
    assert batches(project) == []


def test_the_night_after_draws_on_what_posting_published(project: Project, folder: Path) -> None:
    tuesday = MONDAY + timedelta(1)
    run_night(project, tuesday, actor="recon service")
    judge(project, monday(project), "approve", checker="controller", reason="ok")
    before = night(project, tuesday)["previous"]
    with (folder / "mappings" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("retention: {file_days: 9}\n")  # other rules, so other results

    with open_project(folder) as later:
        post_approved(later, actor="service")

    told = night(project, tuesday)
    kept = json.loads((folder / "lake" / "nights" / f"{tuesday}.json").read_text())
    assert told["previous"] != before
    assert {name: kept[name] for name in told} == told


def monday(project: Project) -> str:
    """Return the batch of the first night."""
    return next(one.batch_id for one in batches(project) if one.business_date == MONDAY)


def test_posting_twice_posts_nothing_the_second_time(project: Project, folder: Path) -> None:
    approve(project)
    post_approved(project, actor="service")
    before = imported(folder)

    again = post_approved(project, actor="service")

    assert again == ([], [])
    assert imported(folder) == before


def test_who_prepared_a_batch_cannot_approve_it(project: Project) -> None:
    (batch,) = batches(project)

    with pytest.raises(Rejected, match="expected another person than recon service"):
        judge(project, batch.batch_id, "approve", checker=" Recon Service ", reason="fine")

    assert batches(project)[0].state == "awaiting approval"


def test_the_database_itself_keeps_maker_and_checker_apart(project: Project) -> None:
    row = "'b', 'E1', '2026-03-02', 'ann', 'Ann ', 'approve', 'ok', '2026-03-02'"
    columns = "batch_id, entity, business_date, maker, checker, verdict, reason, decided_at"

    with pytest.raises(IntegrityError), project.state._engine.begin() as con:
        con.execute(text(f"insert into verdict ({columns}) values ({row})"))


def test_a_sender_that_dies_after_the_ledger_booked_leaves_nothing_to_book_again(
    project: Project, ledger: Ledger
) -> None:
    journals = approve(project)
    ledger.mood = "killed"
    with pytest.raises(Killed):
        post_approved(project, actor="service")

    ((posted,), _) = post_approved(project, actor="service")

    assert posted.posted == len(ledger.booked) == journals


def test_silence_after_booking_is_asked_and_not_sent_again(
    project: Project, ledger: Ledger
) -> None:
    journals = approve(project)
    ledger.mood = "silent"
    ((first,), runs) = post_approved(project, actor="service")

    ((second,), _) = post_approved(project, actor="service")

    assert (first.posted, first.unsure, runs) == (0, journals, [])
    assert first.message == "the ledger stopped talking"
    assert second.posted == len(ledger.booked) == journals


def test_what_was_lost_on_the_way_is_sent_once_the_ledger_does_not_know_it(
    project: Project, ledger: Ledger
) -> None:
    journals = approve(project)
    ledger.mood = "lost"
    post_approved(project, actor="service")
    waiting = project.state.outbox("ambiguous", kind=KIND)

    ((posted,), _) = post_approved(project, actor="service")

    assert len(waiting) == posted.posted == len(ledger.booked) == journals
    assert ledger.asked >= 2


def test_a_refused_journal_is_proposed_again_under_another_key(
    project: Project, ledger: Ledger
) -> None:
    journals = approve(project)
    ledger.mood = "strict"

    ((posted,), _) = post_approved(project, actor="service")

    (left,) = batches(project)
    (row,) = left.rows
    receipts = read_table(project, "posting_receipt", MONDAY).to_pylist()
    (refused,) = [r for r in receipts if r["state"] == "rejected"]
    assert (posted.posted, posted.rejected) == (journals - 1, 1)
    assert (row["journal_id"], row["generation"]) == (refused["journal_id"], 1)
    assert row["posting_key"] != refused["posting_key"]
    assert left.state == "awaiting approval"


def test_a_second_sender_is_told_that_one_is_at_work(project: Project, ledger: Ledger) -> None:
    approve(project)

    with project.state.sending(), pytest.raises(Unavailable, match="another process"):
        post_approved(project, actor="service")

    assert ledger.booked == {}


def test_a_batch_that_is_on_its_way_cannot_be_rejected(project: Project, ledger: Ledger) -> None:
    approve(project)
    (batch,) = batches(project)
    ledger.mood = "lost"
    post_approved(project, actor="service")

    with pytest.raises(Rejected, match="on its way to the ledger"):
        judge(project, batch.batch_id, "reject", checker="controller", reason="too late")


def test_an_entity_without_a_door_is_said_with_the_line_to_add(folder: Path) -> None:
    settings = folder / "recon.yaml"
    settings.write_text(settings.read_text().partition("posting:")[0])

    with open_project(folder) as project:
        approve(project)
        with pytest.raises(RulebookError, match="no door for the journals of E1"):
            post_approved(project, actor="service")
