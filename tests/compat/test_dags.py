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


@pytest.mark.parametrize(
    ("dag_id", "name"),
    [
        ("procore_xero_cost_codes", "Send Chart of Accounts"),
        ("procore_xero_projects", "Send All Projects"),
        ("procore_xero_subcontractor_invoices", "Send One Progress Claim"),
        ("procore_xero_payments", "Get All Payments"),
    ],
)
def test_R45_a_flow_goes_by_the_name_that_people_know_it_by(dag_id: str, name: str) -> None:
    assert name in bag().dags[dag_id].tags


@pytest.mark.parametrize(
    "dag_id",
    [
        "procore_xero_contacts", "procore_xero_vendors", "procore_xero_projects",
        "procore_xero_cost_codes", "procore_xero_subcontractor_invoices", "procore_xero_payments",
        "procore_xero_direct_costs", "procore_xero_commitments",
    ],
)  # fmt: skip
def test_R29_R30_each_flow_has_a_dag_that_runs_alone_and_is_part_of_the_night(dag_id: str) -> None:
    night = {type(task).__name__ for task in bag().dags["procore_xero_nightly"].tasks}

    flows = {type(task).__name__ for task in bag().dags[dag_id].tasks}

    assert len(flows - {"RunReportOperator"}) >= 1
    assert flows <= night


def test_C26_a_flow_is_called_by_what_it_does_where_its_how_to_slips() -> None:
    """One how-to heads a step of progress claims with contacts, one says payments for bills."""
    buttons = {dag_id: set(dag.tags) for dag_id, dag in bag().dags.items()}

    claims = buttons["procore_xero_subcontractor_invoices"]
    costs = buttons["procore_xero_direct_costs"]

    assert "Send All Progress Claims" in claims
    assert not [tag for tag in claims if "Contact" in tag]
    assert "Get Direct Invoices for Project" in costs
    assert not [tag for tag in costs if "Payment" in tag]


def test_C6_C21_commitments_are_on_and_journals_and_imports_are_off_until_somebody_wants_them() -> (
    None
):
    from airflow_provider_procore_xero.settings import PROFILES, make

    for profile in PROFILES:
        settings = make({"profile": profile})
        assert settings.commitments.enabled
        assert not settings.journals.enabled
        assert not settings.projects.import_options
