"""Reading an Airflow connection to Procore or Xero, and saying what is missing from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ConnectionIncomplete

if TYPE_CHECKING:
    from airflow.sdk import Connection

CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
GRANTS = (CLIENT_CREDENTIALS, REFRESH_TOKEN)


@dataclass(frozen=True, slots=True)
class Given:
    """What a connection says, checked as far as that goes without calling anybody.

    :param url: the API host; *login_url* is where tokens come from.
    :param extra: the connection's extra fields.
    """

    conn_id: str
    url: str
    login_url: str
    client_id: str
    client_secret: str = field(repr=False)
    grant_type: str
    refresh_token: str | None = field(repr=False)
    extra: dict[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """Return an optional extra field, without blanks around it, empty if it is not there."""
        return str(self.extra.get(name) or "").strip()

    @property
    def refreshes(self) -> bool:
        return self.grant_type == REFRESH_TOKEN


def read(connection: Connection, *, url: str, login_field: str, login_url: str) -> Given:
    """Return what *connection* says, with the vendor's hosts where it says nothing.

    :param login_field: the extra field that names the host for tokens.
    :raises ConnectionIncomplete: naming connection, field and fix.
    """
    conn_id = connection.conn_id
    extra = dict(connection.extra_dejson)
    grant = str(extra.get("grant_type") or CLIENT_CREDENTIALS)
    if grant not in GRANTS:
        raise incomplete(conn_id, "grant_type", f"is {grant!r}; use {' or '.join(GRANTS)}")
    refresh = extra.get("refresh_token") or None
    if grant == REFRESH_TOKEN and not refresh:
        raise incomplete(conn_id, "refresh_token", "is empty; give consent and put it there")
    return Given(
        conn_id=conn_id,
        url=_checked(_host(connection, url), conn_id, "host"),
        login_url=_checked(str(extra.get(login_field) or login_url), conn_id, login_field),
        client_id=_needed(connection.login, conn_id, "login", "the app's client id"),
        client_secret=_needed(connection.password, conn_id, "password", "the client secret"),
        grant_type=grant,
        refresh_token=refresh,
        extra=extra,
    )


def incomplete(conn_id: str, name: str, problem: str) -> ConnectionIncomplete:
    """Return the error: *problem* goes on where the field's name ends."""
    return ConnectionIncomplete(f"Connection {conn_id!r}: {name} {problem}.")


def _needed(value: str | None, conn_id: str, name: str, what: str) -> str:
    if value and value.strip():
        return value.strip()
    raise incomplete(conn_id, name, f"is empty; put {what} there")


def _host(connection: Connection, default: str) -> str:
    """The connection page takes a bare host too, and a port beside it."""
    host = (connection.host or "").strip()
    if not host:
        return default
    url = host if "://" in host else f"https://{host}"
    return f"{url.rstrip('/')}:{connection.port}" if connection.port else url


def _checked(url: str, conn_id: str, name: str) -> str:
    from ..apis.urls import secure_url

    return secure_url(url.strip(), f"Connection {conn_id!r}: {name}")
