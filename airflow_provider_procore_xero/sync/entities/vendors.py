"""Xero contacts become Procore vendors.

Xero: ``GET /Contacts`` (paged, so with addresses and phones) and the members of one contact group.
Procore: ``PATCH /rest/v1.0/vendors/sync``, 1,000 a call, where ``origin_id`` holds the contact's
id: it marks the vendor as integrated, and finds it again if the ledger is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entity import Around, Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.owners import owner_of
from airflow_provider_procore_xero.sync.places import country_code, region_code
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, Reason, differences
from airflow_provider_procore_xero.sync.text import match_key, plain

MARK = "airflow-procore-xero"
FIELDS = (
    "name", "address", "city", "zip", "country_code", "state_code", "business_phone",
    "mobile_phone", "fax_number", "email_address",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A Xero contact, as far as a vendor needs it. Address and phones are plain text.

    :param was: ids of contacts that were merged into this one.
    """

    id: str
    name: str
    status: str
    address: str
    city: str
    region: str
    postcode: str
    country: str
    phones: Mapping[str, str]
    email: str
    number: str
    was: tuple[str, ...]

    @classmethod
    def from_xero(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /Contacts?page=``. The billing address is the PO box one."""
        place = _address(record.get("Addresses") or ())
        lines = [plain(place.get(f"AddressLine{n}")) for n in (1, 2, 3, 4)]
        return cls(
            id=record["ContactID"],
            name=plain(record["Name"]) or record["ContactID"],
            status=record["ContactStatus"],
            address=", ".join(line for line in lines if line),
            city=plain(place.get("City")),
            region=plain(place.get("Region")),
            postcode=plain(place.get("PostalCode")),
            country=plain(place.get("Country")),
            phones={p["PhoneType"]: phone_text(p) for p in record.get("Phones") or () if p},
            email=plain(record.get("EmailAddress")),
            number=plain(record.get("AccountNumber") or record.get("ContactNumber")),
            was=tuple(record.get("was", ())),
        )

    @property
    def title(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A Procore vendor: one that a contact may turn out to be, or that becomes a contact.

    :param gone: it is in Procore no longer; only its name is known.
    """

    id: str
    name: str
    key: str
    active: bool
    origin_id: str
    fields: Mapping[str, Any]
    gone: bool = False

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /rest/v1.0/vendors?view=extended``."""
        return cls(
            id=str(record["id"]),
            name=plain(record["name"]),
            key=match_key(record["name"]),
            active=record["is_active"],
            origin_id=record["origin_id"] or "",
            fields={name: record.get(name) or "" for name in FIELDS},
            gone=record.get("gone", False),
        )

    @property
    def title(self) -> str:
        return self.name or f"Vendor {self.id}"


@dataclass(kw_only=True)
class ContactsAround(Around):
    """*members* are the ids of the contact group's members, *vendors* every vendor but our own."""

    members: frozenset[str]
    vendors: tuple[Vendor, ...]
    tenant: str = ""
    by_id: dict[str, Vendor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {vendor.id: vendor for vendor in self.vendors}
        self._by_origin = {v.origin_id: v for v in self.vendors if v.origin_id}
        self._by_key: dict[str, list[Vendor]] = {}
        for vendor in self.vendors:
            self._by_key.setdefault(vendor.key, []).append(vendor)

    def vendor_of(self, contact: Contact) -> Vendor | None:
        """Return the vendor that *contact* is linked to, or None."""
        link = self.links.find("vendor", "xero", contact.id)
        return None if link is None else self.by_id.get(link.procore_id)

    def owned(self, contact_id: str) -> bool:
        """Whether the contact is not linked, or Xero owns the pair."""
        link = self.links.find("vendor", "xero", contact_id)
        return link is None or owner_of(link, self.settings.vendors) == "xero"

    def country(self, contact: Contact) -> str | None:
        names = self.settings.vendors.country == "translate"
        return country_code(contact.country, names=names) if contact.country else None

    def region(self, contact: Contact) -> str | None:
        country = self.country(contact)
        return region_code(country, contact.region) if country and contact.region else None

    def with_origin(self, contact_id: str) -> Vendor | None:
        return self._by_origin.get(contact_id)

    def alike(self, contact: Contact) -> tuple[Vendor, ...]:
        """Return the vendors of the same or a very similar name, the same ones first."""
        from rapidfuzz import fuzz, process  # loaded only where a contact is new

        key = match_key(contact.name)
        same = self._by_key.get(key, [])
        near = process.extract(
            key,
            self._by_key.keys(),
            scorer=fuzz.ratio,
            score_cutoff=self.settings.vendors.similar_threshold,
            limit=10,
        )
        others = [v for name, _, _ in near if name != key for v in self._by_key[name]]
        return (*same, *(v for v in others if not self._taken(v)))

    def _taken(self, vendor: Vendor) -> bool:
        return self.links.find("vendor", "procore", vendor.id) is not None


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


def vendor_twin(contact: Contact, desired: Desired, around: ContactsAround) -> Twin | None:
    """Return the one vendor that *contact* already is.

    Ours by ``origin_id``, or of the merged contact, or the only one of the same name.

    :raises MappingError: where that can't be told, or the vendor may not be touched.
    """
    if ours := around.with_origin(contact.id):
        return _twin(ours, desired)
    for old in contact.was:
        link = around.links.find("vendor", "xero", old)
        if link is not None and (vendor := around.by_id.get(link.procore_id)):
            return _twin(vendor, desired)
    candidates = around.alike(contact)
    same = [v for v in candidates if v.key == match_key(contact.name)]
    if not candidates:
        return None
    if len(candidates) > 1 or not same:
        raise MappingError(
            f"Contact {contact.name!r} could be {_named(candidates)}.",
            code="VENDOR_AMBIGUOUS",
            fix="Link the contact to the right vendor by hand, or rename one of them.",
        )
    return _twin(_usable(same[0], contact, around), desired)


def _usable(vendor: Vendor, contact: Contact, around: ContactsAround) -> Vendor:
    """Return *vendor* if *contact* may be linked to it."""
    if around.links.find("vendor", "procore", vendor.id) is not None:
        raise MappingError(
            f"Vendor {vendor.name!r} ({vendor.id}) is linked to another contact already.",
            code="VENDOR_TAKEN",
            fix="Merge the two contacts in Xero, or rename one of them.",
        )
    if vendor.origin_id:
        raise MappingError(
            f"Vendor {vendor.name!r} ({vendor.id}) belongs to another integration:"
            f" its origin_id is {vendor.origin_id!r}.",
            code="VENDOR_FOREIGN",
            fix="Unlink the vendor there first; only one integration may own a vendor.",
        )
    if not vendor.active:
        raise MappingError(
            f"Vendor {vendor.name!r} ({vendor.id}) is inactive in Procore.",
            code="VENDOR_INACTIVE",
            fix="Make the vendor active again in Procore's company directory.",
        )
    return vendor


def _twin(vendor: Vendor, desired: Desired) -> Twin:
    """Return *vendor* as the counterpart; it is right if it holds all that the contact says."""
    holds = {**vendor.fields, "origin_id": vendor.origin_id}
    wanted = {n: v for n, v in desired.payload.items() if n != "origin_data"}
    fields = differences({n: holds.get(n) or None for n in wanted}, wanted)
    return Twin(target_id=vendor.id, right=not fields, held=_held(vendor), fields=fields)


def _held(vendor: Vendor) -> str:
    return fingerprint({name: vendor.fields[name] for name in FIELDS if name != "name"})


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
    held = _held(vendor)
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


def _named(vendors: Iterable[Vendor]) -> str:
    return " or ".join(
        f"vendor {v.name!r} ({v.id}{'' if v.active else ', inactive'})" for v in vendors
    )


def _address(addresses: Iterable[Mapping[str, Any] | None]) -> Mapping[str, Any]:
    """Return the billing address where it says anything, else the street address."""
    by_type = {a["AddressType"]: a for a in addresses if a}
    for kind in ("POBOX", "STREET"):
        place = by_type.get(kind, {})
        if any(value for key, value in place.items() if key != "AddressType"):
            return place
    return {}


def phone_text(phone: Mapping[str, Any]) -> str:
    """Return the parts of a Xero phone as people write them: ``+61 08 5550100``."""
    country = plain(phone.get("PhoneCountryCode")).lstrip("+")
    area, number = plain(phone.get("PhoneAreaCode")), plain(phone.get("PhoneNumber"))
    if not number:
        return ""
    return " ".join(part for part in (f"+{country}" if country else "", area, number) if part)


def merged_apart(contact: Contact, around: ContactsAround) -> bool:
    """Whether contacts of two different vendors were merged into this one."""
    ids = (contact.id, *contact.was)
    links = [around.links.find("vendor", "xero", contact_id) for contact_id in ids]
    return len({link.procore_id for link in links if link is not None}) > 1


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
