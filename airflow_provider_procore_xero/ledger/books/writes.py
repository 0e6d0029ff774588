"""What was about to be sent, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from airflow_provider_procore_xero.errors import NotAgreed
from airflow_provider_procore_xero.ledger import links, memory, queue, writes
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.ledger.facts import Found, Severity
from airflow_provider_procore_xero.ledger.leases import Lease
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Stored
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.sync.results import Doubt

NOTHING: Mapping[str, str] = {}


class WritesBook(Book):
    """One of the books of the ledger; each method is one transaction."""

    held: Lease | None = None
    """The lease without which this run may not send anything; None needs none."""

    def save_intents(
        self,
        run: str,
        plan: str,
        stored: Sequence[Stored],
        *,
        entity: str,
        key: str,
        batch: int = 0,
        needed: Mapping[str, str] = NOTHING,
    ) -> list[int]:
        """Remember what is about to be sent, committed before this returns; return the ids.

        :param needed: the hash that a decision in the queue must be bound to, by source id.
        :raises LeaseLost: if this run has lost its right to send anything.
        :raises NotAgreed: if a decision that is needed does not stand; nothing is remembered.
        """
        with self._write() as connection:
            self._check(connection)
            if refused := queue.not_agreed(connection, self.pair, entity, needed):
                raise NotAgreed(refused)
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

    def leaving(self, run: str) -> None:
        """Remember that what is intended is sent only now: a batch may take its time.

        :raises LeaseLost: if this run has lost its right to send anything.
        """
        with self._write() as connection:
            self._check(connection)
            writes.leaving(connection, self.pair, run)

    def still_mine(self) -> None:
        """Make sure that this run may send what needs no intent.

        :raises LeaseLost: if it has lost its right to send anything.
        """
        if self.held is not None:
            with self._read() as connection:
                self._check(connection)

    def _check(self, connection: Connection) -> None:
        if self.held is not None:
            self.held.check(connection)

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
        :raises LinkTaken: if a person has linked one of *found* otherwise meanwhile.
        """
        with self._write() as connection:
            writes.append(connection, self.pair, run, outcomes)
            for link in unlinked:
                links.unlink(connection, self.pair, link.kind, "procore", (link.procore_id,), run)
            links.save(connection, self.pair, found, run)
            for entity, source_id, raw in shelf:
                memory.shelve(connection, self.pair, entity, ((source_id, raw),))
            writes.close(connection, intents)

    def not_agreed(self, entity: str, needed: Mapping[str, str]) -> dict[str, str]:
        """Return those of *needed*, hashes by source id, to which nobody agrees, with their state.

        What is nowhere in the queue has an empty one.
        """
        with self._read() as connection:
            return queue.not_agreed(connection, self.pair, entity, needed)

    def doubts(self, entity: str) -> list[Doubt]:
        """Return what was about to be sent and has no answer, of whatever run, oldest first."""
        with self._read() as connection:
            return writes.doubts(connection, self.pair, entity)

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
