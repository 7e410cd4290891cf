"""Behind: signs that the database is older than what stands outside it, as after a restore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from recon_engine.errors import GateBlocked, Rejected
from recon_engine.run import Project
from recon_engine.run.project import checkpoints_of
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import AuditHead, LostHeads

SHOWN = 5
"""Lost runs that a sentence names."""


def lost_runs(project: Project) -> Mapping[str, date]:
    """Return the runs that left results in the lake and that the database never heard of.

    A run is on record before it stages anything, so the database forgot them: it was restored from
    a time before them. Those that a person knows to be lost are left out.
    """
    found = {manifest.run_id: manifest.business_date for manifest in _strays(project)}
    return {run_id: found[run_id] for run_id in project.state.lost(found)}


def lost_heads(project: Project, told: Sequence[AuditHead] = ()) -> LostHeads:
    """Return the ends of the audit log outside the database that its chain does not pass.

    They stand in checkpoints and in the manifests of lost runs; `told` are those of mails. Those
    that a person knows to be lost are left out.
    """
    lines = checkpoints_of(project.environment).heads()
    manifests = {AuditHead(one.audit_count, one.audit_hash) for one in _strays(project)}
    outside = {*lines.values(), *manifests, *told} - {AuditHead(0, "")}
    heads = project.state.lost_heads(outside)
    return LostHeads(tuple(heads), tuple(sha for sha, head in lines.items() if head in set(heads)))


def _strays(project: Project) -> Iterator[Manifest]:
    known = project.state.referenced()
    for path in sorted(project.lake.manifests.glob("*.json")):
        if path.stem not in known:
            yield project.lake.manifest(path.stem)


def signs(project: Project, lost: Mapping[str, date], heads: Sequence[AuditHead]) -> list[str]:
    """Return every sign that the database is behind, in a sentence each.

    `heads` are ends of the audit log outside the database; the last, the longest, is told.
    """
    told = []
    if lost:
        names = ", ".join(sorted(lost)[:SHOWN]) + (", ..." if len(lost) > SHOWN else "")
        days = ", ".join(str(day) for day in sorted(set(lost.values())))
        told.append(
            f"lake: found results of {len(lost)} runs that the database does not know ({names}; "
            f"dates {days}), expected every run on record"
        )
    if heads:
        try:
            project.state.verify_audit(heads[-1])
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
