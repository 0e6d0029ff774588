"""What people ask of the ledger; runs do not. Every list is a page of it, by its last row.

A *record* is what one entity moves: it is known by a link, or by an issue that keeps it from one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, case, func, literal, select, tuple_

from airflow_provider_procore_xero.ledger import decisions, plans, queue
from airflow_provider_procore_xero.ledger.codec import change_of, loads, outcome_of, words
from airflow_provider_procore_xero.ledger.engine import chunks, holding, reading
from airflow_provider_procore_xero.ledger.facts import (
    Decision,
    Found,
    Issue,
    Mail,
    Plan,
    Run,
)
from airflow_provider_procore_xero.ledger.issues import issue_of
from airflow_provider_procore_xero.ledger.runs import id_at, run_of
from airflow_provider_procore_xero.ledger.tables import (
    changes,
    issues,
    links,
    mails,
    outcomes,
    runs,
)
from airflow_provider_procore_xero.sync.plan import Stored

_AMOUNT = re.compile(r"[$€£]?-?\d{1,3}(,\d{3})+(\.\d+)?|[$€£]-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A link as people look at it, whatever became of it.

    :param cents: the money of its document, in cents.
    """

    id: int
    kind: str
    procore_id: str
    xero_id: str
    procore_name: str
    xero_name: str
    state: str
    data: Mapping[str, Any]
    cents: int | None
    run: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How many documents were made in one hour, and what they come to.

    :param hour: ``2026-11-22 14``, in UTC.
    """

    hour: str
    kind: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one try of one task counted.

    :param dag_run: its DAG run; a call from elsewhere is one of its own.
    :param task: its task, with the place of a mapped one.
    """

    entity: str
    dag_run: str
    task: str
    began: datetime
    counts: Mapping[str, int]


