"""Contacts of new bills and orders, read forty a call before those are planned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.sync.entities.payees import Payee

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work


def remember_payees(work: Work, around: Any, contact_ids: Iterable[str]) -> None:
    """Read those of *contact_ids* that this run has not read yet, and keep them in *around*."""
    if wanted := {each for each in contact_ids if each} - around.payees.keys():
        for raw in work.xero.contacts(ids=sorted(wanted)):
            around.payees[raw["ContactID"]] = Payee.from_xero(raw)
