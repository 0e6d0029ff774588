"""The tools that run a real Airflow, for tests and for the demo, tried on a DAG of three steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev.airflow import Airflow, AirflowStopped
from dev.mailbox import Mailbox

DAGS = Path(__file__).with_name("dags")
DAG_ID = "three_steps"


def test_a_triggered_run_shows_its_tasks_its_results_and_its_mail(
    airflow: Airflow, mailbox: Mailbox
) -> None:
    mailbox.clear()
    seen: list[str | None] = []

    run_id, state = airflow.run(
        DAG_ID,
        {"numbers": [20, 21]},
        watch=lambda tasks: seen.extend(each["state"] for each in tasks),
    )

    assert state == "success"
    assert airflow.task_states(DAG_ID, run_id) == dict.fromkeys(
        ("numbers", "double[0]", "double[1]", "report"), "success"
    )
    assert airflow.xcom(DAG_ID, run_id, "double", map_index=1) == {"doubled": 42}
    assert "success" in seen
    (mail,) = mailbox.mails
    assert mail.subject == f"three_steps {run_id}"
    assert mail.recipients == ("someone@example.com",)
    assert "<p>2 numbers</p>" in mail.html
    assert mail.path is not None
    assert mail.path.with_suffix(".html").read_text() == mail.html


def test_a_failed_run_says_why_in_its_log(airflow: Airflow) -> None:
    run_id, state = airflow.run(DAG_ID, {"numbers": [1], "fail": True})

    assert state == "failed"
    assert airflow.task_states(DAG_ID, run_id)["double[0]"] == "failed"
    assert airflow.task_states(DAG_ID, run_id)["report"] == "success"
    assert airflow.xcom(DAG_ID, run_id, "double", map_index=0) is None
    assert "ValueError: asked to fail" in airflow.log(DAG_ID, run_id, "double", map_index=0)


def test_a_run_is_refused_with_a_sentence_when_its_parameters_are_wrong(airflow: Airflow) -> None:
    airflow.wait_for_dag(DAG_ID)

    with pytest.raises(AirflowStopped, match="numbers"):
        airflow.trigger(DAG_ID, {"numbers": "three"})


def test_airflow_loads_the_plugin_and_knows_the_provider(airflow: Airflow) -> None:
    providers = airflow.get("/providers", limit=100)["providers"]
    plugins = airflow.get("/plugins")["plugins"]

    assert "airflow-provider-procore-xero" in {each["package_name"] for each in providers}
    assert "procore_xero" in {each["name"] for each in plugins}
    assert airflow.get("/plugins/importErrors")["import_errors"] == []


def test_airflow_shows_nobody_the_secrets_of_a_connection(airflow: Airflow) -> None:
    extra = {"company_id": 5, "grant_type": "refresh_token", "refresh_token": "precious"}
    airflow.send(
        "POST",
        "/connections",
        {
            "connection_id": "shown",
            "conn_type": "procore",
            "login": "client",
            "password": "precious",
            "extra": json.dumps(extra),
        },
    )

    shown = json.dumps(airflow.get("/connections/shown"))

    assert "client" in shown
    assert "precious" not in shown


def test_nothing_lives_on_after_stopping(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path, DAGS)
    airflow.start()

    airflow.stop()

    assert airflow.processes.wait_until_gone(timeout=0.0) == []
