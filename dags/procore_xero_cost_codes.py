"""Send the company-wide standard cost codes from Procore to Xero (*Send Chart of Accounts*).

They become tracking options or items, as ``cost_codes.target`` in the settings says; the other task
then does nothing. Codes that only a project has stay in Procore.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.cost_codes import CostCodesToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.params import params
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 * * * *" instead of None runs it every hour; None only when triggered
SCHEDULE = schedule("procore_xero_cost_codes", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_cost_codes",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    params=params(),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    dagrun_timeout=timedelta(hours=2),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero", "Send Chart of Accounts"],
):
    cost_codes = CostCodesToTrackingOptionsOperator(task_id="cost_codes", settings=SETTINGS)
    items = CostCodesToItemsOperator(task_id="items", settings=SETTINGS)
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()
    cost_codes >> items >> report
