"""Behind: signs that the database is older than what stands outside it, as after a restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from recon_engine.errors import GateBlocked, Rejected
from recon_engine.run import Project
from recon_engine.store.state import AuditHead

SHOWN = 5
"""Lost runs that a sentence names."""


def lost_runs(project: Project) -> Mapping[str, date]:
    """Return the runs that left results in the lake and that the database never heard of.

    A run is on record before it stages anything, so the database forgot them: it was restored from
    a time before them. Those that a person knows to be lost are left out.
    """
    known = project.state.referenced()
    found: dict[str, date] = {}
    for path in project.lake.manifests.glob("*.json"):
        if path.stem not in known:
            manifest = project.lake.manifest(path.stem)
            found[manifest.run_id] = manifest.business_date
    return {run_id: found[run_id] for run_id in project.state.lost(found)}


def signs(project: Project, lost: Mapping[str, date], heads: Sequence[AuditHead]) -> list[str]:
    """Return every sign that the database is behind, in a sentence each.

    `heads` are ends of the audit log that were kept outside the database.
    """
    told = []
    if lost:
        names = ", ".join(sorted(lost)[:SHOWN]) + (", ..." if len(lost) > SHOWN else "")
        days = ", ".join(str(day) for day in sorted(set(lost.values())))
        told.append(
            f"lake: found results of {len(lost)} runs that the database does not know ({names}; "
            f"dates {days}), expected every run on record"
        )
    for head in heads:
        try:
            project.state.verify_audit(head)
        except GateBlocked as error:
            told.append(str(error))
    return told


def refuse_while_behind(project: Project, actor: str, run_id: str) -> None:
    """Let nobody post while posting is paused, and pause it where the database is behind.

    Raises: Rejected with what to do.
    """
    state = project.state
    if state.hold() is None and (lost := lost_runs(project)):
        (sign,) = signs(project, lost, ())
        state.pause(actor=actor, reason=sign, run_id=run_id)
    if (hold := state.hold()) is not None:
        raise Rejected(
            f"posting: paused by {hold.actor} since {hold.at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{hold.reason}; nothing was sent, recon restore-check reads the ledger back"
        )
