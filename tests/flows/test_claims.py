"""Subcontractor invoices → bills, as both systems see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from airflow.sdk.exceptions import AirflowFailException

from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import SETTINGS, Office

MASTER = ("projects", "contacts", "cost_codes")


def with_bills(**bills: Any) -> dict[str, Any]:
    return {**SETTINGS, "bills": {**SETTINGS["bills"], **bills}}


def lines(bill: Record) -> list[tuple[str, str, Decimal]]:
    """Return description, account and amount of each line."""
    return [(x["Description"], x["AccountCode"], x["LineAmount"]) for x in bill["LineItems"]]


def held(office: Office, **settings: Any) -> dict[str, int]:
    """Run a night, and return why claims were held, by code."""
    return dict(office.reasons(office.night(**settings)["subcontractor_invoices"]))


# What goes over


@pytest.mark.parametrize(
    ("field", "called"),
    [
        ("invoice_number", "Invoice #"),
        ("requisition_start", "invoice start"),
        ("requisition_end", "invoice end"),
        ("billing_date", "billing date"),
    ],
)
def test_R46_a_claim_without_a_required_field_is_held_and_the_field_named(
    office: Office, people: Contractor, field: str, called: str
) -> None:
    people.one_claim(**{field: None})

    result = office.night()["subcontractor_invoices"]

    (outcome,) = office.outcomes(result)
    assert people.bills == []
    assert outcome.reasons[0].code == "FIELDS_MISSING"
    assert called in outcome.reasons[0].sentence


def test_R21_amounts_go_without_tax_and_xero_calculates_it(
    office: Office, people: Contractor
) -> None:
    people.one_claim()

    office.night()

    (call,) = [c for c in office.writes("xero") if c.path.endswith("/Invoices")]
    (bill,) = json.loads(call.body)["Invoices"]
    assert bill["LineAmountTypes"] == "Exclusive"
    assert not any("TaxAmount" in line for line in bill["LineItems"])
    assert people.bills[0]["TotalTax"] == Decimal("213.75")


def test_R47_E1_C27_the_bill_comes_to_what_is_payable_and_retainage_is_a_line_of_its_own(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()

    office.night()

    bill = people.bill_of(claim)
    assert bill["SubTotal"] == claim["summary"]["current_payment_due"] == Decimal("1425.00")
    assert lines(bill) == [
        ("Earthwork", "310", Decimal("1000.00")),
        ("Concrete", "310", Decimal("500.00")),
        ("Retainage held", "850", Decimal("-75.00")),
    ]
    options = [sorted(t["Option"] for t in line["Tracking"]) for line in bill["LineItems"]]
    assert options == [["02-300", "A-1"], ["03-300", "A-1"], ["A-1"]]


def test_E2_a_claim_that_only_releases_retainage_is_sent(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim()
    contract = people.procore.commitments[first["commitment_id"]]
    line_id = people.procore.lines_of(contract["id"])[0]["id"]
    release = people.claim(contract, lines=[{"line_item_id": line_id, "released": "30.00"}])

    office.night()

    assert lines(people.bill_of(release)) == [("Retainage released", "850", Decimal("30.00"))]


def test_E3_materials_that_become_work_are_not_billed_twice(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim()
    contract = people.procore.commitments[first["commitment_id"]]
    line_id = people.procore.lines_of(contract["id"])[0]["id"]
    people.claim(contract, lines=[{"line_item_id": line_id, "stored": "400.00"}])
    people.claim(contract, lines=[{"line_item_id": line_id, "moved": "400.00", "work": "100.00"}])

    office.night()

    assert [bill["SubTotal"] for bill in people.bills] == [
        claim["summary"]["current_payment_due"] for claim in people.procore.requisitions.values()
    ]
    assert [bill["LineItems"][0]["LineAmount"] for bill in people.bills] == [1000, 400, 100]


def test_E4_a_release_of_more_than_was_held_is_held(office: Office, people: Contractor) -> None:
    first = people.one_claim()
    contract = people.procore.commitments[first["commitment_id"]]
    line_id = people.procore.lines_of(contract["id"])[0]["id"]
    people.claim(contract, lines=[{"line_item_id": line_id, "released": "80.00"}])

    assert held(office) == {"RETAINAGE_OVER_RELEASE": 1}


def test_E5_R60_a_negative_claim_is_held(office: Office, people: Contractor) -> None:
    people.one_claim()
    contract = next(iter(people.procore.commitments.values()))
    people.claim(contract, "-50.00")

    assert held(office) == {"NEGATIVE_INVOICE": 1}


def test_E48_a_claim_without_amounts_is_held(office: Office, people: Contractor) -> None:
    people.claim(people.contract(people.project("A-1"), people.pair("Terra Works Ltd")), "0", "0")

    assert "NO_LINES" in held(office)
    assert people.bills == []


def test_E41_a_lump_sum_is_one_times_its_amount(office: Office, people: Contractor) -> None:
    claim = people.one_claim()

    office.night()

    line = people.bill_of(claim)["LineItems"][0]
    assert (line["Quantity"], line["UnitAmount"]) == (1, Decimal("1000.00"))


@pytest.mark.parametrize(
    ("work", "quantity", "price"), [("500.00", "40", "12.50"), ("100.10", "1", "100.10")]
)
def test_E42_quantity_and_price_go_over_only_where_they_make_the_amount(
    office: Office, people: Contractor, work: str, quantity: str, price: str
) -> None:
    project, vendor = people.project("A-1"), people.pair("Terra Works Ltd")
    wbs = people.budget_code(project)["id"]
    unit = {"wbs_code_id": wbs, "quantity": "1000", "unit_cost": "12.50", "uom": "m3"}
    contract = people.contract(
        project,
        vendor,
        accounting_method="unit",
        lines=[{**unit, "amount": "12500", "description": "Fill"}],
    )
    claim = people.claim(contract, work)

    office.night()

    line = people.bill_of(claim)["LineItems"][0]
    assert line["LineAmount"] == Decimal(work)
    assert (line["Quantity"], line["UnitAmount"]) == (Decimal(quantity), Decimal(price))


def test_E45_a_claim_in_another_currency_is_held(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    claim["currency_configuration"] = {"currency_iso_code": "AUD"}

    assert held(office) == {"CURRENCY_DIFFERS": 1}


@pytest.mark.parametrize("status", ["draft", "under_review", "revise_and_resubmit"])
def test_R48_only_approved_claims_go(office: Office, people: Contractor, status: str) -> None:
    people.one_claim(status=status)

    assert held(office) == {"CLAIM_NOT_APPROVED": 1}


def test_R48_approved_as_noted_goes_where_the_settings_say_so(
    office: Office, people: Contractor
) -> None:
    people.one_claim(status="approved_as_noted")
    settings = with_bills(statuses=["approved", "approved_as_noted"])

    before = held(office)
    office.night(settings=settings)

    assert before == {"CLAIM_NOT_APPROVED": 1}
    assert len(people.bills) == 1


def test_R49_a_claim_of_an_unlinked_vendor_is_held_with_the_hint(
    office: Office, people: Contractor
) -> None:
    people.claim(people.contract(people.project("A-1"), people.vendor("Terra Works Ltd")))

    result = office.night()["subcontractor_invoices"]

    (outcome,) = office.outcomes(result)
    assert outcome.reasons[0].code == "VENDOR_NOT_LINKED"
    assert "procore_xero_contacts" in outcome.reasons[0].fix


def test_R50_all_claims_go_once(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    people.claim(people.procore.commitments[claim["commitment_id"]], "10.00")

    first = office.night()["subcontractor_invoices"]
    second = office.night()["subcontractor_invoices"]

    assert (first["created"], second["created"]) == (2, 0)
    assert len(people.bills) == 2


# One claim


KEYS = {"project_number": "A-1", "commitment_number": "SC-001", "application_number": "2"}


@pytest.fixture
def two_claims(office: Office, people: Contractor) -> list[Record]:
    """Return two claims of one commitment, everything that they need being linked."""
    first = people.one_claim()
    second = people.claim(people.procore.commitments[first["commitment_id"]], "10.00")
    office.night(flows=MASTER)
    office.forget_calls()
    return [first, second]


def test_R51_three_keys_pick_exactly_one_claim(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    result = office.run("subcontractor_invoices", **KEYS)

    assert (result["read"], result["created"]) == (1, 1)
    assert [bill["Url"] for bill in people.bills] == [people.bill_of(two_claims[1])["Url"]]
    assert office.run("subcontractor_invoices")["created"] == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"project_number": "Z-9"}, "no project with the number 'Z-9'"),
        ({"commitment_number": "SC-999"}, "no commitment with the number 'SC-999'"),
        ({"application_number": "7"}, "no claim with the application number '7'"),
        ({"commitment_number": None}, "commitment_number is missing"),
        ({"project_number": None, "commitment_number": None}, "project_number and commitment"),
    ],
)
def test_R51_wrong_or_missing_keys_fail_with_the_sentence(
    office: Office, two_claims: list[Record], wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(AirflowFailException, match=said):
        office.run("subcontractor_invoices", **{**KEYS, **wrong})

    assert not office.writes()
    assert office.ledger.runs(limit=1)[0].state == "failed"


def test_R51_two_commitments_of_one_number_are_refused(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    project = next(iter(people.procore.projects.values()))
    people.contract(project, None, number="SC-001", kind="PurchaseOrderContract")

    with pytest.raises(AirflowFailException, match="has 2 commitments with the number 'SC-001'"):
        office.run("subcontractor_invoices", **KEYS)


def test_R51_one_claim_that_may_not_go_is_held_all_the_same(
    office: Office, people: Contractor, two_claims: list[Record]
) -> None:
    people.procore.change_requisition(two_claims[1]["id"], status="draft")

    result = office.run("subcontractor_invoices", **KEYS)

    assert office.reasons(result) == {"CLAIM_NOT_APPROVED": 1}
    assert people.bills == []


# The number, the lock, negative amounts


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        (with_bills(), "SC-001"),
        ({**SETTINGS, "commitments": {"enabled": False}}, "INV-001"),
        (with_bills(reference="invoice_number"), "INV-001"),
        (with_bills(reference="{project_number}/{commitment_number}/{application_number}"),
         "A-1/SC-001/1"),
    ],
)  # fmt: skip
def test_C5_R100_what_xero_shows_as_reference_follows_the_settings(
    office: Office, people: Contractor, settings: dict[str, Any], number: str
) -> None:
    claim = people.one_claim()

    office.night(settings=settings)

    bill = people.bill_of(claim)
    assert bill["InvoiceNumber"] == number
    assert f"/requisitions/{claim['id']}" in bill["Url"]


def first_of_lock(people: Contractor) -> date:
    """Lock the books up to five days ago; return the first open day."""
    people.xero.set_lock_date(recently(5))
    return date.fromisoformat(recently(5)) + timedelta(days=1)


@pytest.mark.parametrize("year_end", [False, True])
@pytest.mark.parametrize("rule", ["hold", "ask"])
def test_E49_a_bill_in_a_locked_period_is_held(
    office: Office, people: Contractor, rule: str, year_end: bool
) -> None:
    people.one_claim()
    people.xero.set_lock_date(None)
    people.xero.set_lock_date(recently(5), year_end=year_end)

    assert held(office, settings=with_bills(lock_date=rule)) == {"PERIOD_LOCKED": 1}
    assert people.bills == []


@pytest.mark.parametrize("year_end", [False, True])
def test_E49_of_two_lock_dates_the_later_one_counts(
    office: Office, people: Contractor, year_end: bool
) -> None:
    people.one_claim()
    people.xero.set_lock_date(recently(400), year_end=not year_end)
    people.xero.set_lock_date(recently(5), year_end=year_end)

    assert held(office) == {"PERIOD_LOCKED": 1}
    assert people.bills == []


def test_E49_a_bill_in_a_locked_period_is_offered_as_a_draft_and_a_refusal_is_told(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    first_of_lock(people)

    result = office.night(settings=with_bills(lock_date="draft", status="AUTHORISED"))

    (call,) = [c for c in office.writes("xero") if c.path.endswith("/Invoices")]
    (bill,) = json.loads(call.body)["Invoices"]
    (outcome,) = office.outcomes(result["subcontractor_invoices"])
    assert (bill["Status"], bill["Date"]) == ("DRAFT", recently())
    assert outcome.what == "refused"
    assert "lock date" in outcome.reasons[0].sentence


def test_E49_a_bill_in_a_locked_period_goes_on_the_first_open_day(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    first_open = first_of_lock(people)

    office.night(settings=with_bills(lock_date="first_open_day", status="AUTHORISED"))

    bill = people.bill_of(claim)
    assert (bill["Status"], bill["Date"]) == ("AUTHORISED", first_open.isoformat())


def test_E49_a_claim_held_by_the_lock_goes_once_the_period_is_opened(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    people.xero.set_lock_date(recently(5))
    before = held(office)

    people.xero.set_lock_date(None)
    office.night()

    assert before == {"PERIOD_LOCKED": 1}
    assert len(people.bills) == 1
    assert office.issue_codes() == []


# After export


@pytest.mark.parametrize("act", ["delete_bill", "void_bill"])
def test_E33_a_voided_bill_is_never_made_anew(office: Office, people: Contractor, act: str) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    if act == "void_bill":
        people.xero.approve_bill(bill["InvoiceID"])
    getattr(people.xero, act)(bill["InvoiceID"])
    line = claim["items"][0]["line_item_id"]

    office.night()
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "999.00"}])
    changed = office.night()["subcontractor_invoices"]
    office.night(full=True)

    assert people.bills == []
    assert office.reasons(changed) == {"BILL_VOIDED": 1}
    assert office.issue_codes("subcontractor_invoices") == ["BILL_VOIDED"]


def test_E33_a_voided_bill_is_remembered_when_no_list_of_changes_shows_it_any_more(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])
    office.night()
    for minutes in (10, 20):
        with later(office, minutes):
            office.night()
    line = claim["items"][0]["line_item_id"]

    with later(office, 30):
        people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "999.00"}])
        changed = office.night()["subcontractor_invoices"]

    assert people.bills == []
    assert office.reasons(changed) == {"BILL_VOIDED": 1}


@contextmanager
def later(office: Office, minutes: float) -> Iterator[None]:
    """Let that much time pass for both systems and for us, and come back."""
    office.simulator.clock.advance(minutes * 60)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes), tick=True):
        yield
    office.simulator.clock.advance(-minutes * 60)


def test_E33_a_voided_bill_is_an_issue_though_its_claim_did_not_change(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    people.procore.requisitions[claim["id"]]["updated_at"] = "2026-01-01T00:00:00Z"
    office.night()
    people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])

    office.night()

    assert office.issue_codes("subcontractor_invoices") == ["BILL_VOIDED"]


def test_E34_a_bill_that_somebody_edited_is_left_alone_and_its_changes_told(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    kept = {k: bill["LineItems"][0][k] for k in ("Description", "AccountCode", "Tracking")}
    people.xero.edit_bill(bill["InvoiceID"], [{**kept, "Quantity": "1", "UnitAmount": "7.00"}])
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "999.00"}])
    office.forget_calls()

    result = office.night()["subcontractor_invoices"]

    assert not office.writes()
    (outcome,) = office.outcomes(result)
    assert outcome.reasons[0].code == "BILL_EDITED"
    assert "7.00" in outcome.reasons[0].sentence


def test_E34_coding_and_approving_a_draft_is_the_bookkeepers_work_and_no_drift(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    for line in bill["LineItems"]:
        line["AccountCode"] = "311"
    people.xero.approve_bill(bill["InvoiceID"])

    result = office.night()["subcontractor_invoices"]

    assert (result["held"], result["updated"]) == (0, 0)


def test_E35_an_edited_claim_changes_its_unpaid_bill(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    office.night()
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])

    result = office.night()["subcontractor_invoices"]

    assert result["updated"] == 1
    assert people.bill_of(claim)["SubTotal"] == Decimal("2375.00")
    (outcome,) = office.outcomes(result)
    assert ("1000.00", "2000.00") in [(f.before, f.after) for f in outcome.fields]


def test_E35_a_paid_bill_is_never_touched(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    people.pay(bill, "10.00")
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    office.forget_calls()

    result = office.night()["subcontractor_invoices"]

    assert not office.writes("xero")
    assert office.reasons(result) == {"BILL_PAID": 1}
    assert bill["SubTotal"] == Decimal("1425.00")


# The shelf


def test_a_held_claim_goes_by_itself_the_night_after_its_vendor_is_linked(
    office: Office, people: Contractor
) -> None:
    claim = people.claim(people.contract(people.project("A-1"), people.vendor("Terra Works Ltd")))
    people.procore.requisitions[claim["id"]]["updated_at"] = "2026-01-01T00:00:00Z"
    office.night()
    (issue,) = office.ledger.issues("subcontractor_invoices")
    office.night()
    (again,) = office.ledger.issues("subcontractor_invoices")

    people.contact("Terra Works Ltd")
    office.night()

    assert (issue.code, again.id, again.first_seen) == (
        "VENDOR_NOT_LINKED", issue.id, issue.first_seen,
    )  # fmt: skip
    assert again.last_seen > issue.last_seen
    assert len(people.bills) == 1
    assert office.issue_codes() == []


def test_a_held_claim_that_procore_deletes_meanwhile_is_never_sent(
    office: Office, people: Contractor
) -> None:
    claim = people.claim(people.contract(people.project("A-1"), people.vendor("Terra Works Ltd")))
    office.night()
    people.procore.delete_requisition(claim["id"])
    people.contact("Terra Works Ltd")

    office.night()

    assert people.bills == []
    assert office.issue_codes() == []


def test_a_held_claim_that_changed_meanwhile_is_sent_as_it_is_now(
    office: Office, people: Contractor
) -> None:
    claim = people.claim(people.contract(people.project("A-1"), people.vendor("Terra Works Ltd")))
    office.night()
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    people.procore.requisitions[claim["id"]]["updated_at"] = "2026-01-01T00:00:00Z"
    people.contact("Terra Works Ltd")

    office.night()

    assert people.bill_of(claim)["SubTotal"] == Decimal("2375.00")


def test_R102_C7_a_second_claim_on_a_line_bills_its_own_period_and_not_the_first_again(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim()
    second = people.claim(people.procore.commitments[first["commitment_id"]], "200.00", "0.00")

    office.night()

    assert people.bill_of(first)["SubTotal"] == Decimal("1425.00")
    assert lines(people.bill_of(second)) == [
        ("Earthwork", "310", Decimal("200.00")),
        ("Retainage held", "850", Decimal("-10.00")),
    ]


def test_E56_the_contacts_terms_say_when_a_bill_is_due_and_the_report_says_so(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim(payment_date=None, billing_date=recently(3))
    stated = people.claim(
        people.procore.commitments[claim["commitment_id"]], "9.00", payment_date="2031-01-31"
    )
    (contact,) = people.xero.contacts.values()
    terms = {"Bills": {"Day": 14, "Type": "DAYSAFTERBILLDATE"}}
    people.xero.edit_contact(contact["ContactID"], PaymentTerms=terms)

    result = office.night()["subcontractor_invoices"]

    by_terms = date.fromisoformat(claim["billing_date"]) + timedelta(days=14)
    assert people.bill_of(claim)["DueDate"] == by_terms.isoformat()
    assert people.bill_of(stated)["DueDate"] == "2031-01-31"
    (said,) = office.ledger.flow_report(result["run"]).notes
    assert said == (
        "Due dates of new bills: 1 by the claim's payment date,"
        " 1 by the payment terms of the contact."
    )


def test_E56_terms_cost_one_call_for_all_contacts_and_none_on_a_quiet_night(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    for name in ("Terra Works Ltd", "Bora Steel", "Cato Glass"):
        people.claim(people.contract(project, people.pair(name), number=f"SC-{name[:4]}"))
    office.night(flows=MASTER)
    office.forget_calls()

    assert office.night(flows=("subcontractor_invoices",))
    assert sum(n for path, n in office.reads("xero").items() if path.endswith("/Contacts")) == 1
    office.forget_calls()
    office.night(flows=("subcontractor_invoices",))
    assert not [path for path in office.reads("xero") if path.endswith("/Contacts")]


def test_E20_no_bill_goes_to_an_archived_contact_until_it_is_restored(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    office.night(flows=MASTER)
    (contact,) = people.xero.contacts.values()
    people.xero.archive_contact(contact["ContactID"])

    result = office.run("subcontractor_invoices")

    assert office.reasons(result) == {"CONTACT_ARCHIVED": 1}
    assert people.bills == []
    contact["ContactStatus"] = "ACTIVE"
    assert office.run("subcontractor_invoices")["created"] == 1
    assert office.issue_codes("subcontractor_invoices") == []


def test_R99_the_payment_date_of_a_claim_is_the_due_date_of_its_bill(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim(payment_date="2031-01-31")

    office.night()

    bill = people.bill_of(claim)
    assert (bill["Date"], bill["DueDate"]) == (claim["billing_date"], "2031-01-31")
