"""A run that takes longer than anybody should wait for it."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.sdk import dag, task

from airflow_provider_procore_xero.notifications.late import deadline


@dag(deadline=deadline(timedelta(seconds=2)), schedule=None)
def hangs() -> None:
    @task
    def wait() -> None:
        time.sleep(45)

    wait()


hangs()
