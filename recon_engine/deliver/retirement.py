"""Retirement: files that only old, sealed dates need go by decision; hashes and record stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from recon_engine.deliver.sweeping import refuse_behind
from recon_engine.errors import Rejected, Unavailable
from recon_engine.pipeline import STAGES
from recon_engine.run.closing import check_controller
from recon_engine.run.project import Project
from recon_engine.run.scopes import entity_of, scopes
from recon_engine.run.tables import night
from recon_engine.store import durable
from recon_engine.store.retired import list_of, retired
from recon_engine.store.state import DatasetVersion

HISTORY = frozenset(
    read.table.name for stage in STAGES for read in stage.reads if read.when == "history"
)
"""Tables of old dates that later nights read, as they stand."""
BOOKED = frozenset({"batch", "journal_line", "summary_line"})
"""Tables that posting and a check after a restore read, of every version there ever was."""
Outcome = Literal["would be retired", "retired", "finished", "nothing to do"]


@dataclass(frozen=True)
class Done:
    """What became of the files of an entity's dates; `list_sha` names the list of new ones."""

    entity: str
    upto: date
    outcome: Outcome
    landed: int
    parts: int
    size_bytes: int
    list_sha: str = ""


def retire(
    project: Project,
    entity: str,
    upto: date,
    *,
    actor: str,
    reason: str,
    now: datetime,
    dry_run: bool = False,
) -> Done:
    """Remove landed files and parts that only sealed dates of an entity up to one need.

    What later nights read stays: tables with a history, and all of each scope's last date up to
    then. The list of files is on record first, then they go; killed between, the same command
    finishes. Pages of the gates go where no entity's files of the date are left.
    Raises: Rejected where the actor may not, the policy keeps them longer, a date is not sealed, or
            the database is behind the lake;
            Unavailable while somebody is at work.
    """
    place = f"{entity} to {upto}"
    check_controller(project, actor, place)
    refuse_behind(project, place)
    _refuse_early(project, upto, place, now)
    old, kept = _parted(project, entity, upto)
    _refuse_open(project, entity, old, upto, place)
    if held := project.state.held():
        raise Unavailable(
            f"{place}: found {held[0].holder} at work on {held[0].key}, expected nobody; nothing "
            "was removed"
        )
    doomed = [*_landed(project, entity, upto, old), *_parts(project, old, kept)]
    known = project.lake.retired.known().keys() if project.lake.retired else set[str]()
    fresh = [path for path in doomed if path.stem not in known]
    counts = _counted(project, doomed)
    if dry_run or not doomed:
        if not dry_run:
            _remove_pages(project, upto)
        outcome: Outcome = "would be retired" if doomed else "nothing to do"
        return Done(entity, upto, outcome, *counts)
    list_sha = ""
    if fresh:
        places = [str(path.relative_to(project.lake.root)) for path in fresh]
        list_sha = project.lake.put_result(list_of(entity, upto.isoformat(), places))
        project.state.retire(
            entity, upto, list_sha=list_sha, files=len(places), actor=actor, reason=reason
        )
    remove(doomed)
    _remove_pages(project, upto)
    return Done(entity, upto, "retired" if fresh else "finished", *counts, list_sha)


def allowed_to(project: Project, entity: str, today: date) -> date | None:
    """Return the last sealed date of an entity whose files may go by the policy, or None."""
    days = project.rulebook.policy.retention.file_days
    if days is None:
        return None
    return project.state.sealed_to(entity, today - timedelta(days) + timedelta(1))


def retired_to(project: Project) -> dict[str, date]:
    """Return the last date of each entity whose files were retired; others have none."""
    done: dict[str, date] = {}
    for one in project.state.retirements():
        done[one.entity] = max(one.upto, done.get(one.entity, date.min))
    return done


def gone_of_night(project: Project, business_date: date) -> str:
    """Return by which decision files are gone that a night needs to be re-added, or nothing."""
    held = project.lake.retired
    if held is None or not (known := held.known()):
        return ""
    told = night(project, business_date)
    shas = set[str]()
    for entry in (*told["manifests"], *told["previous"]):
        shas |= project.lake.manifest(entry["sha"]).part_names() & known.keys()
    gone = {sha for sha in shas if not (project.lake.parts / f"{sha}.parquet").exists()}
    for source in project.rulebook.sources:
        files = {one.file_id for one in project.state.deliveries(source, business_date)}
        for file_id in files & known.keys():
            if not (project.lake.landing / file_id).exists() and not project.lake.sealed(file_id):
                gone.add(file_id)
    return retired(known[min(gone)]) if gone else ""


