"""Xero contacts become Procore vendors.

Xero: ``GET /Contacts`` (paged, so with addresses and phones) and the members of one contact group.
Procore: ``PATCH /rest/v1.0/vendors/sync``, 1,000 a call, where ``origin_id`` holds the contact's
id: it marks the vendor as integrated, and finds it again if the ledger is lost.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_procore_xero.sync.entities.vendor_fields import FIELDS, MARK, Contact, Vendor
from airflow_provider_procore_xero.sync.entities.vendor_twins import (
    ContactsAround,
    held_fields,
    merged_apart,
    vendor_twin,
)
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, Reason, differences


def to_vendor(contact: Contact, around: ContactsAround) -> Desired:
    """Return the vendor that should stand in Procore for *contact*."""
    payload = {
        "name": contact.name,
        "address": contact.address,
        "city": contact.city,
        "zip": contact.postcode,
        "country_code": around.country(contact) or "",
        "state_code": _state_code(contact, around),
        "business_phone": contact.phones.get("DEFAULT", ""),
        "mobile_phone": contact.phones.get("MOBILE", ""),
        "fax_number": contact.phones.get("FAX", ""),
        "email_address": contact.email,
        "origin_id": contact.id,
        "origin_data": MARK,
    }
    kept = {name: payload[name] for name in FIELDS}
    filled = {name: value for name, value in payload.items() if value}
    link = around.links.find("vendor", "xero", contact.id)
    born = "xero" if link is None else link.data.get("born", "xero")
    return Desired(payload=filled, name=contact.name, data={"fields": kept, "born": born})


def _state_code(contact: Contact, around: ContactsAround) -> str:
    code = around.region(contact) or ""
    long = len(code) > 2 and around.settings.vendors.region_codes == "two_letters"
    return "" if long else code


def only_what_differs(
    link: Link, desired: Desired, around: ContactsAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the fields that changed since we last wrote; a field that was emptied goes as ``""``.

    Fields that somebody edited in Procore, and nobody in Xero, are left alone.
    """
    before = dict(link.data.get("fields", {}))
    after = dict(desired.data["fields"])
    part: dict[str, Any] = {n: after[n] for n in FIELDS if before.get(n, "") != after[n]}
    vendor = around.by_id.get(link.procore_id)
    if vendor is not None and vendor.origin_id != desired.payload["origin_id"]:
        part |= {"origin_id": desired.payload["origin_id"], "origin_data": MARK}
    changed = differences({n: before.get(n) or None for n in part}, part)
    return Desired(payload=part, name=desired.name, data=desired.data), changed


def vendor_gone(contact: Contact, link: Link, around: ContactsAround) -> Reason | None:
    """Return why the linked vendor can't be written to, or None where it can."""
    vendor = around.by_id.get(link.procore_id)
    if vendor is None:
        return Reason(
            code="VENDOR_GONE",
            sentence=f"Vendor {link.procore_name or link.procore_id!r} is in Procore no longer.",
            fix="If it was merged, link the contact to the surviving vendor by hand.",
        )
    if vendor.origin_id and vendor.origin_id != contact.id and vendor.origin_id not in contact.was:
        return Reason(
            code="VENDOR_FOREIGN",
            sentence=f"Vendor {vendor.name!r} now carries another origin_id, {vendor.origin_id!r}.",
            fix="Find out which integration took it over; only one may own a vendor.",
        )
    return _edited(contact, link, vendor, around)


def _edited(contact: Contact, link: Link, vendor: Vendor, around: ContactsAround) -> Reason | None:
    """Return the fields that were changed in both systems, or None where there is none.

    What we wrote and Procore then held otherwise of its own accord is nobody's edit.
    """
    held = held_fields(vendor)
    before, after = link.data.get("fields", {}), to_vendor(contact, around).data["fields"]
    names = {"name"} if link.held and held == link.held else set(FIELDS)
    edits = [
        f"{name} {before[name]} → {vendor.fields[name] or 'nothing'}"
        for name in FIELDS
        if name in names
        and before.get(name)
        and before[name] != after[name]
        and vendor.fields[name] not in (before[name], after[name])
    ]
    if not edits:
        return None
    return Reason(
        code="VENDOR_EDITED",
        sentence=f"Both contact {contact.name!r} and its vendor were changed: the vendor's"
        f" {'; '.join(edits)}.",
        fix="Make the same change in both, or undo the one in Procore. Until then the vendor gets"
        " no updates.",
    )


