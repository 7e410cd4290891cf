"""The checklist of a period: what must hold before it is closed, and what a person must know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from recon_engine.deliver.batches import KIND as JOURNAL
from recon_engine.deliver.batches import Batch, batches, journal_of
from recon_engine.period_close.nights import Nights, Row, nights_of
from recon_engine.period_close.roll import Roll, roll_forward
from recon_engine.periods import DAY, Period
from recon_engine.rulebook.accounts import REVALUED
from recon_engine.run import Project, read_table
from recon_engine.run.closing import is_processing
from recon_engine.store.state.closings import COMPLETE, SEAL

Verdict = Literal["holds", "listed", "refuses"]
WAITS = ("suspense", "cash_in_transit")
"""Roles whose balance at the end of a period a person must know."""


@dataclass(frozen=True)
class Finding:
    """One line of the checklist: it holds, refuses the closing, or is listed for a person."""

    check: str
    verdict: Verdict
    rows: tuple[Row, ...] = ()
    """What refuses, or is listed; amounts in minor units."""


@dataclass(frozen=True)
class Checklist:
    """Every line, and the roll-forward of every account."""

    findings: tuple[Finding, ...]
    rolls: tuple[Roll, ...]

    @property
    def refusing(self) -> tuple[Finding, ...]:
        """Return the lines that stand in the way of closing."""
        return tuple(one for one in self.findings if one.verdict == "refuses")


def checklist(project: Project, entity: str, period: Period) -> Checklist:
    """Return the checklist of a period of an entity, as the record stands now."""
    nights = nights_of(project, entity, period)
    rolls = roll_forward(nights)
    refusing: dict[str, Callable[[Nights], Iterator[Row]]] = {
        "nights": _unsealed,
        "certificates": _not_conserved,
        "proofs": _broken,
        "stale dates": _stale,
        "batches": _unposted,
        "dead letters": _dead,
        "revaluation": _not_revalued,
    }
    found = [_refusing(check, tuple(rows(nights))) for check, rows in refusing.items()]
    not_footing = tuple({"role": r.role, "account": r.account} for r in rolls if not r.foots)
    return Checklist(
        (
            *found,
            _refusing("roll-forward", not_footing),
            Finding("unproved", "listed", tuple(_unproved(nights))),
            Finding("exceptions", "listed", tuple(_exceptions(nights))),
            Finding("suspense and transit", "listed", tuple(_waiting(rolls))),
        ),
        rolls,
    )


def _refusing(check: str, rows: tuple[Row, ...]) -> Finding:
    return Finding(check, "refuses" if rows else "holds", rows)


def _unsealed(nights: Nights) -> Iterator[Row]:
    """Yield each processing date, and each other that ran, whose night is not green and sealed.

    A night is green for an entity once every source and reconciliation of it passed its gates.
    """
    period, state = nights.period, nights.project.state
    steps = {one.business_date: one.step for one in state.closings(nights.entity)}
    sealed = state.sealed_to(nights.entity, date.max)
    if not nights.reports and (sealed is None or sealed <= period.last_day):
        yield {"date": period.last_day, "problem": "no night ran in this period or after it"}
    first = max(period.first_day, nights.begin or period.first_day)
    for n in range((period.last_day - first).days + 1):
        day = first + n * DAY
        if day not in nights.reports:
            if is_processing(nights.project, day, nights.entity):
                yield {"date": day, "problem": "not run to the end"}
        elif steps.get(day) != SEAL:
            complete = steps.get(day) == COMPLETE
            yield {"date": day, "problem": "green, not sealed" if complete else "not green"}


def _not_conserved(nights: Nights) -> Iterator[Row]:
    for day in nights.reports:
        for row in not_conserved(nights.rows("conservation_certificate", day)):
            yield {"date": day, **row}


def not_conserved(certificate: Sequence[Row]) -> Iterator[Row]:
    """Yield what of a certificate's input is in no class, re-added by rows and amount."""
    rests: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in certificate:
        sign = 1 if row["class"] == "input" else -1
        rest = rests[row["source"], row["dataset"], row["origin"], row["currency"]]
        rest[0] += sign * row["row_count"]
        rest[1] += sign * row["amount_minor"]
    for (source, dataset, origin, currency), (count, minor) in sorted(rests.items()):
        if count or minor:
            place = {"source": source, "dataset": dataset, "origin": origin}
            yield place | {"rows": count, "currency": currency, "amount_minor": minor}


