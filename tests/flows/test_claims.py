"""Subcontractor invoices → bills, as both systems see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.sync.plan import Create, Update
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


def test_R51_an_application_number_goes_before_an_invoice_number_that_reads_like_it(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim(invoice_number="2")
    second = people.claim(people.procore.commitments[first["commitment_id"]], "10.00")
    office.night(flows=MASTER)

    result = office.run("subcontractor_invoices", **KEYS)

    assert (result["read"], result["created"]) == (1, 1)
    assert people.bills == [people.bill_of(second)]


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


@pytest.mark.parametrize(("rule", "field"), [("first_open_day", "Date"), ("draft", "Status")])
@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_E49_what_a_lock_date_moves_is_in_the_plan_and_in_the_mail(
    office: Office, people: Contractor, rule: str, field: str, mode: str
) -> None:
    people.one_claim()
    first_open = first_of_lock(people)
    settings = with_bills(lock_date=rule, status="AUTHORISED")
    office.night(flows=MASTER)

    result = office.run("subcontractor_invoices", mode, settings=settings)

    said = f"{field}, since Xero is locked up to {recently(5)}"
    values = {"Date": (recently(), first_open.isoformat()), "Status": ("AUTHORISED", "DRAFT")}
    (outcome,) = office.outcomes(result)
    (stored,) = office.ledger.changes(result["plan"])
    assert isinstance(stored.change, Create)
    refused = outcome.what == "refused"  # Xero takes no draft of a locked date either
    for fields in (stored.change.fields, *(() if refused else (outcome.fields,))):
        assert [(f.name, f.before, f.after) for f in fields] == [(said, *values[field])]
    notes = office.ledger.flow_report(result["run"]).notes
    assert any(said in note and values[field][1] in note for note in notes)


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


ORDERS_OF_LINES = [("request", "reversed"), ("reversed", "request"), ("reversed", "reversed")]


@pytest.mark.parametrize(("first", "then"), ORDERS_OF_LINES)
def test_E59_lines_that_xero_shows_in_another_order_are_no_edit(
    office: Office, people: Contractor, first: str, then: str
) -> None:
    claim = people.one_claim()
    office.simulator.set_switches(line_order=first)
    made = office.night()["subcontractor_invoices"]
    office.simulator.set_switches(line_order=then)
    line = claim["items"][1]["line_item_id"]

    quiet = office.night(full=True)["subcontractor_invoices"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "700.00"}])
    changed = office.night()["subcontractor_invoices"]

    assert [office.reasons(result) for result in (made, quiet, changed)] == [{}, {}, {}]
    assert (quiet["unchanged"], changed["updated"]) == (1, 1)
    assert people.bill_of(claim)["SubTotal"] == Decimal("1615.00")


@pytest.mark.parametrize("work", ["1000.00", "2000.00"])
def test_R4_E34_an_update_keeps_the_bookkeepers_coding_and_its_plan_shows_it(
    office: Office, people: Contractor, work: str
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    people.xero.edit_bill(
        bill["InvoiceID"],
        [{**coded(x), "AccountCode": "320"} if not i else coded(x)
         for i, x in enumerate(bill["LineItems"])],
    )  # fmt: skip
    first, second = (item["line_item_id"] for item in claim["items"][:2])
    people.procore.edit_claim(
        claim["id"],
        [{"line_item_id": first, "work": work}, {"line_item_id": second, "work": "750.00"}],
    )

    plan = office.run("subcontractor_invoices", "plan")
    result = office.run("subcontractor_invoices")

    (stored,) = office.ledger.changes(plan["plan"])
    (call,) = [c for c in office.writes("xero") if c.method == "POST"]
    (body,) = json.loads(call.body)["Invoices"]
    assert result["updated"] == 1
    assert [account for _, account, _ in lines(bill)] == ["320", "310", "850"]
    assert isinstance(stored.change, Update)
    planned = stored.change.desired.payload["LineItems"]
    assert [x["AccountCode"] for x in planned] == [x["AccountCode"] for x in body["LineItems"]]
    people.procore.edit_claim(claim["id"], [{"line_item_id": second, "work": "800.00"}])
    office.run("subcontractor_invoices")
    assert [account for _, account, _ in lines(bill)] == ["320", "310", "850"]


def coded(line: Record) -> Record:
    """Return what a bookkeeper sends of a line that stays as it is."""
    names = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "Tracking")
    return {name: line[name] for name in names}


@pytest.mark.parametrize("bills", [{"status": "AUTHORISED"}, {"due_days": 14}])
def test_E34_what_the_settings_say_of_new_bills_rewrites_none_that_stands(
    office: Office, people: Contractor, bills: dict[str, Any]
) -> None:
    first = people.one_claim()
    contract = people.procore.commitments[first["commitment_id"]]
    for _ in range(12):
        people.claim(contract, "10.00")
    office.night()
    late = people.claim(contract, "12.00")
    office.forget_calls()

    result = office.run("subcontractor_invoices", settings=with_bills(**bills))

    assert (result["created"], result["updated"], result["held"]) == (1, 0, 0)
    bill = people.bill_of(late)
    said = {"status": bill["Status"], "due_days": _days(bill)}
    assert bills.items() <= said.items()


def _days(bill: Record) -> int:
    return (date.fromisoformat(bill["DueDate"]) - date.fromisoformat(bill["Date"])).days


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


# Withdrawn and gone


@pytest.mark.parametrize("paid", [None, "100.00"])
def test_E35_a_claim_that_is_withdrawn_while_its_bill_stands_is_somebodys_to_do(
    office: Office, people: Contractor, paid: str | None
) -> None:
    claim = people.one_claim()
    office.night()
    if paid:
        people.pay(people.bill_of(claim), paid)
        office.night()
    people.procore.change_requisition(claim["id"], status="revise_and_resubmit")

    (outcome,) = office.outcomes(office.run("subcontractor_invoices"))

    assert [reason.code for reason in outcome.reasons] == ["CLAIM_WITHDRAWN"]
    assert outcome.needs_somebody
    assert ("100.00 of it is paid" in outcome.reasons[0].sentence) == bool(paid)


@pytest.mark.parametrize("mend", ["approve", "void"])
def test_E35_a_withdrawn_claim_is_no_issue_once_it_is_approved_or_its_bill_is_void(
    office: Office, people: Contractor, mend: str
) -> None:
    claim = people.one_claim()
    office.night()
    people.procore.change_requisition(claim["id"], status="draft")
    office.run("subcontractor_invoices")
    before = office.issue_codes("subcontractor_invoices")

    if mend == "approve":
        people.procore.change_requisition(claim["id"], status="approved")
    else:
        people.xero.delete_bill(people.bill_of(claim)["InvoiceID"])
    office.run("subcontractor_invoices")

    assert before == ["CLAIM_WITHDRAWN"]
    assert not [i for i in office.ledger.issues("subcontractor_invoices") if not i.waits]


@pytest.fixture
def gone(office: Office, people: Contractor) -> Record:
    """Return a claim that Procore has deleted since its bill was made; another one stands."""
    claim = people.one_claim()
    people.claim(people.procore.commitments[claim["commitment_id"]], "10.00")
    office.night()
    people.procore.delete_requisition(claim["id"])
    return claim


def test_E35_a_full_run_names_the_bill_of_a_claim_that_was_deleted_and_later_runs_do_too(
    office: Office, people: Contractor, gone: Record
) -> None:
    quiet = office.run("subcontractor_invoices")

    full = office.run("subcontractor_invoices", full=True)
    next_night = office.run("subcontractor_invoices")

    assert office.reasons(quiet) == {}
    for result in (full, next_night):
        (outcome,) = office.outcomes(result)
        assert outcome.needs_somebody
        assert outcome.reasons[0].code == "CLAIM_GONE"
        assert people.bill_of(gone)["InvoiceID"] in outcome.xero_url
    assert office.issue_codes("subcontractor_invoices") == ["CLAIM_GONE"]


@pytest.mark.parametrize("mend", ["void", "unlink", "back", "changed"])
def test_E35_it_is_no_issue_once_the_bill_is_void_or_unlinked_or_the_claim_is_back(
    office: Office, people: Contractor, gone: Record, mend: str
) -> None:
    office.run("subcontractor_invoices", full=True)

    if mend == "void":
        people.xero.delete_bill(people.bill_of(gone)["InvoiceID"])
    elif mend == "unlink":
        office.ledger.unlink("subcontractor_invoice", "procore", [gone["id"]])
    else:
        people.procore.requisitions[gone["id"]] = gone
    if mend == "changed":
        people.procore.touch(gone)
    office.run("subcontractor_invoices", full=mend == "back")

    assert office.issue_codes("subcontractor_invoices") == []


@pytest.mark.parametrize(("status", "body"), [(403, {"errors": "No"}), (404, {}), (200, [])])
def test_E35_claims_of_a_project_that_is_hidden_from_us_are_not_gone(
    office: Office, people: Contractor, status: int, body: Any
) -> None:
    people.one_claim()
    office.night()
    for path in ("*/requisitions", "*/work_order_contracts"):
        office.simulator.faults.arm(
            "status", side="procore", path=path, times=9, status=status, body=body
        )

    result = office.run("subcontractor_invoices", full=True)

    assert office.issue_codes("subcontractor_invoices") == []
    notes = office.ledger.flow_report(result["run"]).notes
    assert any(note.startswith("PROJECT_HIDDEN") for note in notes)


def test_E35_a_claim_that_only_a_list_lacks_is_not_gone(office: Office, people: Contractor) -> None:
    vendor = people.pair("Terra Works Ltd")
    for number in ("A-1", "B-2"):
        people.claim(people.contract(people.project(number), vendor))
    office.night()
    office.simulator.faults.arm(
        "status", side="procore", path="*/requisitions", status=200, body=[]
    )

    office.run("subcontractor_invoices", full=True)

    assert office.issue_codes("subcontractor_invoices") == []


def test_E35_a_plan_names_the_bill_of_a_claim_that_is_gone_and_opens_no_issue(
    office: Office, gone: Record
) -> None:
    plan = office.run("subcontractor_invoices", "plan", full=True)

    assert office.reasons(plan) == {"CLAIM_GONE": 1}
    assert office.issue_codes("subcontractor_invoices") == []


# Linked by hand


def by_hand(office: Office, people: Contractor, claim: Record, amount: str, **f: Any) -> Record:
    """Have a bill that was entered without us, and link it with *claim*; return the bill."""
    office.night(flows=MASTER)
    bill = entered(people, amount, **f)
    office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), bill["InvoiceID"], who="ana"
    )
    return bill


def entered(people: Contractor, amount: str, *, days_ago: int = 0, **f: Any) -> Record:
    """Enter a bill of one line in Xero, as a bookkeeper does."""
    (contact,) = people.xero.contacts.values()
    line = {
        "Description": "As agreed",
        "Quantity": "1",
        "UnitAmount": amount,
        "AccountCode": "320",
        "Tracking": [{"Name": "Project", "Option": "A-1"}],
    }
    given = {"number": "INV-001", "status": "AUTHORISED", "on": recently(days_ago), **f}
    return people.xero.add_bill(contact["ContactID"], [line], **given)


@pytest.mark.parametrize(("amount", "told"), [("1425.00", {}), ("1400.00", {"BILL_DIFFERS": 1})])
def test_E60_a_bill_that_is_linked_by_hand_is_taken_as_it_stands(
    office: Office, people: Contractor, amount: str, told: dict[str, int]
) -> None:
    claim = people.one_claim()
    bill = by_hand(office, people, claim, amount)
    before = deepcopy(bill)
    plan = office.run("subcontractor_invoices", "plan")
    office.forget_calls()

    first = office.run("subcontractor_invoices")
    second = office.run("subcontractor_invoices", full=True)

    assert not office.writes()
    assert people.bills == [before]
    assert (plan["linked"], first["linked"], second["linked"]) == (1, 1, 0)
    assert office.reasons(plan) == office.reasons(first) == office.reasons(second) == told
    assert office.issue_codes("subcontractor_invoices") == list(told)


@pytest.mark.parametrize("amount", ["1425.00", "1400.00"])
def test_E60_payments_of_a_bill_that_was_linked_by_hand_come_once_its_claim_was_taken_up(
    office: Office, people: Contractor, amount: str
) -> None:
    claim = people.one_claim()
    bill = by_hand(office, people, claim, amount)
    people.xero.pay_bill(bill["InvoiceID"], str(bill["Total"]), recently(1), "x")

    before = office.reasons(office.run("payments"))
    office.run("subcontractor_invoices")
    office.run("payments")

    assert before == {"CLAIM_NOT_TAKEN_UP": 1}
    assert [payment["amount"] for payment in people.payments] == [Decimal(amount)]
    assert office.issue_codes("payments") == []


def test_E60_a_claim_that_changes_leaves_a_bill_that_was_linked_by_hand_and_tells_the_difference(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    bill = by_hand(office, people, claim, "1425.00")
    office.run("subcontractor_invoices")
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    office.forget_calls()

    results = [office.run("subcontractor_invoices") for _ in range(3)]

    assert not office.writes()
    assert [office.reasons(result) for result in results] == [{"BILL_DIFFERS": 1}] * 3
    mended = {**coded(bill["LineItems"][0]), "UnitAmount": "2375"}
    people.xero.edit_bill(bill["InvoiceID"], [mended])
    office.run("subcontractor_invoices")
    assert office.issue_codes("subcontractor_invoices") == []


def test_E34_E60_an_edited_bill_that_is_unlinked_and_linked_again_stands_as_it_was_edited(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    kept = [coded(line) for line in bill["LineItems"]]
    people.xero.edit_bill(bill["InvoiceID"], [{**kept[0], "UnitAmount": "900.00"}, *kept[1:]])
    office.run("subcontractor_invoices")
    before = deepcopy(bill)
    office.ledger.unlink("subcontractor_invoice", "procore", [claim["id"]])
    office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), bill["InvoiceID"], who="ana"
    )

    result = office.run("subcontractor_invoices")

    assert people.bills == [before]
    assert office.reasons(result) == {"BILL_DIFFERS": 1}


def test_E33_E60_a_bill_that_was_linked_by_hand_and_is_voided_is_told(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    bill = by_hand(office, people, claim, "1425.00")
    office.run("subcontractor_invoices")
    people.xero.void_bill(bill["InvoiceID"])

    office.run("subcontractor_invoices")

    assert office.issue_codes("subcontractor_invoices") == ["BILL_VOIDED"]


def test_E60_a_bill_in_a_locked_period_can_be_linked_by_hand(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    by_hand(office, people, claim, "1425.00")
    people.xero.set_lock_date(recently(5))

    assert office.run("subcontractor_invoices")["linked"] == 1


def test_E60_a_bill_that_is_just_as_we_would_have_made_it_follows_its_claim_once_linked(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    office.new_ledger()
    office.night(flows=MASTER)
    office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), bill["InvoiceID"], who="ana"
    )
    line = claim["items"][0]["line_item_id"]

    first = office.run("subcontractor_invoices")
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    second = office.run("subcontractor_invoices")

    assert (first["linked"], second["updated"]) == (1, 1)
    assert bill["SubTotal"] == Decimal("2375.00")


def test_E60_a_link_with_a_bill_that_xero_does_not_know_is_told(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night(flows=MASTER)
    office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), "b0000000-0000-4000-8000-000000000001", who="a"
    )

    assert office.reasons(office.run("subcontractor_invoices")) == {"BILL_GONE": 1}
    assert people.bills == []


# Entered without us


@pytest.mark.parametrize(
    "bill",
    [
        {"number": "INV-001", "days_ago": 300},
        {"number": "else", "days_ago": 10},
        {"number": "SC-001", "days_ago": 30},
    ],
    ids=["its number", "its date", "its order's number"],
)
@pytest.mark.parametrize("vendor", ["linked before", "linked later"])
def test_E60_a_claim_whose_bill_seems_to_be_there_already_is_held_each_night(
    office: Office, people: Contractor, bill: dict[str, Any], vendor: str
) -> None:
    people.one_claim()
    office.night(flows=MASTER)
    there = entered(people, "1425.00", **bill)
    there["UpdatedDateUTC"] = "2026-01-01T00:00:00"
    if vendor == "linked later":
        pair = office.ledger.links("vendor")[0]
        office.ledger.unlink("vendor", "procore", [pair.procore_id])
        assert office.reasons(office.run("subcontractor_invoices")) == {"VENDOR_NOT_LINKED": 1}
        office.ledger.save_links([pair])

    results = [office.run("subcontractor_invoices") for _ in range(3)]

    assert [office.reasons(result) for result in results] == [{"BILL_LIKELY_THERE": 1}] * 3
    (outcome,) = office.outcomes(results[-1])
    assert there["InvoiceID"] in outcome.reasons[0].sentence
    assert outcome.needs_somebody
    assert people.bills == [there]


@pytest.mark.parametrize(
    "bill",
    [
        {"number": "INV-002", "days_ago": 20},
        {"number": "SC-001", "days_ago": 300},
        {"number": "INV-001", "amount": "1425.01"},
        {"number": "INV-001", "void": True},
        {"number": "INV-001", "contact": "Bora Steel"},
    ],
    ids=["neither number nor date", "its order's number, long ago", "amount", "void", "contact"],
)
def test_E60_a_bill_that_only_resembles_a_claims_keeps_nothing_back(
    office: Office, people: Contractor, bill: dict[str, Any]
) -> None:
    people.one_claim()
    office.night(flows=MASTER)
    void, contact = bill.pop("void", False), bill.pop("contact", None)
    there = entered(people, bill.pop("amount", "1425.00"), **bill)
    if void:
        people.xero.void_bill(there["InvoiceID"])
    if contact:
        there["Contact"] = {"ContactID": people.contact(contact)["ContactID"]}

    assert office.run("subcontractor_invoices")["created"] == 1


@pytest.mark.parametrize("say", ["link", "run it", "void", "correct"])
def test_E60_a_person_says_whether_it_is_the_claims_bill(
    office: Office, people: Contractor, say: str
) -> None:
    claim = people.one_claim()
    office.night(flows=MASTER)
    there = entered(people, "1425.00")
    office.run("subcontractor_invoices")

    if say == "link":
        office.ledger.by_hand.link(
            "subcontractor_invoices", str(claim["id"]), there["InvoiceID"], who="ana"
        )
    elif say == "void":
        people.xero.void_bill(there["InvoiceID"])
    elif say == "correct":
        mended = {**coded(there["LineItems"][0]), "UnitAmount": "7.00"}
        people.xero.edit_bill(there["InvoiceID"], [mended])
    one = {**KEYS, "application_number": "1"} if say == "run it" else {}
    result = office.run("subcontractor_invoices", **one)

    assert (result["linked"], result["created"]) == ((1, 0) if say == "link" else (0, 1))
    assert office.issue_codes("subcontractor_invoices") == []
    assert office.run("subcontractor_invoices")["held"] == 0


def test_E60_bills_of_contacts_are_asked_for_only_for_claims_older_than_the_first_run(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    contract = people.procore.commitments[claim["commitment_id"]]
    office.night()
    asked = []
    for billed in (recently(10), recently(-3)):
        people.claim(contract, "10.00", billing_date=billed)
        office.forget_calls()
        assert office.run("subcontractor_invoices")["created"] == 1
        asked.append(office.reads("xero")["/api.xro/2.0/Invoices"])

    assert asked == [2, 1]


@pytest.mark.parametrize("rule", ["hold", "draft", "first_open_day"])
def test_E49_a_bill_that_stands_is_left_where_it_is_when_the_lock_date_passes_it(
    office: Office, people: Contractor, rule: str
) -> None:
    claim = people.one_claim()
    settings = with_bills(lock_date=rule)
    office.night(settings=settings)
    first_of_lock(people)
    office.forget_calls()

    quiet = office.run("subcontractor_invoices", settings={**settings, "job_costs": {}})
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    changed = office.run("subcontractor_invoices", settings=settings)

    assert not office.writes()
    assert office.reasons(quiet) == {}
    assert office.reasons(changed) == {"PERIOD_LOCKED": 1}
    assert people.bill_of(claim)["Date"] == recently()


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


def test_a_held_claim_that_procore_lists_no_longer_is_let_go_by_a_full_run(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim(billing_date=None)
    other = people.claim(
        people.contract(people.project("B-2"), people.pair("Cook Piling Ltd")), billing_date=None
    )
    office.night()
    for each in (claim, other):
        del people.procore.requisitions[each["id"]]
    people.procore.permitted_projects -= {other["project_id"]}

    office.night(mode="plan", full=True)
    planned = office.issue_codes("subcontractor_invoices")
    office.night(full=True)

    assert planned == ["FIELDS_MISSING", "FIELDS_MISSING"]
    assert [i.source_id for i in office.ledger.issues("subcontractor_invoices")] == [
        str(other["id"])
    ]
