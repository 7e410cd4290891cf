"""The company of case E23 on the eve of its first night, and what a controller wrote of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from recon_engine.run import open_project
from recon_engine.run.take_ons import take_ons
from recon_engine.take_on import enact, judge, propose
from tests.cases.accounting.company import deliver, write_project
from tests.cases.accounting.opening import opening_file
from tests.cases.accounting.tables import case_texts, read_cases

EVE = date(2026, 3, 31)
FIRST = EVE + timedelta(days=1)
CASE = read_cases(case_texts())["E23"]
WORD = "processor,processor_balance,1200,EUR,210.00,2026-03-31,,,,,\n"
"""What the processor says it holds, as a row: no report and no statement of the eve comes here."""


@dataclass(frozen=True)
class Books:
    """A project, and the file of its take-on."""

    folder: Path

    @property
    def opening(self) -> Path:
        return self.folder / "opening.csv"

    def rewrite(self, old: str, new: str) -> Path:
        """Put another text into the file, which has the old one once."""
        text = self.opening.read_text()
        assert text.count(old) == 1
        self.opening.write_text(text.replace(old, new))
        return self.opening

    def files(self) -> dict[Path, bytes]:
        """Return every file of the project but the state's journal, with its bytes."""
        paths = (p for p in self.folder.rglob("*") if p.is_file() and "state.db-" not in p.name)
        return {path: path.read_bytes() for path in paths}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Give the company with nothing in its inboxes."""
    folder = tmp_path / "books"
    write_project(CASE, folder)
    (folder / "opening.csv").write_text(opening_file(CASE) + WORD)
    return Books(folder)


@pytest.fixture(scope="session")
def proposed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proposed") / "books"
    write_project(CASE, folder)
    (folder / "opening.csv").write_text(opening_file(CASE) + WORD)
    with open_project(folder) as project:
        propose(project, folder / "opening.csv", "E1", EVE, maker="ana")
    return folder


@pytest.fixture(scope="session")
def in_force_once(proposed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(proposed_once, tmp_path_factory.mktemp("in_force") / "books"))
    with open_project(folder) as project:
        (one,) = take_ons(project.state)
        one = judge(project, one, "approve", checker="ben", reason="checked")
        assert enact(project, one, actor="ben").run.status == "done"
    return folder


@pytest.fixture
def proposed(proposed_once: Path, tmp_path: Path) -> Books:
    """Give a copy of the company with its take-on proposed by ana."""
    return Books(Path(shutil.copytree(proposed_once, tmp_path / "books")))


@pytest.fixture
def in_force(in_force_once: Path, tmp_path: Path) -> Books:
    """Give a copy of the company with its take-on in force, approved by ben."""
    return Books(Path(shutil.copytree(in_force_once, tmp_path / "books")))


@pytest.fixture
def first_day(in_force: Books) -> Books:
    """Give the company with the files of its first day in the inboxes."""
    deliver(CASE, in_force.folder, FIRST)
    return in_force
