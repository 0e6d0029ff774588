"""Xero's contacts beside Procore's vendors, and which vendor a contact already is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.vendor_fields import FIELDS, Contact, Vendor
from airflow_provider_procore_xero.sync.entity import Around, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.owners import owner_of
from airflow_provider_procore_xero.sync.places import country_code, region_code
from airflow_provider_procore_xero.sync.plan import Desired, differences
from airflow_provider_procore_xero.sync.text import match_key


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
    return Twin(target_id=vendor.id, right=not fields, held=held_fields(vendor), fields=fields)


def held_fields(vendor: Vendor) -> str:
    """Return a fingerprint of what *vendor* holds, its name apart."""
    return fingerprint({name: vendor.fields[name] for name in FIELDS if name != "name"})


def _named(vendors: Iterable[Vendor]) -> str:
    return " or ".join(
        f"vendor {v.name!r} ({v.id}{'' if v.active else ', inactive'})" for v in vendors
    )


def merged_apart(contact: Contact, around: ContactsAround) -> bool:
    """Whether contacts of two different vendors were merged into this one."""
    ids = (contact.id, *contact.was)
    links = [around.links.find("vendor", "xero", contact_id) for contact_id in ids]
    return len({link.procore_id for link in links if link is not None}) > 1
