"""Imports go down the staircase only, and a start loads no more than it needs."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"airflow", "great_expectations", "matplotlib", "pandas", "scipy"}
MOST_MODULES_OF_HELP = 700  # typer with rich loads about 320

PRINT_LOADED = "\nimport sys\nprint('loaded', *sorted(sys.modules))\n"
ASK_HELP = """
import sys
from recon_engine.cli import main
sys.argv = ["recon", "--help"]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Hold the package in one folder against the contracts that lie beside it."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after one statement."""
    command = [sys.executable, "-c", statement + PRINT_LOADED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def contracts() -> list[dict[str, object]]:
    """Return the import contracts of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(project["tool"]["importlinter"]["contracts"])


def rooms() -> set[str]:
    """Return the names of the modules and folders right under recon_engine."""
    house = ROOT / "recon_engine"
    folders = {path.parent.name for path in house.glob("*/__init__.py")}
    return folders | {path.stem for path in house.glob("*.py")} - {"__init__"}


def small_house(folder: Path, **lines: str) -> Path:
    """Build every room that the contracts name as an empty module, with some lines of code."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for contract in contracts():
        containers = contract.get("containers", [])
        names = re.findall(r"\w+", " ".join(map(str, contract.get("layers", []))))
        modules = [f"{container}.{name}" for container in containers for name in names]
        modules += [m for m in contract.get("forbidden_modules", []) if m.startswith("recon")]
        for module in modules:
            place = folder.joinpath(*module.split("."))
            place.mkdir(parents=True, exist_ok=True)
            (place / "__init__.py").touch()
    (folder / "recon_engine" / "__init__.py").touch()
    for module, line in lines.items():
        folder.joinpath("recon_engine", *module.split("__"), "__init__.py").write_text(line + "\n")
    return folder


def test_an_empty_house_keeps_every_contract(tmp_path: Path) -> None:
    outcome = lint_imports(small_house(tmp_path))

    assert outcome.returncode == 0, outcome.stdout
    assert f"{len(contracts())} kept, 0 broken" in outcome.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("money", "from recon_engine import rulebook"),
        ("store", "import recon_engine.run"),
        ("gates", "import recon_engine.pipeline"),
        ("verify", "import recon_engine.errors"),
        ("verify_audit", "import recon_engine.ids"),
        ("stages__matching", "import recon_engine.stages.landing"),
        ("stages__stage", "import recon_engine.stages.canonical"),
        ("stages__landing", "import recon_engine.connectors"),
        ("stages__journals", "import recon_engine.store.state"),
        ("ids", "import airflow"),
        ("cli", "def f():\n    from airflow.sdk import dag"),
    ],
)
def test_a_planted_import_breaks_a_contract(tmp_path: Path, module: str, line: str) -> None:
    outcome = lint_imports(small_house(tmp_path, **{module: line}))

    assert outcome.returncode == 1, outcome.stdout
    assert "BROKEN" in outcome.stdout


def test_a_room_that_no_contract_names_is_found(tmp_path: Path) -> None:
    house = small_house(tmp_path)
    (house / "recon_engine" / "attic.py").touch()

    outcome = lint_imports(house)

    assert outcome.returncode == 1
    assert "attic" in outcome.stdout


def test_the_contracts_hold() -> None:
    outcome = lint_imports(ROOT)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert f"{len(contracts())} kept, 0 broken" in outcome.stdout


def test_every_outer_door_that_stands_is_shut_to_the_stages() -> None:
    doors = {"connectors", "posters"} & rooms()

    shut = {str(name) for c in contracts() for name in c.get("forbidden_modules", [])}

    assert {f"recon_engine.{door}" for door in doors} <= shut


def test_a_heavy_import_is_seen() -> None:
    assert HEAVY & loaded_by("import pandas") == {"pandas"}


def test_help_loads_no_heavy_library_and_few_modules() -> None:
    loaded = loaded_by(ASK_HELP)

    assert "recon_engine.cli" in loaded
    assert HEAVY & loaded == set()
    assert len(loaded) <= MOST_MODULES_OF_HELP


def test_the_runner_loads_no_heavy_library() -> None:
    loaded = loaded_by("import recon_engine.run")

    assert HEAVY & loaded == set()
