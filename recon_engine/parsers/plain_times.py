"""Times of APIs, in ISO 8601 or in seconds since 1970, written by the layout's own formats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

ZONES = {"UTC": "+00:00"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES_KEPT = 10_000
"""Times as printed whose reading is remembered."""

YEARS = range(1970, 9999)
SECONDS = 12
"""Digits that no time in seconds has: thirteen are milliseconds, which nobody declared."""


def plain_times(batch: pa.RecordBatch, source: Source) -> pa.RecordBatch:
    """Return a batch whose times are text by the layout, as if the file had printed them so.

    A moment with an offset is written in UTC, and its zone says so; one without stays in the zone
    of the source. `report_date` is a day in that zone. Text that is no such time is passed on as
    printed, for the canonical stage to quarantine.
    """
    if source.layout.times == "printed" or "event_at" not in batch.schema.names:
        return batch
    times, form = source.layout.times, source.layout.time_format
    events = [_moment(text, times, form) for text in batch.column("event_at").to_pylist()]
    zones = batch.column("zone").to_pylist()
    changed = {
        "event_at": [text for text, _ in events],
        "zone": [z or at for z, (_, at) in zip(zones, events, strict=True)],
        "report_date": [
            _day(text, times, source.layout.date_format, source.zone)
            for text in batch.column("report_date").to_pylist()
        ],
    }
    arrays = [
        pa.array(changed[name], pa.string()) if name in changed else batch.column(name)
        for name in batch.schema.names
    ]
    return pa.record_batch(arrays, schema=batch.schema)


@lru_cache(TIMES_KEPT)
def _moment(text: str | None, times: str, form: str) -> tuple[str | None, str | None]:
    """Return a moment written in UTC with its zone, or as it stands without one; else the text."""
    moment = None if text is None else _read(text, times)
    if moment is None:
        return text, None
    if moment.tzinfo is None:
        return moment.strftime(form), None
    return moment.astimezone(UTC).strftime(form), "UTC"


@lru_cache(TIMES_KEPT)
def _day(text: str | None, times: str, form: str, zone: str) -> str | None:
    moment = None if text is None else _read(text, times)
    if moment is None:
        return text
    return (moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment).strftime(form)


def _read(text: str, times: str) -> datetime | None:
    try:
        if times == "iso":
            moment = datetime.fromisoformat(text)
            return moment if moment.year in YEARS else None
        if text.isascii() and text.isdecimal() and len(text) < SECONDS:
            return EPOCH + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        return None
    return None
