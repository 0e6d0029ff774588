"""Debug mode: everything is judged and mapped, nothing is sent, and what it says comes true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.apis.wire import encode
from airflow_provider_procore_xero.simulator.calls import Call
from airflow_provider_procore_xero.sync.plan import Create, Remove, Update
from tests.flows.contractor import Contractor
from tests.flows.office import SETTINGS, Office

WHERE_AND_WHEN = ("run", "plan", "mode", "calls")
Results = Mapping[str, Mapping[str, Any]]


def counts(results: Results) -> dict[str, dict[str, Any]]:
    """Return what each flow counted."""
    return {
        flow: {k: v for k, v in result.items() if k not in WHERE_AND_WHEN}
        for flow, result in results.items()
    }


def planned(office: Office, results: Results) -> list[Any]:
    """Return the payloads of the stored plans, as JSON would carry them, in a fixed order."""
    found = []
    for result in results.values():
        for stored in office.ledger.changes(str(result["plan"]), (Create, Update)):
            assert isinstance(stored.change, Create | Update)
            payload = dict(stored.change.desired.payload)
            if isinstance(stored.change, Update):
                payload["to"] = stored.change.target_id
            found.append(payload)
    return in_order(json.loads(encode(found), parse_float=Decimal))


def sent(calls: list[Call]) -> list[Any]:
    """Return the records that *calls* carried, in a fixed order."""
    found = []
    for call in calls:
        body = json.loads(call.body, parse_float=Decimal)
        for row in body.get("Invoices") or body.get("updates") or [body]:
            record = dict(row.get("contact_payment") or row.get("contract_payment") or row)
            if target := record.pop("InvoiceID", None) or record.pop("id", None):
                record["to"] = str(target)
            found.append(record)
    return in_order(found)


def in_order(records: list[Any]) -> list[Any]:
    return sorted(records, key=lambda record: json.dumps(record, sort_keys=True, default=str))


def test_R3_plan_mode_sends_no_write_to_either_side(office: Office) -> None:
    office.reset("contractor")

    results = office.night("plan")

    assert not office.writes()
    assert sum(result["created"] + result["linked"] for result in results.values()) > 100


def test_R3_plan_mode_lists_the_same_holds_as_the_run_right_after(office: Office) -> None:
    office.reset("contractor")

    plan = office.night("plan")
    apply = office.night("apply")

    for flow in plan:
        held = [
            sorted((o.source_id, [r.code for r in o.reasons]) for o in office.outcomes(each[flow]))
            for each in (plan, apply)
        ]
        assert held[0] == held[1], flow


def test_R4_from_an_empty_ledger_the_planned_payloads_are_those_that_are_sent(
    office: Office,
) -> None:
    office.reset("contractor")

    plan = office.night("plan")
    office.forget_calls()
    apply = office.night("apply")

    assert sent(office.writes()) == planned(office, plan)
    assert counts(plan) == counts(apply)


def test_R4_planned_payments_and_changes_of_bills_are_those_that_are_sent(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    contract = people.procore.commitments[claim["commitment_id"]]
    other = people.claim(contract, "200.00", "100.00")
    office.night()
    people.pay(people.bill_of(claim), "700.00", reference="part")
    line = other["items"][0]["line_item_id"]
    people.procore.edit_claim(other["id"], [{"line_item_id": line, "work": "222.22"}])

    plan = office.night("plan")
    office.forget_calls()
    apply = office.night("apply")

    assert sent(office.writes()) == planned(office, plan)
    assert counts(plan) == counts(apply)
    assert [apply["payments"]["created"], apply["subcontractor_invoices"]["updated"]] == [1, 1]


def test_R4_a_removal_is_planned_before_it_happens(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    office.night()
    payment = people.pay(people.bill_of(claim), "700.00")
    office.night()
    people.xero.delete_payment(payment["PaymentID"])

    plan = office.night("plan")
    removals = list(office.ledger.changes(plan["payments"]["plan"], (Remove,)))
    apply = office.night("apply")

    assert len(removals) == 1
    assert counts(plan) == counts(apply)
    assert people.payments == []


def test_a_plan_leaves_the_link_of_a_voided_bill_as_it_is(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])

    states = []
    for mode in ("plan", "apply"):
        office.night(mode)
        states.append([link.state for link in office.ledger.links("subcontractor_invoice")])

    assert states == [["active"], ["orphaned"]]


def test_a_plan_opens_no_issue_and_moves_no_watermark(office: Office) -> None:
    office.reset("contractor")

    office.night("plan")

    assert office.ledger.issues() == []
    assert office.ledger.watermark("contacts") is None


def test_a_plan_neither_opens_nor_closes_the_issue_of_the_set_up(
    office: Office, people: Contractor
) -> None:
    category = people.xero.category("Project")
    category["Name"] = "Jobs"
    office.run("projects", "plan")
    opened_by_a_plan = office.issue_codes()
    office.run("projects")
    category["Name"] = "Project"

    office.run("projects", "plan")

    assert opened_by_a_plan == []
    assert office.issue_codes() == ["CATEGORY_MISSING"]


# Applying a stored plan


def test_a_stored_plan_is_applied_as_it_is(office: Office, people: Contractor) -> None:
    people.one_claim()
    plan = office.night("plan")
    run_id = office.ledger.run(plan["projects"]["run"]).dag_run

    office.night("apply", plan_id=run_id)

    assert sent(office.writes()) == planned(office, plan)


def test_what_changed_since_the_plan_was_made_is_held(office: Office, people: Contractor) -> None:
    office.night(flows=("projects",))
    claim = people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    plan = office.run("subcontractor_invoices", "plan")
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "999.00"}])

    result = office.run("subcontractor_invoices", plan_id=plan["plan"])

    assert people.bills == []
    assert office.reasons(result) == {"PLAN_STALE": 1}


def test_R4_a_bill_that_would_go_out_with_another_status_than_was_planned_is_held(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    plan = office.run("subcontractor_invoices", "plan")
    approved = {**SETTINGS, "bills": {**SETTINGS["bills"], "status": "AUTHORISED"}}

    result = office.run("subcontractor_invoices", plan_id=plan["plan"], settings=approved)

    assert people.bills == []
    assert office.reasons(result) == {"PLAN_STALE": 1}


def test_what_is_new_since_the_plan_was_made_is_held_and_goes_the_night_after(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    plan = office.run("subcontractor_invoices", "plan")
    people.claim(people.procore.commitments[claim["commitment_id"]], "10.00")

    result = office.run("subcontractor_invoices", plan_id=plan["plan"])
    held = office.reasons(result)
    office.run("subcontractor_invoices")

    assert held == {"NOT_IN_PLAN": 1}
    assert len(people.bills) == 2


def test_an_unknown_plan_fails_with_its_id(office: Office, people: Contractor) -> None:
    people.project("A-1")

    with pytest.raises(AirflowFailException, match="no finished plan nosuchplan of projects"):
        office.run("projects", plan_id="nosuchplan")

    assert not office.writes()
