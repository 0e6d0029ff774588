"""Vendors → contacts, against both systems: nobody is doubled, nothing of Xero's is overwritten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator
from airflow_provider_procore_xero.sync.links import Link
from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, Office
from tests.flows.power import Mains, PowerCut

SETTINGS: dict[str, Any] = {
    "profile": "procore_connector",
    "approval": {"backend": "none"},
    "projects": {"gate": "none"},
}
BOTH: dict[str, Any] = {**SETTINGS, "vendors": {"direction": "both"}}
PLACE = {
    "address": "12 Mill Lane",
    "city": "Leeds",
    "state_code": "",
    "zip": "LS1 4AB",
    "country_code": "GB",
    "business_phone": "+44 113 555 0100",
    "fax_number": "0113 555 0199",
}


@pytest.fixture(autouse=True)
def _vendors_flow(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "vendors", VendorsToContactsOperator)
    office.settings = SETTINGS


def run(office: Office, mode: str = "apply", **rest: Any) -> dict[str, Any]:
    return office.run("vendors", mode, **rest)


def counts(result: dict[str, Any]) -> dict[str, int]:
    names = ("created", "updated", "linked", "unchanged", "held", "refused", "in_doubt")
    return {name: result[name] for name in names if result[name]}


def contact_of(people: Contractor, vendor: dict[str, Any]) -> dict[str, Any]:
    (found,) = [c for c in people.xero.contacts.values() if c["ContactID"] == vendor["origin_id"]]
    return found


def by_type(contact: dict[str, Any], plural: str, kind: str, name: str) -> dict[str, Any]:
    return next(each for each in contact[plural] if each[kind] == name)


def changed_in_xero(people: Contractor, contact: dict[str, Any], **fields: Any) -> None:
    contact |= fields
    people.xero.stamp(contact)


# New ones


def test_R67_a_vendor_becomes_one_contact_and_is_marked_with_its_id(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")

    result = run(office)

    assert counts(result) == {"created": 1}
    (contact,) = people.xero.contacts.values()
    assert contact["Name"] == "Delta Plumbing Ltd"
    assert contact["ContactNumber"] == f"PROCORE-V-{vendor['id']}"
    assert vendor["origin_id"] == contact["ContactID"]


def test_R68_R69_R70_the_name_the_billing_address_and_both_numbers_go_over(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("  Delta   <b>Plumbing</b> Ltd ", **PLACE)

    run(office)

    contact = contact_of(people, vendor)
    billing = by_type(contact, "Addresses", "AddressType", "POBOX")
    assert contact["Name"] == "Delta Plumbing Ltd"
    assert billing["AddressLine1"] == "12 Mill Lane"
    assert (billing["City"], billing["PostalCode"], billing["Country"]) == (
        "Leeds",
        "LS1 4AB",
        "GB",
    )
    phone = by_type(contact, "Phones", "PhoneType", "DEFAULT")
    assert phone["PhoneNumber"] == "+44 113 555 0100"
    assert by_type(contact, "Phones", "PhoneType", "FAX")["PhoneNumber"] == "0113 555 0199"


def test_R69_the_state_goes_over_as_the_region_of_the_billing_address(
    office: Office, people: Contractor
) -> None:
    place = {**PLACE, "city": "Austin", "state_code": "TX", "zip": "78701", "country_code": "US"}
    vendor = people.vendor("Delta Plumbing Ltd", **place)

    run(office)

    billing = by_type(contact_of(people, vendor), "Addresses", "AddressType", "POBOX")
    four = (billing["AddressLine1"], billing["City"], billing["Region"], billing["PostalCode"])
    assert four == ("12 Mill Lane", "Austin", "TX", "78701")


def test_planning_again_changes_nothing_and_writes_nothing(
    office: Office, people: Contractor
) -> None:
    for number in range(3):
        people.vendor(f"Builder {number} and sons of {number * 7919}", **PLACE)
    run(office)
    office.forget_calls()

    again, third = run(office), run(office, "plan")

    assert counts(again) == counts(third) == {"unchanged": 3}
    assert office.writes() == []


def test_a_plan_writes_nothing_and_counts_what_the_apply_does(
    office: Office, people: Contractor
) -> None:
    people.vendor("Delta Plumbing Ltd")
    people.vendor("Terra Works Ltd")
    people.contact("TERRA  works ltd.", grouped=False)

    planned = run(office, "plan")

    assert office.writes() == []
    assert counts(planned) == {"created": 1, "linked": 1} == counts(run(office))


def test_a_quiet_night_costs_one_list_of_each_and_a_new_vendor_two_writes(
    office: Office, people: Contractor
) -> None:
    people.vendor("Delta Plumbing Ltd")
    run(office)
    office.forget_calls()
    people.vendor("Quite Another Firm")

    run(office)

    assert len(office.writes("xero")) == len(office.writes("procore")) == 1
    assert sum(office.reads("xero").values()) == 2  # the organisation, and the contacts
    assert sum(office.reads("procore").values()) == 3  # the web host, and two lists of vendors


def test_fifty_contacts_a_call_and_one_mark_for_all(office: Office, people: Contractor) -> None:
    for number in range(120):
        people.vendor(f"Firm {number * 104729}")

    result = run(office, settings={**SETTINGS, "vendors": {"similar_threshold": 100}})

    assert counts(result) == {"created": 120}
    assert len(office.writes("xero")) == 3
    assert len(office.writes("procore")) == 1


# Known ones


def test_E24_E60_a_contact_of_the_same_name_is_linked_and_keeps_its_own_data(
    office: Office, people: Contractor
) -> None:
    contact = people.contact("Smith & Söhne Ltd", grouped=False, EmailAddress="ap@smith.example")
    vendor = people.vendor("smith  and sohne ltd", **PLACE)
    before = json.dumps(contact, default=str)

    result = run(office)

    assert counts(result) == {"linked": 1}
    assert json.dumps(contact, default=str) == before
    assert vendor["origin_id"] == contact["ContactID"]
    assert counts(run(office)) == {"unchanged": 1}


def test_C22_a_similar_name_is_held_and_neither_linked_nor_doubled(
    office: Office, people: Contractor
) -> None:
    people.contact("Smith Plumbing Limited", grouped=False)
    vendor = people.vendor("Smyth Plumbing Limited")

    result = run(office)

    assert office.reasons(result) == {"CONTACT_AMBIGUOUS": 1}
    assert len(people.xero.contacts) == 1
    assert not vendor["origin_id"]


def test_E24_two_vendors_of_one_name_are_both_held(office: Office, people: Contractor) -> None:
    people.vendor("Twin Cranes Ltd")
    people.vendor("TWIN CRANES LTD")

    result = run(office)

    assert office.reasons(result) == {"VENDOR_DOUBLE": 2}
    assert not people.xero.contacts


def test_E25_a_vendor_of_another_integration_is_an_issue_that_names_the_value(
    office: Office, people: Contractor
) -> None:
    people.contact("Ridge Roofing", grouped=False)
    vendor = people.vendor("Ridge Roofing", origin_id="sage:4711")

    result = run(office)

    (outcome,) = office.outcomes(result)
    assert [r.code for r in outcome.reasons] == ["VENDOR_FOREIGN"]
    assert "sage:4711" in outcome.reasons[0].sentence
    assert vendor["origin_id"] == "sage:4711"
    assert len(people.xero.contacts) == 1


def test_R13_an_inactive_vendor_is_neither_linked_nor_doubled(
    office: Office, people: Contractor
) -> None:
    people.contact("Old Firm", grouped=False)
    people.vendor("Old Firm", is_active=False)
    people.vendor("Forgotten Firm", is_active=False)

    result = run(office)

    assert office.reasons(result) == {"VENDOR_INACTIVE": 1}
    assert office.issue_codes("vendors") == ["VENDOR_INACTIVE"]
    assert len(people.xero.contacts) == 1


def test_the_companys_own_entry_stays_at_home(office: Office, people: Contractor) -> None:
    people.vendor("Ourselves Ltd", company_vendor=True)

    assert run(office)["read"] == 0
    assert not people.xero.contacts


def test_E20_the_name_of_an_archived_contact_is_held_not_doubled(
    office: Office, people: Contractor
) -> None:
    people.contact("Gone Fishing Ltd", grouped=False, ContactStatus="ARCHIVED")
    people.vendor("Gone Fishing Ltd")

    assert office.reasons(run(office)) == {"CONTACT_ARCHIVED": 1}
    assert len(people.xero.contacts) == 1


def test_E46_two_long_names_stay_apart_in_255_characters(
    office: Office, people: Contractor
) -> None:
    settings = {**SETTINGS, "vendors": {"similar_threshold": 100}}
    people.vendor("A" * 300 + " one")
    people.vendor("A" * 300 + " two")

    run(office, settings=settings)

    names = {c["Name"] for c in people.xero.contacts.values()}
    assert {len(name) for name in names} == {255}
    assert len(names) == 2


# Changes


@pytest.mark.parametrize("addresses", ["keep", "replace"])
def test_R69_R70_only_what_changed_is_sent_and_other_types_are_kept(
    office: Office, people: Contractor, addresses: str
) -> None:
    people.xero.switches["addresses"] = addresses
    vendor = people.vendor("Delta Plumbing Ltd", **PLACE)
    run(office)
    contact = contact_of(people, vendor)
    by_type(contact, "Addresses", "AddressType", "STREET")["City"] = "York"
    by_type(contact, "Phones", "PhoneType", "MOBILE")["PhoneNumber"] = "0777 1"
    changed_in_xero(people, contact, EmailAddress="ap@delta.example")
    people.procore.touch(vendor, business_phone="0113 1", city="Bradford", fax_number="")
    office.forget_calls()

    result = run(office)

    assert counts(result) == {"updated": 1}
    (call,) = office.writes()
    assert set(json.loads(call.body)["Contacts"][0]) == {"ContactID", "Addresses", "Phones"}
    assert by_type(contact, "Addresses", "AddressType", "POBOX")["City"] == "Bradford"
    assert by_type(contact, "Addresses", "AddressType", "POBOX")["AddressLine1"] == "12 Mill Lane"
    assert by_type(contact, "Addresses", "AddressType", "STREET")["City"] == "York"
    assert by_type(contact, "Phones", "PhoneType", "DEFAULT")["PhoneNumber"] == "0113 1"
    assert by_type(contact, "Phones", "PhoneType", "FAX")["PhoneNumber"] == ""
    assert by_type(contact, "Phones", "PhoneType", "MOBILE")["PhoneNumber"] == "0777 1"
    assert contact["EmailAddress"] == "ap@delta.example"
    assert counts(run(office)) == {"unchanged": 1}


def test_C1_an_edit_in_xero_is_shown_every_night_and_never_overwritten(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd", **PLACE)
    run(office)
    contact = contact_of(people, vendor)
    by_type(contact, "Addresses", "AddressType", "POBOX")["City"] = "London"
    changed_in_xero(people, contact)
    office.forget_calls()

    first, second = run(office), run(office)

    assert office.reasons(first) == office.reasons(second) == {"CONTACT_EDITED": 1}
    assert office.writes() == []
    people.procore.touch(vendor, city="London")
    assert counts(run(office)) == {"updated": 1}
    assert office.issue_codes("vendors") == []
    assert counts(run(office)) == {"unchanged": 1}


def test_E20_a_linked_contact_that_is_archived_gets_no_updates(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    run(office)
    people.xero.archive_contact(vendor["origin_id"])
    people.procore.touch(vendor, city="Bradford")
    office.forget_calls()

    result = run(office)

    assert office.reasons(result) == {"CONTACT_ARCHIVED": 1}
    assert office.writes() == []
    assert vendor["is_active"]


def test_E21_an_erased_contact_is_held_by_its_ids_alone(office: Office, people: Contractor) -> None:
    vendor = people.vendor("Jane Doe")
    run(office)
    people.xero.anonymise_contact(vendor["origin_id"])

    (outcome,) = office.outcomes(run(office))

    assert [r.code for r in outcome.reasons] == ["CONTACT_ERASED"]
    assert "Jane" not in outcome.reasons[0].sentence


def test_E18_the_survivor_of_a_merge_takes_over_the_vendor(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    run(office)
    survivor = people.contact("Delta Group Ltd", grouped=False)
    people.xero.merge_contacts(vendor["origin_id"], survivor["ContactID"])

    planned, result = run(office, "plan"), run(office)

    assert counts(planned) == counts(result) == {"linked": 1}
    assert vendor["origin_id"] == survivor["ContactID"]
    (link,) = office.ledger.links("vendor")
    assert link.xero_id == survivor["ContactID"]
    assert survivor["Name"] == "Delta Group Ltd"
    assert counts(run(office)) == {"unchanged": 1}


def test_E18_a_survivor_that_stands_for_two_vendors_holds_both(
    office: Office, people: Contractor
) -> None:
    one, two = people.vendor("Delta Plumbing Ltd"), people.vendor("Quite Another Firm")
    run(office)
    people.xero.merge_contacts(one["origin_id"], two["origin_id"])

    assert office.reasons(run(office)) == {"CONTACT_MERGED": 2}


def test_E22_a_vendor_that_was_merged_away_is_reported_with_its_contact(
    office: Office, people: Contractor
) -> None:
    gone, kept = people.vendor("Delta Plumbing Ltd"), people.vendor("Quite Another Firm")
    run(office)
    contact_id = gone["origin_id"]
    people.procore.merge_vendors(kept["id"], gone["id"])

    (outcome,) = office.outcomes(run(office))

    assert [r.code for r in outcome.reasons] == ["VENDOR_GONE"]
    assert contact_id in outcome.reasons[0].sentence


# Both directions


def test_C1_each_side_keeps_up_the_pairs_that_were_born_there(
    office: Office, people: Contractor
) -> None:
    office.settings = BOTH
    ours = people.vendor("Delta Plumbing Ltd", **PLACE)
    theirs = people.contact("Terra Works Ltd", EmailAddress="a@terra.example")
    office.night(flows=("contacts", "vendors"))
    people.xero.put_in_group(ours["origin_id"], "Procore")
    imported = next(v for v in people.procore.vendors.values() if v["name"] == "Terra Works Ltd")
    people.procore.touch(imported, city="Perth")
    by_type(contact_of(people, ours), "Phones", "PhoneType", "FAX")["PhoneNumber"] = "1"
    changed_in_xero(people, contact_of(people, ours))
    office.forget_calls()

    night = office.night(flows=("contacts", "vendors"))

    assert office.writes() == []
    assert imported["city"] == "Perth"
    assert theirs["ContactID"] == imported["origin_id"]
    assert office.reasons(night["contacts"]) == {}
    assert office.reasons(night["vendors"]) == {"CONTACT_EDITED": 1}


def test_C1_with_owner_procore_a_vendor_that_came_from_xero_is_kept_up_from_procore(
    office: Office, people: Contractor
) -> None:
    office.settings = {**BOTH, "vendors": {"direction": "both", "owner": "procore"}}
    contact = people.contact("Terra Works Ltd")
    flows = ("contacts", "vendors")
    office.night(flows=flows)
    office.night(flows=flows)
    office.forget_calls()
    people.procore.touch(next(iter(people.procore.vendors.values())), business_phone="04 1")

    night = office.night(flows=flows)

    assert counts(night["contacts"]) == {}
    assert counts(night["vendors"]) == {"updated": 1}
    assert by_type(contact, "Phones", "PhoneType", "DEFAULT")["PhoneNumber"] == "04 1"


def test_a_direction_that_is_not_asked_for_writes_nothing(
    office: Office, people: Contractor
) -> None:
    people.vendor("Delta Plumbing Ltd")

    result = run(office, settings={"profile": "hybrid"})

    assert result["read"] == 0
    assert office.writes() == []


def test_R67_with_an_approval_backend_a_vendor_waits(office: Office, people: Contractor) -> None:
    people.vendor("Delta Plumbing Ltd")

    result = run(office, settings={"profile": "procore_connector"})

    assert office.reasons(result) == {"WAITS_FOR_APPROVAL": 1}


@pytest.mark.parametrize("owner", ["born", "procore", "xero"])
def test_C1_a_company_with_the_usual_mess_settles_in_one_night(office: Office, owner: str) -> None:
    office.reset("contractor")
    office.settings = {**BOTH, "vendors": {"direction": "both", "owner": owner}}
    flows = ("contacts", "vendors")

    planned, applied = office.night("plan", flows=flows), office.night(flows=flows)
    office.forget_calls()
    again = office.night(flows=flows)

    assert [counts(planned[f]) for f in flows] == [counts(applied[f]) for f in flows]
    assert office.writes() == []
    assert again["vendors"]["created"] == again["vendors"]["updated"] == 0
    names = [c["Name"].casefold() for c in office.simulator.xero.contacts.values()]
    assert len(names) == len(set(names))


def test_C1_asked_for_one_vendor_that_xero_owns_it_says_so(
    office: Office, people: Contractor
) -> None:
    office.settings = BOTH
    people.contact("Terra Works Ltd")
    office.night(flows=("contacts", "vendors"))
    (vendor,) = people.procore.vendors.values()

    assert office.reasons(run(office, vendor_id=str(vendor["id"]))) == {"PAIR_OWNED_BY_XERO": 1}


def test_C1_a_contact_that_waited_is_nobodys_issue_once_procore_owns_it(
    office: Office, people: Contractor
) -> None:
    office.settings = BOTH
    people.contact("Terra Works Ltd", Addresses=[{"AddressType": "POBOX", "Country": "Nowhere"}])
    people.vendor("Terra Works Ltd")
    first = office.night(flows=("contacts", "vendors"))

    second = office.night(flows=("contacts", "vendors"))

    assert office.reasons(first["contacts"]) == {"COUNTRY_INVALID": 1}
    assert counts(first["vendors"]) == {"linked": 1}
    assert counts(second["contacts"]) == {}
    assert office.issue_codes() == []


def test_C1_after_a_lost_ledger_the_pair_is_still_procores(
    office: Office, people: Contractor
) -> None:
    office.settings = BOTH
    vendor = people.vendor("Delta Plumbing Ltd")
    run(office)
    people.xero.put_in_group(vendor["origin_id"], "Procore")
    office.new_ledger()
    office.forget_calls()

    night = office.night(flows=("contacts", "vendors"))

    assert counts(night["contacts"]) == {}
    assert counts(night["vendors"]) == {"linked": 1}
    assert office.writes() == []


def test_a_pair_linked_by_hand_is_marked_and_its_differences_stay(
    office: Office, people: Contractor
) -> None:
    contact = people.contact("Smith Plumbing Limited", grouped=False)
    vendor = people.vendor("Smyth Plumbing Limited", **PLACE)
    by_hand = Link(kind="vendor", procore_id=str(vendor["id"]), xero_id=contact["ContactID"])
    office.ledger.save_links([by_hand])

    planned, result = run(office, "plan"), run(office)

    assert counts(planned) == counts(result) == {"linked": 1}
    assert vendor["origin_id"] == contact["ContactID"]
    assert office.writes("xero") == []
    assert counts(run(office)) == {"unchanged": 1}


# One record


def test_one_vendor_is_sent_by_its_id_and_an_unknown_id_fails(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    people.vendor("Quite Another Firm")

    assert counts(run(office, vendor_id=str(vendor["id"]))) == {"created": 1}

    with pytest.raises(Exception, match="no vendor with the id '999'") as refused:
        run(office, vendor_id="999")
    assert isinstance(refused.value.__cause__, UnknownRecord)


# Crashes


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
def test_E52_a_power_cut_at_either_write_doubles_nobody(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    moment: Any,
) -> None:
    vendors = [people.vendor("Delta Plumbing Ltd"), people.vendor("Quite Another Firm")]
    mains = Mains(monkeypatch)
    mains.cut("request", number, moment)
    with pytest.raises(PowerCut):
        run(office)
    mains.restore()

    run(office)

    assert len(people.xero.contacts) == 2
    assert {v["origin_id"] for v in vendors} == set(people.xero.contacts)
    assert len(office.ledger.links("vendor")) == 2
    assert counts(run(office)) == {"unchanged": 2}


def test_a_mark_that_a_crash_left_out_is_in_the_next_plan(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    mains = Mains(monkeypatch)
    mains.cut("request", 2, "before")
    with pytest.raises(PowerCut):
        run(office)
    mains.restore()

    planned = run(office, "plan")

    (outcome,) = office.outcomes(planned)
    (contact,) = people.xero.contacts
    assert [(f.name, f.after) for f in outcome.fields] == [("origin_id", contact)]
    assert counts(run(office)) == counts(planned) == {"linked": 1}
    assert vendor["origin_id"] == contact


def test_a_lost_ledger_makes_no_second_contact(office: Office, people: Contractor) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    people.vendor("Quite Another Firm")
    run(office)
    vendor["origin_id"] = None  # as if the mark had been lost too
    office.new_ledger()

    assert counts(run(office)) == {"linked": 2}
    assert len(people.xero.contacts) == 2
    assert counts(run(office)) == {"unchanged": 2}


def test_E52_a_power_cut_at_any_commit_of_the_ledger_doubles_nobody(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.contact("Terra Works Ltd", grouped=False)
    vendors = [people.vendor("Delta Plumbing Ltd"), people.vendor("Terra Works Ltd")]
    before = office.keep()
    mains = Mains(monkeypatch)
    run(office)
    for number in range(1, mains.commits + 1):
        office.back_to(before)
        mains.cut("commit", number, "before")
        with pytest.raises(PowerCut):
            run(office)
        mains.restore()

        run(office)

        held = office.simulator.procore.vendors
        assert {held[v["id"]]["origin_id"] for v in vendors} == set(office.simulator.xero.contacts)
        assert len(office.ledger.links("vendor")) == 2, number
        assert counts(run(office)) == {"unchanged": 2}


# What a system takes in part


def test_a_vendor_that_procore_does_not_mark_is_an_issue_and_is_marked_by_the_next_run(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    errors = [{"id": vendor["id"], "errors": {"origin_id": ["has already been taken"]}}]
    office.simulator.faults.arm(
        "status",
        side="procore",
        path="*/vendors/sync",
        status=200,
        body={"entities": [], "errors": errors},
    )

    first = run(office)
    told = office.issue_codes()
    run(office)

    assert (first["created"], first["refused"], told) == (1, 1, ["MARK_REFUSED"])
    assert contact_of(people, vendor)["Name"] == "Delta Plumbing Ltd"
    assert office.issue_codes() == []


def test_a_contact_of_which_xero_leaves_something_out_is_an_issue_that_says_what(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Delta Plumbing Ltd")
    saved = {
        "ContactID": "c0c0c0c0-0000-4000-8000-000000000001",
        "ContactNumber": f"PROCORE-V-{vendor['id']}",
        "Name": "Delta Plumbing Ltd",
        "ContactStatus": "ACTIVE",
        "StatusAttributeString": "WARNING",
        "Warnings": [{"Message": "The tax number could not be saved"}],
    }
    office.simulator.faults.arm(
        "status",
        side="xero",
        method="P*",
        path="*/Contacts",
        status=200,
        body={"Contacts": [saved]},
    )

    run(office)

    (issue,) = office.ledger.issues("vendors")
    assert issue.code == "CONTACT_INCOMPLETE"
    assert "The tax number could not be saved" in issue.sentence
