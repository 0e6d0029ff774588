"""The page as this version of Airflow serves it, with its auth manager and its REST API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.compat.parsed import register
from tests.in_process import InProcessTransport

HOME = {"host": "http://127.0.0.1:1", "login": "id", "password": "secret"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Return a client of Airflow's own app, which has found the plugin by itself or been told."""
    folder = tmp_path_factory.mktemp("page")
    extras: dict[str, dict[str, Any]] = {
        "procore": {"company_id": 4281379},
        "xero": {"tenant_id": "c3d50000-0000-4000-8000-00000000cafe"},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, extra in extras.items():
            connection = {"conn_type": name, **HOME, "extra": extra}
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}_DEFAULT", json.dumps(connection))
        ledger = {"conn_type": "procore_xero_ledger", "host": f"sqlite:///{folder / 'ledger.db'}"}
        patch.setenv("AIRFLOW_CONN_PROCORE_XERO_LEDGER", json.dumps(ledger))
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "vera:viewer,otto:user")
        patch.setenv(
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(folder / "passwords.json")
        )
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of the tests alone " * 4)
        with httpx.Client(transport=InProcessTransport(app()), base_url="http://airflow") as client:
            yield client


def app() -> Any:
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from airflow.utils.db import initdb

    initdb()
    register()
    purge_cached_app()
    return create_app()


def session(name: str, role: str) -> dict[str, str]:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    user = SimpleAuthManagerUser(username=name, role=role)
    return {"Cookie": f"_token={get_auth_manager().generate_jwt(user)}"}


@pytest.mark.parametrize("path", ["", "api/me", "api/overview", "icon.svg"])
def test_nobody_sees_the_page_without_a_session(page: httpx.Client, path: str) -> None:
    assert page.get(f"/procore-xero/{path}").status_code == 401


@pytest.mark.parametrize("path", ["", "api/me", "api/overview", "api/runs", "api/flows"])
def test_a_viewer_sees_it(page: httpx.Client, path: str) -> None:
    answer = page.get(f"/procore-xero/{path}", headers=session("vera", "viewer"))

    assert answer.status_code == 200, answer.text


def test_the_overview_has_the_dags_from_airflow_itself(page: httpx.Client) -> None:
    seen = page.get("/procore-xero/api/overview", headers=session("vera", "viewer")).json()

    assert "procore_xero_nightly" in [flow["dag_id"] for flow in seen["flows"]]


def test_an_operator_starts_a_flow_as_themselves(page: httpx.Client) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session_:
        session_.get(DagModel, "procore_xero_projects").is_paused = False
    headers = session("otto", "user") | {"Origin": "http://airflow"}
    body = {"dag_id": "procore_xero_projects", "conf": {"mode": "plan"}}

    answer = page.post("/procore-xero/api/runs", json=body, headers=headers)

    assert answer.status_code == 201, answer.text
    assert answer.json()["dag_run"].startswith("manual__")


def test_the_navigation_has_it(page: httpx.Client) -> None:
    found = page.get("/api/v2/plugins", headers=session("vera", "viewer")).json()["plugins"]

    (ours,) = (each for each in found if each["name"] == "procore_xero")
    (view,) = ours["external_views"]
    assert (view["name"], view["href"]) == ("Procore ↔ Xero", "/procore-xero/")
