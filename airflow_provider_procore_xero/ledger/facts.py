"""What the ledger answers with, beside the classes of ``sync``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from airflow_provider_procore_xero.sync.approval import State
from airflow_provider_procore_xero.sync.links import System
from airflow_provider_procore_xero.sync.plan import FieldChange
from airflow_provider_procore_xero.sync.report import Mode, Outcome

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One try of one task, or one call from elsewhere.

    :param id: sorts by the moment it began.
    :param state: ``running``, ``success``, ``failed`` or ``limited``.
    :param trigger: what set it off, in Airflow's word: ``scheduled``, ``manual``.
    """

    id: str
    entity: str
    mode: Mode
    state: str
    started_at: datetime
    ended_at: datetime | None = None
    dag_id: str = ""
    dag_run: str = ""
    task_id: str = ""
    map_index: int = -1
    try_number: int = 1
    trigger: str = ""
    company: str = ""
    organisation: str = ""
    settings_hash: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    plan: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stored plan; its changes are asked for with its id.

    :param kind: the kind of link that it makes.
    :param scope: the DAG run it belongs to, as the snapshots have it.
    :param content_hash: of every change in it; empty until it is sealed.
    """

    id: str
    run: str
    entity: str
    kind: str
    source_system: System
    scope: str
    settings_hash: str
    settings: Mapping[str, Any]
    counts: Mapping[str, int]
    content_hash: str
    created_at: datetime
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One reason for which one record is kept back or refused, from when it was first seen."""

    id: int
    entity: str
    source_id: str
    code: str
    what: str
    sentence: str
    fix: str
    title: str
    waits: bool
    procore_url: str
    xero_url: str
    run: str
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None
    ignored_by: str = ""
    ignored_at: datetime | None = None
    ignored_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Up to which moment a stream has been read, under which settings."""

    stream: str
    moment: datetime
    settings_hash: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An outcome that a search found; *id* is what the next page comes after."""

    id: int
    run: str
    at: datetime
    severity: Severity
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A record that waits for a decision, or had one.

    :param id: 0 until the ledger has given it one.
    :param what: ``create``, ``update``, ``adopt`` or ``remove``.
    :param name: what it will be called in Xero.
    :param hash: fingerprint of exactly what would be written; decisions are bound to it.
    :param read: fingerprint of the record as it was read, to see whether it changed.
    :param payload: what would be sent. *fields* are its differences from what stands there.
    :param amount: what a document comes to, as text; empty for what is none.
    :param creator, submitter: ``"Ana Ng <ana@example.com>"`` where the source says so.
    :param errors: everything that Xero, or we, said against it; the newest try only.
    :param version: changes with the row, so that nobody writes over what they have not seen.
    """

    entity: str
    source_id: str
    state: State
    what: str
    title: str
    hash: str
    read: str
    id: int = 0
    name: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    amount: str = ""
    vendor: str = ""
    project: str = ""
    creator: str = ""
    submitter: str = ""
    procore_url: str = ""
    xero_url: str = ""
    target_id: str = ""
    errors: tuple[str, ...] = ()
    run: str = ""
    version: int = 1
    waiting_since: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    exported_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody, or a rule, decided on a record; never changed.

    :param queue: the row of the queue that it was about; None where it was about no export.
    :param who: what they are called; *who_id* is their id in Airflow, where they came by it.
    :param hash: fingerprint of what they were shown.
    """

    queue: int | None
    entity: str
    source_id: str
    title: str
    what: str
    who: str
    comment: str
    hash: str
    id: int = 0
    at: datetime | None = None
    who_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One attempt to send a mail; *error* is empty where it was taken."""

    kind: str
    dag_id: str
    dag_run: str
    recipients: tuple[str, ...]
    subject: str
    error: str
    sent_at: datetime
