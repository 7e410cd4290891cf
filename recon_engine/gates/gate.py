"""The verdict at a doorway: a scope passes, passes with a warning, or stops."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from recon_engine.errors import GateBlocked, ReconError
from recon_engine.gates.controls import SCHEMA_CHECKS, Check, checks
from recon_engine.gates.expectations import Suite, Weight, read_suite, weigh_profiles, weigh_schemas
from recon_engine.gates.profile import metrics
from recon_engine.stages.stage import Stage
from recon_engine.tables.rules import metric
from recon_engine.tables.table import Table

Verdict = Literal["pass", "warn", "block"]
Columns = Sequence[tuple[str, str]]
"""Names and Arrow types of a Parquet schema, as `str(field.type)` prints them."""

SHIPPED = (
    Path(__file__).parents[1] / "_project" / "expectations",
    Path(__file__).parents[2] / "expectations",
)
"""Where the shipped suites stand: inside the package when installed, beside it in a checkout."""

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Finding:
    """A rule that a scope broke: `count` rows, minor units, keys or columns."""

    scope: str
    rule_id: str
    severity: Weight
    count: int
    meaning: str

    @property
    def told(self) -> str:
        """What was found, without the scope."""
        return f"{self.rule_id} found {self.count}, expected 0: {self.meaning}"

    def __str__(self) -> str:
        return f"{self.scope}: {self.told}"


@dataclass(frozen=True)
class Weighed:
    """A rule as the suite weighed it."""

    rule_id: str
    severity: Weight
    meaning: str


@dataclass(frozen=True)
class GateResult:
    """What one gate said of one stage and date."""

    stage: str
    law: str
    rules: tuple[Weighed, ...]
    verdict: Mapping[str, Verdict]
    findings: tuple[Finding, ...]
    profiles: Mapping[str, Mapping[str, int]]
    validations: tuple[dict[str, Any], ...]
    """What Great Expectations answered: on the profiles, then on the schemas."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def blocked(self) -> tuple[str, ...]:
        """The scopes that must not be published, in order."""
        return tuple(scope for scope, verdict in self.verdict.items() if verdict == "block")

    def of(self, scope: str) -> tuple[Finding, ...]:
        """Return the findings of one scope."""
        return tuple(finding for finding in self.findings if finding.scope == scope)

    def error(self, scope: str) -> GateBlocked:
        """Return the error that says why one scope was stopped."""
        told = "; ".join(f.told for f in self.of(scope) if f.severity == "critical")
        return GateBlocked(f"{self.stage}/{scope}: {told}; nothing of {scope} was published")

    def to_json(self) -> bytes:
        """Return the result as canonical JSON; no clock is in it, so equal results are equal."""
        told = {
            "stage": self.stage,
            "law": self.law,
            "rules": [asdict(rule) for rule in self.rules],
            "verdict": dict(self.verdict),
            "findings": [asdict(finding) for finding in self.findings],
            "profiles": {scope: dict(row) for scope, row in self.profiles.items()},
            "validations": list(self.validations),
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> GateResult:
        """Return a result as it was kept; how long it took is not kept."""
        held = json.loads(content)
        return cls(
            held["stage"],
            held["law"],
            tuple(Weighed(**rule) for rule in held["rules"]),
            held["verdict"],
            tuple(Finding(**finding) for finding in held["findings"]),
            held["profiles"],
            tuple(held["validations"]),
        )


def weigh(
    stage: Stage,
    profiles: Mapping[str, Mapping[str, int]],
    schemas: Mapping[str, Columns],
    suites: Path | None = None,
) -> GateResult:
    """Return the verdict on every scope of a stage and date.

    Reads:   profiles, one row of `profile()` per scope; schemas, names and types of every output;
             `<suites>/<stage>.json` if the project has it, else the shipped suite.
    Returns: block where a critical rule is broken, warn where a warning is; a schema that is not
             the contract blocks every scope.
    Raises:  GateBlocked where anything cannot be weighed: a gate that cannot run is a failed gate,
             and every scope of the stage stays unpublished.
    """
    started = time.monotonic()
    try:
        known = checks(stage)
        suite = read_suite(_suite_path(stage.name, suites), stage.name, known)
        rows = _guarded(stage, profiles)
        failing, on_profiles = weigh_profiles(suite, rows)
        columns, on_schemas = weigh_schemas(suite, *_schemas(stage, schemas))
    except ReconError:
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise GateBlocked(
            f"{stage.name}: found '{told}' in the gate, expected a verdict; nothing was published"
        ) from error
    findings = (*_findings(suite, known, failing, rows), *_schema_findings(suite, columns, rows))
    return GateResult(
        stage.name,
        stage.law,
        tuple(Weighed(i, suite.severity[i], check.meaning) for i, check in known.items()),
        {scope: _verdict(scope, findings) for scope in rows},
        findings,
        rows,
        (on_profiles, on_schemas),
        time.monotonic() - started,
    )


def _suite_path(stage: str, suites: Path | None) -> Path:
    folders = ((suites,) if suites else ()) + SHIPPED
    found = [folder / f"{stage}.json" for folder in folders if (folder / f"{stage}.json").is_file()]
    if not found:
        raise GateBlocked(
            f"expectations {stage}.json: found no such file, expected the suite of the stage; "
            "nothing was published"
        )
    return found[0]


def _guarded(
    stage: Stage, profiles: Mapping[str, Mapping[str, int]]
) -> dict[str, Mapping[str, int]]:
    """Return the profiles by scope; refuse a hole, a stranger and what is no whole number."""
    if not profiles:
        raise GateBlocked(
            f"{stage.name}: found no profile, expected one row for every scope; "
            "nothing was published"
        )
    expected = set(metrics(stage))
    for scope, row in sorted(profiles.items()):
        for name in sorted(expected ^ set(row)):
            side = "no number for" if name in expected else "a number of its own for"
            raise GateBlocked(
                f"{stage.name} {scope}: found {side} {name}, expected the numbers of the registry; "
                "nothing was published"
            )
        for name, number in row.items():
            if type(number) is not int or not -LARGEST <= number <= LARGEST:
                raise GateBlocked(
                    f"{stage.name} {scope}: found {number!r} for {name}, expected a whole number; "
                    "nothing was published"
                )
    return dict(sorted(profiles.items()))


def _schemas(
    stage: Stage, schemas: Mapping[str, Columns]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the columns found and the columns of the contract, each as `table.column` and type."""
    found = [
        (f"{table}.{name}", kind)
        for table, columns in sorted(schemas.items())
        for name, kind in columns
    ]
    contract = [
        (f"{table.name}.{name}", kind) for table in stage.writes for name, kind in columns_of(table)
    ]
    return found, contract


def columns_of(table: Table) -> list[tuple[str, str]]:
    """Return names and types of a table as its Parquet files have them."""
    return [(column.name, str(column.type)) for column in table.arrow()]


def _findings(
    suite: Suite,
    known: Mapping[str, Check],
    failing: Mapping[str, Sequence[str]],
    rows: Mapping[str, Mapping[str, int]],
) -> list[Finding]:
    return [
        Finding(
            scope, rule_id, suite.severity[rule_id], rows[scope][metric(rule_id)], check.meaning
        )
        for scope in rows
        for rule_id, check in known.items()
        if scope in failing.get(rule_id, ())
    ]


def _schema_findings(
    suite: Suite, columns: Mapping[str, Sequence[str]], rows: Mapping[str, Any]
) -> list[Finding]:
    return [
        Finding(
            scope,
            rule_id,
            suite.severity[rule_id],
            len(found),
            f"{SCHEMA_CHECKS[rule_id]} ({', '.join(found)})",
        )
        for scope in rows
        for rule_id, found in columns.items()
        if found
    ]


def _verdict(scope: str, findings: Sequence[Finding]) -> Verdict:
    found = {finding.severity for finding in findings if finding.scope == scope}
    if "critical" in found:
        return "block"
    return "warn" if "warning" in found else "pass"
