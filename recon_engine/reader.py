"""Reading ahead: the files of the next date, read by a process beside the night of the present one.

The process shares nothing with the one that asks but the project: state and lake. What it read is
taken only where the run comes to the same key, so a process that dies costs time and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal

from recon_engine.errors import ReconError
from recon_engine.night import missing, take_files
from recon_engine.run import Project, open_beside
from recon_engine.run.ahead import make_ahead
from recon_engine.run.attempt import Ahead, new_run_id

SERVE = """\
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from recon_engine.reader import serve
serve(Path(sys.argv[1]), Connection(int(sys.argv[2])))
"""


@dataclass(frozen=True)
class Asked:
    """A date to read, on the premise that the date before it gets sealed."""

    day: date
    after: date
    sources: Sequence[str]
    """Those whose files are taken; an inbox is read once for all dates."""


@dataclass(frozen=True)
class Reading:
    """What there is for a date before its run: sources that are away, and what was made of it."""

    run_id: str
    not_pulled: Mapping[str, ReconError] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=dict)


class Reader:
    """One end of the pipe to a process that reads; the process starts when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._awaited: set[date] = set()

    def begin(self, asked: Asked) -> None:
        """Let the process read a date; where it has died the date is simply not read ahead."""
        try:
            self._door().send(asked)
        except OSError:
            return
        self._awaited.add(asked.day)

    def take(self, day: date) -> Reading | None:
        """Return what was read of a date; None where nobody read it.

        Raises: ReconError where its files could not be taken, as taking them here would.
        """
        if day not in self._awaited:
            return None
        told, found = None, None
        while told != day:  # what was asked for a date that nobody came to is passed over
            try:
                told, found = self._door().recv()
            except (EOFError, OSError):
                self._awaited.clear()
                return None
            self._awaited.discard(told)
        if isinstance(found, ReconError):
            raise found
        assert isinstance(found, Reading)
        return found

    def close(self, *, at_once: bool) -> None:
        """End the process: when it has read what it was asked, or at once."""
        if self._process is None or self._pipe is None:
            return
        self._pipe.close()
        if at_once:
            self._process.kill()
        self._process.wait()

    def _door(self) -> Connection:
        if self._pipe is None:
            self._pipe, theirs = Pipe()
            with theirs:
                fd = theirs.fileno()
                command = [sys.executable, "-c", SERVE, str(self._folder), str(fd)]
                self._process = subprocess.Popen(
                    command, pass_fds=[fd], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
                )
        return self._pipe


@contextmanager
def reading_beside(project: Project) -> Iterator[Reader]:
    """Yield a reader of a project's files; its process ends with the block, or with this one."""
    reader = Reader(project.folder)
    try:
        yield reader
    except BaseException:
        reader.close(at_once=True)
        raise
    reader.close(at_once=False)


def read(project: Project, asked: Asked) -> Reading:
    """Return what there is for a date: its files are taken, and what they say is staged.

    Raises: ReconError where files cannot be taken.
    """
    run_id = new_run_id(asked.day)
    away = missing(take_files(project, asked.day, run_id, set(asked.sources)))
    return Reading(run_id, away, make_ahead(project, asked.day, asked.after, run_id))


def serve(folder: Path, pipe: Connection) -> None:
    """Read what is asked over a pipe, until nobody is left to ask."""
    signal(SIGINT, SIG_IGN)  # the one who asks is interrupted too, and says what becomes of it
    busy = threading.Lock()
    with open_beside(folder) as project, ThreadPoolExecutor(1) as beside:

        def answer(asked: Asked) -> None:
            with busy:
                try:
                    found: Reading | ReconError = read(project, asked)
                except ReconError as error:
                    found = error
                pipe.send((asked.day, found))

        while True:
            try:
                asked = pipe.recv()
            except EOFError:
                if busy.locked():
                    os._exit(0)  # who asked is gone, and so is the need
                return
            beside.submit(answer, asked)
