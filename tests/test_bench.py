"""The benchmark runs, says what it measured, and its passes find exactly what is there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ["pull", "canonical", "matching", "allocation", "journals", "raw join"]


def test_a_small_benchmark_measures_every_step_and_finds_every_match_and_no_other() -> None:
    command = [sys.executable, "-m", "benchmarks", "--lines", "2000", "--json"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [one["step"] for one in result["steps"]] == MEASURED
    assert all(one.keys() == {"step", "cpu_s", "wall_s", "peak_mb"} for one in result["steps"])
    assert all(one["cpu_s"] > 0 and one["peak_mb"] > 0 for one in result["steps"])
    assert result["ratio"] > 0
    # Of 2,000 orders 50 are booked late, 2 with another amount and 2 twice.
    assert (result["matches"], result["wrong"]) == (1946, 0)
    assert result["payouts_matched"] == result["payouts_expected"] == 1


def test_a_backfill_tells_what_each_date_cost_and_finds_every_match() -> None:
    result = two_dates()

    assert [one["date"] for one in result["dates"]] == ["2026-03-02", "2026-03-03"]
    assert all(one["cpu_s"] > 0 and one["peak_mb"] > 0 for one in result["dates"])
    assert result["peak_mb"] == max(one["peak_mb"] for one in result["dates"])
    # Of 1,000 orders 25 are booked late (5 of them the next day), 1 with another amount (2 items)
    # and 1 twice (3 items).
    assert [one["open"] for one in result["dates"]] == [25 + 5, 25 + 5 + 25 - 5 + 5]
    assert result["matches"] == result["matches_expected"] == 2 * (973 + 1) + 5


def test_in_a_neglected_world_what_is_late_stays_open() -> None:
    result = two_dates("--neglected")

    assert [one["open"] for one in result["dates"]] == [30, 60]
    assert result["matches"] == result["matches_expected"] == 2 * (973 + 1)


def two_dates(*options: str) -> dict[str, Any]:
    """Return what a backfill of two dates of 1,000 lines measured."""
    command = [sys.executable, "-m", "benchmarks", "--backfill", "--days", "2", "--lines", "1000"]
    done = subprocess.run(
        [*command, "--json", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_promises_of_the_store_are_measured_beside_a_store_that_makes_none() -> None:
    command = [sys.executable, "-m", "benchmarks", "--lines", "1000", "--naive", "--json"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["share"] == round(1 - result["naive"]["cpu_s"] / result["real"]["cpu_s"], 3)
