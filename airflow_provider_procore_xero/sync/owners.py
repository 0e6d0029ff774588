"""Whose edits count for a vendor and the contact it is linked with.

A pair has one owner. Edits on the other side are shown, and neither overwritten nor taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.sync.links import Link, System

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import VendorSettings

NUMBER_PREFIX = "PROCORE-V-"
"""What the ``ContactNumber`` of every contact begins with that was born in Procore."""


def owner_of(link: Link, settings: VendorSettings) -> System:
    """Return the side that *link*'s pair is kept up from.

    With one direction that is its source; with both, ``vendors.owner`` says.
    """
    if settings.direction == "xero_to_procore":
        return "xero"
    if settings.direction == "procore_to_xero":
        return "procore"
    return born_in(link) if settings.owner == "born" else settings.owner


def born_in(link: Link) -> System:
    """Return where the pair was before the other side had it; links by hand count as Xero's."""
    return "procore" if link.data.get("born") == "procore" else "xero"


def number_of(vendor_id: Any) -> str:
    """Return the ``ContactNumber`` of the contact that is made for a vendor."""
    return f"{NUMBER_PREFIX}{vendor_id}"


def made_for_a_vendor(contact: Mapping[str, Any], settings: VendorSettings) -> bool:
    """Whether a contact without a link is one that the other direction made, and will find again.

    :param contact: as Xero has it.
    """
    number = str(contact.get("ContactNumber") or "").upper()
    theirs = settings.direction == "both" and settings.owner != "xero"
    return theirs and number.startswith(NUMBER_PREFIX)
