"""OAuth 2.0 as Procore does it: single-use refresh tokens, access tokens of 90 minutes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..clock import Clock

if TYPE_CHECKING:
    from .state import Procore

CLIENT_ID = "procore-client"
CLIENT_SECRET = "procore-secret"
SEED_REFRESH_TOKEN = "procore-refresh"
TOKEN_SECONDS = 5400


@dataclass
class Token:
    created_at: int
    refresh_token: str | None = None
    is_dead: bool = False


class Tokens:
    """The tokens that were handed out, by their text."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, Token] = {}
        self.refresh_tokens: set[str] = {SEED_REFRESH_TOKEN}

    def issue(self, *, refreshable: bool) -> dict[str, Any]:
        """A token answer; a service account (not *refreshable*) gets no refresh token."""
        count = len(self._issued) + 1
        token = Token(int(self._clock.now().timestamp()))
        self._issued[f"procore-access-{count}"] = token
        answer: dict[str, Any] = {
            "access_token": f"procore-access-{count}",
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
            "created_at": token.created_at,
        }
        if refreshable:
            token.refresh_token = f"procore-refresh-{count}"
            self.refresh_tokens.add(token.refresh_token)
            answer["refresh_token"] = token.refresh_token
        return answer

    def seconds_left(self, text: str) -> int:
        token = self._issued.get(text)
        if token is None or token.is_dead:
            return 0
        return max(0, int(token.created_at + TOKEN_SECONDS - self._clock.now().timestamp()))

    def is_valid(self, text: str) -> bool:
        return self.seconds_left(text) > 0

    def is_of_a_user(self, text: str) -> bool:
        return text in self._issued and self._issued[text].refresh_token is not None

    def created_at(self, text: str) -> int:
        return self._issued[text].created_at

    def expire(self, text: str) -> None:
        if text in self._issued:
            self._issued[text].is_dead = True

    def use_up(self, refresh_token: str) -> bool:
        """Whether the refresh token was good; from now on it is not."""
        known = refresh_token in self.refresh_tokens
        self.refresh_tokens.discard(refresh_token)
        return known

    def revoke(self, text: str) -> None:
        """Kill an access or refresh token together with its partner; unknown ones are fine."""
        self.refresh_tokens.discard(text)
        for access, token in self._issued.items():
            if text in (access, token.refresh_token):
                token.is_dead = True
                self.refresh_tokens.discard(token.refresh_token or "")


def routes(state: Procore) -> list[Route]:
    async def token(request: Request) -> Response:
        return _granted(state, _form(await request.body(), request))

    async def info(request: Request) -> Response:
        text = request.headers.get("authorization", "").partition(" ")[2]
        left = state.tokens.seconds_left(text)
        if not left:
            return _refused(401, "invalid_token", "The access token is invalid")
        return JSONResponse(
            {
                "resource_owner_id": state.service_account["id"],
                "scope": [],
                "expires_in": left,
                "application": {"uid": CLIENT_ID},
                "created_at": state.tokens.created_at(text),
            }
        )

    async def revoke(request: Request) -> Response:
        given = _form(await request.body(), request)
        if not _is_our_client(given):
            return _unknown_client()
        state.tokens.revoke(given.get("token", ""))
        return JSONResponse({})

    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/oauth/token/info", info, methods=["GET"]),
        Route("/oauth/revoke", revoke, methods=["POST"]),
    ]


def _granted(state: Procore, given: Mapping[str, str]) -> Response:
    # Before anything else: any attempt to refresh kills the token, a failing one too.
    was_good = state.tokens.use_up(given.get("refresh_token", ""))
    if not _is_our_client(given):
        return _unknown_client()
    grant = given.get("grant_type")
    if grant == "client_credentials":
        return JSONResponse(state.tokens.issue(refreshable=False))
    if grant != "refresh_token":
        return _refused(400, "unsupported_grant_type", "The grant type is not supported.")
    if not was_good:
        status = state.switches["bad_refresh_token_status"]
        return _refused(status, "invalid_grant", "The refresh token is invalid")
    return JSONResponse(state.tokens.issue(refreshable=True))


def _is_our_client(given: Mapping[str, str]) -> bool:
    """Client id and secret come in the body; HTTP Basic is not documented, so not taken."""
    return (given.get("client_id"), given.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _unknown_client() -> Response:
    return _refused(401, "invalid_client", "Client authentication failed due to unknown client.")


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


def _form(raw: bytes, request: Request) -> dict[str, str]:
    """The parameters of a url-encoded or JSON body."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            given = json.loads(raw)
        except ValueError:
            return {}
        return {k: str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    return dict(parse_qsl(raw.decode("utf-8", "replace")))