class Questions:
    """What people ask about one pair."""

    def __init__(self, engine: Engine, pair: str) -> None:
        self._engine, self._pair = engine, pair

    # Records

    def pairings(
        self,
        q: str = "",
        *,
        kinds: Sequence[str] = (),
        state: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Pairing]:
        """Return links that hold every word of *q*, newest first."""
        query = select(links.c.id).where(links.c.pair == self._pair)
        if kinds:
            query = query.where(links.c.kind.in_(kinds))
        if state:
            # Said so that SQLite keeps to the index with the words: "= 'active'" leads it astray.
            query = query.where(links.c.state.not_in({"active", "orphaned", "unlinked"} - {state}))
        if before is not None:
            query = query.where(links.c.id < before)
        query = holding(query, links.c.words, sought(q)).order_by(links.c.id.desc()).limit(limit)
        whole = select(links).where(links.c.id.in_(query)).order_by(links.c.id.desc())
        with reading(self._engine) as connection:
            return [_pairing(row) for row in connection.execute(whole)]

    def pairings_of(self, kind: str, system: str, *records: str) -> list[Pairing]:
        """Return every link that the records have or had, newest first."""
        column = links.c.procore_id if system == "procore" else links.c.xero_id
        query = select(links).where(links.c.pair == self._pair, links.c.kind == kind)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(column.in_(records)))
            found = [_pairing(row) for row in rows]
        return sorted(found, key=lambda link: -link.id)  # few; a sort in SQL misleads SQLite

    def kept_back(
        self,
        q: str = "",
        *,
        entity: str = "",
        what: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Issue]:
        """Return one open issue for each record that has any, newest first."""
        query = select(func.max(issues.c.id)).where(
            issues.c.pair == self._pair, issues.c.closed_at.is_(None)
        )
        if entity:
            query = query.where(issues.c.entity == entity)
        if what:
            query = query.where(issues.c.what == what)
        newest = func.max(issues.c.id)
        query = holding(query, issues.c.words, sought(q)).group_by(
            issues.c.entity, issues.c.source_id
        )
        if before is not None:
            query = query.having(newest < before)
        query = query.order_by(newest.desc()).limit(limit)
        whole = select(issues).where(issues.c.id.in_(query)).order_by(issues.c.id.desc())
        with reading(self._engine) as connection:
            return [issue_of(row) for row in connection.execute(whole)]

    def last_outcomes(self, entity: str, source_ids: Iterable[str]) -> dict[str, Found]:
        """Return what last became of these records, by source id; plans are no more than plans."""
        return self._last(entity, source_ids, applied=True)

    def last_judgements(self, entity: str, source_ids: Iterable[str]) -> dict[str, Found]:
        """Return what the newest run, planned or applied, made of records, by source id."""
        return self._last(entity, source_ids, applied=False)

    def _last(self, entity: str, source_ids: Iterable[str], *, applied: bool) -> dict[str, Found]:
        found: dict[str, Found] = {}
        with reading(self._engine) as connection:
            for part in chunks(list(source_ids)):
                newest = (
                    select(func.max(outcomes.c.id))
                    .where(outcomes.c.source_id.in_(part), outcomes.c.entity == entity)
                    .where(outcomes.c.pair == self._pair)
                    .group_by(outcomes.c.source_id)
                )
                if applied:
                    newest = newest.join(runs, runs.c.id == outcomes.c.run)
                    newest = newest.where(runs.c.mode == "apply")
                rows = connection.execute(select(outcomes).where(outcomes.c.id.in_(newest)))
                found |= {row.source_id: _found(row) for row in rows}
        return found

    def history(
        self, entity: str, source_id: str, *, before: int | None = None, limit: int = 50
    ) -> list[Found]:
        """Return everything that became of a record, newest first."""
        query = _page_of_outcomes(self._pair, before, limit).where(
            outcomes.c.source_id == source_id, outcomes.c.entity == entity
        )
        with reading(self._engine) as connection:
            return [_found(row) for row in connection.execute(query)]

    def decisions_on(self, entity: str, source_id: str) -> list[Decision]:
        """Return what people decided about a record, oldest first."""
        with reading(self._engine) as connection:
            return queue.decisions_on(connection, self._pair, entity, source_id)

    def decisions(
        self,
        q: str = "",
        *,
        who: str = "",
        what: str = "",
        entity: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Decision]:
        """Return what people and rules decided, newest first; each of them, back to the first.

        :param who: the id or the name of whoever decided.
        """
        with reading(self._engine) as connection:
            return decisions.page(
                connection,
                self._pair,
                q,
                who=who,
                what=what,
                entity=entity,
                before=before,
                limit=limit,
            )

    # Runs and plans

    def outcomes(
        self,
        run: str,
        q: str = "",
        *,
        what: str = "",
        severity: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Found]:
        """Return what became of records in *run*, newest first."""
        query = _page_of_outcomes(self._pair, before, limit).where(outcomes.c.run == run)
        if what:
            query = query.where(outcomes.c.what == what)
        if severity:
            query = query.where(outcomes.c.severity == severity)
        with reading(self._engine) as connection:
            rows = connection.execute(holding(query, outcomes.c.words, sought(q)))
            return [_found(row) for row in rows]

    def plan(self, called: str) -> Plan:
        """Return a sealed plan by its id.

        :raises UnknownRecord: if there is none such.
        """
        with reading(self._engine) as connection:
            return plans.find(connection, self._pair, called, "")

    def changes(
        self, plan: str, *, record: str = "", after: int = 0, limit: int = 50
    ) -> list[Stored]:
        """Return the next changes of *plan*, what it holds back among them; or one record's."""
        query = select(changes).where(changes.c.plan == plan, changes.c.seq > after)
        if record:
            query = query.where(changes.c.source_id == record)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(changes.c.seq).limit(limit)).all()
            return [Stored(seq=row.seq, change=change_of(row)) for row in rows]

    def planned(self, called: Iterable[str]) -> set[str]:
        """Return which of these runs only planned."""
        query = select(runs.c.id).where(runs.c.pair == self._pair, runs.c.mode == "plan")
        with reading(self._engine) as connection:
            return set(connection.scalars(query.where(runs.c.id.in_(list(called)))))

    def last_runs(self) -> dict[str, Run]:
        """Return the newest run of each entity that looked at anything.

        What is switched off, or found nothing accepted to export, ends well without a count; where
        there is nothing else it is the newest that says why, else the newest.
        """
        looked = (runs.c.state != "success") | runs.c.counts.contains('"read":')
        last = func.coalesce(
            func.max(case((looked, runs.c.id))),
            func.max(case((runs.c.notes.is_not(None), runs.c.id))),
            func.max(runs.c.id),
        )
        newest = select(last).where(runs.c.pair == self._pair).group_by(runs.c.entity)
        with reading(self._engine) as connection:
            rows = connection.execute(select(runs).where(runs.c.id.in_(newest)))
            return {row.entity: run_of(row) for row in rows}

    def other_pairs(self) -> list[dict[str, str]]:
        """Return company and organisation of every other pair that this ledger has runs of."""
        newest = select(func.max(runs.c.id)).where(runs.c.pair != self._pair).group_by(runs.c.pair)
        query = select(runs.c.pair, runs.c.company, runs.c.organisation)
        with reading(self._engine) as connection:
            found = connection.execute(query.where(runs.c.id.in_(newest)).order_by(runs.c.pair))
            return [
                {
                    "company": row.company or row.pair.partition(":")[0],
                    "organisation": row.organisation or row.pair.partition(":")[2],
                }
                for row in found
            ]

    def calls_since(self, moment: datetime) -> dict[str, int]:
        """Return the calls to each system of the runs that began from *moment* on."""
        query = select(runs.c.calls).where(
            runs.c.pair == self._pair, runs.c.id >= id_at(moment), runs.c.calls.is_not(None)
        )
        total = {"procore": 0, "xero": 0}
        with reading(self._engine) as connection:
            for text in connection.scalars(query):
                for system, count in loads(text).items():
                    total[system] = total.get(system, 0) + int(count)
        return total

    def counted(self, since: datetime, until: datetime) -> list[Counted]:
        """Return what the tries that began from *since* to *until* counted, oldest first.

        Plans are left out: they leave things as they are.
        """
        query = (
            select(
                runs.c.id,
                runs.c.entity,
                runs.c.dag_id,
                runs.c.dag_run,
                runs.c.task_id,
                runs.c.map_index,
                runs.c.started_at,
                runs.c.counts,
            )
            .where(runs.c.pair == self._pair, runs.c.mode == "apply", runs.c.counts.is_not(None))
            .where(runs.c.id >= id_at(since), runs.c.id < id_at(until))
            .order_by(runs.c.id)
        )
        with reading(self._engine) as connection:
            return [
                Counted(
                    entity=row.entity,
                    dag_run=f"{row.dag_id}/{row.dag_run}" if row.dag_run else row.id,
                    task=f"{row.entity} {row.task_id} {row.map_index}",
                    began=row.started_at,
                    counts=loads(row.counts),
                )
                for row in connection.execute(query)
            ]

    def mails(self, dag_id: str, dag_run: str) -> list[Mail]:
        """Return every attempt to send a mail about a DAG run, oldest first."""
        query = (
            select(mails)
            .where(mails.c.dag_id == dag_id, mails.c.dag_run == dag_run)
            .order_by(mails.c.id)
        )
        with reading(self._engine) as connection:
            return [_mail(row) for row in connection.execute(query)]

    # Issues

    def issues(
        self,
        q: str = "",
        *,
        entity: str = "",
        ignored: bool = False,
        after: tuple[bool, datetime, int] | None = None,
        limit: int = 50,
    ) -> list[Issue]:
        """Return open issues, those that a person must act on first, then the oldest.

        :param after: ``waits``, ``first_seen`` and id of the last row of the page before.
        """
        query = select(issues).where(issues.c.pair == self._pair, issues.c.closed_at.is_(None))
        query = query.where(issues.c.ignored_by != "" if ignored else issues.c.ignored_by == "")
        if entity:
            query = query.where(issues.c.entity == entity)
        order = (issues.c.waits, issues.c.first_seen, issues.c.id)
        if after is not None:
            place = (
                literal(value, column.type) for value, column in zip(after, order, strict=True)
            )
            query = query.where(tuple_(*order) > tuple_(*place))
        query = holding(query, issues.c.words, sought(q)).order_by(*order).limit(limit)
        with reading(self._engine) as connection:
            return [issue_of(row) for row in connection.execute(query)]

    def issues_of(self, entity: str, source_id: str) -> list[Issue]:
        """Return every issue that a record has or had, newest first."""
        query = (
            select(issues)
            .where(issues.c.pair == self._pair, issues.c.entity == entity)
            .where(issues.c.source_id == source_id)
            .order_by(issues.c.id.desc())
        )
        with reading(self._engine) as connection:
            return [issue_of(row) for row in connection.execute(query)]

    def with_issues(self, entity: str, source_ids: Iterable[str], q: str = "") -> set[str]:
        """Return which of these records have an open issue that holds every word of *q*."""
        found: set[str] = set()
        with reading(self._engine) as connection:
            for part in chunks(list(source_ids)):
                query = select(issues.c.source_id).where(
                    issues.c.pair == self._pair,
                    issues.c.entity == entity,
                    issues.c.source_id.in_(part),
                    issues.c.closed_at.is_(None),
                )
                found |= set(connection.scalars(holding(query, issues.c.words, sought(q))))
        return found

    def open_issues(self) -> dict[str, dict[str, int]]:
        """Return how many records of each entity somebody must see to, wait, or are ignored.

        As in the mail, a record that also waits for its turn is not yet a to-do.
        """
        ignored = (issues.c.ignored_by != "").label("ignored")
        waits = func.max(case((issues.c.waits, 1), else_=0)).label("waits")
        records = (
            select(issues.c.entity, ignored, waits)
            .where(issues.c.pair == self._pair, issues.c.closed_at.is_(None))
            .group_by(issues.c.entity, issues.c.source_id, ignored)
            .subquery()
        )
        of = (records.c.entity, records.c.ignored, records.c.waits)
        query = select(*of, func.count().label("records")).group_by(*of)
        found: dict[str, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                name = "ignored" if row.ignored else "waiting" if row.waits else "to_do"
                counts = found.setdefault(row.entity, {"to_do": 0, "waiting": 0, "ignored": 0})
                counts[name] += row.records
        return found

    # Documents and money

    def made(self, since: datetime, until: datetime | None = None) -> list[Made]:
        """Return what was linked from *since* on, before *until*, by the hour."""
        with reading(self._engine) as connection:
            hour = _hour(connection).label("hour")
            query = (
                select(
                    hour,
                    links.c.kind,
                    func.count().label("number"),
                    func.coalesce(func.sum(links.c.cents), 0).label("cents"),
                )
                .where(links.c.pair == self._pair, links.c.created_at >= since)
                .group_by(hour, links.c.kind)
                .order_by(hour)
            )
            if until is not None:
                query = query.where(links.c.created_at < until)
            return [
                Made(hour=row.hour, kind=row.kind, count=row.number, cents=int(row.cents))
                for row in connection.execute(query)
            ]


def sought(q: str) -> str:
    """Return *q* as the ledger keeps words: an amount without its currency and its commas."""
    return " ".join(
        word.strip("$€£").replace(",", "") if _AMOUNT.fullmatch(word) else word
        for word in words(q).split()
    )


def _page_of_outcomes(pair: str, before: int | None, limit: int) -> Select[Any]:
    query = select(outcomes).where(outcomes.c.pair == pair)
    if before is not None:
        query = query.where(outcomes.c.id < before)
    return query.order_by(outcomes.c.id.desc()).limit(limit)


def _hour(connection: Connection) -> Any:
    if connection.dialect.name == "sqlite":
        return func.substr(links.c.created_at, 1, 13)
    return func.to_char(func.timezone("UTC", links.c.created_at), "YYYY-MM-DD HH24")


def _found(row: Any) -> Found:
    return Found(id=row.id, run=row.run, at=row.at, severity=row.severity, outcome=outcome_of(row))


def _mail(row: Any) -> Mail:
    return Mail(
        kind=row.kind,
        dag_id=row.dag_id,
        dag_run=row.dag_run,
        recipients=tuple(loads(row.recipients)),
        subject=row.subject,
        error=row.error,
        sent_at=row.sent_at,
    )


def _pairing(row: Any) -> Pairing:
    return Pairing(
        id=row.id,
        kind=row.kind,
        procore_id=row.procore_id,
        xero_id=row.xero_id,
        procore_name=row.procore_name,
        xero_name=row.xero_name,
        state=row.state,
        data=loads(row.data),
        cents=row.cents,
        run=row.run,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
