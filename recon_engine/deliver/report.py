"""The report of an entity's night: read once from what is published, by one query of totals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from recon_engine.deliver.batches import KIND, batches, journal_of
from recon_engine.errors import ExitCode, Rejected
from recon_engine.gates import GateResult
from recon_engine.money import exponent
from recon_engine.pipeline import STAGES
from recon_engine.render.report import (
    BUCKETS,
    Batch,
    Component,
    Entry,
    Gate,
    Input,
    Item,
    Moved,
    Reason,
    Report,
    Roll,
    Run,
    Statement,
    Stopped,
)
from recon_engine.run import Project
from recon_engine.run.scopes import drawn_on
from recon_engine.stages.stage import small_table
from recon_engine.store.state import DatasetVersion, RunRow
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.matching import REASONS

SQL = Path(__file__).parent
READ = (
    "exception_item",
    "open_item",
    "conservation_certificate",
    "proof",
    "statement_balance",
    "bank_entry",
    "journal_line",
    "settlement_line",
    "match_leg",
    "landed_file",
    "line_identity",
    "quarantined_row",
)
FILE_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")
DECISION = re.compile(r"(decision|unmatch) (?P<seq>\d+)")
UNDOES = ("unapply", "unmatch")
SHARE = 10**12
"""Rates are whole minor units of the books per this many of their own."""


def report_of(project: Project, entity: str, business_date: date) -> Report | Stopped:
    """Return what the night of an entity says, or that it did not get there.

    Reads:   every published table of the entity and date that a figure comes from.
    Raises:  Rejected where the date was never run.
    """
    run = _last_run(project, business_date)
    version = project.state.current("reporting", entity, business_date)
    if version is None or (run.status == "stopped" and version.run_id != run.run_id):
        return _stopped(project, entity, run)
    with _workspace(project, entity, business_date) as workspace:
        return _report(project, entity, business_date, workspace, _about(project, entity, run))


def _report(project: Project, entity: str, day: date, workspace: Workspace, about: Run) -> Report:
    figures = _named(workspace, "totals.sql")
    matched = sum(f["item_count"] for f in figures if f["figure"] == "matched")
    still_open = sum(f["item_count"] for f in figures if f["figure"] == "closing")
    waiting = sum(f["item_count"] for f in figures if f["figure"] == "waiting")
    proposed = tuple(_batches(project, entity, day))
    return Report(
        entity=entity,
        business_date=day,
        currency=project.rulebook.accounts[entity].functional_currency,
        run=about,
        matched=matched,
        items=matched + still_open,
        waiting=waiting,
        rolls=_rolls(figures),
        reasons=_reasons(figures),
        exceptions=tuple(
            Item(**row | {"place": FILE_ID.sub(r"\1", row["place"])})
            for row in _named(workspace, "exceptions.sql")
        ),
        proofs=_proofs(workspace),
        statements=tuple(Statement(**row) for row in _named(workspace, "statements.sql")),
        entries=tuple(Entry(**row) for row in _rows(workspace, "journal_line", Entry, "1, 2")),
        batch=next((one for one in proposed if not one.late_period), None),
        late=tuple(one for one in proposed if one.late_period),
        inputs=tuple(Input(**row) for row in _named(workspace, "inputs.sql")),
        gates=tuple(_gates(project, entity, day)),
        moved=tuple(_moved(project, workspace)),
        dead=_dead(project, entity),
    )


def _workspace(project: Project, entity: str, day: date) -> Workspace:
    """Return a workspace with what is published of an entity on a date, and `base_rate`."""
    workspace = Workspace.open(
        project.lake,
        memory_limit=project.environment.memory_limit,
        threads=project.environment.threads,
        place=f"report/{entity}",
    )
    try:
        found = list(_versions(project, entity, day))
        for name in READ:
            parts = [sha for v in found for sha in _parts(project, name, v)]
            own = entity if "entity" in TABLES[name].names else ""
            workspace.load(name, TABLES[name], parts, own)
        _register_rates(project, entity, day, workspace)
    except BaseException:
        workspace.close()
        raise
    return workspace


def _versions(project: Project, entity: str, day: date) -> Iterator[DatasetVersion]:
    """Yield what is published for an entity and date, stage by stage."""
    for stage in STAGES:
        for scope in drawn_on(project.rulebook, "entity", entity, stage.grain):
            version = project.state.current(stage.name, scope, day)
            if version is not None:
                yield version


def _parts(project: Project, table: str, version: DatasetVersion) -> list[str]:
    dataset = project.lake.manifest(version.manifest_sha).outputs.get(table)
    return [] if dataset is None else [part.sha for part in dataset.parts]


def _register_rates(project: Project, entity: str, day: date, workspace: Workspace) -> None:
    """Make `base_rate`: the latest known rate of every currency to that of the books."""
    books = project.rulebook.accounts[entity].functional_currency
    parts = [
        sha
        for source in drawn_on(project.rulebook, "entity", entity, "source")
        for version in project.state.history("canonical", source, day + timedelta(days=1))
        for sha in _parts(project, "fx_rate", version)
    ]
    workspace.load("fx_rate", TABLES["fx_rate"], parts)
    known = workspace.rows(
        "select from_currency, arg_max(rate_exact, rate_date) from fx_rate "
        "where to_currency = $books group by from_currency order by 1",
        books=books,
    )
    rates = [(books, str(SHARE)), *((c, _share(r, c, books)) for c, r in known if c != books)]
    named = small_table({"currency": "string", "rate": "string"}, rates)
    workspace.register("quoted_rate", named)
    workspace.make(
        "base_rate", "select currency, cast(rate as hugeint) as rate_e12 from quoted_rate"
    )


def _share(rate: Decimal, currency: str, books: str) -> str:
    scaled = (rate * SHARE).scaleb(exponent(books) - exponent(currency))
    return str(int(scaled.to_integral_value(rounding=ROUND_HALF_UP)))


def _named(workspace: Workspace, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query by the names that its last select gives them."""
    sql = (SQL / query).read_text(encoding="utf-8")
    names = re.findall(r"(\w+),\n", sql[sql.rindex("select") :].partition("\nfrom")[0] + "\n")
    return [dict(zip(names, row, strict=True)) for row in workspace.rows(SQL / query)]


