"""Runs and seals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from recon_engine.errors import ReconError
from recon_engine.store.state import State

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


def begin(state: State, run_id: str, day: date) -> None:
    state.begin_run(run_id, day, "run", "rules", "0.1.0", "recon service", NOW)


def test_a_run_is_running_until_it_ends(state: State, monday: date) -> None:
    begin(state, "r1", monday)
    begin(state, "r2", monday)

    state.finish_run("r1", "stopped", 4, NOW + timedelta(minutes=1), "matching: blocked")

    second, first = state.runs()
    assert (second.run_id, second.status, second.exit_code) == ("r2", "running", None)
    assert (first.status, first.exit_code, first.message) == ("stopped", 4, "matching: blocked")
    assert first.finished_at == NOW + timedelta(minutes=1)
    assert [run.run_id for run in state.runs(limit=1)] == ["r2"]


def test_a_run_id_is_used_once(state: State, monday: date) -> None:
    begin(state, "r1", monday)

    with pytest.raises(ReconError, match="run r1: the id was used before"):
        begin(state, "r1", monday)


def test_a_run_ends_once(state: State, monday: date) -> None:
    begin(state, "r1", monday)
    state.finish_run("r1", "done", 0, NOW)

    with pytest.raises(ReconError, match="found no running run"):
        state.finish_run("r1", "failed", 1, NOW)

    assert state.runs()[0].status == "done"


def test_an_exit_code_outside_the_list_is_refused_by_the_database(
    state: State, monday: date
) -> None:
    begin(state, "r1", monday)

    with pytest.raises(ReconError):
        state.finish_run("r1", "done", 42, NOW)

    assert state.runs()[0].status == "running"


def test_the_last_seal_before_a_date_is_found(state: State, monday: date) -> None:
    state.seal("ACME", monday, "r1")
    state.seal("ACME", monday + timedelta(days=1), "r2")
    state.seal("BETA", monday + timedelta(days=2), "r2")

    assert state.sealed_to("ACME", monday) is None
    assert state.sealed_to("ACME", monday + timedelta(days=1)) == monday
    assert state.sealed_to("ACME", monday + timedelta(days=9)) == monday + timedelta(days=1)


def test_sealing_twice_changes_nothing(state: State, monday: date) -> None:
    state.seal("ACME", monday, "r1")
    head = state.audit_head()

    state.seal("ACME", monday, "r2")

    assert state.audit_head() == head
