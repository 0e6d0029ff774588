"""When what ran, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_provider_procore_xero.ledger import runs
from airflow_provider_procore_xero.ledger.books.book import Book
from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.sync.report import Mode


class RunsBook(Book):
    """One of the books of the ledger; each method is one transaction."""

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
        names: tuple[str, str] = ("", ""),
    ) -> None:
        """Remember how *run* ended.

        :param names: of the company and the organisation, each empty where the run did not meet it.
        """
        with self._write() as connection:
            runs.end(connection, run, state, counts, calls, error, notes, plan)
            if any(names):
                runs.name(connection, run, *names)

    def run(self, run: str) -> Run:
        """Return *run*.

        :raises UnknownRecord: if there is no such run of this pair.
        """
        with self._read() as connection:
            return runs.one(connection, self.pair, run)

    def first_run(self, entity: str) -> datetime | None:
        """Return when *entity* was first run to be applied, or None if it never was."""
        with self._read() as connection:
            return runs.first(connection, self.pair, entity)

    def runs(
        self,
        *,
        entity: str | None = None,
        dag_id: str | None = None,
        dag_run: str | None = None,
        state: str | None = None,
        before: str = "",
        limit: int = 50,
        idle: bool = True,
    ) -> list[Run]:
        """Return runs, newest first; *before* is the last id of the page before.

        :param idle: also those that ended well without having looked at anything.
        """
        asked = {"entity": entity, "dag_id": dag_id, "dag_run": dag_run, "state": state}
        with self._read() as connection:
            return runs.newest(connection, self.pair, asked, before, limit, idle=idle)
