"""What Xero's refusals mean, and what a person does about them."""

from __future__ import annotations

import httpx

from ..errors import ApiError, SignInRefused
from .wire import Unreadable, decode

SYSTEM = "xero"
VALIDATION = 10

SCOPES = {
    "Organisation": "accounting.settings.read",
    "Accounts": "accounting.settings.read",
    "TaxRates": "accounting.settings.read",
    "TrackingCategories": "accounting.settings",
    "Contacts": "accounting.contacts",
    "ContactGroups": "accounting.contacts.read",
    "Invoices": "accounting.invoices",
    "CreditNotes": "accounting.invoices",
    "BankTransactions": "accounting.banktransactions.read",
    "ManualJournals": "accounting.manualjournals.read",
    "Items": "accounting.settings.read",
    "Payments": "accounting.payments.read",
    "PurchaseOrders": "accounting.invoices",
}
"""The scope each endpoint needs, by the granular names of 2026."""


class ElementsRefused(ApiError):
    """A 400 that judged what was sent, not how; the client reads it as an element's answer."""


def explain(response: httpx.Response, details: tuple[str, ...]) -> ApiError:
    """Return the error for a 4xx answer of Xero."""
    request, status = response.request, response.status_code
    where = f"{request.method} {request.url.path}"
    if status in (401, 403) and _is_about_scope(response, details):
        message = (
            f"The Xero app lacks the scope for {where}: {_scope(request.url.path)}. Add it to the "
            "app, and to 'scopes' of the connection if that is filled in, then connect again."
        )
    elif status == 401:
        message = (
            f"Xero does not take the token at {request.url.host}. Check login, password and "
            "identity_host of the connection."
        )
    elif status == 403:
        message = (
            f"Xero does not let the app into {_organisation(request)}. If consent was taken "
            "back, consent again, and put the new refresh_token into the connection if it "
            "has one; else correct its tenant_id."
        )
    elif status == 404:
        message = (
            f"Xero has nothing at {where}: it was removed there, or tenant_id of the connection "
            "names another organisation than the one it was read from."
        )
    else:
        message = f"Xero refuses {where} ({status})."
    return _kind(response)(message, system=SYSTEM, status=status, details=details)


def _kind(response: httpx.Response) -> type[ApiError]:
    if response.status_code in (401, 403):
        return SignInRefused
    return ElementsRefused if _judges_elements(response) else ApiError


def _judges_elements(response: httpx.Response) -> bool:
    """``ErrorNumber`` 10, a ``ValidationException``; other 400s are about the request itself."""
    if response.status_code != 400:
        return False
    try:
        document = decode(response.content)
    except Unreadable:
        return False
    return isinstance(document, dict) and (
        document.get("ErrorNumber") == VALIDATION or bool(document.get("Elements"))
    )


def _is_about_scope(response: httpx.Response, details: tuple[str, ...]) -> bool:
    challenge = response.headers.get("WWW-Authenticate", "").lower()
    return "insufficient_scope" in challenge or "scope" in " ".join(details).lower()


def _scope(path: str) -> str:
    endpoint, *rest = path.removeprefix("/api.xro/2.0/").split("/")
    if "Attachments" in rest:
        return "accounting.attachments"
    return SCOPES.get(endpoint, "see the endpoint's page in Xero's documentation")


def _organisation(request: httpx.Request) -> str:
    tenant = request.headers.get("xero-tenant-id")
    return f"the organisation {tenant}" if tenant else "the organisation"
