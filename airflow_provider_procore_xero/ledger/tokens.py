"""Rotating tokens: encrypted rows, renewed by one worker at a time, changed by compare-and-set."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import Engine, delete, select, update

from airflow_provider_procore_xero.errors import ConnectionIncomplete, SyncError
from airflow_provider_procore_xero.ledger.engine import insert, now, reading
from airflow_provider_procore_xero.ledger.tables import leases, tokens

LEASE = timedelta(seconds=90)
"""How long a worker may take to renew a token; after that its lock is nobody's."""

PATIENCE_SECONDS = 120
POLL_SECONDS = 0.2


class Cipher(Protocol):
    """What Airflow's Fernet is."""

    def encrypt(self, msg: bytes) -> bytes: ...

    def decrypt(self, msg: bytes) -> bytes: ...


class Token(Protocol):
    """What is kept of one sign-in; the clients have a class of their own for it."""

    @property
    def access(self) -> str: ...

    @property
    def refresh(self) -> str | None: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What is given back where nobody asks for another class."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime
    version: int


class LedgerTokens:
    """Tokens that every worker shares.

    :param make: the class that the clients have for a token, since this folder knows no clients.
    """

    def __init__(
        self, engine: Engine, cipher: Cipher | None, make: Callable[..., Any] = StoredToken
    ) -> None:
        self._engine = engine
        self._cipher = cipher
        self._make = make

    def load(self, key: str) -> Any:
        """Return the token stored under *key*, or None."""
        if self._cipher is None:
            return None
        with reading(self._engine) as connection:
            row = connection.execute(select(tokens).where(tokens.c.key == key)).first()
        if row is None:
            return None
        plain = self._cipher.decrypt(row.ciphertext)
        access, refresh = msgspec.json.decode(plain, type=tuple[str, str | None])
        return self._make(
            access=access, refresh=refresh, expires_at=row.expires_at, version=row.version
        )

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        """Store *new* and return True, unless something else than *old* is there by now.

        :raises ConnectionIncomplete: if a refresh token would be stored unencrypted.
        """
        if self._cipher is None:
            self._refuse(new)
            return True
        row = {
            "version": new.version,
            "ciphertext": self._cipher.encrypt(msgspec.json.encode([new.access, new.refresh])),
            "expires_at": new.expires_at,
            "changed_at": now(),
        }
        with self._engine.begin() as connection:
            if old is None:
                first = insert(connection.dialect.name, tokens).values(key=key, **row)
                return connection.execute(first.on_conflict_do_nothing()).rowcount == 1
            same = (tokens.c.key == key) & (tokens.c.version == old.version)
            return connection.execute(update(tokens).where(same).values(**row)).rowcount == 1

    @staticmethod
    def _refuse(new: Token) -> None:
        if new.refresh:
            raise ConnectionIncomplete(
                "A refresh token is not stored unencrypted. Set [core] fernet_key"
                " (AIRFLOW__CORE__FERNET_KEY) to the same key on every worker."
            )

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Let one worker at a time renew the tokens of *key*.

        It is a row with an end, so a worker that dies holds it for 90 seconds and no longer.

        :raises SyncError: if it is not free after two minutes.
        """
        holder = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._acquire(key, holder)
        try:
            yield
        finally:
            with self._engine.begin() as connection:
                mine = (leases.c.name == key) & (leases.c.holder == holder)
                connection.execute(delete(leases).where(mine))

    def _acquire(self, key: str, holder: str) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self._taken(key, holder):
            if time.monotonic() > give_up:
                raise SyncError(
                    f"Another worker has been renewing {key} for two minutes. Run again."
                )
            time.sleep(POLL_SECONDS)

    def _taken(self, key: str, holder: str) -> bool:
        moment = now()
        with self._engine.begin() as connection:
            new = insert(connection.dialect.name, leases).values(
                name=key, holder=holder, until=moment + LEASE
            )
            taken = new.on_conflict_do_update(
                index_elements=("name",),
                set_={"holder": new.excluded.holder, "until": new.excluded.until},
                where=leases.c.until < moment,
            )
            return connection.execute(taken).rowcount == 1
