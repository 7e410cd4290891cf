"""Letters and holds: a history nobody can change, dead ones put back once, a pause that lasts."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from recon_engine.errors import Rejected
from recon_engine.store.state import OutboxRow, Receipt, State, open_state
from tests.store.state.conftest import Clock

ROWS = [OutboxRow("k1", "journal", "{1}", "b1"), OutboxRow("k2", "mail", "{2}", "m1")]


def fail(state: State, key: str, times: int) -> None:
    """Try to send a letter in vain, then give it up."""
    for number in range(times):
        state.move([key], "sending", f"r{number}")
        state.move([key], "waiting", f"r{number}", f"refused {number}")
    state.move([key], "dead", "r9", "gave up")


def test_a_dead_letter_tells_reason_tries_hash_and_run(state: State, clock: Clock) -> None:
    state.queue(ROWS, "run 7")
    fail(state, "k2", 3)

    (dead,) = state.letters("dead")

    assert (dead.key, dead.tries, dead.message, dead.run_id) == ("k2", 3, "gave up", "run 7")
    assert len(dead.payload_hash) == 64
    assert dead.since == clock.moment
    assert [row.key for row in state.outbox()] == ["k1"]


def test_a_dead_letter_moves_by_redelivery_only(state: State) -> None:
    state.queue(ROWS, "r1")
    fail(state, "k2", 1)

    with pytest.raises(Rejected, match="sent, refused or dead"):
        state.move(["k2"], "sending", "r2")

    assert [letter.state for letter in state.letters(kind="mail")] == ["dead"]


def test_redelivery_starts_the_tries_anew_and_keeps_every_step(state: State) -> None:
    state.queue(ROWS, "r1")
    fail(state, "k2", 2)
    before = state.steps("k2")

    moved = state.redeliver(["k2", "k1"], actor="ann", reason="server is back", run_id="r2")

    (letter,) = state.letters(kind="mail")
    assert moved == ["k2"]
    assert (letter.state, letter.tries) == ("waiting", 0)
    assert [step.message for step in before] == ["", "refused 0", "", "refused 1", "gave up"]
    *kept, last = state.steps("k2")
    assert kept == before
    assert (last.state, last.actor, last.message) == ("waiting", "ann", "server is back")
    event = state.audit(1)[0]
    assert (event.event, event.actor, event.subject) == ("redeliver", "ann", "r2")


def test_redelivery_twice_is_redelivery_once(state: State) -> None:
    state.queue(ROWS, "r1")
    fail(state, "k2", 1)
    state.redeliver(["k2"], actor="ann", reason="again", run_id="r2")
    head = state.audit_head()

    assert state.redeliver(["k2"], actor="ann", reason="again", run_id="r3") == []

    assert state.audit_head() == head


def test_redelivery_needs_a_reason(state: State) -> None:
    with pytest.raises(Rejected, match="found no reason"):
        state.redeliver(["k"], actor="ann", reason=" ", run_id="r")


def test_the_history_of_letters_cannot_be_changed(state: State) -> None:
    state.queue(ROWS, "r1")
    fail(state, "k2", 1)

    for sql in ("update outbox_step set message = ''", "delete from outbox_step"):
        with pytest.raises(DatabaseError, match="append-only"), state._engine.begin() as con:
            con.execute(text(sql))


def test_a_pause_makes_what_was_on_its_way_ambiguous_and_outlives_the_process(
    state: State, store_url: str
) -> None:
    state.queue([*ROWS, OutboxRow("k3", "journal", "{3}")], "r1")
    state.move(["k3"], "sending", "r1")

    assert state.pause(actor="ann", reason="restored", run_id="r2")

    with open_state(store_url) as again:
        found = again.hold()
        assert found is not None
        assert (found.actor, found.reason) == ("ann", "restored")
        assert {letter.state for letter in again.letters()} == {"ambiguous"}
        assert not again.pause(actor="bob", reason="other", run_id="r3")


def test_a_pause_is_lifted_only_when_no_journal_is_ambiguous(state: State, monday: object) -> None:
    del monday
    state.queue(ROWS, "r1")
    state.pause(actor="ann", reason="restored", run_id="r2")
    with pytest.raises(Rejected, match="found 1 journals"):
        state.lift(actor="ann", reason="fine", run_id="r3")

    state.move(["k1"], "waiting", "r4", "the ledger does not have it")

    with pytest.raises(Rejected, match="found no reason"):
        state.lift(actor="ann", reason=" ", run_id="r3")
    assert state.lift(actor="ann", reason="read back", run_id="r5", runs=["lost 1"])
    assert state.hold() is None
    assert not state.lift(actor="ann", reason="read back", run_id="r6")
    assert state.lost(["lost 1", "lost 2"]) == ["lost 2"]
    assert state.audit(1)[0].event == "lift"


def test_a_receipt_is_the_last_step_of_a_letter(state: State, monday: object) -> None:
    state.queue(ROWS, "r1")
    state.move(["k1"], "sending", "r2")
    receipt = Receipt("k1", "E1", monday, "j", "new", 0, "posted", "DOC", monday)  # type: ignore[arg-type]

    state.record([receipt], "r2")

    assert [step.state for step in state.steps("k1")] == ["sending", "sent"]
    state.verify_audit()
