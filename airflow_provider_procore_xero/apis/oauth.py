"""Signing in: bearers that renew themselves, and refresh tokens that rotate safely.

Procore's refresh tokens work once, Xero's a little longer; whoever loses the new pair has to
ask a person for consent again. So one worker at a time refreshes, looks again after getting the
lock, and saves the new pair before it is used.

Authlib writes the token requests; they leave through plain httpx, because Authlib's own client
is moving to another HTTP library.
"""

from __future__ import annotations

import hashlib
import logging
import random
import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

import httpx

from ..errors import SignInRefused, Unreachable
from .borrowed import borrowed
from .limits import LONGEST_WAIT, retry_after
from .tokens import MemoryTokens, StoredToken, Token, TokenStore
from .wire import Unreadable, decode

log = logging.getLogger(__name__)

EARLY = timedelta(seconds=60)
"""A token is renewed this long before it expires, so that none dies on its way."""

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""When a token that was never given expired."""

CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
GRANTS = (CLIENT_CREDENTIALS, REFRESH_TOKEN)

TRIES = 3
_A_CODE = re.compile(r"[a-z_]{1,40}")
"""What OAuth calls an error; whatever else stands in its place is the other system's own words."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One app's way in.

    :param token_url: the token endpoint.
    :param client_auth: ``client_secret_post`` (Procore) or ``client_secret_basic`` (Xero).
    :param refresh_token: the seed for the refresh grant; what follows it lives in the store.
    :param scopes: separated by blanks; empty asks for what the app was given.
    :param once: True where a refresh token dies by being tried (Procore).
    """

    system: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    client_auth: str
    grant_type: str = CLIENT_CREDENTIALS
    refresh_token: str | None = field(default=None, repr=False)
    scopes: str = ""
    once: bool = False

    @property
    def key(self) -> str:
        """The name under which a store keeps these tokens.

        It changes with the seed and the secret: whoever consents again, and puts the new refresh
        token into the connection, starts afresh; two connections with one consent share it.
        """
        seed = self.refresh_token if self.grant_type == REFRESH_TOKEN else self.client_secret
        parts = (self.token_url, self.client_id, self.grant_type, self.scopes, seed or "")
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{self.system}:{digest[:32]}"


class Tokens:
    """The current bearer of one sign-in; may be shared by threads.

    :param hear_secret: is told every token the moment it is received, to mask it in logs.
    :param now: the present moment, UTC.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        store: TokenStore | None = None,
        hear_secret: Callable[[str], None] = lambda secret: None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credentials = credentials
        self._store: TokenStore = MemoryTokens() if store is None else store
        self._hear_secret, self._now, self._sleep = hear_secret, now, sleep
        self._transport = transport
        self._turn = threading.Lock()
        self._current: Token | None = None

    def bearer(self) -> Token:
        """Return a token that is good for at least a minute.

        :raises SignInRefused: when a person must act.
        :raises Unreachable: when the login host can't be reached or understood.
        """
        current = self._current
        return current if self._is_fresh(current) else self._renew(refused=None)

    def renewed(self, refused: Token) -> Token:
        """Return another token than *refused*, which the API did not take."""
        return self._renew(refused=refused)

    def _renew(self, refused: Token | None) -> Token:
        key = self._credentials.key
        with self._turn:
            if self._is_usable(self._current, refused):
                return self._current
            stored = self._heard(self._store.load(key))
            if not self._is_usable(stored, refused):
                with self._store.lock(key):
                    # Somebody else may have renewed it while we waited for the lock.
                    stored = self._heard(self._store.load(key))
                    if not self._is_usable(stored, refused):
                        stored = self._seeded(key, stored)
                        stored = self._save(key, stored, self._ask(stored))
            self._current = stored
            return stored

    def _seeded(self, key: str, stored: Token | None) -> Token | None:
        """Store the first refresh token before it is spent: a store that can't keep it says so."""
        seed = self._credentials.refresh_token
        if stored is not None or self._credentials.grant_type != REFRESH_TOKEN or not seed:
            return stored
        return self._save(key, None, StoredToken("", seed, BEFORE_ALL, 0))

    def _save(self, key: str, old: Token | None, new: Token) -> Token:
        """Store *new* before anything uses it; return what stands in the store after that."""
        while not self._store.swap(key, old, new):
            old = self._heard(self._store.load(key))
            if old is not None and self._is_fresh(old):
                return old
        return new

    def _is_fresh(self, token: Token | None) -> TypeGuard[Token]:
        return token is not None and token.expires_at - EARLY > self._now()

    def _is_usable(self, token: Token | None, refused: Token | None) -> TypeGuard[Token]:
        if refused is not None and token is not None and token.access == refused.access:
            return False
        return self._is_fresh(token)

    def _heard(self, token: Token | None) -> Token | None:
        """Have the secrets of *token* masked before anybody can log them."""
        if token is not None:
            for secret in filter(None, (token.access, token.refresh)):
                self._hear_secret(secret)
        return token

    def _ask(self, old: Token | None) -> Token:
        """Get a new token from the login host; with the refresh grant this spends the old one."""
        asked_at = self._now()
        refresh = (old.refresh if old else None) or self._credentials.refresh_token
        document = TokenRequest(
            self._credentials, refresh, transport=self._transport, sleep=self._sleep
        ).answer()
        new = StoredToken(
            access=document["access_token"],
            refresh=document.get("refresh_token") or refresh,
            expires_at=asked_at + timedelta(seconds=int(document.get("expires_in") or 1800)),
            version=(old.version if old else 0) + 1,
        )
        self._heard(new)
        return new


