"""Tracking, items, accounts, tax rates, the organisation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_bill, a_line

pytest_plugins = ["tests.simulator.xero_office"]


def job(office: Office) -> str:
    key: str = office.xero.category("Job")["TrackingCategoryID"]
    return key


def add_option(office: Office, name: str) -> Any:
    return office.call("PUT", f"/TrackingCategories/{job(office)}/Options", {"Name": name})


def test_a_third_active_category_is_refused_and_so_is_a_fifth_in_all(office: Office):
    third = office.call("PUT", "/TrackingCategories", {"Name": "Region"})
    for name in ("Region", "Team"):
        office.xero.add_tracking_category(name)["Status"] = "ARCHIVED"
    office.xero.category("Job")["Status"] = "ARCHIVED"
    fifth = office.call("PUT", "/TrackingCategories", {"Name": "Division"})

    assert (third.status_code, fifth.status_code) == (400, 400)


def test_an_option_is_added(office: Office):
    option = add_option(office, "J-1003").json()["Options"][0]

    assert (option["Status"], option["IsActive"]) == ("ACTIVE", True)
    assert office.xero.option("J-1003")["TrackingOptionID"] == option["TrackingOptionID"]


def test_option_names_are_unique_in_their_category_whatever_their_case(office: Office):
    response = add_option(office, "j-1001")

    assert office.messages(response) == [
        "For each specified tracking option the name must be unique"
    ]


@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("reuse", 200)])
def test_the_name_of_an_archived_option(office: Office, mode: str, status: int):
    office.xero.switches["name_of_archived_option"] = mode
    office.xero.archive_option("J-1001")

    assert add_option(office, "J-1001").status_code == status


def test_an_unknown_category_is_a_500(office: Office):
    response = office.call("PUT", "/TrackingCategories/nowhere/Options", {"Name": "x"})

    assert response.status_code == 500


def test_a_200_without_an_id_created_nothing(office: Office):
    office.faults.arm("option_without_id", side="xero")

    response = add_option(office, "J-1003")

    assert response.status_code == 200
    assert "TrackingOptionID" not in response.json()["Options"][0]
    assert len(office.xero.category("Job")["Options"]) == 2


def test_option_names_have_100_characters_at_most(office: Office):
    assert add_option(office, "x" * 100).status_code == 200
    assert add_option(office, "x" * 101).status_code == 400


@pytest.mark.parametrize(("limit", "status"), [(None, 200), (2, 400)])
def test_a_category_may_hold_a_limited_number_of_options(
    office: Office, limit: int | None, status: int
):
    office.xero.switches["option_limit"] = limit

    assert add_option(office, "J-1003").status_code == status


@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("first", 200)])
def test_a_list_sent_to_a_single_resource(office: Office, mode: str, status: int):
    office.xero.switches["array_to_single_resource"] = mode
    path = f"/TrackingCategories/{job(office)}/Options"

    response = office.call("PUT", path, {"Options": [{"Name": "J-1003"}]})

    assert response.status_code == status


def test_an_option_is_renamed_and_archived(office: Office):
    key = office.xero.option("J-1001")["TrackingOptionID"]
    path = f"/TrackingCategories/{job(office)}/Options/{key}"

    office.call("POST", path, {"Name": "J-1001 Riverside"})
    archived = office.call("POST", path, {"Status": "ARCHIVED"}).json()["Options"][0]

    assert (archived["Name"], archived["IsArchived"]) == ("J-1001 Riverside", True)
    shown = office.get("/TrackingCategories", where='Name=="Job"')["TrackingCategories"][0]
    assert [option["Name"] for option in shown["Options"]] == ["J-1002"]
    everything = office.get("/TrackingCategories", includeArchived="true")["TrackingCategories"]
    assert sum(len(category["Options"]) for category in everything) == 3


@pytest.mark.parametrize(("mode", "status"), [("allow", 200), ("refuse", 400)])
def test_restoring_an_option(office: Office, mode: str, status: int):
    office.xero.switches["unarchive_option"] = mode
    office.xero.archive_option("J-1001")
    key = office.xero.option("J-1001")["TrackingOptionID"]
    path = f"/TrackingCategories/{job(office)}/Options/{key}"

    assert office.call("POST", path, {"Status": "ACTIVE"}).status_code == status


def test_only_an_unused_option_is_deleted(office: Office):
    tracking = [{"Name": "Job", "Option": "J-1001"}]
    office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line(Tracking=tracking)]))
    used, unused = (office.xero.option(name)["TrackingOptionID"] for name in ("J-1001", "J-1002"))
    path = f"/TrackingCategories/{job(office)}/Options"

    assert office.call("DELETE", f"{path}/{used}").status_code == 400
    assert office.call("DELETE", f"{path}/{unused}").status_code == 200
    assert [o["Name"] for o in office.xero.category("Job")["Options"]] == ["J-1001"]


def an_item(code: str, **fields: Any) -> dict[str, Any]:
    return {"Code": code, "Name": "Concrete", **fields}


def test_item_codes_are_unique_on_put_and_edit_on_post(office: Office):
    office.save("PUT", "/Items", an_item("03-300"))

    [again] = office.save("PUT", "/Items", an_item("03-300"))
    office.save("POST", "/Items", an_item("03-300", Name="Footings"))

    assert again["ValidationErrors"][0]["Message"] == (
        "Price List Item with Code '03-300' already exists"
    )
    assert [item["Name"] for item in office.xero.items.values()] == ["Footings"]


@pytest.mark.parametrize(("field", "length"), [("Code", 30), ("Name", 50)])
def test_items_have_short_codes_and_names(office: Office, field: str, length: int):
    fits, long = office.save(
        "PUT", "/Items",
        an_item("a") | {field: "x" * length}, an_item("b") | {field: "x" * (length + 1)},
    )  # fmt: skip

    assert (fits["StatusAttributeString"], long["StatusAttributeString"]) == ("OK", "ERROR")


def test_a_call_holds_500_items_at_most(office: Office):
    items = [an_item(str(number)) for number in range(501)]

    assert office.call("PUT", "/Items", {"Items": items}).status_code == 400


def test_items_come_without_pages_and_leave_without_a_body(office: Office):
    item = office.xero.add_item("03-300")

    assert "pagination" not in office.get("/Items", page="1")
    assert office.get("/Items/03-300")["Items"][0]["ItemID"] == item["ItemID"]
    assert office.call("DELETE", f"/Items/{item['ItemID']}").status_code == 204


def test_accounts_are_listed_archived_or_not(office: Office):
    accounts = office.get("/Accounts")["Accounts"]

    assert {a["Code"]: a["Status"] for a in accounts}["399"] == "ARCHIVED"


def test_archiving_an_account_is_all_that_a_call_may_do(office: Office):
    account = office.xero.account_of("310")
    assert account is not None
    path = f"/Accounts/{account['AccountID']}"

    both = office.call("POST", path, {"Status": "ARCHIVED", "Name": "Old"})
    alone = office.call("POST", path, {"Status": "ARCHIVED"})

    assert (both.status_code, alone.status_code) == (400, 200)


def test_account_names_are_unique_and_codes_short(office: Office):
    response = office.call("PUT", "/Accounts", {"Code": "12345678901", "Name": "sales"})

    assert len(office.messages(response)) == 2


def test_the_organisation_has_lock_dates_only_if_set(office: Office):
    assert "PeriodLockDate" not in office.get("/Organisation")["Organisations"][0]

    office.xero.set_lock_date("2026-03-31")

    assert "PeriodLockDate" in office.get("/Organisation")["Organisations"][0]


def test_a_tax_rate_is_found_by_its_type(office: Office):
    rate = office.get("/TaxRates/INPUT2")["TaxRates"][0]

    assert (rate["EffectiveRate"], rate["CanApplyToRevenue"]) == (15, False)


def test_a_currency_is_added(office: Office):
    office.call("PUT", "/Currencies", {"Code": "EUR"})

    [bill] = office.save("PUT", "/Invoices", a_bill(office, CurrencyCode="EUR"))
    assert bill["StatusAttributeString"] == "OK"


@pytest.mark.parametrize(("mode", "status"), [("allow", 204), ("refuse", 400)])
def test_an_item_that_lines_use(office: Office, mode: str, status: int):
    office.xero.switches["delete_used_item"] = mode
    office.xero.add_item("03-300")
    office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line(ItemCode="03-300")]))

    assert office.call("DELETE", "/Items/03-300").status_code == status
