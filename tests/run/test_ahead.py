"""What is made ahead of a date is what its run would make, or it is not used."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.world import BUSINESS_DATE, Truth, make_world
from recon_engine.night import run_night, take_files
from recon_engine.run import Project, open_project, read_table, run_date
from recon_engine.run.ahead import OF_FILES, make_ahead
from recon_engine.run.scopes import scopes

MONDAY = BUSINESS_DATE
TUESDAY = MONDAY + timedelta(1)


def made_project(folder: Path) -> Path:
    make_world(folder, Truth(40, days=2), memory_limit="500MB", threads=2)
    return folder


def published(project: Project) -> dict[str, tuple[str, str]]:
    """Return run key and manifest of every scope that reads files, for Tuesday."""
    found = {}
    for stage in OF_FILES:
        for scope in scopes(project.rulebook, stage.grain):
            version = project.state.current(stage.name, scope, TUESDAY)
            assert version is not None
            found[f"{stage.name}/{scope}"] = (version.run_key, version.manifest_sha)
    return found


def test_a_run_comes_to_the_keys_of_what_was_made_ahead_and_takes_it(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        run_night(project, MONDAY, actor="tester")
        ahead = make_ahead(project, TUESDAY, after=MONDAY, run_id="ahead")
        before = set(project.lake.parts.iterdir())

        run_date(project, TUESDAY, actor="tester", run_id="tonight", ahead=ahead, stages=OF_FILES)

        stands = published(project)
        manifests = [project.lake.manifest(sha) for _, sha in stands.values()]
        assert {key for key, _ in stands.values()} == set(ahead)
        assert set(project.lake.parts.iterdir()) == before
        assert {manifest.run_id for manifest in manifests} == {"tonight"}
        assert read_table(project, "settlement_line", TUESDAY).num_rows > 0


def test_a_file_that_comes_meanwhile_is_read_and_what_was_made_without_it_is_not_used(
    tmp_path: Path,
) -> None:
    folder = made_project(tmp_path / "books")
    late = folder / "inbox" / f"cards_{TUESDAY}.csv"
    late.rename(folder / late.name)

    with open_project(folder) as project:
        run_night(project, MONDAY, actor="tester")
        ahead = make_ahead(project, TUESDAY, after=MONDAY, run_id="ahead")
        (folder / late.name).rename(late)
        take_files(project, TUESDAY, "tonight")
        run_date(project, TUESDAY, actor="tester", ahead=ahead, stages=OF_FILES)

        stands = published(project)
        assert stands["canonical/cards"][0] not in ahead
        assert stands["canonical/bank"][0] in ahead
        assert read_table(project, "settlement_line", TUESDAY).num_rows > 0


def test_what_was_made_for_a_date_that_does_not_seal_is_not_used(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        run_night(project, MONDAY, actor="tester")
        ahead = make_ahead(project, TUESDAY, after=MONDAY - timedelta(1), run_id="ahead")

        run_date(project, TUESDAY, actor="tester", ahead=ahead, stages=OF_FILES)

        assert not {key for key, _ in published(project).values()} & set(ahead)
