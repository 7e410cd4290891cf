"""`python3 dev bench --lines N`: a night of N lines and N invoices, step by step; or a backfill."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import backfill
from benchmarks.world import Truth, make_world

MEASURED = ("pull", "canonical", "matching", "allocation", "journals", "raw join")
COSTS = ("cpu_s", "wall_s", "peak_mb")
ORDER = ("pull", "landing", "canonical", "matching", "allocation", "journals", "raw join", "check")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and print it; 0 where every match is right and none is missing."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="settlement lines, and invoices")
    parser.add_argument("--backfill", action="store_true", help="dates in one process instead")
    parser.add_argument("--days", type=int, default=30, help="dates of the backfill")
    parser.add_argument("--neglected", action="store_true", help="late invoices never come")
    parser.add_argument("--naive", action="store_true", help="beside a store that promises nothing")
    parser.add_argument("--memory-limit", default="2GB", help="of DuckDB, a workspace")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder for project and lake")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    measure, shown = (run_backfill, backfill.told) if options.backfill else (run, told)
    if options.naive:
        measure, shown = run_beside_naive, told_beside
    if options.keep:
        result = measure(options.keep, options)
    else:
        with tempfile.TemporaryDirectory(prefix="recon-bench-") as folder:
            result = measure(Path(folder) / "project", options)
    print(json.dumps(result, indent=1) if options.json else shown(result))
    return 0 if result["right"] else 1


def run(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Make the world, run every step in a process of its own, and return what they cost."""
    if not options.json:
        print(f"making {options.lines:,} lines and as many invoices", file=sys.stderr)
    truth = Truth(options.lines, neglected=options.neglected)
    make_world(folder, truth, options.memory_limit, options.threads)
    steps = {}
    for name in ORDER:
        steps[name] = step(name, folder)
        if not options.json:
            print(f"  {name} {steps[name]['wall_s']} s", file=sys.stderr)
    found = steps["check"]
    return {
        "lines": options.lines,
        "memory_limit": options.memory_limit,
        "threads": options.threads,
        "steps": [steps[name] for name in MEASURED],
        "ratio": round(steps["matching"]["cpu_s"] / max(steps["raw join"]["cpu_s"], 0.01), 2),
        "matches": found["matches"],
        "matches_expected": truth.matches,
        "wrong": found["wrong"],
        "payouts_matched": found["payouts_matched"],
        "payouts_expected": truth.payouts,
        "right": (found["matches"], found["wrong"], found["payouts_matched"])
        == (truth.matches, 0, truth.payouts),
    }


def run_beside_naive(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run a night with the real store and one with the naive store, and return what both cost."""
    truth = Truth(options.lines, neglected=options.neglected)
    cost, right = {}, True
    for store in ("real", "naive"):
        make_world(folder / store, truth, options.memory_limit, options.threads)
        cost[store] = step("night", folder / store, store)
        right &= step("check", folder / store, store)["matches"] == truth.matches
    real, naive = cost["real"]["cpu_s"], cost["naive"]["cpu_s"]
    return {
        "lines": options.lines,
        **{store: {name: one[name] for name in COSTS} for store, one in cost.items()},
        "share": round(1 - naive / real, 3),
        "right": right,
    }


def run_backfill(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Make a world of some dates, run them in one process, and return what each cost."""
    print(f"making {options.days} dates of {options.lines:,} lines", file=sys.stderr)
    truth = Truth(options.lines, options.days, options.neglected)
    make_world(folder, truth, options.memory_limit, options.threads)
    return backfill.measure(folder, truth)


def step(name: str, folder: Path, *how: str) -> dict[str, Any]:
    """Run one step and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.step", name, str(folder), *how]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def told(result: dict[str, Any]) -> str:
    """Return the result as a table for people."""
    said = [
        f"{result['lines']:,} lines, memory limit {result['memory_limit']}, "
        f"{result['threads']} threads",
        f"{'step':<12}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}",
    ]
    said += [
        f"{one['step']:<12}{one['cpu_s']:>9.2f}{one['wall_s']:>9.2f}{one['peak_mb']:>9}"
        for one in result["steps"]
    ]
    said.append(f"ratio       {result['ratio']:>9.2f}  CPU of matching over CPU of the raw join")
    said.append(
        f"matches     {result['matches']:>9,}  of {result['matches_expected']:,}, "
        f"{result['wrong']} wrong; payouts {result['payouts_matched']} "
        f"of {result['payouts_expected']}"
    )
    return "\n".join(said)


def told_beside(result: dict[str, Any]) -> str:
    """Return what the promises of the store cost as a table for people."""
    rows = [(store, *(result[store][name] for name in COSTS)) for store in ("real", "naive")]
    return "\n".join(
        (
            f"a night of {result['lines']:,} lines",
            f"{'store':<12}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}",
            *(f"{store:<12}{cpu:>9.2f}{wall:>9.2f}{peak:>9}" for store, cpu, wall, peak in rows),
            f"the promises cost {result['share']:.1%} of the CPU",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
