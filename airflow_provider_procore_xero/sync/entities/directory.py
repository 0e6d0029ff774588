"""Procore's vendors and Xero's contacts side by side, and which of them belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_provider_procore_xero.sync.entities.contact_fields import Contact, contact_name
from airflow_provider_procore_xero.sync.entities.vendor_fields import Vendor
from airflow_provider_procore_xero.sync.entity import Around
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.owners import born_in, number_of, owner_of
from airflow_provider_procore_xero.sync.text import match_key

KIND = "vendor"
"""What the links of both directions pair."""


@dataclass(kw_only=True)
class VendorsAround(Around):
    """Every vendor but the company itself, and every contact, archived and merged ones too."""

    vendors: Mapping[str, Vendor]
    contacts: Mapping[str, Contact]
    _by_number: dict[str, Contact] = field(default_factory=dict)
    _by_key: dict[str, list[Contact]] = field(default_factory=dict)
    _namesakes: dict[str, list[Vendor]] = field(default_factory=dict)
    _claims: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        by_key, namesakes, claims = defaultdict(list), defaultdict(list), defaultdict(set)
        for contact in self.contacts.values():
            if contact.number:
                self._by_number[contact.number.casefold()] = contact
            if contact.key and not contact.merged_into and contact.status != "GDPRREQUEST":
                by_key[contact.key].append(contact)
        for vendor in self.vendors.values():
            if vendor.active and vendor.key:
                namesakes[vendor.key].append(vendor)
        for link in self.links.of(KIND):
            if link.state == "active":
                claims[self.survivor(link.xero_id)].add(link.procore_id)
        self._by_key, self._namesakes, self._claims = dict(by_key), dict(namesakes), dict(claims)

    def link_of(self, vendor_id: str) -> Link | None:
        return self.links.find(KIND, "procore", vendor_id)

    def survivor(self, contact_id: str) -> str:
        """Return the contact that *contact_id* lives on in, itself for most."""
        seen = {contact_id}
        while (contact := self.contacts.get(contact_id)) and contact.merged_into:
            contact_id = contact.merged_into
            if contact_id in seen:
                break
            seen.add(contact_id)
        return contact_id

    def contact_of(self, vendor: Vendor) -> Contact | None:
        """Return the contact that *vendor* is linked to, or the one that it lives on in."""
        link = self.link_of(vendor.id)
        return None if link is None else self.contacts.get(self.survivor(link.xero_id))

    def owned(self, vendor: Vendor) -> bool:
        """Whether *vendor* is not linked, or Procore owns the pair."""
        link = self.link_of(vendor.id)
        if link is None:
            return True
        made_there = link.planned and born_in(link) == "xero"  # by a plan of this DAG run
        return not made_there and owner_of(link, self.settings.vendors) == "procore"

    def concerns(self, vendor: Vendor) -> bool:
        """Whether *vendor* is anybody's business here in a run of all."""
        if self.link_of(vendor.id) is not None:
            return self.owned(vendor) and not self.just_written(vendor)
        return vendor.active or bool(self._by_key.get(vendor.key))

    def just_written(self, vendor: Vendor) -> bool:
        """Whether the other direction wrote to *vendor* after our list of vendors was read.

        All tasks of a DAG run share that list; without the mark it is too old to count from.
        """
        link = self.link_of(vendor.id)
        if link is None or not link.wrote or "sent" in link.data:
            return False
        return vendor.origin_id != link.xero_id

    def known(self, vendor: Vendor) -> Contact | None:
        """Return the contact that *vendor*'s mark, or our number, says it is."""
        marked = self.contacts.get(self.survivor(self.vendors[vendor.id].origin_id))
        return marked or self.numbered(number_of(vendor.id))

    def numbered(self, number: str) -> Contact | None:
        """Return the contact with this ``ContactNumber``."""
        return self._by_number.get(number.casefold())

    def went(self, vendor: Vendor) -> bool:
        """Whether *vendor* has a contact already, though the ledger may have forgotten it."""
        return self.link_of(vendor.id) is not None or self.known(vendor) is not None

    def foreign(self, vendor: Vendor) -> bool:
        """Whether *vendor*'s mark is none of ours."""
        origin = self.vendors[vendor.id].origin_id if vendor.id in self.vendors else ""
        contact = self.contact_of(vendor)
        if not origin or contact is None:
            return bool(origin) and origin not in self.contacts
        return self.survivor(origin) != contact.id

    def doubles(self, vendor: Vendor) -> tuple[Vendor, ...]:
        """Return the other active vendors of the same name."""
        return tuple(v for v in self._namesakes.get(vendor.key, ()) if v.id != vendor.id)

    def claimants(self, contact_id: str) -> frozenset[str]:
        """Return the vendors whose contact this is, or was until it was merged into this one."""
        return frozenset(self._claims.get(contact_id, ()))

    def contested(self, contact: Contact | None) -> bool:
        """Whether the contact stands for more than one vendor, after a merge."""
        return contact is not None and len(self.claimants(contact.id)) > 1

    def alike(self, vendor: Vendor) -> tuple[Contact, ...]:
        """Return the contacts of the same name, else those of a very similar one that are free."""
        from rapidfuzz import fuzz, process  # loaded only where a vendor is new

        key = match_key(contact_name(vendor.name))
        if same := self._by_key.get(key):
            active = [c for c in same if c.status == "ACTIVE"]
            return tuple(active or same)
        near = process.extract(
            key,
            self._by_key.keys(),
            scorer=fuzz.ratio,
            score_cutoff=self.settings.vendors.similar_threshold,
            limit=10,
        )
        found = [c for name, _, _ in near for c in self._by_key[name] if c.status == "ACTIVE"]
        return tuple(c for c in found if not self.claimants(c.id))
