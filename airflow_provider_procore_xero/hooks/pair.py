"""Which Procore company meets which Xero organisation: the name their ledger rows go by."""

from __future__ import annotations

from .procore import ProcoreHook
from .xero import XeroHook


def pair_of(procore_conn_id: str, xero_conn_id: str) -> str:
    """Return ``"{company id}:{tenant id}"``; a custom connection without one goes by its client id.

    Nothing is called.

    :raises ConnectionIncomplete: if a connection lacks something.
    """
    return f"{ProcoreHook(procore_conn_id).company}:{XeroHook(xero_conn_id).tenant}"
