"""The ledger: one method is one question or one fact, in one transaction.

It is made of books, a subject each. The statements stand in the modules beside this one;
transactions begin and end in the books.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine

from airflow_provider_procore_xero.ledger import leases, reports, runs
from airflow_provider_procore_xero.ledger.allowances import LedgerLimits
from airflow_provider_procore_xero.ledger.books.costs import CostsBook
from airflow_provider_procore_xero.ledger.books.issues import IssuesBook
from airflow_provider_procore_xero.ledger.books.links import LinksBook
from airflow_provider_procore_xero.ledger.books.memory import MemoryBook
from airflow_provider_procore_xero.ledger.books.plans import PlansBook
from airflow_provider_procore_xero.ledger.books.runs import RunsBook
from airflow_provider_procore_xero.ledger.books.writes import WritesBook
from airflow_provider_procore_xero.ledger.by_hand import ByHand
from airflow_provider_procore_xero.ledger.engine import now
from airflow_provider_procore_xero.ledger.facts import Mail
from airflow_provider_procore_xero.ledger.leases import Lease
from airflow_provider_procore_xero.ledger.questions import Questions
from airflow_provider_procore_xero.ledger.queue import Queue
from airflow_provider_procore_xero.ledger.tokens import Cipher, LedgerTokens, StoredToken
from airflow_provider_procore_xero.sync.report import FlowReport, Report


class Ledger(LinksBook, RunsBook, PlansBook, WritesBook, IssuesBook, MemoryBook, CostsBook):
    """What is remembered of one Procore company and one Xero organisation.

    :param pair: ``"{procore company}:{xero tenant}"``.
    :param cipher: encrypts tokens; without one only tokens that can be asked for again are used.
    :param token: the class that the clients have for a token.
    :ivar limits: where all workers keep account of the calls to a tenant.
    """

    def __init__(
        self,
        engine: Engine,
        pair: str,
        cipher: Cipher | None = None,
        token: Callable[..., Any] = StoredToken,
    ) -> None:
        super().__init__(engine, pair)
        self.tokens = LedgerTokens(engine, cipher, token)
        self.limits = LedgerLimits(engine)
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
