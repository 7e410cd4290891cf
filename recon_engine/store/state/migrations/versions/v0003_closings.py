"""Closings: the steps of a date in their order, so that a sealed one can be open again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TAKE_SEALS = """
insert into closing (entity, business_date, step, run_id, delivery_seq, actor, maker, reason)
select s.entity, s.business_date, 'seal', s.run_id, 0, coalesce(a.actor, ''), '', ''
from seal as s
left join audit as a
    on a.event = 'seal' and a.subject = s.entity || '/' || cast(s.business_date as varchar(10))
order by a.seq
"""


def upgrade() -> None:
    """Make the table, take the seals over in the order in which they were set, drop theirs."""
    op.create_table(
        "closing",
        sa.Column("closing_seq", SERIAL, autoincrement=True),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("delivery_seq", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("maker", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("closing_seq", name="closing_key"),
        sa.CheckConstraint(
            "step in ('complete', 'seal', 'reopen')", name=op.f("closing_step_listed")
        ),
        sa.CheckConstraint(
            "step <> 'reopen' or lower(trim(maker)) <> lower(trim(actor))",
            name=op.f("closing_four_eyes"),
        ),
        sa.CheckConstraint(
            "step <> 'reopen' or (actor <> '' and reason <> '')", name=op.f("closing_words_given")
        ),
    )
    op.create_index("closing_by_entity_business_date", "closing", ["entity", "business_date"])
    op.execute(TAKE_SEALS)
    op.drop_table("seal")
    guard("closing", "closing_seq")
