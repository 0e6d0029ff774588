"""The Airflow plugin of the package.

Every Airflow process imports this, so it opens nothing: no ledger, no network, no settings file.
"""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class ProcoreXeroPlugin(AirflowPlugin):
    """What the package adds to Airflow itself, beside operators and hooks."""

    name = "procore_xero"
