"""Published tables of a date, for the people and programs that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recon_engine.pipeline import STAGES
from recon_engine.run.project import Project
from recon_engine.run.scopes import scopes
from recon_engine.stages.stage import Stage
from recon_engine.store import durable
from recon_engine.store.state import DatasetVersion, Versions
from recon_engine.tables import TABLES

OVERDUE = (
    "unmatched_settlement",
    "unmatched_ledger",
    "payout_overdue",
    "unidentified_receipt",
    "unidentified_payment",
)
"""Reasons that say a due date has passed."""
REMEMBERED = frozenset(
    read.table for stage in STAGES for read in stage.reads if read.when in ("previous", "history")
)
"""Tables of earlier dates that a later one draws on; receipts come after and change none of it."""


def read_table(
    project: Project, table: str, business_date: date, scope: str | None = None
) -> pa.Table:
    """Return the published rows of a table for a date, over all scopes that write it.

    Every file is checked against its hash first. `scope` keeps one source, reconciliation or
    entity.
    """
    contract = TABLES[table]
    parts = [
        project.lake.part(part.sha)
        for stage, version in _current(project, business_date)
        if contract in stage.writes and scope in (None, version.scope)
        for part in project.lake.manifest(version.manifest_sha).outputs[table].parts
    ]
    schema = contract.arrow()
    tables = [pq.read_table(path, partitioning=None).cast(schema) for path in parts]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def count_exceptions(project: Project, business_date: date) -> tuple[int, int]:
    """Return how many exceptions the date has, and how many of them are overdue."""
    reasons = read_table(project, "exception_item", business_date).column("reason").to_pylist()
    return len(reasons), sum(reason in OVERDUE for reason in reasons)


def night(project: Project, business_date: date) -> dict[str, Any]:
    """Return the manifests of a date and of those it draws on, for the verifier."""
    versions = project.state.versions(business_date)
    tonight = [version for _, version in _current(project, business_date)]
    before = [
        version
        for stage in STAGES
        if REMEMBERED.intersection(stage.writes)
        for name in published_scopes(project, stage, versions)
        if (version := versions.previous(stage.name, name)) is not None
    ]
    return {
        "business_date": business_date.isoformat(),
        "manifests": [_entry(version) for version in tonight],
        "previous": [_entry(version) for version in before],
    }


def night_text(told: dict[str, Any], run_id: str) -> str:
    """Return the one text of a night that a run wrote."""
    return json.dumps(told | {"run_id": run_id}, sort_keys=True, indent=1) + "\n"


def write_night(project: Project, business_date: date, run_id: str) -> None:
    """Write the night beside the lake's parts, where an auditor finds it without the SQL state.

    The name is the date's and no hash: a later run of the date replaces what an earlier one wrote.
    Nights after it that draw on the date name its new results from then on.
    """
    folder = durable.make_folder(project.lake.root / "nights")
    text = night_text(night(project, business_date), run_id)
    durable.replace_durably(folder / f"{business_date}.json", text.encode())
    for path in sorted(folder.glob("*.json")):
        if path.stem > business_date.isoformat() and not _draws_anew(project, path, business_date):
            return


def _draws_anew(project: Project, path: Path, business_date: date) -> bool:
    """Let a later night's file name what the state has before it; tell if that is of a date."""
    previous = night(project, date.fromisoformat(path.stem))["previous"]
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        run_id = kept.pop("run_id")
    except (OSError, ValueError, KeyError, AttributeError):
        return False  # `recon verify` says so
    if kept.get("previous") != previous:
        durable.replace_durably(path, night_text(kept | {"previous": previous}, run_id).encode())
    return any(entry["business_date"] == business_date.isoformat() for entry in previous)


def written(project: Project, version: DatasetVersion) -> bool:
    """Tell whether the night's file names a version: it does once the run that made it is done."""
    path = project.lake.root / "nights" / f"{version.business_date}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return _entry(version) in told["manifests"]


def published_scopes(project: Project, stage: Stage, versions: Versions) -> list[str]:
    """Return the scopes of a stage on a date: those of the rulebook, and those that left it since.

    One that left belongs to a date that was last run with it; a run without it left it out.
    """
    known = set(scopes(project.rulebook, stage.grain))
    published = versions.published(stage.name)
    left = [version for version in published if version.scope not in known]
    if left:
        rules = [project.lake.manifest(v.manifest_sha).rulebook_hash for v in (published[0], *left)]
        known |= {v.scope for v, hash_ in zip(left, rules[1:], strict=True) if hash_ == rules[0]}
    return sorted(known)


def _current(project: Project, business_date: date) -> Iterator[tuple[Stage, DatasetVersion]]:
    versions = project.state.versions(business_date)
    for stage in STAGES:
        for name in published_scopes(project, stage, versions):
            version = versions.current(stage.name, name)
            if version is not None:
                yield stage, version


def _entry(version: DatasetVersion) -> dict[str, str]:
    return {
        "stage": version.stage,
        "scope": version.scope,
        "business_date": version.business_date.isoformat(),
        "sha": version.manifest_sha,
    }
