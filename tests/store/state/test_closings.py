"""Closings: a date is complete, sealed, open again; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recon_engine.errors import ReconError, Rejected
from recon_engine.store.state import Position, State, open_state
from tests.store.state.test_runs import begin

END = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[State]:
    with open_state(f"sqlite:///{tmp_path / 'other.db'}") as opened:
        yield opened


def deliver(state: State, day: date, name: str) -> None:
    state.deliver(
        source="bank",
        entity="ACME",
        file_id=name * 64,
        file_name=name,
        size_bytes=1,
        modified_ns=1,
        business_date=day,
        batch_key=name,
        late=False,
        run_id="r1",
        received_at=datetime(2026, 3, 3, tzinfo=UTC),
    )


def test_a_complete_date_waits_again_when_a_file_comes_for_it(state: State, monday: date) -> None:
    deliver(state, monday, "a")
    state.complete("ACME", monday, "r1")
    assert state.pending_dates(date.max) == []

    deliver(state, monday, "b")
    assert state.pending_dates(date.max) == [(monday, "ACME", 2)]

    state.complete("ACME", monday, "r2")
    assert state.pending_dates(date.max) == []
    assert state.closed_to("ACME", date.max) == monday
    assert state.sealed_to("ACME", date.max) is None


def test_complete_dates_are_sealed_in_order_up_to_the_first_that_waits(
    state: State, monday: date
) -> None:
    days = [monday + timedelta(n) for n in range(3)]
    for day, name in zip(days, "abc", strict=True):
        deliver(state, day, name)
        state.complete("ACME", day, f"run {name}")
    deliver(state, days[1], "d")

    assert state.seal_complete("ACME", days[2]) == [monday]
    assert state.open_dates(date.min) == days[1:]


def test_what_is_sealed_opens_again_with_all_after_it(state: State, monday: date) -> None:
    days = [monday + timedelta(n) for n in range(3)]
    for day in days:
        begin(state, f"run {day}", day)
        state.seal("ACME", day, f"run {day}")

    assert state.reopen("ACME", days[1], actor="carla", reason="late file") == days[1:]

    assert state.sealed_to("ACME", date.max) == monday
    state.seal("ACME", days[1], "again")
    assert state.sealed_to("ACME", date.max) == days[1]
    assert state.sealed_by(days[1]) == ["again"]
    assert [one.step for one in state.closings("ACME")] == ["seal"] * 3 + ["reopen"] * 2 + ["seal"]


@pytest.mark.parametrize(
    ("actor", "reason"), [("recon service", "late"), (" Recon Service ", "late"), ("carla", " ")]
)
def test_who_ran_a_date_does_not_open_it_again_nor_anybody_without_a_reason(
    state: State, monday: date, actor: str, reason: str
) -> None:
    begin(state, "r1", monday)
    state.seal("ACME", monday, "r1")
    head = state.audit_head()

    with pytest.raises(Rejected, match="ACME stays sealed"):
        state.reopen("ACME", monday, actor=actor, reason=reason)

    assert state.sealed_to("ACME", date.max) == monday
    assert state.audit_head() == head


def test_the_steps_of_a_date_are_never_changed(state: State, monday: date) -> None:
    state.seal("ACME", monday, "r1")

    for statement in ("update closing set run_id = 'x'", "delete from closing"):
        with pytest.raises(ReconError, match="append-only"), state._writing() as con:
            con.exec_driver_sql(statement)


def test_a_past_knows_the_steps_up_to_its_place(state: State, other: State, monday: date) -> None:
    begin(state, "r1", monday)
    state.seal("ACME", monday, "r1")
    sealed = state.position_at(END)
    state.reopen("ACME", monday, actor="carla", reason="late file")

    other.take(state.known_rows(Position(), sealed, versions=True))
    assert other.sealed_to("ACME", date.max) == monday

    other.take(state.known_rows(sealed, state.position_at(END), versions=True))
    assert other.sealed_to("ACME", date.max) is None


def test_who_ran_a_date_does_not_open_it_again_though_another_sealed_it(
    state: State, monday: date
) -> None:
    begin(state, "r1", monday)
    deliver(state, monday, "a")
    state.complete("ACME", monday, "r1")
    state.seal_complete("ACME", monday, actor="carla", reason="checked")

    with pytest.raises(Rejected, match="ACME stays sealed"):
        state.reopen("ACME", monday, actor="recon service", reason="late file")

    assert state.reopen("ACME", monday, actor="carla", reason="late file") == [monday]
