"""What the canonical tables of one file say: rows, days, sums, balances, payouts, what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from recon_engine.connectors.cards import masked
from recon_engine.parsers.parser import shown
from recon_engine.pipeline import STAGES
from recon_engine.run.project import Project
from recon_engine.store.manifest import Manifest
from recon_engine.store.workspace import Workspace

SQL = Path(__file__).parent
CANONICAL = STAGES[1]
KEPT = 1_000
"""Balances, payouts and rows in quarantine that are told of one file; all of them are counted."""


@dataclass(frozen=True)
class Rows:
    """The rows of one kind and currency that count."""

    kind: str
    printed: str
    """Kinds as the processor prints them; empty for all other files."""
    currency: str
    row_count: int
    amount_minor: int | None
    """Sum in the file's own sign: net of a settlement; none of rates."""
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Total:
    """All rows of one currency."""

    currency: str
    row_count: int
    amount_minor: int | None
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Balance:
    """A statement of a bank, or a batch of a processor."""

    account: str
    unit: str
    currency: str
    opening_minor: int | None
    movement_minor: int
    closing_minor: int | None


@dataclass(frozen=True)
class Payout:
    """A payout and the reference that the bank line carries; or that line, in a bank's file."""

    payout_ref: str | None
    amount_minor: int
    currency: str
    event_date: date


@dataclass(frozen=True)
class Quarantined:
    """A row that a run would keep, count and not use."""

    row_no: int
    rule_id: str
    field: str | None
    found: str | None
    expected: str
    amount_minor: int | None
    currency: str | None


@dataclass(frozen=True)
class Content:
    """What one file says. Lists are in order and hold `KEPT` at most; counts are of all."""

    business_date: date
    rows: tuple[Rows, ...]
    totals: tuple[Total, ...]
    balances: tuple[Balance, ...]
    balance_count: int
    payouts: tuple[Payout, ...]
    payout_count: int
    quarantined: tuple[Quarantined, ...]
    quarantined_count: int
    listed: tuple[str, ...]
    """What else a person would be told of, as lines that the file has twice."""

    @property
    def row_count(self) -> int:
        """Rows that count."""
        return sum(total.row_count for total in self.totals)


def content_of(project: Project, record: str, manifest: Manifest) -> Content:
    """Return what the canonical tables under a manifest say of a file of a record."""
    environment = project.environment
    with Workspace.open(
        project.lake,
        memory_limit=environment.memory_limit,
        threads=environment.threads,
        place="inspect",
    ) as workspace:
        for table in CANONICAL.writes:
            parts = [part.sha for part in manifest.outputs[table.name].parts]
            workspace.load(table.name, table, parts)
        rows = tuple(Rows(*row) for row in workspace.rows(SQL / f"rows_{record}.sql"))
        return Content(
            business_date=manifest.business_date,
            rows=rows,
            totals=tuple(_totals(rows)),
            balances=tuple(_balance(*row) for row in _some(workspace, "balance")),
            balance_count=_count(workspace, "balance"),
            payouts=tuple(_payout(*row) for row in _some(workspace, "payout_seen")),
            payout_count=_count(workspace, "payout_seen"),
            quarantined=tuple(Quarantined(*row) for row in _some(workspace, "quarantined")),
            quarantined_count=_count(workspace, "quarantined"),
            listed=tuple(masked(text) for (text,) in _some(workspace, "listed")),
        )


def _balance(account: str, unit: str, *rest: Any) -> Balance:
    """Return a balance as it may be shown: of a long account number the last four."""
    return Balance(shown(account).strip("'"), masked(unit), *rest)


def _payout(payout_ref: str | None, *rest: Any) -> Payout:
    return Payout(payout_ref and masked(payout_ref), *rest)


def _some(workspace: Workspace, name: str) -> list[tuple[Any, ...]]:
    """Make the table of a query and return its first rows, in the order of the query."""
    workspace.make(name, SQL / f"{name}.sql")
    return workspace.rows(f"from {name} order by all limit $kept", kept=KEPT)


def _count(workspace: Workspace, name: str) -> int:
    ((count,),) = workspace.rows(f"select count(*) from {name}")  # noqa: S608 - a name of ours
    return int(count)


def _totals(rows: tuple[Rows, ...]) -> Iterator[Total]:
    """Yield one total a currency; a currency without amounts has none."""
    by_currency = defaultdict[str, list[Rows]](list)
    for one in rows:
        by_currency[one.currency].append(one)
    for currency, found in sorted(by_currency.items()):
        amounts = [one.amount_minor for one in found if one.amount_minor is not None]
        yield Total(
            currency=currency,
            row_count=sum(one.row_count for one in found),
            amount_minor=sum(amounts) if amounts else None,
            first_date=min(one.first_date for one in found),
            last_date=max(one.last_date for one in found),
        )
