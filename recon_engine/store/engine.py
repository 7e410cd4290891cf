"""The one way into DuckDB: locked, so that no SQL can reach files, network or settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from recon_engine.errors import ReconError, Unavailable

GLOB = frozenset("*?[]{}")
DISK_FAULTS = {
    "No space left on device": "the disk is full",
    "Disk quota exceeded": "the disk quota is used up",
    "Input/output error": "the disk does not answer",
}
OUT_OF_MEMORY = "Out of Memory"
START = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
}


def connect(
    *,
    memory_limit: str,
    threads: int,
    spill: Path,
    readable: Sequence[Path],
    writable: Sequence[Path] = (),
) -> duckdb.DuckDBPyConnection:
    """Return a new in-memory database that sees the given folders and nothing else.

    Extensions are off, Python variables are no tables, times are UTC, and no later statement can
    change a setting. DuckDB does not tell reading a folder from writing it; the two arguments say
    what is meant, and only `Workspace.export` writes.
    Raises: ReconError where a folder's name would be read as a pattern.
    """
    folders = [folder.resolve() for folder in (*readable, *writable, spill)]
    settings = (
        f"set memory_limit = {quoted(memory_limit)}",
        f"set threads = {threads:d}",
        f"set temp_directory = {quoted(str(folders[-1]))}",
        "set TimeZone = 'UTC'",
        "set enable_progress_bar = false",
        "set parquet_metadata_cache = true",
        f"set allowed_directories = [{', '.join(path_literal(f) for f in folders)}]",
        "set enable_external_access = false",
        "set lock_configuration = true",
    )
    con = duckdb.connect(":memory:", config=dict(START))
    try:
        with clear_errors("duckdb"):
            for setting in settings:
                con.execute(setting)
    except BaseException:
        con.close()
        raise
    return con


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def path_literal(path: Path) -> str:
    """Return a path as an SQL literal; a path that DuckDB would read as a pattern is refused."""
    if GLOB.intersection(str(path)):
        raise ReconError(
            f"{path}: found one of {' '.join(sorted(GLOB))} in the name, expected a plain path"
        )
    return quoted(str(path))


@contextmanager
def clear_errors(place: str) -> Iterator[None]:
    """Turn an error of DuckDB into one line that starts with the place; long numbers are masked.

    Raises: Unavailable where memory or disk ran out; ReconError elsewhere.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:  # an Arrow stream tells every error as an OSError
        line = first_line(error)
        for sign, reason in DISK_FAULTS.items():
            if sign in str(error):
                raise Unavailable(f"{place}: {reason}; nothing was written") from error
        kind = Unavailable if line.startswith(OUT_OF_MEMORY) else ReconError
        raise kind(f"{place}: {line}; nothing was written") from error


def first_line(error: Exception) -> str:
    """Return what DuckDB says, without the statement it quotes and with long numbers masked."""
    return mask(str(error).split("\n", 1)[0].rstrip(".! "))


def mask(text: str) -> str:
    """Return a text in which every run of nine or more digits keeps its last four only."""
    return re.sub(r"\d{5,}(?=\d{4})", "****", text)
