"""A backfill in a process of its own: what every date cost, and whether memory stays flat."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.step import cpu_seconds
from benchmarks.world import BUSINESS_DATE, Truth
from recon_engine.backfill import Dated, run_range
from recon_engine.run import open_project

EDGE = 5
"""Dates at the beginning and at the end whose peaks are compared."""
GROWTH = 1.1
"""Up to which the peak at the end may exceed the one at the beginning and still be called flat."""


class Meter:
    """Measures each date from the end of the one before; prints a line of JSON for it."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.monotonic(), cpu_of_all()
        forget_peak()

    def say(self, one: Dated) -> None:
        """Print what a date cost."""
        wall, cpu = time.monotonic(), cpu_of_all()
        told = {
            "date": str(one.business_date),
            "status": one.status,
            "findings": one.findings,
            "matches": one.rows.get("match_evidence", 0),
            "open": one.rows.get("open_item", 0),
            "wall_s": round(wall - self.wall, 2),
            "cpu_s": round(cpu - self.cpu, 2),
            "peak_mb": peak_mb(),
        }
        print(json.dumps(told), flush=True)
        self.wall, self.cpu = wall, cpu
        forget_peak()


def forget_peak() -> None:
    """Let peaks of resident memory begin anew. Source: proc(5), /proc/pid/clear_refs, 5."""
    for process in (Path("/proc/self"), *helpers()):
        (process / "clear_refs").write_text("5")


def peak_mb() -> int:
    """Return the sum of the peaks of resident memory since then. Source: proc(5), VmHWM."""
    found = 0
    for process in (Path("/proc/self"), *helpers()):
        status = (process / "status").read_text()
        found += sum(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM:"))
    return found // 1024


def cpu_of_all() -> float:
    """Return user and system time of this process and all it has started. Source: proc(5), stat."""
    ticks = sum(int(n) for process in helpers() for n in fields(process)[11:13])
    return cpu_seconds() + ticks / os.sysconf("SC_CLK_TCK")


def helpers() -> list[Path]:
    """Return the processes that this one has started and that are at work."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if fields(process)[1] == str(os.getpid()):
                found.append(process)
    return found


def fields(process: Path) -> list[str]:
    """Return what the kernel tells of a process, from its state on."""
    return (process / "stat").read_text().rpartition(")")[2].split()


def measure(folder: Path, truth: Truth) -> dict[str, Any]:
    """Run the backfill of a world and return what its dates cost; each is shown as it ends."""
    command = [sys.executable, "-m", "benchmarks.backfill", str(folder), str(truth.days)]
    dates = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            dates.append(json.loads(line))
            print("\n".join((f"  {row(dates[-1])}", *dates[-1]["findings"])), file=sys.stderr)
    edge = min(EDGE, truth.days // 2) or 1
    peaks = [one["peak_mb"] for one in dates] or [0]
    before, after = max(peaks[:edge]), max(peaks[-edge:])
    found = sum(one["matches"] for one in dates)
    expected = truth.matches + truth.payouts
    return {
        "lines": truth.lines,
        "days": truth.days,
        "dates": dates,
        "wall_s": round(sum(one["wall_s"] for one in dates), 1),
        "cpu_s": round(sum(one["cpu_s"] for one in dates), 1),
        "peak_mb": max(peaks),
        "peak_first_mb": before,
        "peak_last_mb": after,
        "flat": after <= GROWTH * before,
        "matches": found,
        "matches_expected": expected,
        "right": running.returncode == 0 and found == expected,
    }


def row(one: dict[str, Any]) -> str:
    """Return a date as a line of a table."""
    measured = f"{one['date']:<12}{one['cpu_s']:>9.2f}{one['wall_s']:>9.2f}{one['peak_mb']:>9}"
    return f"{measured}{one['open']:>9,}"


def told(result: dict[str, Any]) -> str:
    """Return the result as a table for people."""
    flat = "flat" if result["flat"] else "not flat"
    return "\n".join(
        (
            f"{result['days']} dates of {result['lines']:,} lines and as many invoices",
            f"{'date':<12}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'open':>9}",
            *map(row, result["dates"]),
            f"{'in all':<12}{result['cpu_s']:>9.2f}{result['wall_s']:>9.2f}{result['peak_mb']:>9}",
            f"memory is {flat}: {result['peak_last_mb']} MB at the end, "
            f"{result['peak_first_mb']} MB at the beginning",
            f"matches {result['matches']:,} of {result['matches_expected']:,}",
        )
    )


def main(folder: Path, days: int) -> int:
    """Run the backfill of a world in this process."""
    with open_project(folder) as project:
        last = BUSINESS_DATE + timedelta(days - 1)
        meter = Meter()
        result = run_range(project, BUSINESS_DATE, last, actor="bench", say=meter.say)
    return int(bool(result.of("stopped") or result.of("not run")))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
