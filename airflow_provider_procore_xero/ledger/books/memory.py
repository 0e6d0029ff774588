"""Up to when what was read, and the lists that a DAG run shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from airflow_provider_procore_xero.ledger import memory
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.ledger.facts import Watermark


class MemoryBook(Book):
    """One of the books of the ledger; each method is one transaction."""

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
