"""A real Airflow on this machine alone, with the demo's last night in it.

usage: python docker/local.py [--no-wait] [--out DIR] [--days N] [--seed N]

The nights before the last run by `recon demo` while Airflow's four parts start; then the last one
is asked for by REST. Everything ends with this program: Ctrl-C, SIGTERM, or --no-wait after the
night. What Airflow keeps, logs too, stands in `.airflow` until the next start.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".airflow"
PROGRAMS = Path(sys.executable).parent
PARTS = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),  # its server of logs would listen to the whole network
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
USER = "admin"
DAG = "nightly_settlement"
MARK = "RECON_LOCAL_AIRFLOW"
"""Every process of ours carries it in its environment, whoever started it."""
START_SECONDS, NIGHT_SECONDS, STOP_SECONDS, POLL_SECONDS = 240, 900, 8, 2
INTERRUPTED, STOPPED = 130, 4


class Failed(Exception):
    """What did not work; the message is for the person at the terminal."""


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class Airflow:
    """Four processes, each in a group of its own, and the API they answer at."""

    def __init__(self, project: Path) -> None:
        self.port, self.password = free_port(), secrets.token_urlsafe(9)
        self.address = f"http://127.0.0.1:{self.port}"
        self.mark, self.token = secrets.token_hex(8), ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir()
        passwords = HOME / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({USER: self.password}))
        settings = {
            "API__BASE_URL": self.address,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__SECRET_KEY": secrets.token_hex(32),
            "API__WORKERS": "1",
            "API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "4",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "3600",  # nobody edits a DAG in a demo
            "LOGGING__NAMESPACE_LEVELS": "great_expectations=WARNING",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "TRIGGERER__DEFAULT_CAPACITY": "10",
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        self.environment = {
            **os.environ,
            "AIRFLOW_HOME": str(HOME),
            "AIRFLOW_VAR_RECON_PROJECT": str(project),
            MARK: self.mark,
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        }

    def run(self, name: str, *words: str) -> None:
        """Start one program of Airflow; its output goes to a log."""
        with (HOME / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [str(PROGRAMS / "airflow"), *words],
                env=self.environment,
                cwd=HOME,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        """Take the next step of the start that is due: make the database, then the four parts."""
        if "migrate" not in self.processes:
            self.run("migrate", "db", "migrate")
        for name, process in self.processes.items():
            code = process.poll()
            if code is not None and (code, name) != (0, "migrate"):
                raise Failed(f"airflow: {name} ended with {code}; see {HOME / name}.log")
        if self.processes["migrate"].returncode == 0 and len(self.processes) == 1:
            for part, options in PARTS.items():
                self.run(part, part, *options)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what the API answers; None where there is no answer yet."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own loopback
            f"{self.address}{path}", data, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            if error.code in (404, 500, 503):
                return None
            raise Failed(
                f"airflow: {method} {path}: {error.code} {error.read()[:300]!r}"
            ) from error
        except (URLError, OSError):
            return None

    def wait_for_dag(self) -> None:
        """Wait until the API answers and the processor has read our DAG; then let it run."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            self.start()
            if not self.token:
                login = {"username": USER, "password": self.password}
                self.token = (self.ask("POST", "/auth/token", login) or {}).get("access_token", "")
            elif self.ask("GET", f"/api/v2/dags/{DAG}"):
                self.ask("PATCH", f"/api/v2/dags/{DAG}?update_mask=is_paused", {"is_paused": False})
                return
            time.sleep(0.5)
        raise Failed(f"airflow: not ready after {START_SECONDS} s; its logs are in {HOME}")

    def night(self, day: date) -> str:
        """Run the night of a date, say how far it is, and return how it ended."""
        run = f"demo__{day}"
        body = {"dag_run_id": run, "logical_date": None, "conf": {"business_date": str(day)}}
        place = f"/api/v2/dags/{DAG}/dagRuns"
        if self.ask("POST", place, body) is None:
            raise Failed(f"airflow: took no run for {day}; its logs are in {HOME}")
        said, until = "", time.monotonic() + NIGHT_SECONDS
        while time.monotonic() < until:
            found = self.ask("GET", f"{place}/{run}") or {"state": "unknown"}
            tasks = self.ask("GET", f"{place}/{run}/taskInstances?limit=500") or {}
            if (line := progress(tasks.get("task_instances", []))) != said:
                say(f"airflow  {line}")
                said = line
            if found["state"] in ("success", "failed"):
                return str(found["state"])
            time.sleep(POLL_SECONDS)
        return f"not ended after {NIGHT_SECONDS} s"

    def stop(self) -> None:
        """End every process of ours: the four groups, then whatever left its group."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes.values():
                _signal(os.killpg, process.pid, kind)
            for pid in self.running():
                _signal(os.kill, pid, kind)
            until = time.monotonic() + STOP_SECONDS
            while time.monotonic() < until:
                for process in self.processes.values():
                    process.poll()
                if not self.running():
                    return
                time.sleep(0.2)

    def running(self) -> list[int]:
        """Return the processes of ours that still run, whoever started them."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:  # it has ended, or is somebody else's
                continue
        return found


