"""The benchmark runs, says what it measured, and its passes find exactly what is there."""

import json
import subprocess
import sys
from pathlib import Path

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
    # Of 2,000 orders 20 have another reference, 20 another amount and 2 an invoice too many.
    assert (result["matches"], result["wrong"]) == (1958, 0)
    assert result["payouts_matched"] == result["payouts_expected"] == 1


def test_in_a_clean_world_every_line_is_matched_and_nothing_stays_open() -> None:
    command = [sys.executable, "-m", "benchmarks", "--backfill", "--days", "1", "--lines", "1000"]

    done = subprocess.run(
        [*command, "--clean", "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    (day,) = json.loads(done.stdout)["dates"]
    assert (day["matches"], day["open"]) == (1000 + 1, 0)


def test_a_backfill_tells_what_each_date_cost_and_finds_every_match() -> None:
    command = [sys.executable, "-m", "benchmarks", "--backfill", "--days", "2", "--lines", "1000"]

    done = subprocess.run(
        [*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [one["date"] for one in result["dates"]] == ["2026-03-02", "2026-03-03"]
    assert all(one["cpu_s"] > 0 and one["peak_mb"] > 0 for one in result["dates"])
    assert result["peak_mb"] == max(one["peak_mb"] for one in result["dates"])
    first, second = (one["open"] for one in result["dates"])
    assert second == 2 * first > 0
    # Of 1,000 orders 10 have another reference, 10 another amount and 1 an invoice too many.
    assert result["matches"] == result["matches_expected"] == 2 * (979 + 1)
