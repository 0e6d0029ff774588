"""Hooks and operators as a worker of this version of Airflow runs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import RateLimited
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.work import Work
from dev.mailbox import Mailbox
from tests.compat.conftest import Systems
from tests.compat.parsed import bag

FLOWS = ("projects", "contacts", "cost_codes", "subcontractor_invoices", "payments")
IN_ORDER = pytest.mark.parametrize("flow", FLOWS)


pytestmark = pytest.mark.usefixtures("deployment")


def context(task_id: str, run_id: str = "by hand", **params: Any) -> Any:
    """Return what of Airflow's context the operators use."""
    dag = bag().dags["procore_xero_nightly"]
    return {
        "dag": dag,
        "dag_run": SimpleNamespace(
            conf=params, clear_number=0, start_date=datetime.now(UTC), run_after=datetime.now(UTC)
        ),
        "params": {**dag.params.dump(), **params},
        "run_id": run_id,
        "ti": SimpleNamespace(
            dag_id=dag.dag_id,
            task_id=task_id,
            map_index=-1,
            try_number=1,
            xcom_push=lambda **_: None,
            xcom_pull=lambda **_: [],
            get_task_states=lambda **_: {run_id: dict.fromkeys(FLOWS, "success")},
        ),
    }


def run(task_id: str, dag_id: str = "procore_xero_nightly", **params: Any) -> Any:
    """Render and execute a task of an example DAG, and return what it leaves in XCom."""
    task, given = bag().dags[dag_id].get_task(task_id), context(task_id, **params)
    task = task.prepare_for_execution()
    task.render_template_fields(given)
    return task.execute(given)


@pytest.mark.parametrize("kind", ["procore", "xero"])
def test_a_connection_becomes_its_hook_and_works(kind: str) -> None:
    from airflow.sdk import BaseHook

    hook = BaseHook.get_hook(f"{kind}_default")

    works, said = hook.test_connection()
    assert works, said


def test_the_ledger_keeps_tokens_encrypted_by_airflows_key() -> None:
    from airflow_provider_procore_xero.hooks.ledger import cipher

    found = cipher()

    assert found is not None
    assert b"token" not in found.encrypt(b"token")
    assert found.decrypt(found.encrypt(b"token")) == b"token"


def test_without_a_connection_the_ledger_lies_in_airflows_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from airflow.configuration import AIRFLOW_HOME

    from airflow_provider_procore_xero.hooks.ledger import LedgerHook

    monkeypatch.delenv("AIRFLOW_CONN_PROCORE_XERO_LEDGER")

    assert LedgerHook().url().database == f"{AIRFLOW_HOME}/procore_xero.db"


@IN_ORDER
def test_a_flow_plans_and_writes_nothing(flow: str, deployment: Systems) -> None:
    deployment.simulator.calls.clear()

    left = run(flow, mode="plan", run_id="plan")

    assert (left["entity"], left["mode"]) == (flow, "plan")
    assert deployment.simulator.calls.writes() == []


class Limited(ProjectsToTrackingOptionsOperator):
    """Xero answers 429 to its first question."""

    def around(self, work: Work) -> Any:
        raise RateLimited("Xero is busy.", system="xero", retry_after=600, limit="minute")


def test_a_flow_that_is_told_to_wait_frees_the_worker() -> None:
    from airflow.exceptions import AirflowRescheduleException

    with pytest.raises(AirflowRescheduleException) as waits:
        Limited(task_id="projects").execute(context("projects", run_id="limited"))

    ahead = waits.value.reschedule_date - datetime.now(UTC)
    assert timedelta(minutes=5) < ahead < timedelta(minutes=15)


def test_a_flow_that_only_a_person_can_mend_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from airflow.providers.common.compat.sdk import AirflowFailException

    monkeypatch.setenv("AIRFLOW_CONN_XERO_DEFAULT", '{"conn_type": "xero"}')

    with pytest.raises(AirflowFailException, match="xero_default"):
        run("projects", run_id="incomplete")


def test_the_doctor_finds_all_well() -> None:
    left = run("doctor", "procore_xero_doctor")

    assert left["bad"] == 0


def test_the_report_is_mailed(mailbox: Mailbox) -> None:
    left = run("report", mode="plan", run_id="plan")

    assert left["emailed"]
    assert mailbox.mails[-1].subject == left["subject"]


def test_the_notifier_mails_where_the_report_task_did_not(mailbox: Mailbox) -> None:
    from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier

    mailbox.clear()

    RunReportNotifier()({**context("report", run_id="timed out"), "reason": "timed_out"})

    assert len(mailbox.mails) == 1
