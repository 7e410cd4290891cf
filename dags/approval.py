"""Approval: the waiting room. One question a batch to a second person, then it is posted."""

from __future__ import annotations

from _steps import BATCHES, RETRY_UNAVAILABLE
from _waiting_room import decide_and_post, waiting
from airflow.sdk import dag


@dag(
    schedule=[BATCHES],
    default_args=RETRY_UNAVAILABLE,
    tags=["reconciliation"],
)
def approval() -> None:
    decide_and_post.expand(batch_id=waiting())


approval()
