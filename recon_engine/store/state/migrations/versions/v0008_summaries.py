"""Under which summary journal a receipt was given, where its journal did not go out itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the key; of what is there, each journal went out itself."""
    op.add_column("receipt", sa.Column("summary_key", sa.Text()))
