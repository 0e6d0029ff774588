"""Vendor in, contact out: the map, what may be linked, and what is drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.entities.contact_fields import Contact, body, edited, wanted
from airflow_provider_procore_xero.sync.entities.contacts import (
    ENTITY,
    contact_twin,
    settled,
    to_contact,
)
from airflow_provider_procore_xero.sync.entities.directory import VendorsAround
from airflow_provider_procore_xero.sync.entities.vendor_fields import Vendor
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.owners import made_for_a_vendor, owner_of
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Update
from airflow_provider_procore_xero.sync.settings import VendorSettings
from tests.sync.builders import change_of, why_held


def a_vendor(name: str = "Delta Ltd", vendor_id: int = 7, **fields: Any) -> Vendor:
    given = {"id": vendor_id, "name": name, "is_active": True, "origin_id": None}
    return Vendor.from_procore({**given, **fields})


def a_contact(name: str = "Delta Ltd", contact_id: str = "c1", **fields: Any) -> Contact:
    given = {"ContactID": contact_id, "Name": name, "ContactStatus": "ACTIVE"}
    return Contact.from_xero({**given, **fields})


def around(
    vendors: Sequence[Vendor], contacts: Sequence[Contact] = (), links: Sequence[Link] = ()
) -> VendorsAround:
    return VendorsAround(
        settings=make({"profile": "procore_connector", "approval": {"backend": "none"}}),
        links=Links(links),
        pages=Pages(),
        vendors={v.id: v for v in vendors},
        contacts={c.id: c for c in contacts},
    )


def twin(vendor: Vendor, here: VendorsAround) -> str | None:
    found = contact_twin(vendor, to_contact(vendor, here), here)
    return None if found is None else found.target_id


def test_R68_R69_R70_a_new_contact_has_no_blank_parts() -> None:
    vendor = a_vendor(city="Leeds", business_phone="0113 1", fax_number="")

    payload = to_contact(vendor, around([vendor])).payload["contact"]

    assert payload == {
        "ContactNumber": "PROCORE-V-7",
        "Name": "Delta Ltd",
        "Addresses": [{"AddressType": "POBOX", "City": "Leeds"}],
        "Phones": [
            {
                "PhoneType": "DEFAULT",
                "PhoneNumber": "0113 1",
                "PhoneAreaCode": "",
                "PhoneCountryCode": "",
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("  Delta   Plumbing ", "Delta Plumbing"),
        ("Delta <i>Plumbing</i>", "Delta Plumbing"),
        ("Delta < Plumbing > Ltd", "Delta Plumbing Ltd"),
        ("Smith &amp; Sons", "Smith & Sons"),
    ],
)
def test_E47_a_name_has_no_brackets_and_no_double_spaces(name: str, sent: str) -> None:
    assert wanted(a_vendor(name))["Name"] == sent


def test_E46_every_field_is_cut_to_what_xero_takes() -> None:
    long = "x" * 600
    vendor = a_vendor(long, address=long, city=long, zip=long, business_phone=long)

    lengths = {name: len(text) for name, text in wanted(vendor).items() if text}

    assert lengths == {"Name": 255, "Address": 500, "City": 255, "PostalCode": 50, "Phone": 50}


def test_an_update_sends_every_type_that_the_contact_has() -> None:
    street, billing = (
        {"AddressType": "STREET", "City": "York"},
        {
            "AddressType": "POBOX",
            "AttentionTo": "Ann",
            "AddressLine1": "Old",
            "AddressLine2": "House",
        },
    )
    contact = a_contact(Addresses=[street, billing])

    made = body({"Address": "12 Mill Lane"}, contact)

    ours = {
        "AddressLine1": "12 Mill Lane",
        "AddressLine2": "",
        "AddressLine3": "",
        "AddressLine4": "",
    }
    assert made == {"Addresses": [street, {**billing, **ours}]}


def test_C1_an_edit_is_what_neither_side_ever_said() -> None:
    held, sent, want = (
        {"City": "A", "Fax": "1"},
        {"City": "B", "Fax": "1"},
        {"City": "C", "Fax": "1"},
    )

    said = [edited({"City": city, "Fax": "1"}, held, sent, want) for city in "ABCD"]

    assert said == [[], [], [], ["City"]]


def a_row(**given: Any) -> dict[str, Any]:
    return {"id": 7, "name": "Delta Ltd", "is_active": True, "origin_id": None, **given}


HERE = Link(kind="vendor", procore_id="7", xero_id="c1")
THERE = Link(kind="vendor", procore_id="8", xero_id="c2")


@pytest.mark.parametrize(
    ("row", "contacts", "links", "code"),
    [
        ({"name": "<>"}, [], [], "VENDOR_NAMELESS"),
        ({"is_active": False}, [], [], "VENDOR_INACTIVE"),
        ({"origin_id": "SAGE-77"}, [], [], "VENDOR_FOREIGN"),
        ({"gone": True}, [a_contact()], [HERE], "VENDOR_GONE"),
        ({}, [], [HERE], "CONTACT_GONE"),
        ({}, [a_contact(ContactStatus="GDPRREQUEST")], [HERE], "CONTACT_ERASED"),
        ({}, [a_contact(ContactStatus="ARCHIVED")], [HERE], "CONTACT_ARCHIVED"),
        ({}, [a_contact(), a_contact("Two", "c2", MergedToContactID="c1")], [HERE, THERE],
         "CONTACT_MERGED"),
    ],
)  # fmt: skip
def test_a_vendor_that_may_not_go_or_whose_contact_may_not_be_written_to_is_held(
    row: dict[str, Any], contacts: list[Contact], links: list[Link], code: str
) -> None:
    raw = a_row(**row)

    held = why_held(ENTITY, raw, around([Vendor.from_procore(raw)], contacts, links))

    assert list(held) == [code]


def test_E24_two_active_vendors_of_one_name_are_held_and_one_that_went_is_not() -> None:
    vendors = [a_vendor(), a_vendor("DELTA ltd", 8)]

    assert list(why_held(ENTITY, a_row(), around(vendors))) == ["VENDOR_DOUBLE"]
    assert not why_held(ENTITY, a_row(), around(vendors, [a_contact()], [HERE]))


def test_C1_what_the_other_flow_wrote_in_this_run_is_left_to_the_next() -> None:
    """The list of vendors is from before it: their marks are too old to count edits from."""
    link = replace(HERE, wrote="w", data={"born": "procore"})
    before, after = a_vendor(), a_vendor(origin_id="c1")

    assert not around([before], [a_contact()], [link]).concerns(before)
    assert around([after], [a_contact()], [link]).concerns(after)


def test_a_pair_that_has_ended_claims_no_contact() -> None:
    vendor, ended = a_vendor(), Link(kind="vendor", procore_id="8", xero_id="c1", state="orphaned")

    assert twin(vendor, around([vendor], [a_contact()], [ended])) == "c1"


def test_E60_a_contact_that_is_found_keeps_all_its_own() -> None:
    here = around([a_vendor(city="Leeds")], [a_contact(EmailAddress="a@delta.example")])
    change = change_of(ENTITY, a_row(city="Leeds"), here)

    change = settled(change, here)

    assert isinstance(change, Update)
    assert (change.target_id, change.adopts) == ("c1", True)
    assert list(change.desired.payload) == ["vendor"]


@pytest.mark.parametrize(
    ("contact", "linked"),
    [
        (a_contact("DELTA  ltd."), "c1"),
        (a_contact("Anything", ContactNumber="procore-v-7"), "c1"),
        (a_contact("Nothing like it"), None),
        (a_contact("Delta Ltd", MergedToContactID="elsewhere", ContactStatus="ARCHIVED"), None),
    ],
)
def test_E24_E60_which_contact_a_vendor_is(contact: Contact, linked: str | None) -> None:
    vendor = a_vendor()

    assert twin(vendor, around([vendor], [contact])) == linked


def test_the_mark_of_a_vendor_says_more_than_a_name() -> None:
    vendor = a_vendor(origin_id="c2")
    contacts = [a_contact(), a_contact("Renamed since", "c2")]

    assert twin(vendor, around([vendor], contacts)) == "c2"


@pytest.mark.parametrize(
    ("contacts", "links", "code"),
    [
        ([a_contact("Delta Ltdd")], [], "CONTACT_AMBIGUOUS"),
        ([a_contact(), a_contact(contact_id="c2")], [], "CONTACT_AMBIGUOUS"),
        ([a_contact(ContactStatus="ARCHIVED")], [], "CONTACT_ARCHIVED"),
        (
            [a_contact()],
            [Link(kind="vendor", procore_id="8", xero_id="c1")],
            "CONTACT_TAKEN",
        ),
    ],
)
def test_C22_what_is_not_certain_is_not_linked(
    contacts: list[Contact], links: list[Link], code: str
) -> None:
    vendor = a_vendor()

    with pytest.raises(MappingError) as held:
        twin(vendor, around([vendor], contacts, links))

    assert held.value.code == code


def test_E21_of_an_erased_contact_nothing_is_kept_but_its_id() -> None:
    contact = a_contact(
        "Jane Doe",
        ContactStatus="GDPRREQUEST",
        Addresses=[{"AddressType": "POBOX", "City": "Leeds"}],
    )

    assert contact.name == ""
    assert not any(contact.fields.values())
    assert not contact.addresses


@pytest.mark.parametrize(
    ("direction", "owner", "born", "owns"),
    [
        ("procore_to_xero", "xero", "xero", "procore"),
        ("xero_to_procore", "procore", "procore", "xero"),
        ("both", "born", "procore", "procore"),
        ("both", "born", "xero", "xero"),
        ("both", "procore", "xero", "procore"),
        ("both", "xero", "procore", "xero"),
    ],
)
def test_C1_a_pair_has_one_owner(direction: Any, owner: Any, born: str, owns: str) -> None:
    link = Link(kind="vendor", procore_id="7", xero_id="c1", data={"born": born})

    assert owner_of(link, VendorSettings(direction=direction, owner=owner)) == owns


@pytest.mark.parametrize(("direction", "theirs"), [("both", True), ("xero_to_procore", False)])
def test_C1_a_contact_with_our_number_is_left_to_the_flow_that_made_it(
    direction: Any, theirs: bool
) -> None:
    settings = VendorSettings(direction=direction)

    assert made_for_a_vendor({"ContactNumber": "PROCORE-V-7"}, settings) is theirs
    assert not made_for_a_vendor({"ContactNumber": "S-100"}, settings)


def test_E18_contacts_that_say_they_were_merged_into_each_other_end_the_search() -> None:
    one = a_contact(contact_id="c1", MergedToContactID="c2")
    two = a_contact(contact_id="c2", MergedToContactID="c1")

    assert around([], [one, two]).survivor("c1") in ("c1", "c2")
