"""An Airflow connection to Procore becomes a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from .credentials import Given, incomplete, read
from .forms import behaviour, widgets
from .trial import mask, nothing_was_tried, store_for, trial

if TYPE_CHECKING:
    import httpx

    from ..apis.allowance import Hour, LimitStore
    from ..apis.procore import Procore
    from ..apis.tokens import TokenStore
    from ..ledger.allowances import LedgerLimits

API_HOST = "https://api.procore.com"
LOGIN_HOST = "https://login.procore.com"


class ProcoreHook(BaseHook):
    """Talks to one Procore company.

    :param procore_conn_id: the connection: host, login (client id), password (client secret), and
        in extra ``company_id``, ``login_host``, ``grant_type``, ``refresh_token``, ``web_host``.
    """

    conn_name_attr = "procore_conn_id"
    default_conn_name = "procore_default"
    conn_type = "procore"
    hook_name = "Procore"

    def __init__(self, procore_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.procore_conn_id = procore_conn_id

    def get_conn(
        self,
        tokens: TokenStore | None = None,
        limits: LimitStore | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> Procore:
        """Return a client; nothing is sent before its first method is called.

        :param tokens: where tokens live between runs; the default ledger for refresh tokens.
        :param limits: where workers keep account of their calls; without it this one does alone.
        :param transport: stands in for the network in a test.
        :raises ConnectionIncomplete: naming connection, field and fix.
        """
        given = self._given()
        return self._client(given, store_for(given, tokens), transport, limits)

    @property
    def company(self) -> int:
        """The company id that the connection names; nothing is called."""
        return _company_id(self._given())

    def hour(self, limits: LedgerLimits) -> Hour | None:
        """Return what Procore last said of its hour, as the workers keep account; moments are in
        seconds since 1970.

        None where it never did: its answers speak of the hour only while fewer calls are left of
        that than of ten seconds. Nothing is called.
        """
        from ..apis.limits import ProcoreLimiter, hour_of, key_of

        given = self._given()
        tenant = (given.url, given.client_id, str(_company_id(given)))
        return hour_of(limits.text(key_of(ProcoreLimiter, *tenant)))

    def test_connection(self, transport: httpx.BaseTransport | None = None) -> tuple[bool, str]:
        """Call Procore and return whether it worked, with a sentence; nothing is stored."""
        return trial(lambda: self._try(transport))

    def _try(self, transport: httpx.BaseTransport | None) -> str:
        given = self._given()
        if given.refreshes:
            return nothing_was_tried(given, "procore", transport)
        with self._client(given, None, transport) as client:
            client.me()
            return f"Signed in to Procore company {client.company_id} at {client.web_host()}."

    def _given(self) -> Given:
        return read(
            self.get_connection(self.procore_conn_id),
            url=API_HOST,
            login_field="login_host",
            login_url=LOGIN_HOST,
        )

    def _client(
        self,
        given: Given,
        tokens: TokenStore | None,
        transport: httpx.BaseTransport | None,
        limits: LimitStore | None = None,
    ) -> Procore:
        from ..apis.procore import procore

        return procore(
            base_url=given.url,
            login_host=given.login_url,
            client_id=given.client_id,
            client_secret=given.client_secret,
            company_id=_company_id(given),
            grant_type=given.grant_type,
            refresh_token=given.refresh_token,
            web_host=given.text("web_host"),
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
                "company_id": ("Company id", "number"),
                "grant_type": ("Grant", "text"),
                "refresh_token": ("Refresh token", "secret"),
                "login_host": ("Sign-in address", "text"),
                "web_host": ("Web address", "text"),
            }
        )

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return how the standard fields are called, for Airflow 3.1."""
        return behaviour({"host": API_HOST, "login_host": LOGIN_HOST})


def _company_id(given: Given) -> int:
    text = given.text("company_id")
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    problem = f"is {text!r}, not a number" if text else "is empty"
    raise incomplete(
        given.conn_id, "company_id", f"{problem}; it stands after /companies/ in Procore's address"
    )
