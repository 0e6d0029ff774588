"""What Procore's refusals mean, and what a person does about them."""

from __future__ import annotations

import httpx

from ..errors import ApiError, SignInRefused

SYSTEM = "procore"


def explain(response: httpx.Response, details: tuple[str, ...]) -> ApiError:
    """Return the error for a 4xx answer of Procore."""
    request = response.request
    status = response.status_code
    said = " ".join(details).lower()
    where = f"{request.method} {request.url.path}"
    company = request.headers.get("Procore-Company-Id", "")
    if status == 401:
        message = (
            f"Procore does not take the token at {request.url.host}. Check that login, password "
            "and both hosts of the connection belong to the same environment."
        )
    elif "company-id" in said:
        message = "Procore misses the company id. Put company_id into the connection."
    elif status == 403 and "not connected" in said:
        message = (
            f"The app is not connected to Procore company {company}. Install it there "
            "(Company Admin, App Management), or correct company_id in the connection."
        )
    elif status == 403:
        message = (
            f"Procore does not allow {where} in company {company}. Give the app's service "
            "account the permission and the project."
        )
    elif status == 404:
        message = f"Procore has nothing at {where}, or hides it from the app's service account."
    else:
        message = f"Procore refuses {where} ({status})."
    kind = SignInRefused if status in (401, 403) else ApiError
    return kind(message, system=SYSTEM, status=status, details=details)
