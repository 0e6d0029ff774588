"""What keeps records back, and the records themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_procore_xero.ledger import issues, memory
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.ledger.facts import Issue
from airflow_provider_procore_xero.sync.report import Outcome


class IssuesBook(Book):
    """One of the books of the ledger; each method is one transaction."""

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
