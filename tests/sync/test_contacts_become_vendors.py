"""Contacts of one Xero group become vendors in Procore: which go, with what, and as whom."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities.vendors import ENTITY
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Update
from tests.sync.builders import (
    CONTACT,
    a_contact,
    a_contact_row,
    a_contacts_around,
    a_vendor,
    a_vendor_link,
    change_of,
    some_settings,
    why_held,
)

OTHER = "c0000000-0000-0000-0000-000000000091"


def payload_of(**contact: Any) -> dict[str, Any]:
    around = a_contacts_around(settings=some_settings(vendors={"region_codes": "all"}))
    change = change_of(ENTITY, a_contact_row(**contact), around)
    assert isinstance(change, Create), change
    return dict(change.desired.payload)


def a_sent_link(**contact: Any) -> Link:
    """The link that stands once the contact was sent as it is in *contact*."""
    contact_id = contact.get("id", CONTACT)
    around = a_contacts_around(members=frozenset({contact_id}))
    change = change_of(ENTITY, a_contact_row(**contact), around)
    assert isinstance(change, Create)
    return a_vendor_link(xero_id=contact_id, wrote=change.wrote, data=change.desired.data)


# The map


def test_R40_a_new_vendor_carries_the_contacts_id_as_its_origin() -> None:
    assert payload_of() == {
        "name": "Terra Works Ltd",
        "origin_id": CONTACT,
        "origin_data": "airflow-procore-xero",
    }


def test_a_contact_brings_its_address_phones_and_mail() -> None:
    place = {
        "AddressLine1": "Level 2", "AddressLine2": "1 Quay St", "City": "Sydney",
        "Region": "NSW", "PostalCode": "2000", "Country": "AUS",
    }  # fmt: skip
    phones = {
        "DEFAULT": {"PhoneCountryCode": "+61", "PhoneAreaCode": "02", "PhoneNumber": "5550100"},
        "MOBILE": {"PhoneNumber": "0400 000 000"},
        "FAX": {"PhoneCountryCode": "61", "PhoneNumber": ""},
    }

    sent = payload_of(place=place, phones=phones, EmailAddress=" ap@terra.example ")

    assert sent["address"] == "Level 2, 1 Quay St"
    assert (sent["city"], sent["zip"]) == ("Sydney", "2000")
    assert (sent["country_code"], sent["state_code"]) == ("AU", "NSW")
    assert (sent["business_phone"], sent["mobile_phone"]) == ("+61 02 5550100", "0400 000 000")
    assert sent["email_address"] == "ap@terra.example"
    assert "fax_number" not in sent


def test_the_street_address_stands_in_for_an_empty_billing_address() -> None:
    addresses = [{"AddressType": "POBOX"}, {"AddressType": "STREET", "City": "Perth"}]

    assert payload_of(Addresses=addresses)["city"] == "Perth"


def test_a_region_code_of_three_letters_is_left_out_unless_all_are_sent() -> None:
    place = {"Country": "AU", "Region": "NSW"}

    change = change_of(ENTITY, a_contact_row(place=place), a_contacts_around())

    assert isinstance(change, Create)
    assert "state_code" not in change.desired.payload
    assert payload_of(place=place)["state_code"] == "NSW"


def test_E47_a_name_is_plain_text() -> None:
    assert payload_of(name=" Smith &amp; <b>Sons</b>\u200b ")["name"] == "Smith & Sons"
    assert a_contact("Smith &amp; Sons").title == "Smith & Sons"


# Which contacts go


def test_R9_only_a_member_of_the_group_goes() -> None:
    held = why_held(ENTITY, a_contact_row(), a_contacts_around(members=frozenset()))

    assert list(held) == ["CONTACT_NOT_IN_GROUP"]
    assert "'Procore'" in held["CONTACT_NOT_IN_GROUP"]


def test_R37_joining_the_group_is_all_that_it_takes() -> None:
    row = a_contact_row()
    assert isinstance(change_of(ENTITY, row, a_contacts_around(members=frozenset())), Hold)

    assert isinstance(change_of(ENTITY, row, a_contacts_around()), Create)


def test_E23_a_linked_contact_that_left_the_group_pauses_and_keeps_its_link() -> None:
    around = a_contacts_around(a_vendor_link(), members=frozenset(), vendors=(a_vendor(),))

    change = change_of(ENTITY, a_contact_row(), around)

    assert isinstance(change, Hold)
    assert [reason.code for reason in change.reasons] == ["CONTACT_LEFT_GROUP"]
    assert change.target_id == "90"


def test_C1_a_contact_that_procore_owns_is_left_to_the_other_flow() -> None:
    around = a_contacts_around(
        a_vendor_link(data={"born": "procore"}),
        vendors=(a_vendor(origin_id=CONTACT),),
        settings=some_settings(vendors={"direction": "both"}),
    )

    assert list(why_held(ENTITY, a_contact_row(), around)) == ["PAIR_OWNED_BY_PROCORE"]


@pytest.mark.parametrize("country", ["US", "USA", "nz"])
def test_R12_a_country_code_passes(country: str) -> None:
    assert not why_held(ENTITY, a_contact_row(place={"Country": country}), a_contacts_around())


def test_R12_a_country_that_is_none_holds_the_contact() -> None:
    row = a_contact_row(place={"Country": "Untied States"})

    held = why_held(ENTITY, row, a_contacts_around())

    assert list(held) == ["COUNTRY_INVALID"]
    assert "Untied States" in held["COUNTRY_INVALID"]


def test_R12_a_region_of_another_country_holds_the_contact() -> None:
    row = a_contact_row(place={"Country": "CA", "Region": "TX"})

    assert list(why_held(ENTITY, row, a_contacts_around())) == ["REGION_INVALID"]


def test_C23_a_countrys_name_holds_it_where_strict_and_goes_as_a_code_where_translated() -> None:
    row = a_contact_row(place={"Country": "New Zealand"})
    translating = a_contacts_around(settings=some_settings(vendors={"country": "translate"}))

    change = change_of(ENTITY, row, translating)

    assert list(why_held(ENTITY, row, a_contacts_around())) == ["COUNTRY_INVALID"]
    assert isinstance(change, Create)
    assert change.desired.payload["country_code"] == "NZ"


def test_E20_an_archived_contact_is_held() -> None:
    row = a_contact_row(ContactStatus="ARCHIVED")

    assert list(why_held(ENTITY, row, a_contacts_around())) == ["CONTACT_ARCHIVED"]


def test_E21_a_contact_under_erasure_is_held_and_named_by_its_id_only() -> None:
    row = a_contact_row(name="", ContactStatus="GDPRREQUEST")

    change = change_of(ENTITY, row, a_contacts_around())

    assert isinstance(change, Hold)
    assert [reason.code for reason in change.reasons] == ["CONTACT_ERASED"]
    assert change.about.title == CONTACT


# As whom


def test_E24_a_vendor_of_the_same_name_is_linked_and_gets_what_differs() -> None:
    around = a_contacts_around(vendors=(a_vendor("TERRA  works ltd."),))

    change = change_of(ENTITY, a_contact_row(), around)

    assert isinstance(change, Update)
    assert (change.target_id, change.adopts) == ("90", True)
    assert {field.name for field in change.fields} == {"name", "origin_id"}


def test_a_vendor_that_carries_the_contacts_id_is_linked_without_a_write() -> None:
    around = a_contacts_around(vendors=(a_vendor(origin_id=CONTACT),))

    change = change_of(ENTITY, a_contact_row(), around)

    assert isinstance(change, Adopt)
    assert change.target_id == "90"


@pytest.mark.parametrize(
    "vendors",
    [
        (a_vendor("Terra Works Ltd"), a_vendor("terra works LTD", id=91)),
        (a_vendor("Terra Works Ltda"),),
        (a_vendor("Terra Works Ltd"), a_vendor("Terra Works Ltda", id=91)),
    ],
    ids=["two of the name", "one alike", "one of the name and one alike"],
)
def test_R11_C22_a_contact_that_could_be_several_or_is_only_like_one_is_held(
    vendors: tuple[Any, ...],
) -> None:
    held = why_held(ENTITY, a_contact_row(), a_contacts_around(vendors=vendors))

    assert list(held) == ["VENDOR_AMBIGUOUS"]
    assert all(f"({vendor.id})" in held["VENDOR_AMBIGUOUS"] for vendor in vendors)


def test_C22_the_settings_say_how_much_alike_is_ambiguous() -> None:
    likely = a_contacts_around(vendors=(a_vendor("Terra Wirks Limited"),))
    strict = a_contacts_around(
        vendors=(a_vendor("Terra Wirks Limited"),),
        settings=some_settings(vendors={"similar_threshold": 70}),
    )

    assert isinstance(change_of(ENTITY, a_contact_row(), likely), Create)
    assert list(why_held(ENTITY, a_contact_row(), strict)) == ["VENDOR_AMBIGUOUS"]


def test_C22_a_vendor_that_is_linked_to_another_contact_is_no_longer_a_candidate() -> None:
    around = a_contacts_around(
        a_vendor_link(xero_id=OTHER), vendors=(a_vendor("Terra Works Ltda"),)
    )

    assert isinstance(change_of(ENTITY, a_contact_row(), around), Create)


def test_a_vendor_of_the_same_name_that_is_linked_already_holds_the_contact() -> None:
    around = a_contacts_around(a_vendor_link(xero_id=OTHER), vendors=(a_vendor(),))

    assert list(why_held(ENTITY, a_contact_row(), around)) == ["VENDOR_TAKEN"]


def test_E25_a_vendor_that_another_integration_owns_is_never_taken_over() -> None:
    around = a_contacts_around(vendors=(a_vendor(origin_id="SAGE-77"),))

    held = why_held(ENTITY, a_contact_row(), around)

    assert list(held) == ["VENDOR_FOREIGN"]
    assert "SAGE-77" in held["VENDOR_FOREIGN"]


def test_E25_nor_one_that_another_integration_took_since() -> None:
    around = a_contacts_around(a_vendor_link(), vendors=(a_vendor(origin_id="SAGE-77"),))

    held = why_held(ENTITY, a_contact_row(), around)

    assert list(held) == ["VENDOR_FOREIGN"]


def test_an_inactive_vendor_of_the_same_name_is_neither_linked_nor_doubled() -> None:
    around = a_contacts_around(vendors=(a_vendor(is_active=False),))

    assert list(why_held(ENTITY, a_contact_row(), around)) == ["VENDOR_INACTIVE"]


def test_R13_a_linked_vendor_that_is_inactive_is_not_updated() -> None:
    around = a_contacts_around(a_vendor_link(), vendors=(a_vendor(is_active=False),))

    assert list(why_held(ENTITY, a_contact_row(), around)) == ["VENDOR_INACTIVE"]


def test_E22_a_linked_vendor_that_is_gone_holds_the_contact() -> None:
    around = a_contacts_around(a_sent_link())

    held = why_held(ENTITY, a_contact_row(), around)

    assert list(held) == ["VENDOR_GONE"]


# Afterwards


def test_R41_a_change_of_one_field_sends_only_that_field() -> None:
    phone = {"DEFAULT": {"PhoneNumber": "555 0199"}}
    around = a_contacts_around(a_sent_link(), vendors=(a_vendor(origin_id=CONTACT),))

    change = change_of(ENTITY, a_contact_row(phones=phone), around)

    assert isinstance(change, Update)
    assert change.desired.payload == {"business_phone": "555 0199"}
    (field,) = change.fields
    assert (field.name, field.before, field.after) == ("business_phone", None, "555 0199")


def test_R41_a_field_that_was_emptied_goes_empty() -> None:
    around = a_contacts_around(
        a_sent_link(EmailAddress="a@b.example"), vendors=(a_vendor(origin_id=CONTACT),)
    )

    change = change_of(ENTITY, a_contact_row(), around)

    assert isinstance(change, Update)
    assert change.desired.payload == {"email_address": ""}


def test_R41_a_contact_that_did_not_change_is_kept() -> None:
    around = a_contacts_around(a_sent_link(), vendors=(a_vendor(origin_id=CONTACT),))

    assert isinstance(change_of(ENTITY, a_contact_row(), around), Keep)


def test_a_vendor_linked_by_hand_is_marked_as_integrated() -> None:
    around = a_contacts_around(a_vendor_link(), vendors=(a_vendor(),))

    change = change_of(ENTITY, a_contact_row(), around)

    assert isinstance(change, Update)
    assert change.desired.payload["origin_id"] == CONTACT


def test_E18_a_contact_that_another_was_merged_into_takes_over_its_vendor() -> None:
    around = a_contacts_around(a_sent_link(id=OTHER), vendors=(a_vendor(origin_id=OTHER),))

    change = change_of(ENTITY, a_contact_row(was=[OTHER]), around)

    assert isinstance(change, Update)
    assert (change.target_id, change.adopts) == ("90", True)
    assert change.desired.payload["origin_id"] == CONTACT


def test_E18_contacts_of_two_vendors_that_were_merged_are_held() -> None:
    around = a_contacts_around(
        a_vendor_link(),
        a_vendor_link(procore_id="91", xero_id=OTHER),
        vendors=(a_vendor(origin_id=CONTACT), a_vendor("Other", id=91, origin_id=OTHER)),
    )

    held = why_held(ENTITY, a_contact_row(was=[OTHER]), around)

    assert list(held) == ["CONTACT_MERGED"]
