"""What is sent in vain too often is dead, visible, and goes again only when a person says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon_engine.cli import main
from recon_engine.deliver import batches, judge, post_approved, redeliver
from recon_engine.deliver.batches import KIND, journal_of
from recon_engine.errors import ExitCode, Rejected, Unavailable
from recon_engine.run import Project, open_project
from tests.deliver.conftest import MONDAY, Ledger

TRIES = 2


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """Give the company with few tries and an approved batch."""
    with (folder / "recon.yaml").open("a") as file:
        file.write(f"delivery:\n  tries: {TRIES}\n")
    with open_project(folder) as opened:
        (batch,) = batches(opened)
        judge(opened, batch.batch_id, "approve", checker="controller", reason="ok")
        yield opened


def exhaust(project: Project, ledger: Ledger) -> int:
    """Lose the batch as often as it may be sent, then let it die; return how many died."""
    for _ in range(TRIES):
        ledger.mood = "lost"
        post_approved(project, actor="service")
    ((told,), _) = post_approved(project, actor="service")
    assert (told.posted, told.unsure) == (0, 0)
    return told.dead


def again(project: Project, start: str = "", *, dry_run: bool = False) -> list[str]:
    """Redeliver, and return what became of each letter."""
    told = redeliver(project, start, actor="ann", reason="it is back", dry_run=dry_run)
    return [one.outcome for one in told]


def test_what_the_ledger_lost_too_often_is_dead_and_not_sent_again(
    project: Project, ledger: Ledger
) -> None:
    journals = len(batches(project)[0].rows)

    assert exhaust(project, ledger) == journals

    dead = project.state.letters("dead")
    assert len(dead) == journals
    assert {(one.kind, one.tries, one.message) for one in dead} == {
        (KIND, TRIES, "the ledger does not answer")
    }
    assert post_approved(project, actor="service") == ([], [])
    assert ledger.booked == {}


def test_a_silent_ledger_is_read_back_however_often_it_was_tried(
    project: Project, ledger: Ledger
) -> None:
    journals = len(batches(project)[0].rows)
    for mood in ("lost", "silent"):
        ledger.mood = mood
        post_approved(project, actor="service")

    ((told,), _) = post_approved(project, actor="service")

    assert (told.posted, told.dead) == (journals, 0)


def test_a_ledger_that_settles_slowly_is_not_sent_to_again_before(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    settings = folder / "recon.yaml"
    settings.write_text(f"{settings.read_text()}  settle_seconds: 3600\n")
    with open_project(folder) as patient:
        for _ in range(TRIES + 2):
            ledger.mood = "lost"
            ((told,), _) = post_approved(patient, actor="service")

        (tries,) = {one.tries for one in patient.state.letters("ambiguous")}

    assert (told.posted, told.dead, tries) == (0, 0, 1)
    assert told.unsure == len(batches(project)[0].rows)
    ((told,), _) = post_approved(project, actor="service")
    assert told.posted == len(ledger.booked)


def test_a_ledger_that_refuses_the_whole_call_does_not_stop_the_others(
    project: Project, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_journals: object) -> None:
        raise Rejected("the ledger does not know this book")

    monkeypatch.setattr(ledger, "post", refuse)

    ((told,), _) = post_approved(project, actor="service")

    assert (told.posted, told.message) == (0, "the ledger does not know this book")
    assert len(project.state.letters("ambiguous")) == told.unsure


def test_a_redelivered_batch_is_posted_once(project: Project, ledger: Ledger) -> None:
    journals = exhaust(project, ledger)

    assert again(project, dry_run=True) == ["waiting"] * journals
    assert len(project.state.letters("dead")) == journals
    assert again(project) == ["waiting"] * journals
    assert again(project) == []
    ((told,), _) = post_approved(project, actor="service")

    assert told.posted == len(ledger.booked) == journals


def test_one_letter_by_its_first_digits_and_twice_is_once(project: Project, ledger: Ledger) -> None:
    exhaust(project, ledger)
    key = project.state.letters("dead")[0].key

    assert again(project, key[:16]) == ["waiting"]
    head = project.state.audit_head()
    assert again(project, key[:16]) == ["unchanged"]

    assert project.state.audit_head() == head
    with pytest.raises(Rejected, match="found no letter"):
        again(project, "no such key")


def test_a_dead_letter_that_did_arrive_is_recorded_and_not_sent(
    project: Project, ledger: Ledger
) -> None:
    journals = exhaust(project, ledger)
    late = {row.key: row for row in project.state.letters("dead")}
    ledger.booked = {key: journal_of(row.payload) for key, row in late.items()}

    assert again(project) == ["arrived"] * journals
    posted, (run,) = post_approved(project, actor="service")

    assert (posted, run.business_date) == ([], MONDAY)
    assert len(project.state.receipts("E1")) == journals
    assert batches(project) == []


def test_a_dead_letter_whose_approval_was_taken_back_stays_dead(
    project: Project, ledger: Ledger
) -> None:
    journals = exhaust(project, ledger)
    (batch,) = batches(project)
    project.state.judge(
        batch_id=batch.batch_id,
        entity=batch.entity,
        business_date=batch.business_date,
        maker=batch.maker,
        checker="controller",
        verdict="reject",
        reason="no",
        decided_at=project.state.audit(1)[0].at,
    )

    assert again(project) == ["superseded"] * journals
    assert len(project.state.letters("dead")) == journals


def test_a_ledger_that_cannot_be_asked_leaves_the_dead_as_they_are(
    project: Project, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = exhaust(project, ledger)

    def away(_keys: object) -> None:
        raise Unavailable("the ledger is away")

    monkeypatch.setattr(ledger, "find", away)

    assert again(project) == ["unsure"] * journals
    assert len(project.state.letters("dead")) == journals


def test_redelivery_is_refused_while_somebody_sends(project: Project, ledger: Ledger) -> None:
    exhaust(project, ledger)

    with project.state.sending(), pytest.raises(Unavailable, match="another process"):
        again(project)


def test_two_that_redeliver_at_once_do_it_once(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    journals = exhaust(project, ledger)
    outcomes: list[str] = []

    def go() -> None:
        with open_project(folder) as mine:
            try:
                outcomes.extend(again(mine))
            except Unavailable:
                outcomes.append("busy")

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("waiting") == journals
    assert sum(row.event == "redeliver" for row in project.state.audit(1000)) == 1


def test_dead_letters_are_seen_in_status_list_and_report(
    folder: Path, project: Project, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    journals = exhaust(project, ledger)
    (run,) = {one.run_id for one in project.state.letters("dead")}
    where = ["--project", str(folder)]

    assert main(["status", *where]) == ExitCode.DONE
    status = capsys.readouterr().out
    assert main(["dead-letters", *where]) == ExitCode.DONE
    listed = capsys.readouterr().out
    assert main(["report", *where]) == ExitCode.DONE
    page = next((folder / "reports").glob("*.html")).read_text()
    capsys.readouterr()
    assert main(["redeliver", "--all", *where]) == ExitCode.USAGE
    assert "found nothing, expected why" in capsys.readouterr().err
    assert main(["redeliver", "--all", "--reason", "it is back", *where]) == ExitCode.DONE

    assert f"dead:      {journals} journals of" in status
    assert f"{TRIES} tries, run {run}; the ledger does not answer" in status
    assert listed.count("the ledger does not answer") == journals
    assert f"{journals} dead letters" in page
    assert "recon post sends it" in capsys.readouterr().out
