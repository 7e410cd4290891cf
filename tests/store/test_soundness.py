"""One flipped bit anywhere in the lake is found by the name of its file, as is one that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recon_engine.cli.project import make_project
from recon_engine.demo import make_world, write_world
from recon_engine.night import run_night
from recon_engine.run import Project, open_project
from recon_engine.store.soundness import SUFFIXES, Damage, changed, files_of, lacking
from tests.audit_log import MONDAY

PLACES = 7
"""Positions in each file: the first and the last byte, and some between."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("sound") / "project"
    make_project(folder)
    world = make_world(MONDAY, days=1, payments_a_day=20)
    write_world(world, folder)
    with open_project(folder) as opened:
        assert run_night(opened, MONDAY, actor="tester").run.status == "done"
        yield opened


def damages(project: Project, files: list[Path] | None = None) -> list[Damage]:
    """Return what is wrong with some files, or with all, and what is missing."""
    found = changed(project.lake, files_of(project.lake) if files is None else files)
    return [*found, *lacking(project.lake, project.state)]


def test_a_sound_lake_has_no_damage_and_files_of_every_kind(project: Project) -> None:
    seen = []

    assert [*changed(project.lake, files_of(project.lake), lambda: seen.append(1))] == []
    assert damages(project) == []
    assert len(seen) == len(files_of(project.lake))
    assert {path.parent.name for path in files_of(project.lake)} == SUFFIXES.keys()


def test_one_flipped_bit_anywhere_is_found_by_the_name_of_the_file(project: Project) -> None:
    unseen = []
    for path in files_of(project.lake):
        true = path.read_bytes()
        path.chmod(0o640)
        for number in range(PLACES):
            place = (len(true) - 1) * number // (PLACES - 1)
            flipped = true[:place] + bytes([true[place] ^ 1 << number]) + true[place + 1 :]
            try:
                path.write_bytes(flipped)
                found = {damage.place for damage in changed(project.lake, [path])}
            finally:
                path.write_bytes(true)
            if found != {f"{path.parent.name}/{path.name}"}:
                unseen.append((path.name, place))

    assert unseen == []


def test_every_file_that_is_gone_is_missed_by_its_name(project: Project) -> None:
    unseen = []
    for path in files_of(project.lake):
        away = project.lake.root / "away"
        path.rename(away)
        try:
            if path.name not in {d.place.rpartition("/")[2] for d in damages(project, [])}:
                unseen.append(f"{path.parent.name}/{path.name}")
        finally:
            away.rename(path)

    assert unseen == []


def test_a_file_cut_short_or_longer_is_found(project: Project) -> None:
    path = files_of(project.lake)[0]
    true = path.read_bytes()

    for content in (true[:-1], true + b"\0", b""):
        try:
            path.write_bytes(content)
            assert len(damages(project)) == 1
        finally:
            path.write_bytes(true)


def test_a_file_under_no_hash_is_found_and_an_unfinished_one_is_none(project: Project) -> None:
    stranger, unfinished = project.lake.parts / "x.parquet", project.lake.parts / ".tmp-1"
    for path in (stranger, unfinished):
        path.write_bytes(b"x")

    try:
        assert [damage.place for damage in damages(project)] == ["parts/x.parquet"]
    finally:
        stranger.unlink()
        unfinished.unlink()
