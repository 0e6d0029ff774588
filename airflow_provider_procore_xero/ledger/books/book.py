"""What the books of the ledger share: whose they are, and how a transaction begins."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine

from airflow_provider_procore_xero.ledger.engine import reading


class Book:
    """What is remembered of one subject, of one Procore company and one Xero organisation.

    :param pair: ``"{procore company}:{xero tenant}"``.
    """

    def __init__(self, engine: Engine, pair: str) -> None:
        self._engine = engine
        self.pair = pair

    def _read(self) -> AbstractContextManager[Connection]:
        return reading(self._engine)

    def _write(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()
