"""Decisions say who decided by their id too, and are a list that can be searched.

Nor can one be rewritten by inserting another in its place.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("who_id", "words"):
        op.add_column("decisions", sa.Column(name, sa.Text(), server_default="", nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE decisions DISABLE TRIGGER decisions_stay")
        _fill()
        op.execute("ALTER TABLE decisions ENABLE TRIGGER decisions_stay")
    else:
        op.execute("DROP TRIGGER decisions_no_update")
        _fill()
        op.execute(
            "CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions "
            "BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END"
        )
        # INSERT OR REPLACE takes the old row away without asking the trigger for deletions.
        op.execute(
            "CREATE TRIGGER decisions_no_replace BEFORE INSERT ON decisions "
            "WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END"
        )
    op.create_index("ix_decisions_listed", "decisions", ["pair", "id", "words"])


def _fill() -> None:
    op.execute(
        "UPDATE decisions SET words = substr(lower(who || ' ' || source_id || ' ' || title ||"
        " ' ' || comment), 1, 400)"
    )
