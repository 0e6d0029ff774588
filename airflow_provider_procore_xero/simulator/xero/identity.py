"""The token endpoint, revocation, and the list of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .exchange import Answer, ApiCall
from .gate import Endpoint, authenticate, respond
from .refusals import MethodNotAllowed, NotFound, forbidden
from .state import TENANT_ID
from .tokens import OAuthError, check_client, form_of

if TYPE_CHECKING:
    from .people import Xero

CONNECTION_ID = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"
AUTH_EVENT_ID = "d99ecdfe-391d-43d2-b834-17636ba90e8d"


def routes(xero: Xero) -> list[Route]:
    return [
        Route("/connect/token", _token(xero), methods=["POST"]),
        Route("/connect/revocation", _revocation(xero), methods=["POST"]),
        *[
            Route(path, _connections(xero), methods=["GET", "DELETE", "POST", "PUT"])
            for path in ("/connections", "/Connections", "/connections/{id}")
        ],
    ]


def _token(xero: Xero) -> Endpoint:
    async def token(request: Request) -> Response:
        form = form_of(await request.body())
        wrong = xero.switches["wrong_secret_status"]
        try:
            check_client(request.headers, form, wrong_status=wrong)
            return JSONResponse(xero.tokens.grant(form, xero.switches["app_scopes"]))
        except OAuthError as error:
            return JSONResponse({"error": error.error}, status_code=error.status)

    return token


def _revocation(xero: Xero) -> Endpoint:
    async def revocation(request: Request) -> Response:
        form = form_of(await request.body())
        try:
            check_client(request.headers, form, wrong_status=400)
        except OAuthError as error:
            return JSONResponse({"error": error.error}, status_code=error.status)
        if xero.tokens.revoke(form.get("token", "")):
            # With the person's consent goes every connection that it made.
            xero.connected = False
        return Response(status_code=200)

    return revocation


def _connections(xero: Xero) -> Endpoint:
    async def connections(request: Request) -> Response:
        call = ApiCall(
            request.method,
            request.url.path,
            dict(request.path_params),
            {name.lower(): value for name, value in request.query_params.items()},
            request.headers,
            await request.body(),
        )
        return respond(xero, call, lambda: _answer(xero, call))

    return connections


def _answer(xero: Xero, call: ApiCall) -> Answer:
    token = authenticate(xero, call, tenanted=False)
    if token.custom and xero.switches["custom_connection_connections"] == "refuse":
        raise forbidden()
    if call.method == "GET" and "id" not in call.parts:
        event = call.query.get("autheventid", AUTH_EVENT_ID)
        shown = xero.connected and event == AUTH_EVENT_ID
        return Answer([_connection(xero)] if shown else [], bare=True)
    if call.method != "DELETE" or "id" not in call.parts:
        raise MethodNotAllowed
    if call.parts["id"].lower() != CONNECTION_ID or not xero.connected:
        raise NotFound
    xero.connected = False
    return Answer(None, 204)


def _connection(xero: Xero) -> dict[str, Any]:
    return {
        "id": CONNECTION_ID,
        "authEventId": AUTH_EVENT_ID,
        "tenantId": TENANT_ID,
        "tenantType": "ORGANISATION",
        "tenantName": xero.organisation["Name"],
        "createdDateUtc": "2026-01-07T18:46:19.5165400",
        "updatedDateUtc": "2026-01-07T18:46:19.5187840",
    }
