"""The command of a developer: what it refuses, what it repeats, and what it leaves alone."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a fresh `dev` module at work in an empty project with a finished environment."""
    loader = SourceFileLoader("dev_under_test", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        loader.exec_module(module)
    module.ROOT, module.VENV, module.TOOLS = tmp_path, tmp_path / ".venv", tmp_path / ".tools"
    module.PYTHON, module.STAMP = module.VENV / "bin" / "python", module.VENV / "stamp"
    module.LOCK, module.PROJECT = tmp_path / "requirements.lock", tmp_path / "pyproject.toml"
    module.PYTHON.parent.mkdir(parents=True)
    module.PYTHON.symlink_to(sys.executable)
    module.LOCK.write_text("a==1\n")
    module.PROJECT.write_text("[project]\n")
    module.STAMP.write_text(module.stamp())
    return module


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `python3 dev` with some words."""
    command = [sys.executable, str(ROOT / "dev"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_verb_prints_the_help() -> None:
    outcome = typed()

    assert outcome.returncode == 0
    for verb in ("setup", "demo", "test", "lint", "lock", "bench", "clean"):
        assert f"\n  {verb} " in outcome.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tset"], "dev: there is no verb 'tset', expected one of: setup, demo, test,"),
        (["lint", "x.py"], "dev: lint takes no arguments, found 'x.py'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_code_2(words: list[str], message: str) -> None:
    outcome = typed(*words)

    assert outcome.returncode == 2
    assert message in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0), (4, 0, 0)])
def test_a_python_we_do_not_promise_is_refused(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(dev.sys, "version_info", version)

    with pytest.raises(dev.Failed, match=r"expected 3\.11 to 3\.13; nothing was changed"):
        dev.check_host()


def test_a_full_disk_is_refused_before_a_set_up_only(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "DISK_NEEDED_GB", 10**9)
    dev.check_host()
    dev.STAMP.unlink()

    with pytest.raises(dev.Failed, match="GB of disk are free, expected"):
        dev.check_host()


def test_a_finished_environment_is_left_alone(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "step", lambda *_: pytest.fail("a step was run"))

    dev.set_up()

    assert dev.up_to_date()


@pytest.mark.parametrize("changed", ["LOCK", "PROJECT", "STAMP", "PYTHON", "ROOT"])
def test_a_changed_input_makes_a_set_up_due(dev: ModuleType, changed: str) -> None:
    if changed == "ROOT":
        dev.ROOT = dev.ROOT / "moved"
    elif changed == "PYTHON":
        dev.PYTHON.unlink()
        dev.PYTHON.symlink_to(dev.ROOT / "gone")
    else:
        getattr(dev, changed).write_text("other\n")

    assert not dev.up_to_date()


def test_a_set_up_that_stops_is_not_taken_for_finished(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*command: str | Path) -> None:
        raise dev.Failed("no route")

    dev.LOCK.write_text("a==2\n")
    monkeypatch.setattr(dev, "fetch_uv", lambda: None)
    monkeypatch.setattr(dev, "quiet", fail)

    with pytest.raises(dev.Failed, match="no route\ndev: the set-up stopped here"):
        dev.set_up()

    assert not dev.STAMP.exists()


def test_without_uv_pip_installs_what_the_lock_says(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setenv("RECON_DEV_NO_UV", "1")
    monkeypatch.setattr(dev, "quiet", lambda *words: commands.append([str(w) for w in words]))
    monkeypatch.setattr(dev, "answers", lambda *_: True)
    dev.LOCK.write_text("a==2\n")

    dev.set_up()

    assert all(words[:3] == [str(dev.PYTHON), "-m", "pip"] for words in commands)
    assert any({"--require-hashes", str(dev.LOCK)} <= set(words) for words in commands)
    assert "pip installs (RECON_DEV_NO_UV is set)" in capsys.readouterr().err
    assert dev.up_to_date()


@pytest.mark.parametrize("words", [["-n", "4"], ["-n0"], ["--pdb"], ["-p", "no:xdist"]])
def test_a_choice_of_workers_is_kept(dev: ModuleType, words: list[str]) -> None:
    assert dev.test_arguments(words) == words


def test_tests_run_on_two_cores_unless_told_otherwise(dev: ModuleType) -> None:
    assert dev.test_arguments(["-k", "money"]) == ["-n", "2", "-k", "money"]


def test_the_settings_of_pip_reach_uv(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("PIP_CERT", "/etc/ssl/own.pem")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    env = dev.environment()

    assert env["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    assert env["SSL_CERT_FILE"] == "/etc/ssl/own.pem"
    assert env["UV_PYTHON_DOWNLOADS"] == "never"
    assert "PYTHONDONTWRITEBYTECODE" not in env


@pytest.mark.parametrize(("ended_with", "code"), [("sys.exit(3)", 3), ("os.abort()", 134)])
def test_the_code_of_a_program_passes_through(dev: ModuleType, ended_with: str, code: int) -> None:
    assert dev.run(sys.executable, "-c", f"import os, sys; {ended_with}") == code


def test_lint_runs_every_tool_also_after_one_has_failed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(tool: Path, *_: str) -> int:
        ran.append(tool.name)
        return 1 if tool.name == "mypy" else 0

    monkeypatch.setattr(dev, "run", run)

    assert dev.lint() == 1
    assert ran == ["ruff", "ruff", "mypy", "lint-imports", "deptry"]


@pytest.mark.parametrize(
    ("words", "program", "passed_on"),
    [
        (["--days", "3"], "bin/recon", ["demo", "--days", "3"]),
        (["--airflow", "--days", "3"], "docker/local.py", ["--days", "3"]),
    ],
)
def test_a_demo_with_airflow_is_the_local_one(
    dev: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    program: str,
    passed_on: list[str],
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(dev, "run", lambda *command: ran.extend(map(str, command)) or 7)

    assert dev.demo(words) == 7
    at = next(number for number, word in enumerate(ran) if word.endswith(program))
    assert ran[at + 1 :] == passed_on


def test_clean_removes_what_was_made_and_nothing_else(dev: ModuleType) -> None:
    for made in (".tools", "demo-out", "recon_engine/__pycache__"):
        (dev.ROOT / made).mkdir(parents=True)
    kept = [dev.LOCK, dev.PROJECT, dev.ROOT / "recon_engine" / "money.py"]
    kept[-1].write_text("")

    assert dev.clean() == 0
    assert sorted(path for path in dev.ROOT.rglob("*") if path.is_file()) == sorted(kept)
    assert not dev.VENV.exists()
