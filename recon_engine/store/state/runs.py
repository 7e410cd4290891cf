"""Runs: who asked for what and how it ended."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, insert, select, update

from recon_engine.errors import ReconError
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.models import RUN
from recon_engine.store.state.rows import RunRow

COLUMNS = [column for column in RUN.columns if column.name != "run_seq"]


class Runs(Audit):
    """The record of runs."""

    def begin_run(
        self,
        run_id: str,
        business_date: date,
        verb: str,
        rulebook_hash: str,
        code_version: str,
        actor: str,
        started_at: datetime,
    ) -> None:
        """Record that a run has begun; a run id is used once."""
        values: dict[str, object] = {
            "run_id": run_id,
            "business_date": business_date,
            "verb": verb,
            "rulebook_hash": rulebook_hash,
            "code_version": code_version,
            "actor": actor,
            "status": "running",
            "message": "",
            "started_at": started_at,
        }
        with self._writing() as con:
            if con.execute(select(RUN.c.run_id).where(RUN.c.run_id == run_id)).first():
                raise ReconError(
                    f"run {run_id}: the id was used before, expected a new one; nothing was run"
                )
            count = con.execute(select(func.count()).select_from(RUN)).scalar_one()
            values["run_seq"] = count + 1
            con.execute(insert(RUN).values(values))
            self._record(con, "begin_run", run_id, values, actor)

    def resume_run(self, run_id: str) -> str | None:
        """Return the status of a run, or None where it never began; one that stopped goes on."""
        known = select(RUN.c.status).where(RUN.c.run_id == run_id)
        with self._writing() as con:
            status: str | None = con.execute(known).scalar()
            if status != "stopped":
                return status
            values = {"status": "running", "exit_code": None, "finished_at": None, "message": ""}
            con.execute(update(RUN).where(RUN.c.run_id == run_id).values(values))
            self._record(con, "resume_run", run_id, values)
        return "running"

    def finish_run(
        self, run_id: str, status: str, exit_code: int, finished_at: datetime, message: str = ""
    ) -> None:
        """Record how a run ended; an end is recorded once, a second one is refused."""
        values = {
            "status": status,
            "exit_code": int(exit_code),
            "message": message,
            "finished_at": finished_at,
        }
        open_run = update(RUN).where(RUN.c.run_id == run_id, RUN.c.status == "running")
        with self._writing() as con:
            if con.execute(open_run.values(values)).rowcount != 1:
                raise ReconError(
                    f"run {run_id}: found no running run, expected one; its end was not recorded"
                )
            self._record(con, "finish_run", run_id, values)

    def runs(self, limit: int = 20) -> list[RunRow]:
        """Return the last runs, newest first."""
        newest = select(*COLUMNS).order_by(RUN.c.run_seq.desc()).limit(limit)
        with self._reading() as con:
            return [RunRow(**row._asdict()) for row in con.execute(newest)]

    def runs_named(self, start: str) -> list[RunRow]:
        """Return the runs whose id starts so, in their order."""
        named = select(*COLUMNS).where(RUN.c.run_id.startswith(start, autoescape=True))
        with self._reading() as con:
            return [RunRow(**row._asdict()) for row in con.execute(named.order_by(RUN.c.run_seq))]
