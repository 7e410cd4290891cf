"""Adds an audit log up again, and imports nothing of the engine that wrote it.

    python -I recon_engine/verify_audit.py --log state.db [--checkpoints FILE] [--public-key FILE]
        [--lake LAKE] [--head COUNT:HASH] [--json]

The log is a SQLite state, only read, or what `recon audit export` wrote. First the chain: each row
follows the one before and has its own hash and that of its payload. Then the rows: deliveries,
decisions, versions, verdicts, receipts, runs, closings and what waits to be sent are what the
payloads tell, none more, none less. Then the heads that stand outside: in checkpoint lines, in the
lake's manifests and, by `--head`, in a mail. The chain must pass through every one.
Exit: 0 nothing differs, 3 nothing differs but signatures were not checked, 4 something differs or
cannot be read, 2 a wrong call.

What it cannot see. A chain that fits itself shows no cut tail and no new writing of its end: only a
head outside does, as far as it reaches. Unsigned lines hold against whoever cannot write their
file. Rows of an older recon have no payload: they are counted, not compared. Leases and the
subjects of what is sent are held by nothing. Heads that a lift put on record as lost by a restore
are notes, not findings, once a later head stands outside: ask who lifted, and why.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sqlite3
import sys
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

DONE, USAGE, UNCHECKED, STOPPED = 0, 2, 3, 4
START = "0" * 64
SHOWN = 10  # findings of one kind that are listed
LINKED = ("seq", "at", "actor", "event", "subject", "payload_hash", "previous_hash")
KEYS = {"audit": "seq", "dataset_version": "created_seq", "receipt": "posting_key"}
KEYS |= {"run": "run_id", "outbox": "key", "outbox_step": "step_seq"}
NUMBERED = {"delivery", "decision", "verdict", "closing", "hold", "period_key", "period_step"}
KEYS |= {name: f"{name}_seq" for name in (*NUMBERED, "retirement")}
ROWS = {"deliver": "delivery", "decide": "decision", "approve": "verdict", "reject": "verdict"}
ROWS |= {"posted": "receipt", "rejected": "receipt", "begin_run": "run", "retire": "retirement"}
ROWS |= dict.fromkeys(("complete", "seal", "reopen"), "closing") | {"period": "period_step"}
ROWS |= dict.fromkeys(("make_key", "destroy_key"), "period_key") | {"pause": "hold", "lift": "hold"}
MOVES = {"waiting", "sending", "sent", "ambiguous", "dead", "posted", "rejected"}
MOVES |= {"pause", "redeliver"}
RUNNING = {"exit_code": None, "finished_at": None}
MOMENTS = re.compile(r"at|\w+_at")
FIELDS = {"count", "hash", "at", "run_id", "previous", "key", "signature"}
SIGNED = b"recon checkpoint 1\n"
Row = dict[str, Any]


class Finding(NamedTuple):
    """One thing that is not as it must be: where, what was found, what was expected."""

    place: str
    problem: str


class Head(NamedTuple):
    """A place of the chain as it is told outside: where it is told, rows up to it, their hash."""

    place: str
    rows: int
    hash: str


def main(argv: list[str]) -> int:
    """Verify one log as the command line asks; print what differs, one line each."""
    parser = argparse.ArgumentParser("verify_audit")
    add, several = parser.add_argument, dict[str, Any](action="append", default=[])
    add("--log", type=Path, required=True, help="SQLite state, or exported log")
    add("--checkpoints", type=Path, help="file of checkpoints; may repeat", **several)
    add("--public-key", type=Path, help="key of their signatures; may repeat", **several)
    add("--head", metavar="COUNT:HASH", help="from a mail; may repeat", **several)
    add("--lake", type=Path, help="folder whose manifests tell heads")
    add("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(argv)
    run = Verification()
    try:
        keys = public_keys(asked.public_key)
        given = (text.partition(":") for text in asked.head)
        heads = [Head(f"head {rows}", int(rows), sha) for rows, _, sha in given]
        run.verify(asked.log, asked.checkpoints, keys, asked.lake, heads)
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        print(f"{asked.log}: found no log ({error}); nothing was verified", file=sys.stderr)
        return USAGE
    told = [finding._asdict() for finding in run.findings]
    if asked.public_key and not keys:
        run.signatures = "not checked"  # for want of the package
    if asked.json:
        head = {"count": run.last, "hash": run.chain[run.last], "signatures": run.signatures}
        print(json.dumps(head | {"notes": run.notes, "findings": told}, indent=1))
    else:
        print("\n".join([*map(": ".join, run.findings), *run.notes]))
    unchecked = run.signatures == "not checked"
    return STOPPED if run.findings else UNCHECKED if unchecked else DONE


class Verification:
    """One log under verification: its chain, what its payloads tell, and what was found so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.found: Counter[str] = Counter()
        self.chain, self.last = {0: START}, 0
        self.bare: list[int] = []
        self.migrated, self.uncovered = False, dict[str, int]()
        self.due: dict[str, dict[object, Row]] = {table: {} for table in KEYS}
        self.generations: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        self.named: dict[str, int] = {}
        self.lines: list[tuple[str, str]] = []  # place and hash
        self.heads: list[Head] = []
        self.lost: dict[tuple[Any, ...], int] = {}  # heads, and the audit rows that say so
        self.gone: Counter[int] = Counter()
        self.signatures = "none"

    def find(self, place: str, problem: str) -> None:
        """Note a finding; of many in one kind of place, those after the first ones are one."""
        self.found[kind := re.split("[ /]", place)[0]] += 1
        if self.found[kind] <= SHOWN:
            self.findings.append(Finding(place, problem))
        elif self.found[kind] == SHOWN + 1:
            self.findings.append(Finding(kind, f"found over {SHOWN} differences, expected none"))

    @property
    def notes(self) -> list[str]:
        """What was verified, and what could not be."""
        outside = f"passes through {len(self.heads) - self.gone.total()} heads from outside"
        outside = outside if self.heads else "no head from outside: a cut tail would not show"
        said = [f"{self.last} audit rows, ending with {self.chain[self.last]}; {outside}"]
        bare, lines = len(self.bare), len(self.lines)
        for seq, number in self.gone.items():
            said.append(f"heads lost by a restore, on record in audit row {seq}: {number}")
        said += [f"{bare} rows are older than payloads and were not compared"] if bare else []
        return said + ([f"{lines} checkpoints, signatures {self.signatures}"] if lines else [])

    def verify(
        self,
        log: Path,
        checkpoints: Sequence[Path] = (),
        keys: dict[str, Any] | None = None,
        lake: Path | None = None,
        heads: Iterable[Head] = (),
    ) -> None:
        """Verify a log against itself and against all that is told of it outside.

        What stands outside is read first, so that a log that grows meanwhile is never too short
        for it; files of checkpoints are read once more after it, so that they never are either.
        Raises: OSError, ValueError, sqlite3.Error where the log is none.
        """
        self.heads = [*heads, *self._told_by(lake)]
        for path in checkpoints:
            self._check_lines(path, keys or {})
        for table, row in read_log(log):
            if table == "audit":
                self._check_link(row)
            else:
                self._check_row(table, row)
        for seq in () if self.migrated else self.bare:
            self.find(f"audit row {seq}", "has no payload, expected that of its hash")
        for table, left in self.due.items():
            for key in left:
                self.find(f"{table} {key}", "the row is gone, expected it as the audit log tells")
        lines = {place for place, _ in self.lines}  # signed, if there is a key
        good = (head for head in self.heads if self.chain.get(head.rows) == head.hash)
        covered = max((head.rows for head in good if not lines or head.place in lines), default=0)
        for head in self.heads:
            self._check_head(head, covered)
        if checkpoints:
            self._check_named({sha for path in checkpoints for sha, _ in raw_lines(path)})

    def _told_by(self, lake: Path | None) -> Iterator[Head]:
        for path in sorted(lake.glob("manifests/[0-9a-f]*.json")) if lake else ():
            try:
                told = json.loads(path.read_bytes())
                if told.get("audit_hash"):
                    yield Head(f"manifests/{path.name}", told["audit_count"], told["audit_hash"])
            except (OSError, ValueError, KeyError, AttributeError) as error:
                self.find(f"manifests/{path.name}", f"found no manifest ({error}), expected one")

    def _check_lines(self, path: Path, keys: dict[str, Any]) -> None:
        """Hold the lines of a file against each other; an unsigned one may not follow a signed."""
        before, signed = START, False
        for number, (sha, raw) in enumerate(raw_lines(path), start=1):
            place = f"{path.name} line {number}"
            try:
                told = json.loads(raw)
                if told.keys() != FIELDS or canonical(told).encode() != raw.removesuffix(b"\n"):
                    raise ValueError("another form")
                if not raw.endswith(b"\n"):
                    raise ValueError("no end; a crash may have cut it, the next command mends it")
                self.heads.append(Head(place, int(told["count"]), str(told["hash"])))
            except (ValueError, TypeError, AttributeError) as error:
                self.find(place, f"found {str(error)[:80]}, expected a checkpoint")
            else:
                if told["previous"] != before:
                    self.find(place, "does not follow the line before; a line is gone or changed")
                if told["signature"]:
                    self._check_signature(place, told, keys)
                elif signed:
                    self.find(place, "found no signature, expected one as on the lines before")
                signed = signed or bool(told["signature"])
            before = sha
            self.lines.append((place, sha))
        if keys and self.lines and not signed:
            self.find(path.name, "found no signature, expected those of the key that was given")
        elif self.lines and self.signatures == "none":
            self.signatures = "none: unsigned"

    def _check_signature(self, place: str, told: Row, keys: dict[str, Any]) -> None:
        """Hold the signature of a line against the keys that were given; without one nobody can."""
        if not keys:
            self.signatures = "not checked"
            return
        from cryptography.exceptions import InvalidSignature

        self.signatures = "checked" if self.signatures != "not checked" else self.signatures
        text = canonical({name: value for name, value in told.items() if name != "signature"})
        try:
            signature = b64decode(told["signature"], validate=True)
            keys[told["key"]].verify(signature, SIGNED + text.encode())
        except (KeyError, TypeError, ValueError, InvalidSignature):
            self.find(place, "found another signature, expected one of a key that was given")

    def _check_link(self, row: Row) -> None:
        """Hold an audit row against the one before, and remember what its payload tells."""
        place, due = f"audit row {row['seq']}", self.last + 1
        if row["seq"] != due:
            self.find(place, f"found it in the place of row {due}; rows were taken out or put in")
        if row["previous_hash"] != self.chain[self.last]:
            self.find(place, "does not name the hash of the row before; the log was changed here")
        if digest(canonical([plain(name, row[name]) for name in LINKED])) != row["hash"]:
            self.find(place, "has another hash than its fields give; it was changed")
        self.last = row["seq"]
        self.chain[self.last] = row["hash"]
        if digest(row["payload"]) == row["payload_hash"]:
            self._remember(row, json.loads(row["payload"]))
        elif row["payload"] or self.migrated:
            self.find(place, "has another payload than its hash says; it was changed")
        else:
            self.bare.append(due)  # an older recon's, if a row that says so is still to come

    def _remember(self, row: Row, told: Any) -> None:
        """Take what an event wrote into the rows that must be there."""
        event, subject = row["event"], row["subject"]
        for step in told.pop("steps", ()) if event in MOVES else ():
            self._put("outbox_step", step)
            moved = {name: step[name] for name in ("state", "tries", "message")}
            self.due["outbox"].setdefault(step["key"], {}).update(moved)
        if event == "lift":
            lost = told.pop("lost")
            self.lost |= dict.fromkeys(map(tuple, lost["heads"]), row["seq"])
            self.named |= dict.fromkeys(lost["lines"], row["seq"])
        if event == "migrate":
            self.migrated = len(self.bare) == row["seq"] - 1
            self.uncovered = dict(told["rows"])
        elif event == "checkpoint":
            self.named |= dict.fromkeys(told["lines"], row["seq"])
        elif event in ("publish", "queue"):
            for version in told.get("versions", ()):
                self._remember_version(version)
            self._queue(told["outbox"])
        elif event in ("resume_run", "finish_run"):
            self.due["run"].setdefault(subject, {}).update(told)
        elif event in ROWS and told:
            self._put(ROWS[event], told)

    def _put(self, table: str, told: Row) -> None:
        self.due[table][told[KEYS[table]]] = told | (RUNNING if table == "run" else {})

    def _remember_version(self, told: Row) -> None:
        """A version that stood before is told again by whoever found it unchanged."""
        number = told["created_seq"]
        if number not in self.due["dataset_version"]:
            same = (told["stage"], told["scope"], told["business_date"], told["run_key"])
            self.generations[same] += 1
            self._put("dataset_version", told | {"generation": self.generations[same]})

    def _queue(self, payloads: dict[str, str]) -> None:
        new = {"payload_hash": True, "state": "waiting", "tries": 0, "message": ""}
        for key, sha in payloads.items():
            self.due["outbox"].setdefault(key, {"payload": sha} | new)

    def _check_row(self, table: str, row: Row) -> None:
        """Hold a stored row against what the log tells of it."""
        key = row.get(KEYS[table])
        place, due = f"{table} {key}", self.due[table].pop(key, None)
        if due is None:
            self.uncovered[table] = self.uncovered.get(table, 0) - 1
            if self.uncovered[table] < 0:
                self.find(place, "no audit row tells of it, expected none; it was put in")
            return
        if table == "outbox":
            packed = digest(f"{row['kind']}\n{row['payload']}") == row["payload_hash"]
            row = row | {"payload": digest(row["payload"]), "payload_hash": packed}
        names = due.keys() if table == "outbox" else due.keys() | row.keys()
        for name in sorted(names):
            found, told = (plain(name, one.get(name, "nothing")) for one in (row, due))
            if found != told and (found is not None or name in due):  # a column came later
                what = f"found {name} {str(found)[:80]!r}, expected {str(told)[:80]!r}"
                self.find(place, f"{what}, as the audit log tells")

    def _check_head(self, head: Head, covered: int) -> None:
        """Hold a head against the chain, which heads cover so far; a lift may say it was lost."""
        found = self.chain.get(head.rows)
        lifted = self.lost.get((head.rows, head.hash), covered + 1)
        if found != head.hash and lifted <= covered:
            self.gone[lifted] += 1
        elif head.rows > self.last:
            problem = f"tells of {head.rows} audit rows, found {self.last}; the tail was cut off"
            self.find(head.place, problem)
        elif found != head.hash:
            said = f"tells {head.hash[:12]} of audit row {head.rows}, found {str(found)[:12]}"
            self.find(head.place, f"{said}; the log or this was written anew")

    def _check_named(self, there: set[str]) -> None:
        """Every line on record is there, and every line that is there is on record."""
        for sha, seq in self.named.items():
            if sha not in there:
                self.find(f"audit row {seq}", f"tells of checkpoint {sha[:12]}, found none such")
        for place, sha in self.lines:
            if sha not in self.named:
                said = "no audit row tells of it; unless a command is just ending or was killed, "
                self.find(place, f"{said}it was changed or put in")


