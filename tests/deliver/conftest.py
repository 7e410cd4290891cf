"""A small company after its first night, and a ledger that answers as badly as ledgers do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli.project import make_project
from recon_engine.deliver import doors
from recon_engine.demo import make_world, write_world
from recon_engine.errors import Unavailable
from recon_engine.night import run_night
from recon_engine.posters.poster import Answer, Journal
from recon_engine.run import Project, open_project

MONDAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night") / "books"
    make_project(folder)
    write_world(make_world(MONDAY, 1, payments_a_day=20), folder)
    with open_project(folder) as project:
        assert run_night(project, MONDAY, actor="recon service").run.status == "done"
    return folder


@pytest.fixture
def folder(after_a_night: Path, tmp_path: Path) -> Path:
    """Give a copy of the company that a test may change."""
    return Path(shutil.copytree(after_a_night, tmp_path / "books"))


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with open_project(folder) as opened:
        yield opened


class Killed(BaseException):
    """The sender was killed: nothing of the house catches it."""


@dataclass
class Ledger:
    """An ERP: holds what was booked under each key, and refuses a key that it holds already.

    `mood` is what happens to the next call of `post`: `lost` books nothing and does not answer,
    `silent` books all and does not answer, `killed` books all and the sender dies, `strict` refuses
    the first journal and books the others.
    """

    mood: str = ""
    booked: dict[str, Journal] = field(default_factory=dict)
    asked: int = 0

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        self.asked += 1
        return {key: Answer(f"DOC-{key[:6]}") for key in keys if key in self.booked}

    def post(self, journals: Sequence[Journal]) -> Mapping[str, Answer]:
        mood, self.mood = self.mood, ""
        if mood == "lost":
            raise Unavailable("the ledger does not answer")
        refused = journals[:1] if mood == "strict" else journals[:0]
        for journal in journals[len(refused) :]:
            assert journal.posting_key not in self.booked, "booked twice"
            assert sum(line.amount_minor for line in journal.lines) == 0
            self.booked[journal.posting_key] = journal
        if mood == "silent":
            raise Unavailable("the ledger stopped talking")
        if mood == "killed":
            raise Killed
        keys = [journal.posting_key for journal in journals]
        return {**self.find(keys), **{j.posting_key: Answer(refused="no") for j in refused}}


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Give the ledger that the journals of every entity go to."""
    made = Ledger()
    monkeypatch.setattr(doors, "poster", lambda _connection: made)
    return made
