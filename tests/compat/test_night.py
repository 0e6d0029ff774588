"""A whole night in this version of Airflow, and what its API then says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev.mailbox import Mailbox
from tests.compat.conftest import Systems
from tests.compat.parsed import bag, register

DAG_ID = "procore_xero_nightly"
FLOWS = (
    "projects", "contacts", "vendors", "cost_codes", "items", "commitments",
    "commitment_change_orders", "subcontractor_invoices", "payments",
    "direct_costs", "journal_entries", "job_costs", "reconciliation",
)  # fmt: skip


@pytest.fixture(scope="module")
def night(deployment: Systems, database: None) -> Any:
    """Return the DAG run of a first night, with everything in it done for real."""
    register()
    deployment.simulator.calls.clear()
    dag = bag().dags[DAG_ID]
    return dag.test()


@pytest.fixture(scope="module")
def api(night: Any) -> Iterator[Any]:
    """Return a client of Airflow's own web application, signed in as an administrator."""
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from starlette.testclient import TestClient

    client = TestClient(create_app())
    somebody = SimpleAuthManagerUser(username="somebody", role="admin")
    token = get_auth_manager().generate_jwt(somebody)
    client.headers["Authorization"] = f"Bearer {token}"
    yield client
    client.close()


def test_every_task_of_the_night_succeeds(night: Any) -> None:
    assert {ti.task_id: str(ti.state) for ti in night.get_task_instances()} == dict.fromkeys(
        (*FLOWS, "report"), "success"
    )
    assert str(night.state) == "success"


def test_the_night_wrote_to_both_systems(night: Any, deployment: Systems) -> None:
    written = {(call.side, call.status) for call in deployment.simulator.calls.writes()}

    assert {side for side, _ in written} == {"procore", "xero"}
    assert len(deployment.simulator.xero.invoices) > 0


def test_one_mail_tells_of_the_night(night: Any, mailbox: Mailbox) -> None:
    assert len(mailbox.mails) == 1
    assert "Xero" in mailbox.mails[0].html


def test_the_plugin_loads(api: Any) -> None:
    errors = api.get("/api/v2/plugins/importErrors").raise_for_status().json()
    plugins = api.get("/api/v2/plugins").raise_for_status().json()["plugins"]

    # In a checkout the package is found twice: installed, and as a folder beside the tests.
    assert [e for e in errors["import_errors"] if "already registered" not in e["error"]] == []
    assert "procore_xero" in [plugin["name"] for plugin in plugins]


def test_the_buttons_of_a_task_lead_to_both_systems(
    api: Any, night: Any, deployment: Systems
) -> None:
    path = f"/api/v2/dags/{DAG_ID}/dagRuns/{night.run_id}/taskInstances/projects/links"

    links = api.get(path).raise_for_status().json()["extra_links"]

    assert links["Procore"].startswith(deployment.url)
    assert links["Xero"].startswith(deployment.url)


def test_the_trigger_form_explains_both_modes(api: Any, night: Any) -> None:
    params = api.get(f"/api/v2/dags/{DAG_ID}/details").raise_for_status().json()["params"]

    schema = params["mode"]["schema"]
    assert schema["enum"] == ["apply", "plan"]
    assert set(schema["values_display"]) == {"apply", "plan"}


def test_a_count_can_be_read_from_xcom(api: Any, night: Any) -> None:
    path = f"/api/v2/dags/{DAG_ID}/dagRuns/{night.run_id}/taskInstances/contacts/xcomEntries"

    left = api.get(f"{path}/return_value", params={"deserialize": "true"}).raise_for_status()

    assert left.json()["value"]["entity"] == "contacts"
