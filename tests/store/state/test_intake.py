"""Deliveries: arrived, repeated, restated, and what waits for its date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from recon_engine.store.state import Delivery, State

A, B = "a" * 64, "b" * 64


def deliver(state: State, day: date, **changes: Any) -> Delivery:
    given: dict[str, Any] = {
        "source": "adyen_eu",
        "entity": "ACME",
        "file_id": A,
        "file_name": "settlement_1.csv",
        "size_bytes": 100,
        "modified_ns": 1_772_000_000_000_000_001,
        "business_date": day,
        "batch_key": "batch_1",
        "late": False,
        "run_id": "r1",
        "received_at": datetime(2026, 3, 3, 1, 0, 0, 5, tzinfo=UTC),
    }
    return state.deliver(**given | changes)


def test_the_first_file_of_a_batch_is_its_first_version(state: State, monday: date) -> None:
    delivery = deliver(state, monday)

    assert (delivery.version, delivery.repeated) == (1, False)
    assert delivery.received_at == datetime(2026, 3, 3, 1, 0, 0, 5, tzinfo=UTC)
    assert state.deliveries("adyen_eu", monday) == [delivery]


def test_the_same_file_again_is_the_same_record(state: State, monday: date) -> None:
    first = deliver(state, monday)
    head = state.audit_head()

    again = deliver(state, monday, run_id="r2", received_at=first.received_at + timedelta(days=1))

    assert again == first
    assert state.audit_head() == head


def test_the_same_bytes_under_another_name_are_repeated_and_keep_their_version(
    state: State, monday: date
) -> None:
    deliver(state, monday)
    deliver(state, monday, file_id=B, file_name="settlement_1_new.csv")

    again = deliver(state, monday, file_name="copy.csv")

    assert (again.version, again.repeated) == (1, True)


def test_other_bytes_of_a_batch_are_its_next_version(state: State, monday: date) -> None:
    deliver(state, monday)

    restated = deliver(state, monday, file_id=B)

    assert (restated.version, restated.repeated) == (2, False)


def test_bytes_that_return_under_their_name_are_a_new_version(state: State, monday: date) -> None:
    deliver(state, monday)
    deliver(state, monday, file_id=B)

    returned = deliver(state, monday)

    assert (returned.version, returned.repeated) == (3, False)
    assert deliver(state, monday) == returned


def test_equal_bytes_of_another_batch_are_its_first_version(state: State, monday: date) -> None:
    deliver(state, monday)
    deliver(state, monday, file_id=B)

    empty_twice = deliver(state, monday, file_id=B, file_name="day_2.csv", batch_key="batch_2")

    assert (empty_twice.version, empty_twice.repeated) == (1, True)


def test_equal_bytes_of_another_source_are_not_repeated(state: State, monday: date) -> None:
    deliver(state, monday)

    other = deliver(state, monday, source="adyen_us")

    assert not other.repeated


def test_a_file_is_known_by_name_size_and_time(state: State, monday: date) -> None:
    delivery = deliver(state, monday)
    seen = ("adyen_eu", "settlement_1.csv", 100)

    assert state.known(*seen, 1_772_000_000_000_000_001) == delivery
    assert state.known(*seen, 1_772_000_000_000_000_002) is None


def test_dates_with_files_and_no_seal_are_pending(state: State, monday: date) -> None:
    tuesday, wednesday = monday + timedelta(days=1), monday + timedelta(days=2)
    deliver(state, monday)
    deliver(state, tuesday, file_id=B)
    deliver(state, tuesday, source="bank", file_name="b.xml", entity="BETA")
    deliver(state, wednesday, file_id="c" * 64)
    state.seal("ACME", monday, "r1")

    pending = state.pending_dates(before=wednesday)

    assert pending == [(tuesday, "ACME", 1), (tuesday, "BETA", 1)]
