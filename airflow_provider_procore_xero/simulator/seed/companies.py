"""Contacts in Xero and vendors in Procore, with the usual mess between them."""

from __future__ import annotations

from typing import Any

from . import words
from .builder import Builder, Record

_DIAL = {"NSW": ("61", "AU")}
FOREIGN_ORIGIN = "sage300:vendor:000231"

# What a messy contact has instead of a tidy address.
_PLACES: dict[str, tuple[str, str, str]] = {  # problem -> city, region, country
    "bad country": ("Boulder", "CO", "Untied States"),
    "bad region": ("Calgary", "TX", "CA"),
    "country letters": ("Eastbourne", "WGN", "New Zealand"),
}


def build(builder: Builder) -> None:
    """About sixty contacts and sixty vendors; most have one counterpart, some none or two."""
    _own_vendor(builder)
    for name, city, region in words.SHARED_COMPANIES:
        place = (city, region, _DIAL.get(region, ("64", "NZ"))[1])
        add_contact(builder, name, place)
        add_vendor(builder, name, place)
    for contact_name, vendor_name, problem in words.MESSY_COMPANIES:
        _messy(builder, contact_name, vendor_name, problem)
    for name, city, region in words.NEW_TO_PROCORE:
        add_contact(builder, name, (city, region, "NZ"))
    for name in words.OFFICE_SUPPLIERS:
        add_contact(builder, name, ("Wellington", "WGN", "NZ"), grouped=False)
    for name in words.PROCORE_ONLY:
        add_vendor(builder, name, ("Wellington", "WGN", "NZ"))


def vendor_of(builder: Builder, name: str) -> Record:
    return next(v for v in builder.procore.vendors.values() if v["name"] == name)


def add_contact(
    builder: Builder,
    name: str,
    place: tuple[str, str, str] | None,
    *,
    grouped: bool = True,
    **fields: Any,
) -> Record:
    """A contact, by default a member of the group "Procore"."""
    first, last = _person(builder)
    contact = builder.xero.add_contact(
        name,
        FirstName=first,
        LastName=last,
        EmailAddress=_mailbox(name),
        TaxNumber=_tax_number(builder),
        Addresses=[_street(builder, place)],
        Phones=[_phone(builder, place)],
        **fields,
    )
    builder.name_contact(contact)
    if grouped:
        builder.xero.put_in_group(contact["ContactID"], "Procore")
    return builder.stamped(contact, changed=builder.random.randrange(20, 400))


def add_vendor(
    builder: Builder, name: str, place: tuple[str, str, str] | None, **fields: Any
) -> Record:
    """A company in Procore's directory that no integration owns."""
    city, region, country = place or ("", "", "")
    dial = "+61 2" if country == "AU" else f"+64 {words.AREA_CODES.get(region, '4')}"
    first, last = _person(builder)
    vendor: Record = {
        "address": _street_line(builder) if place else None,
        "city": city,
        "state_code": region if len(region) == 2 else "",
        "country_code": country if len(country) == 2 else "",
        "zip": str(builder.random.randrange(1000, 9999)) if place else None,
        "business_phone": f"{dial} {_number(builder)}",
        "email_address": _mailbox(name),
        "authorized_bidder": True,
        "primary_contact": {"id": builder.random.randrange(10_000, 60_000), "first_name": first,
                            "last_name": last, "email_address": _mailbox(name)},
    }  # fmt: skip
    made = builder.random.randrange(200, 900)
    record = builder.procore.add_vendor(name=name, **{**vendor, **fields})
    return builder.dated(record, made=made, changed=builder.random.randrange(20, 200))


def _own_vendor(builder: Builder) -> None:
    add_vendor(builder, words.COMPANY, ("Wellington", "WGN", "NZ"), company_vendor=True)


def _messy(
    builder: Builder, contact_name: str | None, vendor_name: str | None, problem: str
) -> None:
    place = None if problem == "no address" else _PLACES.get(problem, ("Wellington", "WGN", "NZ"))
    if contact_name:
        _messy_contact(builder, contact_name, place, problem)
    if vendor_name:
        fields: Record = {}
        if problem == "inactive vendor":
            fields = {"is_active": False}
        elif problem == "foreign origin":
            fields = {"origin_id": FOREIGN_ORIGIN, "origin_code": "RIDGE"}
        add_vendor(builder, vendor_name, place, **fields)


def _messy_contact(
    builder: Builder, name: str, place: tuple[str, str, str] | None, problem: str
) -> None:
    fields: Record = {}
    if problem == "archived":
        fields = {"ContactStatus": "ARCHIVED"}
    elif problem == "merged":
        survivor = builder.contact_id("Wellington Cranes Ltd")
        fields = {"ContactStatus": "ARCHIVED", "MergedToContactID": survivor}
    grouped = problem not in ("archived", "merged", "out of group")
    add_contact(builder, name, place, grouped=grouped, **fields)


def _street(builder: Builder, place: tuple[str, str, str] | None) -> Record:
    city, region, country = place or ("", "", "")
    address: Record = {"AddressType": "STREET", "City": city, "Region": region,
                       "PostalCode": "", "Country": country, "AttentionTo": ""}  # fmt: skip
    if place:
        address["AddressLine1"] = _street_line(builder)
        address["PostalCode"] = str(builder.random.randrange(1000, 9999))
    return address


def _phone(builder: Builder, place: tuple[str, str, str] | None) -> Record:
    """The number is in three parts, as Xero keeps it."""
    return {
        "PhoneType": "DEFAULT",
        "PhoneNumber": _number(builder),
        "PhoneAreaCode": words.AREA_CODES.get(place[1] if place else "WGN", "4"),
        "PhoneCountryCode": "61" if place and place[2] == "AU" else "64",
    }


def _street_line(builder: Builder) -> str:
    return f"{builder.random.randrange(1, 180)} {builder.random.choice(words.STREETS)}"


def _number(builder: Builder) -> str:
    return f"{builder.random.randrange(300, 999)} {builder.random.randrange(1000, 9999)}"


def _person(builder: Builder) -> tuple[str, str]:
    return builder.random.choice(words.FIRST_NAMES), builder.random.choice(words.LAST_NAMES)


def _mailbox(name: str) -> str:
    word = "".join(letter for letter in name.casefold() if letter.isascii() and letter.isalpha())
    return f"accounts@{word[:24]}.example"


def _tax_number(builder: Builder) -> str:
    number = builder.random.randrange(10_000_000, 139_999_999)
    return f"{number // 1_000_000}-{number // 1000 % 1000:03d}-{number % 1000:03d}"
