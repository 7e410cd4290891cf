"""Closing a period: the checklist, what a close does to later nights, and the way back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from recon_engine.deliver import batches, judge, post_approved
from recon_engine.deliver.batches import outbox_rows
from recon_engine.errors import Rejected
from recon_engine.ids import sha256_hex
from recon_engine.night import run_night, take_files
from recon_engine.period_close import PeriodClose, checklist, close_period, reopen_period
from recon_engine.period_close.checklist import held_abroad, not_conserved, proofs_that_are
from recon_engine.period_close.roll import Roll, roll_hash
from recon_engine.periods import month_period
from recon_engine.replay import look_back, replay
from recon_engine.rulebook.environment import load_environment
from recon_engine.run import Project, open_project, open_record
from recon_engine.run.closing import reopen, seal
from tests.cases.accounting.nights import published
from tests.period_close.company import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    close_night,
    make_company,
    post_all,
    posting_dates,
)

JANUARY = month_period("2026-01")
FIRST = date(2026, 2, 1)
assert JANUARY is not None


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the two nights of January, sealed and posted."""
    folder = make_company(tmp_path_factory.mktemp("january") / "books")
    with open_project(folder) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)
        post_all(project)
    return folder


@pytest.fixture
def books(january: Path, tmp_path: Path) -> Path:
    """Give a copy that a test may change."""
    return Path(shutil.copytree(january, tmp_path / "books"))


def close(project: Project, entity: str = "E1", *, soft: bool = False) -> PeriodClose:
    """Close January, as carla."""
    assert JANUARY is not None
    return close_period(project, entity, JANUARY, soft=soft, actor="carla", reason="month end")


def refusing(done: PeriodClose) -> set[str]:
    """Return the lines of the checklist that refused."""
    assert done.step is None
    return {one.check for one in done.checklist.refusing}


def test_a_period_is_closed_with_its_checklist_its_roll_and_the_audit_head_on_record(
    books: Path,
) -> None:
    with open_project(books) as project:
        head = project.state.audit_head()

        done = close(project)

        (step,) = project.state.period_steps("E1")
        assert (done.outcome, done.step) == ("closed", step)
        assert (step.state, step.actor, step.effective_date) == ("closed", "carla", SATURDAY)
        assert (step.audit_count, step.audit_hash) == (head.count, head.hash)
        kept = {one["check"]: one["verdict"] for one in json.loads(step.checklist)}
        assert set(kept.values()) == {"holds", "listed"}
        assert step.roll_hash == roll_hash(done.checklist.rolls) == done.roll_hash
        assert project.state.audit(1)[0].event == "period"


def test_the_roll_forward_tells_each_account_by_template(books: Path) -> None:
    with open_project(books) as project:
        rolls = {roll.role: roll for roll in close(project).checklist.rolls}

    clearing = rolls["clearing"]
    assert clearing.movements == {"gross": 20000, "fee": -400, "payout": -19600}
    assert (clearing.opening_minor, clearing.closing_minor) == (0, 0)
    assert clearing.books_movement_minor == clearing.books_closing_minor == 0
    assert rolls["processing_fees"].closing_minor == 400
    assert all(roll.foots for roll in rolls.values())
    assert not any(roll.elsewhere_minor for roll in rolls.values())


def test_closing_twice_is_closing_once(books: Path) -> None:
    with open_project(books) as project:
        close(project)
        head = project.state.audit_head()

        assert close(project).outcome == "closed already"
        assert project.state.audit_head() == head


def test_what_is_closed_after_something_else_was_written_is_not_closed(books: Path) -> None:
    with open_project(books) as project:
        assert JANUARY is not None
        head = project.state.audit_head()
        close(project, "E2")

        with pytest.raises(Exception, match="something was written while its checklist"):
            project.state.close_period(
                "E1", "main", JANUARY, soft=False, effective_date=SATURDAY,
                checklist="[]", roll_hash="", head=head, actor="carla", reason="",
            )  # fmt: skip

        assert project.state.period_steps("E1") == []


def test_a_night_that_did_not_run_refuses(tmp_path: Path) -> None:
    with open_project(make_company(tmp_path / "books")) as project:
        assert "nights" in refusing(close(project))
        close_night(project, THURSDAY)
        post_all(project)

        done = close(project)

    assert refusing(done) == {"nights"}
    (line,) = done.checklist.refusing
    assert line.rows == ({"date": FRIDAY, "problem": "not run to the end"},)


def test_a_date_that_is_not_sealed_and_a_file_that_nobody_read_refuse(tmp_path: Path) -> None:
    folder = make_company(tmp_path / "books", "seal_after: decision\n")
    with open_project(folder) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)
        post_all(project)
        unsealed = close(project)
        seal(project, THURSDAY, ["E1"], actor="carla", reason="checked")
        late = folder / "inbox" / f"cards_{FRIDAY}-late.csv"
        late.write_text((folder / "inbox" / f"cards_{FRIDAY}.csv").read_text().replace("P0", "R0"))
        take_files(project, FRIDAY, "r", ["cards"])

        stale = close(project)

    assert refusing(unsealed) == {"nights"}
    assert [row["date"] for one in unsealed.checklist.refusing for row in one.rows] == [
        THURSDAY,
        FRIDAY,
    ]
    assert refusing(stale) == {"nights", "stale dates"}


