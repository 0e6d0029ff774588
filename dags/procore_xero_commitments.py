"""Send approved commitments from Procore to Xero as purchase orders, then their change orders.

A change order becomes lines of the same purchase order, below the old ones. *One commitment*:
trigger it with `{"project_number": "24-017", "commitment_number": "SC-003"}`.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.params import params
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 * * * *" instead of None runs it every hour; None only when triggered
SCHEDULE = schedule("procore_xero_commitments", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_commitments",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    params=params("project_number", "commitment_number"),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    dagrun_timeout=timedelta(hours=2),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    commitments = CommitmentsToPurchaseOrdersOperator(task_id="commitments", settings=SETTINGS)
    change_orders = CommitmentChangeOrdersToPurchaseOrdersOperator(
        task_id="commitment_change_orders", settings=SETTINGS
    )
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()
    commitments >> change_orders >> report
