"""Questions to and facts about ``runs`` and ``mails``."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.ledger.codec import dumps, loads
from airflow_provider_procore_xero.ledger.engine import now
from airflow_provider_procore_xero.ledger.facts import Mail, Run
from airflow_provider_procore_xero.ledger.tables import mails, runs

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Return a new id of 16 characters that sorts by the moment it was made."""
    return _digits((time.time_ns() // 1_000_000 << 32) | secrets.randbits(32))


def id_at(moment: datetime) -> str:
    """Return the least id that can be made from *moment* on."""
    return _digits(int(moment.timestamp() * 1000) << 32)


def _digits(number: int) -> str:
    digits = ""
    for _ in range(16):
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return digits


def begin(connection: Connection, pair: str, **facts: Any) -> str:
    """Remember that a run began; return its id."""
    run = new_id()
    settings = facts.pop("settings")
    connection.execute(
        runs.insert(),
        {
            **facts,
            "id": run,
            "pair": pair,
            "settings": dumps(settings) if settings else None,
            "started_at": now(),
        },
    )
    return run


def end(
    connection: Connection,
    run: str,
    state: str,
    counts: Mapping[str, int],
    calls: Mapping[str, int],
    error: str,
    notes: Sequence[str],
    plan: str,
) -> None:
    """Remember how *run* ended."""
    connection.execute(
        update(runs)
        .where(runs.c.id == run)
        .values(
            state=state,
            counts=dumps(counts),
            calls=dumps(calls),
            error=error,
            notes=dumps(list(notes)) if notes else None,
            plan=plan,
            ended_at=now(),
        )
    )


def name(connection: Connection, run: str, company: str, organisation: str) -> None:
    """Remember what the company and the organisation of *run* are called, where that is known."""
    known = {"company": company, "organisation": organisation}
    values = {column: text for column, text in known.items() if text}
    connection.execute(update(runs).where(runs.c.id == run).values(**values))


def one(connection: Connection, pair: str, run: str) -> Run:
    """Return *run*.

    :raises UnknownRecord: if the ledger has no such run of this pair.
    """
    row = connection.execute(select(runs).where(runs.c.pair == pair, runs.c.id == run)).first()
    if row is None:
        raise UnknownRecord(f"The ledger has no run {run}.")
    return run_of(row)


def newest(
    connection: Connection,
    pair: str,
    asked: Mapping[str, str | None],
    before: str,
    limit: int,
    *,
    idle: bool = True,
) -> list[Run]:
    """Return runs whose columns are as *asked*, newest first, from below the id *before*.

    :param idle: also those that ended well without having looked at anything.
    """
    query = select(runs).where(runs.c.pair == pair).order_by(runs.c.id.desc()).limit(limit)
    for name, value in asked.items():
        if value is not None:
            query = query.where(runs.c[name] == value)
    if not idle:
        query = query.where((runs.c.state != "success") | runs.c.counts.contains('"read":'))
    if before:
        query = query.where(runs.c.id < before)
    return [run_of(row) for row in connection.execute(query)]


def first(connection: Connection, pair: str, entity: str) -> datetime | None:
    """Return when *entity* was first run to be applied, or None if it never was."""
    query = select(runs.c.started_at).where(runs.c.pair == pair, runs.c.entity == entity)
    applied = query.where(runs.c.mode == "apply").order_by(runs.c.id).limit(1)
    found: datetime | None = connection.scalar(applied)
    return found


def of_dag_run(connection: Connection, pair: str, dag_id: str, dag_run: str) -> list[Run]:
    """Return the runs of one DAG run in the order they began."""
    query = (
        select(runs)
        .where(runs.c.pair == pair, runs.c.dag_id == dag_id, runs.c.dag_run == dag_run)
        .order_by(runs.c.id)
    )
    return [run_of(row) for row in connection.execute(query)]


def run_of(row: Any) -> Run:
    """Return the run that *row* of ``runs`` keeps."""
    return Run(
        id=row.id,
        entity=row.entity,
        mode=row.mode,
        state=row.state,
        started_at=row.started_at,
        ended_at=row.ended_at,
        dag_id=row.dag_id,
        dag_run=row.dag_run,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        trigger=row.trigger_kind,
        company=row.company,
        organisation=row.organisation,
        settings_hash=row.settings_hash,
        settings=loads(row.settings),
        plan=row.plan,
        counts=loads(row.counts),
        calls=loads(row.calls),
        error=row.error,
        notes=tuple(loads(row.notes)),
    )


def save_mail(connection: Connection, pair: str, mail: Mail) -> None:
    """Remember one attempt to send a mail."""
    connection.execute(
        mails.insert(),
        {
            "pair": pair,
            "kind": mail.kind,
            "dag_id": mail.dag_id,
            "dag_run": mail.dag_run,
            "recipients": dumps(list(mail.recipients)),
            "subject": mail.subject,
            "error": mail.error,
            "sent_at": mail.sent_at,
        },
    )


def mail_sent(connection: Connection, dag_id: str, dag_run: str, kind: str) -> bool:
    """Return whether a mail of *kind* was taken for this DAG run."""
    sent = exists().where(
        mails.c.dag_id == dag_id,
        mails.c.dag_run == dag_run,
        mails.c.kind == kind,
        mails.c.error == "",
    )
    return bool(connection.scalar(select(sent)))
