"""A file that comes after its night: an open date takes it in, as if it had come in time."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from recon_engine.cli.project import make_project
from recon_engine.demo import make_world, write_world
from recon_engine.errors import Rejected
from recon_engine.night import run_night
from recon_engine.replay import replay
from recon_engine.run import Project, open_project
from recon_engine.run.closing import reopen, seal
from tests.cases.accounting.nights import published

MONDAY = date(2026, 3, 2)
TUESDAY, WEDNESDAY = MONDAY + timedelta(1), MONDAY + timedelta(2)
LATE = "northpay"

Hashes = dict[date, dict[tuple[str, ...], str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("late") / "world"
    make_project(folder)
    write_world(make_world(MONDAY, 3, payments_a_day=20), folder)
    return folder


def books(world: Path, folder: Path, seal_after: int | str) -> Path:
    """Give a copy of the world under another rule of sealing."""
    shutil.copytree(world, folder)
    policy = folder / "mappings" / "policy.yaml"
    policy.write_text(f"{policy.read_text(encoding='utf-8')}\nseal_after: {seal_after}\n")
    return folder


def late_file(folder: Path) -> Path:
    """Return Monday's first report of the processor whose files come late."""
    return min((folder / "inbox" / LATE).glob(f"*{MONDAY:%Y%m%d}.csv"))


def nights(project: Project, *days: date) -> Hashes:
    """Run nights, all green, and return the logical hashes of what they published."""
    for day in days:
        run = run_night(project, day, actor="night").run
        assert run.status == "done", run.findings
    return {day: published(project, day) for day in days}


@pytest.fixture(scope="module", params=[0, 2])
def in_time(
    request: pytest.FixtureRequest, world: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Hashes]:
    """Give what the nights say where every file came in time, by the rule of sealing."""
    folder = books(world, tmp_path_factory.mktemp("in-time") / "books", request.param)
    with open_project(folder) as project:
        return request.param, nights(project, MONDAY, TUESDAY, WEDNESDAY)


def test_a_late_file_leaves_the_books_as_if_it_had_come_in_time(
    in_time: tuple[int, Hashes], world: Path, tmp_path: Path
) -> None:
    seal_after, expected = in_time
    folder = books(world, tmp_path / "books", seal_after)
    file = late_file(folder)
    held = file.rename(tmp_path / file.name)

    with open_project(folder) as project:
        without = nights(project, MONDAY, TUESDAY)
        held.rename(file)
        if seal_after == 0:
            with pytest.raises(Rejected, match="expected another person"):
                reopen(project, MONDAY, ["E1"], actor="night", reason="a file was late")
            reopened = reopen(project, MONDAY, ["E1"], actor="carla", reason="a file was late")
            assert reopened == {"E1": [MONDAY, TUESDAY]}
            again = run_night(project, MONDAY, actor="night")
            assert [one.business_date for one in again.after] == [TUESDAY]
            nights(project, WEDNESDAY)
        else:
            again = run_night(project, WEDNESDAY, actor="night")
            assert [one.business_date for one in again.before] == [MONDAY, TUESDAY]
        found = {day: published(project, day) for day in expected}
        made_again = replay(project)

    assert without[MONDAY] != expected[MONDAY]
    assert found == expected
    assert [d for one in made_again for d in one.differences] == []


def test_a_date_seals_some_days_after_or_by_decision(world: Path, tmp_path: Path) -> None:
    with open_project(books(world, tmp_path / "two", 2)) as project:
        nights(project, MONDAY, TUESDAY)
        open_dates = project.state.open_dates(date.min)
        nights(project, WEDNESDAY)

        assert open_dates == [MONDAY, TUESDAY]
        assert project.state.sealed_to("E1", date.max) == MONDAY

    with open_project(books(world, tmp_path / "decision", "decision")) as project:
        nights(project, MONDAY, TUESDAY)
        assert project.state.sealed_to("E1", date.max) is None

        done = seal(project, MONDAY, ["E1"], actor="carla", reason="checked")

        assert done == {"E1": [MONDAY]}
        assert project.state.sealed_to("E1", date.max) == MONDAY


def test_only_a_controller_of_the_policy_opens_a_date_again(world: Path, tmp_path: Path) -> None:
    folder = books(world, tmp_path / "books", "0\ncontrollers: [carla]")
    with open_project(folder) as project:
        nights(project, MONDAY)

        with pytest.raises(Rejected, match=r"found ben, expected one of the controllers .*carla"):
            reopen(project, MONDAY, ["E1"], actor="ben", reason="a file was late")

        assert project.state.sealed_to("E1", date.max) == MONDAY
        assert project.state.closings("E1")[-1].step == "seal"
