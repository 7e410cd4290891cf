"""Decisions of people: appended, never changed; a run reads them up to a number."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from recon_engine.errors import ReconError, Rejected
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.models import DECISION, VERDICT
from recon_engine.store.state.rows import DecisionRow, Verdict

LAST_VERDICT = (
    select(VERDICT)
    .where(VERDICT.c.batch_id == bindparam("batch"))
    .order_by(VERDICT.c.verdict_seq.desc())
    .limit(1)
)
SAID = ("entity", "business_date", "maker", "checker", "verdict", "reason")


class Decisions(Audit):
    """The record of decisions."""

    def decide(
        self,
        *,
        kind: str,
        entity: str,
        reconciliation: str,
        effective_date: date,
        subject_id: str,
        actor: str,
        reason: str,
        decided_at: datetime,
    ) -> int:
        """Record a decision and return its number; the same one again is not recorded twice.

        Raises: Rejected where kind, actor or reason is empty.
        """
        values = {
            "kind": kind.strip(),
            "entity": entity,
            "reconciliation": reconciliation,
            "effective_date": effective_date,
            "subject_id": subject_id,
            "actor": actor.strip(),
            "reason": reason.strip(),
            "decided_at": decided_at,
        }
        for name in ("kind", "actor", "reason"):
            if not values[name]:
                raise Rejected(
                    f"decision on {subject_id}: {name} is empty, expected a text; "
                    "nothing was decided"
                )
        same = [DECISION.c[name] == values[name] for name in values if name != "decided_at"]
        with self._writing() as con:
            known = con.execute(select(DECISION.c.decision_seq).where(*same)).scalars().first()
            if known is not None:
                return int(known)
            made = con.execute(insert(DECISION).values(values).returning(DECISION)).one()
            self._record(con, "decide", f"{reconciliation}/{subject_id}", made._asdict(), actor)
        return int(made.decision_seq)

    def decisions(
        self, upto: int, reconciliation: str, effective_date: date, after: date | None = None
    ) -> list[DecisionRow]:
        """Return a reconciliation's decisions that take effect on a date, numbered up to `upto`.

        With `after`, also those of the days between, on which nothing ran.
        """
        day = DECISION.c.effective_date
        since = day == effective_date if after is None else day > after
        wanted = (
            select(DECISION)
            .where(
                DECISION.c.decision_seq <= upto,
                DECISION.c.reconciliation == reconciliation,
                since,
                day <= effective_date,
            )
            .order_by(DECISION.c.decision_seq)
        )
        with self._reading() as con:
            return [DecisionRow(**row._asdict()) for row in con.execute(wanted)]

    def decided(self, kind: str) -> list[DecisionRow]:
        """Return every decision of a kind, in the order of their numbers."""
        wanted = select(DECISION).where(DECISION.c.kind == kind).order_by(DECISION.c.decision_seq)
        with self._reading() as con:
            return [DecisionRow(**row._asdict()) for row in con.execute(wanted)]

    def decision_head(self) -> int:
        """Return the number of the last decision, 0 where there is none."""
        with self._reading() as con:
            return con.execute(select(func.max(DECISION.c.decision_seq))).scalar() or 0

    def judge(
        self,
        *,
        batch_id: str,
        entity: str,
        business_date: date,
        maker: str,
        checker: str,
        verdict: str,
        reason: str,
        decided_at: datetime,
    ) -> int:
        """Record what a second person says of a batch or a take-on; return the verdict's number.

        What they said last is not recorded twice when they say it again. The database keeps maker
        and checker apart; here only the sentence is made.
        Raises: Rejected where the checker is the maker, or no reason is given.
        """
        values = {
            "batch_id": batch_id,
            "entity": entity,
            "business_date": business_date,
            "maker": maker.strip(),
            "checker": checker.strip(),
            "verdict": verdict,
            "reason": reason.strip(),
            "decided_at": decided_at,
        }
        try:
            with self._writing() as con:
                last = con.execute(LAST_VERDICT, {"batch": batch_id}).mappings().first()
                if last is not None and all(last[name] == values[name] for name in SAID):
                    return int(last["verdict_seq"])
                made = con.execute(insert(VERDICT).values(values).returning(VERDICT)).one()
                self._record(con, verdict, batch_id, made._asdict(), checker)
        except ReconError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise Rejected(
                    f"{batch_id[:12]}: found {checker.strip() or 'nobody'} with the reason "
                    f"'{reason.strip()}', expected another person than {maker}, who prepared it, "
                    "and a reason; nothing was decided"
                ) from error
            raise
        return int(made.verdict_seq)

    def verdict(self, batch_id: str) -> Verdict | None:
        """Return the last verdict on a batch, or None where nobody has said a word."""
        with self._reading() as con:
            row = con.execute(LAST_VERDICT, {"batch": batch_id}).first()
        return Verdict(**row._asdict()) if row else None
