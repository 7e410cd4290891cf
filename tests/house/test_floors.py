"""Versions we rely on, why each package is there, and a lock that is the same on every machine."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("apache-airflow>=3.3,<3.4", "pyarrow>23.0.0", "duckdb>=2.0,<2.1", "lxml>=6.1.0")
PYTHONS = ("3.11", "3.12", "3.13")
LOCKED_TOO = {"extra": ("airflow", "postgres"), "group": ("test", "lint", "build")}

NOT_IN_A_LOCK = {
    r"https?:|\bgit\+|\bfile:": "an address",
    r"^\s*(?:-e|--editable)\b": "an editable install",
    r"\s@\s": "a direct reference",
    r"^\s*--?(?:i|f|index-url|extra-index-url|find-links|trusted-host)\b": "an index",
}


def project() -> dict:
    """Return the project file."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def unmet(floors: tuple[str, ...], installed: dict[str, str]) -> Iterator[str]:
    """Yield each floor that the installed version does not meet."""
    for floor in map(Requirement, floors):
        found = installed[floor.name]
        if not floor.specifier.contains(found, prereleases=True):
            yield f"{floor.name} {found} is installed, expected {floor.specifier}"


def unexplained(source: str) -> Iterator[str]:
    """Yield each required package whose line in a project file gives no reason in a comment."""
    parsed = tomllib.loads(source)
    lists = [parsed["project"].get("dependencies", [])]
    lists += parsed["project"].get("optional-dependencies", {}).values()
    lists += parsed.get("dependency-groups", {}).values()
    explained = set(re.findall(r'^\s*"([^"]+)",?[ \t]*#[ \t]*\S.*$', source, re.MULTILINE))
    yield from sorted({name for names in lists for name in names} - explained)


def faults_of_lock(source: str) -> Iterator[str]:
    """Yield what a lock must not hold, and each package in it that has no hash."""
    for number, line in enumerate(source.splitlines(), start=1):
        for pattern, what in NOT_IN_A_LOCK.items():
            if re.search(pattern, line):
                yield f"{number}: {what}"
    for entry in entries_of(source):
        if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry):
            yield f"{entry.split()[0]} has no hash"


def entries_of(source: str) -> list[str]:
    """Return the logical lines of a lock: one package with its marker and its hashes each."""
    joined = re.sub(r"\\\s*\n\s*", " ", source)
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def pins_for(source: str, python: str) -> dict[str, list[Version]]:
    """Return the versions that a lock installs under one Python on Linux."""
    pins: dict[str, list[Version]] = {}
    for entry in entries_of(source):
        pin = Requirement(entry.split(" --hash", maxsplit=1)[0])
        if pin.marker is None or pin.marker.evaluate(environment(python)):
            (exact,) = pin.specifier
            pins.setdefault(canonicalize_name(pin.name), []).append(Version(exact.version))
    return pins


def environment(python: str) -> dict[str, str]:
    """Return what the markers of a package see under one Python on Linux."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "extra": "",
    }


def required_by(name: str, extras: set[str], python: str) -> Iterator[Requirement]:
    """Yield what an installed package asks for under one Python, with the extras given."""
    for line in metadata.requires(name) or []:
        wanted = Requirement(line)
        sights = [environment(python) | {"extra": extra} for extra in ("", *extras)]
        if wanted.marker is None or any(wanted.marker.evaluate(sight) for sight in sights):
            yield wanted


def gaps_of(source: str, asked: list[str], python: str) -> list[str]:
    """Return what a lock lacks, or holds twice, to meet all that is asked for under one Python.

    What a package asks for in turn is read from the metadata of the installed version. Where the
    lock takes another version or package for another Python (numpy, pyyaml-ft), what that one asks
    for is unseen.
    """
    pins = pins_for(source, python)
    faults = [f"{name} has {len(held)} versions" for name, held in pins.items() if len(held) > 1]
    waiting, seen = [Requirement(line) for line in asked], Counter[str]()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        held = pins.get(name, [])
        if not any(wanted.specifier.contains(version, prereleases=True) for version in held):
            faults.append(f"{wanted} is not met by {[str(version) for version in held]}")
        seen[str(wanted)] += 1
        if seen[str(wanted)] == 1 and held and version_here(name) == str(held[0]):
            waiting += required_by(name, wanted.extras, python)
    return sorted(set(faults))


def version_here(name: str) -> str:
    """Return the version of a package that is installed; empty where none is."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def asked_for() -> list[str]:
    """Return every requirement that the lock is made from."""
    parsed = project()
    extras, groups = parsed["project"]["optional-dependencies"], parsed["dependency-groups"]
    asked = list(parsed["project"]["dependencies"])
    asked += [line for name in LOCKED_TOO["extra"] for line in extras[name]]
    return asked + [line for name in LOCKED_TOO["group"] for line in groups[name]]


