"""Both systems read afresh and laid side by side: every difference has a name, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import RecordsRefused
from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.journal_entries import (
    JournalEntriesToDirectCostsOperator,
)
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from airflow_provider_procore_xero.sync.reconciliation import GAPS, UNEXPLAINED, Reconciled
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office

ZERO = Decimal("0.00")
ALL = (
    "projects", "contacts", "cost_codes", "subcontractor_invoices", "payments", "direct_costs",
    "journal_entries", "reconciliation",
)  # fmt: skip
SHARP: dict[str, Any] = {**SETTINGS, "safety": {"fail_run_on": ["unreconciled"]}}


@pytest.fixture(autouse=True)
def flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "reconciliation", ReconcileOperator)
    monkeypatch.setitem(FLOWS, "direct_costs", BillsToDirectCostsOperator)
    monkeypatch.setitem(FLOWS, "journal_entries", JournalEntriesToDirectCostsOperator)


@pytest.fixture
def claim(office: Office, people: Contractor) -> Record:
    """Return a claim of 1,425.00 whose bill is approved in Xero."""
    claim = people.one_claim()
    night(office)
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    return claim


def night(office: Office, **f: Any) -> dict[str, dict[str, Any]]:
    return office.night(flows=ALL, **f)


def prove(office: Office, **f: Any) -> list[Reconciled]:
    """Make the proof, and return its rows, whose explanations add up to each gap."""
    office.run("reconciliation", **f)
    rows = office.ledger.reconciliation(limit=1000)
    for row in rows:
        for gap in GAPS:
            told = sum((e.amount for e in row.explanations if e.gap == gap), ZERO)
            assert told == row.amounts.gap(gap)
    return rows


def named(rows: list[Reconciled]) -> dict[tuple[str, str], Decimal]:
    """Return what every reason comes to in all rows, by gap and code."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for each in row.explanations:
            found[each.gap, each.code] += each.amount
    return dict(found)


def line(amount: str, project: str | None = "A-1", code: str | None = "02-300") -> Record:
    tracking = [
        {"Name": name, "Option": option}
        for name, option in (("Project", project), ("Cost Codes", code))
        if option
    ]
    return {
        "Description": "Skip hire",
        "Quantity": "1",
        "UnitAmount": amount,
        "AccountCode": "310",
        "Tracking": tracking,
    }


def lines_of(bill: Mapping[str, Any]) -> list[Record]:
    """Return a bill's lines as they would be entered again."""
    kept = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "Tracking")
    return [{name: each[name] for name in kept if name in each} for each in bill["LineItems"]]


def supplier(people: Contractor, name: str = "Hire Pool Ltd") -> Record:
    people.pair(name)
    return next(c for c in people.xero.contacts.values() if c["Name"] == name)


# A clean world


def test_a_clean_world_agrees_to_the_cent_with_the_sums_of_both_systems(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)
    people.pay(bill, "546.25")
    night(office)

    rows = prove(office)

    assert named(rows) == {}
    assert {r.place.code: r.amounts.claimed for r in rows} == {
        "02-300": Decimal("1000.00"), "03-300": Decimal("500.00"), "": Decimal("-75.00"),
    }  # fmt: skip
    assert sum(r.amounts.claimed for r in rows) == Decimal("1425.00")
    assert sum(r.amounts.billed for r in rows) == bill["SubTotal"]
    assert sum(r.amounts.job_cost for r in rows) == bill["SubTotal"]
    assert sum(r.amounts.paid_xero for r in rows) == Decimal("475.00")
    assert sum(r.amounts.paid_procore for r in rows) == people.payments[0]["amount"]
    assert {(r.names.project, r.names.commitment, r.names.vendor) for r in rows} == {
        ("A-1 Project A-1", "SC-001", "Terra Works Ltd")
    }


def test_the_proof_reads_each_list_once_and_writes_nothing(
    office: Office, people: Contractor, claim: Record
) -> None:
    run_id = office.next_night()
    for flow in ALL[:-1]:
        office.run(flow, run_id=run_id)
    office.forget_calls()

    office.run("reconciliation", run_id=run_id)

    assert dict(office.reads("procore")) == {
        "/rest/v1.1/requisitions": 1,
        "/rest/v1.0/work_order_contracts": 1,
    }
    assert dict(office.reads("xero")) == {
        "/api.xro/2.0/Invoices": 1,
        "/api.xro/2.0/CreditNotes": 1,
        "/api.xro/2.0/BankTransactions": 1,
    }
    assert office.writes() == []


