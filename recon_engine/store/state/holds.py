"""Holds: posting is paused where the books may be behind the ledger, until a person lifts it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from recon_engine.errors import Rejected
from recon_engine.store.state.audit import CHUNK_ROWS
from recon_engine.store.state.letters import Letters
from recon_engine.store.state.models import AUDIT, DATASET_VERSION, HOLD, OUTBOX, RUN
from recon_engine.store.state.rows import AuditHead, Hold, LostHeads

NEWEST = select(HOLD.c.state, HOLD.c.actor, HOLD.c.reason, HOLD.c.at).order_by(
    HOLD.c.hold_seq.desc()
)
LOST = "lost"
"""Where the audit row of a lift tells which heads the database lost."""
NONE_LOST = LostHeads((), ())


class Holds(Letters):
    """A hold is a row like any other record: it outlives the process, and is never taken out."""

    def hold(self) -> Hold | None:
        """Return the hold that is on, or None where journals may leave."""
        with self._reading() as con:
            return _hold(con)

    def pause(self, *, actor: str, reason: str, run_id: str) -> bool:
        """Let no journal leave from now on; return False where that was so already.

        What was on its way is ambiguous from the same moment: it may have arrived, in a time that
        this database does not remember.
        """
        with self._writing() as con:
            if _hold(con) is not None:
                return False
            on_its_way = OUTBOX.c.state.in_(("waiting", "sending"))
            keys = list(con.execute(select(OUTBOX.c.key).where(on_its_way)).scalars())
            told = self._put_hold(con, "paused", actor, reason, ())
            con.execute(
                update(OUTBOX).where(on_its_way).values(state="ambiguous", message=reason[:400])
            )
            told["steps"] = self._log_step(con, OUTBOX.c.key.in_(keys), run_id, actor)
            self._record(con, "pause", run_id, told, actor)
        return True

    def lift(
        self,
        *,
        actor: str,
        reason: str,
        run_id: str,
        runs: Collection[str] = (),
        lost: LostHeads = NONE_LOST,
    ) -> bool:
        """Let journals leave again; return False where nothing was paused.

        `runs` and `lost` are what this database lost: it is known from now on to be lost.
        Raises: Rejected while a journal is ambiguous, and where no reason is given.
        """
        unsure = (
            select(func.count())
            .select_from(OUTBOX)
            .where(OUTBOX.c.state == "ambiguous", OUTBOX.c.kind == "journal")
        )
        with self._writing() as con:
            if _hold(con) is None:
                return False
            if number := con.execute(unsure).scalar_one():
                raise Rejected(
                    f"posting: found {number} journals of which nobody knows whether they arrived, "
                    "expected every one to be read back; posting stays paused"
                )
            if not reason.strip():
                raise Rejected("posting: found no reason, expected one; posting stays paused")
            told = self._put_hold(con, "lifted", actor, reason.strip(), runs)
            heads = [[head.count, head.hash] for head in lost.heads]
            told[LOST] = {"heads": heads, "lines": list(lost.lines)}
            self._record(con, "lift", run_id, told, actor)
        return True

    def lost(self, runs: Collection[str]) -> list[str]:
        """Return those of some runs that are not on record, and not known to be lost, in order."""
        with self._reading() as con:
            known = set(con.execute(select(RUN.c.run_id).where(RUN.c.run_id.in_(runs))).scalars())
            for told in con.execute(select(HOLD.c.runs)).scalars():
                known |= set(json.loads(told))
        return sorted(set(runs) - known)

    def lost_heads(self, heads: Collection[AuditHead]) -> list[AuditHead]:
        """Return those heads that the chain does not pass, and not known to be lost, in order."""
        left = set(heads)
        rows = select(AUDIT.c.seq, AUDIT.c.hash).execution_options(yield_per=CHUNK_ROWS)
        with self._reading() as con:
            for row in con.execute(rows) if left else ():
                left.discard(AuditHead(row.seq, row.hash))
            for told in con.execute(
                select(AUDIT.c.payload).where(AUDIT.c.event == "lift")
            ).scalars():
                known = json.loads(told)[LOST]["heads"] if told else ()
                left -= {AuditHead(count, sha) for count, sha in known}
        return sorted(left, key=lambda head: (head.count, head.hash))

    def manifests_of(self, *stages: str) -> set[str]:
        """Return the manifests of all versions of some stages, old ones too."""
        version = DATASET_VERSION.c
        with self._reading() as con:
            wanted = select(version.manifest_sha).where(version.stage.in_(stages))
            return set(con.execute(wanted).scalars())

    def _put_hold(
        self, con: Connection, state: str, actor: str, reason: str, runs: Collection[str]
    ) -> dict[str, Any]:
        """Insert a row and return it: the audit row of it tells it whole."""
        told = {"state": state, "actor": actor, "reason": reason, "runs": json.dumps(sorted(runs))}
        made = con.execute(insert(HOLD).values(**told, at=self._now()).returning(HOLD))
        return made.one()._asdict()


def _hold(con: Connection) -> Hold | None:
    row = con.execute(NEWEST.limit(1)).first()
    if row is None or row.state == "lifted":
        return None
    return Hold(row.actor, row.reason, row.at)
