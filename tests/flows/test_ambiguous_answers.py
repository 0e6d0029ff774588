"""Answers that say too little, too much or the wrong thing: nothing is doubled, nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from airflow.exceptions import AirflowRescheduleException

from airflow_provider_procore_xero.apis import transport
from airflow_provider_procore_xero.operators import subcontractor_invoices
from airflow_provider_procore_xero.operators.payees import remember_payees
from tests.flows.contractor import Contractor, Record
from tests.flows.office import SETTINGS, Office
from tests.reliability.processes import until

BILLS = {"side": "xero", "method": "PUT", "path": "*/Invoices"}
CREDIT_NOTES = {"side": "xero", "method": "PUT", "path": "*/CreditNotes"}
OPTIONS = {"side": "xero", "method": "PUT", "path": "*/Options"}
VENDORS = {"side": "procore", "method": "PATCH", "path": "*/vendors/sync"}
PAYMENTS = {"side": "procore", "method": "POST", "path": "*/contract_payments"}
LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop_after", {}),
    ("drop_before", {}),
    ("status_after", {"status": 500}),
    ("status_after", {"status": 504}),
    ("status", {"status": 502, "body": "<html></html>", "content_type": "text/html"}),
    ("half_json", {}),
    ("html", {"status": 200}),
]


def lines_of(people: Contractor) -> list[str]:
    return sorted(bill["Url"].rsplit("/", 1)[-1] for bill in people.bills)


def run_later(office: Office, flow: str) -> dict[str, Any]:
    """Run a flow when Xero has forgotten every idempotency key."""
    later = timedelta(seconds=400)
    office.simulator.clock.advance(later.total_seconds())
    with time_machine.travel(datetime.now(UTC) + later, tick=True):
        return office.run(flow)


@pytest.fixture
def two_claims(office: Office, people: Contractor) -> list[Record]:
    """Return two claims; all but their bills stands."""
    first = people.one_claim()
    second = people.claim(people.procore.commitments[first["commitment_id"]], "10.00")
    office.night(flows=("projects", "contacts", "cost_codes"))
    office.forget_calls()
    return [first, second]


@pytest.mark.parametrize("times", [1, 9])
@pytest.mark.parametrize(("name", "args"), LOST)
def test_E52_bills_whose_answer_was_lost_stand_once_in_the_end(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    name: str,
    args: dict[str, Any],
    times: int,
) -> None:
    office.simulator.faults.arm(name, times=times, **BILLS, **args)

    first = office.run("subcontractor_invoices")
    office.simulator.faults.clear()
    office.run("subcontractor_invoices")

    assert lines_of(people) == sorted(str(claim["id"]) for claim in two_claims)
    assert first["created"] + first["in_doubt"] == 2
    assert len(office.ledger.links("subcontractor_invoice")) == 2
    assert office.ledger.doubts("subcontractor_invoices") == []
    assert office.issue_codes() == []


@pytest.mark.parametrize(("name", "args"), LOST)
@pytest.mark.parametrize(("flow", "where"), [("projects", OPTIONS), ("contacts", VENDORS)])
def test_E52_options_and_vendors_whose_answer_was_lost_stand_once_in_the_end(
    office: Office,
    people: Contractor,
    flow: str,
    where: dict[str, str],
    name: str,
    args: dict[str, Any],
) -> None:
    people.project("A-1")
    people.contact("Terra Works Ltd")
    office.simulator.faults.arm(name, times=9, **where, **args)

    office.run(flow)
    office.simulator.faults.clear()
    office.run(flow)
    office.run(flow)

    made = people.options("Project") if flow == "projects" else people.procore.vendors
    assert len(made) == len(office.ledger.links(flow.rstrip("s").replace("contact", "vendor"))) == 1
    assert office.ledger.doubts(flow) == []
    assert office.issue_codes() == []


@pytest.mark.parametrize(("name", "args"), LOST)
def test_E52_payments_whose_answer_was_lost_stand_once_in_the_end(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    name: str,
    args: dict[str, Any],
) -> None:
    office.run("subcontractor_invoices")
    people.pay(people.bill_of(two_claims[0]), "115.00", reference="one")
    people.pay(people.bill_of(two_claims[0]), "11.50", reference="two")
    office.simulator.faults.arm(name, **PAYMENTS, **args)

    office.run("payments")
    office.run("payments")

    assert sorted(payment["notes"] for payment in people.payments) == ["one", "two"]
    assert len(office.ledger.links("payment")) == 2
    assert office.ledger.doubts("payments") == []
    assert office.issue_codes() == []


def test_E52_a_payment_whose_answer_was_lost_is_looked_for_and_not_sent_again(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    people.pay(people.bill_of(two_claims[0]), "115.00", reference="one")
    office.simulator.faults.arm("drop_after", **PAYMENTS)
    office.run("payments")
    office.forget_calls()

    office.run("payments")

    assert not office.writes()
    assert len(office.ledger.links("payment")) == 1


def test_what_is_in_doubt_is_not_planned_until_the_old_key_is_forgotten_and_a_new_one_may_be_used(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.faults.arm("stored_error", **BILLS)

    first = office.run("subcontractor_invoices")
    second = office.run("subcontractor_invoices")
    doubted, sent_meanwhile = office.issue_codes("subcontractor_invoices"), list(people.bills)
    third = run_later(office, "subcontractor_invoices")

    keys = {call.headers["idempotency-key"] for call in office.writes("xero")}
    assert (first["in_doubt"], second["in_doubt"], third["created"]) == (2, 2, 2)
    assert doubted == ["IN_DOUBT", "IN_DOUBT"]
    assert sent_meanwhile == []
    assert len(keys) == 2
    assert len(people.bills) == 2
    assert office.issue_codes() == []


@pytest.mark.parametrize("concurrent_key", ["409", "once"])
def test_E52_bills_that_are_at_work_still_when_they_are_sent_again_stand_once(
    office: Office, people: Contractor, two_claims: list[Record], concurrent_key: str
) -> None:
    office.simulator.set_switches(concurrent_key=concurrent_key)
    office.simulator.faults.arm("late", **BILLS, seconds=2)

    first = office.run("subcontractor_invoices")
    at_once = office.run("subcontractor_invoices")  # Xero has its first request still at work
    until(lambda: not office.simulator.calls.in_flight["xero"])
    last = office.run("subcontractor_invoices")

    doubted = 2 if concurrent_key == "409" else 0
    assert (first["in_doubt"], at_once["in_doubt"], last["in_doubt"]) == (doubted, doubted, 0)
    assert len(people.bills) == 2
    assert len({call.headers["idempotency-key"] for call in office.writes("xero")}) == 1
    assert office.issue_codes() == []


def test_E52_bills_that_waited_for_too_long_since_their_intent_are_not_sent(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = transport.LEAVES_WITHIN
    monkeypatch.setattr(transport, "LEAVES_WITHIN", -1.0)
    with pytest.raises(AirflowRescheduleException):
        office.run("subcontractor_invoices")
    monkeypatch.setattr(transport, "LEAVES_WITHIN", usual)

    assert not office.writes("xero")
    assert office.ledger.doubts("subcontractor_invoices") == []
    assert office.run("subcontractor_invoices")["created"] == 2


def test_E52_bills_are_not_sent_again_where_that_might_be_under_way_when_they_are_looked_for(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office.simulator.faults.arm("drop_before", times=2, **BILLS)
    office.run("subcontractor_invoices")
    office.let_pass(60)
    office.forget_calls()
    monkeypatch.setattr(transport, "LEAVES_WITHIN", 30.0)

    with pytest.raises(AirflowRescheduleException):
        office.run("subcontractor_invoices")

    assert not office.writes("xero")
    assert len(office.ledger.doubts("subcontractor_invoices")) == 2
    assert office.issue_codes() == ["IN_DOUBT", "IN_DOUBT"]


def test_two_payments_of_one_origin_id_are_shown_to_a_person_and_none_is_added(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    people.pay(people.bill_of(two_claims[0]), "115.00", reference="one")
    office.simulator.faults.arm("drop_after", **PAYMENTS)
    office.run("payments")
    (payment,) = people.payments
    twin = {k: v for k, v in payment.items() if k not in ("id", "payment_number")}
    people.procore.add_contract_payment(**twin)

    result = office.run("payments")

    assert result["in_doubt"] == 1
    assert office.issue_codes("payments") == ["IN_DOUBT"]
    assert len(people.payments) == 2
    assert office.ledger.links("payment") == []


def test_E52_a_payment_in_doubt_stays_an_issue_though_its_bill_has_it_no_longer(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    paid = people.pay(people.bill_of(two_claims[0]), "115.00", reference="one")
    office.simulator.faults.arm("drop_after", **PAYMENTS)
    office.run("payments")
    (payment,) = people.payments
    twin = {k: v for k, v in payment.items() if k not in ("id", "payment_number")}
    people.procore.add_contract_payment(**twin)
    people.xero.delete_payment(paid["PaymentID"])

    office.run("payments")

    assert office.issue_codes("payments") == ["IN_DOUBT"]
    assert [piece for piece, _ in office.ledger.shelf("payments")] == [paid["PaymentID"]]


def test_what_was_resolved_is_judged_by_lists_that_were_read_after_it(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    office.simulator.faults.arm("drop_after", times=2, **OPTIONS)
    lost = office.run("projects", run_id="one DAG run")
    office.forget_calls()

    found = office.run("projects", run_id="one DAG run")  # the same lists, from before the option

    assert (lost["in_doubt"], found["created"], found["unchanged"]) == (1, 1, 1)
    assert not office.writes("xero")
    assert office.issue_codes() == []


def test_a_pair_that_is_linked_otherwise_while_its_bill_is_made_stops_no_other(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    first, second = two_claims
    foreign = "8d0a7f5c-0000-4000-8000-000000000000"
    by_hand = office.ledger.by_hand

    def link() -> None:
        by_hand.link("subcontractor_invoices", str(first["id"]), foreign, who="Otto")

    office.simulator.faults.arm("meanwhile", **BILLS, act=link)
    night = office.run("subcontractor_invoices")
    third = people.claim(people.procore.commitments[first["commitment_id"]], "30.00")
    next_night = office.run("subcontractor_invoices")
    told = office.issue_codes()
    (wrong,) = [p for p in office.ledger.questions.pairings() if p.xero_id == foreign]
    by_hand.unlink(wrong.id, who="Otto")
    last = office.run("subcontractor_invoices")

    assert (night["created"], night["in_doubt"]) == (1, 1)
    assert (next_night["created"], next_night["in_doubt"]) == (1, 1)
    assert told == ["IN_DOUBT"]
    assert (last["in_doubt"], office.issue_codes()) == (0, [])
    assert len(people.bills) == 3
    linked = {link.procore_id for link in office.ledger.links("subcontractor_invoice")}
    assert linked == {str(claim["id"]) for claim in (first, second, third)}


def test_E52_bills_of_a_batch_that_was_judged_whole_are_looked_for(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    whole = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"ValidationErrors": [{"Message": "One of them is not valid"}]}],
    }
    office.simulator.faults.arm("status_after", **BILLS, status=400, body=whole)

    first = office.run("subcontractor_invoices")
    second = office.run("subcontractor_invoices")

    assert (first["in_doubt"], second["created"]) == (2, 2)
    assert len(people.bills) == 2
    assert office.issue_codes() == []


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("times", [1, 2])
def test_E5_E52_credit_notes_that_are_refused_whole_have_no_bill_sent_again(
    office: Office, people: Contractor, two_claims: list[Record], status: int, times: int
) -> None:
    contract = people.procore.commitments[two_claims[0]["commitment_id"]]
    people.claim(contract, "-20.00")
    people.claim(contract, "-30.00")
    office.simulator.faults.arm(
        "status", times=times, status=status, body={"Message": "No."}, **CREDIT_NOTES
    )
    settings = {**SETTINGS, "bills": {**SETTINGS["bills"], "negative": "credit_note"}}

    first = office.run("subcontractor_invoices", settings=settings)
    office.run("subcontractor_invoices", settings=settings)

    assert lines_of(people) == sorted(str(claim["id"]) for claim in two_claims)
    assert len(people.xero.credit_notes) == 2
    assert first["in_doubt"] == 0


def test_E52_a_plan_sends_nothing_again_that_is_in_doubt(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.faults.arm("drop_before", times=9, **BILLS)
    office.run("subcontractor_invoices")
    office.simulator.faults.clear()
    office.forget_calls()

    planned = office.run("subcontractor_invoices", "plan")

    assert planned["in_doubt"] == 2
    assert not office.writes("xero")


def test_elements_that_an_answer_does_not_mention_are_looked_for(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.faults.arm(
        "status", **BILLS, status=200, body={"Status": "OK", "Invoices": []}
    )

    first = office.run("subcontractor_invoices")
    second = office.run("subcontractor_invoices")

    assert (first["in_doubt"], second["created"]) == (2, 2)
    assert len(people.bills) == 2


def test_a_vendor_that_the_answer_does_not_mention_is_looked_for(
    office: Office, people: Contractor
) -> None:
    people.contact("Terra Works Ltd")
    office.simulator.faults.arm("status", **VENDORS, status=200, body={"entities": []})

    first = office.run("contacts")
    second = office.run("contacts")

    assert (first["in_doubt"], second["created"]) == (1, 1)
    assert len(people.procore.vendors) == 1


def test_answers_in_another_order_are_matched(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    contract = people.contract(people.project("B-2"), people.pair("Cook Piling Ltd"))
    third = people.claim(contract, "77.00")
    office.night(flows=("projects", "contacts"))
    office.simulator.set_switches(batch_order="reversed")

    office.run("subcontractor_invoices")
    office.run("subcontractor_invoices")

    link = {each.procore_id: each.xero_id for each in office.ledger.links("subcontractor_invoice")}
    assert link[str(third["id"])] == people.bill_of(third)["InvoiceID"]
    assert len(people.bills) == 3


def archived_meanwhile(
    monkeypatch: pytest.MonkeyPatch, people: Contractor, contact_id: str
) -> None:
    """Have somebody archive the contact after the run has looked at it."""

    def looked(*given: Any) -> None:
        remember_payees(*given)
        people.xero.archive_contact(contact_id)

    monkeypatch.setattr(subcontractor_invoices, "remember_payees", looked)


def test_one_bad_bill_does_not_keep_back_the_others(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contact = next(iter(people.xero.contacts))
    bad = people.claim(people.contract(people.project("B-2"), people.pair("Cook Piling Ltd")))
    office.night(flows=("projects", "contacts"))
    cook = next(c for c in people.xero.contacts.values() if c["ContactID"] != contact)
    archived_meanwhile(monkeypatch, people, cook["ContactID"])

    result = office.run("subcontractor_invoices")

    assert (result["created"], result["refused"]) == (2, 1)
    (refused,) = [o for o in office.outcomes(result) if o.what == "refused"]
    assert refused.source_id == str(bad["id"])
    assert office.ledger.issues()[0].code == "REFUSED"


def test_a_refused_bill_goes_once_what_was_wrong_is_mended(
    office: Office,
    people: Contractor,
    two_claims: list[Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (contact,) = people.xero.contacts.values()
    archived_meanwhile(monkeypatch, people, contact["ContactID"])
    assert office.run("subcontractor_invoices")["refused"] == 2

    monkeypatch.setattr(subcontractor_invoices, "remember_payees", remember_payees)
    people.xero.restore_contact(contact["ContactID"])
    office.run("subcontractor_invoices")

    assert len(people.bills) == 2
    assert office.issue_codes() == []


def test_a_batch_refused_as_malformed_is_halved_until_only_the_bad_one_is_left(
    office: Office, people: Contractor
) -> None:
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    claims = [people.claim(contract, f"{n}0.00") for n in range(1, 5)]
    office.night(flows=("projects", "contacts", "cost_codes"))
    office.simulator.faults.arm(
        "status", times=3, **BILLS, status=400, body={"ErrorNumber": 14, "Message": "Malformed"}
    )

    result = office.run("subcontractor_invoices")
    refused = [o.source_id for o in office.outcomes(result) if o.what == "refused"]
    office.run("subcontractor_invoices")

    assert (result["created"], result["refused"]) == (3, 1)
    assert refused == [str(claims[0]["id"])]
    assert len(people.bills) == 4


def test_tracking_that_xero_drops_without_a_word_is_seen_and_stays_an_issue(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.set_switches(unknown_tracking="drop")
    people.xero.rename_option("02-300", "02-300 Earthwork")

    result = office.run("subcontractor_invoices", run_id="late")
    codes = office.issue_codes("subcontractor_invoices")
    office.run("subcontractor_invoices")

    what = {o.what for o in office.outcomes(result)}
    assert what == {"drifted"}
    assert codes == ["BILL_INCOMPLETE", "BILL_INCOMPLETE"]
    assert office.issue_codes("subcontractor_invoices") == codes


def test_E33_E52_a_bill_that_was_deleted_before_it_was_looked_for_is_not_linked(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.faults.arm("drop_after", times=9, **BILLS)
    office.run("subcontractor_invoices")
    office.simulator.faults.clear()
    for bill in people.bills:
        people.xero.delete_bill(bill["InvoiceID"])

    run_later(office, "subcontractor_invoices")

    assert office.ledger.links("subcontractor_invoice") == []
    assert people.bills == []
    assert office.issue_codes("subcontractor_invoices") == ["BILL_VOIDED", "BILL_VOIDED"]


def test_E52_our_own_change_of_a_bill_whose_answer_was_lost_is_no_edit(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    claim = two_claims[0]
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    office.simulator.faults.arm(
        "drop_after", times=9, side="xero", method="POST", path="*/Invoices"
    )
    office.run("subcontractor_invoices")
    office.simulator.faults.clear()

    office.run("subcontractor_invoices")

    assert office.issue_codes("subcontractor_invoices") == []
    assert people.bill_of(claim)["LineItems"][0]["LineAmount"] == 2000


def test_a_bill_that_lacks_tracking_stays_an_issue_when_no_list_of_changes_shows_it_any_more(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.set_switches(unknown_tracking="drop")
    people.xero.rename_option("02-300", "02-300 Earthwork")
    office.run("subcontractor_invoices")

    for _ in range(3):
        run_later(office, "subcontractor_invoices")

    assert office.issue_codes("subcontractor_invoices") == ["BILL_INCOMPLETE", "BILL_INCOMPLETE"]


def test_a_bill_that_is_completed_by_hand_is_no_issue_any_more(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.set_switches(unknown_tracking="drop")
    people.xero.rename_option("02-300", "02-300 Earthwork")
    office.run("subcontractor_invoices")
    office.simulator.set_switches(unknown_tracking="error")
    people.xero.rename_option("02-300 Earthwork", "02-300")
    bill = people.bill_of(two_claims[0])
    tracking = [{"Name": "Project", "Option": "A-1"}, {"Name": "Cost Codes", "Option": "02-300"}]
    work, *rest = ({k: x[k] for k in _LINE} for x in bill["LineItems"])
    people.xero.edit_bill(bill["InvoiceID"], [{**work, "Tracking": tracking}, *rest])

    office.night()

    (issue,) = office.ledger.issues("subcontractor_invoices")
    assert issue.source_id == str(two_claims[1]["id"])


_LINE = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "Tracking")


def test_an_option_answered_without_an_id_is_made_once_its_key_is_forgotten(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    office.simulator.faults.arm("option_without_id", **OPTIONS)

    first = office.run("projects")
    second = run_later(office, "projects")

    assert (first["in_doubt"], second["created"]) == (1, 1)
    assert people.options("Project") == {"A-1": "ACTIVE"}
    assert office.issue_codes() == []


def test_two_bills_of_one_claim_are_shown_to_a_person_and_none_is_added(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    office.simulator.faults.arm("drop_after", times=9, **BILLS)
    office.run("subcontractor_invoices")
    office.simulator.faults.clear()
    bill = people.bills[0]
    twin = {**bill, "InvoiceID": "8d0a7f5c-0000-4000-8000-000000000000"}
    people.xero.invoices[twin["InvoiceID"]] = twin

    result = office.run("subcontractor_invoices")
    again = office.run("subcontractor_invoices")

    assert not any(json.loads(c.body) for c in office.writes("xero")[3:])
    assert len(people.bills) == 3
    assert result["in_doubt"] == 1
    assert again["in_doubt"] == 1
    assert office.issue_codes("subcontractor_invoices") == ["IN_DOUBT"]
