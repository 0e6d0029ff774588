"""The page behind a path prefix, as ``[api] base_url = http://host/af`` asks for.

Airflow reads that when it is imported, so all of it runs in an interpreter of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import PAIR, ROLES, SETTINGS

ROOT = Path(__file__).parents[2]
ASKED = """
import json
from airflow.api_fastapi.app import create_app
from airflow.utils.db import initdb
from tests.in_process import in_process_client
from tests.web.conftest import token

initdb()
with in_process_client(create_app(), "http://host") as client:
    mine = {"Cookie": f"_token={token('ana')}"}
    page = {**mine, "Accept": "text/html"}
    origin = {**mine, "Origin": "http://host", "Sec-Fetch-Site": "same-origin"}
    answers = {
        "shell": client.get("/af/procore-xero/queue", headers=page),
        "me": client.get("/af/procore-xero/api/me", headers=mine),
        "overview": client.get("/af/procore-xero/api/overview", headers=mine),
        "unlink": client.delete("/af/procore-xero/api/links/1", headers=origin),
        "no session": client.get("/af/procore-xero/records?q=1", headers={"Accept": "text/html"}),
        "no screen": client.get("/af/procore-xero/nonsense", headers=page),
    }
    script = client.get("/af/procore-xero/static/x/app.js", headers=mine)
    from airflow.plugins_manager import get_plugin_info
    views = [v for p in get_plugin_info() for v in p["external_views"]]
    told = {name: [each.status_code, each.text] for name, each in answers.items()}
    told["script"] = [script.status_code, ""]
    told["views"] = [0, json.dumps([v["href"] for v in views])]
    print("TOLD " + json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Return status and text of each answer."""
    home = tmp_path_factory.mktemp("prefix")
    (home / "settings.yaml").write_text(SETTINGS)
    login = {"login": "id", "password": "s"}
    company, tenant = PAIR.split(":")
    connections: dict[str, Any] = {
        "PROCORE_DEFAULT": {
            "conn_type": "procore", **login, "extra": {"company_id": int(company)},
        },
        "XERO_DEFAULT": {"conn_type": "xero", **login, "extra": {"tenant_id": tenant}},
        "PROCORE_XERO_LEDGER": {
            "conn_type": "procore_xero_ledger", "host": f"sqlite:///{home / 'ledger.db'}",
        },
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", ASKED],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            **{f"AIRFLOW_CONN_{name}": json.dumps(each) for name, each in connections.items()},
            "PYTHONPATH": str(ROOT),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API__BASE_URL": "http://host/af",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
                f"{name}:{role}" for name, role in ROLES.items()
            ),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of tests, long enough for its algorithm" * 2,
            "AIRFLOW__PROCORE_XERO__SETTINGS": str(home / "settings.yaml"),
        },
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    (line,) = (each for each in ran.stdout.splitlines() if each.startswith("TOLD "))
    return {
        name: (each[0], each[1]) for name, each in json.loads(line.removeprefix("TOLD ")).items()
    }


def test_behind_a_prefix_the_shell_asks_for_everything_below_it(
    told: dict[str, tuple[int, str]],
) -> None:
    status, text = told["shell"]

    assert status == 200
    assert '<base href="/af/procore-xero/">' in text
    assert not re.findall(r'(?:href|src)="/(?!af/)', text)
    assert told["script"][0] == 200


def test_behind_a_prefix_the_api_answers_asks_airflow_and_takes_writes(
    told: dict[str, tuple[int, str]],
) -> None:
    assert json.loads(told["me"][1])["id"] == "ana"
    assert (told["overview"][0], told["unlink"][0]) == (200, 404)


def test_behind_a_prefix_the_way_to_the_sign_in_and_back_is_below_it(
    told: dict[str, tuple[int, str]],
) -> None:
    status, text = told["no session"]

    assert status == 401
    (leads,) = re.findall(r'href="([^"]+)"', text)
    assert leads.startswith("/af/auth/login?")
    assert "af%2Fprocore-xero%2Frecords" in leads or "/af/procore-xero/records" in leads
    assert 'href="/af/procore-xero/"' in told["no screen"][1]


def test_behind_a_prefix_airflows_navigation_leads_to_the_page(
    told: dict[str, tuple[int, str]],
) -> None:
    assert "/af/procore-xero/" in json.loads(told["views"][1])
