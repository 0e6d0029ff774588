"""The fields of a contact that come from a vendor, as flat names and texts.

People read and compare them so; Xero wants addresses and phones in lists by type, nested and whole.
Source: developer.xero.com, Contacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from airflow_provider_procore_xero.sync.entities.vendor_fields import Vendor, phone_text
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.text import cut, match_key, plain

Fields = Mapping[str, str]

BILLING = "POBOX"
"""The address type that Xero prints on documents."""
PLACE = ("City", "Region", "PostalCode", "Country")
PHONES = {"Phone": "DEFAULT", "Fax": "FAX"}
NAMES = ("Name", "Address", *PLACE, *PHONES)
_LENGTHS = {
    "Name": 255, "Address": 500, "City": 255, "Region": 255, "PostalCode": 50, "Country": 50,
    "Phone": 50, "Fax": 50,
}  # fmt: skip
_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A Xero contact that a vendor is, or may turn out to be.

    :param number: its ``ContactNumber``, which only the API can set.
    :param merged_into: the contact that it lives on in; empty for most.
    :param fields: what may come from a vendor, by ``NAMES``.
    :param addresses, phones: as Xero sent them: an update sends every type back.
    """

    id: str
    name: str
    key: str
    status: str
    number: str
    merged_into: str
    fields: Fields
    addresses: Sequence[Mapping[str, Any]]
    phones: Sequence[Mapping[str, Any]]

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        """Read one record of ``GET /Contacts?page=``; of an erased one nothing but its id."""
        kept = record
        if record["ContactStatus"] == "GDPRREQUEST":
            kept = {"Name": "", "ContactNumber": record.get("ContactNumber")}
        addresses = [a for a in kept.get("Addresses") or () if a]
        phones = [p for p in kept.get("Phones") or () if p]
        name = plain(kept["Name"])
        return cls(
            id=record["ContactID"],
            name=name,
            key=match_key(name),
            status=record["ContactStatus"],
            number=kept.get("ContactNumber") or "",
            merged_into=record.get("MergedToContactID") or "",
            fields={"Name": name, **_address(addresses), **_phones(phones)},
            addresses=addresses,
            phones=phones,
        )

    @property
    def content(self) -> str:
        """A fingerprint of all that matters here."""
        return fingerprint([self.status, self.merged_into, self.fields])


def _address(addresses: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    place = next((a for a in addresses if a.get("AddressType") == BILLING), {})
    lines = [plain(place.get(line)) for line in _LINES]
    street = ", ".join(line for line in lines if line)
    return {"Address": street, **{name: plain(place.get(name)) for name in PLACE}}


def _phones(phones: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    by_type = {p.get("PhoneType"): phone_text(p) for p in phones}
    return {name: by_type.get(kind, "") for name, kind in PHONES.items()}


def wanted(vendor: Vendor) -> dict[str, str]:
    """Return what *vendor* says of each field, in what Xero takes of it."""
    said = {
        "Name": contact_name(vendor.name),
        "Address": plain(vendor.fields["address"]),
        "City": plain(vendor.fields["city"]),
        "Region": plain(vendor.fields["state_code"]),
        "PostalCode": plain(vendor.fields["zip"]),
        "Country": plain(vendor.fields["country_code"]),
        "Phone": plain(vendor.fields["business_phone"]),
        "Fax": plain(vendor.fields["fax_number"]),
    }
    return {name: cut(text, _LENGTHS[name]) for name, text in said.items()}


def contact_name(name: str) -> str:
    """Return *name* without what Xero refuses in one: angle brackets and double spaces."""
    return plain(name.replace("<", " ").replace(">", " "))


def edited(now: Fields, held: Fields, sent: Fields, want: Fields) -> list[str]:
    """Return the fields that somebody changed in Xero, and that say what Procore never said.

    :param now: as they stand in Xero. :param held: as Xero held them when we last looked.
    :param sent: as the vendor had them then. :param want: as the vendor has them now.
    """
    known = [{s.get(name, "") for s in (held, sent, want)} for name in NAMES]
    return [name for name, said in zip(NAMES, known, strict=True) if now.get(name, "") not in said]


def body(fields: Fields, contact: Contact | None = None) -> dict[str, Any]:
    """Return *fields* in Xero's shape; with *contact*, over what stands there.

    Whether Xero keeps an address or a phone of a type that is not sent is written nowhere, so all
    that the contact has go back; lists that hold nothing of ours are left out, and stay.
    """
    made: dict[str, Any] = {"Name": fields["Name"]} if "Name" in fields else {}
    if place := _billing(fields):
        made["Addresses"] = _of_types(
            contact.addresses if contact else (), "AddressType", {BILLING: place}
        )
    numbers = {kind: _number(fields[name]) for name, kind in PHONES.items() if name in fields}
    if numbers:
        made["Phones"] = _of_types(contact.phones if contact else (), "PhoneType", numbers)
    return made


def _billing(fields: Fields) -> dict[str, str]:
    place = {name: fields[name] for name in PLACE if name in fields}
    if "Address" in fields:
        place |= dict.fromkeys(_LINES[1:], "") | {"AddressLine1": fields["Address"]}
    return place


def _number(text: str) -> dict[str, str]:
    """Procore keeps a phone in one text, so its parts are not known."""
    return {"PhoneNumber": text, "PhoneAreaCode": "", "PhoneCountryCode": ""}


def _of_types(
    present: Sequence[Mapping[str, Any]], kind: str, ours: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    kept = [{**entry, **ours.get(entry[kind], {})} for entry in present]
    known = {entry[kind] for entry in present}
    return kept + [{kind: name, **entry} for name, entry in ours.items() if name not in known]
