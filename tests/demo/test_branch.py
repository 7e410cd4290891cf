"""An acquired entity joins a project by configuration alone, and leaves the first one as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon_engine.cli.project import make_project, problems_of
from recon_engine.demo import World, join, make_branch, make_world, write_world
from recon_engine.night import run_night
from recon_engine.pipeline import STAGES
from recon_engine.run import Project, open_project
from recon_engine.run.scopes import entity_of, scopes
from tests.demo.conftest import MONDAY


@pytest.fixture(scope="module")
def branch(world: World) -> World:
    return make_branch(world.dates)


def test_the_same_seed_is_the_same_branch(world: World, branch: World) -> None:
    assert make_branch(world.dates) == branch
    assert make_branch(world.dates, seed=8).batches != branch.batches


def test_the_branch_lives_in_a_currency_of_three_decimals(branch: World) -> None:
    assert {batch.channel.currency for batch in branch.batches} == {"KWD"}
    for batch in branch.batches:
        assert sum(line.net_minor for line in batch.lines) == 0


def test_its_sale_that_settles_short_is_planted(branch: World) -> None:
    (planted,) = branch.planted
    (line,) = [
        line
        for batch in branch.batches
        for line in batch.lines
        if line.reference == planted.subject and line.kind == "charge"
    ]

    assert planted.reason == "amount_variance"
    assert line.gross_minor == planted.amount_minor
    assert line.day == planted.business_date


def published(project: Project, entity: str) -> dict[tuple[str, str], str]:
    """Return what is published for an entity's first day, by stage and scope."""
    return {
        (stage.name, name): version.logical_hash
        for stage in STAGES
        for name in scopes(project.rulebook, stage.grain)
        if entity_of(project.rulebook, stage.grain, name) == entity
        and (version := project.state.current(stage.name, name, MONDAY)) is not None
    }


def test_it_joins_by_configuration_alone_and_the_parent_stays_as_it_was(tmp_path: Path) -> None:
    parent = make_world(MONDAY, 1, payments_a_day=20)
    told = {}
    for name in ("alone", "joined"):
        folder = tmp_path / name
        make_project(folder)
        write_world(parent, folder)
        if name == "joined":
            join(folder)
            write_world(make_branch(parent.dates), folder)
        assert problems_of(folder)[0] == []
        with open_project(folder) as project:
            night = run_night(project, MONDAY, actor="controller")
            told[name] = published(project, "E1"), published(project, "E2")

        assert (night.run.status, night.run.certificate) == ("done", "conserved")

    assert told["joined"][0] == told["alone"][0]
    assert len(told["alone"][1]) == 0
    assert len(told["joined"][1]) > len(STAGES)
