"""Contacts → vendors, as both systems see it."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.operators.contacts import errors_of
from tests.flows.contractor import Contractor
from tests.flows.office import Office

PHONE = {"PhoneType": "DEFAULT", "PhoneNumber": "555 0100", "PhoneCountryCode": "64"}


def names(people: Contractor) -> list[str]:
    return sorted(vendor["name"] for vendor in people.procore.vendors.values())


def rows(office: Office) -> list[dict[str, object]]:
    """Return the rows of the sync actions that Procore received."""
    return [row for c in office.writes("procore") for row in json.loads(c.body)["updates"]]


def linked_vendor(people: Contractor, office: Office) -> tuple[str, int]:
    """Bring one contact over; return its id and its vendor's."""
    contact = people.contact("Terra Works Ltd", Phones=[PHONE])
    office.run("contacts")
    (vendor,) = people.procore.vendors.values()
    office.forget_calls()
    return contact["ContactID"], vendor["id"]


def test_R9_only_members_of_the_group_become_vendors(office: Office, people: Contractor) -> None:
    people.contact("Terra Works Ltd")
    people.contact("Paper and Pens Ltd", grouped=False)

    office.run("contacts")

    assert names(people) == ["Terra Works Ltd"]


def test_R10_without_the_group_the_flow_says_so_and_writes_nothing(
    office: Office, people: Contractor
) -> None:
    people.xero.contact_groups.clear()
    people.contact("Terra Works Ltd", grouped=False)

    result = office.run("contacts")

    assert not office.writes()
    assert office.reasons(result) == {"GROUP_MISSING": 1}
    assert office.ledger.run(result["run"]).state == "blocked"
    assert "'Procore'" in office.ledger.run(result["run"]).error


def test_R11_a_contact_that_could_be_two_vendors_is_neither_linked_nor_created(
    office: Office, people: Contractor
) -> None:
    people.contact("Terra Works Ltd")
    first, second = people.vendor("Terra Works Ltd"), people.vendor("Terra Work Ltd")

    result = office.run("contacts")

    assert not office.writes()
    (held,) = office.outcomes(result)
    assert held.reasons[0].code == "VENDOR_AMBIGUOUS"
    assert str(first["id"]) in held.reasons[0].sentence
    assert str(second["id"]) in held.reasons[0].sentence


def test_R12_a_country_that_is_no_code_holds_the_contact(
    office: Office, people: Contractor
) -> None:
    address = {"AddressType": "POBOX", "City": "Boulder", "Country": "Untied States"}
    people.contact("Boulder Ltd", Addresses=[address])
    address = {"AddressType": "POBOX", "City": "Calgary", "Country": "CA", "Region": "TX"}
    people.contact("Calgary Ltd", Addresses=[address])
    address = {"AddressType": "POBOX", "City": "Austin", "Country": "USA", "Region": "TX"}
    people.contact("Austin Ltd", Addresses=[address])

    result = office.run("contacts")

    assert office.reasons(result) == {"COUNTRY_INVALID": 1, "REGION_INVALID": 1}
    assert [(row["name"], row["country_code"], row["state_code"]) for row in rows(office)] == [
        ("Austin Ltd", "US", "TX")
    ]


