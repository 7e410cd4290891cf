"""Runs a case through the whole engine, date by date, and keeps what every night published."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from recon_engine.night import run_night
from recon_engine.pipeline import STAGES
from recon_engine.run import Project, RunResult, night, open_project
from recon_engine.run.closing import seal
from recon_engine.run.scopes import scopes
from recon_engine.run.take_ons import take_ons
from recon_engine.tables import TABLES
from recon_engine.take_on import enact, judge, propose
from recon_engine.verify import verify
from tests.cases.accounting.company import deliver, seal_by_hand, write_project
from tests.cases.accounting.documents import PAYS
from tests.cases.accounting.group import HOLDER
from tests.cases.accounting.opening import taken_on
from tests.cases.accounting.reports import days, row_names
from tests.cases.accounting.switches import turn, written
from tests.cases.accounting.tables import Case, Given

Row = dict[str, Any]
Hashes = dict[tuple[str, str, str], str]
"""Logical hash by stage, scope and table."""
APPROVE = re.compile(r"G\d+ to G\d+ approved")
STATUS = re.compile(r"(?P<line>P\d+) (lost|won for [\d.]+, rest lost)")
TAX_INVOICE = re.compile(r"valid, for (?P<line>P\d+), tax [\d.]+")
LOST = "lost"
DECISIONS = {
    "unapply": re.compile(r"unapply (?P<line>P\d+) from (?P<document>\S+)"),
    "unmatch": re.compile(r"undo the match of (?P<line>P\d+)"),
    "apply": PAYS,
}
"""Kind of a decision: the given that says it."""


@dataclass(frozen=True)
class Night:
    """What one date published."""

    status: str
    findings: tuple[str, ...]
    sealed_before: dict[str, date | None]
    """Last sealed date of each entity when the night began."""
    tables: dict[str, list[Row]]
    hashes: Hashes
    again: str
    """What the same date said when it was run once more."""
    stands_again: bool
    """Whether every manifest stood as before after that."""
    verified: tuple[str, ...]
    """What the lone verifier found in the night."""


@dataclass(frozen=True)
class Outcome:
    """Every night of a case, and the case's name for every item that the engine knows by an id."""

    nights: dict[date, Night]
    names: dict[str, str]
    policies: tuple[str, ...] = ()
    """What the rulebook was written for."""

    def rows(self, table: str) -> list[Row]:
        """Return a table of all nights, in the order of the dates."""
        return [row for night in self.nights.values() for row in night.tables[table]]


def run_case(
    case: Case, folder: Path, after: Callable[[Project, date], None] | None = None
) -> Outcome:
    """Return what the engine makes of a case in a fresh project of its own.

    A night that stops is the last one: what comes after it has no state to stand on. `after` is
    what people do when a night is over.
    """
    write_project(case, folder)
    nights: dict[date, Night] = {}
    names: dict[str, str] = {}
    for day in days(case):
        deliver(case, folder, day)
        for given in case.given("period_closed"):
            if given.day == day:
                turn(given, folder / "mappings")
        with open_project(folder) as project:
            if day == taken_on(case):
                propose(project, folder / "opening.csv", HOLDER, day, maker="controller")
                continue
            nights |= _approved(case, project, day)
            _seal(case, project, day)
            _decide(case, project, day, names)
            nights[day] = _night(project, day)
            names |= _names(case, nights[day])
            if nights[day].status != "done":
                break
            if after is not None:
                after(project, day)
    return Outcome(nights, names, tuple(f"{g.day} {g.value}" for g in written(case)))


def _seal(case: Case, project: Project, day: date) -> None:
    """Seal by decision what a case says is sealed, where its entities do not seal together."""
    for given in case.given("sealed_to") if seal_by_hand(case) else ():
        if given.day == day:
            upto = date.fromisoformat(given.value)
            seal(project, upto, [given.entity], actor="chief accountant", reason=given.name)


def _approved(case: Case, project: Project, day: date) -> dict[date, Night]:
    """Return the night of the take-on that a second person approves on a day, where one does."""
    given = [g for g in case.given("decision") if APPROVE.fullmatch(g.value) and g.day == day]
    if not given:
        return {}
    (one,) = take_ons(project.state)
    one = judge(project, one, "approve", checker="chief accountant", reason=given[0].value)
    run = enact(project, one, actor="chief accountant").run
    return {one.business_date: _night(project, one.business_date, run)}