def _rows(workspace: Workspace, table: str, value: Any, order: str) -> list[dict[str, Any]]:
    """Return the columns of a table that a value has."""
    names = list(value.__dataclass_fields__)
    query = f"select {', '.join(names)} from {table} order by {order}"  # noqa: S608 - our own names
    return [dict(zip(names, row, strict=True)) for row in workspace.rows(query)]


def _rolls(figures: Sequence[dict[str, Any]]) -> tuple[Roll, ...]:
    """Return the roll of each table and currency that has one."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for one in figures:
        if one["figure"] != "exception" and one["currency"]:
            place = found.setdefault((one["name"], one["currency"]), {})
            place[one["figure"]] = one["amount_minor"]
    columns = ("opening", "new", "reopened", "matched", "closing", "listed")
    return tuple(
        Roll(dataset, currency, *(amounts.get(name, 0) for name in columns))
        for (dataset, currency), amounts in sorted(found.items())
    )


def _reasons(figures: Sequence[dict[str, Any]]) -> tuple[Reason, ...]:
    """Return the reasons of the night, the most money first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in figures:
        if one["figure"] == "exception":
            found.setdefault(one["name"], []).append(one)
    reasons = [
        Reason(
            reason,
            REASONS[reason],
            sum(one["item_count"] for one in rows),
            sum(one["item_count"] - one["priced"] for one in rows),
            tuple(sum(o["base_minor"] for o in rows if o["bucket"] == b) for b in BUCKETS),
        )
        for reason, rows in found.items()
    ]
    return tuple(sorted(reasons, key=lambda one: (-one.base_minor, one.reason)))


def _proofs(workspace: Workspace) -> tuple[Component, ...]:
    order = "proof, account, currency, position"
    return tuple(Component(**row) for row in _rows(workspace, "proof", Component, order))


def _moved(project: Project, workspace: Workspace) -> Iterator[Moved]:
    """Yield what moved since it was booked; a decision is told with who made it, and why."""
    rows = _named(workspace, "moved.sql")
    asked = [one for kind in UNDOES for one in project.state.decided(kind)] if rows else []
    made = {one.decision_seq: one for one in asked}
    for row in rows:
        found = DECISION.fullmatch(row["why"])
        decision = made.get(int(found["seq"])) if found else None
        if decision is not None:
            row["why"] = f"{decision.kind} by {decision.actor}: {decision.reason}"
        yield Moved(**row)


def _batches(project: Project, entity: str, day: date) -> Iterator[Batch]:
    for one in batches(project):
        if (one.entity, one.business_date) == (entity, day):
            checker = one.verdict.checker if one.verdict else ""
            late = one.late_period or ""
            yield Batch(one.batch_id, len(one.rows), one.state, one.maker, checker, late)


def _dead(project: Project, entity: str) -> int:
    """Return how many journals of an entity, and how many mails, are dead now."""
    dead = project.state.letters("dead")
    return sum(o.kind != KIND or journal_of(o.payload).entity == entity for o in dead)


def _gates(project: Project, entity: str, day: date) -> Iterator[Gate]:
    """Yield what each gate said of the entity's scopes, in the order of the night."""
    for stage in STAGES:
        scopes = drawn_on(project.rulebook, "entity", entity, stage.grain)
        found = [project.state.current(stage.name, scope, day) for scope in scopes]
        shas = {version.gate_sha for version in found if version is not None}
        results = [GateResult.from_json(project.lake.result(sha)) for sha in sorted(shas)]
        if results:
            findings = tuple(
                str(f) for result in results for f in result.findings if f.scope in scopes
            )
            verdict = "warned" if findings else "passed"
            yield Gate(stage.name, verdict, max(len(r.rules) for r in results), findings)


def _last_run(project: Project, day: date) -> RunRow:
    """Return the last run that read files for a date, or the last of the date at all."""
    runs = [run for run in project.state.runs(1_000_000) if run.business_date == day]
    if not runs:
        raise Rejected(
            f"{day}: found no run, expected one; run `recon run --date {day}` first, "
            "nothing was written"
        )
    return next((run for run in runs if run.verb != "post"), runs[0])


def _about(project: Project, entity: str, run: RunRow) -> Run:
    head = project.state.head_of_run(run.run_id)
    return Run(
        run.run_id,
        run.rulebook_hash,
        run.code_version,
        run.actor,
        run.finished_at or run.started_at,
        project.rulebook.accounts[entity].zone,
        f"{head.count}:{head.hash}",
    )


def _stopped(project: Project, entity: str, run: RunRow) -> Stopped:
    """Return a night that did not reach its report, with what was proved last."""
    last = project.state.previous("reporting", entity, run.business_date)
    balances: tuple[Component, ...] = ()
    if last is not None:
        with _workspace(project, entity, last.business_date) as workspace:
            proofs = _proofs(workspace)
        balances = tuple(p for p in proofs if p.component == "balance in the ledger")
    not_there = run.exit_code == ExitCode.NOT_NOW
    return Stopped(
        entity,
        run.business_date,
        _about(project, entity, run),
        "INCOMPLETE" if not_there else "STOPPED",
        tuple(run.message.splitlines()),
        (project.rulebook.policy.owner("quarantined_row"),),
        None if last is None else last.business_date,
        balances,
    )
