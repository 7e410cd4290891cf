"""The night in Airflow: the same content, gates that cannot be walked round, and red where due."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recon_engine.night import run_night
from recon_engine.pipeline import STAGES
from recon_engine.run import Project, night, open_project
from tests.dags import play

NIGHT = Path(__file__).resolve().parents[2] / "dags" / "nightly_settlement.py"
MONDAY = date(2026, 3, 2)
PLAIN = re.compile(r"[0-9a-zA-Z_.-]+", re.ASCII)
NORTHPAY = {"pull", "landing"}
"""Where a refused file of northpay shows red; what draws on it is held."""


def hashes(project: Project) -> dict[str, str]:
    """Return the logical hash of every published scope, but landing, which knows when."""
    return {
        f"{one['stage']}/{one['scope']}": project.lake.manifest(one["sha"]).logical_hash()
        for one in night(project, MONDAY)["manifests"]
        if one["stage"] != "landing"
    }


def test_reading_the_dags_imports_nothing_heavy(played: dict[str, Any]) -> None:
    assert played["heavy"] == []


def test_a_dag_file_is_schedule_calendar_and_parameters_in_thirty_lines() -> None:
    lines = NIGHT.read_text(encoding="utf-8").splitlines()

    assert len([line for line in lines if line.strip()]) <= 30


def test_switched_on_after_three_it_waits_for_the_next_night(played: dict[str, Any]) -> None:
    assert played["first"] == "2026-03-03 02:00:00+00:00"


def test_every_stage_is_mapped_over_its_scopes_and_ends_at_its_own_gate(
    played: dict[str, Any],
) -> None:
    tasks = played["shapes"]["nightly_settlement"]
    plural = {"source": "sources", "reconciliation": "reconciliations", "entity": "entities"}

    before = "pull"
    for stage in STAGES:
        assert tasks[stage.name] == {
            "mapped": True,
            "rule": "all_done",
            "after": sorted({before, plural[stage.grain]}),
            "policy": True,
        }
        before = f"{stage.name}_gate"
        assert tasks[before]["after"] == [stage.name]
        assert (tasks[before]["mapped"], tasks[before]["rule"]) == (False, "all_done")
    assert tasks["close"]["after"] == [before]
    assert tasks["report"]["after"] == ["close"]
    assert tasks["pull"] == {
        "mapped": True,
        "rule": "all_success",
        "after": ["sources"],
        "policy": True,
    }


def test_a_night_in_airflow_says_what_recon_run_says(
    played: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    with open_project(play.make_books(tmp_path / "books")) as project:
        assert run_night(project, MONDAY, actor="tester").run.status == "done"
        expected = hashes(project)

    with open_project(folder / "green") as project:
        found = hashes(project)
        (run,) = project.state.runs()
    assert played["green"]["state"] == "success"
    assert found == expected
    assert (run.status, run.actor) == ("done", "dag_test")
    assert list((folder / "green" / "reports").glob("*.xlsx"))


def test_a_refused_source_is_red_and_held_and_the_others_go_on(
    played: dict[str, Any], folder: Path
) -> None:
    run = played["refused"]

    assert run["state"] == "failed"
    tasks = run["tasks"]
    red = {name for name, states in tasks.items() if states.get("northpay") == "failed"}
    assert red == NORTHPAY
    assert tasks["canonical"]["northpay"] == "skipped", "held"
    assert tasks["canonical"]["adyen_eu"] == "success"
    assert {name for name, state in tasks["matching"].items() if state == "success"} == {"adyen_eu"}
    assert tasks["landing_gate"]["-1"] == "failed"
    assert tasks["canonical_gate"]["-1"] == "success"
    assert tasks["close"]["-1"] == "success"
    assert tasks["report"]["-1"] == "failed"
    with open_project(folder / "refused") as project:
        published = hashes(project)
        (row,) = project.state.runs()
        assert project.state.sealed_to("E1", date.max) is None
    assert {"matching/adyen_eu", "canonical/erp_ledger"} <= set(published)
    assert not set(published) & {"canonical/northpay", "matching/bank_eur", "reporting/E1"}
    assert row.status == "stopped"
    assert "found no date in the name" in row.message


@pytest.mark.parametrize("scene", ["green", "refused", "second person"])
def test_xcom_carries_ids_and_hashes_and_nothing_else(played: dict[str, Any], scene: str) -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            value = [*value.keys(), *value.values()]
        return (
            [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]
        )

    told = [leaf for value in played[scene]["xcom"] for leaf in leaves(value) if leaf is not None]

    assert told
    assert [leaf for leaf in told if not PLAIN.fullmatch(str(leaf))] == []