def read_log(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a log with their tables, the audit rows first.

    Raises: ValueError, OSError, sqlite3.Error where it is neither a state nor an exported log.
    """
    with path.open("rb") as lines:
        if lines.peek(15)[:15] != b"SQLite format 3":
            for line in lines:
                told = json.loads(line)
                yield told["table"], told["row"]
            return
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as con:
        con.row_factory = sqlite3.Row
        con.execute("begin")  # one state of all tables, whoever writes meanwhile
        for table, key in KEYS.items():
            query = f"select * from {table} order by {key}"  # noqa: S608
            yield from ((table, dict(row)) for row in con.execute(query))


def raw_lines(path: Path) -> list[tuple[str, bytes]]:
    """Return the lines of a file of checkpoints, each with the hash that the next one names."""
    if not path.exists():
        return []
    found = path.read_bytes().splitlines(keepends=True)
    return [(hashlib.sha256(line.removesuffix(b"\n")).hexdigest(), line) for line in found]


def public_keys(paths: Sequence[Path]) -> dict[str, Any]:
    """Return public keys by the names that checkpoints call them; none without `cryptography`.

    Raises: ValueError where a file is no such key.
    """
    try:
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        return {}
    found = [load_pem_public_key(path.read_bytes()) for path in paths]
    if any("Ed25519" not in type(key).__name__ for key in found):
        raise ValueError("a key of another kind than Ed25519")
    raw: list[Any] = [*found]
    return {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]: key for key in raw}


def plain(name: str, value: Any) -> Any:
    """Return a value as the log tells it, however the database keeps it: moments in UTC."""
    if not MOMENTS.fullmatch(name) or not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def canonical(told: Any) -> str:
    """Return the one text of something: sorted keys, no spaces, ASCII."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def digest(text: object) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(str(text).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
