"""A small audit log of every kind of event, and an owner of the database who forges it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from recon_engine.cli.audit import log_lines
from recon_engine.periods import Period
from recon_engine.store.checkpoints import Checkpoints
from recon_engine.store.state import (
    AuditHead,
    LostHeads,
    OutboxRow,
    Receipt,
    Staged,
    State,
    open_state,
)
from recon_engine.verify_audit import Finding, Head, Verification, public_keys

MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
LINKED = ("seq", "at", "actor", "event", "subject", "payload_hash", "previous_hash")
Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Log:
    """A log in a folder: its rows in order, and what is told of it outside."""

    folder: Path
    entries: list[Entry]
    key: Path | None

    @property
    def database(self) -> Path:
        """The SQLite state itself."""
        return self.folder / "state.db"

    @property
    def checkpoints(self) -> Path:
        """The file of checkpoints."""
        return self.folder / "checkpoints.jsonl"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The audit rows."""
        return [row for table, row in self.entries if table == "audit"]

    def others(self) -> list[Entry]:
        """Return the rows that the log tells of."""
        return [entry for entry in self.entries if entry[0] != "audit"]

    def verified(
        self,
        entries: Sequence[Entry] | None = None,
        *,
        outside: bool = True,
        heads: Sequence[Head] = (),
    ) -> list[Finding]:
        """Return what the verifier finds in entries that stand in place of the true ones."""
        path = self.folder / "log.jsonl"
        lines = (
            json.dumps({"table": table, "row": row})
            for table, row in (self.entries if entries is None else entries)
        )
        path.write_text("".join(f"{line}\n" for line in lines))
        return findings(self, path, outside=outside, heads=heads)


def findings(
    log: Log, path: Path, *, outside: bool = True, heads: Sequence[Head] = ()
) -> list[Finding]:
    """Return what the verifier finds in a log, with its checkpoints or without."""
    run = Verification()
    keys = public_keys([log.key.with_name(f"{log.key.name}.pub")] if log.key else [])
    run.verify(path, [log.checkpoints] if outside else [], keys, heads=heads)
    return run.findings


def small_log(folder: Path, url: str = "", key: Path | None = None) -> Log:
    """Return a log with every event there is, and three checkpoints; by default in SQLite."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = Checkpoints(folder / "checkpoints.jsonl", key)
    with closing(open_state(url or f"sqlite:///{folder / 'state.db'}", now=lambda: NOW)) as state:
        _run(state)
        checkpoints.add(state)
        _decide(state)
        checkpoints.add(state)
        _post(state)
        _restore(state)
        _erase(state)
        _close_a_period(state)
        checkpoints.add(state)
        told = [json.loads(line) for line in log_lines(state)]
    return Log(folder, [(one["table"], one["row"]) for one in told], key)


def _run(state: State) -> None:
    state.deliver(
        source="bank", entity="E", file_id="a" * 64, file_name="f", size_bytes=1, modified_ns=1,
        business_date=MONDAY, batch_key="1", late=False, run_id="r1", received_at=NOW,
    )  # fmt: skip
    state.refuse(source="bank", file_name="g", message="no card numbers", run_id="r1")
    state.begin_run("r1", MONDAY, "run", "rules", "0.1.0", "ana", NOW)
    state.finish_run("r1", "stopped", 4, NOW, "held")
    state.resume_run("r1")
    with state.lease(["a"], "r1") as lease:
        lease.renew()
        for key in ("k1", "k1", "k2", "k1"):  # the same, another, and the first one again
            rows = "1" * 64 if key == "k1" else "2" * 64
            staged = [Staged("matching", "a", MONDAY, key, "3" * 64, rows)]
            state.publish(staged, lease, "r1", "4" * 64, [OutboxRow("p0", "mail", "hello")])
    state.complete("E", MONDAY, "r1")
    state.seal("E", MONDAY, "r1")
    state.reopen("E", MONDAY, actor="bob", reason="a late file")
    state.finish_run("r1", "done", 0, NOW)


def _decide(state: State) -> None:
    state.decide(
        kind="unapply", entity="E", reconciliation="n", effective_date=MONDAY, subject_id="i1",
        actor="ana", reason="another customer's", decided_at=NOW,
    )  # fmt: skip
    for batch, verdict in (("b1", "reject"), ("b1", "approve")):
        state.judge(
            batch_id=batch, entity="E", business_date=MONDAY, maker="ana", checker="bob",
            verdict=verdict, reason="checked", decided_at=NOW,
        )  # fmt: skip


def _post(state: State) -> None:
    keys = ["p1", "p2", "p3"]
    state.queue([OutboxRow(key, "journal", f"text {key}", "b1") for key in keys], "r2")
    state.move(keys, "sending", "r2")
    state.move(["p3"], "ambiguous", "r2", "no answer")
    state.record(
        [
            Receipt("p1", "E", MONDAY, "j1", "new", 1, "posted", "D1", MONDAY),
            Receipt("p2", "E", MONDAY, "j2", "new", 1, "rejected", None, None),
        ],
        "r2",
    )
    state.move(["p3"], "dead", "r2", "gave up")
    state.redeliver(["p3"], actor="ann", reason="it is back", run_id="r3")


def _restore(state: State) -> None:
    state.pause(actor="ann", reason="restored", run_id="r4")
    state.move(["p0", "p3"], "waiting", "r4")
    lost = LostHeads((AuditHead(9, "9" * 64),), ())
    state.lift(actor="ann", reason="read back", run_id="r4", runs=["r0"], lost=lost)


def _erase(state: State) -> None:
    state.make_key("E", "2026-02", "age1")
    state.destroy_key("E", "2026-02", actor="cat", reason="400 days")
    state.retire("E", MONDAY, list_sha="5" * 64, files=3, actor="cat", reason="10 years")


def _close_a_period(state: State) -> None:
    closed = state.close_period(
        "E",
        "main",
        Period("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        soft=False,
        effective_date=MONDAY,
        checklist="[]",
        roll_hash="6" * 64,
        head=state.audit_head(),
        actor="cat",
        reason="month end",
    )
    state.open_period(closed, effective_date=MONDAY, actor="ben", reason="a bill came late")


def other(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "1"
    if value[:5] == "2026-":  # a day or a moment
        return value.replace("2026", "2025")
    return f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"


def relinked(rows: Sequence[dict[str, Any]], since: int = 0) -> list[dict[str, Any]]:
    """Return audit rows that follow each other from a place on, whatever they say."""
    made = [dict(row) for row in rows]
    for place in range(since, len(made)):
        row = made[place]
        row["seq"] = place + 1
        row["previous_hash"] = made[place - 1]["hash"] if place else "0" * 64
        row["payload_hash"] = digest(row["payload"])
        row["hash"] = digest(text([row[name] for name in LINKED]))
    return made


def missed(
    changes: Sequence[tuple[str, list[Entry]]], found: Callable[[list[Entry]], list[Finding]]
) -> list[str]:
    """Return the names of changes in which nothing was found."""
    return [name for name, entries in changes if not found(entries)]


def text(told: Any) -> str:
    """Return the one text of something."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def digest(told: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(told.encode()).hexdigest()
