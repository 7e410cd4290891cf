"""Hand-overs: what one process of a run leaves for the next, beside the parts of the lake.

One small file a thing, under the run's own name. None of them is evidence: a gate looks at the
inputs again, and what says nothing counts as stopped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from recon_engine.errors import ExitCode, GateBlocked, ReconError, Rejected, Unavailable
from recon_engine.gates import GateResult
from recon_engine.run.attempt import Attempt
from recon_engine.run.result import ScopeResult, StagedScope, StageResult
from recon_engine.run.scopes import scopes
from recon_engine.stages.stage import Stage
from recon_engine.store import durable


def leave_pulled(attempt: Attempt, source: str, error: ReconError | None) -> None:
    """Leave word of a source that was asked for its files: they came, or why they did not."""
    code = ExitCode.DONE if error is None else error.exit_code
    _leave(attempt, f"pull.{source}", {"message": str(error or ""), "exit_code": code})


def with_pulled(attempt: Attempt) -> Attempt:
    """Return the attempt with what its processes said of every source."""
    errors = {name: _pull_error(attempt, name) for name in attempt.project.rulebook.sources}
    return replace(attempt, not_pulled={name: e for name, e in errors.items() if e is not None})


def _pull_error(attempt: Attempt, source: str) -> ReconError | None:
    told = _found(attempt, f"pull.{source}")
    if told is None:
        return Unavailable(f"{source}: nothing was heard of its pull; it was not landed")
    if told["exit_code"] == ExitCode.DONE:
        return None
    kind = Unavailable if told["exit_code"] == ExitCode.NOT_NOW else Rejected
    return kind(told["message"])


def void(attempt: Attempt, stage: Stage) -> None:
    """Take back what a gate said of a stage: something of it is staged anew."""
    _place(attempt, stage.name).unlink(missing_ok=True)


def leave_staged(attempt: Attempt, stage: Stage, staged: StagedScope) -> None:
    """Leave word of one staged scope for the gate of its stage."""
    _leave(attempt, f"{stage.name}.{staged.scope}", asdict(staged))


def staged_scopes(attempt: Attempt, stage: Stage) -> list[StagedScope]:
    """Return what the attempt's processes said of the scopes of a stage; some may be silent."""
    names = scopes(attempt.project.rulebook, stage.grain)
    told = [found for name in names if (found := _found(attempt, f"{stage.name}.{name}"))]
    return [StagedScope(**one | {"exit_code": ExitCode(one["exit_code"])}) for one in told]


def leave_weighed(attempt: Attempt, result: StageResult) -> None:
    """Leave word of a whole stage for those after it."""
    gate = result.gate
    told = {
        "scopes": [asdict(scope) for scope in result.scopes],
        "seconds": result.seconds,
        "gate": None if gate is None else attempt.project.lake.put_result(gate.to_json()),
    }
    _leave(attempt, result.stage, told)


def weighed_stages(attempt: Attempt, stages: Sequence[Stage]) -> list[StageResult]:
    """Return what the gates of some stages said; where one said nothing, every scope stopped."""
    return [_weighed(attempt, stage) for stage in stages]


def _weighed(attempt: Attempt, stage: Stage) -> StageResult:
    told = _found(attempt, stage.name)
    if told is None:
        silent = GateBlocked("the gate did not come to a verdict; nothing was published")
        names = scopes(attempt.project.rulebook, stage.grain)
        stopped = tuple(
            ScopeResult(name, "stopped", message=str(silent), exit_code=silent.exit_code)
            for name in names
        )
        return StageResult(stage.name, stopped, 0.0)
    sha = told["gate"]
    gate = None if sha is None else GateResult.from_json(attempt.project.lake.result(sha))
    return StageResult(stage.name, tuple(map(_scope, told["scopes"])), told["seconds"], gate)


def _scope(told: dict[str, Any]) -> ScopeResult:
    kept = {"warnings": tuple(told["warnings"]), "exit_code": ExitCode(told["exit_code"])}
    return ScopeResult(**told | kept)


def _leave(attempt: Attempt, name: str, told: dict[str, Any]) -> None:
    place = _place(attempt, name)
    durable.make_folder(place.parent)
    durable.replace_durably(place, json.dumps(told, sort_keys=True).encode())


def _found(attempt: Attempt, name: str) -> dict[str, Any] | None:
    place = _place(attempt, name)
    if not place.is_file():
        return None
    told: dict[str, Any] = json.loads(place.read_bytes())
    return told


def _place(attempt: Attempt, name: str) -> Path:
    return attempt.project.lake.runs / attempt.run_id / f"{name}.json"
