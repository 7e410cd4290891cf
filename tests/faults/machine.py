"""A machine that can be stopped at any durable call: runs commands and answers at the door."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
GO_ON, KILL, FULL, SILENT = "c", "k", "n", "i"
"""Answers at the door: go on; die here; the disk is full from now on; it does not answer."""
KILLED, TIMED_OUT = -signal.SIGKILL, -signal.SIGALRM
SECONDS = 120
"""A command that takes longer hangs."""


@dataclass(frozen=True)
class Call:
    """One durable call, before it is made: numbers start with 1, paths in the project."""

    number: int
    kind: str
    path: Path
    second: Path | None
    size_bytes: int

    def __str__(self) -> str:
        to = f" to {self.second.name}" if self.second else ""
        return f"call {self.number}: {self.kind} {self.path}{to}"


@dataclass(frozen=True)
class Ending:
    """How a command ended, what it printed, and how many durable calls it made up to a fault."""

    code: int
    out: str
    err: str
    calls: int


Answer = Callable[[Call], str]


def go_on(_call: Call) -> str:
    """Let every call be made."""
    return GO_ON


def compile_door(folder: Path) -> Path | None:
    """Return the compiled door, or nothing where this machine has no C compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None or sys.platform != "linux":
        return None
    made = folder / "door.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-U_FORTIFY_SOURCE", "-o", str(made)]
    subprocess.run([*command, str(HERE / "door.c"), "-ldl", "-lpthread"], check=True)
    return made


class Machine:
    """Runs commands one at a time in children of one warm process."""

    def __init__(self, door: Path, warm_up: Sequence[Sequence[str]], said: Path) -> None:
        self._said = said
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        number = str(theirs.fileno())
        command = [sys.executable, "-m", "tests.faults.worker", str(door), number]
        self._process = subprocess.Popen(
            [*command, json.dumps(warm_up)],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(door), "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            text=True,
        )
        theirs.close()
        assert self._read() == "ready"

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ours.close()
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def run(
        self, folder: Path, *words: object, answer: Answer | None = None, dies_after: float = 0
    ) -> Ending:
        """Run one command on a project; `answer` is asked before each of its durable calls.

        It dies at the instruction it has come to after so many seconds, if any are given.
        """
        said = [*map(str, words), "--project", str(folder)]
        asked = {
            "words": said,
            "said": str(self._said),
            "asks": str(folder) if answer else "",
            "dies_after": dies_after or SECONDS,
        }
        assert self._process.stdin is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        calls, waiting = 0, b""
        while answer is not None:
            ready, _, _ = select.select([self._ours, self._process.stdout], [], [])
            if self._ours not in ready:
                break
            waiting += self._ours.recv(65536)
            while b"\n" in waiting:
                line, _, waiting = waiting.partition(b"\n")
                calls += 1
                self._ours.sendall(answer(call_of(calls, line, folder)).encode())
        code = int(self._read())
        out, err = (
            self._said.with_name(f"{self._said.name}.{name}").read_text(errors="replace")
            for name in ("out", "err")
        )
        return Ending(code, out, err, calls)

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the worker died"
        return line.strip()


def call_of(number: int, line: bytes, folder: Path) -> Call:
    """Return what stood at the door."""
    kind, path, second, size = os.fsdecode(line).split("\t")
    root = folder.resolve()
    to = Path(second).relative_to(root) if second else None
    return Call(number, kind, Path(path).relative_to(root), to, int(size))
