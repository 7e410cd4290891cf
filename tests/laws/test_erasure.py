"""Law: a month whose key was destroyed is unreadable for ever, and nothing else is."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest

from recon_engine.cli import main
from recon_engine.deliver import erasure
from recon_engine.deliver.erasure import erase
from recon_engine.errors import GateBlocked, Gone, Rejected, RulebookError
from recon_engine.run import open_project, read_table
from recon_engine.store.keys import Keys
from tests.personal_books import (
    CUSTOMER,
    KEYS,
    MONDAY,
    PERIOD,
    TEXT,
    TUESDAY,
    WEDNESDAY,
    April,
    bytes_of,
    found_in,
    make_books,
    recon,
    run_nights,
)

NAME = f"E1-{PERIOD}"
LATER = datetime(2027, 6, 1, tzinfo=UTC)
STATEMENT = f"camt053_eur_{WEDNESDAY:%Y%m%d}.xml"
POLICY = "retention: {personal_days: 400}\n"


@pytest.fixture(scope="module")
def run_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_books(tmp_path_factory.mktemp("erasure") / "books")
    policy = folder / "mappings" / "policy.yaml"
    policy.write_text(policy.read_text() + POLICY)
    later = folder / "inbox" / "bank" / STATEMENT
    later.rename(folder / STATEMENT)
    run_nights(folder, MONDAY, TUESDAY)
    (folder / STATEMENT).rename(later)  # what is there comes with any night
    return folder


@pytest.fixture
def books(run_books: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_books, tmp_path / "books"))


def destroyed(folder: Path, **changes: Any) -> erasure.Erased:
    asked = {"actor": "ann", "reason": "400 days", "now": LATER} | changes
    with open_project(folder) as project:
        return erase(project, "E1", PERIOD, **asked)


def test_after_erasure_nobody_reads_and_everything_else_stands(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_project(books) as project:
        assert project.lake.keys is not None
        secret = str(project.lake.keys.identity(NAME))
        sealed = [path.stem for path in (project.lake.personal / NAME).iterdir()]
    assert [name for name, content in bytes_of(books) if secret.encode() in content] == [
        str(books / KEYS / f"{NAME}.key")
    ]

    done = destroyed(books)

    assert (done.period, done.outcome, done.files) == (NAME, "erased", len(sealed))
    assert found_in(books, secret, secret.removeprefix("AGE-SECRET-KEY-")) == []
    with open_project(books) as project:
        keys = project.lake.keys
        assert keys is not None
        for file_id in sealed:
            with pytest.raises(Gone, match=r"erased by decision of ann at .* \(400 days\)"):
                project.lake.open_landed(file_id)
        with pytest.raises(Gone, match="erased by decision of ann"):
            keys.cloak(NAME)
    code, told = recon(books, capsys, "verify")
    assert (code, [one["verdict"] for one in told["nights"]]) == (0, ["agrees", "agrees"])
    (gone,) = told["lake"]["erased"]
    assert (gone["period"], gone["files"]) == (NAME, len(sealed))
    assert "erased by decision of ann" in gone["said"]
    assert recon(books, capsys, "doctor")[0] == 0


def test_verify_and_replay_say_so_in_a_line_and_end_as_without(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    destroyed(books)

    assert main(["verify", "--project", str(books)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"{NAME}: " in said
    assert "erased by decision of ann at" in said
    for words in (["--all"], ["--date", str(TUESDAY)]):
        assert main(["replay", *words, "--project", str(books)]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "identical: " in said
        assert "scopes, erased by decision of ann at" in said


def test_the_night_after_runs_under_a_key_of_its_own_and_sees_no_changed_line(
    books: Path, run_books: Path, tmp_path: Path
) -> None:
    """The ledger extract repeats lines of the erased month: their digests are comparable."""
    other = Path(shutil.copytree(run_books, tmp_path / "kept"))
    destroyed(books)

    for folder in (books, other):
        run_nights(folder, WEDNESDAY, clock=April)

    assert {path.name for path in (books / KEYS).iterdir()} == {"digest.key", "E1-2026-04.key"}
    assert found_in(books / "lake", CUSTOMER, TEXT) == []
    found, kept = (rows(folder, "exception_item", WEDNESDAY) for folder in (books, other))
    assert found == kept
    assert rows(books, "open_item", WEDNESDAY)


def rows(folder: Path, table: str, day: date) -> list[tuple[Any, ...]]:
    columns = ("reason", "amount_minor") if table == "exception_item" else ("side", "amount_minor")
    with open_project(folder) as project:
        found = read_table(project, table, day).to_pylist()
    return sorted((tuple(str(row[name]) for name in columns)) for row in found)


def test_the_same_bytes_are_not_let_in_again(books: Path) -> None:
    destroyed(books)
    inbox = books / "inbox" / "bank"
    (again,) = inbox.glob(f"camt053_eur_{TUESDAY:%Y%m%d}.xml")
    shutil.copy(again, again.with_name(f"camt053_eur_{WEDNESDAY:%Y%m%d}_again.xml"))

    (said, *held) = run_nights(books, WEDNESDAY, clock=April, stops=True)

    assert "erased by decision of ann" in said
    assert said.startswith("landing/bank_eur")
    assert all("held because landing/bank_eur was stopped" in one for one in held)
    with open_project(books) as project:
        told = [row.payload for row in project.state.audit(1000) if row.event == "refuse"]
    assert len(told) == 1
    assert "erased by decision of ann" in told[0]


def test_killed_between_decision_and_key_the_same_command_finishes(
    books: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_self: Keys, _name: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Keys, "destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            destroyed(books)

    assert (books / KEYS / f"{NAME}.key").exists()
    code, told = recon(books, capsys, "verify")
    assert code == 4
    assert main(["verify", "--project", str(books)]) == 4
    assert "and the key still stands: run it again" in " ".join(capsys.readouterr().out.split())
    with open_project(books) as project, pytest.raises(Gone):
        project.lake.cloak(next((project.lake.personal / NAME).iterdir()).stem)

    assert destroyed(books, reason="again").outcome == "finished"

    assert destroyed(books).outcome == "already erased"
    assert not (books / KEYS / f"{NAME}.key").exists()
    code, told = recon(books, capsys, "verify")
    assert code == 0
    assert "(400 days)" in told["lake"]["erased"][0]["said"]


def test_a_dry_run_changes_nothing(books: Path) -> None:
    with open_project(books) as project:
        head = project.state.audit_head()

    assert destroyed(books, dry_run=True).outcome == "would be erased"

    with open_project(books) as project:
        assert project.state.audit_head() == head
    assert (books / KEYS / f"{NAME}.key").exists()


@pytest.mark.parametrize(
    ("policy", "changes", "says"),
    [
        (POLICY, {"now": datetime(2027, 5, 5, tzinfo=UTC)}, "expected 2027-05-06 or later"),
        ("retention: {personal_days: 0}\n", {"now": datetime(2026, 3, 31, tzinfo=UTC)},
         "expected 2026-04-01 or later"),
        ("", {}, "without it keys are kept for ever"),
        (POLICY + "controllers: [cfo]\n", {}, "found ann, expected one of the controllers"),
        (POLICY, {"reason": " "}, "expected both"),
    ],
)  # fmt: skip
def test_what_may_not_be_erased_is_refused_and_stands(
    books: Path, policy: str, changes: dict[str, Any], says: str
) -> None:
    path = books / "mappings" / "policy.yaml"
    path.write_text(path.read_text().replace(POLICY, policy))

    with pytest.raises(Rejected, match=says):
        destroyed(books, **changes)

    assert (books / KEYS / f"{NAME}.key").exists()


def test_a_month_with_an_open_date_or_a_waiting_journal_is_refused(books: Path) -> None:
    with open_project(books) as project:
        project.state.reopen("E1", TUESDAY, actor="ann", reason="late")
    with pytest.raises(Rejected, match=f"found files of {TUESDAY}, which is not sealed"):
        destroyed(books)

    from recon_engine.deliver import batches, judge
    from recon_engine.deliver.batches import outbox_rows

    with open_project(books) as project:
        project.state.seal("E1", TUESDAY, "r")
        batch = batches(project)[0]
        judge(project, batch.batch_id, "approve", checker="controller", reason="checked")
        project.state.queue(outbox_rows(project, batch), "r")
    with pytest.raises(Rejected, match="journals of its dates in the outbox"):
        destroyed(books)


def test_nothing_is_erased_while_the_database_is_behind(books: Path) -> None:
    with open_project(books) as project:
        project.state.pause(actor="ann", reason="restored", run_id="r")

    with pytest.raises(Rejected, match="posting is paused: restored; nothing was removed"):
        destroyed(books)


def test_the_command_erases_and_tells(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = books / "mappings" / "policy.yaml"
    path.write_text(path.read_text().replace("personal_days: 400", "personal_days: 1"))

    assert recon(books, capsys, "erase", "E1", PERIOD)[0] == 2
    assert recon(books, capsys, "erase", "E1", "2026-02", "--reason", "x")[0] == 6
    code, told = recon(books, capsys, "erase", "E1", PERIOD, "--reason", "asked", "--dry-run")
    assert (code, told["outcome"]) == (0, "would be erased")
    code, told = recon(books, capsys, "erase", "E1", PERIOD, "--reason", "asked")
    assert (code, told["outcome"], told["period"]) == (0, "erased", NAME)
    assert "(asked)" in told["said"]


def test_a_token_is_revealed_for_a_reason_on_record_until_it_is_erased(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_project(books) as project:
        column = read_table(project, "ledger_entry", TUESDAY).column("customer")
    token = max(filter(None, column.to_pylist()))

    assert recon(books, capsys, "reveal", token)[0] == 2
    assert recon(books, capsys, "reveal", "Ada", "--reason", "asked")[0] == 6
    code, told = recon(books, capsys, "reveal", token, "--reason", "asked")
    assert code == 0
    assert told["texts"][token].startswith(CUSTOMER)
    with open_project(books) as project:
        rows = {row.event: row for row in project.state.audit(10)}
    assert json.loads(rows["reveal"].payload) == {"tokens": [token], "reason": "asked"}
    assert recon(books, capsys, "verify")[0] == 0
    destroyed(books)
    code, told = recon(books, capsys, "reveal", token, "--reason", "asked")
    assert code == 4
    assert "erased by decision of ann" in told["error"]


def test_a_key_put_back_from_a_backup_is_not_used_again(books: Path) -> None:
    key = books / KEYS / f"{NAME}.key"
    backup = key.read_text()
    destroyed(books)
    key.write_text(backup)
    key.chmod(0o600)

    with open_project(books) as project, pytest.raises(Gone):
        project.lake.open_landed(next((project.lake.personal / NAME).iterdir()).stem)
    assert destroyed(books).outcome == "finished"
    assert not key.exists()


def test_what_was_sealed_does_not_open_with_any_other_key(books: Path) -> None:
    destroyed(books)
    run_nights(books, WEDNESDAY, clock=April)
    sealed = next((books / "lake" / "personal" / NAME).iterdir()).read_bytes()
    with open_project(books) as project:
        assert project.lake.keys is not None
        other = project.lake.keys.identity("E1-2026-04")
        token = "personal:E1-2026-03:AAAA"
        with pytest.raises(GateBlocked):
            project.lake.keys.cloak(NAME).reveal(token)

    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [other])


def test_a_project_without_keys_has_nothing_to_erase(tmp_path: Path) -> None:
    folder = make_books(tmp_path / "books", personal=False)

    with pytest.raises(RulebookError, match=r"expected privacy\.keys"):
        destroyed(folder)
