"""Sweeping: files of the lake that no record names go, as long as the record is whole."""

from __future__ import annotations

from recon_engine.deliver.behind import lost_heads, lost_runs, signs
from recon_engine.errors import Rejected
from recon_engine.run import Project


def sweep(project: Project, older_than_days: int, *, dry_run: bool = False) -> list[str]:
    """Remove what crashed and refused runs left in the lake; return its names, sorted.

    A database that was restored does not know what it lost, and the lake is then all that does.
    Raises: Rejected while posting is paused or the database is behind; nothing is removed.
    """
    refuse_behind(project, "sweep")
    known = project.state.referenced()
    return project.lake.sweep(known, older_than_days, dry_run=dry_run)


def refuse_behind(project: Project, place: str) -> None:
    """Refuse to remove anything while what may still need it is not on record.

    Raises: Rejected; `place` starts its message.
    """
    hold = project.state.hold()
    found = signs(project, lost_runs(project), lost_heads(project).heads)
    if hold is not None or found:
        why = f"posting is paused: {hold.reason}" if hold else "; ".join(found)
        raise Rejected(
            f"{place}: {why}; nothing was removed, recon restore-check reads back what the lake "
            "still tells"
        )
