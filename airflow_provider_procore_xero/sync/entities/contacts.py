"""Procore vendors become Xero contacts.

Procore: the company's vendors, active and inactive. Xero: ``PUT`` and ``POST /Contacts``, 50 a
call.
``ContactNumber`` names the vendor, so that a contact of ours is found again; once it stands, the
vendor's ``origin_id`` takes the contact's id, which marks it as integrated.

A payload has two parts: ``contact`` is what Xero gets, ``vendor`` what Procore gets after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.contact_fields import (
    NAMES,
    Contact,
    body,
    contact_name,
    edited,
    wanted,
)
from airflow_provider_procore_xero.sync.entities.directory import KIND, VendorsAround
from airflow_provider_procore_xero.sync.entities.vendor_fields import MARK, Vendor
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.owners import born_in, number_of
from airflow_provider_procore_xero.sync.plan import (
    About,
    Change,
    Create,
    Desired,
    FieldChange,
    Hold,
    Keep,
    Reason,
    Update,
    differences,
)
from airflow_provider_procore_xero.sync.text import match_key


def to_contact(vendor: Vendor, around: VendorsAround) -> Desired:
    """Return the contact that should stand in Xero for *vendor*, and the mark it leaves.

    What the vendor leaves empty is absent: a new contact has no blank parts.
    """
    fields = wanted(vendor)
    filled = {name: text for name, text in fields.items() if text}
    link = around.link_of(vendor.id)
    born = "procore" if link is None or link.planned else born_in(link)
    payload = {
        "contact": {"ContactNumber": number_of(vendor.id), **body(filled)},
        "vendor": {"origin_data": MARK},
    }
    return Desired(payload=payload, name=fields["Name"], data={"born": born, "sent": fields})


def contact_twin(vendor: Vendor, desired: Desired, around: VendorsAround) -> Twin | None:
    """Return the one contact that *vendor* already is; nothing of it is overwritten.

    The marked one, or the one with our number, or the only one of the same name.

    :raises MappingError: where that can't be told, or the contact may not be used.
    """
    if known := around.known(vendor):
        return Twin(target_id=_usable(known, vendor, around).id, right=False)
    candidates = around.alike(vendor)
    if not candidates:
        return None
    if len(candidates) > 1 or candidates[0].key != match_key(contact_name(vendor.name)):
        raise MappingError(
            f"Vendor {vendor.name!r} could be {_named(candidates)}.",
            code="CONTACT_AMBIGUOUS",
            fix="Link the vendor to the right contact by hand, or rename one of them.",
        )
    return Twin(target_id=_usable(candidates[0], vendor, around).id, right=False)


def _usable(contact: Contact, vendor: Vendor, around: VendorsAround) -> Contact:
    """Return *contact* if *vendor* may be linked to it."""
    if others := around.claimants(contact.id) - {vendor.id}:
        raise MappingError(
            f"Contact {contact.name!r} ({contact.id}) is linked to another vendor already:"
            f" {', '.join(sorted(others))}.",
            code="CONTACT_TAKEN",
            fix="Merge the two vendors in Procore, or rename one of them.",
        )
    if contact.status != "ACTIVE":
        raise MappingError(
            f"Contact {contact.name or contact.id!r} ({contact.id}), which is vendor"
            f" {vendor.name!r}, is archived in Xero.",
            code="CONTACT_ARCHIVED",
            fix="Restore the contact in Xero; the next run links it.",
        )
    return contact


def only_what_differs(
    link: Link, desired: Desired, around: VendorsAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the fields that changed since we last wrote; a field that was emptied goes as ``""``."""
    contact = around.contacts[around.survivor(link.xero_id)]
    want = desired.data["sent"]
    sent = link.data.get("sent", want)
    now = contact.fields
    part = {n: want[n] for n in NAMES if want[n] not in (sent.get(n, ""), now[n])}
    payload = {"contact": body(part, contact)} if part else {}
    changed = differences({name: now[name] or None for name in part}, part)
    name = part.get("Name", contact.name)
    return Desired(payload=payload, name=name, data=desired.data), changed


def contact_edited(vendor: Vendor, link: Link, around: VendorsAround) -> Reason | None:
    """Return what somebody changed in Xero of what Procore owns; it is not overwritten."""
    contact = around.contact_of(vendor)
    if contact is None or contact.id != link.xero_id or "theirs" not in link.data:
        return None
    now, held, want = contact.fields, link.data["theirs"], wanted(vendor)
    names = edited(now, held, link.data["sent"], want)
    if not names:
        return None
    said = "; ".join(f"{n} {_or_empty(held.get(n))} → {_or_empty(now[n])}" for n in names)
    return Reason(
        code="CONTACT_EDITED",
        sentence=f"Contact {contact.name!r} was changed in Xero, where Procore owns it: {said}.",
        fix="Make the same change at the vendor in Procore, or undo it in Xero. Until then the"
        " contact gets no updates.",
    )


