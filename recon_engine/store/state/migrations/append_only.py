"""Triggers that keep the rows of a table from being changed or removed."""

from __future__ import annotations

from alembic import op


def guard(table: str, key: str) -> None:
    """Make a table append-only; `key` is the column that names its rows."""
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite(table, key)
    else:
        _guard_postgresql(table)


def _guard_sqlite(table: str, key: str) -> None:
    refusal = f"select raise(abort, '{table} is append-only')"
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{verb} before {verb} on {table} begin {refusal}; end"
        )
    # INSERT OR REPLACE removes a row without a delete trigger unless the connection asks for one.
    known = f"exists (select 1 from {table} where {key} = new.{key})"  # noqa: S608  # our own names
    op.execute(
        f"create trigger {table}_no_replace before insert on {table} when {known} "
        f"begin {refusal}; end"
    )


def _guard_postgresql(table: str) -> None:
    op.execute(
        f"create function {table}_is_append_only() returns trigger language plpgsql as "
        f"$$ begin raise exception '{table} is append-only'; end $$"
    )
    op.execute(
        f"create trigger {table}_no_change before update or delete or truncate on {table} "
        f"for each statement execute function {table}_is_append_only()"
    )