def test_R13_a_linked_vendor_that_is_inactive_is_not_updated(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    people.procore.deactivate_vendor(vendor_id)
    people.xero.edit_contact(contact_id, Phones=[{**PHONE, "PhoneNumber": "555 0199"}])

    result = office.run("contacts")

    assert not office.writes()
    (held,) = office.outcomes(result)
    assert (held.reasons[0].code, held.target_id) == ("VENDOR_INACTIVE", str(vendor_id))
    assert held.procore_url


def test_R14_the_issues_of_a_vendor_are_found_by_its_name(
    office: Office, people: Contractor
) -> None:
    people.contact("Terra Works Ltd")
    people.vendor("Terra Works Ltd", is_active=False)

    office.run("contacts")

    (issue,) = office.ledger.issues(q="terra works")
    assert (issue.code, issue.first_seen) == ("VENDOR_INACTIVE", issue.last_seen)


def test_R37_joining_the_group_is_enough(office: Office, people: Contractor) -> None:
    contact = people.contact("Terra Works Ltd", grouped=False)
    people.xero.contacts[contact["ContactID"]]["UpdatedDateUTC"] = "2024-01-01T00:00:00.000Z"
    office.run("contacts")
    before = names(people)

    people.xero.put_in_group(contact["ContactID"], "Procore")
    office.run("contacts")

    assert before == []
    assert names(people) == ["Terra Works Ltd"]


def test_R38_all_means_the_whole_group(office: Office, people: Contractor) -> None:
    for number in range(45):
        people.contact(f"{chr(65 + number % 26) * 9}{number} Ltd")

    result = office.run("contacts")

    assert result["created"] == 45
    assert len(office.writes()) == 1


def test_R39_one_contact_and_no_other(office: Office, people: Contractor) -> None:
    people.contact("Terra Works Ltd")
    wanted = people.contact("Cook Piling Ltd")

    result = office.run("contacts", contact_id=wanted["ContactID"])

    assert result["read"] == 1
    assert names(people) == ["Cook Piling Ltd"]


def test_R39_what_waits_on_the_shelf_does_not_go_with_one_that_is_asked_for(
    office: Office, people: Contractor
) -> None:
    right, other = people.vendor("Haul It Ltd"), people.vendor("Haul It Ltd")
    waiting = people.contact("Haul It Ltd")
    wanted = people.contact("Cook Piling Ltd", grouped=False)
    office.run("contacts")
    people.procore.touch(other, name="Quite Another Firm")
    people.xero.put_in_group(wanted["ContactID"], "Procore")

    office.run("contacts", contact_id=wanted["ContactID"])
    alone = right["origin_id"]
    office.run("contacts")

    assert not alone
    assert right["origin_id"] == waiting["ContactID"]
    assert len(names(people)) == 3


def test_R39_one_contact_that_is_not_in_the_group_is_refused(
    office: Office, people: Contractor
) -> None:
    contact = people.contact("Cook Piling Ltd", grouped=False)

    result = office.run("contacts", contact_id=contact["ContactID"])

    assert not office.writes()
    assert office.reasons(result) == {"CONTACT_NOT_IN_GROUP": 1}


@pytest.mark.parametrize("wrong", ["8d0a7f5c-0000-4000-8000-000000000000", "Terra Works"])
def test_R39_an_unknown_contact_id_fails_with_the_id(office: Office, wrong: str) -> None:
    with pytest.raises(AirflowFailException, match=wrong):
        office.run("contacts", contact_id=wrong)

    assert wrong in office.ledger.runs(limit=1)[0].error


def test_R40_the_vendor_carries_the_contacts_id(office: Office, people: Contractor) -> None:
    contact_id, vendor_id = linked_vendor(people, office)

    assert people.procore.vendors[vendor_id]["origin_id"] == contact_id


def test_R41_a_changed_phone_is_the_only_field_that_is_sent(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    people.xero.edit_contact(contact_id, Phones=[{**PHONE, "PhoneNumber": "555 0199"}])

    office.run("contacts")
    sent = rows(office)
    office.run("contacts")

    assert sent == [{"id": vendor_id, "business_phone": "+64 555 0199"}]
    assert rows(office) == sent


def test_R41_what_people_wrote_in_procore_is_not_sent_back(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    people.procore.vendors[vendor_id]["notes"] = "Ask for Sione"
    people.procore.vendors[vendor_id]["city"] = "Napier"
    people.xero.edit_contact(contact_id, EmailAddress="office@terra.example")

    office.run("contacts")

    assert rows(office) == [{"id": vendor_id, "email_address": "office@terra.example"}]
    assert people.procore.vendors[vendor_id]["city"] == "Napier"


def test_E18_a_merged_contact_hands_its_vendor_to_the_survivor(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    survivor = people.contact("Terra Works and Sons Ltd")
    people.xero.merge_contacts(contact_id, survivor["ContactID"])

    office.run("contacts")

    links = [(link.xero_id, link.procore_id) for link in office.ledger.links("vendor")]
    assert links == [(survivor["ContactID"], str(vendor_id))]
    assert people.procore.vendors[vendor_id]["origin_id"] == survivor["ContactID"]
    assert names(people) == ["Terra Works and Sons Ltd"]


def test_E18_contacts_of_two_vendors_merged_into_one_are_held(
    office: Office, people: Contractor
) -> None:
    first, second = people.contact("Terra Works Ltd"), people.contact("Cook Piling Ltd")
    office.run("contacts")
    office.forget_calls()
    people.xero.merge_contacts(first["ContactID"], second["ContactID"])

    result = office.run("contacts")

    assert not office.writes()
    assert office.reasons(result) == {"CONTACT_MERGED": 1}


def test_E19_a_bill_names_its_contact_by_id_only(office: Office, people: Contractor) -> None:
    people.one_claim()

    office.night()

    (call,) = [c for c in office.writes("xero") if c.path.endswith("/Invoices")]
    assert list(json.loads(call.body)["Invoices"][0]["Contact"]) == ["ContactID"]


def test_E20_an_archived_contact_is_held_and_its_vendor_stays_active(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    people.xero.archive_contact(contact_id)

    result = office.run("contacts")

    assert not office.writes()
    assert office.reasons(result) == {"CONTACT_ARCHIVED": 1}
    assert people.procore.vendors[vendor_id]["is_active"]


def test_E21_a_contact_under_erasure_is_held_and_named_by_its_id_only(
    office: Office, people: Contractor
) -> None:
    contact_id, _ = linked_vendor(people, office)
    people.xero.anonymise_contact(contact_id)

    result = office.run("contacts")

    assert not office.writes()
    (held,) = office.outcomes(result)
    assert "CONTACT_ERASED" in [reason.code for reason in held.reasons]
    assert held.title == contact_id


def test_E22_a_vendor_that_was_merged_away_in_procore_is_an_issue(
    office: Office, people: Contractor
) -> None:
    contact_id, vendor_id = linked_vendor(people, office)
    other = people.vendor("Terra Works (NZ) Ltd")
    people.procore.merge_vendors(other["id"], vendor_id)
    people.xero.edit_contact(contact_id, EmailAddress="office@terra.example")

    result = office.run("contacts")

    assert not office.writes()
    assert office.reasons(result) == {"VENDOR_GONE": 1}


def test_E23_a_contact_that_leaves_the_group_keeps_its_link_and_updates_pause(
    office: Office, people: Contractor
) -> None:
    contact_id, _ = linked_vendor(people, office)
    people.xero.take_out_of_group(contact_id, "Procore")
    people.xero.edit_contact(contact_id, EmailAddress="office@terra.example")

    result = office.run("contacts")

    assert not office.writes()
    assert office.reasons(result) == {"CONTACT_LEFT_GROUP": 1}
    assert len(office.ledger.links("vendor")) == 1


@pytest.mark.parametrize("written", ["TERRA  works ltd", "Terra Works Ltd ", "Tèrra Works Ltd"])
def test_E24_names_that_differ_in_case_spaces_and_accents_are_the_same(
    office: Office, people: Contractor, written: str
) -> None:
    people.contact("Terra Works Ltd")
    vendor = people.vendor(written)

    result = office.run("contacts")

    assert result["linked"] == 1
    assert [link.procore_id for link in office.ledger.links("vendor")] == [str(vendor["id"])]


def test_E25_a_vendor_of_another_integration_is_never_taken_over(
    office: Office, people: Contractor
) -> None:
    people.contact("Terra Works Ltd")
    people.vendor("Terra Works Ltd", origin_id="sage:1")

    result = office.run("contacts")

    assert not office.writes()
    (held,) = office.outcomes(result)
    assert "'sage:1'" in held.reasons[0].sentence
    assert held.reasons[0].code == "VENDOR_FOREIGN"


def test_E53_a_row_that_procore_refuses_is_refused_alone_and_tried_again(
    office: Office, people: Contractor
) -> None:
    people.contact("Terra Works Ltd", EmailAddress="not an address")
    people.contact("Cook Piling Ltd")

    result = office.run("contacts")

    assert (result["created"], result["refused"]) in ((1, 1), (2, 0))
    assert "Cook Piling Ltd" in names(people)


def test_E53_all_that_procore_says_against_a_row_is_kept() -> None:
    row = {"id": 7, "origin_id": "xero-7"}
    errors = [
        {"id": 7, "errors": {"name": ["is too long", "is taken"]}},
        {"origin_id": "xero-7", "errors": {"zip": "is not a zip"}},
        {"id": 8, "errors": {"name": ["is missing"]}},
    ]

    said = ("name: is too long", "name: is taken", "zip: is not a zip")
    assert errors_of(row, errors) == said
    assert errors_of({"id": 9}, errors) is None
