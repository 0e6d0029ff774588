"""The doctor asks for what the profile needs, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_procore_xero.operators.doctor import DoctorOperator, Finding
from airflow_provider_procore_xero.sync.links import Link
from tests.flows.contractor import Contractor
from tests.flows.office import SETTINGS, Office

CONNECTOR: dict[str, Any] = {
    "profile": "procore_connector",
    "accounts": {"expense": "310"},
    "bills": {"retainage_item": "RET"},
    "cost_codes": {"list": "Standard"},
    "notifications": {"to": ["accounts@example.com"]},
}


def findings(settings: dict[str, Any]) -> dict[str, Finding]:
    return {f.check: f for f in DoctorOperator(task_id="doctor", settings=settings).findings({})}


def test_a_company_with_items_needs_neither_group_nor_account_of_retainage(
    office: Office, people: Contractor
) -> None:
    people.xero.add_item("RET", "Retentions")
    people.xero.contact_groups.clear()

    found = findings(CONNECTOR)

    for check in ("Contact group", "Accounts", "Item of retainage"):
        assert found[check].well, found[check]


@pytest.mark.parametrize(
    ("item", "said"),
    [(None, "The settings name no item for retainage."), ("RET", "Xero has no item 'RET'")],
)
def test_R104_the_doctor_misses_the_item_of_retainage(
    office: Office, item: str | None, said: str
) -> None:
    found = findings({**CONNECTOR, "bills": {"retainage_item": item}})

    assert not found["Item of retainage"].well
    assert said in found["Item of retainage"].sentence


def test_R31_with_options_the_doctor_asks_for_stage_group_and_account_of_retainage(
    office: Office, people: Contractor
) -> None:
    people.xero.contact_groups.clear()

    found = findings({**SETTINGS, "bills": {}, "projects": {"stage": "Send to Mars"}})

    assert found["Item of retainage"].well
    assert {c for c in ("Project stage", "Contact group", "Accounts") if not found[c].well} == {
        "Project stage",
        "Contact group",
        "Accounts",
    }


def test_R84_the_doctor_warns_of_budgets_that_would_count_job_costs_and_direct_costs_both(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    exported = people.project("B-2")
    office.run("projects")
    people.procore.export_to_erp(exported["id"])

    off = findings(SETTINGS)["Job costs"]
    on = findings({**SETTINGS, "job_costs": {"enabled": True, "write": "erp"}})["Job costs"]

    assert (off.well, off.sentence) == (True, "Job costs are not written to Procore.")
    assert on.well
    assert "knows 1 of 2 integrated projects" in on.sentence
    assert "Let no column of a budget view count them and direct costs both" in on.sentence


def test_C2_cost_codes_that_stand_for_options_and_for_items_at_once_are_refused(
    office: Office, people: Contractor
) -> None:
    office.ledger.save_links([Link(kind="cost_code", procore_id="4401", xero_id="option-1")])

    before = findings(SETTINGS)["Target of cost codes"]
    after = findings(CONNECTOR)["Target of cost codes"]

    assert before.well
    assert not after.well
    assert "1 (tracking_option)" in after.sentence
    assert "unlink cost_codes --former" in after.fix


def test_E30_the_doctor_explains_how_many_categories_xero_may_have(
    office: Office, people: Contractor
) -> None:
    people.xero.category("Project")["Name"] = "Jobs"

    found = findings(SETTINGS)["Tracking category of projects"]

    assert not found.well
    assert "'Project'" in found.sentence
    assert "Two can be active at once" in found.fix
