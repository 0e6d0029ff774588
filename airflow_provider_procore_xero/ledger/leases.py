"""Leases: one task at a time works on one flow of one pair.

A lease is a row with an end, renewed while its holder lives; who is killed holds it until then and
no longer. A later try of the same task takes it over at once.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from airflow_provider_procore_xero.errors import LeaseLost
from airflow_provider_procore_xero.ledger.engine import hasty_engine_for, insert, moment
from airflow_provider_procore_xero.ledger.tables import leases

log = logging.getLogger(__name__)

RENEWALS = 4
"""How often in its length a lease is renewed."""

_HOLDER = (
    select(leases.c.holder).where(leases.c.name == bindparam("called")).with_for_update(read=True)
)
"""Until the transaction is over nobody takes what was looked at; SQLite has one writer anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lease.

    :param left: seconds until it ends, if nobody renews it.
    """

    who: str
    since: datetime
    until: datetime
    left: float


def is_free(connection: Connection, name: str) -> bool:
    """Return whether nobody holds the lease *name*."""
    until = connection.scalar(select(leases.c.until).where(leases.c.name == name))
    return until is None or until < moment(connection)


class Lease:
    """The right to work on one flow of one pair.

    :param task: the task that asks; all of its tries go by the same name.
    :param who: the same in words, for whoever waits.
    :param seconds: how long it lasts without being renewed.
    """

    def __init__(self, engine: Engine, name: str, *, task: str, who: str, seconds: float) -> None:
        self._engine = hasty_engine_for(engine.url)
        self._name, self._task, self._who = name, task, who
        self._length = timedelta(seconds=seconds)
        self._holder = f"{task}#{secrets.token_hex(8)}"
        self._over = threading.Event()
        self._keeper: threading.Thread | None = None

    def take(self) -> Holder | None:
        """Take the lease and return None, or return who has it."""
        with self._engine.begin() as connection:
            at = moment(connection)
            if connection.execute(self._taking(connection, at)).rowcount == 1:
                return None
            row = connection.execute(select(leases).where(leases.c.name == self._name)).one()
        left = (row.until - at).total_seconds()
        return Holder(who=row.who, since=row.since or at, until=row.until, left=left)

    def _taking(self, connection: Connection, at: datetime) -> Executable:
        new = insert(connection.dialect.name, leases).values(
            name=self._name,
            holder=self._holder,
            who=self._who,
            since=at,
            until=at + self._length,
        )
        ours = leases.c.holder.startswith(f"{self._task}#", autoescape=True)
        taking: Executable = new.on_conflict_do_update(
            index_elements=("name",),
            set_={name: new.excluded[name] for name in ("holder", "who", "since", "until")},
            where=(leases.c.until < at) | ours,
        )
        return taking

    def keep(self) -> None:
        """Renew it from now on, until it is released."""
        self._keeper = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._keeper.start()

    def _renew(self) -> None:
        while not self._over.wait(self._length.total_seconds() / RENEWALS):
            try:
                with self._engine.begin() as connection:
                    until = moment(connection) + self._length
                    mine = update(leases).where(self._is_mine()).values(until=until)
                    if connection.execute(mine).rowcount == 0:
                        return  # the next write finds out, and says so
            except SQLAlchemyError as error:
                log.warning("The lease on %s can't be renewed: %s", self._name, error)

    def check(self, connection: Connection) -> None:
        """Make sure that nobody else has taken it, nor takes it before *connection* commits.

        :raises LeaseLost: if somebody has: this worker stood still for longer than it lasts.
        """
        if connection.scalar(_HOLDER, {"called": self._name}) != self._holder:
            raise LeaseLost(
                f"The lease on {self._name} has ended while this run stood still, and another run"
                " may be at work. Nothing more is written; run again."
            )

    def release(self) -> None:
        """Let the next one have it."""
        self._over.set()
        if self._keeper is not None:
            self._keeper.join()
        with self._engine.begin() as connection:
            connection.execute(delete(leases).where(self._is_mine()))

    def _is_mine(self) -> ColumnElement[bool]:
        return (leases.c.name == self._name) & (leases.c.holder == self._holder)
