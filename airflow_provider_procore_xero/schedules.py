"""When each DAG runs: its own line in the DAG file, or Airflow's configuration over it."""

from __future__ import annotations

import json
import logging

from airflow.providers.common.compat.sdk import conf

log = logging.getLogger(__name__)


def schedule(dag_id: str, default: str | None) -> str | None:
    """Return the cron expression of *dag_id*, or None for "only when triggered".

    ``[procore_xero] schedules`` is a JSON object of cron expressions by DAG id, so a deployment
    changes them without touching DAG files:
    ``AIRFLOW__PROCORE_XERO__SCHEDULES='{"procore_xero_nightly": "30 3 * * *"}'``. What can't be
    read is logged and *default* stands, since a DAG that fails to parse runs never.
    """
    given = conf.get("procore_xero", "schedules", fallback="") or "{}"
    try:
        chosen: str | None = json.loads(given).get(dag_id, default)
    except (ValueError, AttributeError):
        log.warning("[procore_xero] schedules is no JSON object of cron expressions: %r", given)
        return default
    if chosen is None or _is_cron(chosen):
        return chosen
    log.warning("[procore_xero] schedules: %r is no cron expression for %s", chosen, dag_id)
    return default


def timezone() -> str:
    """Return the time zone of schedules, ``[procore_xero] timezone``, UTC by default."""
    return conf.get("procore_xero", "timezone", fallback="UTC") or "UTC"


def _is_cron(text: object) -> bool:
    from airflow.exceptions import AirflowTimetableInvalid
    from airflow.timetables.trigger import CronTriggerTimetable

    try:
        CronTriggerTimetable(str(text), timezone="UTC").validate()
    except (AirflowTimetableInvalid, ValueError):
        return False
    return True
