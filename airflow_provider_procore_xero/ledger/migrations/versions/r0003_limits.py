"""Call budgets that all workers share, and leases on a flow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from airflow_provider_procore_xero.ledger.tables import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("leases", sa.Column("who", sa.Text(), server_default="", nullable=False))
    op.add_column("leases", sa.Column("since", Moment(), nullable=True))
    op.create_table(
        "allowances",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_allowances"),
    )
    op.create_table(
        "lists",
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "name", name="pk_lists"),
    )
