"""The page as Airflow serves it: Airflow's own app in this process, its own auth manager, its own
metadata, the plugin found as it finds plugins. Only the browser is missing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.migrate import upgrade
from tests.in_process import InProcessTransport

PAIR = "4281379:c3d50000-0000-4000-8000-00000000cafe"
ROLES = {"vera": "viewer", "otto": "user", "ana": "admin"}
ORIGIN = "http://testserver"
DAGS = Path(__file__).parents[2] / "dags"

SETTINGS = """
profile: dimension_classic
accounts: {expense: "310"}
bills: {retainage_account: "850"}
approval: {approvers: ["ana <ana@example.com>"]}
"""


class Browser:
    """A person's browser: it holds a session, and says where a write comes from.

    :param name: ``vera`` may look, ``otto`` may run, ``ana`` may decide; None has no session.
    """

    def __init__(self, client: httpx.Client, name: str | None) -> None:
        self._client = client
        self._cookies = {"_token": token(name)} if name else {}

    def get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        given = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **headers}
        return self._send("POST", path, json=body or {}, headers=given)

    def delete(self, path: str, **headers: str) -> Any:
        given = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **headers}
        return self._send("DELETE", path, headers=given)

    def send(self, method: str, path: str, **request: Any) -> Any:
        """Send a request with no other headers than those given."""
        return self._send(method, path, **request)

    def _send(self, method: str, path: str, **request: Any) -> Any:
        self._client.cookies.clear()
        for name, value in self._cookies.items():
            self._client.cookies.set(name, value)
        return self._client.request(method, f"/procore-xero{path}", **request)


def token(name: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    user = SimpleAuthManagerUser(username=name, role=ROLES[name])
    return str(get_auth_manager().generate_jwt(user))


@pytest.fixture(scope="session")
def airflow_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return Airflow's own app, over metadata of its own."""
    home = tmp_path_factory.mktemp("page")
    (home / "settings.yaml").write_text(SETTINGS)
    given = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:{r}" for n, r in ROLES.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of tests, long enough for the algorithm used"
        * 2,
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(home / "settings.yaml"),
        "AIRFLOW_CONN_PROCORE_DEFAULT": json.dumps(
            {
                "conn_type": "procore",
                "login": "id",
                "password": "s",
                "extra": {"company_id": 4281379},
            }
        ),
        "AIRFLOW_CONN_XERO_DEFAULT": json.dumps(
            {
                "conn_type": "xero",
                "login": "id",
                "password": "s",
                "extra": {"tenant_id": PAIR.partition(":")[2]},
            }
        ),
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from airflow.utils.db import initdb

    initdb()
    yield create_app()
    purge_cached_app()
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def client(airflow_app: Any) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcessTransport(airflow_app), base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def ledger(client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Return an empty ledger, which the page opens too."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    upgrade(url)
    monkeypatch.setenv(
        "AIRFLOW_CONN_PROCORE_XERO_LEDGER",
        json.dumps({"conn_type": "procore_xero_ledger", "host": url}),
    )
    return LedgerHook().get_conn(PAIR)


@pytest.fixture(scope="session")
def dags(airflow_app: Any) -> None:
    """Let Airflow know three of our DAGs: projects, contacts, which is paused, and the nightly."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    DagBundlesManager().sync_bundles_to_db()
    for name in ("projects", "contacts", "nightly"):
        path = DAGS / f"procore_xero_{name}.py"
        bag = DagBag(path, bundle_path=DAGS, bundle_name="dags-folder")
        assert not bag.import_errors
        sync_bag_to_db(bag, "dags-folder", None)
    with create_session() as session:
        for name, paused in (("projects", False), ("contacts", True), ("nightly", False)):
            session.get(DagModel, f"procore_xero_{name}").is_paused = paused


@pytest.fixture
def nobody(client: httpx.Client) -> Browser:
    return Browser(client, None)


@pytest.fixture
def vera(client: httpx.Client, ledger: Ledger) -> Browser:
    return Browser(client, "vera")


@pytest.fixture
def otto(client: httpx.Client, ledger: Ledger) -> Browser:
    return Browser(client, "otto")


@pytest.fixture
def ana(client: httpx.Client, ledger: Ledger) -> Browser:
    return Browser(client, "ana")