def remove(paths: Iterable[Path]) -> None:
    """Remove files, and put the names of their folders on the disk."""
    folders = set()
    for path in paths:
        with durable.clear_faults(path):
            path.unlink(missing_ok=True)
        folders.add(path.parent)
    for folder in sorted(folders):
        durable.sync_folder(folder)


def _refuse_early(project: Project, upto: date, place: str, now: datetime) -> None:
    days, today = project.rulebook.policy.retention.file_days, now.astimezone(UTC).date()
    if days is None:
        raise Rejected(
            f"{place}: found no retention.file_days in mappings/policy.yaml, expected a number of "
            "days: without it files are kept for ever; nothing was removed"
        )
    if today < upto + timedelta(days):
        raise Rejected(
            f"{place}: found {today}, expected {upto + timedelta(days)} or later by "
            "retention.file_days of mappings/policy.yaml; nothing was removed"
        )


def _refuse_open(
    project: Project, entity: str, old: list[DatasetVersion], upto: date, place: str
) -> None:
    """Refuse while a date up to then, of which something is known, is not sealed."""
    steps = {one.business_date: one.step for one in project.state.closings(entity)}
    found = {one.business_date for one in old}
    found |= {one.business_date for one in project.state.arrivals(entity)}
    found = {day for day in found if day <= upto and steps.get(day) != "seal"}
    if found:
        raise Rejected(
            f"{place}: found {min(found)}, which is not sealed, expected every date up to then to "
            "be; nothing was removed"
        )


def _parted(
    project: Project, entity: str, upto: date
) -> tuple[list[DatasetVersion], list[DatasetVersion]]:
    """Return the versions of an entity's dates up to one, and all others."""
    rules = project.rulebook
    own = {
        (stage.name, name)
        for stage in STAGES
        for name in scopes(rules, stage.grain)
        if entity_of(rules, stage.grain, name) == entity
    }
    old, kept = list[DatasetVersion](), list[DatasetVersion]()
    for one in project.state.every_version():
        belongs = (one.stage, one.scope) in own and one.business_date <= upto
        (old if belongs else kept).append(one)
    return old, kept


def _last(old: list[DatasetVersion]) -> list[DatasetVersion]:
    """Return the current version of the last date of each scope: the next night reads it whole."""
    last = {(one.stage, one.scope): one for one in sorted(old, key=lambda v: v.business_date)}
    return list(last.values())


def _parts(
    project: Project, old: list[DatasetVersion], kept: list[DatasetVersion]
) -> Iterator[Path]:
    """Yield the parts that are there and that only old versions need, by name."""
    current = {(one.stage, one.scope, one.business_date): one for one in old}
    needed, named = set[str](), set[str]()
    for version in (*kept, *_last(old)):
        needed |= project.lake.manifest(version.manifest_sha).part_names()
    for version in old:
        stands = current[version.stage, version.scope, version.business_date] == version
        for name, dataset in project.lake.manifest(version.manifest_sha).outputs.items():
            shas = {part.sha for part in dataset.parts}
            named |= shas
            if name in BOOKED or (stands and name in HISTORY):
                needed |= shas
    paths = (project.lake.parts / f"{name}.parquet" for name in sorted(named - needed))
    return (path for path in paths if path.exists())


def _landed(project: Project, entity: str, upto: date, old: list[DatasetVersion]) -> Iterator[Path]:
    """Yield the landed files that are there and that only those dates need, by name."""
    needed = {
        arrival.file_id
        for one in _last(old)
        if one.stage == STAGES[0].name
        for arrival in project.state.deliveries(one.scope, one.business_date)
    }
    for file_id in sorted(project.state.landed_to(entity, upto) - needed):
        path = project.lake.landing / file_id
        if path.exists():
            yield path
        if (sealed := project.lake.sealed(file_id)) is not None:
            yield sealed


def _remove_pages(project: Project, upto: date) -> None:
    """Remove the pages of dates whose files are retired for every entity that has any."""
    done = retired_to(project)
    for folder in sorted(project.lake.root.glob("gates/*")):
        day = date.fromisoformat(folder.name)
        entities = {
            name
            for name in project.rulebook.accounts
            if project.state.current("reporting", name, day) is not None
        }
        if day <= upto and all(done.get(name, date.min) >= day for name in entities):
            shutil.rmtree(folder)


def _counted(project: Project, paths: list[Path]) -> tuple[int, int, int]:
    """Return how many are landed files, how many parts, and their bytes."""
    parts = sum(path.parent == project.lake.parts for path in paths)
    return len(paths) - parts, parts, sum(path.stat().st_size for path in paths)