CONDITIONS = (
    Condition(
        code="CONTACT_MERGED",
        asks="Were only contacts of one vendor merged into it?",
        met=lambda r, a: not merged_apart(r, a),
        sentence="Contact {r.name!r} now stands for contacts of two Procore vendors.",
        fix="Merge the two vendors in Procore, then unlink the one that is gone.",
    ),
    Condition(
        code="PAIR_OWNED_BY_PROCORE",
        asks="Does Xero own the pair (`vendors.owner`)?",
        met=lambda r, a: a.owned(r.id),
        sentence="Contact {r.name!r} is kept up from its vendor in Procore.",
        fix="Make the change at the vendor; the vendors flow brings it to Xero.",
        waits=True,
    ),
    Condition(
        code="CONTACT_NOT_IN_GROUP",
        asks="Is the contact in the contact group?",
        met=lambda r, a: r.id in a.members or a.links.find("vendor", "xero", r.id) is not None,
        sentence="Contact {r.name!r} is not in the Xero contact group {s.vendors.contact_group!r}.",
        fix="Add the contact to the group in Xero.",
        waits=True,
    ),
    Condition(
        code="CONTACT_LEFT_GROUP",
        of_linked=True,
        asks="Is a linked contact still in the group?",
        met=lambda r, a: r.id in a.members or a.links.find("vendor", "xero", r.id) is None,
        sentence="Contact {r.name!r} left the group {s.vendors.contact_group!r}; updates pause.",
        fix="Add it again to go on; the link and its documents stay.",
        waits=True,
    ),
    Condition(
        code="CONTACT_ERASED",
        asks="Is the contact free of a privacy erasure request?",
        met=lambda r, a: r.status != "GDPRREQUEST",
        sentence="Contact {r.id} is under a privacy erasure request.",
        fix="Nothing of it is synced; take it out of the group.",
    ),
    Condition(
        code="CONTACT_ARCHIVED",
        asks="Is the contact active?",
        met=lambda r, a: r.status != "ARCHIVED",
        sentence="Contact {r.name!r} is archived in Xero.",
        fix="Restore it in Xero, or take it out of the group. The vendor stays as it is.",
    ),
    Condition(
        code="COUNTRY_INVALID",
        asks="Is its country an ISO 3166-1 code (or a name, with `country: translate`)?",
        met=lambda r, a: not r.country or a.country(r) is not None,
        sentence="Country {r.country!r} of contact {r.name!r} is no ISO 3166-1 code.",
        fix="Write a two- or three-letter code, NZ or NZL, in the contact's billing address.",
    ),
    Condition(
        code="REGION_INVALID",
        asks="Does its region belong to its country?",
        met=lambda r, a: not r.region or a.country(r) is None or a.region(r) is not None,
        sentence="Region {r.region!r} of contact {r.name!r} is not in {r.country}.",
        fix="Correct the region or the country in the contact's billing address.",
    ),
    Condition(
        code="VENDOR_INACTIVE",
        of_linked=True,
        asks="Is a linked vendor active in Procore?",
        met=lambda r, a: (vendor := a.vendor_of(r)) is None or vendor.active,
        sentence="The vendor of contact {r.name!r} is inactive in Procore, so it is not updated.",
        fix="Make the vendor active again in Procore's company directory.",
    ),
)

ENTITY = Entity(
    name="contacts",
    kind="vendor",
    source="xero",
    target="procore",
    batch=1000,
    parse=Contact.from_xero,
    conditions=CONDITIONS,
    desired=to_vendor,
    twin=vendor_twin,
    change=only_what_differs,
    drifted=vendor_gone,
    source_url=lambda r, a: a.pages.contact(r.id),
    target_url=lambda target_id, data, a: a.pages.vendor(target_id),
    mapping=(
        MapRow(source="Contact `Name`", target="Vendor `name`", rule="trimmed, plain text"),
        MapRow(
            source="Billing address `AddressLine1`-`4` (the street address where it is empty)",
            target="`address`",
            rule="joined by commas",
        ),
        MapRow(source="`City`, `PostalCode`", target="`city`, `zip`"),
        MapRow(
            source="`Country`, `Region`",
            target="`country_code`, `state_code`",
            rule="ISO 3166-1 alpha-2, and the subdivision's code where it has two letters"
            " (`vendors.region_codes`); anything else holds the contact",
        ),
        MapRow(
            source="Phones `DEFAULT`, `MOBILE`, `FAX`",
            target="`business_phone`, `mobile_phone`, `fax_number`",
            rule="`+country area number`",
        ),
        MapRow(source="`EmailAddress`", target="`email_address`"),
        MapRow(
            source="`ContactID`",
            target="`origin_id`",
            rule="marks the vendor as integrated; a foreign value is never overwritten",
        ),
    ),
)
