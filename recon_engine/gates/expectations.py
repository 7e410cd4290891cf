"""Great Expectations on profiles and schemas: a suite in git, one validation for all scopes.

Bounds of Great Expectations are floats, an empty suite passes, an unknown type is dropped and a
check that could not run may count as a warning. So a suite holds only counts that must be in {0},
and what comes back is held against what was asked; README.md here lists each trap and its guard.
"""

from __future__ import annotations

import atexit
import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recon_engine.errors import GateBlocked
from recon_engine.gates.controls import MISSING_COLUMN, OTHER_COLUMN, SCHEMA_CHECKS, Check
from recon_engine.tables.rules import metric

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )

Weight = Literal["critical", "warning", "info"]
WEIGHTS = ("critical", "warning", "info")
COUNT = "expect_column_distinct_values_to_be_in_set"
"""A third of the cost of the same check row by row; which scope is wrong, the profile says."""
ENTRY = {"type", "kwargs", "severity", "meta"}
SCHEMA_ENTRIES = {
    OTHER_COLUMN: (
        "expect_column_pair_values_to_be_in_set",
        {"column_A": "column", "column_B": "type", "value_pairs_set": {"$PARAMETER": "contract"}},
    ),
    MISSING_COLUMN: (
        "expect_column_distinct_values_to_contain_set",
        {"column": "column", "value_set": {"$PARAMETER": "columns"}},
    ),
}
"""How a suite names the two rules about schemas; the contract comes from the tables themselves."""


WEIGHED: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {}
"""Answers by what was asked, word for word: a clean night asks what the night before it asked."""


