"""A command as a person types it, and a small company that was reconciled once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recon_engine.cli import main

ROOT = Path(__file__).resolve().parents[2]
DEMO_DAYS = 3
SECONDS = 300


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Return the one JSON object on stdout; anything beside it is an error."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


Recon = Callable[..., Done]


def command(*words: object) -> list[str]:
    """Return a command as a process is started with it."""
    return [sys.executable, "-m", "recon_engine.cli", *map(str, words)]


def environment() -> dict[str, str]:
    """Return our environment, in which the checkout is importable from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def process(*words: object, cwd: Path) -> Done:
    """Run a command in a process of its own."""
    done = subprocess.run(
        command(*words),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def recon(capsys: pytest.CaptureFixture[str]) -> Recon:
    """Give a function that runs one command in this process."""

    def run(*words: object) -> Done:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def project(tmp_path: Path, recon: Recon) -> Path:
    """Give a new project with the shipped mappings."""
    folder = tmp_path / "shop"
    assert recon("init", folder).code == 0
    return folder


@dataclass(frozen=True)
class Company:
    """The demo's project, reconciled, and what the demo said of it."""

    folder: Path
    told: dict[str, Any]
    process: Done


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Give the demo of a few days; tests only read it."""
    folder = tmp_path_factory.mktemp("company")
    done = process("demo", "--days", DEMO_DAYS, "--json", cwd=folder)
    assert done.code == 0, done.err + done.out
    return Company(folder / "demo-out", done.json(), done)
