"""What installed packages offer: parsers and connectors, under the names they registered."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoints, entry_points


@cache
def installed(group: str) -> EntryPoints:
    """Return the entry points of a group; the disk is read once a process."""
    return entry_points(group=group)
