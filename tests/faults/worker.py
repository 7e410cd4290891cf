"""A process that has everything imported, and forks a child for every command.

Started by `machine.py`, with the door preloaded. One JSON object a line: what to run comes on
stdin, how it ended goes to stdout. A child is as fresh as a new process and starts in no time.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from recon_engine.cli import main as recon

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Warm up on a project that is thrown away, then run what is asked for until stdin ends."""
    door, socket = ctypes.CDLL(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    say_to(os.devnull, os.devnull)
    for words in json.loads(sys.argv[3]):
        recon(words)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line), door, socket)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, file=answers, flush=True)


def run(asked: dict[str, Any], door: ctypes.CDLL, socket: int) -> None:
    """Run one command in this process, and end it as a command ends."""
    say_to(f"{asked['said']}.out", f"{asked['said']}.err")
    signal.setitimer(signal.ITIMER_REAL, asked["dies_after"])
    if asked["asks"]:
        door.door_arm(os.fsencode(Path(asked["asks"]).resolve()), socket)
    code = recon(asked["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def say_to(*names: str) -> None:
    """Let stdout and stderr go to files."""
    for number, name in enumerate(names, start=1):
        file = os.open(name, FLAGS, 0o600)
        os.dup2(file, number)
        os.close(file)


if __name__ == "__main__":
    main()
