"""Runs the first nights of a project in a process of its own and says what they published.

    python -m tests.laws.demo_nights PROJECT DAY DAYS nightly|backfill

Prints JSON: `day stage/scope/table`: logical hash. A night that is not done ends with its findings.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

from recon_engine.backfill import run_range
from recon_engine.night import run_night
from recon_engine.run import open_project
from tests.cases.accounting.nights import published


def main(folder: Path, first: date, days: int, way: str) -> None:
    hashes: dict[str, str] = {}
    dates = [first + timedelta(n) for n in range(days)]
    with open_project(folder) as project:
        if way == "backfill":
            run_range(project, dates[0], dates[-1], actor="controller")
        for day in dates if way == "nightly" else ():
            run = run_night(project, day, actor="controller").run
            if run.status != "done":
                sys.exit("\n".join((f"{day} ended {run.status}", *run.findings)))
        for day in dates:
            for place, logical_hash in published(project, day).items():
                hashes[f"{day} {'/'.join(place)}"] = logical_hash
    sys.stdout.write(json.dumps(hashes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
