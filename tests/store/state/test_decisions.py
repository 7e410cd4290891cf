"""Decisions: appended, read up to a number, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from recon_engine.errors import ReconError, Rejected
from recon_engine.store.state import State, open_state

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
CHANGES = [
    "update decision set actor = 'other'",
    "delete from decision",
    "update audit set actor = 'other'",
    "delete from audit where seq = 1",
]


def decide(state: State, day: date, **changes: Any) -> int:
    given: dict[str, Any] = {
        "kind": "unapply",
        "entity": "ACME",
        "reconciliation": "bank_de",
        "effective_date": day,
        "subject_id": "match 1",
        "actor": "ana",
        "reason": "paid twice",
        "decided_at": NOW,
    }
    return state.decide(**given | changes)


def test_a_run_reads_decisions_up_to_its_number(state: State, monday: date) -> None:
    first = decide(state, monday)
    head = state.decision_head()
    decide(state, monday, subject_id="match 2")

    read = state.decisions(head, "bank_de", monday)

    assert head == first
    assert [(row.decision_seq, row.subject_id, row.actor) for row in read] == [
        (first, "match 1", "ana")
    ]


def test_a_decision_counts_on_its_date_and_for_its_reconciliation(
    state: State, monday: date
) -> None:
    decide(state, monday)
    head = state.decision_head()

    assert state.decisions(head, "bank_fr", monday) == []
    assert state.decisions(head, "bank_de", monday + timedelta(days=1)) == []


def test_a_decision_for_a_day_on_which_nothing_ran_is_read_by_the_next_run(
    state: State, monday: date
) -> None:
    friday, sunday = monday - timedelta(days=3), monday - timedelta(days=1)
    decide(state, friday, subject_id="read on friday")
    decide(state, sunday, subject_id="waits for monday")

    read = state.decisions(state.decision_head(), "bank_de", monday, after=friday)

    assert [row.subject_id for row in read] == ["waits for monday"]


def approve(state: State, day: date, **changed: str) -> int:
    said = {"checker": "ben", "verdict": "approve", "reason": "checked"} | changed
    return state.judge(
        batch_id="b1", entity="E1", business_date=day, maker="night", decided_at=NOW, **said
    )


def test_a_verdict_that_is_said_again_is_recorded_once(state: State, monday: date) -> None:
    first = approve(state, monday)
    head = state.audit_head()

    again = approve(state, monday)

    assert again == first
    assert state.audit_head() == head


@pytest.mark.parametrize(
    "changed", [{"verdict": "reject"}, {"checker": "eva"}, {"reason": "checked twice"}]
)
def test_a_verdict_that_says_more_than_the_last_is_recorded(
    state: State, monday: date, changed: dict[str, str]
) -> None:
    approve(state, monday)
    more = approve(state, monday, **changed)
    back = approve(state, monday)

    assert [more, back] == [2, 3]


def test_no_decision_has_the_number_zero(state: State) -> None:
    assert state.decision_head() == 0


@pytest.mark.parametrize("field", ["kind", "actor", "reason"])
def test_nobody_decides_without_a_name_and_a_reason(state: State, monday: date, field: str) -> None:
    with pytest.raises(Rejected, match=f"{field} is empty"):
        decide(state, monday, **{field: " "})

    assert state.decision_head() == 0


@pytest.mark.parametrize("change", CHANGES)
def test_a_decision_and_its_record_cannot_be_changed_or_removed(
    state: State, monday: date, change: str
) -> None:
    decide(state, monday)

    with pytest.raises(ReconError, match="is append-only"), state._writing() as con:
        con.execute(text(change))

    state.verify_audit()
    assert state.decisions(1, "bank_de", monday)[0].actor == "ana"


def test_sqlite_does_not_replace_a_row_either(tmp_path: Path, monday: date) -> None:
    with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        decide(state, monday)

        with pytest.raises(ReconError, match="is append-only"), state._writing() as con:
            con.execute(text("insert or replace into decision select * from decision"))


def test_postgresql_does_not_empty_the_table_either(
    postgresql: Callable[[], str], monday: date
) -> None:
    with open_state(postgresql()) as state:
        decide(state, monday)

        with pytest.raises(ReconError, match="is append-only"), state._writing() as con:
            con.execute(text("truncate decision"))
