"""Time zones by name."""

from __future__ import annotations

import zoneinfo


def zone_fault(name: str) -> str | None:
    """Return what is wrong with the name of a time zone as `found ..., expected ...`, or None."""
    if name == "UTC":
        return None
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if not zoneinfo.available_timezones():
            return (
                f"found '{name}' on a system that knows no time zones, "
                "expected its package tzdata, or Python's, to be installed"
            )
        return f"found '{name}', expected a time zone such as Europe/Berlin"
    return None
