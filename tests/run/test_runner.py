"""One date through the corridor, on both stores: what is published, what is not done twice."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from recon_engine.cli.project import make_project
from recon_engine.cli.stored import Stored
from recon_engine.demo import make_world, write_world
from recon_engine.errors import Unavailable
from recon_engine.night import run_night
from recon_engine.run import Project, night, open_project, read_table
from recon_engine.verify import verify

MONDAY = date(2026, 3, 2)


def made_project(folder: Path) -> Path:
    make_project(folder)
    write_world(make_world(MONDAY, 2, payments_a_day=20), folder)
    return folder


def hashes(project: Project, day: date) -> dict[str, str]:
    """Return the logical hash of every dataset of a date."""
    told = night(project, day)["manifests"]
    return {
        f"{one['stage']}/{one['scope']}/{name}": dataset.logical_hash
        for one in told
        for name, dataset in project.lake.manifest(one["sha"]).outputs.items()
        if one["stage"] != "landing"
    }


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    with open_project(made_project(tmp_path_factory.mktemp("sqlite") / "books")) as project:
        run_night(project, MONDAY, actor="controller")
        return hashes(project, MONDAY)


def test_a_night_says_the_same_with_its_state_in_postgresql(
    on_sqlite: dict[str, str], store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECON_STORE_URL", store_url)

    with open_project(made_project(tmp_path / "books")) as project:
        result = run_night(project, MONDAY, actor="controller").run
        found = hashes(project, MONDAY)

    assert result.status == "done"
    assert found == on_sqlite


def test_a_second_run_of_a_date_has_nothing_to_do(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        run_night(project, MONDAY, actor="controller")
        before = night(project, MONDAY)

        again = run_night(project, MONDAY, actor="controller")

        assert (again.run.status, again.run.exit_code) == ("nothing to do", 0)
        assert not again.pulled.delivered
        assert night(project, MONDAY) == before


def test_a_date_waits_for_the_files_of_the_date_before(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        tuesday = MONDAY + timedelta(1)

        with pytest.raises(Unavailable, match="run 2026-03-02 first"):
            run_night(project, tuesday, actor="controller")

        assert night(project, tuesday)["manifests"] == []


def test_a_busy_scope_stops_the_second_run_and_leaves_the_first(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        key = f"landing/adyen_eu/{MONDAY}"

        with project.state.lease([key], "another run"), pytest.raises(Unavailable, match="busy"):
            run_night(project, MONDAY, actor="controller")

        assert run_night(project, MONDAY, actor="controller").run.status == "done"


def test_a_source_that_is_away_holds_what_draws_on_it_and_nothing_else(tmp_path: Path) -> None:
    folder = made_project(tmp_path / "books")
    (folder / "erp.db").rename(folder / "erp.away")

    with open_project(folder) as project:
        stopped = run_night(project, MONDAY, actor="controller").run
        published = {one["scope"] for one in night(project, MONDAY)["manifests"]}
        (folder / "erp.away").rename(folder / "erp.db")
        mended = run_night(project, MONDAY, actor="controller").run

    assert (stopped.status, stopped.exit_code) == ("stopped", 5)
    assert {"adyen_eu", "northpay", "bank_eur"} <= published
    assert not published & {"erp_ledger", "E1"}
    assert mended.status == "done"


def test_a_file_that_returns_to_its_first_content_counts_as_it_first_stood(tmp_path: Path) -> None:
    folder = made_project(tmp_path / "books")
    (folder / "erp.db").rename(folder / "erp.away")  # so that the date stays open
    file = next((folder / "inbox" / "northpay").glob(f"*{MONDAY:%Y%m%d}.csv"))
    first = file.read_text(encoding="utf-8")
    second = first.replace(";ORD-", ";NEW-")

    lines: list[list[object]] = []
    with open_project(folder) as project:
        for content in (first, second, first):
            file.write_text(content, encoding="utf-8")
            run_night(project, MONDAY, actor="controller")
            found = read_table(project, "settlement_line", MONDAY, "northpay")
            lines.append(sorted(found.column("reference").drop_null().to_pylist()))
        landed = read_table(project, "landed_file", MONDAY, "northpay").to_pylist()

    versions = sorted(
        (row["version"], row["repeated"]) for row in landed if row["file_name"] == file.name
    )
    assert versions == [(1, False), (2, False), (3, False)]
    assert lines[0] == lines[2] != lines[1]


def test_the_night_and_its_gates_are_kept_beside_the_parts(tmp_path: Path) -> None:
    with open_project(made_project(tmp_path / "books")) as project:
        run_night(project, MONDAY, actor="controller")

        kept = json.loads((project.lake.root / "nights" / f"{MONDAY}.json").read_text())
        page = project.lake.root / "gates" / str(MONDAY) / "index.html"

        assert kept["manifests"] == night(project, MONDAY)["manifests"]
        assert "8 gates" in page.read_text(encoding="utf-8")
        assert not list(project.lake.staging.iterdir())
        assert read_table(project, "proof", MONDAY).num_rows > 0


def test_a_source_that_left_the_rulebook_stays_in_the_nights_it_was_part_of(tmp_path: Path) -> None:
    folder = made_project(tmp_path / "books")
    with open_project(folder) as project:
        run_night(project, MONDAY, actor="controller")
        before = night(project, MONDAY)

    renamed(folder / "mappings/sources", "erp_rates", "rates")

    with open_project(folder) as project:
        assert night(project, MONDAY) == before
        assert read_table(project, "fx_rate", MONDAY).num_rows > 0
        assert "erp_rates" in {one.scope for one in Stored(project).versions["canonical"]}


def test_a_night_that_is_run_again_without_a_source_leaves_it_out(tmp_path: Path) -> None:
    folder = made_project(tmp_path / "books")
    report = next((folder / "inbox/northpay").glob(f"*_{MONDAY:%Y%m%d}.csv"))
    whole = report.read_bytes()
    report.write_bytes(whole[: len(whole) // 2])
    with open_project(folder) as project:
        assert run_night(project, MONDAY, actor="controller").run.status == "stopped"

    renamed(folder / "mappings/sources", "erp_rates", "rates")
    report.write_bytes(whole)

    with open_project(folder) as project:
        assert run_night(project, MONDAY, actor="controller").run.status == "done"
        scopes = {one["scope"] for one in night(project, MONDAY)["manifests"]}
        assert "rates" in scopes
        assert "erp_rates" not in scopes
        assert verify(project.lake.root, night(project, MONDAY)) == []


def renamed(sources: Path, old: str, new: str) -> None:
    """Take a source out of the rulebook, and the same under another name in."""
    text = (sources / f"{old}.yaml").read_text(encoding="utf-8")
    (sources / f"{new}.yaml").write_text(text.replace(f"name: {old}", f"name: {new}"))
    (sources / f"{old}.yaml").unlink()
