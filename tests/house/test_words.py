"""What the tree says: no address of a machine, no verb the README leaves out, no empty names."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]
EXIT_CODES = range(7)
EMPTY_NAMES = {"common", "data", "helper", "helpers", "info", "manager", "misc", "util", "utils"}

# Written in parts, so that this file is not its own first finding.
HOME_FOLDERS = "|".join(("ho" + "me", "ro" + "ot", "Us" + "ers", "wo" + "rk", "fa" + "rm"))
HOSTS = "|".join(
    (
        "pyp" + r"i\.org",
        "python" + r"hosted\.org",
        "npm" + r"js\.(?:org|com)",
        "deb" + r"ian\.(?:org|net)",
        "conda" + r"\.anaconda\.org",
    )
)
PLACES = {
    re.compile(rf"(?<![\w.~)}}\]-])/(?:{HOME_FOLDERS})/"): "a folder of one machine",
    re.compile(rf"\b[A-Za-z]:\\+(?:{HOME_FOLDERS})\b"): "a folder of one machine",
    re.compile(HOSTS): "the host of a package registry",
}


def our_files() -> list[Path]:
    """Return every file that git tracks or would track, so a new file counts before its commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def places_named(text: str) -> Iterator[str]:
    """Yield each line of a text that names a place which other machines do not have."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, what in PLACES.items():
            if found := pattern.search(line):
                yield f"{number}: '{found[0]}' is {what}"


def text_of(path: Path) -> str:
    """Return a file's text, or nothing where it holds bytes that are no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def empty_names(paths: list[Path]) -> Iterator[str]:
    """Yield each module, and each folder of modules, whose name says nothing of what is in it."""
    for path in paths:
        if path.suffix == ".py":
            for name in (path.stem, *path.parent.parts):
                if name.strip("_") in EMPTY_NAMES:
                    yield f"{path.as_posix()}: '{name}' says nothing"


def verbs(command: click.Command, words: tuple[str, ...] = ("recon",)) -> Iterator[str]:
    """Yield each verb a person can type, with the words before it."""
    inner = getattr(command, "commands", {})
    for name, verb in inner.items():
        if not verb.hidden:
            yield from verbs(verb, (*words, name))
    if not inner:
        yield " ".join(words)


def unsaid_verbs(command: click.Command, readme: str) -> list[str]:
    """Return the verbs that no code of a README shows as a person would type them."""
    return [
        verb
        for verb in verbs(command)
        if not re.search(rf"\b{re.escape(verb)}(?![\w-])", " ".join(readme.split()))
    ]


def unsaid_codes(readme: str) -> list[int]:
    """Return the exit codes that have no row or item of their own under a heading "Exit codes"."""
    section = re.search(r"(?ims)^#+[^\n]*\bexit codes?\b[^\n]*\n(.*?)(?=^#|\Z)", readme)
    said = re.findall(r"(?m)^\s*(?:[|*-]\s*)?`?(\d)`?\b(?=.*\w{2})", section[1] if section else "")
    return [code for code in EXIT_CODES if str(code) not in said]


def recon() -> click.Command:
    """Return the command line as it is typed: the one app of the cli that is no part of another."""
    cli = importlib.import_module("recon_engine.cli")
    apps = [value for value in vars(cli).values() if isinstance(value, typer.Typer)]
    parts = [group.typer_instance for app in apps for group in app.registered_groups]
    (whole,) = [app for app in apps if app not in parts]
    return typer.main.get_command(whole)


@pytest.mark.parametrize(
    "fault",
    [
        "see /ho" + "me/ada/notes.txt",
        'root = Path("/wo' + 'rk/main")',
        "(/ro" + "ot/.cache)",
        "C:\\Us" + "ers\\ada",
        "index-url = https://pyp" + "i.org/simple",
        "https://files.python" + "hosted.org/packages",
        "registry.np" + "mjs.org",
        "deb" + ".deb" + "ian.org",
    ],
)
def test_a_planted_place_is_found(fault: str) -> None:
    assert [found.split(":")[0] for found in places_named("# fine\n" + fault)] == ["2"]


@pytest.mark.parametrize(
    "innocent",
    [
        "/usr/bin/env bash",
        "/etc/hosts",
        "demo-out/ho" + "me/",
        "~/wo" + "rk/x",
        "Debian 12",
        "PyPI",
    ],
)
def test_a_place_that_every_machine_has_is_allowed(innocent: str) -> None:
    assert list(places_named(innocent)) == []


def test_an_empty_name_is_found() -> None:
    faults = ["recon_engine/utils.py", "recon_engine/common/x.py", "tests/_helpers.py"]
    innocent = ["recon_engine/dataset.py", "tests/data/x.csv", "recon_engine/information.py"]

    found = list(empty_names([Path(name) for name in (*faults, *innocent)]))

    assert [line.split(":")[0] for line in found] == faults


def test_a_verb_that_the_readme_leaves_out_is_found() -> None:
    app = click.Group(
        commands={
            "run": click.Command("run"),
            "run-all": click.Command("run-all"),
            "secret": click.Command("secret", hidden=True),
            "rules": click.Group("rules", commands={"check": click.Command("check")}),
        }
    )

    assert unsaid_verbs(app, "`recon run-all`, `recon rules`") == ["recon run", "recon rules check"]
    assert unsaid_verbs(app, "recon run | recon run-all | recon rules\ncheck") == []


def test_an_exit_code_that_the_readme_leaves_out_is_found() -> None:
    rows = "\n".join(f"| `{code}` | means something |" for code in EXIT_CODES)
    items = "\n".join(f"- {code}: means something" for code in EXIT_CODES)

    assert unsaid_codes(f"# A\n\n## Exit codes\n\n{rows}\n## B\n") == []
    assert unsaid_codes(f"# A\n\n## Exit codes\n\n{items}\n") == []
    assert unsaid_codes("## Exit codes\n| 0 | done |\n| 3 | |\n") == [1, 2, 3, 4, 5, 6]
    assert unsaid_codes(f"## Codes\n{rows}") == list(EXIT_CODES)
    assert unsaid_codes(f"## Exit codes\n\n## Versions\n{rows}") == list(EXIT_CODES)


def test_no_file_names_a_place_of_one_machine() -> None:
    files = our_files()
    found = [f"{p.relative_to(ROOT)}:{line}" for p in files for line in places_named(text_of(p))]

    assert ROOT / "dev" in files
    assert found == []


def test_no_module_has_an_empty_name() -> None:
    assert list(empty_names([path.relative_to(ROOT) for path in our_files()])) == []


def test_the_readme_shows_every_verb() -> None:
    assert unsaid_verbs(recon(), (ROOT / "README.md").read_text()) == []


def test_the_readme_explains_every_exit_code() -> None:
    assert unsaid_codes((ROOT / "README.md").read_text()) == []
