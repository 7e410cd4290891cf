"""A take-on rehearsed: its night, run in a state and a lake of its own that nobody sees."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recon_engine.errors import GateBlocked, RulebookError, Unavailable
from recon_engine.night import NightResult, run_night
from recon_engine.parsers.opening import Opening
from recon_engine.run import Project
from recon_engine.run.attempt import new_run_id
from recon_engine.run.project import keys_of
from recon_engine.run.result import RunResult
from recon_engine.run.runner import Say
from recon_engine.run.take_ons import KIND, TakeOn
from recon_engine.store.lake import Lake
from recon_engine.store.state import open_state
from recon_engine.take_on.positions import Position, positions

DAY = timedelta(days=1)
REHEARSAL = "rehearsal"


def rehearse(
    project: Project, one: TakeOn, content: bytes, opening: Opening
) -> tuple[Position, ...]:
    """Return how each account stands in the night that the take-on would run.

    Raises: Unavailable or GateBlocked with what stops the night, other than a difference.
    """
    with _scratch(project, one.entity) as scratch:
        land(scratch, one.entity, content)
        record(scratch, one)
        scratch.state.judge(
            batch_id=one.take_on_id,
            entity=one.entity,
            business_date=one.business_date,
            maker=one.maker,
            checker=f"{REHEARSAL} of {one.maker}",
            verdict="approve",
            reason=REHEARSAL,
            decided_at=datetime.now(UTC),
        )
        result = carry_out(scratch, one, opening, actor=REHEARSAL).run
        found = positions(scratch, one, opening.rows)
    differs = any(position.verdict == "differs" for position in found)
    _refuse_stopped(result, but="reporting" if differs else "")
    return found


def land(project: Project, entity: str, content: bytes) -> None:
    """Land a file of opening items; sealed where a source of the entity has personal fields."""
    personal = any(
        source.personal for source in project.rulebook.sources.values() if source.entity == entity
    )
    keys = project.lake.keys
    if personal and keys is None:
        raise RulebookError(
            f"{entity}: found personal fields and no folder of keys, expected privacy.keys in "
            "recon.yaml; nothing was taken on"
        )
    seal = keys.seal(entity, datetime.now(UTC)) if personal and keys else None
    project.lake.land(io.BytesIO(content), seal=seal)


def record(project: Project, one: TakeOn) -> None:
    """Record a take-on as a decision of its maker."""
    project.state.decide(
        kind=KIND,
        entity=one.entity,
        reconciliation="",
        effective_date=one.business_date,
        subject_id=one.file_id,
        actor=one.maker,
        reason=one.terms,
        decided_at=datetime.now(UTC),
    )


def carry_out(
    project: Project, one: TakeOn, opening: Opening, *, actor: str, say: Say | None = None
) -> NightResult:
    """Return the night of an approved take-on; what is before its date is closed.

    The file is delivered to every source that it speaks of, so that its bytes are on record there.
    """
    run_id = new_run_id(one.business_date)
    project.state.seal(one.entity, one.business_date - DAY, run_id)
    with project.lake.open_landed(one.file_id) as stream:
        size_bytes = stream.seek(0, io.SEEK_END)
    for source in sorted({row["source"] for row in opening.rows}):
        project.state.deliver(
            source=source,
            entity=one.entity,
            file_id=one.file_id,
            file_name=f"{KIND}-{one.entity}-{one.business_date}.csv",
            size_bytes=size_bytes,
            modified_ns=0,
            business_date=one.business_date,
            batch_key=KIND,
            late=False,
            run_id=run_id,
            received_at=datetime.now(UTC),
        )
    return run_night(project, one.business_date, actor=actor, say=say, verb=KIND)


@contextmanager
def _scratch(project: Project, entity: str) -> Iterator[Project]:
    """Yield the project of one entity alone with an empty state and lake, gone afterwards."""
    rules = project.rulebook
    alone = replace(
        rules,
        sources={n: s for n, s in rules.sources.items() if s.entity == entity},
        reconciliations={n: r for n, r in rules.reconciliations.items() if r.entity == entity},
        accounts={entity: rules.accounts[entity]},
    )
    with tempfile.TemporaryDirectory(prefix="recon-take-on-") as folder:
        lake = Path(folder) / "lake"
        address = f"sqlite:///{folder}/state.db"
        keys = Path(folder) / "keys" if project.environment.period_keys else None
        environment = replace(project.environment, store_url=address, lake=lake, period_keys=keys)
        with open_state(address) as state:
            held = Lake(lake, keys=keys_of(environment, state))
            yield Project(project.folder, environment, alone, state, held)


def _refuse_stopped(result: RunResult, but: str) -> None:
    """Raise what stopped a night; a stop at the stage `but` is told by the accounts that differ."""
    stopped = [
        f"{stage.stage}/{scope.scope}: {scope.message}"
        for stage in result.stages
        for scope in stage.scopes
        if scope.status == "stopped" and stage.stage != but
    ]
    if stopped:
        told = "\n".join((*stopped, "nothing was taken on"))
        raise (Unavailable if result.exit_code == Unavailable.exit_code else GateBlocked)(told)
