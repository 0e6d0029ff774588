"""ERP Integrations Daily Summary: what waits for a decision, to each approver, once a day.

It looks every hour, and mails from `notifications.digest_hour` on; nobody gets a second mail on one
day, and nobody gets one when nothing waits. Trigger it to mail at once those who had none today.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.operators.daily_summary import DailySummaryOperator
from airflow_provider_procore_xero.schedules import schedule, timezone

SCHEDULE = schedule("procore_xero_daily_summary", "0 * * * *")
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_daily_summary",
    dag_display_name="ERP Integrations Daily Summary",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    dagrun_timeout=timedelta(minutes=30),
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    DailySummaryOperator(task_id="summary", settings=SETTINGS)
