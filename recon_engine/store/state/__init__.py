"""The SQL state: what arrived, ran, is held, published, decided and on record."""

from __future__ import annotations

from recon_engine.store.state.closings import Closings
from recon_engine.store.state.commit import Commits
from recon_engine.store.state.database import Clock, open_database, utc_now
from recon_engine.store.state.decisions import Decisions
from recon_engine.store.state.erasures import Erasures
from recon_engine.store.state.holds import Holds
from recon_engine.store.state.intake import Intake
from recon_engine.store.state.leases import Lease, Leases
from recon_engine.store.state.outside import Outside
from recon_engine.store.state.positions import Positions
from recon_engine.store.state.rows import (
    AuditHead,
    AuditRow,
    Closing,
    DatasetVersion,
    DecisionRow,
    Delivery,
    Hold,
    Letter,
    LostHeads,
    OutboxRow,
    PeriodKey,
    PeriodStep,
    Position,
    Publication,
    Receipt,
    Retirement,
    RunRow,
    Staged,
    Step,
    Verdict,
)
from recon_engine.store.state.runs import Runs
from recon_engine.store.state.versions import Versions

__all__ = [
    "AuditHead",
    "AuditRow",
    "Closing",
    "DatasetVersion",
    "DecisionRow",
    "Delivery",
    "Hold",
    "Lease",
    "Letter",
    "LostHeads",
    "OutboxRow",
    "PeriodKey",
    "PeriodStep",
    "Position",
    "Publication",
    "Receipt",
    "Retirement",
    "RunRow",
    "Staged",
    "State",
    "Step",
    "Verdict",
    "Versions",
    "open_state",
]


class State(
    Intake, Runs, Closings, Leases, Commits, Decisions, Holds, Positions, Outside, Erasures
):
    """All of it on one database: a method is a transaction, a write leaves an audit row."""

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_state(url: str, *, actor: str = "recon service", now: Clock = utc_now) -> State:
    """Return the state of a database address, migrated to this version of the code.

    `actor` is who writes where a method does not say; `now` dates records and lets leases expire.
    Raises: ReconError for no address, or a database of a newer recon; Unavailable where it is not
            there.
    """
    return State(open_database(url), actor, now)
