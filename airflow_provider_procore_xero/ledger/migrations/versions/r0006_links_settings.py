"""Links say under which settings they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("links", sa.Column("settings_hash", sa.Text(), server_default="", nullable=False))
