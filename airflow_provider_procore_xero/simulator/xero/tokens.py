"""Tokens: two grants, rotation with its grace, thirty minutes of life, revocation.

The seeded app knows two ways in: ``client_credentials`` (a custom connection, no tenant
header, no refresh token) and ``refresh_token`` (a person's consent, tenant header needed).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..clock import Clock

CLIENT_ID = "xero-client"
CLIENT_SECRET = "xero-secret"
FIRST_REFRESH_TOKEN = "xero-refresh"
ACCESS_LIVES = timedelta(minutes=30)
GRACE = timedelta(minutes=30)
REFRESH_LIVES = timedelta(days=60)


class OAuthError(Exception):
    """The token endpoint says no, with one of OAuth's words."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass
class AccessToken:
    text: str
    scopes: frozenset[str]
    custom: bool
    expires_at: datetime


class Tokens:
    """Every access token ever given, and the one chain of refresh tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.access: dict[str, AccessToken] = {}
        self.current: str | None = FIRST_REFRESH_TOKEN
        self.current_since = clock.now()
        self.previous: str | None = None
        self.previous_until = clock.now()
        self._made = 0

    def grant(self, form: Mapping[str, str], scopes: str) -> dict[str, Any]:
        """Answer a token request that has passed the client check; *scopes* the app has.

        :raises OAuthError: ``invalid_grant``, ``invalid_scope``, ``unsupported_grant_type``.
        """
        asked = form.get("scope", "").split()
        if set(asked) - set(scopes.split()):
            raise OAuthError("invalid_scope")
        given = frozenset(asked or scopes.split())
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return self._answer(self._mint(given, custom=True))
        if kind == "refresh_token":
            return self._refresh(form.get("refresh_token", ""), given)
        raise OAuthError("unsupported_grant_type")

    def _refresh(self, token: str, scopes: frozenset[str]) -> dict[str, Any]:
        now = self._clock.now()
        if token and token == self.current and now < self.current_since + REFRESH_LIVES:
            self.previous, self.previous_until = token, now + GRACE
        elif not (token and token == self.previous and now < self.previous_until):
            raise OAuthError("invalid_grant")
        # Used again within its grace, the previous token makes a new pair; the pair whose
        # answer was lost, or which another worker holds, is dead.
        self._made += 1
        self.current, self.current_since = f"xero-refresh-{self._made}", now
        return {**self._answer(self._mint(scopes, custom=False)), "refresh_token": self.current}

    def _mint(self, scopes: frozenset[str], *, custom: bool) -> AccessToken:
        self._made += 1
        expires_at = self._clock.now() + ACCESS_LIVES
        claims = {
            "jti": self._made,
            "client_id": CLIENT_ID,
            "scope": sorted(scopes),
            "exp": int(expires_at.timestamp()),
        }
        if not custom:
            claims["authentication_event_id"] = "d99ecdfe-391d-43d2-b834-17636ba90e8d"
        text = ".".join((_segment({"alg": "none"}), _segment(claims), "unsigned"))
        self.access[text] = AccessToken(text, scopes, custom, expires_at)
        return self.access[text]

    def _answer(self, token: AccessToken) -> dict[str, Any]:
        return {
            "access_token": token.text,
            "expires_in": int(ACCESS_LIVES.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(token.scopes)),
        }

    def find(self, text: str) -> AccessToken | None:
        return self.access.get(text)

    def is_live(self, token: AccessToken) -> bool:
        return self._clock.now() < token.expires_at

    def revoke(self, refresh_token: str) -> bool:
        """Forget the chain if *refresh_token* is its live end; whether it was."""
        if refresh_token not in (self.current, self.previous):
            return False
        self.current = self.previous = None
        return True


def client_of(headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
    """The client id and secret, from Basic authentication or from the form."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client") from None
    return name, secret


def check_client(headers: Mapping[str, str], form: Mapping[str, str], *, wrong_status: int) -> None:
    """:raises OAuthError: ``invalid_request`` without an id, ``invalid_client`` if wrong."""
    name, secret = client_of(headers, form)
    if not name:
        raise OAuthError("invalid_request")
    if (name, secret) != (CLIENT_ID, CLIENT_SECRET):
        raise OAuthError("invalid_client", wrong_status)


def form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _segment(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
