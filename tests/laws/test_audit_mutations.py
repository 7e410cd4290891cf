"""No change of the audit log, of a row it tells of, or of a checkpoint goes unseen."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from recon_engine import verify_audit
from recon_engine.store.checkpoints import make_keys
from recon_engine.store.state.models import APPEND_ONLY, METADATA
from recon_engine.verify_audit import DONE, STOPPED, UNCHECKED, USAGE, Head
from tests.audit_log import Entry, Log, findings, missed, other, relinked, small_log

HELD_IN_PART = {"outbox": ("key", "kind", "payload", "payload_hash", "state", "tries", "message")}
"""Columns that the log holds of a table that is not append-only."""
EVENTS = {
    "deliver", "refuse", "begin_run", "finish_run", "resume_run", "lease", "renew", "publish",
    "release", "complete", "seal", "reopen", "decide", "reject", "approve", "queue", "sending",
    "ambiguous", "posted", "rejected", "dead", "redeliver", "pause", "waiting", "lift",
    "checkpoint", "make_key", "destroy_key", "retire", "period",
}  # fmt: skip


@pytest.fixture(scope="module", params=["unsigned", "signed"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("log")
    key = folder / "key" if request.param == "signed" else None
    if key is not None:
        make_keys(key)
    made = small_log(folder, key=key)
    assert made.verified() == []
    assert findings(made, made.database) == []
    return made


def with_rows(log: Log, rows: list[dict[str, Any]]) -> list[Entry]:
    """Return the log with other audit rows."""
    return [*(("audit", row) for row in rows), *log.others()]


def test_the_log_has_every_event_and_a_row_of_every_append_only_table(log: Log) -> None:
    assert {row["event"] for row in log.rows} == EVENTS
    assert {table for table, _ in log.entries} >= {*APPEND_ONLY, "run", "outbox"}


def test_every_changed_field_of_every_row_is_found(log: Log) -> None:
    changes = [
        (f"{table} {place} {name}", [*log.entries[:place], (table, changed), *after])
        for place, (table, row) in enumerate(log.entries)
        for after in [log.entries[place + 1 :]]
        for name in HELD_IN_PART.get(table, row)
        for changed in [row | {name: other(row[name])}]
    ]

    assert len(changes) > 300
    assert missed(changes, lambda entries: log.verified(entries, outside=False)) == []


def test_every_dropped_and_every_doubled_row_is_found(log: Log) -> None:
    entries = log.entries
    dropped = [(f"-{n}", [*entries[:n], *entries[n + 1 :]]) for n in range(len(entries))]
    doubled = [(f"+{n}", [*entries[: n + 1], *entries[n:]]) for n in range(len(entries))]

    assert missed([*dropped, *doubled], log.verified) == []


def test_every_two_neighbours_that_changed_places_are_found(log: Log) -> None:
    changes = []
    for place in range(len(log.rows) - 1):
        rows = log.rows
        rows[place : place + 2] = [rows[place + 1], rows[place]]
        changes.append((f"{place} as they were", with_rows(log, rows)))
        numbered = [row | {"seq": n} for n, row in enumerate(rows, start=1)]
        changes.append((f"{place} with new numbers", with_rows(log, numbered)))

    assert missed(changes, lambda entries: log.verified(entries, outside=False)) == []


def test_a_forged_row_is_found_wherever_it_is_put_in(log: Log) -> None:
    forged = log.rows[0] | {"event": "refuse", "payload": "{}", "subject": "forged"}
    changes = []
    for place in range(len(log.rows)):
        fitting = relinked([*log.rows[:place], forged], place)
        changes.append((f"{place}, the next not", with_rows(log, [*fitting, *log.rows[place:]])))
        rows = relinked([*log.rows[:place], forged, *log.rows[place:]], place)
        changes.append((f"{place}, all that follow too", with_rows(log, rows)))
    changes.pop()  # one before the last row is younger than the last checkpoint

    assert missed(changes, log.verified) == []


def test_every_cut_tail_is_found_by_what_stands_outside(log: Log) -> None:
    changes = [(f"{end}", with_rows(log, log.rows[:end])) for end in range(len(log.rows))]

    assert missed(changes, log.verified) == []


def test_a_cut_tail_with_all_its_rows_is_found_by_what_stands_outside_alone(log: Log) -> None:
    end = next(n for n, row in enumerate(log.rows) if row["event"] == "queue")
    sent = ("receipt", "outbox", "outbox_step", "hold", "period_key", "retirement", "period_step")
    kept = [
        e for e in log.others() if e[0] not in sent or (e[0], e[1].get("key")) == ("outbox", "p0")
    ]
    cut = [*(("audit", row) for row in log.rows[:end]), *kept]
    last = log.rows[-1]

    assert log.verified(cut, outside=False) == []
    assert log.verified(cut) != []
    told = log.verified(cut, outside=False, heads=[Head("mail", last["seq"], last["hash"])])
    assert "the tail was cut off" in told[0].problem


def test_a_log_written_anew_from_any_row_on_is_found_by_what_stands_outside(log: Log) -> None:
    changes = []
    for place, row in enumerate(log.rows[:-1]):  # the last row is younger than the last checkpoint
        rows = [*log.rows[:place], row | {"actor": "nobody"}, *log.rows[place + 1 :]]
        changes.append((f"{place}", with_rows(log, relinked(rows, place))))

    assert missed(changes, log.verified) == []
    assert len(missed(changes, lambda entries: log.verified(entries, outside=False))) == len(
        changes
    )


def with_lift(log: Log, *lost: Head) -> list[Entry]:
    """Return the log with a whole new beginning, whose lift says that some heads were lost."""
    rows = [log.rows[0] | {"actor": "nobody"}, *log.rows[1:]]
    (place,) = (n for n, row in enumerate(rows) if row["event"] == "lift")
    told = json.loads(rows[place]["payload"])
    told["lost"]["heads"] = [[head.rows, head.hash] for head in lost]
    rows[place] = rows[place] | {"payload": verify_audit.canonical(told)}
    return with_rows(log, relinked(rows))


def test_heads_that_a_lift_calls_lost_are_notes_once_a_later_head_covers_it(log: Log) -> None:
    old, last = (Head("mail", row["seq"], row["hash"]) for row in (log.rows[4], log.rows[-1]))
    entries = with_lift(log, old)
    new = Head(
        "new", len(log.rows), [row for table, row in entries if table == "audit"][-1]["hash"]
    )

    def problems(*heads: Head) -> list[str]:
        return [one.place for one in log.verified(entries, outside=False, heads=heads)]

    assert problems(old, new) == []
    assert problems(old) == ["mail"]
    assert problems(old, new, last) == ["mail"]


def test_a_lift_that_calls_every_checkpoint_lost_hides_nothing(log: Log) -> None:
    told = [json.loads(line) for line in log.checkpoints.open()]
    entries = with_lift(log, *(Head("", one["count"], one["hash"]) for one in told))
    newest = [row for table, row in entries if table == "audit"][-1]

    found = log.verified(entries, heads=[Head("lake", newest["seq"], newest["hash"])])

    assert {one.place for one in found} == {f"checkpoints.jsonl line {n}" for n in (1, 2, 3)}


def test_a_payload_that_was_emptied_is_found(log: Log) -> None:
    rows = [row | {"payload": ""} for row in log.rows]

    assert len(log.verified(with_rows(log, rows), outside=False)) > len(EVENTS)


@pytest.mark.parametrize("table", [*APPEND_ONLY, "run"])
def test_every_column_that_is_changed_behind_the_triggers_is_found(
    log: Log, tmp_path: Path, table: str
) -> None:
    unseen = []
    for column in METADATA.tables[table].columns:
        victim = tmp_path / f"{column.name}.db"
        shutil.copy(log.database, victim)
        with closing(sqlite3.connect(victim)) as con:
            for (name,) in con.execute("select name from sqlite_master where type = 'trigger'"):
                con.execute(f"drop trigger {name}")
            con.execute("pragma ignore_check_constraints = on")
            query = f"select rowid, {column.name} from {table} order by rowid desc limit 1"
            ((rowid, value),) = con.execute(query)
            con.execute(
                f"update {table} set {column.name} = ? where rowid = ?", (other(value), rowid)
            )
            con.commit()
        if not findings(log, victim):
            unseen.append(column.name)

    assert unseen == []


class Lines:
    """The lines of a checkpoint file, which a test changes and puts back."""

    def __init__(self, log: Log) -> None:
        self.log, self.true = log, log.checkpoints.read_bytes()

    def found(self, changed: bytes) -> bool:
        """Tell whether the verifier finds a changed file."""
        self.log.checkpoints.write_bytes(changed)
        try:
            return bool(findings(self.log, self.log.database))
        finally:
            self.log.checkpoints.write_bytes(self.true)


def test_every_changed_byte_of_every_checkpoint_is_found(log: Log) -> None:
    lines = Lines(log)

    unseen = [
        n
        for n in range(len(lines.true))
        if not lines.found(lines.true[:n] + bytes([lines.true[n] ^ 1]) + lines.true[n + 1 :])
    ]

    assert unseen == []


def test_every_dropped_swapped_doubled_and_cut_checkpoint_is_found(log: Log) -> None:
    lines = Lines(log)
    a, b, c = lines.true.splitlines(keepends=True)

    for changed in (b + c, a + c, a + b, b + a + c, a + c + b, a + a + b + c, a, b, c, b""):
        assert lines.found(changed), changed
    for end in range(0, len(lines.true), 7):
        assert lines.found(lines.true[:end]), end


def test_a_forged_checkpoint_is_found_even_where_it_tells_the_truth(log: Log) -> None:
    lines = Lines(log)
    a, b, c = lines.true.splitlines(keepends=True)
    told = json.loads(c) | {"previous": verify_audit.digest(c.decode().rstrip("\n"))}
    forged = verify_audit.canonical(told).encode() + b"\n"

    assert lines.found(lines.true + forged)
    assert lines.found(a + b + forged)


def test_lines_and_log_forged_together_are_found_by_the_signature(log: Log) -> None:
    """Whoever owns database and file can write both anew; not so that the key vouches for it."""
    rows = [log.rows[0] | {"actor": "nobody"}, *log.rows[1:]]
    before, forged = "0" * 64, b""
    events = [n for n, row in enumerate(rows) if row["event"] == "checkpoint"]
    for place, line in zip(events, log.checkpoints.read_bytes().splitlines(), strict=True):
        rows = relinked(rows)
        told = json.loads(line) | {"hash": rows[place - 1]["hash"], "previous": before}
        made = verify_audit.canonical(told)
        before, forged = verify_audit.digest(made), forged + made.encode() + b"\n"
        rows[place]["payload"] = verify_audit.canonical({"lines": [before]})
    true = log.checkpoints.read_bytes()

    try:
        log.checkpoints.write_bytes(forged)
        told_of = {one.problem for one in log.verified(with_rows(log, relinked(rows)))}
    finally:
        log.checkpoints.write_bytes(true)

    wrong = {"found another signature, expected one of a key that was given"}
    assert told_of == (wrong if log.key else set())


def test_signatures_that_were_taken_away_are_missed(log: Log) -> None:
    made = [json.loads(line) | {"signature": ""} for line in log.checkpoints.open()]
    changed = "".join(verify_audit.canonical(one) + "\n" for one in made)

    assert Lines(log).found(changed.encode()) == bool(log.key)


def alone(*words: object) -> tuple[int, str]:
    """Run the verifier in a Python that knows nothing of the project."""
    command = [sys.executable, "-I", verify_audit.__file__, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_it_runs_alone_and_its_exit_code_tells(log: Log, tmp_path: Path) -> None:
    outside = ("--checkpoints", log.checkpoints)
    key = ("--public-key", f"{log.key}.pub") if log.key else ()
    last = log.rows[-1]

    code, said = alone("--log", log.database, *outside, *key)
    assert (code, "3 checkpoints" in said) == (DONE, True)
    assert ("checked" if log.key else "unsigned") in said
    code, said = alone("--log", log.database, *outside)
    assert code == (UNCHECKED if log.key else DONE)
    assert ("signatures not checked" in said) == bool(log.key)
    assert alone("--log", log.database, "--head", f"{last['seq']}:{last['hash']}")[0] == DONE
    assert alone("--log", log.database, "--head", f"{last['seq']}:{'0' * 64}")[0] == STOPPED
    assert alone("--log", tmp_path / "none")[0] == USAGE
    code, said = alone("--log", log.database, "--json")
    assert json.loads(said)["hash"] == last["hash"]
