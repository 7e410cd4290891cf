"""Again: every publication of a run, or of all, is made once more and held against the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from recon_engine.errors import Gone, ReconError
from recon_engine.pipeline import STAGES
from recon_engine.replay.difference import Difference, difference, differences
from recon_engine.replay.past import Past, open_past
from recon_engine.run import Project, Record
from recon_engine.run.reads import Known, look_up
from recon_engine.run.staging import Job, make_all, prepare
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import DatasetVersion, Publication, Staged

OF_NAME = {stage.name: stage for stage in STAGES}


@dataclass(frozen=True)
class Replayed:
    """One publication made again: a stage of a run, with all scopes that it published."""

    run_id: str
    business_date: date
    stage: str
    scopes: int
    tables: int
    differences: tuple[Difference, ...]
    gone: tuple[str, ...] = ()
    """For each scope that cannot be made again, the decision by which its inputs are gone."""


Say = Callable[[Replayed, int], None]
"""Hears of each publication, and how many there are."""


def replay(record: Record, run_id: str | None = None, say: Say | None = None) -> list[Replayed]:
    """Return what every publication of a run gives when it is made again; the project is only read.

    Each scope gets what it got then: landed files, published parts, decisions, receipts and seals
    up to its place in the record, and the rules of that time. Without `run_id` everything is made
    again in order from landing alone: a scope then reads what was made here, and no published part
    but of scopes whose landed files are gone by decision.
    """
    publications = record.state.publications(run_id)
    found: list[Replayed] = []
    if not publications:
        return found
    with open_past(record) as past:
        for publication in publications:
            found.append(_again(past, publication, from_landing=run_id is None))
            if say is not None:
                say(found[-1], len(publications))
    return found


@dataclass(frozen=True)
class Published:
    """A version with its manifest."""

    version: DatasetVersion
    manifest: Manifest


def _again(past: Past, publication: Publication, *, from_landing: bool) -> Replayed:
    """Return one publication made again; from landing, it then stands in the past as well."""
    first, found = publication.versions[0], list[Difference]()
    told = list(_told(past, publication, found))
    try:
        made = _made(past, told, publication, from_landing=from_landing)
    except ReconError as error:
        made = [error for _ in told]
    gone = [outcome.decision for outcome in made if isinstance(outcome, Gone)]
    for one, outcome in zip(told, made, strict=True):
        if isinstance(outcome, Gone):
            continue
        if isinstance(outcome, ReconError):
            found.append(difference(one.manifest, "", str(outcome)))
        else:
            found += differences(past, one.manifest, outcome)
    return Replayed(
        publication.run_id,
        first.business_date,
        first.stage,
        len(publication.versions),
        sum(len(one.manifest.outputs) for one in told),
        tuple(found),
        tuple(gone),
    )


def _told(past: Past, publication: Publication, found: list[Difference]) -> Iterator[Published]:
    """Yield the versions whose manifests can be read; the others are differences."""
    for version in publication.versions:
        try:
            yield Published(version, past.record.lake.manifest(version.manifest_sha))
        except ReconError as error:
            place = (version.stage, version.scope, version.business_date)
            found.append(Difference(*place, "", str(error)))


def _made(
    past: Past, told: Sequence[Published], publication: Publication, *, from_landing: bool
) -> list[Manifest | ReconError]:
    """Return what the stage makes of each scope now, or why it makes nothing.

    Raises: GateBlocked where the rules of that time are gone or were changed.
    """
    if not told:
        return []
    project = past.project(told[0].manifest.rulebook_hash)
    jobs = _jobs(past, project, told, publication, from_landing=from_landing)
    outcomes = iter(make_all(project, [job for job in jobs if isinstance(job, Job)]))
    made = [next(outcomes) if isinstance(job, Job) else job for job in jobs]
    if from_landing:
        _publish(project, [*_standing(told, made)], publication)
    return made


def _standing(
    told: Sequence[Published], made: Sequence[Manifest | ReconError]
) -> Iterator[Manifest]:
    """Yield what the next stages read: what was made, and what is on record of what is gone."""
    for one, outcome in zip(told, made, strict=True):
        if isinstance(outcome, Gone):
            yield one.manifest
        elif isinstance(outcome, Manifest):
            yield outcome


def _jobs(
    past: Past,
    project: Project,
    told: Sequence[Published],
    publication: Publication,
    *,
    from_landing: bool,
) -> list[Job | ReconError]:
    """Return the jobs of a publication with their inputs as they stood.

    Inputs are read between the lease and the publication. Where something else was written
    meanwhile, the run keys tell on which side of it.
    """
    jobs: list[Job | ReconError] = []
    for place in (publication.leased, publication.before):
        past.advance(place, versions=not from_landing)
        known = look_up(project, told[0].version.business_date)
        jobs = [_job(project, one, known) for one in told]
        keys = [job.run_key for job in jobs if isinstance(job, Job)]
        if keys == [one.version.run_key for one in told]:
            break
    return jobs


def _job(project: Project, one: Published, known: Known) -> Job | ReconError:
    version, known = one.version, replace(known, decision_seq=one.manifest.decision_seq)
    try:
        return prepare(project, OF_NAME[version.stage], version.scope, version.run_id, known)
    except ReconError as error:
        return error


def _publish(project: Project, made: Sequence[Manifest], publication: Publication) -> None:
    """Let what was made stand in the past, for what is made after it."""
    staged = [
        Staged(
            stage=one.stage,
            scope=one.scope,
            business_date=one.business_date,
            run_key=one.run_key,
            manifest_sha=project.lake.put_manifest(one),
            logical_hash=one.logical_hash(),
        )
        for one in made
    ]
    keys = [f"{one.stage}/{one.scope}/{one.business_date}" for one in staged]
    if keys:
        with project.state.lease(keys, publication.run_id) as lease:
            gate_sha = publication.versions[0].gate_sha
            project.state.publish(staged, lease, publication.run_id, gate_sha)
