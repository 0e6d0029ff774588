"""The Airflow plugin of the package.

Every Airflow process imports this, so it opens nothing: no ledger, no network, no settings file,
and the page itself is loaded by the process that is first asked for it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from airflow_provider_procore_xero.operators.links import ProcoreLink, XeroLink

PREFIX = "/procore-xero"


async def page(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request for the page or its API; Airflow itself is handed on to ask it back."""
    from airflow_provider_procore_xero.web.app import door

    scope["procore_xero.airflow"] = scope.get("app")
    await door(scope, receive, send)


def _address() -> str:
    """Return where the page is, behind whatever prefix Airflow itself has."""
    return urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/") + PREFIX


class ProcoreXeroPlugin(AirflowPlugin):
    """What the package adds to Airflow itself: the page, and the buttons on its tasks."""

    name = "procore_xero"
    operator_extra_links: list[Any] = [ProcoreLink(), XeroLink()]  # noqa: RUF012 - as Airflow has it
    fastapi_apps: list[Any] = [  # noqa: RUF012
        {"app": page, "url_prefix": PREFIX, "name": "Procore ↔ Xero"}
    ]
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "Procore ↔ Xero",
            "href": f"{_address()}/",
            "destination": "nav",
            "url_route": "procore_xero",
            "icon": f"{_address()}/icon.svg",
            "icon_dark_mode": f"{_address()}/icon-dark.svg",
        }
    ]
