"""The night under fault: the smallest company that has every stage, and what one can see of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import NullPool, create_engine, text

from benchmarks.world import BUSINESS_DATE, Truth, make_world
from recon_engine import verify
from recon_engine.pipeline import STAGES
from recon_engine.run import Project, night, open_project
from recon_engine.run.scopes import scopes
from tests.faults.disk import UNREAD

RUN = ("run", "--date", BUSINESS_DATE.isoformat())
DROP = "erp-import"
POSTING = f"posting:\n  E1: {{folder: {DROP}}}\n"
WORD = re.compile(r"\w+")
Scope = tuple[str, str]
Tables = dict[str, str]
"""Logical hash of each table."""


def make_books(folder: Path) -> Path:
    """Make the project: two sales, their payout, a bank entry; its state exists, nothing ran.

    One thread, so that the calls of a run come in one order.
    """
    make_world(folder, Truth(2), memory_limit="200MB", threads=1)
    environment = folder / "recon.yaml"
    environment.write_text(environment.read_text() + POSTING)
    return folder


@dataclass(frozen=True)
class Seen:
    """What a reader finds: each published scope with its tables, receipts, files of the drop."""

    published: dict[Scope, Tables]
    receipts: tuple[tuple[str, ...], ...]
    dropped: tuple[str, ...]
    verdicts: int


def look(folder: Path) -> Seen:
    """Return what a reader finds, every byte of it checked on the way.

    Raises: whatever the store says where a published version does not open, its bytes or its rows
    are not what its manifest says, or the audit log does not add up.
    """
    with open_project(folder) as project:
        project.state.verify_audit()
        for sha in project.state.referenced():
            for name in project.lake.manifest(sha).part_names():
                pq.read_metadata(project.lake.part(name))
        return Seen(
            published(project),
            tuple(
                sorted(
                    (one.posting_key, one.state, str(one.erp_document))
                    for one in project.state.receipts("E1")
                )
            ),
            tuple(sorted(path.name for path in (folder / DROP).glob("*.csv"))),
            verdicts(project),
        )


def published(project: Project) -> dict[Scope, Tables]:
    """Return the logical hashes of what is in force, by stage and scope."""
    return {
        (stage.name, scope): {
            name: one.logical_hash
            for name, one in project.lake.manifest(found.manifest_sha).outputs.items()
        }
        for stage in STAGES
        for scope in scopes(project.rulebook, stage.grain)
        if (found := project.state.current(stage.name, scope, BUSINESS_DATE)) is not None
    }


def verdicts(project: Project) -> int:
    """Return how many verdicts are on record."""
    engine = create_engine(project.environment.store_url, poolclass=NullPool)
    with engine.connect() as con:
        return int(con.execute(text("select count(*) from verdict")).scalar_one())


def differing_night(folder: Path) -> list[str]:
    """Return a finding where the night's file is missing, or names other results."""
    with open_project(folder) as project:
        told = night(project, BUSINESS_DATE)
    path = folder / "lake" / "nights" / f"{BUSINESS_DATE}.json"
    shown = {stage.name for stage in STAGES} <= set(WORD.findall(gates_page(folder)))
    lacking = [] if shown else ["the page of the gates lacks a stage"]
    kept = json.loads(path.read_bytes()) if path.is_file() else {}
    same = {name: kept.get(name) for name in told} == told
    return lacking if same else ["the night file names other results than the state", *lacking]


def gates_page(folder: Path) -> str:
    """Return the page of what the gates said of the night; empty where there is none."""
    page = folder / "lake" / "gates" / f"{BUSINESS_DATE}" / "index.html"
    return page.read_text(encoding="utf-8") if page.is_file() else ""


def differences(folder: Path) -> list[str]:
    """Return what the verifier, which shares no code, finds wrong with the finished night."""
    with open_project(folder) as project:
        told = night(project, BUSINESS_DATE)
    return [str(one) for one in verify.verify(folder / "lake", told, "200MB")]


def unfinished(folder: Path) -> list[str]:
    """Return the unfinished files of a project: a command that ended by itself leaves none."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*"))
    return sorted(name for name in names if UNREAD.search(name))


def batch_id(folder: Path) -> str:
    """Return the id of the one batch that the night proposes."""
    from recon_engine.deliver import batches

    with open_project(folder) as project:
        (batch,) = batches(project)
    return batch.batch_id
