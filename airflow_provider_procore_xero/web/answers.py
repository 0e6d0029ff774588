"""How routes answer: JSON with amounts as text, and every error a sentence with its status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from airflow.api_fastapi.app import get_auth_manager
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as AnyHTTPException

from airflow_provider_procore_xero.errors import MovedOn, NoSuchId, SyncError, UnknownRecord

log = logging.getLogger(__name__)
CLOSED = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Nothing but our own files runs on the page, whatever a record is called."""


def answer(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON: Decimals as text, moments in UTC, classes as objects."""
    body = msgspec.json.encode(value, enc_hook=_plain)
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer.")


def in_sentences(app: FastAPI) -> None:
    """Let *app* answer every error with ``{"detail": "a sentence"}``."""
    app.add_exception_handler(SyncError, _of_ours)
    app.add_exception_handler(SQLAlchemyError, _of_the_ledger)
    app.add_exception_handler(RequestValidationError, _of_the_request)
    app.add_exception_handler(AnyHTTPException, _of_http)


async def _of_ours(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503)
    if "text/html" in request.headers.get("accept", ""):
        return _in_words(request, str(error), status)
    return answer({"detail": str(error)}, status)


_STATUS: Mapping[type[Exception], int] = {UnknownRecord: 404, MovedOn: 409, NoSuchId: 422}
"""What else goes wrong is that the page can't work: connections, settings, the ledger."""


async def _of_the_ledger(_: Request, error: Exception) -> Response:
    log.error("The ledger did not answer", exc_info=error)
    said = "The ledger can't be reached. Try again; if it stays so, run the doctor DAG."
    return answer({"detail": said}, 503)


async def _of_the_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    mistakes = (
        f"{'.'.join(str(part) for part in each['loc'][1:]) or 'the body'}: {each['msg']}"
        for each in error.errors()
    )
    return answer({"detail": f"This can't be: {'; '.join(mistakes)}."}, 422)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    detail = error.detail
    if error.status_code == 401:
        detail = "Sign in to Airflow first."
    elif error.detail == HTTPStatus(error.status_code).phrase:  # the framework's own two words
        detail = f"There is nothing to {request.method} at this address."
    if "text/html" in request.headers.get("accept", ""):
        return _in_words(request, str(detail), error.status_code)
    return answer({"detail": detail}, error.status_code)


def _in_words(request: Request, sentence: str, status: int) -> Response:
    """Return *sentence* as a page, for somebody who typed the address."""
    leads = request.scope.get("root_path", "") + "/"
    if status == 401:
        leads = get_auth_manager().get_url_login(next_url=str(request.url))
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Procore ↔ Xero</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<main><h1>Procore ↔ Xero</h1><p>{escape(sentence)}</p>"
        f'<p><a href="{escape(leads)}" target="_top">'
        f"{'Sign in' if status == 401 else 'Overview'}</a></p></main>"
    )
    return Response(page, status, CLOSED, media_type="text/html; charset=utf-8")
