"""Look whether everything is set up that a night needs. Nothing is written.

Trigger it after you changed connections, settings, or something in either system. Red means that
something must be mended; the task's log says what, and how.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG

from airflow_provider_procore_xero.operators.doctor import DoctorOperator
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 7 * * 1" instead of None runs it every Monday; None only when triggered
SCHEDULE = schedule("procore_xero_doctor", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_doctor",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    DoctorOperator(task_id="doctor", settings=SETTINGS)
