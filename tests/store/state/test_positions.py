"""A moment is a place in the record, found once; what came later is not known there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recon_engine.store.state import Position, Receipt, Staged, State, open_state
from tests.store.state.conftest import Clock

TUESDAY = date(2026, 3, 3)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[State]:
    with open_state(f"sqlite:///{tmp_path / 'other.db'}") as opened:
        yield opened


def deliver(state: State, name: str, monday: date, clock: Clock) -> None:
    state.deliver(
        source="bank",
        entity="E1",
        file_id=name * 64,
        file_name=name,
        size_bytes=1,
        modified_ns=1,
        business_date=monday,
        batch_key=name,
        late=False,
        run_id="r1",
        received_at=clock.moment,
    )


def decide(state: State, subject: str, monday: date, clock: Clock) -> None:
    state.decide(
        kind="unapply",
        entity="E1",
        reconciliation="bank",
        effective_date=monday,
        subject_id=subject,
        actor="ana",
        reason="because",
        decided_at=clock.moment,
    )


def publish(state: State, stage: str, day: date, key: str, run_id: str = "r1") -> None:
    result = Staged(stage, "bank", day, key, "1" * 64, key.rjust(64, "0"))
    with state.lease([f"{stage}/{day}"], run_id) as lease:
        state.publish([result], lease, run_id, "g")


def receipt(key: str, monday: date) -> Receipt:
    return Receipt(key, "E1", monday, f"journal {key}", "new", 0, "posted", "DOC", monday)


@pytest.fixture
def noon(state: State, clock: Clock, monday: date) -> datetime:
    """Give the moment up to which one of each kind is on record; later there are two."""
    for number in ("a", "b"):
        deliver(state, number, monday, clock)
        decide(state, number, monday, clock)
        publish(state, "landing", monday + timedelta(number == "b"), number)
        state.record([receipt(number, monday)], "r1")
        state.seal("E1", monday + timedelta(number == "b"), "r1")
        clock.move(1)
    return clock.moment - timedelta(seconds=2)


def test_what_was_written_at_the_moment_itself_was_known(state: State, noon: datetime) -> None:
    at, before = state.position_at(noon), state.position_at(noon - timedelta(microseconds=1))

    assert (at.delivery_seq, at.decision_seq, at.created_seq) == (1, 1, 1)
    assert before == Position()


def test_a_clock_that_went_back_hides_nothing_that_was_written_before(
    state: State, clock: Clock, monday: date
) -> None:
    deliver(state, "a", monday, clock)
    clock.move(-3600)
    deliver(state, "b", monday, clock)

    found = state.position_at(clock.moment)

    assert found.delivery_seq == 2


def test_only_what_was_known_is_taken_over(
    state: State, other: State, noon: datetime, monday: date
) -> None:
    known = state.known_rows(Position(), state.position_at(noon), versions=True)

    other.take(known)

    assert [d.file_name for d in other.deliveries("bank", monday)] == ["a"]
    assert other.deliveries("bank", monday) == state.deliveries("bank", monday)[:1]
    assert [d.subject_id for d in other.decisions(99, "bank", monday)] == ["a"]
    assert other.current("landing", "bank", monday) == state.current("landing", "bank", monday)
    assert other.current("landing", "bank", TUESDAY) is None
    assert [r.posting_key for r in other.receipts("E1")] == ["a"]
    assert other.sealed_to("E1", date.max) == monday


def test_the_rest_is_taken_over_later_and_once(
    state: State, other: State, noon: datetime, monday: date
) -> None:
    place, end = state.position_at(noon), state.position_at(datetime.max.replace(tzinfo=UTC))
    other.take(state.known_rows(Position(), place, versions=True))

    other.take(state.known_rows(place, end, versions=True))

    assert other.deliveries("bank", monday) == state.deliveries("bank", monday)
    assert other.receipts("E1") == state.receipts("E1")
    assert other.sealed_to("E1", date.max) == TUESDAY


def test_versions_and_seals_are_left_out_where_they_are_not_wanted(
    state: State, other: State, noon: datetime, monday: date
) -> None:
    end = state.position_at(datetime.max.replace(tzinfo=UTC))
    other.take(state.known_rows(Position(), end, versions=True, before=TUESDAY))

    assert other.current("landing", "bank", monday) is not None
    assert other.current("landing", "bank", TUESDAY) is None
    assert other.sealed_to("E1", date.max) == monday


def test_publications_are_told_with_the_place_they_were_made_from(
    state: State, noon: datetime
) -> None:
    first, second = state.publications()

    assert [v.version for one in (first, second) for v in one.versions] == [1, 1]
    assert (first.before.created_seq, second.before.created_seq) == (0, 1)
    assert (second.before.delivery_seq, second.before.decision_seq) == (2, 2)
    assert second.before.audit_seq == second.leased.audit_seq
    assert state.publications("another run") == []


def test_the_version_that_stood_is_told_for_each_scope(
    state: State, noon: datetime, monday: date, clock: Any
) -> None:
    place = state.position_at(noon)
    publish(state, "landing", monday, "c", "r2")
    end = state.position_at(clock.moment)

    (then,), (now,) = state.standing(monday, place), state.standing(monday, end)

    assert (then.version, now.version) == (1, 2)
    assert [v.run_id for v in state.newest(place)] == ["r1"]
    assert [v.run_id for v in state.newest(end)] == ["r2"]
