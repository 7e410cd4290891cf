"""A crash at any durable call: a reader sees the old or the new, and the same command repairs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recon_engine.pipeline import STAGES
from tests.faults.conftest import SHARES
from tests.faults.disk import DIGITS, MODES
from tests.faults.machine import GO_ON, KILL, KILLED, Call, Machine
from tests.faults.night import differences, gates_page, look
from tests.faults.sweep import Recording, fresh, traced, wrong_after_crash, wrong_after_retry

NAME = re.compile(r"[0-9a-f]{64}|#[0-9]+")


@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_survives_a_crash_before_any_call(
    machine: Machine, recorded: dict[str, Recording], base: Path, share: int
) -> None:
    told = recorded["run"]

    wrong = [
        found
        for state in told.states[share::SHARES]
        for found in wrong_after_crash(machine, told, state, base)
    ]

    assert wrong == []


@pytest.mark.parametrize("verb", ["approve", "post"])
def test_a_batch_is_approved_and_posted_once_whatever_crashes(
    machine: Machine, recorded: dict[str, Recording], base: Path, verb: str
) -> None:
    told = recorded[verb]

    wrong = [
        found for state in told.states for found in wrong_after_crash(machine, told, state, base)
    ]

    assert wrong == []


def test_the_recorded_commands_did_what_they_are_for(recorded: dict[str, Recording]) -> None:
    run, approve, post = (recorded[verb] for verb in ("run", "approve", "post"))

    assert (run.code, approve.code, post.code) == (0, 0, 0)
    assert len({stage for stage, _ in run.new.published}) == 8
    assert (approve.old.verdicts, approve.new.verdicts) == (0, 1)
    assert len(post.new.dropped) == 1
    assert {state for _, state, _ in post.new.receipts} == {"posted"}
    assert differences(post.end) == []
    assert set(re.findall(r'href="#(\w+)"', gates_page(post.end))) == {s.name for s in STAGES}
    assert {mode for state in run.states for mode in state.modes} == set(MODES)


def test_the_calls_of_a_command_come_in_one_order(
    machine: Machine, recorded: dict[str, Recording], base: Path
) -> None:
    told = recorded["run"]
    start = next(state.disk for state in told.states if "killed" in state.modes)

    again = traced(machine, told, start, base)

    assert list(map(shown, again)) == list(map(shown, told.calls))
    assert {call.kind for call in again} >= {"create", "write", "sync", "rename", "mkdir"}


def shown(call: Call) -> tuple[str, str]:
    """Return a call without what is new in every run."""
    return call.kind, DIGITS.sub("*", NAME.sub("*", str(call.path)))


@pytest.mark.parametrize("tenth", [1, 3, 5, 7, 9])
def test_a_process_that_is_killed_leaves_what_was_recorded(
    machine: Machine, recorded: dict[str, Recording], base: Path, tenth: int
) -> None:
    told = recorded["run"]
    last = len(told.calls) * tenth // 10
    folder = told.states[0].disk.write(fresh(base))

    killed = machine.run(
        folder, *told.words, answer=lambda call: KILL if call.number == last else GO_ON
    )
    seen = look(folder).published
    wrong = wrong_after_retry(machine, told, folder)

    assert (killed.code, killed.calls) == (KILLED, last)
    assert seen.items() <= told.new.published.items()
    assert wrong == []
    assert differences(folder) == []
