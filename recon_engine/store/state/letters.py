"""Letters: what is in the outbox with its whole history, and how a dead one is put back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from recon_engine.errors import Rejected
from recon_engine.store.state.models import OUTBOX, OUTBOX_STEP
from recon_engine.store.state.outbox import ON_THE_WAY, Outbox
from recon_engine.store.state.rows import Letter, Step

UNSETTLED = (*ON_THE_WAY, "dead")
"""States of what has not arrived, or of which nobody knows."""
LAST = (
    select(OUTBOX_STEP.c.at)
    .where(OUTBOX_STEP.c.key == OUTBOX.c.key)
    .order_by(OUTBOX_STEP.c.step_seq.desc())
    .limit(1)
    .scalar_subquery()
)
TOLD = [OUTBOX.c[name] for name in Letter.__dataclass_fields__ if name != "since"]


class Letters(Outbox):
    """A letter that fails too often is dead: it waits for a person, and is never lost."""

    def letters(self, *states: str, kind: str | None = None) -> list[Letter]:
        """Return letters in some states (all unsettled ones by default), in the order they came.

        `kind` keeps the journals or the mails.
        """
        wanted = select(*TOLD, LAST.label("since"))
        wanted = wanted.where(OUTBOX.c.state.in_(states or UNSETTLED))
        if kind is not None:
            wanted = wanted.where(OUTBOX.c.kind == kind)
        with self._reading() as con:
            found = con.execute(wanted.order_by(OUTBOX.c.outbox_seq))
            return [Letter(**row._asdict()) for row in found]

    def letters_named(self, start: str) -> list[Letter]:
        """Return the letters whose key starts so, whatever became of them."""
        wanted = select(*TOLD, LAST.label("since"))
        wanted = wanted.where(OUTBOX.c.key.startswith(start, autoescape=True))
        with self._reading() as con:
            found = con.execute(wanted.order_by(OUTBOX.c.outbox_seq))
            return [Letter(**row._asdict()) for row in found]

    def steps(self, key: str) -> list[Step]:
        """Return the history of a letter, the oldest step first; a redelivery forgets nothing."""
        columns = [OUTBOX_STEP.c[name] for name in Step.__dataclass_fields__]
        wanted = select(*columns).where(OUTBOX_STEP.c.key == key).order_by(OUTBOX_STEP.c.step_seq)
        with self._reading() as con:
            return [Step(**row._asdict()) for row in con.execute(wanted)]

    def redeliver(self, keys: Sequence[str], *, actor: str, reason: str, run_id: str) -> list[str]:
        """Let dead letters wait again with their tries counted anew; return the keys of those.

        A letter that is not dead is left as it is, so doing it twice is doing it once.
        Raises: Rejected where no reason is given.
        """
        if not reason.strip():
            raise Rejected(
                f"redelivery of {len(keys)} letters: found no reason, expected one; "
                "nothing was changed"
            )
        dead = OUTBOX.c.key.in_(keys) & (OUTBOX.c.state == "dead")
        with self._writing() as con:
            known = sorted(con.execute(select(OUTBOX.c.key).where(dead)).scalars())
            if known:
                moved = OUTBOX.c.key.in_(known)
                became = {"state": "waiting", "tries": 0, "message": reason.strip()}
                con.execute(update(OUTBOX).where(moved).values(became))
                steps = self._log_step(con, moved, run_id, actor)
                self._record(con, "redeliver", run_id, {"steps": steps}, actor)
        return known
