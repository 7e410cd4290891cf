"""The audit chain: it shows every edit, removal, reordering and cut tail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from recon_engine.cli.audit import log_lines
from recon_engine.errors import GateBlocked
from recon_engine.store.state import AuditHead, Staged, State, open_state
from recon_engine.store.state.database import writing
from recon_engine.store.state.models import VERDICT
from recon_engine.verify_audit import Verification

DELIVERIES = 15
DELIVER = f"""
state, name = open_state(sys.argv[1]), sys.argv[2]
for number in range({DELIVERIES}):
    state.deliver(
        source=name, entity="E", file_id=f"{{number:064}}", file_name="f", size_bytes=1,
        modified_ns=1, business_date=date(2026, 3, 2), batch_key=str(number), late=False,
        run_id="r", received_at=datetime.now(UTC),
    )
"""
NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def recorded(state: State, monday: date) -> State:
    """A state with a row of every kind of event."""
    state.begin_run("r1", monday, "run", "rules", "0.1.0", "ana", NOW)
    with state.lease(["a"], "r1") as lease:
        lease.renew()
        state.publish([Staged("matching", "a", monday, "k", "1" * 64, "2" * 64)], lease, "r1", "g")
    state.seal("ACME", monday, "r1")
    state.finish_run("r1", "done", 0, NOW)
    return state


def tamper(state: State, *statements: str) -> None:
    """Change the log as its owner could: the triggers off, then on again."""
    sqlite = state._engine.dialect.name == "sqlite"
    with writing(state._engine) as con:
        kept = _triggers(con) if sqlite else []
        for name, _ in kept:
            con.execute(text(f"drop trigger {name}"))
        if not sqlite:
            con.execute(text("alter table audit disable trigger user"))
        for statement in statements:
            con.execute(text(statement))
        for _, made in kept:
            con.exec_driver_sql(made)
        if not sqlite:
            con.execute(text("alter table audit enable trigger user"))


def _triggers(con: Connection) -> list[Any]:
    query = "select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'audit'"
    return list(con.execute(text(query)))


def test_every_write_leaves_a_row(recorded: State) -> None:
    events = [(row.event, row.actor) for row in reversed(recorded.audit())]

    assert events == [
        ("begin_run", "ana"),
        ("lease", "r1"),
        ("renew", "r1"),
        ("publish", "recon service"),
        ("release", "r1"),
        ("seal", "recon service"),
        ("finish_run", "recon service"),
    ]


def test_the_chain_adds_up_to_its_head(recorded: State) -> None:
    head = recorded.verify_audit()

    assert head == recorded.audit_head()
    assert head.count == 7


def test_an_empty_chain_adds_up(state: State) -> None:
    assert state.verify_audit() == AuditHead(0, "0" * 64)


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("update audit set actor = 'someone else' where seq = 3", 3),
        ("update audit set payload_hash = previous_hash where seq = 2", 2),
        ("update audit set at = '2026-03-03 02:00:00' where seq = 1", 1),
        ("delete from audit where seq = 4", 4),
        ("delete from audit where seq = 1", 1),
    ],
)
def test_an_edited_or_removed_row_is_named(recorded: State, statement: str, row: int) -> None:
    tamper(recorded, statement)

    with pytest.raises(GateBlocked, match=f"audit row {row}: .*the log was changed"):
        recorded.verify_audit()


def test_two_rows_that_changed_places_are_found(recorded: State) -> None:
    tamper(
        recorded,
        "update audit set seq = 100 where seq = 2",
        "update audit set seq = 2 where seq = 3",
        "update audit set seq = 3 where seq = 100",
    )

    with pytest.raises(GateBlocked, match="audit row 2: "):
        recorded.verify_audit()


def test_a_cut_tail_is_found_with_a_head_kept_outside(recorded: State) -> None:
    kept = recorded.audit_head()
    tamper(recorded, "delete from audit where seq > 5")

    assert recorded.verify_audit().count == 5
    with pytest.raises(GateBlocked, match="audit row 7: the chain ends at 5 without it"):
        recorded.verify_audit(kept)


def test_a_chain_that_grew_still_passes_through_an_older_head(
    recorded: State, monday: date
) -> None:
    kept = recorded.audit_head()

    recorded.seal("BETA", monday, "r2")

    assert recorded.verify_audit(kept).count == kept.count + 1


def test_two_processes_that_write_at_once_make_one_chain(
    store_url: str, state: State, child: Callable[..., Any]
) -> None:
    children = [child(DELIVER, store_url, name) for name in ("p1", "p2")]

    errors = [process.communicate(timeout=120)[1] for process in children]

    assert errors == ["", ""]
    assert state.verify_audit().count == 2 * DELIVERIES


def test_a_payload_tells_every_column_of_the_row_that_was_written(
    state: State, monday: date
) -> None:
    state.judge(
        batch_id="b",
        entity="E",
        business_date=monday,
        maker="ana",
        checker="bob",
        verdict="approve",
        reason="checked",
        decided_at=NOW,
    )

    (row,) = state.audit()

    assert json.loads(row.payload).keys() == set(VERDICT.columns.keys())
    tamper(state, "update audit set payload = '{}'")
    with pytest.raises(GateBlocked, match="audit row 1: found another payload"):
        state.verify_audit()


def test_the_head_of_a_run_is_where_the_chain_ended_when_it_did(recorded: State) -> None:
    head = recorded.audit_head()

    recorded.seal("BETA", date(2026, 3, 3), "r2")

    assert recorded.head_of_run("r1") == head


def test_a_log_from_before_payloads_holds_and_tells_what_is_not_compared(
    store_url: str, recorded: State, monday: date, tmp_path: Path
) -> None:
    downgrade(recorded)
    with open_state(store_url) as state:
        state.seal("BETA", monday, "r2")
        assert state.verify_audit().count == 9
        path = tmp_path / "log.jsonl"
        path.write_bytes(b"".join(log_lines(state)))

    run = Verification()
    run.verify(path)
    assert run.findings == []
    assert "7 rows are older than payloads" in run.notes[1]
    told = [json.loads(line) for line in path.read_text().splitlines()]
    other = {**told[-1], "row": told[-1]["row"] | {"entity": "OTHER"}}
    emptied = {**told[8], "row": told[8]["row"] | {"payload": ""}}
    for lines in ([*told[:-1], other], [*told[:8], emptied, *told[9:]]):
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        again = Verification()
        again.verify(path)
        assert again.findings != []


def downgrade(state: State) -> None:
    """Take the column of payloads and what came after it away again, as it was before."""
    with writing(state._engine) as con:
        for table in ("period_key", "retirement", "period_step"):
            con.execute(text(f"drop table {table}"))
            if con.dialect.name == "postgresql":
                con.execute(text(f"drop function {table}_is_append_only"))
        con.execute(text("alter table receipt drop column summary_key"))
        con.execute(text("alter table audit drop column payload"))
        con.execute(text("update alembic_version set version_num = '0004'"))