def _broken(nights: Nights) -> Iterator[Row]:
    """Yield what does not foot at the end of the period; a proof may have been broken before."""
    return proofs_that_are("broken", nights.rows("proof", nights.last))


def _unproved(nights: Nights) -> Iterator[Row]:
    """Yield what could not be proved on the last night, for want of the other side."""
    return proofs_that_are("unproved", nights.rows("proof", nights.last))


def proofs_that_are(verdict: str, components: Sequence[Row]) -> Iterator[Row]:
    """Yield each proof with a verdict, and what it leaves unexplained."""
    for row in components:
        if (row["component"], row["verdict"]) == ("unexplained", verdict):
            yield {name: row[name] for name in ("proof", "account", "currency", "amount_minor")}


def _stale(nights: Nights) -> Iterator[Row]:
    """Yield each date up to the end of the period that may change still, without its own night.

    Files came for it that no night has read, or it lies before the period and is not sealed.
    """
    state, period = nights.project.state, nights.period
    for day, entity, files in state.pending_dates(period.last_day + DAY):
        if entity == nights.entity:
            yield {"date": day, "files": files, "problem": "of its files read by no closed night"}
    steps = {one.business_date: one.step for one in state.closings(nights.entity)}
    for day, step in sorted(steps.items()):
        if day < period.first_day and step != SEAL:
            yield {"date": day, "problem": "before the period and not sealed"}


def _unposted(nights: Nights) -> Iterator[Row]:
    """Yield each batch that touches the period and is not in the ledger whole."""
    project, entity = nights.project, nights.entity
    posted = {r.posting_key for r in project.state.receipts(entity) if r.state == "posted"}
    said = {"approved": "approved, not posted"}
    for batch in batches(project):
        waiting = [row for row in batch.rows if row["posting_key"] not in posted]
        if batch.entity == entity and waiting and _touches(nights, batch, waiting):
            yield {
                "date": batch.business_date,
                "batch": batch.batch_id[:12],
                "journals": len(waiting),
                "problem": f"journals {said.get(batch.state, batch.state)}",
            }


def _touches(nights: Nights, batch: Batch, waiting: Sequence[Any]) -> bool:
    """Tell whether a batch is of the period, or one of its journals falls into it."""
    if nights.period.holds(batch.business_date):
        return True
    ids = {row["journal_id"] for row in waiting}
    lines = read_table(nights.project, "journal_line", batch.business_date, batch.entity)
    return any(
        row["journal_id"] in ids and nights.period.holds(row["posting_date"])
        for row in lines.select(["journal_id", "posting_date"]).to_pylist()
    )


def _dead(nights: Nights) -> Iterator[Row]:
    """Yield each dead letter: journals of the entity, and mails."""
    for letter in nights.project.state.letters("dead"):
        if letter.kind != JOURNAL or journal_of(letter.payload).entity == nights.entity:
            yield {"letter": letter.key[:12], "kind": letter.kind, "problem": letter.message}


def _not_revalued(nights: Nights) -> Iterator[Row]:
    """Yield what is held in foreign currency where we revalue and no night of the last day did."""
    chart, last_day = nights.project.rulebook.accounts[nights.entity], nights.period.last_day
    if chart.revaluation == "reconciliation" and last_day not in nights.reports:
        for row in held_abroad(nights.rows("account_roll", nights.last)):
            yield row | {"problem": f"no night of {last_day} carried it anew"}


def held_abroad(account_roll: Sequence[Row]) -> Iterator[Row]:
    """Yield the accounts in foreign currency that are not empty and are carried anew."""
    for row in account_roll:
        foreign = row["currency"] != row["functional_currency"] and row["role"] in REVALUED
        held = row["closing_minor"] + row["taken_on_minor"]
        if foreign and held:
            kept = {name: row[name] for name in ("role", "account", "currency")}
            yield {**kept, "amount_minor": held}


def _exceptions(nights: Nights) -> Iterator[Row]:
    """Yield the exceptions that stand at the end of the period, by reason."""
    for row in nights.rows("exception_report", nights.last):
        yield {
            "reason": row["reason"],
            "count": row["exception_count"],
            "currency": row["currency"],
            "amount_minor": row["amount_minor"],
        }


def _waiting(rolls: Sequence[Roll]) -> Iterator[Row]:
    for roll in rolls:
        if roll.role in WAITS and roll.closing_minor:
            kept = {"role": roll.role, "account": roll.account, "currency": roll.currency}
            yield {**kept, "amount_minor": roll.closing_minor}
