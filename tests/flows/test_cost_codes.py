"""Cost codes → tracking options, as both systems see it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_procore_xero.operators.commitments import (
    CommitmentsToPurchaseOrdersOperator,
)
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import FLOWS, SETTINGS, Office


def test_R42_every_standard_code_becomes_an_option_and_no_other(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    people.procore.add_cost_code(project_id=project["id"], code="99-999", name="Only here")

    office.run("cost_codes")
    first = len(office.writes())
    office.run("cost_codes")

    assert people.options("Cost Codes") == {"02-300": "ACTIVE", "03-300": "ACTIVE"}
    assert len(office.writes()) == first == 2


def test_R42_where_one_list_is_the_erp_list_the_codes_of_others_stay_in_procore(
    office: Office, people: Contractor
) -> None:
    people.standard_list()
    erp = people.procore.add_standard_cost_code_list("ERP", is_erp_list=True)
    people.procore.add_standard_cost_code(list_id=erp["id"], code="16-100", name="Cables")

    office.run("cost_codes")

    assert people.options("Cost Codes") == {"16-100": "ACTIVE"}


def test_R44_without_the_category_the_flow_says_so_and_writes_nothing(
    office: Office, people: Contractor
) -> None:
    people.standard_list()
    people.xero.category("Cost Codes")["Status"] = "ARCHIVED"

    result = office.run("cost_codes")

    assert not office.writes()
    assert office.reasons(result) == {"CATEGORY_MISSING": 1}


def test_R20_a_claim_on_a_code_that_only_the_project_has_is_held_with_the_code(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    code = people.procore.add_cost_code(project_id=project["id"], code="99-999", name="Only here")
    kind = next(iter(people.procore.line_item_types))
    wbs = people.procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=kind)
    lines = [{"wbs_code_id": wbs["id"], "amount": "5000", "description": "Odd"}]
    people.claim(people.contract(project, people.pair("Terra Works Ltd"), lines=lines), "100.00")

    result = office.night()["subcontractor_invoices"]

    (held,) = office.outcomes(result)
    assert people.bills == []
    assert held.reasons[0].code == "COST_CODE_UNKNOWN"
    assert "99-999" in held.reasons[0].sentence


def test_R43_with_accounts_for_codes_no_option_is_made(office: Office, people: Contractor) -> None:
    people.standard_list()

    result = office.run("cost_codes", settings={**SETTINGS, "cost_codes": {"target": "item"}})

    assert not office.writes()
    assert "cost_codes.target" in " ".join(office.ledger.run(result["run"]).notes)


@pytest.fixture
def contract(office: Office, people: Contractor) -> Record:
    """Return a commitment on 02-300 and 03-300, whose first claim is a bill."""
    claim = people.one_claim()
    office.night()
    return dict(people.procore.commitments[claim["commitment_id"]])


def standard(people: Contractor, code: str) -> int:
    codes = people.procore.standard_cost_codes
    return next(code_id for code_id, each in codes.items() if each["full_code"] == code)


def test_E38_a_new_claim_on_a_code_that_was_removed_waits_and_the_option_stays(
    office: Office, people: Contractor, contract: Record
) -> None:
    removed = people.procore.standard_cost_codes.pop(standard(people, "02-300"))
    new = people.claim(contract, "7.00")
    planned = office.night(mode="plan")["subcontractor_invoices"]

    result = office.night()["subcontractor_invoices"]
    alone = office.run("subcontractor_invoices")
    billed = len(people.bills)
    people.procore.standard_cost_codes[removed["id"]] = removed
    office.night()

    for each in (planned, result, alone):
        assert office.reasons(each) == {"COST_CODE_UNKNOWN": 1}
    assert "02-300" in office.outcomes(result)[0].reasons[0].sentence
    assert (billed, people.bill_of(new)["SubTotal"]) == (1, Decimal("6.65"))
    assert people.options("Cost Codes")["02-300"] == "ACTIVE"


def test_E38_a_bill_that_was_sent_is_corrected_though_its_code_was_removed_since(
    office: Office, people: Contractor, contract: Record
) -> None:
    people.procore.standard_cost_codes.pop(standard(people, "02-300"))
    claim = next(iter(people.procore.requisitions.values()))
    people.procore.change_requisition(claim["id"], payment_date=recently(-20))

    result = office.night(full=True)["subcontractor_invoices"]

    assert office.reasons(result) == {}
    assert result["held"] == 0


def test_E38_a_claim_on_a_heading_waits(
    office: Office, people: Contractor, contract: Record
) -> None:
    people.procore.add_standard_cost_code(
        list_id=people.standard_list(), code="10", name="Deep", parent_id=standard(people, "02-300")
    )
    people.claim(contract, "7.00")

    result = office.night()["subcontractor_invoices"]

    assert office.reasons(result) == {"COST_CODE_UNKNOWN": 1}


def test_E38_an_order_on_a_code_that_was_removed_waits(
    office: Office, people: Contractor, contract: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLOWS, "commitments", CommitmentsToPurchaseOrdersOperator)
    people.procore.standard_cost_codes.pop(standard(people, "02-300"))

    flows = ("projects", "contacts", "cost_codes", "commitments")
    result = office.night(flows=flows)["commitments"]

    assert office.reasons(result) == {"COST_CODE_UNKNOWN": 1}
    assert people.xero.purchase_orders == {}
