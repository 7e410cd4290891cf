"""What a person decides of an item: put on record, to take effect on a date that is not sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from recon_engine.errors import Rejected
from recon_engine.periods import DAY
from recon_engine.rulebook.matching import Reconciliation
from recon_engine.run.project import Project


@dataclass(frozen=True)
class Decided:
    """A decision as it stands on record, or as it would."""

    kind: str
    entity: str
    reconciliation: str
    subject: str
    effective_date: date
    actor: str
    reason: str
    decision_seq: int | None
    outcome: str
    """`decided`, `on record already` or `would be decided`."""


def decide(
    project: Project,
    reconciliation: Reconciliation,
    kind: str,
    subject: str,
    *,
    day: date | None,
    actor: str,
    reason: str,
    now: datetime,
    dry_run: bool,
) -> Decided:
    """Record a decision of a kind on the subject, an item or for `apply` an item and a document.

    Without a day it takes effect on the one after the last that ended green; the same words of the
    same person are then one decision, whenever they are said.
    Raises: Rejected where the day is sealed, or the chart has no room for what is decided.
    """
    _check(project, reconciliation, kind)
    entity = reconciliation.entity
    said = (reconciliation.name, subject, actor, reason)
    for known in project.state.decided(kind):
        same = (known.reconciliation, known.subject_id, known.actor, known.reason) == said
        if same and day in (None, known.effective_date):
            return Decided(
                kind, entity, *said[:2], known.effective_date, actor, reason,
                known.decision_seq, "on record already",
            )  # fmt: skip
    day = _open_day(project, entity, day, now)
    number = None
    if not dry_run:
        number = project.state.decide(
            kind=kind,
            entity=entity,
            reconciliation=reconciliation.name,
            effective_date=day,
            subject_id=subject,
            actor=actor,
            reason=reason,
            decided_at=now,
        )
    outcome = "would be decided" if dry_run else "decided"
    return Decided(kind, entity, *said[:2], day, actor, reason, number, outcome)


def _open_day(project: Project, entity: str, day: date | None, now: datetime) -> date:
    """Return the day on which a decision takes effect; one that is sealed is refused."""
    sealed = project.state.sealed_to(entity, date.max)
    if day is None:
        closed = project.state.closed_to(entity, date.max)
        return now.date() if closed is None else closed + DAY
    if sealed is not None and day <= sealed:
        raise Rejected(
            f"--date: found {day}, {entity} is sealed to {sealed}; expected {sealed + DAY} or "
            "later, the first date on which it would count; nothing was decided"
        )
    return day


def _check(project: Project, rec: Reconciliation, kind: str) -> None:
    """Refuse what the reconciliation or the chart has no place for."""
    chart = project.rulebook.accounts[rec.entity]
    lacking = ""
    if kind in ("dispute_lost", "tax_invoice") and rec.kind != "processor":
        lacking = f"{rec.name} is of kind {rec.kind}, expected one of kind processor"
    elif kind == "unmatch" and not ("suspense" in chart.roles and "line" in chart.templates):
        lacking = f"accounts/{rec.entity} has no role suspense or no template line, expected both"
    elif kind == "dispute_lost" and "loss" not in chart.templates:
        lacking = f"accounts/{rec.entity} has no template loss, expected one"
    elif kind == "tax_invoice" and "tax_invoice" not in chart.templates:
        lacking = f"accounts/{rec.entity} has no template tax_invoice, expected one"
    if lacking:
        raise Rejected(f"{kind}: {lacking}; nothing was decided")
