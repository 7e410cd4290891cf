"""Both DAGs, played once in an Airflow of their own, in a process of its own."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder whose projects the play leaves behind; workers of pytest share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / "dags"
    made.mkdir(exist_ok=True)
    return made


@pytest.fixture(scope="session")
def played(folder: Path) -> dict[str, Any]:
    """Give what happened, see `play.py`; the first worker plays, the others wait for it."""
    told = folder / "played.json"
    with (folder / "lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(play(folder))
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def play(folder: Path) -> str:
    """Return the last line that the play prints."""
    settings = {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "made up, " * 10,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.play", str(folder)],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()[-1]
