"""The Airflow plugin of the package.

Every Airflow process imports this, so it opens nothing: no ledger, no network, no settings file.
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_procore_xero.operators.links import ProcoreLink, XeroLink


class ProcoreXeroPlugin(AirflowPlugin):
    """What the package adds to Airflow itself: the buttons on its tasks."""

    name = "procore_xero"
    operator_extra_links: list[Any] = [ProcoreLink(), XeroLink()]  # noqa: RUF012 - as Airflow has it