def _or_empty(text: str | None) -> str:
    return repr(text) if text else "(empty)"


def settled(change: Change, around: VendorsAround) -> Change:
    """Return *change* as the contact asks for it that stands there, and with the vendor's mark."""
    if isinstance(change, Hold | Create):
        return change
    vendor_id = change.source_id if isinstance(change, Keep) else change.about.source_id
    vendor, link = around.vendors[vendor_id], around.link_of(vendor_id)
    if isinstance(change, Update) and change.adopts:
        return _adopted(change, vendor, around.contacts[change.target_id])
    contact = around.contact_of(vendor)
    if link is None or contact is None or (isinstance(change, Keep) and not change.read):
        return change
    if contact.id != link.xero_id:
        return _moved(change, vendor, link, contact, around)
    if "sent" not in link.data and isinstance(change, Update):  # not taken over yet
        change = Keep(source_id=vendor_id, read=change.about.read)
    if not (mark := _mark(vendor, contact)):
        return change
    if isinstance(change, Update):
        payload = {**change.desired.payload, **mark}
        fields = (*change.fields, _marking(vendor, contact))
        return replace(change, desired=replace(change.desired, payload=payload), fields=fields)
    assert isinstance(change, Keep)
    return Update(
        about=_about(vendor, change.read, around),
        desired=Desired(payload=mark, name=contact.name, data=link.data),
        wrote=link.wrote,
        target_id=contact.id,
        fields=(_marking(vendor, contact),),
        adopts=True,  # nothing that an earlier run left is altered
        target_url=around.pages.contact(contact.id),
    )


def taken_over(link: Link, vendor: Vendor, contact: Contact, around: VendorsAround) -> Link:
    """Return *link* as it looks to this direction, which has not written to the pair before.

    How both stand now is where edits are counted from; nothing is written for it.
    """
    desired = to_contact(vendor, around)
    return replace(
        link,
        wrote=fingerprint(desired.payload),
        held=contact.content,
        data={**link.data, "sent": desired.data["sent"], "theirs": dict(contact.fields)},
    )


def _adopted(change: Update, vendor: Vendor, contact: Contact) -> Change:
    """Return the adoption of *contact*: of the two parts only the mark is written."""
    mark = _mark(vendor, contact)
    ours = contact.number.casefold() == number_of(vendor.id).casefold()
    born = "procore" if ours or not vendor.origin_id else "xero"
    data = {**change.desired.data, "born": born, "theirs": dict(contact.fields)}
    return replace(
        change,
        desired=Desired(payload=mark, name=contact.name, data=data),
        fields=(_marking(vendor, contact),) if mark else (),
    )


def _moved(
    change: Keep | Change, vendor: Vendor, link: Link, contact: Contact, around: VendorsAround
) -> Change:
    """Return the change that links *vendor* to the contact that its own was merged into."""
    about = _about(vendor, "", around) if isinstance(change, Keep) else change.about
    to = FieldChange(name="ContactID", before=link.xero_id, after=contact.id)
    return Update(
        about=about,
        desired=Desired(
            payload=_mark(vendor, contact),
            name=contact.name,
            data={**link.data, "theirs": dict(contact.fields)},
        ),
        wrote=link.wrote,
        target_id=contact.id,
        fields=(to, _marking(vendor, contact)),
        adopts=True,
        target_url=around.pages.contact(contact.id),
    )


def _mark(vendor: Vendor, contact: Contact) -> dict[str, Any]:
    """Return what the vendor must be told, nothing where it knows its contact."""
    return {} if vendor.origin_id == contact.id else {"vendor": {"origin_data": MARK}}


def _marking(vendor: Vendor, contact: Contact) -> FieldChange:
    return FieldChange(name="origin_id", before=vendor.origin_id or None, after=contact.id)


def _about(vendor: Vendor, read: str, around: VendorsAround) -> About:
    url = around.pages.vendor(vendor.id)
    return About(source_id=vendor.id, title=vendor.title, read=read, source_url=url)


def _named(contacts: Iterable[Contact]) -> str:
    return " or ".join(f"contact {c.name!r} ({c.id})" for c in contacts)


def _status(vendor: Vendor, around: VendorsAround) -> str:
    contact = around.contact_of(vendor)
    return "" if contact is None else contact.status