def test_a_version_under_its_floor_is_found() -> None:
    found = {"apache-airflow": "3.3.2", "pyarrow": "23.0.0", "duckdb": "2.1.0", "lxml": "6.1.0"}

    assert list(unmet(FLOORS, found)) == [
        "pyarrow 23.0.0 is installed, expected >23.0.0",
        "duckdb 2.1.0 is installed, expected <2.1,>=2.0",
    ]


def test_the_installed_versions_meet_their_floors() -> None:
    installed = {Requirement(line).name: "" for line in FLOORS}
    installed = {name: metadata.version(name) for name in installed}

    assert list(unmet(FLOORS, installed)) == []


def test_the_project_file_asks_for_the_floors() -> None:
    asked = {Requirement(line).name: Requirement(line).specifier for line in asked_for()}

    for floor in map(Requirement, FLOORS):
        assert asked[floor.name] == floor.specifier


def test_a_package_without_a_reason_is_found() -> None:
    source = (
        '[project]\ndependencies = [\n    "duckdb>=2", # the engine\n    "rich>=14",\n]\n'
        '[dependency-groups]\ntest = [\n    "pytest>=9", #\n]\nlint = ["ruff", "mypy"]  # both\n'
    )

    assert list(unexplained(source)) == ["mypy", "pytest>=9", "rich>=14", "ruff"]


def test_every_package_is_there_for_a_reason() -> None:
    assert list(unexplained((ROOT / "pyproject.toml").read_text())) == []


@pytest.mark.parametrize(
    "fault",
    [
        "duckdb==2.0.0",
        "duckdb==2.0.0 \\\n    --hash=md5:00",
        "-e .",
        "--index-url https://packages.example/simple",
        "-i packages",
        "duckdb @ file:///wheels/duckdb.whl",
        "duckdb @ ../duckdb.whl",
        "duckdb @ git+ssh://example/duckdb",
    ],
)
def test_a_planted_fault_of_the_lock_is_found(fault: str) -> None:
    sound = "lxml==6.1.3 \\\n    --hash=sha256:" + "0" * 64 + "\n"

    assert list(faults_of_lock(sound)) == []
    assert list(faults_of_lock(sound + fault + "\n"))


def test_the_lock_holds_packages_with_hashes_and_nothing_else() -> None:
    source = (ROOT / "requirements.lock").read_text()

    assert len(entries_of(source)) > len(asked_for())
    assert list(faults_of_lock(source)) == []


def test_a_gap_of_the_lock_is_found_under_the_python_that_has_it() -> None:
    source = (
        "packaging==1 ; python_full_version < '3.12'\n"
        "packaging==2 ; python_full_version >= '3.12'\n"
        "iniconfig==1\niniconfig==2 ; python_full_version >= '3.13'\n"
    )
    gaps = {python: gaps_of(source, ["packaging<2", "iniconfig"], python) for python in PYTHONS}

    assert gaps["3.11"] == []
    assert gaps["3.12"] == ["packaging<2 is not met by ['2']"]
    assert gaps["3.13"] == ["iniconfig has 2 versions", "packaging<2 is not met by ['2']"]


def test_a_package_missing_two_steps_down_is_found() -> None:
    source = f"pytest=={metadata.version('pytest')}\n"

    gaps = gaps_of(source, ["pytest"], "3.13")

    assert any(gap.startswith("pluggy") for gap in gaps)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_covers_every_python_that_we_promise(python: str) -> None:
    promised = project()["project"]["requires-python"]

    assert Requirement(f"recon{promised}").specifier.contains(f"{python}.0")
    assert gaps_of((ROOT / "requirements.lock").read_text(), asked_for(), python) == []


def test_the_wheel_carries_the_engine_the_mappings_and_the_suites(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())

    shipped = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place, kinds in (
            ("recon_engine", "recon_engine", ("*.py", "*.sql")),
            ("mappings", "recon_engine/_project/mappings", ("*.yaml",)),
            ("expectations", "recon_engine/_project/expectations", ("*.json",)),
        )
        for kind in kinds
        for path in (ROOT / folder).rglob(kind)
    }
    assert {name.split("/")[1] for name in shipped} >= {"_project", "money.py"}
    assert shipped - held == set()
    assert "recon_engine/py.typed" in held
