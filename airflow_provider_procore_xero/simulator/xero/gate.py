"""What every call passes before and after its resource: limits, token, tenant, scope, key.

Faults by name that only this side has:

====================  ==================================================================
``expire_token``      the bearer of the call is expired from now on
``stored_error``      500, and replayed under the call's idempotency key until it lapses
``key_store_down``    500 for calls with an idempotency key
``offline``           503, plain text: the organisation is offline
``maintenance``       503, plain text: the whole API is offline
``forget_row``        a row of an earlier page changes before this page is read
``option_without_id`` PUT of a tracking option answers 200, without an ID, creating nothing
``null_id``           a batch payment answers without error and without ID, saving nothing
====================  ==================================================================
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from . import idempotency
from .exchange import Answer, ApiCall
from .refusals import Problem, Refused, forbidden, server_error, unauthorised
from .render import Renderer
from .state import TENANT_ID
from .tokens import AccessToken

if TYPE_CHECKING:
    from .people import Xero

Handler = Callable[["Xero", ApiCall], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]

JSON = "application/json; charset=utf-8"
OFFLINE = {
    "offline": "The Organisation is offline",
    "maintenance": "The Xero API is currently offline for maintenance",
}
# Broad scopes still open the doors of the granular ones, until September 2027.
_BROAD = {
    f"accounting.{name}": "accounting.transactions"
    for name in ("invoices", "payments", "banktransactions", "manualjournals")
}


def endpoint(xero: Xero, handlers: dict[str, Handler], scopes: tuple[str, ...]) -> Endpoint:
    """The route's endpoint: the gate before and after the handler of the method."""

    async def serve(request: Request) -> Response:
        call = ApiCall(
            method=request.method,
            path=request.url.path,
            parts={name: unquote(str(part)) for name, part in request.path_params.items()},
            query={name.lower(): value for name, value in request.query_params.items()},
            headers=request.headers,
            raw=await request.body(),
            key_in_use=request.scope.get("key_in_use", False),
        )
        return respond(xero, call, lambda: _answer(xero, call, handlers, scopes))

    return serve


def respond(xero: Xero, call: ApiCall, answer: Callable[[], Answer]) -> Response:
    """Count the call, run it, and dress the answer or the refusal."""
    refused = xero.limits.problem()
    if refused is not None:
        return Response(status_code=429, headers={**xero.limits.headers(), **refused})
    try:
        given = answer()
    except Refused as refusal:
        given = refusal_answer(xero, refusal)
    headers = {
        **xero.limits.headers(),
        "Xero-Correlation-Id": xero.new_id(),
        **given.headers,
    }
    body, content_type = _dress(xero, call, given)
    if body:
        headers["Content-Type"] = content_type
    return Response(body, status_code=given.status, headers=headers)


def _answer(
    xero: Xero, call: ApiCall, handlers: dict[str, Handler], scopes: tuple[str, ...]
) -> Answer:
    if fault := xero.faults.take(OFFLINE, "xero", call.method, call.path):
        return Answer(None, 503, OFFLINE[fault.name].encode(), "text/plain; charset=utf-8")
    token = authenticate(xero, call)
    _check_scope(xero, call, token, scopes)
    handler = handlers.get(call.method, handlers["*"])
    key = idempotency.key_of(call)
    if key is None:
        return handler(xero, call)
    return _once(xero, call, key, handler)


def _once(xero: Xero, call: ApiCall, key: str, handler: Handler) -> Answer:
    if xero.faults.take("key_store_down", "xero", call.method, call.path):
        raise server_error()
    if (stored := idempotency.replay(xero, key, call)) is not None:
        return stored
    if call.key_in_use and xero.switches["concurrent_key"] == "409":
        raise Problem(409, "Conflict", "A request with this Idempotency-Key is in progress.")
    try:
        if xero.faults.take("stored_error", "xero", call.method, call.path):
            raise server_error()
        answer = handler(xero, call)
    except Refused as refusal:
        answer = refusal_answer(xero, refusal)
    answer = _frozen(xero, answer)
    idempotency.remember(xero, key, call, answer)
    return answer


def _frozen(xero: Xero, answer: Answer) -> Answer:
    """The answer as it is now: records go on changing, a stored answer does not."""
    if answer.payload is None or answer.raw is not None:
        return answer
    payload = answer.payload if answer.bare else _envelope(xero, answer.payload)
    plain = Renderer(xero.switches).plain(payload)
    return Answer(plain, answer.status, None, answer.content_type, True, answer.headers)


def authenticate(xero: Xero, call: ApiCall, *, tenanted: bool = True) -> AccessToken:
    """The live token of the call.

    :raises Problem: 401 for the token, 403 for the tenant.
    """
    kind, _, text = call.headers.get("authorization", "").partition(" ")
    token = xero.tokens.find(text) if kind.lower() == "bearer" else None
    if token is None:
        raise unauthorised("AuthenticationUnsuccessful")
    if xero.faults.take("expire_token", "xero", call.method, call.path):
        token.expires_at = xero.clock.now()
    if not xero.tokens.is_live(token):
        raise unauthorised(f"TokenExpired: token expired at {token.expires_at:%m/%d/%Y %H:%M:%S}")
    if tenanted:
        _check_tenant(xero, call, token)
    return token


def _check_tenant(xero: Xero, call: ApiCall, token: AccessToken) -> None:
    tenant = call.headers.get("xero-tenant-id", "")
    # The vendor's own clients send the header empty for a custom connection.
    missing_is_fine = token.custom and not tenant
    if not xero.connected or not (missing_is_fine or tenant.lower() == TENANT_ID):
        raise forbidden()


def _check_scope(xero: Xero, call: ApiCall, token: AccessToken, scopes: tuple[str, ...]) -> None:
    wanted = {name for scope in scopes for name in (scope, _BROAD.get(scope, scope))}
    if call.method == "GET":
        wanted |= {f"{scope}.read" for scope in wanted}
    if wanted & token.scopes:
        return
    status = xero.switches["missing_scope_status"]
    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
    title = "Unauthorized" if status == 401 else "Forbidden"
    raise Problem(status, title, "AuthorizationUnsuccessful", challenge)


def refusal_answer(xero: Xero, refusal: Refused) -> Answer:
    headers = refusal.headers if isinstance(refusal, Problem) else {}
    if refusal.status == 404:
        return Answer(
            None, 404, b"", "text/html; charset=utf-8", headers={"Content-Type": "text/html"}
        )
    body = refusal.body(casing=xero.switches["error_casing"])
    return Answer(body, refusal.status, bare=True, headers=headers)


def _dress(xero: Xero, call: ApiCall, answer: Answer) -> tuple[bytes, str]:
    if answer.raw is not None:
        return answer.raw, answer.content_type
    if answer.payload is None:
        return b"", ""
    payload = answer.payload if answer.bare else _envelope(xero, answer.payload)
    renderer = Renderer(xero.switches)
    if "json" in call.headers.get("accept", "") or isinstance(payload, list):
        return renderer.json(payload), JSON
    return renderer.xml(payload), "text/xml; charset=utf-8"


def _envelope(xero: Xero, payload: Any) -> dict[str, Any]:
    return {
        "Id": str(uuid.uuid4()),
        "Status": "OK",
        "ProviderName": "Procore Xero Simulator",
        "DateTimeUTC": xero.now(),
        **payload,
    }
