"""Which record of one system is which of the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_provider_procore_xero.ledger import links
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.sync.links import Link, System


class LinksBook(Book):
    """One of the books of the ledger; each method is one transaction."""

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

        :raises LinkTaken: if one of two ids is actively linked with another record.
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

    def former_links(self, kind: str, procore_ids: Iterable[Any]) -> list[Link]:
        """Return the pairs of these records that people have unlinked, if their Xero record is
        nobody's since."""
        with self._read() as connection:
            return links.former(connection, self.pair, kind, procore_ids)

    def links_epoch(self) -> str:
        """Return a text that changes when a known link is changed or unlinked.

        Additions and fresh fingerprints leave it as it is.
        """
        with self._read() as connection:
            return links.epoch(connection, self.pair)
