"""The example DAGs under this version of Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compat.conftest import DAGS
from tests.compat.parsed import bag

IDS = sorted(path.stem for path in DAGS.glob("*.py"))


def test_every_example_parses() -> None:
    assert bag().import_errors == {}
    assert sorted(bag().dags) == IDS


@pytest.mark.parametrize("dag_id", IDS)
def test_every_example_can_be_written_down_and_read_again(dag_id: str) -> None:
    written = serialisation().to_dict(bag().dags[dag_id])

    read = serialisation().from_dict(written)

    assert read.task_ids == bag().dags[dag_id].task_ids
    assert list(read.params) == list(bag().dags[dag_id].params)


@pytest.mark.parametrize("dag_id", IDS)
def test_every_param_is_valid_as_declared(dag_id: str) -> None:
    dag = bag().dags[dag_id]

    assert dag.params.validate() == dag.params.dump()


def test_a_mode_that_there_is_not_is_refused() -> None:
    from airflow.providers.common.compat.sdk import AirflowException

    mode = bag().dags["procore_xero_nightly"].params.get_param("mode")

    with pytest.raises(AirflowException, match="try"):
        mode.resolve("try")


def serialisation() -> Any:
    from airflow.serialization import serialized_objects

    return getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG
