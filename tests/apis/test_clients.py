"""What both clients send, and what they take an answer for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.apis.procore import Procore
from airflow_provider_procore_xero.apis.xero import Xero
from airflow_provider_procore_xero.errors import (
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
)
from tests.apis.world import Network, Say, Time, an_http, json

BROKEN = httpx.ReadError("broken")
VALIDATION = {"ErrorNumber": 10, "Message": "A validation exception occurred"}


def a_xero(*says: Say) -> tuple[Xero, Network]:
    network = Network(*says)
    return Xero(an_http(network, Time()), "tenant"), network


def a_procore(*says: Say) -> tuple[Procore, Network]:
    network = Network(*says)
    return Procore(an_http(network, Time(), system="procore"), 1), network


def a_bill(number: str, **more: Any) -> dict[str, Any]:
    return {"InvoiceNumber": number, "Contact": {"ContactID": "c1"}, **more}


def saved(number: str, **more: Any) -> dict[str, Any]:
    return a_bill(number, InvoiceID=f"id of {number}", StatusAttributeString="OK", **more)


# Xero


def test_a_400_over_several_bills_leaves_doubt_and_over_one_is_its_refusal() -> None:
    xero, _ = a_xero(json(400, VALIDATION))

    with pytest.raises(InDoubt, match="looked for before anything is sent again"):
        xero.create_bills([a_bill("A"), a_bill("B")], "k")

    (alone,) = xero.create_bills([a_bill("A")], "k")
    assert not alone.saved
    assert alone.errors == ("A validation exception occurred",)


def test_an_answer_that_lacks_a_bill_is_no_answer() -> None:
    xero, network = a_xero(json(body={"Invoices": [saved("A")]}))

    with pytest.raises(InDoubt, match="does not match the 2 bills that were sent"):
        xero.create_bills([a_bill("A"), a_bill("B")], "k")

    assert len(network.requests) == 1


def test_what_xero_remarks_on_a_write_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    remarks = [{"Message": "Very Private Person is on a list"}]
    xero, _ = a_xero(json(body={"Invoices": [saved("A")], "Warnings": remarks}))

    with caplog.at_level(logging.DEBUG, "airflow_provider_procore_xero"):
        xero.create_bills([a_bill("A")], "k")

    assert "1 remarks" in caplog.text
    assert "Very Private" not in caplog.text


@pytest.mark.parametrize(
    "write", ["create_bills", "update_bills", "create_credit_notes", "create_purchase_orders"]
)
def test_each_batch_asks_for_four_places_and_for_each_element_by_itself(write: str) -> None:
    xero, network = a_xero(json(400, VALIDATION))

    getattr(xero, write)([{}], "k")

    asked = dict(network.requests[0].url.params)
    assert asked == {"summarizeErrors": "false", "unitdp": "4"}


@pytest.mark.parametrize(
    ("read", "kind", "order", "places"),
    [
        ("bills", 'Type=="ACCPAY"', "InvoiceID ASC", "4"),
        ("credit_notes", 'Type=="ACCPAYCREDIT"', "CreditNoteID ASC", "4"),
        ("payments", 'PaymentType=="ACCPAYPAYMENT"', "PaymentID ASC", None),
        ("spend_money", 'Type=="SPEND"', "BankTransactionID ASC", "4"),
    ],
)
def test_only_what_suppliers_are_owed_and_paid_is_asked_for(
    read: str, kind: str, order: str, places: str | None
) -> None:
    lists: dict[str, list[Any]] = {
        name: [] for name in ("Invoices", "CreditNotes", "Payments", "BankTransactions")
    }
    xero, network = a_xero(json(body=lists))

    assert list(getattr(xero, read)()) == []

    asked = network.requests[0].url.params
    assert (asked["where"], asked["order"], asked.get("unitdp")) == (kind, order, places)


def test_archived_tracking_options_are_asked_for_too() -> None:
    xero, network = a_xero(json(body={"TrackingCategories": []}))

    xero.tracking_categories()

    assert network.requests[0].url.params["includeArchived"] == "true"


def test_a_sales_invoice_of_the_same_number_is_no_bill() -> None:
    rows = [saved("A", Type="ACCREC"), saved("A", Type="ACCPAY", Total=7)]
    xero, _ = a_xero(json(body={"Invoices": rows}))

    assert [bill["Total"] for bill in xero.bills(numbers=["A"])] == [7]


def test_the_name_of_a_file_stays_within_its_address() -> None:
    xero, network = a_xero(json())

    xero.attach_pdf("Invoices", "1", "../../Contacts/2?x", b"%PDF")

    (request,) = network.requests
    assert request.url.raw_path == b"/api.xro/2.0/Invoices/1/Attachments/..%2F..%2FContacts%2F2%3Fx"


def test_a_number_with_a_slash_is_looked_for_as_it_is() -> None:
    xero, network = a_xero(json(body={"PurchaseOrders": [{"PurchaseOrderID": "1"}]}))

    xero.purchase_order("SC-1/a?b")

    assert network.requests[0].url.raw_path == b"/api.xro/2.0/PurchaseOrders/SC-1%2Fa%3Fb"


def test_a_refusal_does_not_mean_that_there_is_no_such_order() -> None:
    gone, _ = a_xero(json(404))
    refused, _ = a_xero(json(403))

    assert gone.purchase_order("SC-1") is None
    with pytest.raises(SignInRefused):
        refused.purchase_order("SC-1")


# Procore


def test_one_row_without_an_id_is_enough_that_none_is_sent_twice() -> None:
    procore, network = a_procore(BROKEN)

    with pytest.raises(InDoubt):
        procore.sync_vendors([{"name": "A", "origin_id": "xero:1"}, {"name": "B"}])

    assert len(network.requests) == 1


def test_what_changed_since_is_asked_of_procore_in_utc() -> None:
    auckland = timezone(timedelta(hours=13))
    since, until = (datetime(2026, 11, day, 2, 30, tzinfo=auckland) for day in (20, 21))
    procore, network = a_procore(json(body=[]))

    list(procore.requisitions(1, updated_since=since, updated_until=until))

    asked = network.requests[0].url.params["filters[updated_at]"]
    assert asked == "2026-11-19T13:30:00Z...2026-11-20T13:30:00Z"


def test_what_was_created_since_is_asked_of_procore_in_utc() -> None:
    auckland = timezone(timedelta(hours=13))
    procore, network = a_procore(json(body=[]))

    list(procore.direct_costs(1, created_since=datetime(2026, 11, 20, 2, 30, tzinfo=auckland)))

    asked = network.requests[0].url.params["filters[created_at]"]
    assert asked.startswith("2026-11-19T13:30:00Z...")


def test_a_sync_action_takes_a_thousand_rows() -> None:
    procore, network = a_procore(json(body={"entities": [], "errors": []}))

    procore.sync_vendors([{"id": 1}] * 1000)
    with pytest.raises(ValueError, match="takes 1000 rows, not 1001"):
        procore.sync_vendors([{"id": 1}] * 1001)

    assert len(network.requests) == 1


def test_a_list_where_a_record_was_due_is_no_record() -> None:
    procore, _ = a_procore(json(body=[{"id": 1}]))

    with pytest.raises(Unreachable, match="with no record"):
        procore.me()


@pytest.mark.parametrize(
    "make",
    [
        lambda procore: procore.sync_vendors([{"name": "New Ltd"}]),
        lambda procore: procore.create_direct_cost(1, {"description": "Skip hire"}),
    ],
    ids=["vendor", "direct cost"],
)
def test_what_makes_something_new_leaves_soon_after_its_intent_or_not_at_all(
    make: Callable[[Procore], Any],
) -> None:
    procore, network = a_procore(json(body={}))

    with procore.intended(151), pytest.raises(RateLimited, match="intended too long ago"):
        make(procore)
    assert network.requests == []

    with procore.intended(149):
        make(procore)
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    "delete",
    [
        lambda procore: procore.delete_contract_payment(1, 2, 3),
        lambda procore: procore.delete_direct_cost(1, 2),
        lambda procore: procore.delete_direct_cost_line(1, 2, 3),
    ],
    ids=["payment", "direct cost", "line"],
)
def test_what_is_deleted_is_deleted_once_and_in_doubt_where_the_answer_is_lost(
    delete: Callable[[Procore], None],
) -> None:
    procore, network = a_procore(BROKEN)

    with pytest.raises(InDoubt):
        delete(procore)

    assert len(network.requests) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda procore: procore.create_direct_cost(1, {"description": "Skip hire"}),
        lambda procore: procore.update_direct_cost(1, 2, {"status": "approved"}),
    ],
    ids=["create", "update"],
)
def test_a_direct_cost_whose_answer_is_lost_is_sent_once(write: Callable[[Procore], Any]) -> None:
    procore, network = a_procore(BROKEN)

    with pytest.raises(InDoubt):
        write(procore)

    assert len(network.requests) == 1
