"""Law: a date that several processes run has one result, and a run that was overtaken has none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 30
FINE = (ExitCode.DONE, ExitCode.NOT_NOW)


def rivals(folder: Path, *words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.laws.rivals", str(folder), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_three_runs_at_once_have_one_effect(tmp_path: Path) -> None:
    told = rivals(tmp_path, "together", str(ROUNDS))

    assert len(told) == ROUNDS
    for one in told:
        assert all(run["code"] in FINE for run in one["ended"]), one["ended"]
        assert one["again"]["code"] == ExitCode.DONE, one["again"]
        assert one["versions"] == told[0]["versions"]
    assert all(name.endswith("/1") for name in told[0]["versions"])
    assert any(ExitCode.NOT_NOW in [run["code"] for run in one["ended"]] for one in told)


@pytest.mark.parametrize("stage", ["canonical", "reporting"])
def test_a_run_that_slept_while_another_took_over_publishes_nothing(
    tmp_path: Path, stage: str
) -> None:
    (told,) = rivals(tmp_path, "asleep", stage)

    assert (told["busy"]["code"], told["taken"]["code"]) == (ExitCode.NOT_NOW, ExitCode.DONE)
    assert "is held by" in told["busy"]["said"]
    assert told["woken"]["code"] == ExitCode.NOT_NOW, told["woken"]
    assert "is no more" in told["woken"]["said"]
    assert told["after"]["versions"] == told["before"]["versions"]
    assert all(name.endswith("/1") for name in told["after"]["versions"])
