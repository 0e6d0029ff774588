"""The tables. Rows stay inside this folder; callers get the classes of ``facts`` and ``sync``.

``pair`` is ``"{procore company}:{xero tenant}"``: several pairs share one ledger. Tokens have none,
since one sign-in may serve several pairs. JSON is text, written and read by ``codec`` alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

HEAD = "0006"
"""The newest revision under ``migrations``: what these tables look like."""

VERSION_TABLE = "procore_xero_version"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, aware on the way in and on the way out.

    PostgreSQL has a type for it. SQLite gets text with the offset, which sorts as time does.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone.")
        utc = value.astimezone(UTC)
        return utc.isoformat(" ", "microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return None if value is None else value.astimezone(UTC)


class Cents(TypeDecorator[Decimal]):
    """An amount to the cent, kept as a whole number of cents: sums in either database are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        cents = value.scaleb(2)
        if cents != cents.to_integral_value():
            raise ValueError(f"{value} is not to the cent.")
        return int(cents)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2)


# SQLite counts its rows by itself in a column of exactly this type.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# What the partial indexes are about: the living links, the unfinished business.
ACTIVE = text("state = 'active'")
OPEN = text("closed_at IS NULL")


def _cents(name: str) -> Column[Decimal]:
    return Column(name, Cents, nullable=False)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=default is None, server_default=default)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


runs = Table(
    "runs",
    metadata,
    _key("id"),
    Column("pair", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="running"),
    _text("dag_id"),
    _text("dag_run"),
    _text("task_id"),
    Column("map_index", Integer, nullable=False, server_default="-1"),
    Column("try_number", Integer, nullable=False, server_default="1"),
    _text("trigger_kind"),
    _text("company"),
    _text("organisation"),
    _text("settings_hash"),
    _text("settings", None),
    _text("plan"),
    _text("counts", None),
    _text("calls", None),
    _text("error"),
    _text("notes", None),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "pair", "dag_id", "dag_run"),
    Index(None, "pair", "entity", "id"),
    Index(None, "pair", "id"),
)

