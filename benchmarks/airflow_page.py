"""Airflow's own app with our page in it, on a port of this machine, over a ledger that is named."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from cryptography.fernet import Fernet

DAGS = Path(__file__).parents[1] / "dags"
PAIR = "4281379:c3d50000-0000-4000-8000-00000000cafe"
_SETTINGS = """
profile: dimension_classic
accounts: {expense: "310"}
bills: {retainage_account: "850"}
approval: {approvers: [ana], notify_on_reject: []}
"""


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, str]]:
    """Give the address of the page and the session of somebody who may do everything."""
    (home / "settings.yaml").write_text(_SETTINGS, encoding="utf-8")
    (home / "passwords.json").write_text('{"ana": "of nobody else"}', encoding="utf-8")
    company, tenant = PAIR.split(":")
    os.environ |= {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "ana:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of benchmarks, long enough for its use" * 2,
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(home / "settings.yaml"),
        "AIRFLOW_CONN_PROCORE_DEFAULT": _connection("procore", {"company_id": company}),
        "AIRFLOW_CONN_XERO_DEFAULT": _connection("xero", {"tenant_id": tenant}),
    }
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.db import initdb

    initdb()
    _know_our_dags()
    with _listening(create_app()) as address:
        ana = SimpleAuthManagerUser(username="ana", role="admin")
        yield f"{address}/procore-xero", str(get_auth_manager().generate_jwt(ana))


def keep_ledger_at(url: str) -> None:
    """Let the page open the ledger at *url* from its next request on."""
    given = {"conn_type": "procore_xero_ledger", "host": url}
    os.environ["AIRFLOW_CONN_PROCORE_XERO_LEDGER"] = json.dumps(given)


def _know_our_dags() -> None:
    """Let Airflow know our DAGs, none of them paused; no scheduler runs what is started."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    assert not bag.import_errors, bag.import_errors
    sync_bag_to_db(bag, "dags-folder", None)
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=False))


def _connection(kind: str, extra: dict[str, str]) -> str:
    return json.dumps({"conn_type": kind, "login": "id", "password": "s", "extra": extra})


@contextmanager
def _listening(app: object) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
