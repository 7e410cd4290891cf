"""Checkpoints: one line a command that wrote, only ever added, signed by a key that is nobody's."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from recon_engine.cli.project import make_project
from recon_engine.errors import ReconError, RulebookError
from recon_engine.run import Project, open_project
from recon_engine.store.checkpoints import SIGNED, Checkpoints, make_keys
from recon_engine.store.state import State, open_state
from tests.audit_log import findings, small_log, text

ADD = """
import sys
from pathlib import Path
from recon_engine.store.checkpoints import Checkpoints
from recon_engine.store.state import open_state
with open_state(sys.argv[1]) as state:
    for number in range(10):
        state.refuse(source=sys.argv[3], file_name=str(number), message="", run_id="")
        Checkpoints(Path(sys.argv[2])).add(state)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_project(tmp_path / "project")
    return tmp_path / "project"


def lines(project: Path) -> list[dict[str, object]]:
    """Return the checkpoints of a project."""
    path = project / "checkpoints.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(project: Project) -> None:
    """Put something on record."""
    project.state.refuse(source="bank", file_name="f", message="no", run_id="r")


def test_a_command_that_wrote_adds_the_head_beside_the_lake(folder: Path) -> None:
    with open_project(folder) as project:
        write(project)
        head = project.state.audit_head()

    (line,) = lines(folder)
    assert (line["count"], line["hash"]) == (head.count, head.hash)
    assert (line["previous"], line["signature"]) == ("0" * 64, "")


def test_a_command_that_wrote_nothing_adds_nothing(folder: Path) -> None:
    with open_project(folder) as project:
        write(project)
    for _ in range(2):
        with open_project(folder) as project:
            project.state.audit_head()

    assert len(lines(folder)) == 1


def test_a_command_that_fails_adds_what_it_wrote_before(folder: Path) -> None:
    def fail() -> None:
        with open_project(folder) as project:
            write(project)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert len(lines(folder)) == 1


def test_a_file_that_cannot_be_written_is_one_line_and_what_was_done_stands(folder: Path) -> None:
    (folder / "checkpoints.jsonl").mkdir()

    with pytest.raises(ReconError, match="what was done stands, and the next"):  # noqa: SIM117
        with open_project(folder) as project:
            write(project)

    (folder / "checkpoints.jsonl").rmdir()
    with open_project(folder) as project:
        assert project.state.audit_head().count == 1
        write(project)
    assert [line["count"] for line in lines(folder)] == [2]


def test_recon_yaml_names_the_file(folder: Path) -> None:
    with (folder / "recon.yaml").open("a") as yaml:
        yaml.write("checkpoints: {file: elsewhere/heads.jsonl}\n")

    with open_project(folder) as project:
        write(project)

    assert (folder / "elsewhere" / "heads.jsonl").read_text().count("\n") == 1


def test_lines_are_signed_by_the_key(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    small_log(tmp_path, key=tmp_path / "key")
    public = load_pem_public_key((tmp_path / "key.pub").read_bytes())
    assert isinstance(public, Ed25519PublicKey)

    for line in (tmp_path / "checkpoints.jsonl").read_text().splitlines():
        told = json.loads(line)
        signature = b64decode(told.pop("signature"))
        public.verify(signature, SIGNED + text(told).encode())
        with pytest.raises(InvalidSignature):
            public.verify(signature, SIGNED + text(told | {"count": 1_000}).encode())


def test_a_pair_of_keys_is_for_its_owner_and_never_written_over(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    kept = (tmp_path / "key").read_bytes(), (tmp_path / "key.pub").read_bytes()

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ReconError):
        make_keys(tmp_path / "key")
    (tmp_path / "key").unlink()
    with pytest.raises(ReconError):
        make_keys(tmp_path / "key")
    assert not (tmp_path / "key").exists()
    assert (tmp_path / "key.pub").read_bytes() == kept[1]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_can_read_stops_the_command_at_once(folder: Path, mode: int) -> None:
    make_keys(folder / "key")
    (folder / "key").chmod(mode)
    with (folder / "recon.yaml").open("a") as yaml:
        yaml.write("checkpoints: {key: key}\n")

    with pytest.raises(RulebookError, match=f"with mode {mode:04o}, expected 0600"):  # noqa: SIM117
        with open_project(folder):
            pass
    assert not (folder / "state.db").exists()


def test_a_key_that_is_gone_or_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="recon audit keys"):
        Checkpoints(tmp_path / "c", tmp_path / "key").refuse_open_key()
    (tmp_path / "key").write_text("nonsense")
    (tmp_path / "key").chmod(0o600)
    with open_state(f"sqlite:///{tmp_path / 'state.db'}") as state, pytest.raises(RulebookError):
        Checkpoints(tmp_path / "c", tmp_path / "key").add(state)
    assert (tmp_path / "c").read_bytes() == b""


def test_a_line_that_a_crash_cut_short_is_taken_away(tmp_path: Path) -> None:
    log = small_log(tmp_path)
    whole = log.checkpoints.read_bytes()
    with log.checkpoints.open("ab") as torn:
        torn.write(b'{"at":"2026')
    assert findings(log, log.database) != []

    with open_state(f"sqlite:///{log.database}") as state:
        Checkpoints(log.checkpoints).add(state)

    assert log.checkpoints.read_bytes().startswith(whole + b'{"at":')
    assert findings(log, log.database) == []


def test_a_line_that_a_kill_left_without_a_record_gets_one_from_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = small_log(tmp_path)
    with open_state(f"sqlite:///{log.database}") as state:
        with monkeypatch.context() as killed:
            killed.setattr(State, "record_checkpoints", kill)
            with pytest.raises(KeyboardInterrupt):
                Checkpoints(log.checkpoints).add(state)
        assert len(findings(log, log.database)) == 1
        Checkpoints(log.checkpoints).add(state)

    assert log.checkpoints.read_bytes().count(b"\n") == 5
    assert findings(log, log.database) == []


def kill(*_: object) -> None:
    """Be killed between the line and its record."""
    raise KeyboardInterrupt


def test_a_file_that_was_taken_away_is_begun_anew_and_missed(tmp_path: Path) -> None:
    log = small_log(tmp_path)
    log.checkpoints.unlink()

    with open_state(f"sqlite:///{log.database}") as state:
        Checkpoints(log.checkpoints).add(state)

    problems = [one.problem for one in findings(log, log.database)]
    assert len(problems) == 3
    assert all("found none such" in problem for problem in problems)


def test_a_long_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    log = small_log(tmp_path)
    with open_state(f"sqlite:///{log.database}") as state:
        for _ in range(300):
            Checkpoints(log.checkpoints).add(state)

    assert log.checkpoints.stat().st_size > 1 << 16
    assert findings(log, log.database) == []


def test_processes_that_end_at_once_make_one_file(store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.jsonl"
    command = [sys.executable, "-c", ADD, store_url, str(file)]
    started = [subprocess.Popen([*command, name]) for name in ("a", "b")]

    assert [process.wait(timeout=60) for process in started] == [0, 0]

    assert file.read_bytes().count(b"\n") == 20
    log = small_log(tmp_path, store_url)
    assert log.checkpoints.read_bytes().count(b"\n") == 23
    assert len(log.rows) > 40
    assert log.verified() == []
