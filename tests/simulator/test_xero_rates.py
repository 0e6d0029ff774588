"""Documents in another currency carry the rate that they were entered at."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.simulator.xero.rates import day_rate
from tests.simulator.xero_world import Office, a_bill, a_line, acme, an_order

pytest_plugins = ["tests.simulator.xero_office"]

OF_THE_DAY = Decimal("0.588235")


@pytest.fixture
def abroad(office: Office) -> Office:
    """An organisation that trades in US dollars too, and has an account in them."""
    office.xero.add_currency("USD", "United States Dollar")
    office.xero.add_account("091", "Dollars", "BANK", CurrencyCode="USD")
    return office


def rate_of(record: dict[str, Any]) -> Any:
    return record["CurrencyRate"]


@pytest.mark.parametrize(
    ("sent", "rate"),
    [
        ({}, "1.000000"),
        ({"CurrencyRate": "0.61"}, "1.000000"),
        ({"CurrencyCode": "USD"}, "0.588235"),
        ({"CurrencyCode": "USD", "CurrencyRate": "0.61"}, "0.610000"),
        ({"CurrencyCode": "USD", "CurrencyRate": "0.61234567"}, "0.612346"),
    ],
)
def test_a_bill_has_the_rate_that_was_sent_else_that_of_the_day(
    abroad: Office, sent: dict[str, Any], rate: str
):
    [bill] = abroad.save("PUT", "/Invoices", a_bill(abroad, **sent))

    assert rate_of(bill) == Decimal(rate)
    assert rate_of(abroad.get(f"/Invoices/{bill['InvoiceID']}")["Invoices"][0]) == Decimal(rate)


def test_an_edit_keeps_the_rate_unless_it_sends_one_or_changes_the_currency(abroad: Office):
    [bill] = abroad.save(
        "PUT", "/Invoices", a_bill(abroad, CurrencyCode="USD", CurrencyRate="0.61")
    )

    def edited(**fields: Any) -> Any:
        sent = {"InvoiceID": bill["InvoiceID"], **fields}
        return rate_of(abroad.save("POST", "/Invoices", sent)[0])

    assert edited(Reference="x", CurrencyCode="USD") == Decimal("0.61")
    assert edited(CurrencyRate="0.62") == Decimal("0.62")
    assert edited(CurrencyCode="NZD") == 1
    assert edited(CurrencyCode="USD") == OF_THE_DAY


def test_credit_notes_and_orders_have_their_rate_too(abroad: Office):
    note = {
        "Type": "ACCPAYCREDIT", "Contact": {"ContactID": acme(abroad)}, "LineItems": [a_line()],
        "CurrencyCode": "USD", "CurrencyRate": "0.6",
    }  # fmt: skip

    [credit] = abroad.save("PUT", "/CreditNotes", note)
    [order] = abroad.save("PUT", "/PurchaseOrders", an_order(abroad, CurrencyCode="USD"))

    assert (rate_of(credit), rate_of(order)) == (Decimal("0.6"), OF_THE_DAY)


@pytest.mark.parametrize(("account", "currency"), [("090", "NZD"), ("091", "USD")])
def test_money_is_spent_in_the_currency_of_the_bank_account(
    abroad: Office, account: str, currency: str
):
    spent = {
        "Type": "SPEND", "Contact": {"ContactID": acme(abroad)}, "LineItems": [a_line()],
        "BankAccount": {"Code": account}, "CurrencyCode": "GBP",
    }  # fmt: skip

    [answer] = abroad.save("PUT", "/BankTransactions", spent)

    assert answer["CurrencyCode"] == currency
    assert rate_of(answer) == day_rate("NZD", currency)


def test_what_people_enter_by_hand_has_a_rate_and_keeps_it(abroad: Office):
    xero, contact = abroad.xero, acme(abroad)

    bill = xero.add_bill(contact, [a_line()], CurrencyCode="USD", CurrencyRate="0.61")
    entered = [
        xero.add_bill(contact, [a_line()], CurrencyCode="USD"),
        xero.add_spend_money(contact, [a_line()], CurrencyCode="USD"),
        xero.add_credit_note(contact, [a_line()], CurrencyCode="USD"),
    ]
    xero.edit_bill(bill["InvoiceID"], Reference="x")

    assert rate_of(bill) == Decimal("0.610000")
    assert [rate_of(each) for each in entered] == [OF_THE_DAY] * 3


def test_a_rate_is_what_one_unit_of_the_organisations_currency_buys():
    assert day_rate("USD", "NZD") > 1 > day_rate("NZD", "USD")
    assert day_rate("NZD", "XAU") == Decimal("0.588235")
