"""Law: files of old dates go by decision, and the nights after come out as if they were there."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from recon_engine.cli import main
from recon_engine.deliver import batches, judge, post_approved, retirement
from recon_engine.deliver.retirement import Done, retire
from recon_engine.errors import Gone, Rejected, Unavailable
from recon_engine.run import open_project, read_table
from recon_engine.run.closing import reopen
from tests.cases.accounting.nights import published
from tests.personal_books import MONDAY, TUESDAY, WEDNESDAY, make_books, recon, run_nights

LATER = datetime(2037, 1, 1, tzinfo=UTC)
POLICY = "retention: {file_days: 3650}\n"


@pytest.fixture(scope="module")
def run_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_books(tmp_path_factory.mktemp("retirement") / "books")
    policy = folder / "mappings" / "policy.yaml"
    policy.write_text(policy.read_text() + POLICY)
    run_nights(folder, MONDAY, TUESDAY)
    return folder


@pytest.fixture
def books(run_books: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_books, tmp_path / "books"))


@pytest.fixture(scope="module")
def kept(run_books: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Any, str]:
    """Give what Wednesday comes to where nothing was retired."""
    folder = tmp_path_factory.mktemp("kept") / "books"
    shutil.copytree(run_books, folder)
    run_nights(folder, WEDNESDAY)
    return hashes(folder, WEDNESDAY)


def hashes(folder: Path, day: date) -> dict[Any, str]:
    with open_project(folder) as project:
        return published(project, day)


def retired(folder: Path, upto: date = TUESDAY, **changes: Any) -> Done:
    asked = {"actor": "ann", "reason": "10 years", "now": LATER} | changes
    with open_project(folder) as project:
        return retire(project, "E1", upto, **asked)


def files(folder: Path, *below: str) -> set[str]:
    lake = folder / "lake"
    return {str(p.relative_to(lake)) for name in below for p in (lake / name).rglob("*.*")}


def test_the_night_after_is_as_if_nothing_was_retired(
    books: Path, kept: dict[Any, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Tuesday is what Wednesday follows, so it stays whole; without Monday nobody re-adds it."""
    done = retired(books)
    assert done.outcome == "retired"
    assert done.landed > 3
    assert done.parts > 20

    run_nights(books, WEDNESDAY)

    assert hashes(books, WEDNESDAY) == kept
    code, told = recon(books, capsys, "verify")
    assert (code, told["lake"]["findings"]) == (0, [])
    assert [one["verdict"].split(" by ")[0] for one in told["nights"]] == [
        "retired",
        "retired",
        "agrees",
    ]
    again = retired(books, WEDNESDAY)
    assert again.outcome == "retired"
    assert again.parts > 20
    assert recon(books, capsys, "verify")[0] == 0


def test_the_last_date_of_all_stays_whole(books: Path) -> None:
    assert retired(books, MONDAY).outcome == "nothing to do"


