"""`decide`: what a person says of an item is on record once, and the next night acts on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.world import Truth, make_world
from recon_engine.cli.stored import Stored
from recon_engine.errors import ExitCode
from recon_engine.run import open_project
from tests.cli.conftest import Recon

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


@pytest.fixture
def books(tmp_path: Path, recon: Recon) -> Path:
    """Give a small company after its first night, which sealed its date."""
    folder = tmp_path / "books"
    make_world(folder, Truth(40, days=2), memory_limit="500MB", threads=2)
    assert recon("run", "--date", MONDAY, "--project", folder).code == 0
    return folder


def rows(books: Path, table: str, column: str, value: str) -> list[dict[str, Any]]:
    """Return the stored rows of a table with a value."""
    with open_project(books) as project:
        return list(Stored(project).rows(table, column, (value,)))


def on_record(books: Path) -> list[tuple[str, str, str]]:
    """Return kind, actor and reason of every decision, and find the audit log sound."""
    with open_project(books) as project:
        project.state.verify_audit()
        found = [row for kind in ("unapply", "unmatch") for row in project.state.decided(kind)]
        return [(row.kind, row.actor, row.reason) for row in found]


def matched(books: Path) -> tuple[str, str]:
    """Return reconciliation and id of a sale that was matched."""
    sale = min(
        (r for r in rows(books, "match_leg", "side", "settlement") if r["generation"] == 1),
        key=lambda row: str(row["item_id"]),
    )
    return sale["reconciliation"], sale["item_id"]


def test_a_decision_is_on_record_once_and_the_next_night_acts_on_it(
    recon: Recon, books: Path
) -> None:
    where, item = matched(books)
    words = ("decide", "unapply", item, "--reconciliation", where, "--reason", "wrong customer")
    place = ("--project", books, "--json")

    tried = recon(*words, "--dry-run", *place).json()
    assert (tried["outcome"], on_record(books)) == ("would be decided", [])
    made = recon(*words, *place).json()
    again = recon(*words, *place).json()
    assert recon("run", "--date", TUESDAY, "--project", books).code == 0
    after = recon(*words, *place).json()

    assert (made["outcome"], made["effective_date"]) == ("decided", TUESDAY)
    for one in (again, after):
        assert one["outcome"] == "on record already"
        assert one["decision_seq"] == made["decision_seq"]
    assert on_record(books) == [("unapply", made["actor"], "wrong customer")]
    undone = [r for r in rows(books, "match_leg", "item_id", item) if r["generation"] == -1]
    assert [r["pass_name"] for r in undone] == [f"decision {made['decision_seq']}"]
    assert rows(books, "exception_item", "reason", "decision_void") == []


def test_a_decision_that_meets_nothing_is_an_exception_of_its_night(
    recon: Recon, books: Path
) -> None:
    where, _ = matched(books)
    told = ("--reconciliation", where, "--reason", "typed wrongly", "--project", books)
    made = recon("decide", "unapply", "S404", *told, "--json").json()

    recon("run", "--date", TUESDAY, "--project", books)

    (found,) = rows(books, "exception_item", "reason", "decision_void")
    assert (found["item_id"], found["scope"], str(found["first_date"])) == ("S404", where, TUESDAY)
    said = f"decision {made['decision_seq']} of {made['actor']}, unapply, met nothing"
    assert found["detail"].startswith(said)
    assert "S404" in recon("exceptions", "--project", books, "--json").out


def test_a_sealed_date_is_refused_with_the_first_one_that_counts(recon: Recon, books: Path) -> None:
    where, item = matched(books)
    words = ("decide", "unapply", item, "--reconciliation", where, "--reason", "late")

    done = recon(*words, "--date", MONDAY, "--project", books)

    assert done.code == ExitCode.REFUSED
    assert f"E1 is sealed to {MONDAY}; expected {TUESDAY} or later" in done.err
    assert on_record(books) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("forgive", "S1"), "KIND: found 'forgive', expected one of: apply, unapply"),
        (("apply", "S1"), "--document: found nothing, expected one for apply"),
        (("unapply", "S1", "--document", "INV-1"), "expected none for unapply"),
        (("unapply", "S 1"), "ITEM: found 'S 1', expected one id"),
    ],
)
def test_what_was_typed_wrongly_decides_nothing(
    recon: Recon, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    told = ("--reconciliation", "cards", "--reason", "why", "--project", tmp_path)

    done = recon("decide", *words, *told)

    assert done.code == ExitCode.USAGE
    assert said in done.err


def test_what_the_chart_has_no_room_for_is_refused(recon: Recon, books: Path) -> None:
    where, item = matched(books)
    told = ("--reconciliation", where, "--reason", "why", "--project", books)

    done = recon("decide", "dispute_lost", item, *told)

    assert done.code == ExitCode.REFUSED
    assert "has no template loss, expected one; nothing was decided" in done.err
