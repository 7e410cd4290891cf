"""`init`, `check` and `schema`: a project is made whole, and every problem has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from tests.cli.conftest import Recon


def test_a_new_project_has_no_problem(recon: Recon, project: Path) -> None:
    done = recon("check", "--project", project)

    assert done.code == 0
    assert done.out.endswith(": 0 problems\n")
    assert done.err == ""


def test_init_prints_what_it_made_and_the_next_two_commands(recon: Recon, tmp_path: Path) -> None:
    done = recon("init", tmp_path / "a")

    assert "recon.yaml" in done.out
    assert "northpay.yaml" in done.out
    assert done.out.splitlines()[-2:] == [
        f"  recon check --project {tmp_path}/a",
        f"  recon run --project {tmp_path}/a --date YYYY-MM-DD",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_init_keeps_what_arrives_out_of_git(project: Path) -> None:
    ignored = (project / ".gitignore").read_text().splitlines()

    assert {"/inbox/", "/lake/", "/state.db*"} <= set(ignored)


@pytest.mark.parametrize("name", ["recon.yaml", ".git", "notes.txt"])
def test_init_refuses_a_folder_that_holds_anything(recon: Recon, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    done = recon("init", tmp_path)

    assert done.code == ExitCode.USAGE
    assert "is not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_init_refuses_a_file_in_the_place_of_the_folder(recon: Recon, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")

    assert recon("init", tmp_path / "a").code == ExitCode.USAGE
    assert (tmp_path / "a").read_text() == "mine"


def test_check_lists_every_problem_of_mappings_and_environment(recon: Recon, project: Path) -> None:
    policy, environment = project / "mappings" / "policy.yaml", project / "recon.yaml"
    policy.write_text(policy.read_text().replace("overdue_limit: 0", "overdue_limit: none"))
    environment.write_text(environment.read_text().replace("threads: 1", "threds: 1"))

    done = recon("check", "--project", project)

    assert done.code == ExitCode.USAGE
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == [
        "recon.yaml:7:1",
        "mappings/policy.yaml:3:16",
    ]
    assert done.out == "2 problems\n"


def test_check_gives_the_place_of_a_problem_to_programs(recon: Recon, project: Path) -> None:
    source = project / "mappings" / "sources" / "northpay.yaml"
    source.write_text(source.read_text().replace("connection: northpay_files", "connection: x"))

    done = recon("check", "--project", project, "--json")

    (problem,) = done.json()["problems"]
    assert (problem["file"], problem["line"]) == ("mappings/sources/northpay.yaml", 8)
    assert done.json()["counts"]["sources"] == 9
    assert done.code == done.json()["exit_code"] == ExitCode.USAGE


def test_check_names_a_source_whose_description_is_unproved(recon: Recon, project: Path) -> None:
    source = project / "mappings" / "sources" / "northpay.yaml"
    source.write_text(source.read_text() + "unproved: true\n")

    done = recon("check", "--project", project)

    assert done.code == ExitCode.DONE
    assert done.out.splitlines()[0] == (
        "source northpay: its description is unproved; hold its first files against the "
        "processor's own figures, then write unproved: false"
    )
    assert recon("check", "--project", project, "--json").json()["unproved"] == ["northpay"]


def test_schemas_are_written_once_and_then_unchanged(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    first = recon("schema", "--to", tmp_path / "schemas", "--json").json()
    again = recon("schema", "--to", tmp_path / "schemas", "--json").json()

    assert "sources.json" in first["written"]
    assert again["written"] == []
    assert recon("schema", "--project", project, "--json").json()["written"] == []
