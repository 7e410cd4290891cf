"""Three nights to which everything happens that a replay must survive."""

from __future__ import annotations

import fcntl
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from recon_engine.cli.project import make_project
from recon_engine.deliver import batches, judge, post_approved
from recon_engine.demo import make_world, write_world
from recon_engine.night import run_night
from recon_engine.run import Project, open_project, read_table

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, 2) + timedelta(n) for n in range(3))


@dataclass(frozen=True)
class Eventful:
    """A project, its runs by what they did, and moments between them."""

    folder: Path
    runs: dict[str, str]
    moments: dict[str, datetime]


@cache
def eventful_books(base: Path) -> Eventful:
    """Return the nights, made once for all processes of a test run; tests only read them."""
    folder, told = base / "eventful", base / "eventful.json"
    with (base / "eventful.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            made = make_books(folder)
            moments = {name: moment.isoformat() for name, moment in made.moments.items()}
            told.write_text(json.dumps({"runs": made.runs, "moments": moments}))
    held = json.loads(told.read_text())
    moments = {name: datetime.fromisoformat(text) for name, text in held["moments"].items()}
    return Eventful(folder, held["runs"], moments)


def make_books(folder: Path) -> Eventful:
    """Return three nights of a small company.

    Monday stops without the ERP, stops again with nothing new, and closes with a file that was sent
    anew. Its batch is approved and posted. Tuesday closes, and a match of Monday is undone after.
    The rules change. Wednesday takes Monday's file in its first form once more, now too late.
    """
    runs: dict[str, str] = {}
    moments = {"start": datetime.now(UTC)}
    make_project(folder)
    write_world(make_world(MONDAY, 3, payments_a_day=20), folder)
    file, erp = folder / f"inbox/northpay/northpay_eur_{MONDAY:%Y%m%d}.csv", folder / "erp.db"
    second = file.read_text(encoding="utf-8")
    first = second.replace(";ORD-", ";NEW-")

    with open_project(folder) as project:

        def close(name: str, day: date) -> None:
            runs[name] = run_night(project, day, actor="night").run.run_id
            moments[name] = datetime.now(UTC)

        file.write_text(first, encoding="utf-8")
        erp.rename(folder / "away")
        close("stopped", MONDAY)
        close("stopped again", MONDAY)
        (folder / "away").rename(erp)
        file.write_text(second, encoding="utf-8")
        close("monday", MONDAY)
        runs["posting"] = _post(project)
        moments["posting"] = datetime.now(UTC)
        close("tuesday", TUESDAY)
        _undo_a_match(project)
        moments["decision"] = datetime.now(UTC)
    policy = folder / "mappings" / "policy.yaml"
    policy.write_text(policy.read_text().replace("maker: recon service", "maker: night service"))
    file.write_text(first, encoding="utf-8")
    with open_project(folder) as project:
        runs["wednesday"] = run_night(project, WEDNESDAY, actor="night").run.run_id
    return Eventful(folder, runs, moments)


def _post(project: Project) -> str:
    (batch,) = batches(project)
    judge(project, batch.batch_id, "approve", checker="controller", reason="checked")
    _, (run,) = post_approved(project, actor="night")
    return run.run_id


def _undo_a_match(project: Project) -> None:
    """Decide, after Tuesday is closed, that a match of Monday does not hold on Tuesday."""
    legs = read_table(project, "match_leg", MONDAY, "northpay").to_pylist()
    project.state.decide(
        kind="unapply",
        entity="E1",
        reconciliation="northpay",
        effective_date=TUESDAY,
        subject_id=min(leg["item_id"] for leg in legs if leg["side"] == "settlement"),
        actor="controller",
        reason="another customer's payment",
        decided_at=datetime.now(UTC),
    )
