"""Runs the migrations on the connection, and in the transaction, that `database._migrate` gives."""

from __future__ import annotations

from alembic import context

from recon_engine.store.state.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
