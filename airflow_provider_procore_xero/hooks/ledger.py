"""Airflow connection → ledger."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowNotFoundException,
    BaseHook,
)

from airflow_provider_procore_xero.errors import ConnectionIncomplete

if TYPE_CHECKING:
    from sqlalchemy import URL

    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.ledger.tokens import Cipher

POSTGRES = "postgresql+psycopg2"
DRIVERS = {"postgres": POSTGRES, "postgresql": POSTGRES, "procore_xero_ledger": POSTGRES}


class LedgerHook(BaseHook):
    """Opens the ledger: PostgreSQL or SQLite, by a connection; without one, a file of its own.

    :param ledger_conn_id: the connection. The default one need not exist: the ledger then is
        ``$AIRFLOW_HOME/procore_xero.db``, which serves one machine.
    """

    conn_name_attr = "ledger_conn_id"
    default_conn_name = "procore_xero_ledger"
    conn_type = "procore_xero_ledger"
    hook_name = "Procore-Xero ledger"

    def __init__(self, ledger_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.ledger_conn_id = ledger_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return what Airflow 3.1 shows; later versions read the provider info."""
        return {
            "hidden_fields": [],
            "relabeling": {"host": "Database host, or a whole URL", "schema": "Database"},
            "placeholders": {"host": f"{POSTGRES}://user@host/database", "port": "5432"},
        }

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return no fields beside the standard ones."""
        return {}

    def get_conn(self, pair: str = "") -> Ledger:
        """Return the ledger of *pair*, upgraded once a process.

        :raises ConnectionIncomplete: if the connection names no database.
        """
        from airflow_provider_procore_xero.apis.tokens import StoredToken
        from airflow_provider_procore_xero.ledger.engine import engine_for
        from airflow_provider_procore_xero.ledger.ledger import Ledger

        url = self.url()
        _upgraded(url, os.getpid())
        return Ledger(engine_for(url), pair, cipher(), StoredToken)

    def url(self) -> URL:
        """Return where the ledger is."""
        try:
            connection = self.get_connection(self.ledger_conn_id)
        except AirflowNotFoundException:
            if self.ledger_conn_id != self.default_conn_name:
                raise
            return _default_url()
        return url_of(connection)

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the ledger can be opened and written, and a sentence on it."""
        from airflow_provider_procore_xero.ledger.migrate import check

        try:
            return True, check(self.url())
        except Exception as error:  # noqa: BLE001 - Airflow shows what is returned
            return False, f"The ledger can't be opened: {error}"


def url_of(connection: Any) -> URL:
    """Return the database that an Airflow connection names, its driver explicit.

    :raises ConnectionIncomplete: if it names none.
    """
    from sqlalchemy import URL

    kind = (connection.conn_type or "").replace("-", "_").lower()
    extra = connection.extra_dejson
    whole = str(extra.get("url") or extra.get("sqlalchemy_url") or "")
    if "://" in (connection.host or ""):
        whole = connection.host
    if whole:
        return _completed(whole, connection)
    if kind == "sqlite":
        return _sqlite(connection)
    driver = DRIVERS.get(kind, kind if "+" in kind else "")
    if not driver or not connection.host or not connection.schema:
        raise _names_none(connection)
    return URL.create(
        driver,
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host,
        port=connection.port,
        database=connection.schema,
        query={key: str(value) for key, value in extra.items() if key in _PASSED_ON},
    )


_PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey", "options", "application_name")
"""What of *extra* goes to PostgreSQL."""


def _completed(whole: str, connection: Any) -> URL:
    """Return the URL *whole*, with the connection's login and password where it has none."""
    from sqlalchemy.exc import ArgumentError

    from airflow_provider_procore_xero.ledger.engine import url_of as read_url

    try:
        url = read_url(whole)
    except ArgumentError:
        raise _names_none(connection) from None
    if url.get_backend_name() == "sqlite":
        return url
    return url.set(
        username=url.username or connection.login, password=url.password or connection.password
    )


def _names_none(connection: Any) -> ConnectionIncomplete:
    return ConnectionIncomplete(
        f"Connection {connection.conn_id} names no database. Give host and schema of a"
        f" PostgreSQL, or a whole URL as host: {POSTGRES}://user@host/database."
    )


def _sqlite(connection: Any) -> URL:
    from sqlalchemy import URL

    path = connection.host or connection.schema
    if not path:
        raise ConnectionIncomplete(
            f"Connection {connection.conn_id} names no file. Give its full path as host."
        )
    return URL.create("sqlite", database=path)


def _default_url() -> URL:
    from airflow.configuration import AIRFLOW_HOME
    from sqlalchemy import URL

    return URL.create("sqlite", database=str(Path(AIRFLOW_HOME) / "procore_xero.db"))


@lru_cache(maxsize=16)
def _upgraded(url: URL, _pid: int) -> None:
    from airflow_provider_procore_xero.ledger.migrate import upgrade

    upgrade(url)


class FernetCipher:
    """Airflow's own encryption, whose key is ``[core] fernet_key``."""

    def __init__(self, fernet: Any) -> None:
        self._fernet = fernet

    def encrypt(self, msg: bytes) -> bytes:
        """Return *msg* encrypted."""
        encrypted: bytes = self._fernet.encrypt(msg)
        return encrypted

    def decrypt(self, msg: bytes) -> bytes:
        """Return *msg* decrypted.

        :raises ConnectionIncomplete: if another key encrypted it.
        """
        from cryptography.fernet import InvalidToken

        try:
            plain: bytes = self._fernet.decrypt(msg)
        except InvalidToken as error:
            raise ConnectionIncomplete(
                "The tokens in the ledger were encrypted with another key. Set [core] fernet_key"
                " (AIRFLOW__CORE__FERNET_KEY) to the same key on every worker; after a rotation"
                " keep the old key behind the new one, after a comma."
            ) from error
        return plain


def cipher() -> Cipher | None:
    """Return Airflow's encryption, or None where it has no key and would only pretend."""
    try:
        from airflow.sdk.crypto import get_fernet
    except ImportError:  # before Airflow 3.2
        from airflow.models.crypto import get_fernet

    try:
        fernet = get_fernet()
    except AirflowException as error:
        raise ConnectionIncomplete(
            f"Airflow's [core] fernet_key is no Fernet key ({error}); the ledger encrypts with it."
        ) from error
    return FernetCipher(fernet) if fernet.is_encrypted else None
