"""Prove that both systems agree: claimed, billed, paid and cost, to the cent.

Both are read afresh and nothing is written. Every difference is explained by name; what nobody can
explain is in the mail, and fails the run where the settings say `safety.fail_run_on:
[unreconciled]`. With `project_number` only that project is looked at.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.params import params
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 6 * * 1" instead of None runs it every Monday; None only when triggered
SCHEDULE = schedule("procore_xero_reconcile", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_reconcile",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    params=params("project_number"),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    dagrun_timeout=timedelta(hours=2),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    reconciliation = ReconcileOperator(task_id="reconciliation", settings=SETTINGS)
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()
    reconciliation >> report