CONDITIONS = (
    Condition(
        code="VENDOR_GONE",
        of_linked=True,
        asks="Is a linked vendor still in Procore?",
        met=lambda r, a: not r.gone,
        sentence="Vendor {r.title!r} is in Procore no longer; its contact {d} stays.",
        fix="If it was merged, unlink it, and link the surviving vendor to the contact by hand. If"
        " that one has a contact too, merge the two contacts in Xero first.",
        detail=lambda r, a: getattr(a.link_of(r.id), "xero_id", ""),
    ),
    Condition(
        code="VENDOR_NAMELESS",
        asks="Does it have a name?",
        met=lambda r, a: r.gone or bool(contact_name(r.name)),
        sentence="Vendor {r.id} has no name that Xero takes.",
        fix="Give the vendor a name in Procore's company directory.",
    ),
    Condition(
        code="VENDOR_INACTIVE",
        asks="Is the vendor active?",
        met=lambda r, a: r.gone or r.active,
        sentence="Vendor {r.title!r} is inactive in Procore, so nothing of it is sent or linked.",
        fix="Make the vendor active again in Procore's company directory if it is needed.",
        waits=True,
    ),
    Condition(
        code="VENDOR_FOREIGN",
        asks="Is its `origin_id` empty or ours?",
        met=lambda r, a: not a.foreign(r),
        sentence="Vendor {r.title!r} belongs to another integration: its origin_id is {d!r}.",
        fix="Unlink the vendor there first; only one integration may own a vendor.",
        detail=lambda r, a: a.vendors[r.id].origin_id,
    ),
    Condition(
        code="PAIR_OWNED_BY_XERO",
        asks="Does Procore own the pair (`vendors.owner`)?",
        met=lambda r, a: a.owned(r),
        sentence="Vendor {r.title!r} is kept up from its contact in Xero.",
        fix="Make the change at the contact; the contacts flow brings it to Procore.",
        waits=True,
    ),
    Condition(
        code="VENDOR_DOUBLE",
        asks="Is there no other active vendor of the same name?",
        met=lambda r, a: r.gone or not r.active or a.went(r) or not a.doubles(r),
        sentence="Vendor {r.title!r} has the same name as {d}, and Xero takes a name once.",
        fix="Merge the vendors in Procore, make one inactive, or rename one.",
        detail=lambda r, a: " and ".join(f"vendor {v.name!r} ({v.id})" for v in a.doubles(r)),
    ),
    Condition(
        code="CONTACT_MERGED",
        of_linked=True,
        asks="Were only contacts of one vendor merged into its contact?",
        met=lambda r, a: not a.contested(a.contact_of(r)),
        sentence="The contact of vendor {r.title!r} now stands for two Procore vendors.",
        fix="Merge the two vendors in Procore, then unlink the one that is gone.",
    ),
    Condition(
        code="CONTACT_GONE",
        of_linked=True,
        asks="Does Xero still know a linked vendor's contact?",
        met=lambda r, a: r.gone or a.link_of(r.id) is None or a.contact_of(r) is not None,
        sentence="Xero no longer knows the contact of vendor {r.title!r}.",
        fix="Unlink the vendor to have it sent anew.",
    ),
    Condition(
        code="CONTACT_ERASED",
        of_linked=True,
        asks="Is its contact free of a privacy erasure request?",
        met=lambda r, a: _status(r, a) != "GDPRREQUEST",
        sentence="The contact of vendor {r.id} is under a privacy erasure request.",
        fix="Nothing is sent to it; make the vendor inactive in Procore.",
    ),
    Condition(
        code="CONTACT_ARCHIVED",
        of_linked=True,
        asks="Is its contact active?",
        met=lambda r, a: _status(r, a) != "ARCHIVED",
        sentence="The contact of vendor {r.title!r} is archived in Xero, which refuses changes.",
        fix="Restore the contact in Xero, or make the vendor inactive in Procore.",
    ),
)

ENTITY = Entity(
    name="vendors",
    kind=KIND,
    source="procore",
    target="xero",
    batch=50,
    parse=Vendor.from_procore,
    conditions=CONDITIONS,
    desired=to_contact,
    twin=contact_twin,
    change=only_what_differs,
    drifted=contact_edited,
    source_url=lambda r, a: a.pages.vendor(r.id),
    target_url=lambda target_id, data, a: a.pages.contact(target_id),
    mapping=(
        MapRow(
            r="R68",
            source="Vendor `name`",
            target="Contact `Name`",
            rule="plain text without angle brackets; over 255 characters cut, with a short hash",
        ),
        MapRow(
            r="R69",
            source="`address`",
            target="`AddressLine1` of the billing address (`POBOX`)",
            rule="in one line; the other three lines are emptied with it",
        ),
        MapRow(
            r="R69", source="`city`, `state_code`, `zip`", target="`City`, `Region`, `PostalCode`"
        ),
        MapRow(r="R69", source="`country_code`", target="`Country`"),
        MapRow(
            r="R70",
            source="`business_phone`, `fax_number`",
            target="Phones `DEFAULT`, `FAX`",
            rule="the whole number as `PhoneNumber`",
        ),
        MapRow(
            source="`id`",
            target="`ContactNumber`",
            rule="`PROCORE-V-<id>`, of contacts that we create",
        ),
        MapRow(
            r="R67",
            source="`origin_id`",
            target="`ContactID`",
            rule="written back once the contact stands; marks the vendor as integrated",
        ),
    ),
)
