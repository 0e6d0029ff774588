"""The Xero client against the simulator: paging, batches, and faults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import (
    ApiError,
    ConnectionIncomplete,
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
    in_full,
)
from tests.contract.bills import a_bill, standing
from tests.contract.conftest import TENANT, World

INVOICES = "/api.xro/2.0/Invoices"


def test_only_bills_are_read_with_their_lines_as_decimals(world: World) -> None:
    bills = list(world.xero().bills())

    assert {bill["Type"] for bill in bills} == {"ACCPAY"}
    assert all(bill["LineItems"] for bill in bills)
    assert all(isinstance(bill["Total"], Decimal) for bill in bills)


@pytest.mark.parametrize("hours", [0, 13])
def test_modified_since_leaves_out_what_did_not_change(world: World, hours: int) -> None:
    since = (world.now() + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=hours)))
    world.simulator.clock.advance(120)
    element = world.xero().create_bills([a_bill(world)], "k")[0]

    changed = list(world.xero().bills(modified_since=since))

    assert [bill["InvoiceID"] for bill in changed] == [element.record["InvoiceID"]]


def test_bills_are_found_by_id_forty_at_a_time(world: World) -> None:
    ids = [bill["InvoiceID"] for bill in world.xero().bills()][:85]
    xero = world.xero()

    found = [bill["InvoiceID"] for bill in xero.bills(ids=ids)]

    assert sorted(found) == sorted(ids)
    assert xero.calls == 3


def test_bills_are_found_by_number_with_commas_and_quotes_too(world: World) -> None:
    numbers = ["SC-1", "SC,2", 'SC-"3"']
    world.xero().create_bills([a_bill(world, number) for number in numbers], "k")

    found = {bill["InvoiceNumber"] for bill in world.xero().bills(numbers=numbers)}

    assert found == set(numbers)


def test_small_lists_are_read_whole(world: World) -> None:
    xero = world.xero()

    assert xero.organisation()["BaseCurrency"] == "NZD"
    assert {"Name", "Status"} <= set(xero.actions()[0])
    assert xero.accounts()
    assert {each["Name"] for each in xero.tracking_categories()} >= {"Project", "Cost Codes"}
    group = next(g for g in xero.contact_groups() if g["Name"] == "Procore")
    assert xero.contact_group(group["ContactGroupID"])["Contacts"]


def test_contacts_are_read_archived_ones_too_and_by_id(world: World) -> None:
    xero = world.xero()
    everyone = list(xero.contacts())
    chosen = [contact["ContactID"] for contact in everyone][:41]

    found = [contact["ContactID"] for contact in xero.contacts(ids=chosen)]

    assert len(everyone) == len(world.simulator.xero.contacts)
    assert sorted(found) == sorted(chosen)


def test_payments_are_those_of_bills(world: World) -> None:
    assert {p["PaymentType"] for p in world.xero().payments()} == {"ACCPAYPAYMENT"}


def test_each_element_of_a_batch_has_its_own_answer(world: World) -> None:
    good, bad = a_bill(world, "GOOD"), a_bill(world, "BAD", DueDate=None, Status="AUTHORISED")
    bad["LineItems"] = [{"Description": "No account", "Quantity": 1, "UnitAmount": 1}]

    first, second = world.xero().create_bills([good, bad], "k")

    assert first.saved
    assert first.errors == ()
    assert not second.saved
    assert second.errors
    assert [len(standing(world, number)) for number in ("GOOD", "BAD")] == [1, 0]


def test_E59_elements_come_in_the_order_sent_whatever_xero_does(
    build: Callable[..., World],
) -> None:
    world = build(batch_order="reversed")
    payloads = [a_bill(world, f"N-{number}") for number in range(3)]

    elements = world.xero().create_bills(payloads, "k")

    assert [e.record["InvoiceNumber"] for e in elements] == ["N-0", "N-1", "N-2"]


def test_a_warning_that_removes_something_is_an_error_of_a_saved_bill(world: World) -> None:
    bill = a_bill(world)
    bill["LineItems"] = [{**bill["LineItems"][0], "AccountCode": "no-such"}]

    (element,) = world.xero().create_bills([bill], "k")

    assert element.saved
    assert element.errors


def test_an_update_goes_by_id(world: World) -> None:
    xero = world.xero()
    (made,) = xero.create_bills([a_bill(world)], "k1")
    change = {"InvoiceID": made.record["InvoiceID"], "Status": "SUBMITTED"}

    (element,) = xero.update_bills([change], "k2")

    assert element.saved
    assert element.record["Status"] == "SUBMITTED"
    assert len(standing(world, "SC-1")) == 1


def test_more_than_fifty_bills_are_no_batch(world: World) -> None:
    with pytest.raises(ValueError, match="50 bills, not 51"):
        world.xero().create_bills([a_bill(world)] * 51, "k")


def test_a_tracking_option_is_made_renamed_and_refused_by_name(world: World) -> None:
    xero = world.xero()
    category = next(c for c in xero.tracking_categories() if c["Name"] == "Project")[
        "TrackingCategoryID"
    ]

    made = xero.create_tracking_option(category, {"Name": "J-1"}, "k1")
    twice = xero.create_tracking_option(category, {"Name": "J-1"}, "k2")
    renamed = xero.update_tracking_option(
        category, made.record["TrackingOptionID"], {"Name": "J-2"}, "k3"
    )

    assert made.saved
    assert not twice.saved
    assert "unique" in twice.errors[0]
    assert renamed.record["Name"] == "J-2"


def test_an_option_without_an_id_was_not_saved(world: World) -> None:
    world.simulator.faults.arm("option_without_id", side="xero")
    xero = world.xero()
    category = xero.tracking_categories()[0]["TrackingCategoryID"]

    element = xero.create_tracking_option(category, {"Name": "J-1"}, "k1")

    assert not element.saved
    assert element.errors == ("Xero answered without an id, so it was not saved.",)


@pytest.mark.parametrize(
    "fault", ["drop_after", "half_json", "status_after", "html", "drop_before"]
)
def test_an_answer_lost_once_leaves_one_bill(world: World, fault: str) -> None:
    world.simulator.faults.arm(fault, side="xero", method="PUT", path=INVOICES)
    xero = world.xero()

    (element,) = xero.create_bills([a_bill(world)], "k")

    assert element.saved
    assert len(standing(world, "SC-1")) == 1
    assert xero.calls_by_verb["PUT"] == 2


@pytest.mark.parametrize("fault", ["drop_after", "half_json", "status_after"])
def test_an_answer_lost_twice_leaves_one_bill_in_doubt(world: World, fault: str) -> None:
    world.simulator.faults.arm(fault, side="xero", method="PUT", path=INVOICES, times=2)

    with pytest.raises(InDoubt):
        world.xero().create_bills([a_bill(world)], "k")

    assert len(standing(world, "SC-1")) == 1


def test_a_key_that_knows_another_request_is_in_doubt(world: World) -> None:
    xero = world.xero()
    xero.create_bills([a_bill(world, "A")], "k")

    with pytest.raises(InDoubt, match="looked for"):
        xero.create_bills([a_bill(world, "B")], "k")


@pytest.mark.parametrize(
    ("fault", "arguments", "what"),
    [
        ("html", {}, "HTML page"),
        ("half_json", {}, "half a JSON document"),
        ("status", {"status": 503, "body": "The Organisation is offline"}, "503"),
        ("offline", {}, "The Organisation is offline"),
        ("drop_before", {}, "the connection to xero.example broke"),
    ],
)
def test_a_read_that_never_gets_an_answer_says_so(
    world: World, fault: str, arguments: dict[str, Any], what: str
) -> None:
    world.simulator.faults.arm(fault, side="xero", path=INVOICES, times=9, **arguments)

    with pytest.raises(Unreachable) as raised:
        list(world.xero().bills())

    assert what in in_full(raised.value)


@pytest.mark.parametrize("fault", ["html", "half_json", "drop_before", "drop_after", "status"])
def test_a_read_survives_a_passing_fault_and_reads_everything_once(
    world: World, fault: str
) -> None:
    expected = len(list(world.xero().bills()))
    world.simulator.faults.arm(fault, side="xero", path=INVOICES)

    bills = [bill["InvoiceID"] for bill in world.xero().bills()]

    assert len(bills) == len(set(bills)) == expected


def test_a_token_that_expires_on_the_way_is_renewed_once(world: World) -> None:
    world.simulator.faults.arm("expire_token", side="xero", method="PUT")
    xero = world.xero()

    (element,) = xero.create_bills([a_bill(world)], "k")

    assert element.saved
    assert len(standing(world, "SC-1")) == 1


def test_a_minute_limit_is_waited_for(world: World) -> None:
    world.simulator.faults.arm(
        "rate_limit", side="xero", path="/api.xro/*", kind="minute", retry_after=26
    )

    assert world.xero().organisation()
    assert 26 <= sum(world.slept) < 28


def test_a_day_limit_ends_the_run_at_once(world: World) -> None:
    world.simulator.faults.arm(
        "rate_limit", side="xero", path="/api.xro/*", kind="day", retry_after=30_000
    )

    with pytest.raises(RateLimited, match="day limit"):
        world.xero().organisation()

    assert world.slept == []


def test_two_hundred_calls_keep_within_the_simulators_minute(world: World) -> None:
    xero = world.xero()

    for _ in range(130):
        xero.organisation()

    assert [c.status for c in world.simulator.calls.of("xero", path="*Organisation*")].count(
        429
    ) == 0


def test_an_unknown_id_in_an_update_is_an_error_and_not_a_doubt(world: World) -> None:
    change = {"InvoiceID": "11111111-1111-4111-8111-111111111111", "Status": "DRAFT"}

    with pytest.raises(ApiError, match="Xero has nothing at POST") as raised:
        world.xero().update_bills([change], "k")

    assert not isinstance(raised.value, InDoubt)


def test_the_wrong_tenant_is_named(world: World) -> None:
    xero = world.xero(
        grant_type="refresh_token", refresh_token="xero-refresh", tenant_id="not-ours"
    )

    with pytest.raises(SignInRefused, match=r"organisation not-ours\. .* correct its tenant_id"):
        xero.organisation()


def test_the_only_organisation_of_a_consent_is_found(world: World) -> None:
    xero = world.xero(grant_type="refresh_token", refresh_token="xero-refresh")

    assert xero.organisation()["BaseCurrency"] == "NZD"
    assert xero.tenant_id() == TENANT


def test_several_organisations_have_to_be_chosen_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    xero = world.xero(grant_type="refresh_token", refresh_token="xero-refresh")
    rows = [
        {"tenantId": i, "tenantName": n, "tenantType": "ORGANISATION"}
        for i, n in (("1", "One"), ("2", "Two"))
    ]
    monkeypatch.setattr(xero, "connections", lambda: rows)

    with pytest.raises(ConnectionIncomplete, match=r"One \(1\), Two \(2\).*tenant_id"):
        xero.organisation()


def test_a_missing_scope_asks_for_no_other_token(build: Callable[..., World]) -> None:
    world = build(app_scopes="accounting.contacts")

    with pytest.raises(SignInRefused):
        world.xero().organisation()

    assert len(world.simulator.calls.of("xero", "POST", "/connect/token")) == 1


def test_a_missing_scope_is_named(build: Callable[..., World]) -> None:
    world = build(app_scopes="accounting.contacts")

    with pytest.raises(SignInRefused, match=r"accounting\.invoices"):
        list(world.xero().bills())