plans = Table(
    "plans",
    metadata,
    _key("id"),
    Column("pair", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("entity", Text, nullable=False),
    _text("kind"),
    Column("source_system", Text, nullable=False, server_default="procore"),
    _text("scope"),
    _text("settings_hash"),
    _text("settings", None),
    _text("counts", None),
    _text("content_hash"),
    Column("created_at", Moment, nullable=False),
    Column("sealed_at", Moment),
    Index(None, "pair", "scope"),
    Index(None, "run"),
)

changes = Table(
    "changes",
    metadata,
    Column("plan", Text, ForeignKey("plans.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("pair", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("wrote", Text, nullable=False),
    Column("read", Text, nullable=False),
    Column("adopts", Boolean, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("target_url", Text, nullable=False),
    Column("payload", Text),
    Column("data", Text),
    Column("fields", Text),
    Column("reasons", Text),
    Column("raw", Text),
)

intents = Table(
    "intents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("plan", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("entity", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(
        "ix_intents_open",
        "entity",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("entity", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("procore_url", Text, nullable=False),
    Column("xero_url", Text, nullable=False),
    Column("reasons", Text),
    Column("fields", Text),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "run", "id"),
    Index(None, "source_id", "entity"),
)


links = Table(
    "links",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("procore_id", Text, nullable=False),
    Column("xero_id", Text, nullable=False),
    Column("procore_name", Text, nullable=False),
    Column("xero_name", Text, nullable=False),
    Column("wrote", Text, nullable=False),
    Column("held", Text, nullable=False),
    Column("read", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("run", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("cents", BigInteger),
    # Of the run that wrote what `wrote` says; runs that only looked at the pair leave it.
    _text("settings_hash"),
    CheckConstraint("state IN ('active', 'orphaned', 'unlinked')", name="state"),
    # A pair of ids has one row for ever; among the living, each id has one counterpart. So an
    # orphaned pair stays as history while the side that lives on is paired anew.
    UniqueConstraint("pair", "kind", "procore_id", "xero_id"),
    Index(
        "ix_links_active_procore",
        "pair",
        "kind",
        "procore_id",
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    ),
    Index(
        "ix_links_active_xero",
        "pair",
        "kind",
        "xero_id",
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    ),
    Index(None, "pair", "kind", "xero_id"),
    # A search looks through these alone, without the rows.
    Index("ix_links_sought", "pair", "id", "kind", "state", "words"),
    Index("ix_links_made", "pair", "created_at", "kind", "cents"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("waits", Boolean, nullable=False),
    Column("procore_url", Text, nullable=False),
    Column("xero_url", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("ignored_by", Text, nullable=False, server_default=""),
    Column("ignored_at", Moment),
    Column("ignored_why", Text, nullable=False, server_default=""),
    Index(None, "pair", "entity", "source_id"),
    Index(
        "ix_issues_listed",
        "pair",
        "waits",
        "first_seen",
        "id",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
    Index(
        "ix_issues_open",
        "pair",
        "entity",
        "source_id",
        "code",
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

shelf = Table(
    "shelf",
    metadata,
    _key("pair"),
    _key("entity"),
    _key("source_id"),
    Column("raw", Text, nullable=False),
    Column("shelved_at", Moment, nullable=False),
)

# What each approved document of Xero's has cost, by project option and code as Xero has them.
costs = Table(
    "costs",
    metadata,
    _key("pair"),
    _key("document"),
    _key("option"),
    _key("code"),
    Column("kind", Text, nullable=False),
    Column("option_name", Text, nullable=False),
    Column("code_name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    _cents("amount"),
    Column("run", Text, nullable=False),
    Index(None, "pair", "option", "code"),
)

job_costs = Table(
    "job_costs",
    metadata,
    _key("pair"),
    _key("project_id"),
    _key("project"),
    _key("code"),
    _key("cost_type"),
    _key("currency"),
    _cents("job_to_date"),
    _cents("commitment_invoiced"),
    _cents("direct_costs"),
    Column("run", Text, nullable=False),
    Column("computed_at", Moment, nullable=False),
    CheckConstraint("direct_costs = job_to_date - commitment_invoiced", name="identity"),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("pair", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("differing", Integer, nullable=False),
    Column("unexplained", Integer, nullable=False),
    Column("totals", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index(None, "pair", "made_at"),
)

reconciled = Table(
    "reconciled",
    metadata,
    Column("run", Text, ForeignKey("reconciliations.run"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("project_id", Text, nullable=False),
    Column("commitment_id", Text, nullable=False),
    Column("vendor_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    _cents("claimed"),
    _cents("billed"),
    _cents("paid_xero"),
    _cents("paid_procore"),
    _cents("direct_cost"),
    _cents("job_cost"),
    _cents("difference"),
    _cents("unexplained"),
    Column("explanations", Text, nullable=False),
    Column("procore_url", Text, nullable=False),
    Column("xero_url", Text, nullable=False),
    Column("words", Text, nullable=False),
    Index(None, "run", "project_id", "seq"),
)

watermarks = Table(
    "watermarks",
    metadata,
    _key("pair"),
    _key("stream"),
    Column("moment", Moment, nullable=False),
    Column("settings_hash", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("moved_at", Moment, nullable=False),
)

# How long each list was when it was last read whole, by a run that came through.
lists = Table(
    "lists",
    metadata,
    _key("pair"),
    _key("name"),
    Column("rows", Integer, nullable=False),
    Column("run", Text, nullable=False),
    Column("read_at", Moment, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    _key("key"),
    Column("version", Integer, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    _key("name"),
    Column("holder", Text, nullable=False),
    Column("until", Moment, nullable=False),
    _text("who"),
    Column("since", Moment),
)

allowances = Table(
    "allowances",
    metadata,
    _key("key"),
    Column("state", Text, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    _key("pair"),
    _key("scope"),
    _key("name"),
    Column("content", LargeBinary, nullable=False),
    Column("taken_at", Moment, nullable=False),
)

# What waits for a decision, or had one: one row a record, for ever.
queue = Table(
    "queue",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("read", Text, nullable=False),
    Column("payload", Text),
    Column("fields", Text),
    Column("amount", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("creator", Text, nullable=False),
    Column("submitter", Text, nullable=False),
    Column("procore_url", Text, nullable=False),
    Column("xero_url", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("errors", Text),
    Column("words", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("waiting_since", Moment, nullable=False),
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("exported_at", Moment),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint(
        "state IN ('ready_to_export', 'accepted', 'synced', 'failed_to_export', 'rejected',"
        " 'withdrawn')",
        name="state",
    ),
    UniqueConstraint("pair", "entity", "source_id"),
    # A search looks through this alone, without the rows.
    Index("ix_queue_state", "pair", "state", "changed_at", "id", "entity", "words"),
)

# Who decided what. Appended to; triggers refuse every change.
decisions = Table(
    "decisions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("queue", RowId, ForeignKey("queue.id")),  # none where it was about no export
    Column("entity", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("who_id", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    CheckConstraint(
        "what IN ('accept', 'reject', 'retry', 'link', 'unlink', 'ignore', 'unignore')",
        name="what",
    ),
    Index(None, "queue"),
    Index(None, "pair", "entity", "source_id"),
    Index("ix_decisions_listed", "pair", "id", "words"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("pair", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("dag_id", Text, nullable=False),
    Column("dag_run", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Index(None, "dag_id", "dag_run", "kind"),
)
