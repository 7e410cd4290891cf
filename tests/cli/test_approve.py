"""`approve`, `reject`, `post`: what waits is listed, decided by a second person, and sent once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import ExitCode
from tests.cli.conftest import Company, Recon


@pytest.fixture
def books(company: Company, tmp_path: Path) -> Path:
    """Give a copy of the demo's project that a test may change."""
    return Path(shutil.copytree(company.folder, tmp_path / "books"))


def files(books: Path) -> list[Path]:
    """Return the import files; the demo itself has posted its first day."""
    return sorted((books / "erp-import").iterdir())


def listed(recon: Recon, books: Path) -> list[dict[str, Any]]:
    """Return the batches that wait."""
    found: list[dict[str, Any]] = recon("approve", "--project", books, "--json").json()["batches"]
    return found


def test_a_batch_is_listed_approved_and_posted_once(recon: Recon, books: Path) -> None:
    first, *others = listed(recon, books)

    approved = recon("approve", first["batch"][:10], "--project", books)
    posted = recon("post", "--project", books)
    again = recon("post", "--project", books)

    assert (approved.code, posted.code, again.code) == (0, 0, 0)
    assert "prepared by recon service" in approved.out
    assert "(unauthenticated)" in approved.out
    assert f"{first['journals']} posted as E1-{first['date']}-" in posted.out
    assert "nothing to post" in again.out
    assert [one["batch"] for one in listed(recon, books)] == [one["batch"] for one in others]
    assert len(files(books)) == 2


def test_after_posting_every_night_still_adds_up(recon: Recon, books: Path) -> None:
    first = listed(recon, books)[0]
    recon("approve", first["batch"], "--project", books)
    recon("post", "--project", books)

    verified = recon("verify", "--project", books)

    assert verified.code == ExitCode.DONE, verified.out


def test_a_posted_journal_is_explained_with_its_document(recon: Recon, books: Path) -> None:
    first = listed(recon, books)[0]
    recon("approve", first["batch"], "--project", books)
    recon("post", "--project", books)
    (file,) = [path for path in files(books) if first["date"] in path.name]
    journal = file.read_text(encoding="utf-8").splitlines()[1].split(",")[1]

    told = recon("explain", journal, "--project", books)

    assert f"posted as {file.name} on {first['date']}" in told.out


def test_a_dry_run_sends_nothing(recon: Recon, books: Path) -> None:
    first = listed(recon, books)[0]
    recon("approve", first["batch"], "--project", books)

    before = files(books)

    told = recon("post", "--dry-run", "--project", books)

    assert f"would send {first['journals']} journals of E1, {first['date']}" in told.out
    assert files(books) == before


def test_a_batch_that_nobody_proposed_cannot_be_approved(recon: Recon, books: Path) -> None:
    done = recon("approve", "ffff", "--project", books)

    assert done.code == ExitCode.REFUSED
    assert "found no batch" in done.err


def test_a_rejection_needs_a_reason(recon: Recon, books: Path) -> None:
    first = listed(recon, books)[0]

    done = recon("reject", first["batch"], "--project", books)
    said = recon("reject", first["batch"], "--reason", "wrong account", "--project", books)

    assert (done.code, said.code) == (ExitCode.USAGE, ExitCode.DONE)
    assert listed(recon, books)[0]["state"] == "rejected"
