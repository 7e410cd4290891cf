"""The bring-up of a local Airflow: what it started, it ends, wherever that hides."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!{python}
import os, signal, sys, time
if os.fork() == 0:  # a child that leaves the group and does not listen
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.execv({python!r}, [{python!r}, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the module, at home in a folder of the test, with a program that has a wild child."""
    spec = spec_from_file_location("local_airflow", ROOT / "docker" / "local.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    program = tmp_path / "bin" / "airflow"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(module, "HOME", tmp_path / "home")
    monkeypatch.setattr(module, "PROGRAMS", program.parent)
    monkeypatch.setattr(module, "STOP_SECONDS", 1)
    return module


def test_stopping_ends_children_that_left_their_group_and_do_not_listen(local: ModuleType) -> None:
    airflow = local.Airflow(Path("books"))
    airflow.run("scheduler", "scheduler")
    until = time.monotonic() + 20
    while len(airflow.running()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(airflow.running()) == 2

    airflow.stop()

    assert airflow.running() == []


def test_a_part_that_ends_by_itself_stops_the_start(local: ModuleType) -> None:
    (local.PROGRAMS / "airflow").write_text("#!/bin/sh\nexit 3\n")
    airflow = local.Airflow(Path("books"))
    airflow.run("migrate", "db", "migrate")
    airflow.processes["migrate"].wait()

    with pytest.raises(local.Failed, match=r"migrate ended with 3; see .*migrate\.log"):
        airflow.start()


def test_it_listens_on_the_loopback_only_and_keeps_its_password_to_itself(
    local: ModuleType,
) -> None:
    airflow = local.Airflow(Path("books"))
    file = local.HOME / "passwords.json"

    assert airflow.environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert json.loads(file.read_text()) == {"admin": airflow.password}
    assert file.stat().st_mode & 0o077 == 0


def test_progress_counts_what_is_over_and_names_what_is_at_work(local: ModuleType) -> None:
    states = ("success", "skipped", "failed", "running", None)
    tasks = [{"task_id": f"task-{n}", "state": state} for n, state in enumerate(states)]

    assert local.progress(tasks) == "3 of 5 tasks done, 1 failed  task-3"
