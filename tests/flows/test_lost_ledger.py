"""A ledger that is lost, or older than the last night: nothing is created a second time."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.links import Link
from tests.flows.contractor import Contractor, Record
from tests.flows.office import Office
from tests.flows.test_power_cuts import end_state

INVOICES = "/api.xro/2.0/Invoices"
KEYS = {"project_number": "A-1", "commitment_number": "SC-001", "application_number": "1"}


@pytest.fixture
def nights(office: Office, people: Contractor) -> Callable[[], None]:
    """Return what runs two nights: bills in the first, their payments in the second."""

    def run() -> None:
        people.contact("New Drainage Ltd")
        claim = people.one_claim()
        contract = people.procore.commitments[claim["commitment_id"]]
        people.claim(contract, "10.00", "20.00")
        office.night()
        people.pay(people.bill_of(claim), "600.00", reference="first")
        people.pay(people.bill_of(claim), "100.00", reference="second")
        office.night()

    return run


def test_after_the_ledger_is_lost_everything_is_found_and_linked_again(
    office: Office, people: Contractor, nights: Callable[[], None]
) -> None:
    nights()
    before = end_state(office, people)
    office.new_ledger()
    office.forget_calls()

    results = office.night()

    assert not office.writes()
    assert end_state(office, people) == before
    assert all(result["created"] == 0 for result in results.values())
    assert office.night()["subcontractor_invoices"]["unchanged"] == 2


def test_a_bill_found_again_is_still_watched_for_edits(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    office.night()
    office.new_ledger()
    office.night()
    bill = people.bill_of(claim)
    line = {k: bill["LineItems"][0][k] for k in ("Description", "AccountCode", "Tracking")}
    people.xero.edit_bill(bill["InvoiceID"], [{**line, "Quantity": "1", "UnitAmount": "7.00"}])

    result = office.run("subcontractor_invoices")

    assert office.reasons(result) == {"BILL_EDITED": 1}


def test_after_the_ledger_is_lost_an_option_may_be_found_by_a_plan_too(
    office: Office, people: Contractor, nights: Callable[[], None]
) -> None:
    nights()
    office.new_ledger()

    plan = office.night("plan")

    assert plan["projects"]["linked"] == 1
    assert plan["subcontractor_invoices"]["linked"] == 2


def test_a_ledger_from_before_the_night_finds_what_that_night_wrote(
    office: Office, people: Contractor, nights: Callable[[], None]
) -> None:
    nights()
    old = office.new_ledger(office.ledger_path)
    claim = next(iter(people.procore.requisitions.values()))
    contract = people.procore.commitments[claim["commitment_id"]]
    late = people.claim(contract, "70.00", "30.00")
    people.pay(people.bill_of(claim), "50.00", reference="third")
    people.project("C-3")
    newest = office.new_ledger(old)
    office.night()
    people.pay(people.bill_of(late), "20.00", reference="fourth")
    office.night()
    before = end_state(office, people)
    assert newest != old

    office.use_ledger(old)
    results = office.night()

    assert end_state(office, people) == before
    assert {flow: result["refused"] for flow, result in results.items() if result["refused"]} == {}
    assert len(people.payments) == 4


@pytest.mark.parametrize(("now", "linked"), [("100.00", 1), ("60.00", 0)])
def test_E51_a_payment_that_the_ledger_forgot_is_linked_only_where_its_amount_is_the_same(
    office: Office, people: Contractor, now: str, linked: int
) -> None:
    claim = people.one_claim()
    office.night()
    old = office.new_ledger(office.ledger_path)
    people.pay(people.bill_of(claim), "115.00")
    office.new_ledger(old)
    office.night()
    people.payments[0]["amount"] = now
    office.use_ledger(old)

    result = office.run("payments")

    assert (len(office.ledger.links("payment")), result["refused"]) == (linked, 1 - linked)
    assert [str(payment["amount"]) for payment in people.payments] == [now]


def test_E33_E52_a_voided_bill_is_not_made_anew_though_the_ledger_is_lost(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])
    office.new_ledger()

    result = office.night()["subcontractor_invoices"]

    assert people.bills == []
    assert office.reasons(result) == {"BILL_VOIDED": 1}


def test_E60_a_paid_bill_that_the_ledger_forgot_is_left_alone_where_its_claim_has_changed(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    people.pay(bill, "100.00", reference="a part")
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "999.00"}])
    office.new_ledger()
    before = bill["Total"]
    office.forget_calls()

    result = office.night()["subcontractor_invoices"]

    assert office.reasons(result) == {"BILL_DIFFERS": 1}
    assert [b["Total"] for b in people.bills] == [before]
    assert not [call for call in office.writes("xero") if "Invoices" in call.path]


def test_E33_a_claim_that_is_unlinked_from_its_voided_bill_is_sent_anew(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])
    held = office.reasons(office.run("subcontractor_invoices"))

    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"]])
    result = office.run("subcontractor_invoices")

    assert held == {"BILL_VOIDED": 1}
    assert result["created"] == 1
    assert len(people.bills) == 1


# Unlinked by hand


def edited(people: Contractor, bill: Record) -> None:
    """Change the first amount of a bill, as a bookkeeper does."""
    lines = [dict(line) for line in bill["LineItems"]]
    sent = ("Description", "Quantity", "UnitAmount", "AccountCode", "Tracking")
    lines[0]["UnitAmount"] = Decimal("900.00")
    people.xero.edit_bill(bill["InvoiceID"], [{k: line[k] for k in sent} for line in lines])


@pytest.mark.parametrize("since", ["that night", "long ago"])
@pytest.mark.parametrize("how", ["edited", "as it was"])
@pytest.mark.parametrize("params", [{}, {"full": True}, KEYS], ids=["next", "full", "one"])
def test_E33_E34_a_claim_whose_bill_was_unlinked_and_stands_gets_no_second_one(
    office: Office, people: Contractor, since: str, how: str, params: dict[str, Any]
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    if how == "edited":
        edited(people, bill)
        assert office.reasons(office.run("subcontractor_invoices")) == {"BILL_EDITED": 1}
    if since == "long ago":
        bill["UpdatedDateUTC"] = "2026-01-01T00:00:00"
    before = deepcopy(bill)

    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"]])
    result = office.run("subcontractor_invoices", **params)

    assert office.reasons(result) == {"BILL_KEPT_APART": 1}
    assert people.bills == [before]
    people.xero.delete_bill(bill["InvoiceID"])
    assert office.run("subcontractor_invoices", **params)["created"] == 1
    assert office.issue_codes("subcontractor_invoices") == []


def test_E33_a_bill_that_was_unlinked_is_asked_for_only_while_its_claim_waits(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    office.forget_calls()
    office.run("subcontractor_invoices")
    quiet = office.reads("xero")[INVOICES]
    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"]])
    office.forget_calls()

    office.run("subcontractor_invoices")

    assert (quiet, office.reads("xero")[INVOICES]) == (1, 2)


def test_E33_a_bill_that_became_another_claims_keeps_nothing_back(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    other = people.claim(people.procore.commitments[claim["commitment_id"]], "7.00")
    office.night()
    taken = people.bill_of(other)
    pair = Link(
        kind="subcontractor_invoice", procore_id=str(claim["id"]), xero_id=taken["InvoiceID"]
    )
    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"], other["id"]])
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])
    office.ledger.save_links([pair])
    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"]])
    office.ledger.save_links([replace(pair, procore_id=str(other["id"]))])

    assert office.night(full=True)["subcontractor_invoices"]["created"] == 1
