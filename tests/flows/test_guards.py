"""What others did to a target is shown and never undone, in every flow that writes.

Here stand the cases that the tests of the flows themselves do not have; ``docs/reliability.md``
lists them all.
"""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.flows.contractor import Contractor, Record
from tests.flows.office import SETTINGS, Office
from tests.flows.test_direct_costs import Site, flow, line, site

__all__ = ["flow", "site"]


@pytest.fixture
def paid(office: Office, people: Contractor) -> Record:
    """Return the payment in Xero of a claim's bill, which is a payment issued in Procore too."""
    claim = people.one_claim()
    office.night()
    payment = people.pay(people.bill_of(claim), "115.00", reference="EFT 1")
    office.night()
    office.forget_calls()
    return payment


def corrected(people: Contractor, payment: Record) -> None:
    """Have the bookkeeper enter the payment with another reference."""
    bill = people.xero.invoices[payment["Invoice"]["InvoiceID"]]
    for shown in (people.xero.payments[payment["PaymentID"]], *bill["Payments"]):
        shown["Reference"] = "EFT 2"
    people.xero.stamp(bill)


CHANGES = ("corrected", "deleted")


def changed(people: Contractor, payment: Record, how: str) -> None:
    if how == "deleted":
        people.xero.delete_payment(payment["PaymentID"])
    else:
        corrected(people, payment)


@pytest.mark.parametrize("how", CHANGES)
def test_E25_a_payment_that_another_integration_took_over_is_never_written_to(
    office: Office, people: Contractor, paid: Record, how: str
) -> None:
    (issued,) = people.payments
    issued["origin_id"] = "sage-77"
    changed(people, paid, how)

    result = office.run("payments")

    assert office.reasons(result) == {"PAYMENT_FOREIGN": 1}
    assert "sage-77" in office.outcomes(result)[0].reasons[0].sentence
    assert not office.writes()
    assert [p["origin_id"] for p in people.payments] == ["sage-77"]


@pytest.mark.parametrize("how", CHANGES)
def test_a_payment_that_somebody_changed_in_procore_is_shown_and_not_overwritten(
    office: Office, people: Contractor, paid: Record, how: str
) -> None:
    (issued,) = people.payments
    issued.update(origin_id=None, amount="120.00")
    changed(people, paid, how)

    result = office.run("payments")

    assert office.reasons(result) == {"PAYMENT_EDITED": 1}
    assert "amount 100.00 → 120.00" in office.outcomes(result)[0].reasons[0].sentence
    assert not office.writes()


def test_a_payment_that_somebody_deleted_in_procore_is_not_made_anew(
    office: Office, people: Contractor, paid: Record
) -> None:
    people.procore.delete_contract_payment(people.payments[0]["id"])
    corrected(people, paid)

    result = office.run("payments")

    assert office.reasons(result) == {"PAYMENT_GONE": 1}
    assert people.payments == []


def test_a_payment_that_nobody_touched_in_procore_follows_its_correction_in_xero(
    office: Office, people: Contractor, paid: Record
) -> None:
    corrected(people, paid)

    assert office.run("payments")["updated"] == 1
    assert [p["notes"] for p in people.payments] == ["EFT 2"]


AUTO = {**SETTINGS, "projects": {"rename": "auto"}}


