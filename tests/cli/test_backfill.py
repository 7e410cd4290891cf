"""`backfill`: a range of dates as a person types it, and every way in which it is not one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks.world import BUSINESS_DATE, Truth, make_world
from recon_engine.errors import ExitCode
from tests.cli.conftest import DEMO_DAYS, Company, Recon
from tests.cli.test_run import paths

FIRST, LAST = BUSINESS_DATE, date(2026, 3, 3)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Give a project whose inbox holds the files of two small dates."""
    folder = tmp_path / "books"
    make_world(folder, Truth(40, days=2), memory_limit="500MB", threads=2)
    return folder


def test_a_backfill_says_a_line_for_each_date_and_leaves_closed_ones_alone(
    recon: Recon, books: Path
) -> None:
    done = recon("backfill", "--from", FIRST, "--to", FIRST, "--project", books)
    again = recon("backfill", "--from", FIRST, "--to", LAST, "--project", books, "--json")

    told = again.json()
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith("Mon 2026-03-02        3 files       41 lines")
    assert done.out.splitlines()[-1] == "done: 2026-03-02"
    assert again.code == 0, again.err
    assert told["closed"] == ["2026-03-02"]
    assert [one["status"] for one in told["dates"]] == ["closed", "done"]
    assert told["dates"][1]["rows"]["settlement_line"] == 41
    assert again.err.count(" conserved ") == 1


def test_a_closed_range_has_nothing_to_do(recon: Recon, company: Company) -> None:
    last = f"2026-03-{1 + DEMO_DAYS:02}"

    done = recon("backfill", "--from", FIRST, "--to", last, "--project", company.folder)

    assert done.code == 0
    assert done.out == f"closed before, left alone: 2026-03-02 to {last}\nnothing to do\n"


def test_a_dry_run_lists_dates_and_files_and_writes_nothing(recon: Recon, books: Path) -> None:
    before = paths(books)

    done = recon(
        "backfill", "--from", FIRST, "--to", LAST, "--dry-run", "--project", books, "--json"
    )

    told = {one["business_date"]: one["files"] for one in done.json()["dates"]}
    assert done.code == 0
    assert told == {
        str(day): [f"{kind}_{day}.csv" for kind in ("bank", "cards", "ledger")]
        for day in (FIRST, LAST)
    }
    assert paths(books) == before


def test_a_range_that_runs_backwards_is_refused(recon: Recon, books: Path) -> None:
    done = recon("backfill", "--from", LAST, "--to", FIRST, "--project", books)

    assert done.code == ExitCode.USAGE
    assert done.err == (
        "--from: found 2026-03-03, expected a day up to 2026-03-02, which --to says; "
        "nothing was done\n"
    )
    assert not (books / "state.db").exists()


def test_a_range_that_ends_after_every_file_is_one_line(recon: Recon, books: Path) -> None:
    done = recon("backfill", "--from", FIRST, "--to", "2026-04-01", "--project", books)

    assert done.code == ExitCode.NOT_NOW
    assert done.err == (
        "2026-04-01: found files up to 2026-03-03, expected some for that date or a later one; "
        "nothing was run\n"
    )


def test_an_inbox_that_cannot_be_read_stops_its_source_and_the_dates_after_it(
    recon: Recon, books: Path
) -> None:
    (books / "recon.yaml").write_text(
        (books / "recon.yaml").read_text() + "  away: {folder: nowhere}\n"
    )
    bank = books / "mappings" / "sources" / "bank.yaml"
    bank.write_text(bank.read_text().replace("connection: inbox", "connection: away"))

    done = recon("backfill", "--from", FIRST, "--to", LAST, "--project", books)

    assert done.code == ExitCode.NOT_NOW
    assert "cannot be read for source bank" in done.err
    assert done.out.splitlines()[-2:] == [
        "stopped: 2026-03-02",
        "not run, since the order matters: 2026-03-03",
    ]
