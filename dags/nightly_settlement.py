"""Nightly settlement: every source, every stage and its gate, for the business date before."""

from __future__ import annotations

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
    schedule=CronTriggerTimetable("0 3 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    params={"business_date": BUSINESS_DATE, "zone": Param(ZONE, type="string")},
    default_args=RETRY_UNAVAILABLE,
    tags=["reconciliation"],
)
def nightly_settlement() -> None:
    night()


nightly_settlement()
