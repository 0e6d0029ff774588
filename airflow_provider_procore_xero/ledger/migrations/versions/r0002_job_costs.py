"""What each project and code has cost, and the nightly proof that both systems agree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from airflow_provider_procore_xero.ledger.tables import Cents, Moment

revision = "0002"
down_revision = "0001"

AMOUNTS = (
    "claimed", "billed", "paid_xero", "paid_procore", "direct_cost", "job_cost", "difference",
    "unexplained",
)  # fmt: skip


def upgrade() -> None:
    _costs()
    _job_costs()
    _reconciliations()
    _reconciled()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _cents(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, Cents(), nullable=False) for name in names]


def _costs() -> None:
    op.create_table(
        "costs",
        *_texts("pair", "document", "option", "code"),
        *_texts("kind", "option_name", "code_name", "currency"),
        *_cents("amount"),
        *_texts("run"),
        sa.PrimaryKeyConstraint("pair", "document", "option", "code", name=op.f("pk_costs")),
    )
    op.create_index(op.f("ix_costs_pair_option_code"), "costs", ["pair", "option", "code"])


def _job_costs() -> None:
    key = ("pair", "project_id", "project", "code", "cost_type", "currency")
    op.create_table(
        "job_costs",
        *_texts(*key),
        *_cents("job_to_date", "commitment_invoiced", "direct_costs"),
        *_texts("run"),
        sa.Column("computed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_job_costs")),
        sa.CheckConstraint(
            "direct_costs = job_to_date - commitment_invoiced", name=op.f("ck_job_costs_identity")
        ),
    )


def _reconciliations() -> None:
    op.create_table(
        "reconciliations",
        *_texts("run", "pair", "scope"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        *_texts("totals"),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_reconciliations")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_reconciliations_run_runs")),
    )
    op.create_index(op.f("ix_reconciliations_pair_made_at"), "reconciliations", ["pair", "made_at"])


def _reconciled() -> None:
    op.create_table(
        "reconciled",
        *_texts("run"),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("project_id", "commitment_id", "vendor_id", "code", "currency"),
        *_texts("project", "commitment", "vendor"),
        *_cents(*AMOUNTS),
        *_texts("explanations", "procore_url", "xero_url", "words"),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_reconciled")),
        sa.ForeignKeyConstraint(
            ["run"], ["reconciliations.run"], name=op.f("fk_reconciled_run_reconciliations")
        ),
    )
    op.create_index(
        op.f("ix_reconciled_run_project_id_seq"), "reconciled", ["run", "project_id", "seq"]
    )
