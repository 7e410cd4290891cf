"""A range of dates in one process: in order, each once, and told what was not run."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.world import BUSINESS_DATE, Truth, make_world
from recon_engine.backfill import Backfill, Dated, run_range
from recon_engine.errors import ExitCode, Unavailable
from recon_engine.pipeline import STAGES
from recon_engine.reader import Asked, reading_beside
from recon_engine.run import Project, open_project, read_table

MONDAY, TUESDAY, WEDNESDAY = (BUSINESS_DATE + timedelta(n) for n in range(3))
SUNDAY = MONDAY - timedelta(1)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Give a project without a database, whose inbox holds the files of three small dates."""
    folder = tmp_path / "books"
    make_world(folder, Truth(40, days=3), memory_limit="500MB", threads=2)
    return folder


def statuses(result: Backfill) -> dict[date, str]:
    return {one.business_date: one.status for one in result.dates}


def test_an_interrupted_backfill_goes_on_where_it_was(books: Path) -> None:
    heard: list[Dated] = []

    def interrupt_after_monday(one: Dated) -> None:
        heard.append(one)
        if one.business_date == MONDAY:
            raise KeyboardInterrupt

    with open_project(books) as project, pytest.raises(KeyboardInterrupt):
        run_range(project, SUNDAY, WEDNESDAY, actor="tester", say=interrupt_after_monday)
    with open_project(books) as project:
        again = run_range(project, MONDAY, WEDNESDAY, actor="tester")
        once_more = run_range(project, MONDAY, WEDNESDAY, actor="tester")
        runs = [(run.business_date, run.verb) for run in project.state.runs()]

    assert [one.status for one in heard] == ["no processing", "done"]
    assert statuses(again) == {MONDAY: "closed", TUESDAY: "done", WEDNESDAY: "done"}
    assert set(statuses(once_more).values()) == {"closed"}
    assert (again.exit_code, once_more.exit_code) == (ExitCode.DONE, ExitCode.DONE)
    assert runs == [(day, "backfill") for day in (WEDNESDAY, TUESDAY, MONDAY)]


def test_a_date_that_stops_keeps_the_dates_after_it_waiting(books: Path) -> None:
    file = books / "inbox" / f"cards_{TUESDAY}.csv"
    sound = file.read_text()
    file.write_text(sound.replace(",0.00,", ",9.99,", 1))

    with open_project(books) as project:
        stopped = run_range(project, MONDAY, WEDNESDAY, actor="tester")
        file.write_text(sound)
        mended = run_range(project, MONDAY, WEDNESDAY, actor="tester")

    assert statuses(stopped) == {MONDAY: "done", TUESDAY: "stopped", WEDNESDAY: "not run"}
    assert stopped.exit_code != ExitCode.DONE
    assert stopped.exit_code == stopped.dates[1].exit_code
    assert file.name in stopped.dates[1].findings[0]
    assert statuses(mended) == {MONDAY: "closed", TUESDAY: "done", WEDNESDAY: "done"}


def test_every_date_has_its_own_files_and_nothing_of_the_others(books: Path) -> None:
    with open_project(books) as project:
        run_range(project, MONDAY, TUESDAY, actor="tester")
        named = {
            day: {row["file_name"] for row in read_table(project, "landed_file", day).to_pylist()}
            for day in (MONDAY, TUESDAY, WEDNESDAY)
        }

    kinds = ("bank", "cards", "ledger")
    assert named[MONDAY] == {f"{kind}_{MONDAY}.csv" for kind in kinds}
    assert named[TUESDAY] == {f"{kind}_{TUESDAY}.csv" for kind in kinds}
    assert named[WEDNESDAY] == set()


def test_a_range_that_ends_after_the_newest_file_is_refused(books: Path) -> None:
    with open_project(books) as project:
        with pytest.raises(Unavailable, match=f"files up to {WEDNESDAY}, .*; nothing was run"):
            run_range(project, MONDAY, WEDNESDAY + timedelta(1), actor="tester")

        assert project.state.runs() == []


def test_a_range_waits_for_the_dates_before_it(books: Path) -> None:
    with open_project(books) as project:
        with pytest.raises(Unavailable, match=f"run {MONDAY} first"):
            run_range(project, TUESDAY, WEDNESDAY, actor="tester")

        assert project.state.runs() == []


def test_what_the_reader_read_is_what_the_night_would_have_read(
    books: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(books, alone)
    with open_project(books) as project:
        run_range(project, MONDAY, WEDNESDAY, actor="tester")
        together = hashes(project)
    with open_project(alone) as project:
        for day in (MONDAY, TUESDAY, WEDNESDAY):
            run_range(project, day, day, actor="tester")

        assert hashes(project) == together


def test_a_reader_that_dies_costs_time_and_nothing_else(books: Path) -> None:
    def kill_the_reader(one: Dated) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if b"recon_engine.reader" in command and str(books).encode() in command:
                    os.kill(int(process.name), signal.SIGKILL)
                    killed.append(one.business_date)

    killed: list[date] = []
    with open_project(books) as project:
        result = run_range(project, MONDAY, WEDNESDAY, actor="tester", say=kill_the_reader)

    assert killed[0] == MONDAY
    assert set(statuses(result).values()) == {"done"}


def test_no_reader_is_left_where_a_backfill_is_interrupted(books: Path) -> None:
    def interrupt(_: Dated) -> None:
        raise KeyboardInterrupt

    with open_project(books) as project, pytest.raises(KeyboardInterrupt):
        run_range(project, MONDAY, WEDNESDAY, actor="tester", say=interrupt)

    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert not any(str(books).encode() in command for command in commands)


def test_what_was_read_of_a_date_is_no_answer_for_another(books: Path) -> None:
    with open_project(books) as project, reading_beside(project) as reader:
        for day in (TUESDAY, WEDNESDAY):
            reader.begin(Asked(day, day - timedelta(1), ()))
        found = reader.take(WEDNESDAY)

        assert found is not None
        assert found.run_id.startswith(f"{WEDNESDAY:%Y%m%d}-")
        assert reader.take(TUESDAY) is None


def hashes(project: Project) -> dict[tuple[str, str, date], str]:
    return {
        (stage.name, version.scope, day): version.logical_hash
        for day in (MONDAY, TUESDAY, WEDNESDAY)
        for stage in STAGES
        for version in project.state.versions(day).published(stage.name)
        if version.business_date == day
    }