def test_a_batch_that_is_not_in_the_ledger_refuses(tmp_path: Path) -> None:
    with open_project(make_company(tmp_path / "books")) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)

        done = close(project)

        assert refusing(done) == {"batches"}
        assert [row["date"] for one in done.checklist.refusing for row in one.rows] == [
            THURSDAY,
            FRIDAY,
        ]
        post_all(project)
        assert close(project).outcome == "closed"


def test_a_dead_letter_refuses_the_entity_it_belongs_to(tmp_path: Path) -> None:
    folder = make_company(tmp_path / "books")
    with open_project(folder) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)
        (batch, *_) = [one for one in batches(project) if one.entity == "E1"]
        rows = outbox_rows(project, batch)
        project.state.queue(rows, "r")
        project.state.move([row.key for row in rows], "dead", "r", message="no answer")
        for other in batches(project):
            judge(project, other.batch_id, "approve", checker="anna", reason="checked")
        post_approved(project, actor="night")

        done = close(project)

        assert refusing(done) == {"batches", "dead letters"}
        assert {row["problem"] for one in done.checklist.refusing for row in one.rows} == {
            "journals approved, not posted",
            "no answer",
        }
        assert close(project, "E2").outcome == "closed"


def test_a_certificate_that_is_not_conserved_is_told_by_what_is_missing() -> None:
    row = {"source": "bank", "dataset": "bank_entry", "origin": "new", "currency": "EUR"}
    certificate = [
        row | {"class": "input", "row_count": 2, "amount_minor": 500},
        row | {"class": "matched", "row_count": 1, "amount_minor": 300},
        row | {"class": "open", "row_count": 1, "amount_minor": 199},
    ]

    assert list(not_conserved(certificate)) == [row | {"rows": 0, "amount_minor": 1}]
    assert list(not_conserved([certificate[0], certificate[0] | {"class": "open"}])) == []


def test_a_proof_is_told_by_its_verdict_alone() -> None:
    row = {"proof": "bank", "account": "1000", "currency": "EUR", "amount_minor": 7}
    told = [
        row | {"component": "unexplained", "verdict": "broken"},
        row | {"component": "bank", "verdict": "broken"},
        row | {"component": "unexplained", "verdict": "unproved", "amount_minor": None},
    ]

    assert list(proofs_that_are("broken", told)) == [row]
    assert list(proofs_that_are("unproved", told)) == [row | {"amount_minor": None}]


def test_what_is_held_abroad_is_carried_anew_and_an_account_that_does_not_foot_is_told() -> None:
    row = {"role": "clearing", "account": "1200", "currency": "USD", "closing_minor": 5}
    row |= {"taken_on_minor": 0}
    rows = [
        row | {"functional_currency": "EUR"},
        row | {"functional_currency": "USD"},
        row | {"functional_currency": "EUR", "closing_minor": 0},
        row | {"functional_currency": "EUR", "closing_minor": -7, "taken_on_minor": 7},
        row | {"functional_currency": "EUR", "closing_minor": 0, "taken_on_minor": 9},
        row | {"functional_currency": "EUR", "role": "processing_fees"},
    ]

    assert [one["amount_minor"] for one in held_abroad(rows)] == [5, 9]
    roll = Roll("bank", "1000", "USD", 1, {"cash": 2}, 0, 3, 10, 20, 30)
    assert roll.foots
    assert not replace(roll, closing_minor=4).foots
    assert not replace(roll, books_opening_minor=9).foots


def test_a_late_event_posts_in_the_next_open_period_of_each_entity(books: Path) -> None:
    with open_project(books) as project:
        close(project, "E1")
        close_night(project, MONDAY, event=FRIDAY)

        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {FIRST}
        assert posting_dates(project, MONDAY, "E2", FRIDAY) == {SATURDAY}
        assert project.state.verify_audit().count
        before = published(project, MONDAY), published(project, FRIDAY)
        for day in (FRIDAY, MONDAY):
            assert run_night(project, day, actor="night").run.status == "nothing to do"
        assert (published(project, MONDAY), published(project, FRIDAY)) == before
        assert [d for one in replay(project) for d in one.differences] == []


def test_a_sealed_night_of_one_entity_stays_as_it_is_when_the_other_runs_again(
    books: Path,
) -> None:
    with open_project(books) as project:
        close_night(project, MONDAY, event=FRIDAY)
        reopen(project, MONDAY, ["E2"], actor="carla", reason="a file was late")
        post_all(project)
        before = published(project, MONDAY)
        assert close(project, "E1").outcome == "closed"

        run = run_night(project, MONDAY, actor="night").run

        assert run.status == "done"
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {SATURDAY}
        assert published(project, MONDAY) == before


