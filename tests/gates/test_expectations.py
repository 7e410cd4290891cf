"""Traps of Great Expectations, each shown as it is, and the guard that stands before it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.gates import GateResult, expectations
from recon_engine.gates.controls import checks
from recon_engine.gates.expectations import COUNT, read_suite, validate, weigh_profiles
from recon_engine.gates.gate import SHIPPED
from recon_engine.gates.profile import metrics
from recon_engine.stages.allocation import ALLOCATION

Weighed = Callable[..., GateResult]
CLEAN = dict.fromkeys(metrics(ALLOCATION), 0)
ODD = 2**53 + 1
"""The first whole number that a double cannot hold."""


def entry(column: str, kind: str = COUNT, **changes: Any) -> dict[str, Any]:
    """Return an expectation as a suite file has it."""
    kwargs = {"column": column, "value_set": [0]} | changes.pop("kwargs", {})
    meta = {"rule_id": column}
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": meta} | changes


def framed(column: str, numbers: list[int | None], kind: str = "int64") -> Any:
    """Return a frame of one column."""
    import pandas as pd

    return pd.DataFrame({column: pd.array(numbers, dtype=kind)})


def suite_of(*entries: dict[str, Any]) -> Any:
    """Return a suite as Great Expectations makes it of these entries."""
    import great_expectations as gx

    return gx.ExpectationSuite(name="bare", expectations=list(entries))


def bare(frame: Any, *entries: dict[str, Any]) -> Any:
    """Return what Great Expectations says without any guard of ours."""
    batch = expectations._door().get_batch({"dataframe": frame})
    return batch.validate(suite_of(*entries))


def between(value: int) -> dict[str, Any]:
    """Return an expectation with bounds, which no suite of ours may hold."""
    kwargs = {"column": "delta", "min_value": value, "max_value": value}
    return {"type": "expect_column_values_to_be_between", "kwargs": kwargs}


def test_bounds_are_floats_and_pass_a_total_that_is_wrong_by_one(weighed: Weighed) -> None:
    trap = bare(framed("delta", [ODD - 1]), between(ODD))

    found = weighed(ALLOCATION, {"e": CLEAN | {"all_001": 1}})

    assert trap.success
    assert found.verdict == {"e": "block"}


def test_a_set_of_zero_is_exact_far_beyond_doubles(weighed: Weighed) -> None:
    for delta in (1, ODD, -1, 2**63 - 1):
        found = weighed(ALLOCATION, {"e": CLEAN | {"all_001": delta}})

        assert [(f.rule_id, f.count) for f in found.findings] == [("ALL-001", delta)]


def test_an_empty_frame_passes_so_a_gate_without_profiles_is_refused(weighed: Weighed) -> None:
    trap = bare(framed("delta", []), entry("delta"))

    with pytest.raises(GateBlocked, match="found no profile, expected one row for every scope"):
        weighed(ALLOCATION, {})

    assert trap.success


def test_a_null_passes_so_a_profile_with_a_hole_is_refused(weighed: Weighed) -> None:
    trap = bare(framed("delta", [None], "Int64"), entry("delta"))

    with pytest.raises(GateBlocked, match="found None for all_001, expected a whole number"):
        weighed(ALLOCATION, {"e": CLEAN | {"all_001": None}})

    assert trap.success


@pytest.mark.parametrize("number", [False, 0.0, "0", 2**63])
def test_what_is_no_whole_number_of_64_bits_is_refused(weighed: Weighed, number: Any) -> None:
    with pytest.raises(GateBlocked, match="expected a whole number"):
        weighed(ALLOCATION, {"e": CLEAN | {"all_001": number}})


def test_an_empty_suite_passes_so_it_is_refused(tmp_path: Path, weighed: Weighed) -> None:
    trap = bare(framed("delta", [7]))
    (tmp_path / "allocation.json").write_text('{"name": "allocation", "expectations": []}')

    with pytest.raises(GateBlocked, match="an empty suite always passes"):
        weighed(ALLOCATION, {"e": CLEAN}, suites=tmp_path)

    assert trap.success


def test_an_unknown_type_is_dropped_so_fewer_answers_than_questions_are_refused() -> None:
    unknown = entry("delta", "expect_nothing_known")
    trap = suite_of(unknown)

    with pytest.raises(GateBlocked, match="found 1 answers, expected 2"):
        validate("allocation", [unknown, entry("other")], framed("other", [0]), {})

    assert trap.expectations == []


def test_a_missing_column_may_count_as_a_warning_so_a_check_that_raised_is_refused() -> None:
    warning = entry("missing", severity="warning")
    frame = framed("delta", [0])
    trap = bare(frame, warning)

    with pytest.raises(GateBlocked, match="found a check that could not run"):
        validate("allocation", [warning], frame, {})

    assert trap.get_max_severity_failure().value == "warning"


def test_an_answer_without_the_failing_scope_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite = read_suite(SHIPPED[-1] / "allocation.json", "allocation", checks(ALLOCATION))
    whole = validate

    def half(name: str, entries: Any, frame: Any, parameters: Any) -> Any:
        return whole(name, entries, frame.iloc[:1], parameters)

    monkeypatch.setattr(expectations, "validate", half)

    with pytest.raises(GateBlocked, match="found 0 wrong numbers, expected 1"):
        weigh_profiles(suite, {"a": CLEAN, "b": CLEAN | {"all_001": 1}})


def test_an_answer_that_overlooks_a_failing_scope_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite = read_suite(SHIPPED[-1] / "allocation.json", "allocation", checks(ALLOCATION))
    whole = validate

    def kind(name: str, entries: Any, frame: Any, parameters: Any) -> Any:
        return whole(name, entries, frame * 0, parameters)

    monkeypatch.setattr(expectations, "validate", kind)

    with pytest.raises(GateBlocked, match=r"ALL-001: Great Expectations found 0 wrong numbers"):
        weigh_profiles(suite, {"a": CLEAN | {"all_001": 1}})


def test_a_gate_that_crashes_is_a_failed_gate(
    monkeypatch: pytest.MonkeyPatch, weighed: Weighed
) -> None:
    def crash(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no more\nmemory")

    monkeypatch.setattr(expectations, "validate", crash)

    with pytest.raises(GateBlocked) as stopped:
        weighed(ALLOCATION, {"e": CLEAN})

    assert str(stopped.value) == (
        "allocation: found 'RuntimeError: no more' in the gate, expected a verdict; "
        "nothing was published"
    )
    assert stopped.value.exit_code == 4
