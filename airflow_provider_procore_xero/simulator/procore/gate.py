"""What every call passes before its endpoint sees it.

In Procore's order: the bearer token, the rate limits, the company header, the body.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from .answers import Answer, Refusal
from .ask import Ask, Handler
from .store import COMPANY_ID

if TYPE_CHECKING:
    from .state import Procore

Endpoint = Callable[[Request], Awaitable[Response]]

_decoded = msgspec.json.Decoder(float_hook=Decimal).decode
_WRITING = frozenset({"POST", "PATCH", "PUT"})


def guarded(state: Procore, handler: Handler) -> Endpoint:
    """*handler* as an endpoint behind the gate."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        headers = {"X-Request-Id": f"sim-{state.next_request()}"}
        try:
            _check_bearer(state, request)
            headers |= _check_rate(state)
            _check_company(state, request)
            answer = _answered(state, request, raw, handler)
        except Refusal as refusal:
            answer = refusal.answer
        return answer.response(headers)

    return endpoint


def _answered(state: Procore, request: Request, raw: bytes, handler: Handler) -> Answer:
    """The endpoint's answer, or the one remembered for the same Idempotency-Token."""
    key = _idempotency_key(state, request)
    if key in state.replays:
        return state.replays[key]
    answer = handler(Ask(state, request, _body(request, raw)))
    if key:
        state.replays[key] = answer
    return answer


def _idempotency_key(state: Procore, request: Request) -> str:
    token = request.headers.get("idempotency-token")
    honoured = state.switches["idempotency_token"] == "honoured"
    if not token or not honoured or request.method not in ("POST", "PATCH"):
        return ""
    return f"{request.method} {request.url.path} {token}"


def _check_bearer(state: Procore, request: Request) -> None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if state.faults.take("expire_token", "procore", request.method, request.url.path):
        state.tokens.expire(token)
    if kind.lower() != "bearer" or not state.tokens.is_valid(token):
        raise Refusal(401, {"errors": "The access token is invalid"})


def _check_rate(state: Procore) -> dict[str, str]:
    switches = state.switches
    allowed, headers = state.limits.count(
        spike=switches["spike_limit"],
        spike_seconds=switches["spike_seconds"],
        hourly=switches["hourly_limit"],
        enforced=switches["rate_limits"],
    )
    if not allowed:
        raise Refusal(429, {"errors": "Rate limit exceeded"}, headers)
    return headers


def _check_company(state: Procore, request: Request) -> None:
    given = request.headers.get("procore-company-id")
    if given is None:
        if _is_open_to_users(state, request):
            return
        status = state.switches["missing_company_header_status"]
        raise Refusal(status, {"message": "Missing Procore-Company-Id header!"})
    if given != str(COMPANY_ID):
        raise Refusal(403, {"message": "App is not connected to this company"})


def _is_open_to_users(state: Procore, request: Request) -> bool:
    """With a user's token, two calls go without the header; with an app's, none."""
    token = request.headers["authorization"].partition(" ")[2]
    return request.url.path in ("/rest/v1.0/me", "/rest/v1.0/companies") and (
        state.tokens.is_of_a_user(token)
    )


def _body(request: Request, raw: bytes) -> dict[str, Any]:
    if request.method not in _WRITING or not raw:
        return {}
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refusal(406, {"errors": "Unsupported content type"})
    try:
        body = _decoded(raw)
    except msgspec.DecodeError as error:
        raise Refusal(400, {"errors": f"Malformed JSON: {error}"}) from error
    if not isinstance(body, dict):
        raise Refusal(400, {"errors": "The body must be an object"})
    return body
