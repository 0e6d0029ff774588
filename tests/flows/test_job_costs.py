"""What each project and code has cost, against a sum over what stands in Xero."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office

SET_UP = ("projects", "contacts", "cost_codes", "subcontractor_invoices", "payments")
Key = tuple[str, str]


@pytest.fixture(autouse=True)
def flow(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "job_costs", JobCostsOperator)
    office.settings = {**SETTINGS, "job_costs": {"enabled": True}}


@pytest.fixture
def claim(office: Office, people: Contractor) -> Record:
    """Return a claim whose bill is approved, on a project with a direct bill and money spent."""
    claim = people.one_claim()
    office.night(flows=SET_UP)
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    contact = people.contact("Hire Pool Ltd")["ContactID"]
    people.xero.add_bill(
        contact, [line("480.10"), line("19.95", code="03-300")], status="AUTHORISED"
    )
    people.xero.add_spend_money(contact, [line("115.00"), line("11.50", project=None)])
    people.xero.add_credit_note(contact, [line("50.00")])
    people.xero.add_bill(contact, [line("999.00")], status="DRAFT")
    return claim


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
        "TaxType": "INPUT2",
        "Tracking": tracking,
    }


def run(office: Office, **f: Any) -> dict[str, Any]:
    return office.run("job_costs", **f)


def summed(people: Contractor, *, born: bool = False) -> dict[Key, Decimal]:
    """Return what approved bills and spend money come to, by option of project and of code.

    Retainage, on its own account, is left out.
    """
    xero = people.xero
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for record in (*xero.invoices.values(), *xero.bank_transactions.values()):
        ours = "/requisitions/" in (record.get("Url") or "")
        if record["Status"] not in ("AUTHORISED", "PAID") or (born and not ours):
            continue
        inside = record["LineAmountTypes"] == "Inclusive"
        for each in record["LineItems"]:
            if each["AccountCode"] == "850":
                continue
            options = {t["Name"]: t["Option"] for t in each["Tracking"]}
            key = (options.get("Project", ""), options.get("Cost Codes", ""))
            found[key] += each["LineAmount"] - (each["TaxAmount"] if inside else 0)
    return {key: amount for key, amount in found.items() if amount}


def figures(office: Office, name: str) -> dict[Key, Decimal]:
    """Return one figure of every row, by project number and code."""
    rows = office.ledger.job_costs(limit=1000)
    return {
        (row.project.split(" ")[0], row.code): getattr(row, name)
        for row in rows
        if getattr(row, name)
    }


def test_R84_R85_job_to_date_is_the_sum_of_approved_bills_and_spend_money_without_tax(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)

    assert figures(office, "job_to_date") == summed(people)
    assert figures(office, "job_to_date")["A-1", "02-300"] == Decimal("1580.10")
    assert figures(office, "job_to_date")["", "02-300"] == Decimal("10.00")


def test_R86_R87_commitment_invoiced_is_of_linked_bills_and_direct_costs_are_the_rest(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)

    assert figures(office, "commitment_invoiced") == summed(people, born=True)
    for row in office.ledger.job_costs(limit=1000):
        assert row.direct_costs == row.job_to_date - row.commitment_invoiced
    assert figures(office, "direct_costs")["A-1", "02-300"] == Decimal("580.10")


def test_R84_R87_R104_retainage_is_no_cost_of_a_code_and_is_counted_with_a_link(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)

    result = run(office)

    rows = office.ledger.job_costs(limit=1000)
    (note,) = office.ledger.flow_report(result["run"]).notes
    assert [row for row in rows if not row.code] == []
    assert sum(row.commitment_invoiced for row in rows) + Decimal("-75.00") == bill["SubTotal"]
    assert note.startswith("RETAINAGE: 1 document with -75.00")
    assert bill["InvoiceID"] in note


def test_R84_nothing_is_written_to_either_system(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.forget_calls()

    run(office)

    assert office.writes() == []


def test_only_what_changed_is_read_and_the_sums_stay_right(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)
    office.forget_calls()
    bill = people.bill_of(claim)
    people.xero.void_bill(bill["InvoiceID"])
    spent = next(iter(people.xero.bank_transactions))
    people.xero.delete_spend_money(spent)

    run(office)

    assert figures(office, "job_to_date") == summed(people)
    assert figures(office, "commitment_invoiced") == {}
    assert dict(office.reads("xero")) == {
        "/api.xro/2.0/Invoices": 1, "/api.xro/2.0/BankTransactions": 1,
        "/api.xro/2.0/Organisation": 1, "/api.xro/2.0/TrackingCategories": 1,
    }  # fmt: skip


def test_a_full_run_forgets_what_xero_has_no_longer(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)
    people.xero.invoices.pop(people.bill_of(claim)["InvoiceID"])

    run(office)
    kept = figures(office, "job_to_date")
    run(office, full=True)

    assert kept != summed(people)
    assert figures(office, "job_to_date") == summed(people)


@pytest.mark.parametrize("path", ["*/Invoices", "*/BankTransactions"])
def test_a_list_of_costs_that_is_empty_all_of_a_sudden_leaves_the_figures_as_they_are(
    office: Office, people: Contractor, claim: Record, path: str
) -> None:
    for _ in range(3):
        people.xero.add_spend_money(people.contact("Fuel Ltd")["ContactID"], [line("11.50")])
    run(office)
    before = figures(office, "job_to_date")
    body: Record = {path[2:]: []}
    office.simulator.faults.arm(
        "status", side="xero", method="GET", path=path, status=200, body=body
    )

    with pytest.raises(AirflowFailException, match=r"LIST_SHRANK: The list of job cost .* has 0"):
        run(office, full=True)

    assert figures(office, "job_to_date") == before


def test_a_cost_whose_project_is_integrated_later_moves_to_it_without_being_read_again(
    office: Office, people: Contractor, claim: Record
) -> None:
    late = people.project("B-2", stage="Bidding")
    people.xero.add_option("Project", "B-2")
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(contact, [line("70.00", project="B-2")], status="AUTHORISED")
    run(office)
    before = {row.project: row.project_id for row in office.ledger.job_costs(limit=1000)}

    office.run("projects", project_number="B-2")
    run(office)
    after = {row.project_id for row in office.ledger.job_costs(limit=1000)}

    assert before["B-2"] == ""
    assert str(late["id"]) in after


def test_a_plan_leaves_the_figures_as_they_are(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office, mode="plan")

    assert office.ledger.job_costs() == []


def test_job_costs_are_off_by_default(office: Office, people: Contractor, claim: Record) -> None:
    office.forget_calls()

    result = run(office, settings=SETTINGS)

    assert result["calls"] == {"procore": 0, "xero": 0}
    assert office.ledger.job_costs() == []


def test_totals_never_mix_currencies(office: Office, people: Contractor, claim: Record) -> None:
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(contact, [line("70.00")], status="AUTHORISED", CurrencyCode="AUD")

    run(office)

    rows = [r for r in office.ledger.job_costs(limit=1000) if r.code == "02-300" and r.project_id]
    assert {r.currency: r.job_to_date for r in rows} == {
        "NZD": Decimal("1580.10"), "AUD": Decimal("70.00"),
    }  # fmt: skip
