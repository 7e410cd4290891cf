"""What a run tells the person who started it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from recon_engine.errors import ExitCode
from recon_engine.gates import GateResult

ScopeStatus = Literal["published", "unchanged", "stopped", "held"]


@dataclass(frozen=True)
class StagedScope:
    """One scope of one stage before its gate: where what was staged stands, or why nothing does."""

    scope: str
    status: Literal["staged", "unchanged", "stopped", "held"]
    run_key: str = ""
    manifest_sha: str = ""
    message: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True)
class ScopeResult:
    """One scope of one stage: published, unchanged, stopped, or held because of another."""

    scope: str
    status: ScopeStatus
    rows: dict[str, int] = field(default_factory=dict)
    message: str = ""
    warnings: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True)
class StageResult:
    """One stage over all its scopes."""

    stage: str
    scopes: tuple[ScopeResult, ...]
    seconds: float
    gate: GateResult | None = field(default=None, repr=False)
    """What the gate said; None where nothing was weighed."""

    @property
    def verdict(self) -> str:
        """`block`, `warn` or `pass`: the worst of its scopes."""
        if any(scope.status in ("stopped", "held") for scope in self.scopes):
            return "block"
        return "warn" if any(scope.warnings for scope in self.scopes) else "pass"

    @property
    def rows(self) -> dict[str, int]:
        """Rows per table over all scopes."""
        total: dict[str, int] = {}
        for scope in self.scopes:
            for table, count in scope.rows.items():
                total[table] = total.get(table, 0) + count
        return total


@dataclass(frozen=True)
class RunResult:
    """One run of one date."""

    run_id: str
    business_date: date
    status: Literal["done", "stopped", "nothing to do"]
    exit_code: ExitCode
    stages: tuple[StageResult, ...] = ()
    certificate: Literal["conserved", "not reached"] = "not reached"
    exceptions: int = 0
    overdue: int = 0
    seconds: float = 0.0

    @property
    def findings(self) -> tuple[str, ...]:
        """One clear line for everything that stopped or was held."""
        return tuple(
            _placed(f"{stage.stage}/{scope.scope}: ", scope.message)
            for stage in self.stages
            for scope in stage.scopes
            if scope.status in ("stopped", "held")
        )

    @property
    def causes(self) -> tuple[str, ...]:
        """What stopped, one clear line each; the last counts the scopes that wait for it."""
        scopes = [(stage.stage, scope) for stage in self.stages for scope in stage.scopes]
        stopped = [(name, scope) for name, scope in scopes if scope.status == "stopped"]
        held = sum(scope.status == "held" for _, scope in scopes)
        told = [_placed(f"{name}/{scope.scope}: ", scope.message) for name, scope in stopped]
        return (*told, *([f"{held} more scopes wait for that; nothing was lost"] if held else []))


def _placed(place: str, message: str) -> str:
    return message if message.startswith(place) else place + message
