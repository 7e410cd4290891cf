"""`audit`: the log taken out and verified alone, keys, rights; `verify` with lake and log."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from recon_engine import verify_audit
from recon_engine.cli.evidence import audit_verified
from recon_engine.cli.health import differing_file
from recon_engine.errors import ExitCode
from recon_engine.run import night, open_project
from recon_engine.store.state.grants import grants
from tests.audit_log import small_log
from tests.cli.conftest import Company, Recon


@pytest.fixture
def copy(company: Company, tmp_path: Path) -> Path:
    """Give a copy of the reconciled company that a test may spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(company.folder, folder)
    return folder


def tamper(database: Path, statement: str) -> None:
    """Change a state behind its triggers."""
    with closing(sqlite3.connect(database)) as con:
        for (name,) in con.execute("select name from sqlite_master where type = 'trigger'"):
            con.execute(f"drop trigger {name}")
        con.execute(statement)
        con.commit()


def test_a_sound_project_agrees_in_lake_and_log(recon: Recon, company: Company) -> None:
    done = recon("verify", "--project", company.folder, "--json")

    told = done.json()
    assert done.code == 0
    assert (told["lake"]["findings"], told["audit"]["findings"]) == ([], [])
    assert told["lake"]["files"] > 50
    assert told["audit"]["signatures"] == "none: unsigned"
    assert "heads from outside" in told["audit"]["notes"][0]


def found_in(folder: Path, *keys: Path) -> str:
    """Return what the audit log of a project comes to, the findings first."""
    with open_project(folder) as project:
        told = audit_verified(project, keys)
    return "\n".join((*told.findings, told.what))


def test_a_log_that_was_changed_ends_with_4(recon: Recon, copy: Path) -> None:
    tamper(copy / "state.db", "update audit set actor = 'nobody' where seq = 3")

    done = recon("verify", "--project", copy)

    assert done.code == ExitCode.STOPPED
    assert "audit row 3" in done.out


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update dataset_version set logical_hash = manifest_sha where created_seq = 2",
         "dataset_version 2: found logical_hash"),
        ("delete from delivery where delivery_seq = 1", "delivery 1: the row is gone"),
        ("delete from audit where seq > 40", "the tail was cut off"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(copy: Path, statement: str, place: str) -> None:
    tamper(copy / "state.db", statement)

    assert place in found_in(copy)


def test_a_cut_log_is_found_by_the_manifests_alone(copy: Path) -> None:
    tamper(copy / "state.db", "delete from audit where seq > 30")
    (copy / "checkpoints.jsonl").unlink()

    assert re.search(r"manifests/[0-9a-f]{64}\.json: tells of \d+ audit rows", found_in(copy))


def test_a_flipped_bit_in_a_file_that_no_night_reads_is_found(recon: Recon, copy: Path) -> None:
    victim = max((copy / "lake" / "results").iterdir())
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)

    done = recon("verify", "--project", copy, "--json")

    assert done.code == ExitCode.STOPPED
    assert [d["place"] for d in done.json()["lake"]["findings"]] == [f"results/{victim.name}"]
    assert all(night["findings"] == [] for night in done.json()["nights"])


def test_a_night_file_with_any_flipped_bit_is_found(copy: Path) -> None:
    day = date(2026, 3, 3)
    path = copy / "lake" / "nights" / f"{day}.json"
    true = path.read_bytes()

    with open_project(copy) as project:
        told = night(project, day)
        assert differing_file(project, path, day, told) == []
        for place in range(0, len(true), 50):
            path.write_bytes(true[:place] + bytes([true[place] ^ 1]) + true[place + 1 :])
            assert len(differing_file(project, path, day, told)) == 1, place


def test_an_exported_log_is_verified_alone(recon: Recon, company: Company, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"

    done = recon("audit", "export", file, "--project", company.folder, "--json")

    assert done.code == 0
    assert done.json()["rows"] == file.read_text().count("\n")
    command = [sys.executable, "-I", verify_audit.__file__, "--log", str(file)]
    command += ["--checkpoints", str(company.folder / "checkpoints.jsonl")]
    command += ["--lake", str(company.folder / "lake"), "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["findings"] == []


def test_keys_sign_what_follows_and_are_checked(recon: Recon, copy: Path, tmp_path: Path) -> None:
    made = recon("audit", "keys", copy / "key", "--json")
    with (copy / "recon.yaml").open("a") as yaml:
        yaml.write("checkpoints: {key: key}\n")
    with open_project(copy) as project:
        project.state.refuse(source="bank", file_name="f", message="", run_id="")

    good = recon("verify", "--project", copy, "--json")
    recon("audit", "keys", tmp_path / "other")
    bad = found_in(copy, tmp_path / "other.pub")
    unchecked = found_in(copy)

    assert made.code == 0
    assert (good.code, good.json()["audit"]["signatures"]) == (0, "checked")
    assert "found another signature" in bad
    assert "signatures not checked" in unchecked
    assert "signed" in recon("doctor", "--project", copy).out


def test_the_doctor_misses_checkpoints_that_are_gone(recon: Recon, copy: Path) -> None:
    (copy / "checkpoints.jsonl").unlink()

    done = recon("doctor", "--project", copy)

    assert done.code == ExitCode.USAGE
    assert "checkpoints.jsonl: the file is gone" in done.out


def test_the_rights_of_a_role_are_printed_as_sql(recon: Recon) -> None:
    done = recon("audit", "grants", "recon_service")

    assert done.out == grants("recon_service") + "\n"
    assert recon("audit", "grants", "Robert'); --").code != 0


def test_a_log_in_either_database_is_verified(
    recon: Recon, project: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECON_STORE_URL", store_url)
    small_log(project, store_url)

    with open_project(project) as opened:
        sound = audit_verified(opened, ())
        lines = (project / "checkpoints.jsonl").read_text().splitlines(keepends=True)
        (project / "checkpoints.jsonl").write_text("".join(lines[:-1]))
        cut = audit_verified(opened, ())

    assert sound.findings == ()
    assert "3 checkpoints" in sound.what
    assert len(cut.findings) == 1
    assert "found none such" in cut.findings[0]
