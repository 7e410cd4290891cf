"""Take-on: proposed when all sides agree, approved by another, in force once, posting nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recon_engine.errors import Rejected, Unavailable
from recon_engine.night import run_night
from recon_engine.run import open_project, read_table
from recon_engine.run.take_ons import take_ons
from recon_engine.take_on import enact, find_take_on, judge, propose
from tests.take_on.conftest import EVE, FIRST, WORD, Books


def refusal(books: Books, **changes: object) -> str:
    """Return why a take-on of the file is refused; nothing is recorded of it."""
    with open_project(books.folder) as project:
        before = take_ons(project.state)
        with pytest.raises(Rejected) as refused:
            propose(project, books.opening, "E1", EVE, maker="ana", **changes)  # type: ignore[arg-type]
        assert take_ons(project.state) == before
    return str(refused.value)


def test_a_cent_off_is_refused_with_every_account_that_differs(books: Books) -> None:
    books.rewrite("1200,EUR,120.00", "1200,EUR,120.01")
    books.rewrite("1100,EUR,75.00", "1100,EUR,74.00")

    told = refusal(books)

    assert told.splitlines() == [
        "1200/EUR clearing: found items 210.01 EUR, ledger 210.00 EUR, processor 210.00 EUR, "
        "expected all equal",
        "1100/EUR receivable: found items 74.00 EUR, ledger 75.00 EUR, subledger 75.00 EUR, "
        "expected all equal",
        "take-on of E1, 2026-03-31: nothing was taken on",
    ]


def test_a_dry_run_tells_all_and_writes_nothing(books: Books) -> None:
    with open_project(books.folder) as project:
        before = books.files()

        found = propose(project, books.opening, "E1", EVE, maker="ana", dry_run=True)

        assert books.files() == before
        assert take_ons(project.state) == []
    assert {p.name: (p.items_minor, p.other_minor, p.verdict) for p in found.positions} == {
        "1200/EUR": (21000, 21000, "equal"),
        "1010/EUR": (48000, None, "equal"),
        "1100/EUR": (7500, 7500, "equal"),
        "1000/EUR": (500000, 500000, "equal"),
    }


def test_an_account_without_its_other_side_is_refused_unless_it_is_accepted_by_name(
    books: Books,
) -> None:
    books.rewrite(WORD, "")

    told = refusal(books, accepted=["1010/EUR"])
    with open_project(books.folder) as project:
        found = propose(
            project, books.opening, "E1", EVE, maker="ana", accepted=["1200/EUR"], dry_run=True
        )

    assert told.splitlines()[:2] == [
        "1200/EUR clearing: found items 210.00 EUR, ledger 210.00 EUR, processor nothing, "
        "expected all equal; --accept-unproved 1200/EUR accepts it so",
        "--accept-unproved 1010/EUR: found an account that is proved or unknown, expected one of: "
        "1200/EUR",
    ]
    assert found.take_on.terms == "accepted unproved: 1200/EUR"


def test_a_row_that_does_not_fit_is_refused_with_its_line(books: Books) -> None:
    books.rewrite("1010,EUR,480.00", "1011,EUR,480.00")

    told = refusal(books)

    assert told.splitlines() == [
        "opening.csv line 2, field account: found '1011', expected 1010 (cash_in_transit) for a "
        "payout in EUR",
        "nothing was taken on",
    ]


def test_a_card_number_keeps_the_file_out(books: Books) -> None:
    books.rewrite("C-INV-7", "4111 1111 1111 1111")

    told = refusal(books)

    assert "opening.csv line 5" in told
    assert "a card number" in told
    assert "4111 1111" not in told


def test_nothing_is_in_force_before_a_second_person_approves(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        (one,) = take_ons(project.state)

        assert (one.state, one.maker) == ("awaiting approval", "ana")
        assert project.state.sealed_to("E1", FIRST) is None
        assert read_table(project, "open_item", EVE).num_rows == 0


def test_the_same_file_again_has_nothing_to_do(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        before = take_ons(project.state)

        found = propose(project, proposed.opening, "E1", EVE, maker="eva")

        assert found.known
        assert take_ons(project.state) == before == [found.take_on]


def test_the_maker_cannot_approve(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        (one,) = take_ons(project.state)

        with pytest.raises(Rejected, match="expected another person than ana, who prepared it"):
            judge(project, one, "approve", checker=" ANA", reason="mine")

        assert take_ons(project.state) == [one]


def test_only_the_newest_proposal_can_be_approved(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        (older,) = take_ons(project.state)
        project.state.decide(
            kind="take-on",
            entity="E1",
            reconciliation="",
            effective_date=EVE,
            subject_id="f" * 64,
            actor="eva",
            reason="every account proved",
            decided_at=datetime(2026, 4, 1, tzinfo=UTC),
        )

        with pytest.raises(Rejected, match="proposed after it, expected the newest"):
            judge(project, older, "approve", checker="ben", reason="checked")


def test_no_night_runs_between_approval_and_force_and_it_goes_on(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        (one,) = take_ons(project.state)
        project.state.judge(
            batch_id=one.take_on_id,
            entity="E1",
            business_date=EVE,
            maker="ana",
            checker="ben",
            verdict="approve",
            reason="killed before the night",
            decided_at=datetime(2026, 4, 1, tzinfo=UTC),
        )

        for day in (EVE, FIRST):
            with pytest.raises(Unavailable, match="approved and not in force"):
                run_night(project, day, actor="ben")
        (one,) = take_ons(project.state)
        assert judge(project, one, "approve", checker="ben", reason="goes on") == one
        run = enact(project, one, actor="ben").run

        assert run.status == "done", run.findings


def test_it_posts_nothing_and_the_certificate_has_it_as_opening(in_force: Books) -> None:
    with open_project(in_force.folder) as project:
        certificate = read_table(project, "conservation_certificate", EVE).to_pylist()
        posts = [
            read_table(project, table, EVE).num_rows
            for table in ("allocation", "journal_line", "settlement_application", "batch")
        ]
        open_items = read_table(project, "open_item", EVE).to_pylist()

    assert posts == [0, 0, 0, 0]
    assert {
        (row["source"], row["class"]): row["amount_minor"]
        for row in certificate
        if row["dataset"] == "opening_item"
    } == {
        ("bank", "input"): 500000,
        ("bank", "taken_on"): 500000,
        ("ledger", "input"): 7500,
        ("ledger", "open"): 7500,
        ("processor", "input"): 21000 - 48000,
        ("processor", "taken_on"): 21000,
        ("processor", "open"): -48000,
    }
    assert {(r["side"], str(r["event_date"]), str(r["first_date"])) for r in open_items} == {
        ("payout", "2026-03-30", "2026-03-31"),
        ("ledger", "2026-02-12", "2026-03-31"),
    }


def test_a_take_on_in_force_cannot_be_changed(in_force: Books) -> None:
    with open_project(in_force.folder) as project:
        (one,) = take_ons(project.state)
        enacted = enact(project, one, actor="ben").run
        with pytest.raises(Rejected, match="an entity is taken on once"):
            judge(project, one, "reject", checker="eva", reason="too late")

    in_force.rewrite("CH-81", "CH-80")

    assert enacted.status == "nothing to do"
    assert "approved, expected the same file, date and terms" in refusal(in_force)


def test_a_company_whose_nights_ran_cannot_be_taken_on(in_force: Books) -> None:
    with open_project(in_force.folder) as project:
        (one,) = take_ons(project.state)
        project.state.judge(  # as if nobody had approved: what is left is that nights ran
            batch_id=one.take_on_id,
            entity="E1",
            business_date=EVE,
            maker="ana",
            checker="eva",
            verdict="reject",
            reason="a test",
            decided_at=datetime(2026, 4, 2, tzinfo=UTC),
        )

    in_force.rewrite("CH-81", "CH-80")

    assert "found the night of 2026-03-31 published, expected none" in refusal(in_force)


def test_a_date_that_another_entity_has_closed_is_refused(books: Books) -> None:
    accounts = books.folder / "mappings" / "accounts"
    chart = (accounts / "E1.yaml").read_text()
    (accounts / "E2.yaml").write_text(chart.replace("entity: E1", "entity: E2"))
    with open_project(books.folder) as project:
        project.state.seal("E2", EVE, "a run")

    assert "expected a date after 2026-03-31, to which E2 is closed" in refusal(books)


def test_the_first_statement_must_open_where_the_one_taken_on_closed(first_day: Books) -> None:
    (statement,) = (first_day.folder / "inbox" / "bank").glob("*20260401.xml")
    text = statement.read_text()
    statement.write_text(text.replace("5000.00", "5000.01").replace("5480.00", "5480.01"))

    with open_project(first_day.folder) as project:
        run = run_night(project, FIRST, actor="ben").run

    assert run.status == "stopped"
    assert any(
        "found an opening of 5000.01 EUR, expected 5000.00 EUR, where the statement before it"
        in finding
        for finding in run.findings
    )


def test_a_capture_that_comes_again_is_told_and_counts_once(first_day: Books) -> None:
    (report,) = (first_day.folder / "inbox" / "processor").glob("*2026-04-01.csv")
    header, opening, payout, closing = report.read_text().splitlines()
    again = "CH-81,2026-03-31,charge,120.00,0.00,120.00,EUR,ORD-81,,2026-04-01,EUR,"
    opening = opening.replace("210.00", "90.00")
    report.write_text("\n".join((header, opening, again, payout, closing, "")))

    with open_project(first_day.folder) as project:
        run = run_night(project, FIRST, actor="ben").run
        lines = read_table(project, "line_identity", FIRST, "processor").to_pylist()
        told = read_table(project, "exception_item", FIRST, "processor").to_pylist()
        journals = read_table(project, "journal_line", FIRST).to_pylist()

    assert run.status == "done", run.findings
    assert sorted(row["disposition"] for row in lines) == ["counted", "duplicate"]
    assert [row["reason"] for row in told if row["scope"] == "processor"].count(
        "suppressed_line"
    ) == 1
    assert sorted(row["amount_minor"] for row in journals) == [-48000, -21000, 21000, 48000]


def test_a_take_on_is_found_by_the_first_digits_of_its_id(proposed: Books) -> None:
    with open_project(proposed.folder) as project:
        (one,) = take_ons(project.state)

        assert find_take_on(project, one.take_on_id[:6]) == one
        assert find_take_on(project, "") is None


def test_postgresql_keeps_a_take_on_as_sqlite_does(books: Books, postgresql: object) -> None:
    environment = books.folder / "recon.yaml"
    address = postgresql()  # type: ignore[operator]
    environment.write_text(environment.read_text().replace("store: state.db", f"store: {address}"))

    with open_project(books.folder) as project:
        one = propose(project, books.opening, "E1", EVE, maker="ana").take_on
        with pytest.raises(Rejected, match="another person than ana"):
            judge(project, one, "reject", checker="Ana", reason="no")
        one = judge(project, one, "approve", checker="ben", reason="checked")
        run = enact(project, one, actor="ben").run

        assert run.status == "done", run.findings
        assert project.state.sealed_to("E1", FIRST + timedelta(days=1)) == EVE
        assert project.state.runs()[0].verb == "take-on"


def test_a_rehearsal_leaves_nothing_behind(proposed_once: Path) -> None:
    with open_project(proposed_once) as project:
        assert project.state.runs() == []
        assert [path.name for path in project.lake.landing.iterdir()] == [
            take_ons(project.state)[0].file_id
        ]
        assert list(project.lake.manifests.iterdir()) == []
