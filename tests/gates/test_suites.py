"""The suites in git and the registry say the same, and a file that does not is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.gates.controls import SCHEMA_CHECKS, checks
from recon_engine.gates.expectations import read_suite, suite_of
from recon_engine.gates.gate import SHIPPED
from recon_engine.pipeline import STAGES
from recon_engine.stages.matching import MATCHING
from recon_engine.stages.stage import Stage

FOLDER = SHIPPED[-1]
Change = Callable[[dict[str, Any]], object]


def refused(tmp_path: Path, text: str) -> str:
    """Return what is said of a matching suite of this text."""
    path = tmp_path / "matching.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GateBlocked) as stopped:
        read_suite(path, "matching", checks(MATCHING))
    return str(stopped.value)


def changed(change: Change) -> str:
    """Return the shipped matching suite after a change."""
    held = json.loads((FOLDER / "matching.json").read_text(encoding="utf-8"))
    change(held)
    return json.dumps(held)


def test_there_is_a_suite_for_every_stage_and_for_nothing_else() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {stage.name for stage in STAGES}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_shipped_suite_names_every_rule_of_its_stage_with_its_severity(stage: Any) -> None:
    suite = read_suite(FOLDER / f"{stage.name}.json", stage.name, checks(stage))

    assert suite.severity == {rule_id: check.severity for rule_id, check in checks(stage).items()}
    assert list(suite.severity)[: len(SCHEMA_CHECKS)] == list(SCHEMA_CHECKS)


def test_a_rule_without_an_expectation_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, changed(lambda suite: suite["expectations"].pop()))

    assert told == (
        "expectations matching.json: found no expectation for MAT-007, "
        "expected one for every rule of the stage; nothing was published"
    )


def test_an_expectation_without_a_rule_is_refused(tmp_path: Path) -> None:
    def add(suite: dict[str, Any]) -> None:
        entry = {**suite["expectations"][-1], "meta": {"rule_id": "SET-010"}}
        entry["kwargs"] = {"column": "set_010", "value_set": [0]}
        suite["expectations"].append(entry)

    assert "found SET-010, expected rules of the stage only" in refused(tmp_path, changed(add))


def test_an_expectation_that_stands_twice_is_refused(tmp_path: Path) -> None:
    text = changed(lambda suite: suite["expectations"].append(suite["expectations"][-1]))

    assert "found MAT-007 twice" in refused(tmp_path, text)


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    assert "an empty suite always passes" in refused(
        tmp_path, changed(lambda suite: suite["expectations"].clear())
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "expect_nothing_known"},
        {"type": "expect_column_values_to_be_between"},
        {"kwargs": {"column": "mat_007", "min_value": 0, "max_value": 0}},
        {"kwargs": {"column": "mat_007", "value_set": [0, 1]}},
        {"kwargs": {"column": "mat_006", "value_set": [0]}},
        {"kwargs": {"column": "mat_007", "value_set": [0], "mostly": 1}},
        {"severity": "fatal"},
        {"strange": 1},
        {"meta": {}},
    ],
)
def test_anything_but_an_exact_count_of_zero_is_refused(
    tmp_path: Path, entry: dict[str, Any]
) -> None:
    told = refused(tmp_path, changed(lambda suite: suite["expectations"][-1].update(entry)))

    assert told.startswith("expectations matching.json: ")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name": "matching", "name": "matching"}'])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str) -> None:
    assert "nothing was published" in refused(tmp_path, text)


@pytest.mark.parametrize("number", ["0.0", "1e3", "NaN", "Infinity"])
def test_a_float_in_a_suite_is_refused(tmp_path: Path, number: str) -> None:
    text = changed(lambda suite: suite).replace("[0]", f"[{number}]", 1)

    assert "which is no whole number" in refused(tmp_path, text)


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_a_critical_rule_cannot_be_softened(tmp_path: Path, severity: str) -> None:
    text = changed(lambda suite: suite["expectations"][-1].update(severity=severity))

    assert f"found MAT-007 as {severity}, expected critical" in refused(tmp_path, text)


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_a_project_may_weigh_a_warning_as_it_likes(tmp_path: Path, severity: str) -> None:
    def reweigh(suite: dict[str, Any]) -> None:
        for entry in suite["expectations"]:
            if entry["meta"]["rule_id"] == "OPN-012":
                entry["severity"] = severity

    path = tmp_path / "matching.json"
    path.write_text(changed(reweigh), encoding="utf-8")

    assert read_suite(path, "matching", checks(MATCHING)).severity["OPN-012"] == severity


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_suite_written_from_its_weights_weighs_the_same(stage: Stage, tmp_path: Path) -> None:
    shipped = read_suite(FOLDER / f"{stage.name}.json", stage.name, checks(stage))
    path = tmp_path / f"{stage.name}.json"
    path.write_bytes(suite_of(stage.name, shipped.severity))

    written = read_suite(path, stage.name, checks(stage))

    assert written.severity == shipped.severity
    assert [(e["type"], e["kwargs"]) for e in written.entries] == [
        (e["type"], e["kwargs"]) for e in shipped.entries
    ]
