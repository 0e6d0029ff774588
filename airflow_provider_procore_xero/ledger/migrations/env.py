"""How Alembic runs here: on the connection, and in the transaction, that ``migrate`` opened."""

from __future__ import annotations

from alembic import context

from airflow_provider_procore_xero.ledger.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
