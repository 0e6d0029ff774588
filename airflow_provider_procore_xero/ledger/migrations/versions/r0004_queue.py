"""The approval queue, and decisions that nobody can rewrite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from airflow_provider_procore_xero.ledger.tables import Moment, RowId

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _queue()
    _decisions()
    _what_the_page_asks()
    if op.get_bind().dialect.name == "postgresql":
        _stay_on_postgresql()
    else:
        _stay_on_sqlite()


def _stay_on_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER decisions_no_{event.lower()} BEFORE {event} ON decisions "
            "BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END"
        )


def _stay_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION procore_xero_decisions_stay() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'decisions are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions "
        "FOR EACH ROW EXECUTE FUNCTION procore_xero_decisions_stay()"
    )
    op.execute(
        "CREATE TRIGGER decisions_stay_whole BEFORE TRUNCATE ON decisions "
        "FOR EACH STATEMENT EXECUTE FUNCTION procore_xero_decisions_stay()"
    )


def _queue() -> None:
    op.create_table(
        "queue",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("submitter", sa.Text(), nullable=False),
        sa.Column("procore_url", sa.Text(), nullable=False),
        sa.Column("xero_url", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("waiting_since", Moment(), nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("exported_at", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('ready_to_export', 'accepted', 'synced', 'failed_to_export', 'rejected',"
            " 'withdrawn')",
            name=op.f("ck_queue_state"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_queue"),
        sa.UniqueConstraint(
            "pair", "entity", "source_id", name=op.f("uq_queue_pair_entity_source_id")
        ),
    )
    sought = ["pair", "state", "changed_at", "id", "entity", "words"]
    op.create_index("ix_queue_state", "queue", sought)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", RowId, nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("queue", RowId, nullable=True),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "what IN ('accept', 'reject', 'retry', 'link', 'unlink', 'ignore', 'unignore')",
            name=op.f("ck_decisions_what"),
        ),
        sa.ForeignKeyConstraint(["queue"], ["queue.id"], name=op.f("fk_decisions_queue")),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index(op.f("ix_decisions_queue"), "decisions", ["queue"])
    op.create_index(
        op.f("ix_decisions_pair_entity_source_id"), "decisions", ["pair", "entity", "source_id"]
    )


def _what_the_page_asks() -> None:
    op.add_column("links", sa.Column("words", sa.Text(), server_default="", nullable=False))
    op.add_column("links", sa.Column("cents", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE links SET words = substr(lower(procore_id || ' ' || xero_id || ' ' ||"
        " procore_name || ' ' || xero_name), 1, 400)"
    )
    op.create_index("ix_links_sought", "links", ["pair", "id", "kind", "state", "words"])
    op.create_index("ix_links_made", "links", ["pair", "created_at", "kind", "cents"])
    for name in ("ignored_by", "ignored_why"):
        op.add_column("issues", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("issues", sa.Column("ignored_at", Moment(), nullable=True))
    op.create_index(
        op.f("ix_issues_pair_entity_source_id"), "issues", ["pair", "entity", "source_id"]
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_issues_listed",
        "issues",
        ["pair", "waits", "first_seen", "id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.drop_index(op.f("ix_outcomes_run"), "outcomes")
    op.create_index(op.f("ix_outcomes_run_id"), "outcomes", ["run", "id"])
    op.create_index(op.f("ix_runs_pair_entity_id"), "runs", ["pair", "entity", "id"])
    op.create_index(op.f("ix_runs_pair_id"), "runs", ["pair", "id"])
