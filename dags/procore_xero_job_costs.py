"""Add up what each project and cost code has cost in Xero, where nothing is written.

The figures, job to date, commitment invoiced and direct costs, are in the ledger's table
`job_costs`. The settings must want them: `job_costs.enabled`. With `job_costs.write: erp` they are
set as ERP job costs in Procore too.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.params import params
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 5 * * *" instead of None runs it each morning; None only when triggered
SCHEDULE = schedule("procore_xero_job_costs", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_job_costs",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    params=params(),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    dagrun_timeout=timedelta(hours=2),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    job_costs = JobCostsOperator(task_id="job_costs", settings=SETTINGS)
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()
    job_costs >> report
