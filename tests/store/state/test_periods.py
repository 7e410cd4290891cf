"""Periods: closed softly, closed, open again; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recon_engine.errors import ReconError, Rejected
from recon_engine.periods import Period
from recon_engine.store.state import PeriodStep, Position, State, open_state
from tests.store.state.test_runs import begin

END = datetime.max.replace(tzinfo=UTC)
FEBRUARY = Period("2026-02", date(2026, 2, 1), date(2026, 2, 28))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[State]:
    with open_state(f"sqlite:///{tmp_path / 'other.db'}") as opened:
        yield opened


def close(state: State, effective_date: date, *, soft: bool = False) -> PeriodStep:
    """Close February in the books of ACME, as carla."""
    return state.close_period(
        "ACME",
        "main",
        FEBRUARY,
        soft=soft,
        effective_date=effective_date,
        checklist="[]",
        roll_hash="",
        head=state.audit_head(),
        actor="carla",
        reason="",
    )


def test_a_run_knows_of_a_step_from_its_effective_date_on(state: State, monday: date) -> None:
    close(state, monday, soft=True)
    later = monday + timedelta(7)
    state.open_period(close(state, monday), effective_date=later, actor="ben", reason="a bill")

    assert state.closed_periods("ACME", monday - timedelta(1)) == ()
    assert state.closed_periods("ACME", monday) == (FEBRUARY,)
    assert state.closed_periods("OTHER", monday) == ()
    assert state.closed_periods("ACME", later - timedelta(1)) == (FEBRUARY,)
    assert state.closed_periods("ACME", later) == ()
    assert [one.state for one in state.period_steps("ACME")] == ["soft_closed", "closed", "open"]
    assert [one.state for one in state.periods_standing("ACME")] == ["open"]


@pytest.mark.parametrize(("actor", "reason"), [("carla", "x"), (" Carla", "x"), ("ben", " ")])
def test_who_closed_a_period_does_not_open_it_nor_anybody_without_a_reason(
    state: State, monday: date, actor: str, reason: str
) -> None:
    closed = close(state, monday)
    head = state.audit_head()

    with pytest.raises(Rejected, match="it stays closed"):
        state.open_period(closed, effective_date=monday, actor=actor, reason=reason)

    assert state.closed_periods("ACME", monday) == (FEBRUARY,)
    assert state.audit_head() == head


def test_the_steps_of_a_period_are_never_changed(state: State, monday: date) -> None:
    close(state, monday)

    for statement in ("update period_step set state = 'open'", "delete from period_step"):
        with pytest.raises(ReconError, match="append-only"), state._writing() as con:
            con.exec_driver_sql(statement)


def test_a_date_of_a_closed_period_stays_sealed_and_one_of_a_softly_closed_opens(
    state: State, monday: date
) -> None:
    last = FEBRUARY.last_day
    begin(state, "r1", last)
    state.seal("ACME", last, "r1")
    close(state, monday, soft=True)
    assert state.reopen("ACME", last, actor="ben", reason="late file") == [last]
    state.seal("ACME", last, "r1")
    close(state, monday)

    with pytest.raises(Rejected, match=r"found period 2026-02 of ACME closed by carla"):
        state.reopen("ACME", last, actor="ben", reason="late file")

    assert state.sealed_to("ACME", date.max) == last


def test_a_later_date_that_opens_again_knows_what_became_of_the_period_since(
    state: State, monday: date
) -> None:
    later = monday + timedelta(7)
    for day in (monday, monday + timedelta(1)):
        begin(state, f"run {day}", day)
        state.seal("ACME", day, f"run {day}")
    close(state, later)
    assert state.closed_periods("ACME", monday) == ()

    state.reopen("ACME", monday, actor="ben", reason="late file")

    assert state.closed_periods("ACME", monday) == (FEBRUARY,)
    first, second = state.period_steps("ACME")
    assert (first.effective_date, second.effective_date) == (later, monday)
    assert (second.state, second.actor) == ("closed", "carla")
    assert state.audit(1)[0].actor == "ben"


def test_a_past_knows_the_periods_up_to_its_place(state: State, other: State, monday: date) -> None:
    closed = close(state, monday)
    then = state.position_at(END)
    state.open_period(closed, effective_date=monday, actor="ben", reason="a bill")

    other.take(state.known_rows(Position(), then, versions=True))
    assert other.closed_periods("ACME", monday) == (FEBRUARY,)

    other.take(state.known_rows(then, state.position_at(END), versions=True))
    assert other.closed_periods("ACME", monday) == ()
