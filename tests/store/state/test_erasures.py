"""Keys and retirements on record: their steps, and what they need to know of arrivals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from recon_engine.errors import ReconError, Rejected
from recon_engine.store.state import State

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
NOW = datetime(2026, 3, 3, 6, tzinfo=UTC)


def arrive(state: State, file_id: str, day: date, entity: str = "E1", name: str = "") -> None:
    state.deliver(
        source=f"bank_{entity}", entity=entity, file_id=file_id * 64, file_name=name or file_id,
        size_bytes=1, modified_ns=1, business_date=day, batch_key=name or file_id, late=False,
        run_id="r", received_at=NOW,
    )  # fmt: skip


def test_the_last_step_of_a_key_counts(state: State) -> None:
    state.make_key("E1", "2026-03", "age1a")
    state.make_key("E1", "2026-04", "age1b")
    state.destroy_key("E1", "2026-03", actor=" ann ", reason="400 days")

    found = {one.period: (one.step, one.actor, one.recipient) for one in state.period_keys()}

    assert found["2026-03"] == ("destroyed", "ann", "age1a")
    assert found["2026-04"][0] == "made"
    assert state.period_key("E2", "2026-03") is None


def test_a_key_is_made_once_and_destroyed_once_for_a_reason(state: State) -> None:
    state.make_key("E1", "2026-03", "age1a")
    with pytest.raises(Rejected, match="expected both"):
        state.destroy_key("E1", "2026-03", actor="ann", reason=" ")
    with pytest.raises(ReconError):
        state.make_key("E1", "2026-03", "age1b")

    (one,) = state.period_keys()
    assert (one.step, one.recipient) == ("made", "age1a")


def test_arrivals_say_whether_their_date_is_sealed_now(state: State) -> None:
    arrive(state, "a", MONDAY)
    arrive(state, "b", TUESDAY)
    arrive(state, "c", MONDAY, "E2")
    state.seal("E1", MONDAY, "r")
    state.seal("E1", TUESDAY, "r")
    state.reopen("E1", TUESDAY, actor="ann", reason="late")

    assert [(one.business_date, one.sealed) for one in state.arrivals("E1")] == [
        (MONDAY, True),
        (TUESDAY, False),
    ]
    assert [one.sealed for one in state.arrivals("E2")] == [False]


def test_files_that_later_dates_or_others_have_too_are_not_of_old_dates_alone(
    state: State,
) -> None:
    for file_id, day, entity in (
        ("a", MONDAY, "E1"),
        ("b", MONDAY, "E1"),
        ("b", TUESDAY, "E1"),
        ("c", MONDAY, "E1"),
        ("c", MONDAY, "E2"),
    ):
        arrive(state, file_id, day, entity, f"{file_id}{day}")

    assert state.landed_to("E1", MONDAY) == {"a" * 64}
    assert state.landed_to("E1", TUESDAY) == {"a" * 64, "b" * 64}


def test_a_retirement_and_a_reveal_are_in_the_chain(state: State) -> None:
    state.retire("E1", MONDAY, list_sha="5" * 64, files=3, actor="ann", reason="10 years")
    state.record_reveal("E1-2026-03", ["b", "a"], actor="ann", reason="asked")
    with pytest.raises(Rejected, match="expected both"):
        state.record_reveal("E1-2026-03", ["a"], actor="ann", reason="")

    (one,) = state.retirements()
    assert (one.entity, one.upto, one.list_sha, one.files) == ("E1", MONDAY, "5" * 64, 3)
    assert [row.event for row in state.audit()] == ["reveal", "retire"]
    assert state.verify_audit().count == 2