@dataclass(frozen=True)
class Suite:
    """A suite as it stands in git: severity by rule id, and what Great Expectations reads."""

    name: str
    path: Path
    severity: Mapping[str, Weight]
    entries: tuple[dict[str, Any], ...]

    def only(self, rule_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the entries of some rules, in the order of the file."""
        return [entry for entry in self.entries if entry["meta"]["rule_id"] in rule_ids]


def suite_of(stage: str, severity: Mapping[str, Weight]) -> bytes:
    """Return the suite that weighs the rules of a stage so: a gate's answer names them all."""
    entries = []
    for rule_id, weight in severity.items():
        kind, kwargs = _exact(rule_id)
        meta = {"rule_id": rule_id}
        entries.append({"type": kind, "kwargs": kwargs, "severity": weight, "meta": meta})
    return json.dumps({"name": stage, "expectations": entries}, indent=2).encode()


def read_suite(path: Path, stage: str, checks: Mapping[str, Check]) -> Suite:
    """Return the suite of a stage, which names every check of that stage once and nothing else.

    A file may make a warning critical or a mere note; what is critical stays so.
    Raises: GateBlocked where the file cannot be read, is empty, disagrees with the registry, or
            holds an entry that is not an exact count of zero.
    """
    try:
        text = path.read_text(encoding="utf-8")
        held = json.loads(
            text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float
        )
    except (OSError, ValueError) as error:
        raise _refused(path, f"found {error}", "a suite in JSON") from error
    entries = held.get("expectations") if isinstance(held, dict) else None
    if not isinstance(entries, list) or held.get("name") != stage:
        raise _refused(path, "found another layout", f"the suite '{stage}' with its expectations")
    if not entries:
        raise _refused(
            path, "found no expectation", "one for every rule; an empty suite always passes"
        )
    severity: dict[str, Weight] = {}
    for number, entry in enumerate(entries, start=1):
        rule_id, weight = _read_entry(path, number, entry)
        if rule_id in severity:
            raise _refused(path, f"found {rule_id} twice", "each rule once")
        severity[rule_id] = weight
    _agree(path, severity, checks)
    return Suite(stage, path, severity, tuple(entries))


def _read_entry(path: Path, number: int, entry: Any) -> tuple[str, Weight]:
    place = f"expectation {number}"
    if not isinstance(entry, dict) or set(entry) != ENTRY or not isinstance(entry["meta"], dict):
        raise _refused(
            path, f"{place}: found another layout", f"the keys {', '.join(sorted(ENTRY))}"
        )
    rule_id, weight = str(entry["meta"].get("rule_id", "")), entry["severity"]
    if weight not in WEIGHTS:
        raise _refused(path, f"{place}: found the severity '{weight}'", " or ".join(WEIGHTS))
    exact = _exact(rule_id)
    if (entry["type"], entry["kwargs"]) != exact:
        raise _refused(
            path,
            f"{place}, {rule_id}: found {entry['type']} {entry['kwargs']}",
            f"{exact[0]} {exact[1]}",
        )
    return rule_id, weight


def _exact(rule_id: str) -> tuple[str, dict[str, Any]]:
    """Return the only expectation of a rule that counts exactly."""
    return SCHEMA_ENTRIES.get(rule_id, (COUNT, {"column": metric(rule_id), "value_set": [0]}))


def _agree(path: Path, severity: Mapping[str, Weight], checks: Mapping[str, Check]) -> None:
    """Refuse a suite that leaves out a check, names a strange one, or softens a critical one."""
    for rule_id in checks:
        if rule_id not in severity:
            raise _refused(
                path, f"found no expectation for {rule_id}", "one for every rule of the stage"
            )
    for rule_id, weight in severity.items():
        if rule_id not in checks:
            raise _refused(path, f"found {rule_id}", "rules of the stage only")
        if checks[rule_id].severity == "critical" and weight != "critical":
            raise _refused(path, f"found {rule_id} as {weight}", "critical, as in the registry")


def _refused(path: Path, found: str, expected: str) -> GateBlocked:
    return GateBlocked(
        f"expectations {path.name}: {found}, expected {expected}; nothing was published"
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"the key '{next(n for n in names if names.count(n) > 1)}' twice")
    return dict(pairs)


def _no_float(text: str) -> Any:
    raise ValueError(f"the number {text}, which is no whole number")


def weigh_profiles(
    suite: Suite, profiles: Mapping[str, Mapping[str, int]]
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Return the failing scopes of each rule, and the validation as Great Expectations tells it.

    Raises: GateBlocked where an answer does not count the wrong numbers that the profiles hold.
    """
    import pandas as pd

    entries = suite.only([rule_id for rule_id in suite.severity if rule_id not in SCHEMA_CHECKS])
    frame = pd.DataFrame(
        {name: [row[name] for row in profiles.values()] for name in _names(entries)},
        index=list(profiles),
        dtype="int64",
    )
    told, results = validate(suite.name, entries, frame, {})
    failing: dict[str, list[str]] = {}
    for rule_id, result in results.items():
        failing[rule_id] = [scope for scope, row in profiles.items() if row[metric(rule_id)] != 0]
        wrong = {row[metric(rule_id)] for row in profiles.values()} - {0}
        counted = result["result"]["unexpected_count"]
        if counted != len(wrong) or result["success"] != (not wrong):
            raise _unanswered(suite, rule_id, f"{counted} wrong numbers", str(len(wrong)))
    return failing, told


def weigh_schemas(
    suite: Suite, found: Sequence[tuple[str, str]], contract: Sequence[tuple[str, str]]
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Return the columns that break each rule about schemas, and the validation in full.

    Reads: `table.column` and type, as found in the outputs and as the contract has them.
    """
    import pandas as pd

    entries = suite.only(list(SCHEMA_CHECKS))
    frame = pd.DataFrame(found, columns=["column", "type"])
    parameters = {
        "contract": [list(pair) for pair in contract],
        "columns": [column for column, _ in contract],
    }
    told, results = validate(suite.name, entries, frame, parameters)
    others = results[OTHER_COLUMN]["result"].get("unexpected_list") or ()
    present, agreed = {column for column, _ in found}, set(contract)
    failing = {
        OTHER_COLUMN: [f"{column} {kind}" for column, kind in others],
        MISSING_COLUMN: [column for column, _ in contract if column not in present],
    }  # what is missing is listed here: Great Expectations lists the first twenty
    exact = {
        OTHER_COLUMN: sum(pair not in agreed for pair in found),
        MISSING_COLUMN: len(failing[MISSING_COLUMN]),
    }
    for rule_id, number in exact.items():
        if results[rule_id]["success"] != (number == 0):
            raise _unanswered(suite, rule_id, str(failing[rule_id]), f"{number} columns")
    return failing, told


def validate(
    name: str, entries: Sequence[dict[str, Any]], frame: pd.DataFrame, parameters: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Run some expectations over a frame; return the whole answer, and each result by rule id.

    The same question is asked once a process.
    Raises: GateBlocked where there are fewer answers than expectations, or a check could not run.
    """
    question = json.dumps([name, entries, frame.to_dict("split"), parameters])
    if question not in WEIGHED:
        WEIGHED[question] = _asked(name, entries, frame, parameters)
    return WEIGHED[question]


def _asked(
    name: str, entries: Sequence[dict[str, Any]], frame: pd.DataFrame, parameters: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=name, expectations=list(entries), meta={})
    batch = _door().get_batch({"dataframe": frame})
    answer = batch.validate(suite, result_format="COMPLETE", expectation_parameters=parameters)
    told = _plain(answer)
    asked = [entry["meta"]["rule_id"] for entry in entries]
    results: dict[str, dict[str, Any]] = {}
    for result in told["results"]:
        rule_id = result["expectation_config"]["meta"]["rule_id"]
        if raised(result["exception_info"]):
            raise GateBlocked(
                f"{name} {rule_id}: found a check that could not run, expected an answer; "
                "nothing was published"
            )
        results[rule_id] = result
    if len(told["results"]) != len(asked) or set(results) != set(asked):
        raise GateBlocked(
            f"{name}: found {len(told['results'])} answers, expected {len(asked)}, one for every "
            "expectation; nothing was published"
        )
    return told, results


def raised(exception_info: Mapping[str, Any]) -> bool:
    """Tell whether a check raised; Great Expectations keeps one fact, or one per metric."""
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(raised(inner) for inner in exception_info.values() if isinstance(inner, dict))


def _names(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [str(entry["kwargs"]["column"]) for entry in entries]


def _unanswered(suite: Suite, rule_id: str, found: str, expected: str) -> GateBlocked:
    return GateBlocked(
        f"{suite.name} {rule_id}: Great Expectations found {found}, expected {expected}; "
        "nothing was published"
    )


def _plain(answer: ExpectationSuiteValidationResult) -> dict[str, Any]:
    """Return the answer as plain JSON values, in the order of rule ids, without clock or chance."""
    told: dict[str, Any] = answer.to_json_dict()  # type: ignore[no-untyped-call]
    results = sorted(
        told["results"], key=lambda r: (r["expectation_config"]["meta"]["rule_id"], r["success"])
    )
    return {
        "success": told["success"],
        "suite_name": told["suite_name"],
        "statistics": told["statistics"],
        "results": results,
    }


def open_door() -> None:
    """Import Great Expectations, which takes seconds, before the first gate needs it."""
    _door()


@cache
def _door() -> BatchDefinition[Any]:
    """Return the one data source of the process, which keeps no file and draws no progress bar."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    gc.freeze()  # what the import made lives as long as the process: no need to walk it again
    atexit.register(gc.unfreeze)
    asset = context.data_sources.add_pandas("gate").add_dataframe_asset("profile")
    return asset.add_batch_definition_whole_dataframe("whole")