def _night(project: Project, day: date, run: RunResult | None = None) -> Night:
    sealed_before = {name: project.state.sealed_to(name, day) for name in project.rulebook.accounts}
    run = run or run_night(project, day, actor="controller").run
    stood = _manifests(project, day)
    again = run_night(project, day, actor="controller").run if run.status == "done" else run
    found = verify(project.lake.root, night(project, day)) if run.status == "done" else []
    return Night(
        status=run.status,
        findings=run.findings,
        sealed_before=sealed_before,
        tables=_tables(project, day),
        hashes=published(project, day),
        again=again.status,
        stands_again=_manifests(project, day) == stood,
        verified=tuple(": ".join(one) for one in found),
    )


def published(project: Project, day: date) -> Hashes:
    """Return the logical hash of every dataset that stands for a date."""
    return {
        (*place, name): dataset.logical_hash
        for place, sha in _manifests(project, day).items()
        for name, dataset in project.lake.manifest(sha).outputs.items()
    }


def _manifests(project: Project, day: date) -> dict[tuple[str, str], str]:
    """Return the hash of every manifest that stands for a date, by stage and scope."""
    found = {
        (stage.name, scope): project.state.current(stage.name, scope, day)
        for stage in STAGES
        for scope in scopes(project.rulebook, stage.grain)
    }
    return {place: version.manifest_sha for place, version in found.items() if version is not None}


def _tables(project: Project, day: date) -> dict[str, list[Row]]:
    """Return every row that stands for a date, by table."""
    found: dict[str, list[Row]] = {name: [] for name in TABLES}
    for sha in _manifests(project, day).values():
        for name, dataset in project.lake.manifest(sha).outputs.items():
            for part in dataset.parts:
                path = project.lake.part(part.sha)
                found[name] += pq.read_table(path, partitioning=None).to_pylist()
    return found


def _names(case: Case, night: Night) -> dict[str, str]:
    """Return what the case calls the lines and entries of a night."""
    printed = row_names(case)
    lines = {
        row["line_id"]: printed[row["file_id"], row["row_no"]]
        for row in night.tables["settlement_line"]
    }
    months = {
        " ".join((row["contract"], row["currency"], str(row["event_date"])[:7])): lines[
            row["line_id"]
        ]
        for row in night.tables["fee_check"]
    }
    entries = {row["entry_id"]: row["bank_ref"] for row in night.tables["bank_entry"]}
    return lines | months | entries


def _decide(case: Case, project: Project, day: date, names: dict[str, str]) -> None:
    """Record what a person decides on a day; the subject is the line's item."""
    made = [
        (given, kind)
        for given in case.given("decision")
        for kind, pattern in DECISIONS.items()
        if pattern.fullmatch(given.value)
    ]
    assert len(made) == sum(not APPROVE.fullmatch(g.value) for g in case.given("decision"))
    made += [(g, "tax_invoice") for g in case.given("tax_invoice")]
    made += [(g, "dispute_lost") for g in case.given("dispute_status") if LOST in g.value]
    for given, kind in made:
        if given.day == day:
            document = f" INV-{given.value.split()[0]}" if kind == "apply" else ""
            project.state.decide(
                kind=kind,
                entity=given.entity,
                reconciliation="bank" if kind == "apply" else "processor",
                effective_date=day,
                subject_id=_subject(given, names) + document,
                actor="controller",
                reason=given.value,
                decided_at=datetime.combine(day, time(9), UTC),
            )


def _subject(given: Given, names: dict[str, str]) -> str:
    patterns = (*DECISIONS.values(), STATUS, TAX_INVOICE)
    found = next(filter(None, (pattern.fullmatch(given.value) for pattern in patterns)), None)
    assert found, f"{given.name}: {given.value} is not known"
    if found["line"] not in names.values():
        return found["line"]  # it came tonight and is known by the processor's own id
    (item_id,) = [item_id for item_id, name in names.items() if name == found["line"]]
    return item_id