def test_manifests_hashes_and_the_audit_log_stay_and_files_are_gone(
    books: Path, run_books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stay = ("manifests", "results", "rulebooks", "nights")

    done = retired(books)

    assert files(books, *stay) >= files(run_books, *stay)
    assert [*(books / "lake" / "gates").iterdir()] == []
    gone = files(run_books, "parts", "personal") - files(books, "parts", "personal")
    landed = {p.name for p in (run_books / "lake" / "landing").iterdir()}
    landed -= {p.name for p in (books / "lake" / "landing").iterdir()}
    assert len(gone) + len(landed) == done.landed + done.parts
    with open_project(books) as project:
        assert project.state.verify_audit()
        (one,) = project.state.retirements()
        assert (one.entity, one.upto, one.files) == ("E1", TUESDAY, done.landed + done.parts)
        for file_id in landed:
            with pytest.raises(Gone, match=r"retired by decision of ann at .* \(10 years\)"):
                project.lake.open_landed(file_id)
        with pytest.raises(Gone, match="retired by decision of ann"):
            read_table(project, "ledger_entry", MONDAY)
    assert main(["verify", "--project", str(books)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "0 nights re-added: nothing differs; 2 nights retired by decision" in said
    assert f"E1 to {TUESDAY}: {one.files} files retired by decision of ann" in said


def test_replay_says_so_and_finds_no_difference(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    retired(books)

    for words in (["--all"], ["--date", str(MONDAY)], ["--date", str(TUESDAY)]):
        assert main(["replay", *words, "--project", str(books)]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "identical: " in said
        assert "scopes, retired by decision of ann at" in said


def test_commands_that_look_back_still_work(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_project(books) as project:
        for batch in batches(project):
            judge(project, batch.batch_id, "approve", checker="controller", reason="checked")
    retired(books, TUESDAY)

    assert recon(books, capsys, "exceptions")[0] in (0, 3)
    assert recon(books, capsys, "status")[0] == 0
    assert recon(books, capsys, "doctor")[0] == 0
    with open_project(books) as project:
        posted, _ = post_approved(project, actor="night")
    assert sum(one.posted for one in posted) > 0
    assert recon(books, capsys, "restore-check")[0] in (0, 6)


def test_killed_between_record_and_removal_the_same_command_finishes(
    books: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(_: Any) -> None:
        raise KeyboardInterrupt

    before = files(books, "parts")
    with monkeypatch.context() as dying:
        dying.setattr(retirement, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            retired(books)
    assert files(books, "parts") == before
    assert recon(books, capsys, "verify")[0] == 0

    assert retired(books).outcome == "finished"

    assert files(books, "parts") < before
    assert retired(books).outcome == "nothing to do"
    assert recon(books, capsys, "verify")[0] == 0
    with open_project(books) as project:
        assert len(project.state.retirements()) == 1


def test_a_file_that_is_gone_and_was_not_retired_is_damage(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    retired(books)
    victim = min((books / "lake" / "parts").iterdir())
    victim.unlink()

    code, told = recon(books, capsys, "verify")
    assert code == 4
    assert [one["place"] for one in told["lake"]["findings"]] == [f"parts/{victim.name}"]


def test_a_list_that_was_changed_stops_what_asks_for_it(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = retired(books)
    path = books / "lake" / "results" / f"{done.list_sha}.json"
    path.write_bytes(path.read_bytes().replace(b"parts/", b"party/", 1))

    assert main(["verify", "--project", str(books)]) == 4
    assert done.list_sha in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("policy", "changes", "says"),
    [
        (POLICY, {"now": datetime(2036, 2, 28, tzinfo=UTC)}, "expected 2036-02-29 or later"),
        ("", {}, "without it files are kept for ever"),
        (POLICY + "controllers: [cfo]\n", {}, "found ann, expected one of the controllers"),
        (POLICY, {"reason": " "}, "expected both"),
    ],
)
def test_what_may_not_be_retired_is_refused_and_stands(
    books: Path, policy: str, changes: dict[str, Any], says: str
) -> None:
    path = books / "mappings" / "policy.yaml"
    path.write_text(path.read_text().replace(POLICY, policy))
    before = files(books, "parts", "personal", "gates")

    with pytest.raises(Rejected, match=says):
        retired(books, **changes)

    assert files(books, "parts", "personal", "gates") == before


def test_open_dates_busy_projects_and_dry_runs_lose_nothing(books: Path) -> None:
    before = files(books, "parts", "personal", "gates")

    assert retired(books, dry_run=True).outcome == "would be retired"
    with (
        open_project(books) as project,
        project.state.lease(["a"], "night"),
        pytest.raises(Unavailable, match="found night at work on a"),
    ):
        retire(project, "E1", MONDAY, actor="ann", reason="x", now=LATER)
    paused = Path(shutil.copytree(books, books.with_name("paused")))
    with open_project(paused) as project:
        project.state.pause(actor="ann", reason="restored", run_id="r")
    with pytest.raises(Rejected, match="posting is paused: restored"):
        retired(paused)
    with open_project(books) as project:
        reopen(project, TUESDAY, ["E1"], actor="ann", reason="late")
    with pytest.raises(Rejected, match=f"found {TUESDAY}, which is not sealed"):
        retired(books, TUESDAY)

    assert files(books, "parts", "personal", "gates") == before


def test_a_retired_date_is_not_opened_again(books: Path) -> None:
    retired(books)

    with (
        open_project(books) as project,
        pytest.raises(Rejected, match="retired by decision of ann"),
    ):
        reopen(project, MONDAY, ["E1"], actor="ann", reason="late")
    run_nights(books, WEDNESDAY)
    with open_project(books) as project:
        assert reopen(project, WEDNESDAY, ["E1"], actor="ann", reason="late")["E1"] == [WEDNESDAY]


def test_the_commands_tell_what_is_due_and_retire_it(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = books / "mappings" / "policy.yaml"
    path.write_text(path.read_text().replace(POLICY, "retention: {file_days: 1}\n"))

    code, told = recon(books, capsys, "retention")
    assert (code, told["files"][0]["to"], told["files"][0]["retired_to"]) == (
        0,
        str(TUESDAY),
        None,
    )
    assert [(one["period"], one["due"]) for one in told["keys"]] == [("E1-2026-03", False)]
    code, told = recon(books, capsys, "retire", "E1", "--to", str(TUESDAY), "--reason", "old")
    assert (code, told["outcome"]) == (0, "retired")
    code, told = recon(books, capsys, "retention")
    assert told["files"][0]["retired_to"] == str(TUESDAY)
