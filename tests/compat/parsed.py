"""The example DAGs as this version of Airflow parses them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tests.compat.conftest import DAGS


@lru_cache(maxsize=1)
def bag() -> Any:
    """Return a DagBag of the folder ``dags``."""
    return _module().DagBag(dag_folder=str(DAGS), bundle_path=DAGS)


def register() -> None:
    """Write every example DAG down in Airflow's database, as its dag-processor does."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    DagBundlesManager().sync_bundles_to_db()
    _module().sync_bag_to_db(bag(), "dags-folder", None)


def _module() -> Any:
    try:
        from airflow.dag_processing import dagbag
    except ImportError:  # before Airflow 3.2
        from airflow.models import dagbag
    return dagbag
