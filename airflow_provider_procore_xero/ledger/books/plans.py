"""What each run meant to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_procore_xero.ledger import plans
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.ledger.facts import Plan
from airflow_provider_procore_xero.sync.links import Link, System
from airflow_provider_procore_xero.sync.plan import Adopt, Change, Create, Remove, Stored, Update


class PlansBook(Book):
    """One of the books of the ledger; each method is one transaction."""

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
