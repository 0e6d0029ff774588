"""The first tables, and what keeps history from being rewritten.

A migration stays as it was released, so it repeats what ``tables`` says of today's ledger; a test
holds the two against each other.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from airflow_provider_procore_xero.ledger.tables import ACTIVE, OPEN, Moment, RowId

revision = "0001"
down_revision = None


def upgrade() -> None:
    _issues()
    _leases()
    _links()
    _mails()
    _runs()
    _shelf()
    _snapshots()
    _tokens()
    _watermarks()
    _intents()
    _outcomes()
    _plans()
    _changes()
    for table, events in (("outcomes", ("UPDATE", "DELETE")), ("changes", ("UPDATE",))):
        if op.get_bind().dialect.name == "postgresql":
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


def _issues() -> None:
    op.create_table(
        "issues",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("procore_url", sa.Text(), nullable=False),
        sa.Column("xero_url", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("first_seen", Moment(), nullable=False),
        sa.Column("last_seen", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
    )
    op.create_index(
        "ix_issues_open",
        "issues",
        ["pair", "entity", "source_id", "code"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("procore_id", sa.Text(), nullable=False),
        sa.Column("xero_id", sa.Text(), nullable=False),
        sa.Column("procore_name", sa.Text(), nullable=False),
        sa.Column("xero_name", sa.Text(), nullable=False),
        sa.Column("wrote", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'orphaned', 'unlinked')", name="ck_links_state"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint(
            "pair", "kind", "procore_id", "xero_id", name="uq_links_pair_kind_procore_id_xero_id"
        ),
    )
    op.create_index(
        "ix_links_active_procore",
        "links",
        ["pair", "kind", "procore_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index(
        "ix_links_active_xero",
        "links",
        ["pair", "kind", "xero_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index(
        "ix_links_pair_kind_xero_id", "links", ["pair", "kind", "xero_id"], unique=False
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("dag_run", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index(
        "ix_mails_dag_id_dag_run_kind", "mails", ["dag_id", "dag_run", "kind"], unique=False
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("dag_id", sa.Text(), server_default="", nullable=False),
        sa.Column("dag_run", sa.Text(), server_default="", nullable=False),
        sa.Column("task_id", sa.Text(), server_default="", nullable=False),
        sa.Column("map_index", sa.Integer(), server_default="-1", nullable=False),
        sa.Column("try_number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("trigger_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("settings_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("calls", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index(
        "ix_runs_pair_dag_id_dag_run", "runs", ["pair", "dag_id", "dag_run"], unique=False
    )


def _shelf() -> None:
    op.create_table(
        "shelf",
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("shelved_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "entity", "source_id", name="pk_shelf"),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "scope", "name", name="pk_snapshots"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tokens"),
    )


def _watermarks() -> None:
    op.create_table(
        "watermarks",
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("moment", Moment(), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("moved_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "stream", name="pk_watermarks"),
    )


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_intents_run"),
        sa.PrimaryKeyConstraint("id", name="pk_intents"),
    )
    op.create_index(
        "ix_intents_open",
        "intents",
        ["entity"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("procore_url", sa.Text(), nullable=False),
        sa.Column("xero_url", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_outcomes_run"),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_run", "outcomes", ["run"], unique=False)
    op.create_index(
        "ix_outcomes_source_id_entity", "outcomes", ["source_id", "entity"], unique=False
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("source_system", sa.Text(), server_default="procore", nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("settings_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_plans_run"),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_index("ix_plans_pair_scope", "plans", ["pair", "scope"], unique=False)
    op.create_index("ix_plans_run", "plans", ["run"], unique=False)


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wrote", sa.Text(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("adopts", sa.Boolean(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("target_url", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_changes_plan"),
        sa.PrimaryKeyConstraint("plan", "seq", name="pk_changes"),
    )