def _signal(send: Any, target: int, kind: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        send(target, kind)


def progress(tasks: list[dict[str, Any]]) -> str:
    """Return how far a run is: tasks done of those known, and what is at work."""
    states = Counter(task["state"] for task in tasks)
    over = sum(states[name] for name in ("success", "skipped", "failed", "upstream_failed"))
    running = sorted({task["task_id"] for task in tasks if task["state"] == "running"})
    failed = f", {states['failed']} failed" if states["failed"] else ""
    return f"{over} of {len(tasks)} tasks done{failed}  {', '.join(running)}".rstrip()


def recon(*words: str, meanwhile: Callable[[], None] = lambda: None) -> int:
    """Run one command of recon in this terminal and return its exit code."""
    child = subprocess.Popen([str(PROGRAMS / "recon"), *words])
    try:
        while child.poll() is None:
            meanwhile()
            time.sleep(0.2)
        return child.returncode
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


def last_day(out: Path) -> date:
    """Return the last day of the demo that stands in a folder."""
    from recon_engine.cli.demo import made_with, make_worlds

    return make_worlds(*made_with(out))[0].dates[-1]


def interrupt(*_: object) -> None:
    """End the program as Ctrl-C does; what ends it then is not interrupted itself."""
    listen(signal.SIG_IGN)
    raise KeyboardInterrupt


def listen(to: Any) -> None:
    """Say what Ctrl-C and SIGTERM do from now on."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, to)


def show(airflow: Airflow, out: Path, demo: list[str], *, wait: bool) -> int:
    """Run the demo with its last night in Airflow; return the exit code."""
    started = time.monotonic()
    first = ("demo", "--leave-last-day", "--out", str(out), *demo)
    if code := recon(*first, meanwhile=airflow.start):
        return code
    airflow.wait_for_dag()
    day = last_day(out)
    say(f"airflow  ready after {time.monotonic() - started:.0f} s; the night of {day} runs in it")
    state = airflow.night(day)
    say(f"airflow  {day} {state} after {time.monotonic() - started:.0f} s")
    if state != "success":
        return STOPPED
    code = recon("demo", "--finish", "--out", str(out))
    say(f"\nAirflow: {airflow.address}/dags/{DAG}/runs/demo__{day}")
    say(f"user {USER}, password {airflow.password}")
    if wait:
        say("It runs until Ctrl-C.")
        signal.pause()
    return code


def main(words: list[str]) -> int:
    """Read the arguments, run, and leave no process behind."""
    parser = argparse.ArgumentParser(prog="dev demo --airflow", description=__doc__)
    parser.add_argument("--no-wait", action="store_true", help="end after the night")
    parser.add_argument("--out", type=Path, default=ROOT / "demo-out", help="folder of the demo")
    chosen, demo = parser.parse_known_args(words)
    out = chosen.out.resolve()
    listen(interrupt)
    airflow = Airflow(out)
    try:
        return show(airflow, out, demo, wait=not chosen.no_wait)
    except Failed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        listen(signal.SIG_IGN)
        airflow.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