def test_a_plan_proves_nothing_and_reads_nothing(office: Office, claim: Record) -> None:
    office.forget_calls()

    result = office.run("reconciliation", "plan")

    assert result["calls"] == {"procore": 0, "xero": 0}


# Claimed and billed


def test_a_claim_that_is_not_approved_is_explained_by_its_own_condition(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    people.claim(contract, "200.00", status="under_review")
    night(office)

    rows = prove(office)

    assert named(rows) == {("billed", "CLAIM_NOT_APPROVED"): Decimal("190.00")}
    assert "under_review" in next(e for r in rows for e in r.explanations).sentence


def test_a_claim_approved_after_the_night_is_not_sent_yet(
    office: Office, people: Contractor, claim: Record
) -> None:
    night(office)
    office.simulator.clock.advance(60)
    contract = next(iter(people.procore.commitments.values()))
    people.claim(contract, "200.00")

    assert named(prove(office)) == {("billed", "NOT_SENT_YET"): Decimal("190.00")}


def test_a_claim_that_was_mended_since_is_not_sent_yet_whatever_held_it(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    held = people.claim(contract, "200.00", invoice_number="")
    night(office)
    office.simulator.clock.advance(600)
    held["invoice_number"] = "INV-77"
    held["updated_at"] = people.procore.now()

    assert office.issue_codes("subcontractor_invoices") == ["FIELDS_MISSING"]
    assert named(prove(office)) == {("billed", "NOT_SENT_YET"): Decimal("190.00")}


def test_inactive_projects_are_left_out_of_the_proof_and_that_is_told(
    office: Office, people: Contractor, claim: Record
) -> None:
    night(office)
    before = prove(office)
    people.procore.projects[claim["project_id"]]["active"] = False

    result = office.run("reconciliation")

    assert {row.place.project_id for row in before} == {str(claim["project_id"])}
    assert office.ledger.reconciliation(limit=1000) == []
    (note,) = office.ledger.flow_report(result["run"]).notes
    assert note.startswith("PROJECT_INACTIVE: 1 ")


def test_a_claim_that_should_have_gone_and_did_not_is_the_alarm(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    late = people.claim(contract, "200.00")
    night(office)
    bill = people.bill_of(late)
    del people.xero.invoices[bill["InvoiceID"]]
    office.ledger.unlink("subcontractor_invoice", "procore", [late["id"]])

    rows = prove(office)

    assert named(rows) == {("billed", UNEXPLAINED): Decimal("190.00")}
    assert rows[0].unexplained == Decimal("200.00")


def test_a_cent_that_somebody_changed_in_a_bill_is_named_with_both_links(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)
    changed = lines_of(bill)
    changed[0]["UnitAmount"] = Decimal("999.99")
    people.xero.edit_bill(bill["InvoiceID"], changed)

    rows = prove(office)

    assert named(rows) == {("billed", "BILL_EDITED"): Decimal("0.01")}
    (said,) = rows[0].explanations
    assert bill["InvoiceID"] in said.xero_url
    assert f"/requisitions/{claim['id']}" in said.procore_url


def test_a_cent_that_nobody_knows_of_is_unexplained_an_issue_and_fails_the_task(
    office: Office, people: Contractor, claim: Record
) -> None:
    """A second document of the same claim, as two systems that both send would leave it."""
    bill = people.bill_of(claim)
    people.xero.add_bill(
        bill["Contact"]["ContactID"], [line("0.01")], status="DRAFT", Url=bill["Url"]
    )

    with pytest.raises(RecordsRefused, match="1 unreconciled"):
        office.run("reconciliation", settings=SHARP)
    rows = office.ledger.reconciliation(differing=True)
    (issue,) = office.ledger.issues("reconciliation")

    assert named(rows)["billed", UNEXPLAINED] == Decimal("-0.01")
    assert rows[0].unexplained == Decimal("0.01")
    assert issue.code == "UNRECONCILED"
    assert "0.01 of it is unexplained" in issue.sentence
    people.xero.invoices.popitem()
    office.run("reconciliation", settings=SHARP)
    assert office.issue_codes("reconciliation") == []


def test_the_proof_of_one_project_closes_no_issue_of_another(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.project("B-2")
    night(office)
    bill = people.bill_of(claim)
    people.xero.add_bill(
        bill["Contact"]["ContactID"], [line("0.01")], status="DRAFT", Url=bill["Url"]
    )
    office.run("reconciliation")

    office.run("reconciliation", project_number="B-2")

    assert office.issue_codes("reconciliation") == ["UNRECONCILED"]


def test_a_project_that_procore_hides_is_told_in_the_proof(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.simulator.faults.arm(
        "status", side="procore", path="*/requisitions", status=403, body={"errors": "No"}
    )

    result = office.run("reconciliation")

    notes = office.ledger.flow_report(result["run"]).notes
    assert any(note.startswith("PROJECT_HIDDEN: ") for note in notes)


def test_a_difference_within_the_tolerance_is_listed_and_lets_the_run_pass(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)
    people.xero.add_bill(
        bill["Contact"]["ContactID"], [line("0.01")], status="DRAFT", Url=bill["Url"]
    )

    result = office.run("reconciliation", settings={**SHARP, "reconcile": {"tolerance": "0.01"}})

    assert result["unreconciled"] == 0
    assert office.ledger.reconciliation()[0].unexplained == Decimal("0.01")
    assert office.issue_codes("reconciliation") == []


def test_E33_a_voided_bill_is_named(office: Office, people: Contractor, claim: Record) -> None:
    people.xero.void_bill(people.bill_of(claim)["InvoiceID"])

    assert named(prove(office)) == {("billed", "BILL_VOIDED"): Decimal("1425.00")}


def test_E44_tax_that_xero_took_out_of_inclusive_amounts_is_named(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    settings = {**SETTINGS, "tax": {"amounts": "inclusive"}}
    night(office, settings=settings)
    bill = people.bill_of(claim)
    people.xero.approve_bill(bill["InvoiceID"])

    rows = prove(office, settings=settings)

    assert bill["TotalTax"] > ZERO
    assert named(rows) == {("billed", "TAX"): bill["TotalTax"]}
    assert sum(row.amounts.billed for row in rows) == bill["SubTotal"]


def test_a_bill_whose_claim_was_deleted_in_procore_is_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.procore.requisitions.pop(claim["id"])

    assert named(prove(office)) == {("billed", "CLAIM_GONE"): Decimal("-1425.00")}


def test_a_lost_ledger_changes_nothing_in_the_proof(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.new_ledger()
    office.night(flows=("projects", "contacts", "cost_codes"))

    assert named(prove(office)) == {}


def test_what_cannot_be_read_is_named_and_the_others_go_on(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    odd = people.claim(contract, "200.00")
    odd["items"][0]["work_completed_this_period"] = "a lot"
    bill = people.xero.add_bill(people.contact("Odd Ltd")["ContactID"], [line("9.00")])
    bill |= {"Status": "AUTHORISED", "LineItems": [{"LineAmount": "??"}], "InvoiceNumber": "ODD-1"}
    night(office)

    rows = prove(office)

    assert named(rows) == {("billed", "NOT_A_NUMBER"): Decimal("190.00")}
    run = office.ledger.last_reconciliation()
    assert run is not None
    assert "UNREADABLE: bill ODD-1" in office.ledger.run(run.run).notes[0]


# Paid


def test_E9_a_payment_deleted_in_xero_that_procore_still_has_is_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    payment = people.pay(people.bill_of(claim), "115.00")
    night(office)
    people.xero.delete_payment(payment["PaymentID"])

    assert named(prove(office)) == {("paid", "PAYMENT_DELETED"): Decimal("-100.00")}


def test_a_payment_entered_in_procore_by_hand_is_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments))
    people.procore.add_contract_payment(contract_id=contract, amount="55.00")

    assert named(prove(office)) == {("paid", "PAYMENT_BY_HAND"): Decimal("-55.00")}


def test_a_payment_made_after_the_night_is_not_sent_yet_and_is_read_one_by_one_only_then(
    office: Office, people: Contractor, claim: Record
) -> None:
    night(office)
    prove(office)
    before = office.reads("procore")["/rest/v1.0/contract_payments"]
    people.pay(people.bill_of(claim), "115.00")

    rows = prove(office)

    assert before == 0
    assert office.reads("procore")["/rest/v1.0/contract_payments"] == 1
    assert named(rows) == {("paid", "NOT_SENT_YET"): Decimal("100.00")}


def test_payments_that_are_switched_off_are_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.pay(people.bill_of(claim), "115.00")
    settings = {**SETTINGS, "payments": {"enabled": False}}

    rows = prove(office, settings=settings)

    assert named(rows) == {("paid", "PAYMENTS_OFF"): Decimal("100.00")}


@pytest.mark.parametrize("kind", ["Prepayment", "Overpayment"])
def test_E11_an_advance_set_against_a_bill_is_named(
    office: Office, people: Contractor, claim: Record, kind: str
) -> None:
    bill = people.bill_of(claim)
    people.pay(bill, "819.38")
    add = people.xero.add_prepayment if kind == "Prepayment" else people.xero.add_overpayment
    credit = add(bill["Contact"]["ContactID"], "819.37")
    people.xero.allocate_credit(credit[f"{kind}ID"], bill["InvoiceID"], "819.37")
    night(office)

    rows = prove(office)

    assert named(rows) == {("paid", kind.upper()): Decimal("712.50")}
    assert sum(row.amounts.paid_xero for row in rows) == Decimal("1425.00")


def test_E11_an_advance_that_counts_is_no_difference(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.settings = {**SETTINGS, "payments": {"prepayments": "count"}}
    bill = people.bill_of(claim)
    credit = people.xero.add_prepayment(bill["Contact"]["ContactID"], "819.37")
    people.xero.allocate_credit(credit["PrepaymentID"], bill["InvoiceID"], "819.37")
    night(office)

    assert named(prove(office)) == {}


# Cost


def test_a_bill_that_nobody_has_approved_is_no_cost_yet(office: Office, people: Contractor) -> None:
    people.one_claim()
    night(office)

    assert named(prove(office)) == {("cost", "BILL_NOT_APPROVED"): Decimal("1425.00")}


def test_C11_a_direct_cost_and_its_bill_are_the_same_to_the_cent(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.xero.add_bill(
        supplier(people)["ContactID"], [line("480.00"), line("20.55", code="03-300")],
        number="HP-77", status="AUTHORISED",
    )  # fmt: skip
    night(office)

    rows = prove(office)

    assert named(rows) == {}
    assert sum(row.amounts.direct_cost for row in rows) == Decimal("500.55")
    assert sum(row.amounts.job_cost for row in rows) == Decimal("1925.55")


def test_a_direct_cost_that_was_entered_by_hand_is_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.xero.add_bill(
        supplier(people)["ContactID"], [line("480.00")], number="HP-77", status="AUTHORISED"
    )
    night(office)
    code = people.procore.lines_of(claim["commitment_id"])[0]["wbs_code"]["id"]
    people.procore.add_direct_cost(
        project_id=claim["project_id"], direct_cost_type="expense",
        lines=[{"wbs_code_id": code, "amount": "7.00"}],
    )  # fmt: skip

    assert named(prove(office)) == {("cost", "DIRECT_COST_BY_HAND"): Decimal("7.00")}


def test_a_draft_that_is_no_claims_is_no_cost_in_the_proof(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.xero.add_bill(supplier(people)["ContactID"], [line("480.00")], status="DRAFT")
    night(office)

    rows = prove(office)

    assert named(rows) == {}
    assert sum(row.amounts.job_cost for row in rows) == Decimal("1425.00")


def test_a_direct_cost_that_comes_to_something_else_than_its_bill_is_unexplained(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.xero.add_bill(
        supplier(people)["ContactID"], [line("480.00")], number="HP-77", status="AUTHORISED"
    )
    night(office)
    (cost,) = people.procore.direct_costs.values()
    cost["grand_total"] = Decimal("479.99")

    assert named(prove(office)) == {("cost", UNEXPLAINED): Decimal("-0.01")}


def test_C11_a_claims_bill_that_came_as_a_direct_cost_too_is_not_counted_twice(
    office: Office, people: Contractor
) -> None:
    office.settings = {**SETTINGS, "direct_costs": {"include": "all"}}
    vendor = people.pair("Terra Works Ltd")
    claim = people.claim(people.contract(people.project("A-1"), vendor))
    night(office)
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    night(office)

    rows = prove(office)

    (cost,) = people.procore.direct_costs.values()
    assert (cost["direct_cost_type"], cost["grand_total"]) == ("subcontractor_invoice", 1500)
    assert named(rows) == {}
    assert sum(row.amounts.direct_cost for row in rows) == ZERO
    assert sum(row.amounts.job_cost for row in rows) == Decimal("1425.00")


def test_R104_retainage_on_a_bill_that_is_no_claims_is_named_and_no_direct_cost(
    office: Office, people: Contractor, claim: Record
) -> None:
    supplied = supplier(people)["ContactID"]
    kept = {**line("-24.00", code=None), "AccountCode": "850"}
    people.xero.add_bill(supplied, [line("480.00"), kept], number="HP-77", status="AUTHORISED")
    released = {**kept, "UnitAmount": "14.00"}
    people.xero.add_bill(supplied, [released], number="HP-78", status="AUTHORISED")
    night(office)

    rows = prove(office)

    assert named(rows) == {("cost", "RETAINAGE_LINE"): Decimal("10.00")}
    assert sum(row.amounts.direct_cost for row in rows) == Decimal("480.00")
    assert sum(row.amounts.job_cost for row in rows) == Decimal("1895.00")


def test_E13_a_line_without_a_project_is_unassigned_with_amount_and_link(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.xero.add_bill(
        supplier(people)["ContactID"], [line("480.00"), line("7.77", project=None)],
        number="HP-77", status="AUTHORISED",
    )  # fmt: skip
    night(office)

    rows = prove(office)

    assert named(rows) == {("cost", "UNASSIGNED_LINE"): Decimal("-7.77")}
    (row,) = [row for row in rows if row.difference]
    assert row.place.project_id == ""
    assert bill["InvoiceID"] in row.explanations[0].xero_url


def test_E13_a_line_of_a_claims_bill_that_lost_its_project_is_named_in_both_places(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)
    changed = lines_of(bill)
    changed[1]["Tracking"] = [t for t in changed[1]["Tracking"] if t["Name"] != "Project"]
    people.xero.edit_bill(bill["InvoiceID"], changed)

    rows = prove(office)

    told = {(r.place.project_id != "", e.code, e.amount) for r in rows for e in r.explanations}
    assert told == {
        (True, "UNASSIGNED_LINE", Decimal("500.00")),
        (False, "UNASSIGNED_LINE", Decimal("-500.00")),
    }


@pytest.mark.parametrize("number", ["CN-1", "TW-CR-1001"])
def test_E7_a_supplier_credit_note_is_an_explained_line(
    office: Office, people: Contractor, claim: Record, number: str
) -> None:
    people.xero.add_credit_note(supplier(people)["ContactID"], [line("12.34")], number=number)
    night(office)

    rows = prove(office)

    assert named(rows) == {("cost", "CREDIT_NOTE"): Decimal("12.34")}
    assert sum(row.amounts.job_cost for row in rows) == Decimal("1425.00") - Decimal("12.34")


@pytest.fixture
def abroad(office: Office, people: Contractor) -> Record:
    """Return a bill in US dollars of 1,250.00 and 0.33, where documents are converted."""
    office.settings = {**SHARP, "direct_costs": {"currency": "convert"}}
    project, supplied = people.project("A-1"), supplier(people)["ContactID"]
    for code in ("02-300", "03-300"):
        people.budget_code(project, code)
    office.night(flows=ALL[:3])
    return people.xero.add_bill(
        supplied, [line("1250.00"), line("0.33", code="03-300"), line("1.00", project=None)],
        number="HP-77", status="AUTHORISED", CurrencyCode="USD", CurrencyRate="0.61",
    )  # fmt: skip


def test_E45_R87_a_converted_bill_agrees_to_the_cent_with_its_direct_cost_and_the_job_costs(
    office: Office, people: Contractor, abroad: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLOWS, "job_costs", JobCostsOperator)
    people.xero.add_spend_money(
        abroad["Contact"]["ContactID"], [line("23.00")], CurrencyCode="USD", CurrencyRate="0.7"
    )
    office.run("direct_costs")
    office.run("job_costs", settings={**office.settings, "job_costs": {"enabled": True}})

    rows = prove(office)

    assert named(rows) == {("cost", "UNASSIGNED_LINE"): Decimal("-1.64")}
    assert {row.place.currency for row in rows} == {"NZD"}
    amounts = Decimal("2049.18") + Decimal("0.54") + Decimal("28.57")
    assert sum(row.amounts.direct_cost for row in rows) == amounts
    costs = office.ledger.job_costs(limit=100)
    assert {cost.currency for cost in costs} == {"NZD"}
    assert sum(cost.direct_costs for cost in costs) == amounts + Decimal("1.64")
    assert sum(row.amounts.job_cost for row in rows) == amounts + Decimal("1.64")


def test_E45_what_lost_its_rate_is_laid_beside_nothing_in_another_currency(
    office: Office, people: Contractor, abroad: Record
) -> None:
    office.run("direct_costs")
    abroad["CurrencyRate"] = None
    people.xero.stamp(abroad)
    office.run("direct_costs")

    rows = prove(office)

    told = {
        (row.place.currency, each.code, each.amount) for row in rows for each in row.explanations
    }
    assert told == {
        ("USD", "CURRENCY_RATE_MISSING", Decimal("-1250.00")),
        ("USD", "CURRENCY_RATE_MISSING", Decimal("-0.33")),
        ("USD", "UNASSIGNED_LINE", Decimal("-1.00")),
        ("NZD", "CURRENCY_RATE_MISSING", Decimal("2049.72")),
    }


def test_a_bill_that_is_held_as_a_direct_cost_is_explained_by_its_own_hold(
    office: Office, people: Contractor, claim: Record
) -> None:
    contact = people.contact("Nobody Knows Ltd", grouped=False)
    people.xero.add_bill(contact["ContactID"], [line("33.00")], number="NK-1", status="AUTHORISED")
    night(office)

    assert named(prove(office)) == {("cost", "VENDOR_NOT_LINKED"): Decimal("-33.00")}


def test_a_journal_that_came_as_a_direct_cost_is_the_same_to_the_cent(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.settings = {**SETTINGS, "journals": {"enabled": True}}
    costs = {"LineAmount": "41.01", "AccountCode": "310", "Tracking": line("0")["Tracking"]}
    accrued = {"LineAmount": "-41.01", "AccountCode": "850"}
    people.xero.add_manual_journal("Accrual", [costs, accrued])
    night(office)

    rows = prove(office)

    assert named(rows) == {}
    assert sum(row.amounts.direct_cost for row in rows) == Decimal("41.01")


# Codes that are items, or nothing but accounts


BY_CODE: dict[str, dict[str, Any]] = {
    "item": {
        "cost_codes": {"target": "item", "code_format": "{cost_code}.{cost_type}"},
        "bills": {"retainage_item": "RET", "negative": "credit_note"},
    },
    "account_map": {
        "cost_codes": {"target": "account_map"},
        "accounts": {"expense": "310", "by_cost_code": {"03-*": "311"}},
        "bills": {"retainage_account": "850", "negative": "credit_note"},
    },
}


@pytest.mark.parametrize(
    ("target", "codes"),
    [("item", {"02-300.S", "03-300.S", "RET"}), ("account_map", {"310", "311", "850"})],
)
def test_R86_E5_claims_agree_by_item_and_by_account_and_below_zero(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    codes: set[str],
) -> None:
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)
    monkeypatch.setitem(FLOWS, "job_costs", JobCostsOperator)
    people.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": "850"})
    office.settings = {**SETTINGS, **BY_CODE[target], "job_costs": {"enabled": True}}
    claim = people.one_claim()
    contract = next(iter(people.procore.commitments.values()))
    people.claim(contract, "-100.00")
    office.night(flows=("projects", "contacts", "items", "subcontractor_invoices"))
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    office.run("job_costs")

    rows = prove(office)

    assert named(rows) == {("cost", "BILL_NOT_APPROVED"): Decimal("-95.00")}
    assert {row.place.code for row in rows} == codes
    assert sum(row.amounts.claimed for row in rows) == Decimal("1330.00")
    costs = office.ledger.job_costs(limit=100)
    assert sum(cost.commitment_invoiced for cost in costs) == Decimal("1500.00")
    kinds = {cost.cost_type for cost in costs}
    assert kinds == ({"S"} if target == "item" else {""})


# One project


def test_only_one_project_is_proved_where_a_person_asks(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.claim(people.contract(people.project("B-2"), people.pair("Cook Piling Ltd")))
    night(office)
    office.forget_calls()

    rows = prove(office, project_number="B-2")

    assert {row.names.project for row in rows} == {"B-2 Project B-2"}
    assert office.reads("procore")["/rest/v1.1/requisitions"] == 1
