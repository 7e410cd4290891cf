"""`take-on`: an empty file, every fault with its line, a table of accounts, and who may approve."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from tests.cases.accounting.company import deliver, write_project
from tests.cases.accounting.opening import opening_file
from tests.cases.accounting.tables import case_texts, read_cases
from tests.cli.conftest import Recon

CASE = read_cases(case_texts())["E23"]
EVE = "2026-03-31"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Give the company of case E23, with what its bank and processor sent on the eve."""
    folder = tmp_path / "books"
    write_project(CASE, folder)
    deliver(CASE, folder, CASE.given("trial_balance")[0].day)
    return folder


def test_init_writes_a_file_that_says_what_to_fill_in(recon: Recon, project: Path) -> None:
    path = project / "opening.csv"

    done = recon("take-on", "--init", path, "--project", project)
    again = recon("take-on", "--init", path, "--project", project)

    assert (done.code, again.code) == (ExitCode.DONE, ExitCode.USAGE)
    text = path.read_text()
    assert "# payout             paid out and not yet at the bank; 1010; adyen_eu, northpay" in text
    assert "found a file, expected none" in again.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("opening.csv",), "--date: found nothing"),
        (("nowhere.csv", "--date", EVE), "found no file"),
        (("opening.csv", "--date", "31.3.2026"), "expected a day like"),
        (("opening.csv", "--date", EVE, "--entity", "E9"), "expected one of: E1"),
    ],
)
def test_a_wrong_call_says_what_is_missing(
    recon: Recon, books: Path, words: tuple[str, ...], said: str
) -> None:
    name, *rest = words

    done = recon("take-on", books / name, *rest, "--project", books)

    assert done.code == ExitCode.USAGE
    assert said in done.err


def test_a_bad_row_is_refused_with_its_line(recon: Recon, books: Path) -> None:
    path = books / "opening.csv"
    path.write_text(opening_file(CASE).replace("EUR,480.00", "EUR,480,00"))

    done = recon("take-on", path, "--date", EVE, "--project", books, "--json")

    assert done.code == ExitCode.REFUSED
    assert "opening.csv line 2: found 12 fields, expected 11" in done.err
    assert done.json()["verb"] == "take-on"


def test_one_proposes_and_another_brings_it_into_force(
    recon: Recon, books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ana")
    proposed = recon("take-on", books / "opening.csv", "--date", EVE, "--project", books)
    listed = recon("approve", "--project", books)
    told = recon("approve", "--project", books, "--json").json()["take_ons"]
    monkeypatch.setenv("LOGNAME", "ben")
    approved = recon("approve", told[0]["take_on"][:8], "--reason", "checked", "--project", books)
    again = recon("take-on", books / "opening.csv", "--date", EVE, "--project", books)
    verified = recon("verify", "--project", books)
    explained = recon("explain", "INV-7", "--project", books)
    reported = recon("report", "--date", EVE, "--project", books)

    assert proposed.code == ExitCode.DONE, proposed.err
    assert [line.split() for line in proposed.out.splitlines() if line.split()[:1] == ["1200"]] == [
        ["1200", "clearing", *(["210.00", "EUR"] * 3), "0.00", "EUR", "equal"]
    ]
    assert "nothing is in force before a second person approves" in proposed.out
    assert "take-on" in listed.out
    assert (told[0]["state"], told[0]["maker"]) == ("awaiting approval", "ana (unauthenticated)")
    assert approved.code == ExitCode.DONE, approved.err
    assert "prepared by ana (unauthenticated), decided by ben (unauthenticated)" in approved.out
    assert "in force: recon run goes on from 2026-03-31" in approved.out
    assert "nothing to do" in again.out
    assert verified.code == ExitCode.DONE, verified.out
    assert "opening item" in explained.out
    assert "read from take-on-E1-2026-03-31.csv row 5" in explained.out
    assert "open in processor on 2026-03-31: 75.00 EUR at receivable" in explained.out
    assert reported.code == ExitCode.DONE, reported.err
