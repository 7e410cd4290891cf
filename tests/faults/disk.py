"""What stands on a disk when the process dies or the power goes, before each durable call.

Three disks at every call. `killed`: what the kernel holds, as after SIGKILL. `lost`: only what was
synced; a name counts where its folder was synced after it was made, moved or removed. `torn`: all
names as the kernel holds them, over bytes that were never synced: the other end of what a crash may
leave.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.machine import GO_ON, Call

MODES = ("killed", "lost", "torn")
UNREAD = re.compile(r"(^|/)(\.tmp-|lake/staging/|lake/spill/)")
"""Unfinished files: no reader looks, so that their content is no state of its own."""
DIGITS = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Disk:
    """Files with their bytes and times, and folders, by their path under the project."""

    files: Mapping[str, tuple[bytes, int]]
    folders: frozenset[str]

    def write(self, target: Path) -> Path:
        """Put all of it into a new folder."""
        target.mkdir()
        for name in sorted(self.folders):
            (target / name).mkdir()
        for name, (content, modified_ns) in self.files.items():
            (target / name).write_bytes(content)
            os.utime(target / name, ns=(modified_ns, modified_ns))
        return target

    def key(self) -> str:
        """Return the same text for disks that no program of the house tells apart.

        A database counts by what it holds once SQLite has read its log, unfinished files by their
        place and kind.
        """
        told = [f"{name}/" for name in sorted(self.folders) if not UNREAD.search(name)]
        for name, (content, _) in sorted(self.files.items()):
            if name.startswith("state.db"):
                continue
            if UNREAD.search(name):
                told.append(DIGITS.sub("*", name))
            else:
                told.append(f"{name} {hashlib.sha256(content).hexdigest()}")
        pair = (self.files.get(name, (b"",))[0] for name in ("state.db", "state.db-wal"))
        return "\n".join([*sorted(told), rows_of(*pair)])


HELD: dict[bytes, str] = {}


def rows_of(database: bytes, log: bytes) -> str:
    """Return a hash of all rows of a database, which must be whole; its log is read first."""
    pair = hashlib.sha256(hashlib.sha256(database).digest() + log).digest()
    if pair not in HELD:
        with opened(database, log) as con:
            assert con.execute("pragma integrity_check").fetchall() == [("ok",)]
            text = "\n".join(con.iterdump())
        HELD[pair] = hashlib.sha256(text.encode()).hexdigest()
    return HELD[pair]


COMMITS = "select (select count(*) from dataset_version), (select count(*) from receipt)"
COUNTED: dict[bytes, tuple[int, int]] = {}


def committed(disk: Disk) -> tuple[int, int]:
    """Return how many versions and receipts a reader finds."""
    pair = [disk.files.get(name, (b"",))[0] for name in ("state.db", "state.db-wal")]
    known = hashlib.sha256(b"|".join(pair)).digest()
    if known not in COUNTED:
        with opened(*pair) as con:
            COUNTED[known] = con.execute(COMMITS).fetchone()
    return COUNTED[known]


LEFT = """
select 'version', stage, scope, version, logical_hash from dataset_version union all
select 'delivery', file_id, '', '', '' from delivery union all
select 'closing', entity, business_date, step, '' from closing union all
select 'lease', key, holder is null, '', '' from lease union all
select 'run', status, '', '', '' from run union
select 'outbox', key, state, '', '' from outbox union all
select 'receipt', posting_key, '', '', '' from receipt union all
select 'verdict', batch_id, verdict, '', '' from verdict order by 1, 2, 3, 4, 5
"""
UNTOLD = re.compile(r"lake/(manifests|parts|results|runs)/[^/]+")


def shape(folder: Path) -> str:
    """Return the same text for what two runs left, where they differ only in moments and names."""
    told = {UNTOLD.sub(r"lake/\1/*", str(path.relative_to(folder))) for path in folder.rglob("*")}
    pair = [folder / "state.db", folder / "state.db-wal"]
    with opened(*(path.read_bytes() if path.exists() else b"" for path in pair)) as con:
        rows = [str(row) for row in con.execute(LEFT)]
    return "\n".join([*sorted(DIGITS.sub("*", name) for name in told), *rows])


@contextmanager
def opened(database: bytes, log: bytes) -> Iterator[sqlite3.Connection]:
    """Give a copy of a database, whose log SQLite has read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        path.write_bytes(database)
        if log:
            path.with_name("state.db-wal").write_bytes(log)
        with closing(sqlite3.connect(path)) as con:
            yield con


