"""A file taken in and read by the code of a run, in a state and a lake of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from recon_engine.connectors.connector import Offer
from recon_engine.connectors.folder import FolderConnector
from recon_engine.gates.controls import SCHEMA_CHECKS, checks
from recon_engine.gates.gate import Finding
from recon_engine.inspection.formats import Format
from recon_engine.pipeline import STAGES
from recon_engine.pull import Pull
from recon_engine.rulebook.environment import Environment, FolderConnection
from recon_engine.run.project import Project, keys_of
from recon_engine.run.reads import look_up
from recon_engine.run.staging import Premise, make, prepare
from recon_engine.store import shared
from recon_engine.store.lake import Lake
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import open_state

RUN = "inspect"
LANDING, CANONICAL = STAGES[:2]
MEMORY = "1GB"


@dataclass(frozen=True)
class Read:
    """What a run would make of a file: its canonical tables, and what the gate holds against."""

    manifest: Manifest
    findings: tuple[Finding, ...]


@contextmanager
def scratch(one: Format, environment: Environment | None) -> Iterator[Project]:
    """Yield a project with an empty state and lake, gone afterwards; limits are as configured."""
    with tempfile.TemporaryDirectory(prefix="recon-inspect-") as name, ExitStack() as ending:
        folder = Path(name)
        lake, address = folder / "lake", f"sqlite:///{folder}/state.db"
        if environment is None:
            own = Environment(folder, address, lake, MEMORY, 1, 1, {})
        else:
            keys = folder / "keys" if environment.period_keys else None
            own = replace(environment, store_url=address, lake=lake, period_keys=keys)
        state = ending.enter_context(open_state(address))
        ending.callback(shared.stop)
        yield Project(folder, own, one.rules, state, Lake(lake, keys=keys_of(own, state)))


def read(project: Project, one: Format, file: Path, now: datetime) -> Read:
    """Return what landing and the canonical stage of a run make of a file, weighed by their rules.

    It is the first file of its source: no earlier night can hold a line or a balance against it.
    `now` is the day of a file whose source takes the day that it is run for.
    Raises: ReconError where a run would refuse the file; nothing of it is kept.
    """
    project = replace(project, rulebook=one.rules)
    pull = Pull(project.state, project.lake, now.date(), RUN, now)
    found = file.stat()
    offer = Offer(file.name, found.st_size, found.st_mtime_ns)
    pull.file(one.source, FolderConnector(FolderConnection(file.parent)), offer)
    (delivery,) = pull.report.delivered
    known = look_up(project, delivery.business_date)
    landed = make(project, prepare(project, LANDING, one.name, RUN, known))
    premise = Premise(known.sealed_to, {(LANDING.name, one.name): landed})
    manifest = make(project, prepare(project, CANONICAL, one.name, RUN, known, premise))
    return Read(manifest, tuple(_findings(manifest)))


def _findings(manifest: Manifest) -> Iterator[Finding]:
    """Yield every rule of the gate that the tables break; schemas hold, as they were exported."""
    for rule_id, check in checks(CANONICAL).items():
        if rule_id not in SCHEMA_CHECKS and (count := manifest.profile[check.metric]):
            assert check.severity != "quarantine", rule_id
            yield Finding(manifest.scope, rule_id, check.severity, count, check.meaning)
