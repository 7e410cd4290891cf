"""Global options, ways of ending, and what reaches stdout and stderr."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recon_engine import doctor
from recon_engine.cli.app import INTERRUPTED, hoisted
from recon_engine.errors import (
    ExitCode,
    GateBlocked,
    ParseError,
    ReconError,
    Rejected,
    RulebookError,
    Unavailable,
)
from tests.cli.conftest import Recon, command, environment

VERBS = ("demo", "init", "check", "run", "status", "exceptions", "explain", "verify", "schema")


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `recon doctor` end with an error."""

    def examine(*_: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "examine", examine)


def test_help_names_every_verb_and_every_exit_code(recon: Recon) -> None:
    done = recon("--help")

    assert done.code == 0
    assert all(verb in done.out for verb in (*VERBS, "doctor"))
    assert all(f"{code} " in done.out for code in range(7))


def test_nothing_typed_is_a_question_for_help(recon: Recon) -> None:
    assert recon() == recon("--help")


def test_version_is_printed(recon: Recon) -> None:
    done = recon("--version")

    assert done.code == 0
    assert re.fullmatch(r"recon \d+\.\d+\.\d+\S*\n", done.out)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("run", "--frobnicate"), ("explain",), ("demo", "--days", "many")]
)
def test_a_wrong_command_is_one_line_and_ends_with_2(recon: Recon, words: tuple[str, ...]) -> None:
    done = recon(*words)

    assert done.code == ExitCode.USAGE
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert "--help'" in done.err


def test_global_options_may_stand_on_either_side_of_the_verb(recon: Recon, project: Path) -> None:
    before = recon("--json", "--project", project, "check")
    after = recon("check", f"--project={project}", "--json")

    assert before.json() == after.json()
    assert before.json()["problems"] == []


def test_what_follows_two_dashes_is_no_option() -> None:
    assert hoisted(["explain", "-q", "--", "--json"]) == ["-q", "explain", "--", "--json"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ReconError, 1),
        (RulebookError, 2),
        (ParseError, 4),
        (GateBlocked, 4),
        (Unavailable, 5),
        (Rejected, 6),
    ],
)
def test_an_error_of_ours_is_its_line_and_its_code(
    recon: Recon, monkeypatch: pytest.MonkeyPatch, kind: type[ReconError], code: int
) -> None:
    fail_with(monkeypatch, kind("a.csv: found 1, expected 2; nothing was run"))

    done = recon("doctor")

    assert done.code == code
    assert done.out == ""
    assert done.err == "a.csv: found 1, expected 2; nothing was run\n"


def test_a_fault_of_ours_is_one_line_with_its_type_and_place(
    recon: Recon, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, KeyError("journal"))

    done = recon("doctor")

    assert done.code == ExitCode.FAULT
    assert re.fullmatch(r"KeyError at test_app\.py:\d+: .*run again with --debug\n", done.err)


def test_debug_shows_where_in_the_code_an_error_came_from(
    recon: Recon, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, KeyError("journal"))

    assert "Traceback" in recon("doctor", "--debug").err


def test_an_error_is_one_json_object_too(recon: Recon, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, Unavailable("the store is busy"))

    done = recon("doctor", "--json")

    assert done.json() == {"verb": "doctor", "exit_code": 5, "error": "the store is busy"}
    assert done.err == "the store is busy\n"


def test_an_error_text_cannot_steer_the_terminal(
    recon: Recon, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, Unavailable("row '\x1b[2J'"))

    assert recon("doctor").err == "row '\\x1b[2J'\n"


def test_ctrl_c_ends_with_130_and_one_line(recon: Recon, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())

    done = recon("doctor")

    assert done.code == INTERRUPTED == 130
    assert done.err.strip().splitlines() == [
        "interrupted: nothing half-done is visible, and the same command goes on from here"
    ]


def test_an_interrupt_that_a_library_hides_is_an_interrupt_all_the_same(
    recon: Recon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise ReconError("the query was interrupted") from error

    monkeypatch.setattr(doctor, "examine", examine)

    assert recon("doctor").code == INTERRUPTED


def test_signals_are_as_they_were_after_a_command(recon: Recon) -> None:
    before = signal.getsignal(signal.SIGINT)

    recon("--version")

    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_goes_away_changes_no_exit_code(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        command("check", "--project", project),
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    os.close(writer)

    assert done.returncode == 0
    assert done.stderr == b""


def test_help_and_check_load_no_engine_of_data(project: Path) -> None:
    show = "import sys; from recon_engine.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    heavy = {"pandas", "great_expectations", "duckdb", "pyarrow", "sqlalchemy", "numpy"}

    for words in (["--help"], ["check", "--project", str(project)]):
        done = subprocess.run(
            [sys.executable, "-c", show, *words],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )

        assert heavy.isdisjoint(done.stdout.splitlines()[-1].split())


def test_no_verb_but_demo_writes_outside_a_project(recon: Recon, tmp_path: Path) -> None:
    for verb in ("check", "status", "exceptions", "verify", "schema", "run"):
        assert recon(verb, "--project", tmp_path / "nowhere").code == ExitCode.USAGE

    assert list(tmp_path.iterdir()) == []
