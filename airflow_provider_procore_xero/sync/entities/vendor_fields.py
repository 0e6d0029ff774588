"""What a contact and a vendor hold of each other, in the fields of a Procore vendor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

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


def phone_text(phone: Mapping[str, Any]) -> str:
    """Return the parts of a Xero phone as people write them: ``+61 08 5550100``."""
    country = plain(phone.get("PhoneCountryCode")).lstrip("+")
    area, number = plain(phone.get("PhoneAreaCode")), plain(phone.get("PhoneNumber"))
    if not number:
        return ""
    return " ".join(part for part in (f"+{country}" if country else "", area, number) if part)


def _address(addresses: Iterable[Mapping[str, Any] | None]) -> Mapping[str, Any]:
    """Return the billing address where it says anything, else the street address."""
    by_type = {a["AddressType"]: a for a in addresses if a}
    for kind in ("POBOX", "STREET"):
        place = by_type.get(kind, {})
        if any(value for key, value in place.items() if key != "AddressType"):
            return place
    return {}