@dataclass
class Watch:
    """Watches one command from the door, and calls `see` with every disk that is a new state."""

    root: Path
    see: Callable[[str, Call, str, Disk], None]
    calls: list[Call] = field(default_factory=list)
    _names: dict[str, dict[str, int]] = field(default_factory=dict)
    _synced: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    _held: dict[int, int] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _lost: Disk | None = None

    def __post_init__(self) -> None:
        """All that is there when the command starts is on the disk."""
        for folder, entries in self._listing():
            self._names[folder] = {entry.name: entry.inode() for entry in entries}
            for entry in entries:
                if entry.is_file():
                    self._synced[entry.inode()] = content_of(Path(entry.path))

    def __call__(self, call: Call) -> str:
        """Look at the disks before a call is made, and let it be made."""
        self.calls.append(call)
        now, torn, places = self._now()
        self._lost = self._lost or self._what_is_synced()
        for mode, disk in zip(MODES, (now, self._lost, torn), strict=True):
            key = mode, disk.key()
            if key not in self._seen:
                self._seen.add(key)
                self.see(mode, call, key[1], disk)
        if call.kind == "sync":
            self._sync(call.path, places)
        return GO_ON

    def close(self) -> None:
        """Let go of the files that were held so that no number of theirs is used twice."""
        for handle in self._held.values():
            os.close(handle)

    def _listing(self) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            with os.scandir(self.root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            yield folder, entries
            waiting += [under(folder, entry.name) for entry in entries if entry.is_dir()]

    def _now(self) -> tuple[Disk, Disk, dict[str, dict[str, int]]]:
        files, old, folders, places = {}, {}, set[str](), dict[str, dict[str, int]]()
        for folder, entries in self._listing():
            places[folder] = {entry.name: entry.inode() for entry in entries}
            for entry in entries:
                name, number = under(folder, entry.name), entry.inode()
                if entry.is_dir():
                    folders.add(name)
                    continue
                if number not in self._held:
                    self._held[number] = os.open(entry.path, os.O_PATH)
                files[name] = content_of(Path(entry.path))
                old[name] = self._synced.get(number, (b"", files[name][1]))
        return Disk(files, frozenset(folders)), Disk(old, frozenset(folders)), places

    def _what_is_synced(self) -> Disk:
        files, folders, waiting = dict[str, tuple[bytes, int]](), set[str](), [""]
        while waiting:
            folder = waiting.pop()
            for entry, number in self._names.get(folder, {}).items():
                name = under(folder, entry)
                if number in self._synced or number in self._held:
                    files[name] = self._synced.get(number, (b"", 0))
                else:
                    folders.add(name)
                    waiting.append(name)
        return Disk(files, frozenset(folders))

    def _sync(self, path: Path, places: dict[str, dict[str, int]]) -> None:
        name = "" if path == Path() else str(path)
        if name in places:
            self._names[name] = places[name]
        elif (self.root / path).exists():
            self._synced[(self.root / path).stat().st_ino] = content_of(self.root / path)
        self._lost = None


def under(folder: str, name: str) -> str:
    """Return a path below a folder; the empty name is the project itself."""
    return f"{folder}/{name}" if folder else name


KEPT: dict[str, tuple[tuple[int, int], tuple[bytes, int]]] = {}
FINAL = re.compile(r"/lake/(landing|parts|manifests|results|rulebooks)/[0-9a-f]{64}")


def content_of(path: Path) -> tuple[bytes, int]:
    """Return the bytes and the time of a file; one under its hash is read once."""
    found = path.stat()
    if not FINAL.search(str(path)):
        return path.read_bytes(), found.st_mtime_ns
    seen = found.st_size, found.st_mtime_ns
    if KEPT.get(str(path), (None,))[0] != seen:
        KEPT[str(path)] = seen, (path.read_bytes(), found.st_mtime_ns)
    return KEPT[str(path)][1]
