"""Each flow's DAG is told of one record; one that does not exist is answered with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compat.conftest import Systems
from tests.compat.parsed import bag
from tests.compat.test_tasks import context

pytestmark = pytest.mark.usefixtures("deployment")
UNKNOWN = [
    ("projects", "projects", {"project_number": "99-999"}),
    ("contacts", "contacts", {"contact_id": "00000000-0000-4000-8000-000000000099"}),
    ("commitments", "commitments", {"project_number": "99-999"}),
    ("subcontractor_invoices", "subcontractor_invoices", {"project_number": "99-999"}),
    ("payments", "payments", {"project_number": "99-999"}),
    ("direct_costs", "direct_costs", {"project_number": "99-999"}),
    ("reconcile", "reconciliation", {"project_number": "99-999"}),
]


def run(task_id: str, dag_id: str, *, using: Any = None, **params: Any) -> Any:
    """Render and execute a task with the params of its own DAG; return what it leaves in XCom.

    :param using: settings in place of the deployment's.
    """
    dag = bag().dags[dag_id]
    given = context(task_id, f"one of {dag_id}", **params)
    given |= {"dag": dag, "params": {**dag.params.dump(), **params}}
    task = dag.get_task(task_id).prepare_for_execution()
    task.render_template_fields(given)
    task.settings = using or task.settings
    return task.execute(given)


def test_one_project_by_its_number_is_all_that_is_read_and_written(deployment: Systems) -> None:
    left = run("projects", "procore_xero_projects", project_number="24-001")

    assert left["read"] == 1
    assert left["created"] + left["linked"] + left["held"] == 1


def test_one_contact_by_its_id_is_all_that_is_read_and_written(deployment: Systems) -> None:
    xero = deployment.simulator.xero
    (group,) = (g for g in xero.contact_groups.values() if g["Name"] == "Procore")

    deployment.simulator.calls.clear()
    left = run("contacts", "procore_xero_contacts", contact_id=next(iter(group["ContactIDs"])))

    assert left["read"] == 1
    assert left["created"] + left["linked"] + left["held"] == 1
    assert len(deployment.simulator.calls.writes()) <= 1


def test_one_vendor_by_its_id_is_all_that_is_read_and_written(deployment: Systems) -> None:
    vendors = deployment.simulator.procore.vendors.values()
    _, vendor, *_ = (v for v in vendors if v["is_active"])  # the first is the company itself
    settings = {"profile": "procore_connector", "approval": {"backend": "none"}}

    deployment.simulator.calls.clear()
    left = run("vendors", "procore_xero_vendors", using=settings, vendor_id=str(vendor["id"]))

    assert left["read"] == 1
    assert left["created"] + left["linked"] + left["unchanged"] + left["held"] == 1
    assert len(deployment.simulator.calls.writes()) <= 1


def test_one_commitment_and_one_claim_by_their_numbers_are_all_that_is_written(
    deployment: Systems,
) -> None:
    for task_id in ("projects", "contacts", "cost_codes"):
        run(task_id, f"procore_xero_{task_id}")
    procore = deployment.simulator.procore
    for claim in [c for c in procore.requisitions.values() if c["status"] == "approved"]:
        commitment = procore.commitments[claim["commitment_id"]]
        project = procore.projects[commitment["project_id"]]["project_number"]
        asked = {"project_number": project, "commitment_number": commitment["number"]}
        left = run("commitments", "procore_xero_commitments", **asked)
        assert left["read"] == 1
        if left["held"]:
            continue
        asked["application_number"] = str(claim["number"])
        left = run("subcontractor_invoices", "procore_xero_subcontractor_invoices", **asked)
        assert left["read"] == 1
        if left["created"]:
            bills = [b for b in deployment.simulator.xero.invoices.values() if b.get("Url")]
            assert [str(claim["id"]) in bill["Url"] for bill in bills] == [True]
            return
    raise AssertionError("No claim of the seed could be sent by itself.")


@pytest.mark.parametrize(("dag", "task", "asked"), UNKNOWN, ids=[dag for dag, _, _ in UNKNOWN])
def test_an_unknown_number_or_id_fails_with_a_sentence_that_names_it(
    dag: str, task: str, asked: dict[str, str], deployment: Systems
) -> None:
    from airflow.providers.common.compat.sdk import AirflowFailException

    deployment.simulator.calls.clear()

    with pytest.raises(AirflowFailException, match="|".join(asked.values())):
        run(task, f"procore_xero_{dag}", **asked)

    assert deployment.simulator.calls.writes() == []
