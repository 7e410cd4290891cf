"""`verify` and `doctor`: differences end with 4, and what is wrong comes with its fix."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from tests.cli.conftest import Company, Recon


@pytest.fixture
def copy(company: Company, tmp_path: Path) -> Path:
    """Give a copy of the reconciled company that a test may spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(company.folder, folder)
    return folder


def test_a_sound_night_agrees(recon: Recon, company: Company) -> None:
    done = recon("verify", "--date", "2026-03-03", "--project", company.folder, "--json")

    assert done.code == 0
    assert done.json()["nights"] == [
        {"business_date": "2026-03-03", "verdict": "agrees", "findings": []}
    ]


def test_a_changed_landed_file_is_found_by_name(recon: Recon, copy: Path) -> None:
    victim = max((copy / "lake" / "landing").iterdir())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o640)
    victim.write_bytes(content)

    done = recon("verify", "--project", copy)

    assert done.code == ExitCode.STOPPED
    assert victim.name[:12] in done.out


def test_a_night_file_that_names_other_results_is_found(recon: Recon, copy: Path) -> None:
    path = copy / "lake" / "nights" / "2026-03-03.json"
    kept = json.loads(path.read_text())
    kept["manifests"].pop()
    path.write_text(json.dumps(kept))

    done = recon("verify", "--date", "2026-03-03", "--project", copy)

    assert done.code == ExitCode.STOPPED
    assert "names other results than the state does" in done.out


def test_a_night_file_that_is_gone_is_found(recon: Recon, copy: Path) -> None:
    (copy / "lake" / "nights" / "2026-03-03.json").unlink()

    done = recon("verify", "--date", "2026-03-03", "--project", copy, "--json")

    assert done.code == ExitCode.STOPPED
    assert "the file is gone" in done.json()["nights"][0]["findings"][0]


def test_the_doctor_finds_nothing_wrong_with_the_demo(recon: Recon, company: Company) -> None:
    done = recon("doctor", "--project", company.folder, "--json")

    assert done.code == 0
    assert {one["verdict"] for one in done.json()["findings"]} == {"ok"}


def test_the_doctor_ends_with_2_where_something_fails(recon: Recon, project: Path) -> None:
    (project / "mappings" / "policy.yaml").write_text("nonsense: 1\n")

    done = recon("doctor", "--project", project)

    assert done.code == ExitCode.USAGE
    assert "recon check" in done.out
    assert "1 fail" in done.out
