"""The first tables, and what keeps history from being rewritten."""

from __future__ import annotations

from alembic import op

from airflow_provider_procore_xero.ledger.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection)
    for table, events in (("outcomes", ("UPDATE", "DELETE")), ("changes", ("UPDATE",))):
        if connection.dialect.name == "postgresql":
            _forbid_on_postgresql(table, events)
        else:
            _forbid_on_sqlite(table, events)


def _forbid_on_sqlite(table: str, events: tuple[str, ...]) -> None:
    for event in events:
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )


def _forbid_on_postgresql(table: str, events: tuple[str, ...]) -> None:
    op.execute(
        f"CREATE FUNCTION procore_xero_{table}_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE {' OR '.join(events)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION procore_xero_{table}_stay()"
    )
