"""The rights of a PostgreSQL role that runs the nights and cannot change what is on record."""

from __future__ import annotations

import re

from recon_engine.errors import ReconError
from recon_engine.store.state.models import APPEND_ONLY, METADATA

ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)


def grants(role: str) -> str:
    """Return the SQL that the owner of the tables runs for a service role, after each migration.

    The role reads all tables, adds to those that are append-only, and changes the few others. It
    owns nothing, so that it can neither drop nor disable a trigger.
    Raises: ReconError for a name that would have to be quoted.
    """
    if not ROLE.fullmatch(role):
        raise ReconError(
            f"role: found '{role[:80]}', expected lower-case letters, digits and _; nothing was "
            "written"
        )
    added = ", ".join(APPEND_ONLY)
    changed = ", ".join(sorted(METADATA.tables.keys() - APPEND_ONLY))
    return "\n".join(
        (
            "begin;",
            f"revoke all on all tables in schema public from {role};",
            "revoke create on schema public from public;",
            f"revoke create on schema public from {role};",
            f"grant usage on schema public to {role};",
            f"grant select on alembic_version to {role};",
            f"grant select, insert on {added} to {role};",
            f"grant select, insert, update on {changed} to {role};",
            f"grant usage on all sequences in schema public to {role};",
            "commit;",
        )
    )