def test_E28_an_option_that_was_renamed_in_xero_is_not_renamed_back_without_a_word(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    office.run("projects", settings=AUTO)
    (option,) = people.xero.category("Project")["Options"]
    option["Name"] = "Alpha"
    office.run("projects", settings=AUTO)
    people.procore.rename_project(project["id"], project_number="A-2")
    office.forget_calls()

    result = office.run("projects", settings=AUTO)

    assert office.reasons(result) == {"OPTION_RENAMED": 1}
    assert "'Alpha'" in office.outcomes(result)[0].reasons[0].sentence
    assert not office.writes()
    option["Name"] = "A-2"
    assert office.run("projects", settings=AUTO)["updated"] == 1
    assert office.issue_codes() == []


def test_a_vendor_that_was_changed_on_both_sides_is_shown_and_not_overwritten(
    office: Office, people: Contractor
) -> None:
    contact = people.contact("Terra Works Ltd", EmailAddress="old@terra.example")
    office.run("contacts")
    (vendor,) = [v for v in people.procore.vendors.values() if v["origin_id"]]
    vendor["email_address"] = "hand@terra.example"
    people.xero.edit_contact(contact["ContactID"], EmailAddress="new@terra.example")
    office.forget_calls()

    result = office.run("contacts")

    assert office.reasons(result) == {"VENDOR_EDITED": 1}
    assert "hand@terra.example" in office.outcomes(result)[0].reasons[0].sentence
    assert not office.writes()
    vendor["email_address"] = "new@terra.example"
    office.run("contacts")
    assert office.issue_codes() == []


def test_a_vendor_that_was_changed_in_procore_only_is_left_alone(
    office: Office, people: Contractor
) -> None:
    contact = people.contact("Terra Works Ltd", EmailAddress="old@terra.example")
    office.run("contacts")
    (vendor,) = [v for v in people.procore.vendors.values() if v["origin_id"]]
    vendor["email_address"] = "hand@terra.example"
    people.xero.edit_contact(contact["ContactID"], Name="Terra Works Limited")

    assert office.run("contacts")["updated"] == 1
    assert vendor["email_address"] == "hand@terra.example"
    assert vendor["name"] == "Terra Works Limited"


def bill_changed(site: Site, bill: Record, how: str) -> None:
    if how == "deleted":
        site.people.xero.void_bill(bill["InvoiceID"])
    else:
        site.people.xero.edit_bill(bill["InvoiceID"], [line("500.00")])
    site.office.forget_calls()


@pytest.mark.parametrize("how", CHANGES)
def test_E25_a_direct_cost_that_another_integration_took_over_is_never_written_to(
    site: Site, how: str
) -> None:
    bill = site.bill()
    site.run()
    site.costs[0]["origin_id"] = "sage-78"
    bill_changed(site, bill, how)

    result = site.run()

    assert site.office.reasons(result) == {"COST_FOREIGN": 1}
    assert "sage-78" in site.office.outcomes(result)[0].reasons[0].sentence
    assert not site.office.writes()


@pytest.mark.parametrize("how", CHANGES)
def test_a_direct_cost_that_somebody_took_and_changed_in_procore_is_shown_and_not_overwritten(
    site: Site, how: str
) -> None:
    bill = site.bill()
    site.run()
    site.costs[0].update(origin_id=None, origin_data=None, grand_total="490.00", amount="490.00")
    bill_changed(site, bill, how)

    result = site.run()

    assert site.office.reasons(result) == {"COST_EDITED": 1}
    assert not site.office.writes()


@pytest.mark.parametrize("how", CHANGES)
def test_nor_is_one_that_comes_to_something_else_though_it_is_locked(site: Site, how: str) -> None:
    bill = site.bill()
    site.run()
    site.costs[0].update(grand_total="490.00", amount="490.00")
    bill_changed(site, bill, how)

    result = site.run()

    assert site.office.reasons(result) == {"COST_EDITED": 1}
    assert not site.office.writes()


def test_a_direct_cost_that_somebody_deleted_in_procore_is_not_made_anew(site: Site) -> None:
    bill = site.bill()
    site.run()
    site.people.procore.direct_costs.clear()
    bill_changed(site, bill, "corrected")

    result = site.run()

    assert site.office.reasons(result) == {"COST_GONE": 1}
    assert site.costs == []


def test_removals_count_as_changes(office: Office, people: Contractor) -> None:
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    people.claim(contract, "900.00")
    office.night()
    payments = [people.pay(people.bills[0], "10.00") for _ in range(12)]
    office.run("payments")
    for payment in payments[:11]:
        people.xero.delete_payment(payment["PaymentID"])
    office.forget_calls()

    with pytest.raises(AirflowFailException, match="TOO_MANY_CHANGES: The plan changes 11 of 12"):
        office.run("payments")

    assert not office.writes()
    assert len(people.payments) == 12
