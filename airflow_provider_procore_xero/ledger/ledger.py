"""The ledger: one method is one question or one fact, in one transaction.

The statements stand in the modules beside this one, a subject each; transactions begin and end
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from airflow_provider_procore_xero.ledger import (
    costs,
    issues,
    leases,
    links,
    memory,
    plans,
    reconciliations,
    reports,
    runs,
    writes,
)
from airflow_provider_procore_xero.ledger.allowances import LedgerLimits
from airflow_provider_procore_xero.ledger.by_hand import ByHand
from airflow_provider_procore_xero.ledger.engine import now, reading
from airflow_provider_procore_xero.ledger.facts import (
    Found,
    Issue,
    Mail,
    Plan,
    Run,
    Severity,
    Watermark,
)
from airflow_provider_procore_xero.ledger.leases import Lease
from airflow_provider_procore_xero.ledger.questions import Questions
from airflow_provider_procore_xero.ledger.queue import Queue
from airflow_provider_procore_xero.ledger.tokens import Cipher, LedgerTokens, StoredToken
from airflow_provider_procore_xero.sync.entities.job_costs import Cost, JobCost
from airflow_provider_procore_xero.sync.links import Link, System
from airflow_provider_procore_xero.sync.plan import Adopt, Change, Create, Remove, Stored, Update
from airflow_provider_procore_xero.sync.reconciliation import Reconciled, Reconciliation
from airflow_provider_procore_xero.sync.report import FlowReport, Mode, Outcome, Report
from airflow_provider_procore_xero.sync.results import Doubt


class Ledger:
    """What is remembered of one Procore company and one Xero organisation.

    :param pair: ``"{procore company}:{xero tenant}"``.
    :param cipher: encrypts tokens; without one only tokens that can be asked for again are used.
    :param token: the class that the clients have for a token.
    :ivar limits: where all workers keep account of the calls to a tenant.
    :ivar held: the lease without which this run may not send anything; None needs none.
    """

    def __init__(
        self,
        engine: Engine,
        pair: str,
        cipher: Cipher | None = None,
        token: Callable[..., Any] = StoredToken,
    ) -> None:
        self._engine = engine
        self.pair = pair
        self.tokens = LedgerTokens(engine, cipher, token)
        self.limits = LedgerLimits(engine)
        self.held: Lease | None = None
        self.queue = Queue(engine, pair)
        self.questions = Questions(engine, pair)
        self.by_hand = ByHand(engine, pair)

    def lease(self, flow: str, *, task: str, who: str, seconds: float) -> Lease:
        """Return the lease on *flow*, not taken yet; see :class:`Lease`."""
        name = f"{self.pair}/{flow}"
        return Lease(self._engine, name, task=task, who=who, seconds=seconds)

    def is_free(self, flow: str) -> bool:
        """Return whether nobody holds the lease on *flow*."""
        with self._read() as connection:
            return leases.is_free(connection, f"{self.pair}/{flow}")

    def _read(self) -> AbstractContextManager[Connection]:
        return reading(self._engine)

    def _write(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    # Links

    def links(
        self,
        kind: str,
        *,
        procore_ids: Iterable[Any] | None = None,
        xero_ids: Iterable[Any] | None = None,
    ) -> list[Link]:
        """Return the active and orphaned links of *kind*: all, or those of the given ids."""
        with self._read() as connection:
            return links.find(connection, self.pair, kind, procore_ids, xero_ids)

    def save_links(self, found: Iterable[Link], run: str = "") -> None:
        """Remember *found*. A write that the ledger forgets is a duplicate bill tomorrow.

        :raises SyncError: if one of two ids is actively linked with another record.
        """
        with self._write() as connection:
            links.save(connection, self.pair, found, run)

    def orphan_links(self, kind: str, system: System, ids: Iterable[Any], run: str = "") -> int:
        """Remember that the counterpart of these records is gone; return how many had one."""
        with self._write() as connection:
            return links.orphan(connection, self.pair, kind, system, ids, run)

    def unlink(self, kind: str, system: System, ids: Iterable[Any], run: str = "") -> int:
        """Forget the links of these records; return how many there were."""
        with self._write() as connection:
            return links.unlink(connection, self.pair, kind, system, ids, run)

    def unlinked(self, kind: str, xero_ids: Iterable[Any]) -> set[str]:
        """Return which of these Xero records were unlinked, and not linked again."""
        with self._read() as connection:
            return links.unlinked(connection, self.pair, kind, xero_ids)

    def links_epoch(self) -> str:
        """Return a text that changes when a known link is changed or unlinked.

        Additions and fresh fingerprints leave it as it is.
        """
        with self._read() as connection:
            return links.epoch(connection, self.pair)

    # Runs

    def begin_run(
        self,
        entity: str,
        mode: Mode,
        *,
        dag_id: str = "",
        dag_run: str = "",
        task_id: str = "",
        map_index: int = -1,
        try_number: int = 1,
        trigger: str = "",
        company: str = "",
        organisation: str = "",
        settings_hash: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> str:
        """Remember that a run began; return its id, which sorts by time."""
        with self._write() as connection:
            return runs.begin(
                connection,
                self.pair,
                entity=entity,
                mode=mode,
                dag_id=dag_id,
                dag_run=dag_run,
                task_id=task_id,
                map_index=map_index,
                try_number=try_number,
                trigger_kind=trigger,
                company=company,
                organisation=organisation,
                settings_hash=settings_hash,
                settings=settings,
            )

    def end_run(
        self,
        run: str,
        state: str,
        counts: Mapping[str, int],
        calls: Mapping[str, int],
        error: str = "",
        notes: Sequence[str] = (),
        plan: str = "",
    ) -> None:
        """Remember how *run* ended."""
        with self._write() as connection:
            runs.end(connection, run, state, counts, calls, error, notes, plan)

    def run(self, run: str) -> Run:
        """Return *run*.

        :raises UnknownRecord: if there is no such run of this pair.
        """
        with self._read() as connection:
            return runs.one(connection, self.pair, run)

    def runs(
        self,
        *,
        entity: str | None = None,
        dag_id: str | None = None,
        dag_run: str | None = None,
        state: str | None = None,
        before: str = "",
        limit: int = 50,
    ) -> list[Run]:
        """Return runs, newest first; *before* is the last id of the page before."""
        asked = {"entity": entity, "dag_id": dag_id, "dag_run": dag_run, "state": state}
        with self._read() as connection:
            return runs.newest(connection, self.pair, asked, before, limit)

    # Plans

    def begin_plan(
        self,
        run: str,
        entity: str,
        *,
        kind: str = "",
        source_system: System = "procore",
        scope: str = "",
        settings_hash: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> str:
        """Remember that a plan is being made; return its id.

        :param kind: the kind of link its changes make; empty if they make none.
        :param scope: the DAG run, as the snapshots have it.
        """
        with self._write() as connection:
            return plans.begin(
                connection,
                self.pair,
                run=run,
                entity=entity,
                kind=kind,
                source_system=source_system,
                scope=scope,
                settings_hash=settings_hash,
                settings=settings,
            )

    def add_changes(self, plan: str, found: Iterable[Change]) -> dict[str, int]:
        """Store *found* in *plan*, and return the counts; what is kept is only counted."""
        return plans.add(self._engine, self.pair, plan, found)

    def seal_plan(self, plan: str, counts: Mapping[str, int]) -> str:
        """Close *plan*; return the hash of what it would write and what it holds."""
        with self._write() as connection:
            return plans.seal(connection, plan, counts)

    def plan(self, called: str, entity: str = "") -> Plan:
        """Return the sealed plan with the id *called*, or the newest of that DAG run.

        :raises UnknownRecord: if there is none.
        """
        with self._read() as connection:
            return plans.find(connection, self.pair, called, entity)

    def changes(
        self,
        plan: str,
        kinds: Sequence[type] = (Create, Update, Adopt, Remove),
        *,
        after: int = 0,
        limit: int = 500,
    ) -> Iterator[Stored]:
        """Yield the changes of *plan* of these classes, in its order, *limit* at a time."""
        while True:
            with self._read() as connection:
                page = plans.page(connection, plan, kinds, after, limit)
            yield from page
            if len(page) < limit:
                return
            after = page[-1].seq

    def planned_links(self, scope: str) -> list[Link]:
        """Return the links that the plans of this DAG run would make, had they been applied.

        What would be created has the id ``planned:<source id>``.
        """
        with self._read() as connection:
            return list(plans.planned_links(connection, self.pair, scope))

    # Writes

    def save_intents(
        self,
        run: str,
        plan: str,
        stored: Sequence[Stored],
        *,
        entity: str,
        key: str,
        batch: int = 0,
    ) -> list[int]:
        """Remember what is about to be sent, committed before this returns; return the ids.

        :raises LeaseLost: if this run has lost its right to send anything.
        """
        with self._write() as connection:
            if self.held is not None:
                self.held.check(connection)
            return writes.intend(
                connection,
                self.pair,
                stored,
                run=run,
                plan=plan,
                entity=entity,
                key=key,
                batch=batch,
            )

    def close_batch(
        self,
        run: str,
        outcomes: Sequence[Outcome],
        found: Sequence[Link],
        intents: Sequence[int],
        *,
        unlinked: Sequence[Link] = (),
        shelf: Iterable[tuple[str, str, Mapping[str, Any]]] = (),
    ) -> None:
        """Remember what a batch came to, all of it or nothing.

        :param unlinked: pairs that end, before those of *found* begin.
        :param shelf: entity, source id and record of what is to be judged again.
        """
        with self._write() as connection:
            writes.append(connection, self.pair, run, outcomes)
            for link in unlinked:
                links.unlink(connection, self.pair, link.kind, "procore", (link.procore_id,), run)
            links.save(connection, self.pair, found, run)
            for entity, source_id, raw in shelf:
                memory.shelve(connection, self.pair, entity, ((source_id, raw),))
            writes.close(connection, intents)

    def doubts(self, entity: str) -> list[Doubt]:
        """Return what was about to be sent and has no answer, of whatever run, oldest first."""
        with self._read() as connection:
            return writes.doubts(connection, self.pair, entity)

    # Outcomes

    def add_outcomes(self, run: str, found: Iterable[Outcome]) -> None:
        """Append *found* to what became of records in *run*."""
        found = list(found)
        if not found:
            return
        with self._write() as connection:
            writes.append(connection, self.pair, run, found)

    def outcomes(self, run: str, what: str | None = None) -> list[Outcome]:
        """Return what became of records in *run*, in the order it came."""
        with self._read() as connection:
            return writes.outcomes_of(connection, self.pair, run, what)

    def outcome_pages(self, run: str, *, limit: int = 500) -> Iterator[list[Outcome]]:
        """Yield the same, *limit* at a time; a first night has one for every record."""
        after = 0
        while True:
            with self._read() as connection:
                page = writes.page_of(connection, self.pair, run, after, limit)
            yield [outcome for _, outcome in page]
            if len(page) < limit:
                return
            after = page[-1][0]

    def search(
        self,
        q: str = "",
        *,
        run: str | None = None,
        entity: str | None = None,
        severity: Severity | None = None,
        limit: int = 100,
        after: int | None = None,
    ) -> list[Found]:
        """Return outcomes that hold every word of *q*, newest first, from below the id *after*."""
        asked = {"run": run, "entity": entity, "severity": severity}
        with self._read() as connection:
            return writes.search(connection, self.pair, q, asked, limit, after)

    # Issues and the shelf

    def settle_issues(
        self,
        run: str,
        entity: str,
        holds: Iterable[Outcome],
        *,
        judged: Iterable[str] = (),
        complete: bool = False,
    ) -> None:
        """Open the new reasons among *holds*, touch those seen again, close those that are gone.

        :param judged: ids of the records looked at; a reason of theirs not in *holds* is gone.
        :param complete: True where this run has looked at every record: what none of its calls
            saw is gone too.
        """
        with self._write() as connection:
            issues.settle(connection, self.pair, run, entity, holds, judged, complete)

    def issues(self, entity: str | None = None, open_only: bool = True, q: str = "") -> list[Issue]:
        """Return issues that hold every word of *q*, those a person must act on first."""
        with self._read() as connection:
            return issues.find(connection, self.pair, entity, open_only, q)

    def shelve(self, entity: str, items: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep held and refused records, to judge them again without a call."""
        items = list(items)
        if not items:
            return
        with self._write() as connection:
            memory.shelve(connection, self.pair, entity, items)

    def unshelve(self, entity: str, source_ids: Iterable[str]) -> None:
        """Take records off the shelf."""
        source_ids = list(source_ids)
        if not source_ids:
            return
        with self._write() as connection:
            memory.unshelve(connection, self.pair, entity, source_ids)

    def shelf(self, entity: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the shelved records with their ids; it may be changed meanwhile."""
        after, limit = "", 500
        while True:
            with self._read() as connection:
                page = memory.shelf_page(connection, self.pair, entity, after, limit)
            yield from page
            if len(page) < limit:
                return
            after = page[-1][0]

    # Watermarks and snapshots

    def watermark(self, stream: str) -> Watermark | None:
        """Return up to when *stream* was read, or None."""
        with self._read() as connection:
            return memory.watermark(connection, self.pair, stream)

    def move_watermark(self, stream: str, moment: datetime, settings_hash: str, run: str) -> None:
        """Remember that everything of *stream* up to *moment* is dealt with."""
        with self._write() as connection:
            memory.move_watermark(connection, self.pair, stream, moment, settings_hash, run)

    def list_sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Return how long those of the lists *names* were that were read whole before."""
        with self._read() as connection:
            return memory.list_sizes(connection, self.pair, names)

    def save_list_sizes(self, sizes: Mapping[str, int], run: str) -> None:
        """Remember how long these lists were when this run read them whole."""
        with self._write() as connection:
            memory.save_list_sizes(connection, self.pair, sizes, run)

    def snapshot(self, scope: str, name: str) -> Any | None:
        """Return the list that a task of the DAG run *scope* has read, or None."""
        with self._read() as connection:
            return memory.snapshot(connection, self.pair, scope, name)

    def save_snapshot(self, scope: str, name: str, value: Any) -> Any:
        """Share *value* with the other tasks; return the value of whoever was first."""
        with self._write() as connection:
            return memory.save_snapshot(connection, self.pair, scope, name, value)

    def prune_snapshots(self, days: int = 3) -> int:
        """Forget snapshots older than *days*; return how many."""
        with self._write() as connection:
            return memory.prune_snapshots(connection, days)

    # Job costs and reconciliation

    def save_costs(self, run: str, documents: Iterable[str], found: Iterable[Cost]) -> None:
        """Remember what *documents*, ids of Xero's, have cost, instead of what they had."""
        with self._write() as connection:
            costs.replace(connection, self.pair, run, documents, found)

    def forget_other_costs(self, run: str) -> None:
        """Forget the costs of documents that *run*, which read all there are, has not seen."""
        with self._write() as connection:
            costs.forget_others(connection, self.pair, run)

    def summed_costs(self) -> list[tuple[Cost, bool]]:
        """Return all costs by option, code and currency, and whether they came from Procore."""
        with self._read() as connection:
            return costs.sums(connection, self.pair)

    def save_job_costs(self, run: str, found: Iterable[JobCost]) -> None:
        """Let *found* be the job costs of every project from now on."""
        with self._write() as connection:
            costs.save(connection, self.pair, run, found)

    def job_costs(
        self, *, project_id: str | None = None, after: Sequence[str] = (), limit: int = 100
    ) -> list[JobCost]:
        """Return job costs in the order of their key, without tax.

        :param project_id: only of this Procore project; ``""`` is what belongs to none.
        :param after: key of the last row of the page before: ``project_id``, ``project``,
            ``code``, ``cost_type``, ``currency``.
        """
        with self._read() as connection:
            return costs.find(connection, self.pair, project_id, after, limit)

    def save_reconciliation(self, run: str, rows: Sequence[Reconciled], scope: str = "") -> None:
        """Remember what a reconciliation found; the rows of the last month of them are kept.

        :param scope: the DAG run, as the snapshots have it.
        """
        with self._write() as connection:
            reconciliations.save(connection, self.pair, run, scope, rows)

    def last_reconciliation(self, *, run: str = "", scope: str = "") -> Reconciliation | None:
        """Return the newest reconciliation, or that of a run or of a DAG run, or None.

        Of its rows it has only the worst: those that differ most without a reason.
        """
        with self._read() as connection:
            return reconciliations.last(connection, self.pair, run, scope)

    def reconciliation(
        self,
        *,
        run: str = "",
        q: str = "",
        project_id: str | None = None,
        differing: bool = False,
        after: int = 0,
        limit: int = 100,
    ) -> list[Reconciled]:
        """Return rows of a reconciliation, the newest if no *run* is named.

        Those that differ most without a reason come first.

        :param q: only rows that hold every word of it, in a name, the code or a reason's code.
        :param differing: only rows whose two systems do not agree, explained or not.
        :param after: ``seq`` of the last row of the page before.
        """
        with self._read() as connection:
            found = reconciliations.last(connection, self.pair, run, "")
            if found is None:
                return []
            return reconciliations.page(
                connection,
                found.run,
                q=q,
                project_id=project_id,
                differing=differing,
                after=after,
                limit=limit,
            )

    # Reports and mails

    def report(self, dag_id: str, dag_run: str, *, limit_per_flow: int = 2000) -> Report:
        """Return the report of one DAG run."""
        with self._read() as connection:
            return reports.report(connection, self.pair, dag_id, dag_run, limit_per_flow)

    def flow_report(self, run: str, *, limit: int = 2000) -> FlowReport:
        """Return the report of one run.

        :raises UnknownRecord: if there is no such run of this pair.
        """
        with self._read() as connection:
            one = runs.one(connection, self.pair, run)
            return reports.flow_of(connection, self.pair, [one], limit)

    def mail_sent(self, dag_id: str, dag_run: str, kind: str = "report") -> bool:
        """Return whether a mail of *kind* was taken for this DAG run."""
        with self._read() as connection:
            return runs.mail_sent(connection, dag_id, dag_run, kind)

    def save_mail(
        self,
        dag_id: str,
        dag_run: str,
        *,
        recipients: Sequence[str],
        subject: str,
        kind: str = "report",
        error: str = "",
    ) -> None:
        """Remember one attempt to send a mail; *error* says why it was not taken."""
        mail = Mail(
            kind=kind,
            dag_id=dag_id,
            dag_run=dag_run,
            recipients=tuple(recipients),
            subject=subject,
            error=error,
            sent_at=now(),
        )
        with self._write() as connection:
            runs.save_mail(connection, self.pair, mail)
