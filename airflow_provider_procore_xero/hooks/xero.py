"""An Airflow connection to Xero becomes a client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from .credentials import Given, read
from .forms import behaviour, widgets
from .trial import mask, nothing_was_tried, store_for, trial

if TYPE_CHECKING:
    import httpx

    from ..apis.allowance import LimitStore
    from ..apis.tokens import TokenStore
    from ..apis.xero import Xero
    from ..ledger.allowances import LedgerLimits

API_HOST = "https://api.xero.com"
IDENTITY_HOST = "https://identity.xero.com"
WEB_HOST = "https://go.xero.com"


class XeroHook(BaseHook):
    """Talks to one Xero organisation.

    :param xero_conn_id: the connection: host, login (client id), password (client secret), and in
        extra ``tenant_id`` (may be empty with a custom connection), ``identity_host``,
        ``grant_type``, ``refresh_token``, ``scopes``, ``web_host``.
    """

    conn_name_attr = "xero_conn_id"
    default_conn_name = "xero_default"
    conn_type = "xero"
    hook_name = "Xero"

    def __init__(self, xero_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.xero_conn_id = xero_conn_id

    def get_conn(
        self,
        tokens: TokenStore | None = None,
        limits: LimitStore | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> Xero:
        """Return a client; nothing is sent before its first method is called.

        :param tokens: where tokens live between runs; the default ledger for refresh tokens.
        :param limits: where workers keep account of their calls; without it this one does alone.
        :param transport: stands in for the network in a test.
        :raises ConnectionIncomplete: naming connection, field and fix.
        """
        given = self._given()
        return self._client(given, store_for(given, tokens), transport, limits)

    @property
    def tenant(self) -> str:
        """The tenant id that the connection names, else its client id; nothing is called."""
        given = self._given()
        return given.text("tenant_id") or given.client_id

    def left_today(self, limits: LedgerLimits) -> tuple[int, datetime] | None:
        """Return the calls left of the day and when Xero said so, as the workers keep account.

        None where Xero has not said it in the last 24 hours; nothing is called.
        """
        from ..apis.limits import XeroLimiter, day_of, key_of

        given = self._given()
        key = key_of(XeroLimiter, given.url, given.client_id, given.text("tenant_id"))
        left, said = day_of(limits.text(key)) or (0, 0.0)
        at = datetime.fromtimestamp(said, UTC)
        return (left, at) if at > datetime.now(UTC) - timedelta(days=1) else None

    def test_connection(self, transport: httpx.BaseTransport | None = None) -> tuple[bool, str]:
        """Call Xero and return whether it worked, with a sentence; nothing is stored."""
        return trial(lambda: self._try(transport))

    def _try(self, transport: httpx.BaseTransport | None) -> str:
        given = self._given()
        if given.refreshes:
            return nothing_was_tried(given, "xero", transport)
        with self._client(given, None, transport) as client:
            return f"Signed in to the Xero organisation {client.organisation()['Name']}."

    def _given(self) -> Given:
        return read(
            self.get_connection(self.xero_conn_id),
            url=API_HOST,
            login_field="identity_host",
            login_url=IDENTITY_HOST,
        )

    def _client(
        self,
        given: Given,
        tokens: TokenStore | None,
        transport: httpx.BaseTransport | None,
        limits: LimitStore | None = None,
    ) -> Xero:
        from ..apis.xero import xero

        return xero(
            base_url=given.url,
            identity_host=given.login_url,
            client_id=given.client_id,
            client_secret=given.client_secret,
            tenant_id=given.text("tenant_id"),
            grant_type=given.grant_type,
            refresh_token=given.refresh_token,
            scopes=" ".join(given.text("scopes").replace(",", " ").split()),
            web_host=given.text("web_host") or WEB_HOST,
            tokens=tokens,
            limits=limits,
            hear_secret=mask,
            transport=transport,
        )

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the extra fields for Airflow 3.1; later ones read the provider info."""
        return widgets(
            {
                "tenant_id": ("Tenant id", "text"),
                "grant_type": ("Grant", "text"),
                "refresh_token": ("Refresh token", "secret"),
                "scopes": ("Scopes", "text"),
                "identity_host": ("Sign-in address", "text"),
                "web_host": ("Web address", "text"),
            }
        )

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return how the standard fields are called, for Airflow 3.1."""
        return behaviour({"host": API_HOST, "identity_host": IDENTITY_HOST})
