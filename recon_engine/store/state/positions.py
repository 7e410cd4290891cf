"""Positions: how far the record had come at a moment, and what stood on it up to there.

The audit chain has one row for every write, in the order of the writes. A moment is turned into a
place in that chain once; from there on numbers decide and no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, func, insert, select

from recon_engine.errors import ReconError
from recon_engine.store.state.audit import CHUNK_ROWS, Audit
from recon_engine.store.state.models import (
    AUDIT,
    CLOSING,
    DATASET_VERSION,
    DECISION,
    DELIVERY,
    METADATA,
    PERIOD_STEP,
    RECEIPT,
    VERDICT,
)
from recon_engine.store.state.periods import EVENT as PERIOD
from recon_engine.store.state.rows import DatasetVersion, Position, Publication
from recon_engine.store.state.versions import COLUMNS

JUDGED, STEPS = ("approve", "reject"), ("complete", "seal", "reopen")
"""Events that write one row each of verdicts, and of closings."""
COUNTED = {"deliver": DELIVERY.c.delivery_seq, "decide": DECISION.c.decision_seq}
"""Events that write one row of a table each: the third of them wrote the third row."""
Rows = list[Mapping[str, Any]]
VERSION = DATASET_VERSION.c


class Positions(Audit):
    """Looking back: places in the record, and the rows up to a place."""

    def position_at(self, moment: datetime) -> Position:
        """Return how far the record had come at a moment; what was written at it was there."""
        last = select(func.max(AUDIT.c.seq)).where(AUDIT.c.at <= moment)
        with self._reading() as con:
            seq = con.execute(last).scalar() or 0
            places = deque((place for *_, place in self._walk(con, seq)), maxlen=1)
        return replace(places.pop() if places else Position(), audit_seq=seq)

    def publications(self, run_id: str | None = None) -> list[Publication]:
        """Return what was published together, in order; of one run, or of all."""
        leased: dict[str, Position] = {}
        before, found = Position(), []
        with self._reading() as con:
            for event, subject, after in self._walk(con):
                if event == "lease":
                    leased[subject] = after
                elif event == "publish":
                    holder = subject.rpartition("/")[0]
                    here = replace(before, audit_seq=after.audit_seq - 1)
                    if run_id in (None, holder):
                        versions = _published(con, holder, here, after)
                        found.append(Publication(holder, leased.get(holder, here), here, versions))
                before = after
        return [one for one in found if one.versions]

    def standing(self, business_date: date, position: Position) -> list[DatasetVersion]:
        """Return the version of every scope of a date that stood at a place, by stage and scope."""
        there = VERSION.created_seq <= position.created_seq, VERSION.business_date == business_date
        scope = VERSION.stage, VERSION.scope
        newest = select(func.max(VERSION.created_seq)).where(*there).group_by(*scope)
        return self._versions(
            select(*COLUMNS).where(VERSION.created_seq.in_(newest)).order_by(*scope)
        )

    def newest(self, position: Position) -> list[DatasetVersion]:
        """Return the last version of every stage that stood at a place, whatever its date."""
        there = VERSION.created_seq <= position.created_seq
        newest = select(func.max(VERSION.created_seq)).where(there).group_by(VERSION.stage)
        return self._versions(
            select(*COLUMNS).where(VERSION.created_seq.in_(newest)).order_by(VERSION.created_seq)
        )

    def known_rows(
        self, since: Position, upto: Position, *, versions: bool, before: date | None = None
    ) -> Iterator[tuple[str, Rows]]:
        """Yield what stages can see of the record between two places, as rows by table.

        Without `versions`, what was published is left out; with `before`, versions and closings are
        those of earlier dates.
        """
        wanted = {
            DELIVERY: _between(DELIVERY.c.delivery_seq, since.delivery_seq, upto.delivery_seq),
            DECISION: _between(DECISION.c.decision_seq, since.decision_seq, upto.decision_seq),
            RECEIPT: _answered(since, upto),
        }
        if versions:
            made = _between(VERSION.created_seq, since.created_seq, upto.created_seq)
            wanted[DATASET_VERSION] = made.where(VERSION.business_date < (before or date.max))
        with self._reading() as con:
            wanted[VERDICT] = _told(con, VERDICT.c.verdict_seq, JUDGED, since, upto)
            closed = _told(con, CLOSING.c.closing_seq, STEPS, since, upto).subquery()
            wanted[CLOSING] = select(closed).where(closed.c.business_date < (before or date.max))
            wanted[PERIOD_STEP] = _told(con, PERIOD_STEP.c.period_step_seq, (PERIOD,), since, upto)
            for table, query in wanted.items():
                found = con.execute(query.execution_options(yield_per=CHUNK_ROWS))
                for rows in found.mappings().partitions():
                    yield table.name, [dict(row) for row in rows]

    def take(self, known: Iterable[tuple[str, Rows]]) -> None:
        """Put rows of another record into this one, under the numbers they have there."""
        for name, rows in known:
            if rows:
                with self._writing() as con:
                    con.execute(insert(METADATA.tables[name]), rows)
                    self._record(con, "take", name, len(rows))

    def _walk(
        self, con: Connection, upto: int | None = None
    ) -> Iterator[tuple[str, str, Position]]:
        """Yield every event that moves a position, its subject, and the position after it."""
        wanted = select(AUDIT.c.seq, AUDIT.c.event, AUDIT.c.subject).order_by(AUDIT.c.seq)
        wanted = wanted.where(AUDIT.c.event.in_((*COUNTED, "lease", "publish")))
        if upto is not None:
            wanted = wanted.where(AUDIT.c.seq <= upto)
        events = con.execute(wanted)  # first: each has its row by now
        numbers = {
            event: list(con.execute(select(column).order_by(column)).scalars())
            for event, column in COUNTED.items()
        }
        count = dict.fromkeys(COUNTED, 0)
        place = Position()
        for seq, event, subject in events:
            moved: dict[str, int] = {"audit_seq": seq}
            if event == "publish":
                moved["created_seq"] = _created(seq, subject)
            elif event in COUNTED:
                moved[COUNTED[event].name] = numbers[event][count[event]]
                count[event] += 1
            place = replace(place, **moved)
            yield event, subject, place

    def _versions(self, query: Select[Any]) -> list[DatasetVersion]:
        with self._reading() as con:
            return [DatasetVersion(**row._asdict()) for row in con.execute(query)]


def _created(seq: int, subject: str) -> int:
    number = subject.rpartition("/")[2]
    if not number.isdecimal():
        raise ReconError(
            f"audit row {seq}: found a publication without the number of its last "
            "version, expected one; it was written by an older recon, nothing was run"
        )
    return int(number)


def _published(
    con: Connection, run_id: str, before: Position, after: Position
) -> tuple[DatasetVersion, ...]:
    of_run = VERSION.run_id == run_id
    query = select(*COLUMNS).where(
        of_run, VERSION.created_seq > before.created_seq, VERSION.created_seq <= after.created_seq
    )
    return tuple(
        DatasetVersion(**row._asdict()) for row in con.execute(query.order_by(VERSION.created_seq))
    )


def _between(number: Column[int], since: int, upto: int) -> Select[Any]:
    """Return the query for rows whose number lies between two places."""
    return select(number.table).where(number > since, number <= upto).order_by(number)


def _told(
    con: Connection, number: Column[int], events: tuple[str, ...], since: Position, upto: Position
) -> Select[Any]:
    """Return the query for rows that events between two places wrote; the third wrote the third.

    A verdict on a take-on says which opening items are in force.
    """
    said = select(func.count()).where(AUDIT.c.event.in_(events))
    first, last = (
        con.execute(said.where(AUDIT.c.seq <= place.audit_seq)).scalar_one()
        for place in (since, upto)
    )
    return select(number.table).order_by(number).offset(first).limit(last - first)


def _answered(since: Position, upto: Position) -> Select[Any]:
    """Return the query for receipts that were recorded between two places."""
    recorded = select(AUDIT.c.subject).where(
        AUDIT.c.event.in_(("posted", "rejected")),
        AUDIT.c.seq > since.audit_seq,
        AUDIT.c.seq <= upto.audit_seq,
    )
    return select(RECEIPT).where(RECEIPT.c.posting_key.in_(recorded)).order_by("posting_key")
