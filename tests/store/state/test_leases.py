"""Leases between real processes: one holder, and no way back for one that was overtaken."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from recon_engine.errors import ReconError, Unavailable
from recon_engine.store.state import Staged, State
from recon_engine.store.state.process import gone, identity

HOLD = """
state = open_state(sys.argv[1])
try:
    lease = state.lease(["bank_de/2026-03-02"], sys.argv[2])
    print("got", lease.fences["bank_de/2026-03-02"], flush=True)
except ReconError as error:
    print("busy", error, flush=True)
sys.stdin.readline()
"""


def staged(day: date) -> Staged:
    return Staged("matching", "bank_de", day, "key", "1" * 64, "2" * 64)


def test_a_held_key_is_busy_and_its_holder_is_named(state: State, clock: Any) -> None:
    state.lease(["bank_de"], "r1")
    clock.move(61)

    with pytest.raises(Unavailable, match="busy: bank_de is held by r1 since 61 s"):
        state.lease(["bank_de"], "r2")


def test_a_lease_is_on_all_keys_or_on_none(state: State) -> None:
    state.lease(["b"], "r1")

    with pytest.raises(Unavailable, match="busy: b "):
        state.lease(["a", "b", "c"], "r2")

    assert state.lease(["a", "c"], "r3").fences == {"a": 1, "c": 1}


def test_a_lease_is_given_back_at_the_end_of_its_block(state: State) -> None:
    with state.lease(["a"], "r1") as first:
        assert first.fences == {"a": 1}

    with state.lease(["a"], "r2") as second:
        assert second.fences == {"a": 2}


def test_a_lease_is_given_back_where_its_block_fails(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.lease(["a"], "r1"):
        raise ZeroDivisionError

    assert state.lease(["a"], "r2").fences == {"a": 2}


def test_an_expired_lease_is_taken_over_and_its_holder_can_publish_no_more(
    state: State, clock: Any, monday: date
) -> None:
    slow = state.lease(["a"], "slow", seconds=60)
    clock.move(61)
    fast = state.lease(["a"], "fast", seconds=60)
    head = state.audit_head()

    with pytest.raises(Unavailable, match="busy: a was leased to slow with number 1"):
        state.publish([staged(monday)], slow, "slow", "gate")

    assert fast.fences == {"a": 2}
    assert state.current("matching", "bank_de", monday) is None
    assert state.audit_head() == head


def test_giving_back_an_overtaken_lease_leaves_the_new_holder_alone(
    state: State, clock: Any
) -> None:
    with state.lease(["a"], "slow", seconds=60):
        clock.move(61)
        state.lease(["a"], "fast", seconds=60)

    with pytest.raises(Unavailable, match="held by fast"):
        state.lease(["a"], "third")


def test_an_expired_lease_that_nobody_took_still_publishes(
    state: State, clock: Any, monday: date
) -> None:
    lease = state.lease(["a"], "slow", seconds=60)
    clock.move(3600)

    assert state.publish([staged(monday)], lease, "slow", "gate")[0].version == 1


def test_a_renewed_lease_does_not_expire(state: State, clock: Any) -> None:
    lease = state.lease(["a"], "r1", seconds=60)
    clock.move(50)
    lease.renew(60)
    clock.move(50)

    with pytest.raises(Unavailable, match="held by r1"):
        state.lease(["a"], "r2")


def test_an_overtaken_lease_cannot_be_renewed(state: State, clock: Any) -> None:
    lease = state.lease(["a"], "r1", seconds=60)
    clock.move(61)
    state.lease(["a"], "r2", seconds=60)

    with pytest.raises(Unavailable):
        lease.renew()


def test_of_two_processes_that_want_one_scope_one_gets_it(
    store_url: str, state: State, child: Callable[..., Any]
) -> None:
    children = [child(HOLD, store_url, name) for name in ("p1", "p2", "p3")]

    answers = sorted(process.stdout.readline().split()[0] for process in children)

    assert answers == ["busy", "busy", "got"]


def test_a_process_that_was_killed_is_not_waited_for(
    store_url: str, state: State, child: Callable[..., Any]
) -> None:
    process = child(HOLD, store_url, "killed")
    assert process.stdout.readline() == "got 1\n"
    process.send_signal(signal.SIGKILL)
    process.wait()

    lease = state.lease(["bank_de/2026-03-02"], "next")

    assert lease.fences == {"bank_de/2026-03-02": 2}


def test_a_process_that_was_only_stopped_is_waited_for(
    store_url: str, child: Callable[..., Any]
) -> None:
    process = child(HOLD, store_url, "stopped")
    assert process.stdout.readline() == "got 1\n"
    process.send_signal(signal.SIGSTOP)

    answer = child(HOLD, store_url, "next").stdout.readline()

    assert answer.startswith("busy busy: bank_de/2026-03-02 is held by stopped")


@pytest.mark.parametrize("unknown", ["", "x", "other-boot pid:[1] 1 1", "no number here"])
def test_a_process_that_cannot_be_seen_is_not_called_gone(unknown: str) -> None:
    assert not gone(unknown)


def test_a_number_that_another_process_has_now_is_gone() -> None:
    machine, number, started = identity().rsplit(" ", 2)

    assert gone(f"{machine} {number} {int(started) - 1}")
    assert not gone(identity())


def test_a_database_that_fails_says_so_as_an_error_of_ours(state: State) -> None:
    with pytest.raises(ReconError, match="nothing is known to be written"), state._writing() as con:
        con.exec_driver_sql("select nonsense from nowhere")


def test_what_is_held_is_listed_until_it_is_given_back(state: State) -> None:
    with state.lease(["b", "a"], "run 1"):
        during = [(lease.key, lease.holder, lease.fence) for lease in state.held()]

    assert during == [("a", "run 1", 1), ("b", "run 1", 1)]
    assert state.held() == []
