"""Nightly settlement: every source, every stage and its gate, for the business date before."""

from __future__ import annotations

from datetime import timedelta

from _steps import RETRY_UNAVAILABLE, night
from airflow.sdk import CronTriggerTimetable, Param, dag

ZONE = "Europe/Berlin"
BUSINESS_DATE = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Business date",
    description="Needed by hand; a scheduled night takes the day before its own.",
)


@dag(
    # Processors report every day; banks leave their days out by themselves.
    # Switched on, it waits for the next three o'clock: without a span of nothing a first run would
    # begin at once within 2.4 hours of the last, and stand before one by hand.
    schedule=CronTriggerTimetable("0 3 * * *", timezone=ZONE, run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    params={"business_date": BUSINESS_DATE, "zone": Param(ZONE, type="string")},
    default_args=RETRY_UNAVAILABLE,
    tags=["reconciliation"],
)
def nightly_settlement() -> None:
    night()


nightly_settlement()
