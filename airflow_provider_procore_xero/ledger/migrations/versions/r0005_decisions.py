"""A decision can't be rewritten by inserting another one in its place either."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # INSERT OR REPLACE takes the old row away without asking the trigger for deletions.
        op.execute(
            "CREATE TRIGGER decisions_no_replace BEFORE INSERT ON decisions "
            "WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END"
        )
