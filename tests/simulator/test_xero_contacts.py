"""Contacts and their groups: unique names, closed archives, replaced lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.xero_world import Office, acme

pytest_plugins = ["tests.simulator.xero_office"]

ARCHIVED = "Archived contacts cannot currently be edited via the API."


def errors(answer: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in answer.get("ValidationErrors", [])]


def test_a_put_with_a_name_in_use_is_refused_whatever_its_case(office: Office):
    [answer] = office.save("PUT", "/Contacts", {"Name": "ACME CONCRETE"})

    assert "is already assigned to another contact" in errors(answer)[0]


def test_a_post_with_a_name_in_use_edits_that_contact(office: Office):
    office.save("POST", "/Contacts", {"Name": "acme concrete", "AccountNumber": "77"})

    [contact] = office.xero.contacts.values()
    assert (contact["Name"], contact["AccountNumber"]) == ("acme concrete", "77")


def test_contact_numbers_are_unique(office: Office):
    office.save("PUT", "/Contacts", {"Name": "A", "ContactNumber": "P-1"})

    [answer] = office.save("PUT", "/Contacts", {"Name": "B", "ContactNumber": "P-1"})

    assert errors(answer)[0].startswith("Another contact has this contact number.")


def test_a_contact_is_found_by_its_number(office: Office):
    office.save("PUT", "/Contacts", {"Name": "A", "ContactNumber": "P-1"})

    assert office.get("/Contacts/P-1")["Contacts"][0]["Name"] == "A"


@pytest.mark.parametrize(("mode", "ok"), [("reuse", True), ("refuse", False)])
def test_the_name_of_an_archived_contact(office: Office, mode: str, ok: bool):
    office.xero.switches["name_of_archived_contact"] = mode
    office.xero.archive_contact(acme(office))

    [answer] = office.save("PUT", "/Contacts", {"Name": "Acme Concrete"})

    assert (answer["StatusAttributeString"] == "OK") is ok


@pytest.mark.parametrize("change", [{"EmailAddress": "a@b.example"}, {"ContactStatus": "ACTIVE"}])
def test_an_archived_contact_refuses_every_write(office: Office, change: dict[str, str]):
    office.xero.archive_contact(acme(office))

    [answer] = office.save("POST", "/Contacts", {"ContactID": acme(office), **change})

    assert ARCHIVED in errors(answer)[0]


def test_archiving_works_with_a_post_of_the_status(office: Office):
    key = acme(office)

    office.save("POST", "/Contacts", {"ContactID": key, "ContactStatus": "ARCHIVED"})

    assert office.get("/Contacts", page="1")["Contacts"] == []
    assert len(office.get("/Contacts", page="1", includeArchived="true")["Contacts"]) == 1
    assert office.get(f"/Contacts/{key}")["Contacts"][0]["ContactStatus"] == "ARCHIVED"


def test_what_is_not_sent_is_kept(office: Office):
    key = acme(office)
    office.xero.edit_contact(key, Phones=[{"PhoneType": "MOBILE", "PhoneNumber": "555"}])

    response = office.call("POST", f"/Contacts/{key}", {"EmailAddress": "ap@acme.example"})

    contact = response.json()["Contacts"][0]
    assert (contact["Name"], contact["EmailAddress"]) == ("Acme Concrete", "ap@acme.example")
    assert [p["PhoneNumber"] for p in contact["Phones"]] == ["", "", "", "555"]


@pytest.mark.parametrize(("mode", "city"), [("keep", "Perth"), ("replace", "")])
def test_sending_one_address_type_may_empty_the_others(office: Office, mode: str, city: str):
    key = acme(office)
    office.xero.edit_contact(key, Addresses=[{"AddressType": "STREET", "City": "Perth"}])
    office.xero.switches["addresses"] = mode

    post_box = [{"AddressType": "POBOX", "City": "Hobart"}]
    office.save("POST", "/Contacts", {"ContactID": key, "Addresses": post_box})

    street, pobox = office.xero.contacts[key]["Addresses"]
    assert (street["City"], pobox["City"]) == (city, "Hobart")


def test_is_supplier_is_not_written_by_callers(office: Office):
    office.save("POST", "/Contacts", {"ContactID": acme(office), "IsSupplier": True})

    assert office.xero.contacts[acme(office)]["IsSupplier"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Name", "x" * 256),
        ("Name", "A <b>"),
        ("Name", "A  B"),
        ("ContactNumber", "x" * 51),
        ("EmailAddress", "nobody"),
        ("EmailAddress", "ä@b.example"),
        ("Addresses", [{"AddressType": "STREET", "City": "x" * 256}]),
        ("Phones", [{"PhoneType": "DDI", "PhoneAreaCode": "12345678901"}]),
        ("ContactPersons", [{}] * 6),
    ],
)
def test_a_contact_is_refused_for(office: Office, field: str, value: Any):
    [answer] = office.save("PUT", "/Contacts", {"Name": "New", field: value})

    assert answer["StatusAttributeString"] == "ERROR"


def test_an_unpaged_list_lacks_what_a_paged_one_has(office: Office):
    plain = office.get("/Contacts")["Contacts"][0]
    paged = office.get("/Contacts", page="1")["Contacts"][0]

    assert "ContactGroups" not in plain
    assert paged["ContactGroups"] == []


def test_a_merged_contact_says_into_which(office: Office):
    survivor = office.xero.add_contact("Acme Ltd")["ContactID"]
    gone = acme(office)
    bill = office.xero.add_bill(gone, [{"Description": "x", "UnitAmount": 1}])

    office.xero.merge_contacts(gone, survivor)

    merged = office.get(f"/Contacts/{gone}")["Contacts"][0]
    assert (merged["MergedToContactID"], merged["ContactStatus"]) == (survivor, "ARCHIVED")
    shown = office.get(f"/Invoices/{bill['InvoiceID']}")["Invoices"][0]
    assert shown["Contact"] == {"ContactID": survivor, "Name": "Acme Ltd"}


def test_a_privacy_request_empties_the_contact_and_closes_it(office: Office):
    key = acme(office)

    office.xero.anonymise_contact(key)

    contact = office.get(f"/Contacts/{key}")["Contacts"][0]
    assert (contact["ContactStatus"], contact["ContactID"]) == ("GDPRREQUEST", key)
    assert contact["Name"] != "Acme Concrete"


def test_search_looks_into_names_numbers_and_mail(office: Office):
    office.xero.add_contact("Beta", EmailAddress="office@beta.example")

    found = office.get("/Contacts", page="1", searchTerm="BETA.EX")["Contacts"]

    assert [contact["Name"] for contact in found] == ["Beta"]


def test_the_list_of_groups_has_no_members_and_one_group_has(office: Office):
    office.xero.put_in_group(acme(office), "Procore")

    [group] = office.get("/ContactGroups")["ContactGroups"]
    full = office.get(f"/ContactGroups/{group['ContactGroupID']}")["ContactGroups"][0]

    assert group["Contacts"] == []
    assert full["Contacts"] == [{"ContactID": acme(office), "Name": "Acme Concrete"}]


@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("skip", 200)])
def test_an_archived_contact_is_not_put_in_a_group(office: Office, mode: str, status: int):
    office.xero.switches["group_with_bad_member"] = mode
    group = office.xero.add_contact_group("Procore")
    office.xero.archive_contact(acme(office))
    path = f"/ContactGroups/{group['ContactGroupID']}/Contacts"

    response = office.call("PUT", path, {"Contacts": [{"ContactID": acme(office)}]})

    assert (response.status_code, group["ContactIDs"]) == (status, [])


def test_members_are_added_and_removed(office: Office):
    group = office.xero.add_contact_group("Procore")
    path = f"/ContactGroups/{group['ContactGroupID']}/Contacts"

    office.call("PUT", path, {"Contacts": [{"ContactID": acme(office)}]})
    assert group["ContactIDs"] == [acme(office)]
    assert office.call("DELETE", f"{path}/{acme(office)}").status_code == 204

    assert group["ContactIDs"] == []


def test_there_are_at_most_100_groups(office: Office):
    for number in range(100):
        office.xero.add_contact_group(f"Group {number}")

    response = office.call("PUT", "/ContactGroups", {"Name": "One more"})

    assert office.messages(response) == ["You've reached the limit of 100 contact groups."]


def test_a_deleted_group_is_gone(office: Office):
    group = office.xero.add_contact_group("Procore")

    office.call("POST", f"/ContactGroups/{group['ContactGroupID']}", {"Status": "DELETED"})

    assert office.get("/ContactGroups")["ContactGroups"] == []


@pytest.mark.parametrize(("mode", "status"), [("refuse", "ARCHIVED"), ("allow", "ACTIVE")])
def test_un_archiving_by_a_post(office: Office, mode: str, status: str):
    office.xero.switches["unarchive_contact"] = mode
    office.xero.archive_contact(acme(office))

    office.save("POST", "/Contacts", {"ContactID": acme(office), "ContactStatus": "ACTIVE"})

    assert office.xero.contacts[acme(office)]["ContactStatus"] == status
