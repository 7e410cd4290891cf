"""A crash anywhere in an erasure or a retirement: it is as before or decided, and ends the same."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recon_engine.deliver.retirement import gone_of_night
from recon_engine.errors import Gone
from recon_engine.run import open_project
from recon_engine.store.soundness import changed, files_of, lacking
from tests.faults.machine import GO_ON, KILL, KILLED, Machine
from tests.personal_books import KEYS, MONDAY, PERIOD, TUESDAY, make_books, run_nights

NAME = f"E1-{PERIOD}"
STATEMENT = "camt053_eur_20260304.xml"
POLICY = "retention: {personal_days: 0, file_days: 0}\n"
WORDS = {
    "erase": ("erase", "E1", PERIOD, "--reason", "asked"),
    "retire": ("retire", "E1", "--to", str(TUESDAY), "--reason", "old"),
}


@pytest.fixture(scope="module")
def books(base: Path) -> Path:
    folder = make_books(base / "personal")
    policy = folder / "mappings" / "policy.yaml"
    policy.write_text(policy.read_text() + POLICY)
    (folder / "inbox" / "bank" / STATEMENT).unlink()
    run_nights(folder, MONDAY, TUESDAY)
    return folder


@pytest.mark.parametrize("verb", WORDS)
def test_a_kill_before_any_durable_call_leaves_what_the_same_command_finishes(
    machine: Machine, books: Path, base: Path, verb: str
) -> None:
    whole = Path(shutil.copytree(books, base / f"{verb}-whole"))
    ended = machine.run(whole, *WORDS[verb], answer=lambda _: GO_ON)
    assert ended.code == 0, ended.err
    checks: dict[str, Callable[[Path], None]] = {"erase": erased, "retire": retired}
    checks[verb](whole)
    for number in itertools.count(1):  # not to ended.calls: SQLite may write a page more or less
        folder = Path(shutil.copytree(books, base / f"{verb}-{number}"))
        killed = machine.run(
            folder,
            *WORDS[verb],
            answer=lambda call, last=number: KILL if call.number == last else GO_ON,
        )
        if killed.calls < number:
            assert (killed.code, killed.calls > 10) == (0, True), killed.err
            break
        assert killed.code == KILLED
        sound(folder)
        if verb == "erase":
            decided_or_readable(folder)

        again = machine.run(folder, *WORDS[verb], answer=lambda _: GO_ON)

        assert again.code == 0, (number, again.err)
        sound(folder)
        checks[verb](folder)
        shutil.rmtree(folder)


def sound(folder: Path) -> None:
    """See that no file is damaged or missing without a decision."""
    with open_project(folder) as project:
        project.state.verify_audit()
        assert [*changed(project.lake, files_of(project.lake))] == []
        assert [*lacking(project.lake, project.state)] == []


def decided_or_readable(folder: Path) -> None:
    """See that what nobody decided on can be read, and that nothing else can."""
    with open_project(folder) as project:
        assert project.lake.keys is not None
        decided = bool(project.lake.keys.said(NAME))
        for path in (project.lake.personal / NAME).iterdir():
            if decided:
                with pytest.raises(Gone):
                    project.lake.open_landed(path.stem)
            else:
                project.lake.open_landed(path.stem).close()


def erased(folder: Path) -> None:
    """See that the key is gone, by one decision."""
    with open_project(folder) as project:
        steps = [one.step for one in project.state.period_keys() if one.period == PERIOD]
    assert steps == ["destroyed"]
    assert [path.name for path in (folder / KEYS).iterdir()] == ["digest.key"]


def retired(folder: Path) -> None:
    """See that the files of Monday are gone, by one decision, and those of Tuesday are not."""
    with open_project(folder) as project:
        assert len(project.state.retirements()) == 1
        assert gone_of_night(project, MONDAY)
        listed = project.lake.retired.places(project.state.retirements()[0])
        assert not any((project.lake.root / place).exists() for place in listed)
    assert [*(folder / "lake" / "gates").iterdir()] == []
