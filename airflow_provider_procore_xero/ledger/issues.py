"""Questions to and facts about ``issues``: what keeps records back, since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select, update

from airflow_provider_procore_xero.ledger.codec import words
from airflow_provider_procore_xero.ledger.engine import chunks, holding, insert, now
from airflow_provider_procore_xero.ledger.facts import Issue
from airflow_provider_procore_xero.ledger.tables import OPEN, issues
from airflow_provider_procore_xero.sync.report import Outcome

_IDENTITY = ("pair", "entity", "source_id", "code")
_TOLD = (
    "what", "sentence", "fix", "title", "waits", "procore_url", "xero_url", "words", "run",
    "last_seen",
)  # fmt: skip


def settle(
    connection: Connection,
    pair: str,
    run: str,
    entity: str,
    found: Iterable[Outcome],
    judged: Iterable[str],
    complete: bool,
) -> None:
    """Open what is new, touch what is seen again, close what was judged and is not seen."""
    rows = {(row["source_id"], row["code"]): row for row in _rows(pair, run, entity, found)}
    for part in chunks(list(rows.values())):
        new = insert(connection.dialect.name, issues)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=_IDENTITY,
                index_where=OPEN,
                set_={name: new.excluded[name] for name in _TOLD},
            ),
            part,
        )
    if complete:
        others = _open(pair, entity).where(issues.c.run != run)
        _close(connection, [row.id for row in connection.execute(others).all()])
    for ids in chunks(list({*map(str, judged), *(source_id for source_id, _ in rows)})):
        seen = connection.execute(_open(pair, entity).where(issues.c.source_id.in_(ids))).all()
        _close(connection, [row.id for row in seen if (row.source_id, row.code) not in rows])


def _open(pair: str, entity: str) -> Select[Any]:
    return select(issues.c.id, issues.c.source_id, issues.c.code).where(
        issues.c.pair == pair, issues.c.entity == entity, issues.c.closed_at.is_(None)
    )


def _close(connection: Connection, ids: Sequence[int]) -> None:
    for part in chunks(ids):
        connection.execute(update(issues).where(issues.c.id.in_(part)).values(closed_at=now()))


def _rows(pair: str, run: str, entity: str, found: Iterable[Outcome]) -> Iterable[dict[str, Any]]:
    moment = now()
    for outcome in found:
        for reason in outcome.reasons:
            yield {
                "pair": pair,
                "entity": entity,
                "source_id": outcome.source_id,
                "code": reason.code,
                "what": outcome.what,
                "sentence": reason.sentence,
                "fix": reason.fix,
                "title": outcome.title,
                "waits": reason.waits and outcome.what == "held",
                "procore_url": outcome.procore_url,
                "xero_url": outcome.xero_url,
                "words": words(
                    outcome.source_id, outcome.title, reason.code, reason.sentence, reason.fix
                ),
                "run": run,
                "first_seen": moment,
                "last_seen": moment,
            }


def find(
    connection: Connection, pair: str, entity: str | None, open_only: bool, q: str
) -> list[Issue]:
    """Return issues that hold every word of *q*, those a person must act on first."""
    query = select(issues).where(issues.c.pair == pair)
    if entity is not None:
        query = query.where(issues.c.entity == entity)
    if open_only:
        query = query.where(issues.c.closed_at.is_(None))
    query = holding(query, issues.c.words, words(q))
    rows = connection.execute(query.order_by(issues.c.waits, issues.c.first_seen, issues.c.id))
    return [issue_of(row) for row in rows]


def ignored(
    connection: Connection, pair: str, entity: str, source_ids: Iterable[str]
) -> set[tuple[str, str]]:
    """Return source id and code of the open issues of these records that somebody ignored."""
    found: set[tuple[str, str]] = set()
    for part in chunks(list(source_ids)):
        query = _open(pair, entity).where(issues.c.source_id.in_(part), issues.c.ignored_by != "")
        found |= {(row.source_id, row.code) for row in connection.execute(query)}
    return found


def issue_of(row: Any) -> Issue:
    """Return the issue that *row* of ``issues`` keeps."""
    return Issue(
        id=row.id,
        entity=row.entity,
        source_id=row.source_id,
        code=row.code,
        what=row.what,
        sentence=row.sentence,
        fix=row.fix,
        title=row.title,
        waits=row.waits,
        procore_url=row.procore_url,
        xero_url=row.xero_url,
        run=row.run,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        closed_at=row.closed_at,
        ignored_by=row.ignored_by,
        ignored_at=row.ignored_at,
        ignored_why=row.ignored_why,
    )
