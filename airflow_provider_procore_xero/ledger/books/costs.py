"""What each project has cost, and what a proof of it found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from airflow_provider_procore_xero.ledger import costs, reconciliations
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.sync.entities.job_costs import Cost, JobCost
from airflow_provider_procore_xero.sync.reconciliation import Reconciled, Reconciliation


class CostsBook(Book):
    """One of the books of the ledger; each method is one transaction."""

    def save_costs(self, run: str, documents: Iterable[str], found: Iterable[Cost]) -> None:
        """Remember what *documents*, ids of Xero's, have cost, instead of what they had."""
        with self._write() as connection:
            costs.replace(connection, self.pair, run, documents, found)

    def forget_other_costs(self, run: str) -> None:
        """Forget the costs of documents that *run*, which read all there are, has not seen."""
        with self._write() as connection:
            costs.forget_others(connection, self.pair, run)

    def summed_costs(self, documents: Sequence[str] | None = None) -> list[tuple[Cost, bool]]:
        """Return costs by option, code and currency, and whether they came from Procore.

        :param documents: only what these, ids of Xero's, have cost; else all.
        """
        with self._read() as connection:
            return costs.sums(connection, self.pair, documents)

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

    def differences(self, run: str) -> dict[str, tuple[Decimal, Decimal]]:
        """Return what the rows of *run* differ by, and what of it is unexplained, by currency."""
        with self._read() as connection:
            return reconciliations.differences(connection, run)

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