def test_an_open_night_follows_a_close_and_as_of_before_it_does_not(tmp_path: Path) -> None:
    folder = make_company(tmp_path / "books", "seal_after: decision\n")
    with open_project(folder) as project:
        for day in (THURSDAY, FRIDAY):
            close_night(project, day)
        seal(project, FRIDAY, ["E1", "E2"], actor="carla", reason="checked")
        close_night(project, MONDAY, event=FRIDAY)
        waits = close(project)
        post_all(project)
        then = datetime.now(UTC)
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {SATURDAY}
        assert close(project).outcome == "closed"

        run_night(project, MONDAY, actor="night")

        assert "batches" in refusing(waits)
        assert MONDAY in {row["date"] for one in waits.checklist.refusing for row in one.rows}
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {FIRST}
        assert posting_dates(project, MONDAY, "E2", FRIDAY) == {SATURDAY}
        assert [d for one in replay(project) for d in one.differences] == []
    with open_record(load_environment(folder)) as record:
        for moment in (then, datetime.now(UTC)):
            told = look_back(record, MONDAY, record.state.position_at(moment))
            assert {one.verdict for one in told.comparisons} == {"equal"}


def test_a_closed_period_opens_by_another_controller_with_a_reason(books: Path) -> None:
    with open_project(books) as project:
        assert JANUARY is not None
        assert reopen_period(project, "E1", "2026-01", actor="ben", reason="none") is None
        close(project)
        for actor, reason in (("carla", "a bill"), (" Carla ", "a bill"), ("ben", " ")):
            with pytest.raises(Rejected, match="it stays closed"):
                reopen_period(project, "E1", "2026-01", actor=actor, reason=reason)

        step = reopen_period(project, "E1", "2026-01", actor="ben", reason="a bill came late")

        assert step is not None
        assert (step.state, step.maker, step.actor) == ("open", "carla", "ben")
        close_night(project, MONDAY, event=FRIDAY)
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {SATURDAY}
        post_all(project)
        assert close(project).outcome == "closed"


def test_only_controllers_of_the_policy_close_and_open(tmp_path: Path) -> None:
    folder = make_company(tmp_path / "books", "controllers: [dora]\n")
    with open_project(folder) as project:
        assert JANUARY is not None
        with pytest.raises(Rejected, match=r"E1 2026-01: found carla, expected one of the contro"):
            close(project)
        with pytest.raises(Rejected, match=r"E1 2026-01: found carla, expected one of the contro"):
            reopen_period(project, "E1", "2026-01", actor="carla", reason="a bill")


def test_a_date_of_a_closed_period_opens_only_after_the_period(books: Path) -> None:
    with open_project(books) as project:
        close(project)

        with pytest.raises(Rejected, match=r"2026-01-30: found period 2026-01 of E1 closed by"):
            reopen(project, FRIDAY, ["E1"], actor="ben", reason="a file was late")

        assert project.state.sealed_to("E1", date.max) == FRIDAY
        assert reopen(project, FRIDAY, ["E2"], actor="ben", reason="a file was late") == {
            "E2": [FRIDAY]
        }


def test_a_correction_posts_in_a_period_that_is_closed_softly_and_a_late_event_does_not(
    books: Path,
) -> None:
    with open_project(books) as project:
        assert close(project, soft=True).outcome == "closed"
        close_night(project, MONDAY, event=FRIDAY)
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {FIRST}

        opened = reopen(project, FRIDAY, ["E1", "E2"], actor="ben", reason="a file was late")
        late = books / "inbox" / f"cards_{FRIDAY}-late.csv"
        text = (books / "inbox" / f"cards_{FRIDAY}.csv").read_text()
        late.write_text(text.replace("P0130", "R0130").replace("Q0130", "T0130"))
        again = run_night(project, FRIDAY, actor="night")

        assert opened["E1"] == [FRIDAY, MONDAY]
        assert again.run.status == "done", again.run.findings
        assert posting_dates(project, FRIDAY, "E1", FRIDAY) == {FRIDAY}
        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {FIRST}
        assert [d for one in replay(project) for d in one.differences] == []
        post_all(project)
        assert close(project).outcome == "closed"
        with pytest.raises(Rejected, match="recon reopen 2026-01 comes first"):
            close(project, soft=True)


def test_a_night_of_a_day_that_nobody_expected_posts_after_the_closed_period(books: Path) -> None:
    with open_project(books) as project:
        close(project)

        close_night(project, SATURDAY)

        assert posting_dates(project, SATURDAY, "E1", SATURDAY) == {FIRST}
        assert posting_dates(project, SATURDAY, "E2", SATURDAY) == {SATURDAY}
        close_night(project, TUESDAY)
        assert posting_dates(project, TUESDAY, "E1", TUESDAY) == {TUESDAY}


def test_the_same_nights_give_the_same_roll_forward(books: Path) -> None:
    with open_project(books) as project:
        assert JANUARY is not None
        first, second = (checklist(project, "E1", JANUARY) for _ in range(2))

    assert roll_hash(first.rolls) == roll_hash(second.rolls) != sha256_hex(b"[]")
