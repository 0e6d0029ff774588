"""The tables. Rows stay inside this folder; callers get the classes of ``facts`` and ``sync``.

``pair`` is ``"{procore company}:{xero tenant}"``: several pairs share one ledger. Tokens have none,
since one sign-in may serve several pairs. JSON is text, written and read by ``codec`` alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
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

HEAD = "0001"
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


# SQLite counts its rows by itself in a column of exactly this type.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# What the partial indexes are about: the living links, the unfinished business.
ACTIVE = text("state = 'active'")
OPEN = text("closed_at IS NULL")


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
    Index(None, "run"),
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
