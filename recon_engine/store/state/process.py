"""Which process this is, so that the lease of one that died need not be waited for."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
AFTER_NAME = 2
"""Fields of `stat` that are gone once pid and name are cut off; the next one is the state."""
STATE, STARTED = 3 - AFTER_NAME - 1, 22 - AFTER_NAME - 1
"""Source: proc(5), /proc/pid/stat, fields 3 (state) and 22 (starttime)."""


def identity() -> str:
    """Return boot, namespace, number and start of this process; empty where no /proc tells."""
    pid = os.getpid()
    found = _seen(pid)
    return f"{_machine()} {pid} {found[STARTED]}" if found else ""


def gone(holder: str) -> bool:
    """Tell whether a process has certainly ended: it ran here, where its number would be seen."""
    boot, _, rest = holder.rpartition(" ")[0].rpartition(" ")
    started = holder.rpartition(" ")[2]
    if not boot or boot != _machine() or not rest.isdigit():
        return False
    found = _seen(int(rest))
    return found is None or found[STARTED] != started or found[STATE] in ("Z", "X")


def _machine() -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _seen(pid: int) -> list[str] | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()