class TokenRequest:
    """One request to the token endpoint, repeated where that can't spend a token twice."""

    def __init__(
        self,
        credentials: Credentials,
        refresh: str | None,
        *,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._credentials, self._refresh = credentials, refresh
        self._transport, self._sleep = transport, sleep
        self._host = httpx.URL(credentials.token_url).host
        self._is_refresh = credentials.grant_type == REFRESH_TOKEN

    def answer(self) -> dict[str, Any]:
        """Return the token document.

        :raises SignInRefused: with a sentence on what to correct.
        :raises Unreachable: when no readable answer came.
        """
        headers, body = self._prepared()
        for attempt in range(1, TRIES + 1):
            what, again, wait = "", True, 0.0
            try:
                response = self._post(headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                what = f"{self._host} can't be reached ({error})"
            except httpx.RequestError:
                what, again = f"the connection to {self._host} broke", not self._dies_by_trying
            else:
                document = self._document(response)
                if document is not None:
                    return document
                what = f"{self._host} answered {response.status_code} with no token in it"
                again = not self._dies_by_trying or response.status_code == 429
                wait = retry_after(response) or 0.0
            log.warning("%s sign-in: %s", self._credentials.system, what)
            if not again or attempt == TRIES or wait > LONGEST_WAIT:
                break
            self._sleep(max(wait, random.uniform(0.5, 1.0) * 2**attempt))
        raise self._unreachable(what)

    @property
    def _dies_by_trying(self) -> bool:
        return self._credentials.once and self._is_refresh

    def _prepared(self) -> tuple[dict[str, str], str]:
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        given = self._credentials
        fields = {"scope": given.scopes} if given.scopes else {}
        if self._is_refresh:
            fields = {"refresh_token": self._refresh or ""}
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        client = ClientAuth(given.client_id, given.client_secret, given.client_auth)
        body = prepare_token_request(given.grant_type, "", **fields)
        _, headers, body = client.prepare("POST", given.token_url, headers, body)
        return headers, body

    def _post(self, headers: dict[str, str], body: str) -> httpx.Response:
        with httpx.Client(transport=borrowed(self._transport), timeout=TIMEOUT) as client:
            return client.post(self._credentials.token_url, headers=headers, content=body)

    def _document(self, response: httpx.Response) -> dict[str, Any] | None:
        """Return the token, or None for an answer that says nothing."""
        try:
            document = decode(response.content)
        except Unreadable:
            document = None
        if not isinstance(document, dict):
            if response.status_code in (400, 401, 403):
                raise self._refused(response.status_code, "", "")
            return None
        if document.get("access_token") and response.is_success:
            return document
        if response.status_code >= 500 or response.status_code == 429:
            return None
        error = str(document.get("error") or "")
        raise self._refused(
            response.status_code, error, str(document.get("error_description") or "")
        )

    def _refused(self, status: int, error: str, description: str) -> SignInRefused:
        given = self._credentials
        system = given.system.capitalize()
        if error == "invalid_grant":
            fix = (
                f"{system} no longer takes the refresh token: it was used elsewhere, is too old, "
                "or consent was withdrawn. Consent again and put the new refresh_token into the "
                "connection."
            )
        elif error == "invalid_scope":
            fix = (
                f"{system} does not give this app the scopes {given.scopes!r}. Add them to the "
                "app, or correct 'scopes' in the connection."
            )
        elif error in ("unsupported_grant_type", "unauthorized_client"):
            fix = (
                f"{system} does not let this app sign in by {given.grant_type}. Correct "
                "'grant_type' in the connection, or the app's kind."
            )
        else:
            fix = (
                f"{system} at {self._host} does not know this client id and secret. Check login "
                "and password of the connection, and that they belong to this host's environment."
            )
        words = tuple(map(self._hidden, filter(None, (error, description))))
        if _A_CODE.fullmatch(error):
            fix, words = f"{fix} ({error})", words[1:]
        return SignInRefused(fix, system=given.system, status=status, details=words)

    def _hidden(self, text: str) -> str:
        """Return *text* without the secrets that this request carried."""
        given = self._credentials
        pair = f"{given.client_id}:{given.client_secret}".encode()
        for secret in (b64encode(pair).decode(), given.client_secret, self._refresh):
            text = text.replace(secret, "***") if secret else text
        return text

    def _unreachable(self, what: str) -> Unreachable:
        spent = (
            " The refresh token may be spent: if the next run is refused, consent again and put "
            "the new one into the connection."
            if self._dies_by_trying and "can't be reached" not in what
            else ""
        )
        system = self._credentials.system
        return Unreachable(
            f"Signing in to {system.capitalize()} failed: {what}. Check the login host of the "
            f"connection, or try again later.{spent}",
            system=system,
        )


class Bearer(httpx.Auth):
    """Puts the bearer on each request, and once a new one where the API refuses it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._tokens.bearer()
        request.headers["Authorization"] = f"Bearer {token.access}"
        response = yield request
        if response.status_code != 401 or _lacks_scope(response):
            return
        token = self._tokens.renewed(token)
        request.headers["Authorization"] = f"Bearer {token.access}"
        yield request


def _lacks_scope(response: httpx.Response) -> bool:
    """Xero says 401 for a missing scope too; a new token would lack it as well."""
    return "insufficient_scope" in response.headers.get("WWW-Authenticate", "")
