"""Buttons on a task: the systems it moved records between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.base import SyncOperator


class ProcoreLink(BaseOperatorLink):
    """The company's home in Procore."""

    name = "Procore"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the page, or an empty text where the run did not get as far as asking for it."""
        return str(getattr(operator, "procore_page", "") or "")


class XeroLink(BaseOperatorLink):
    """The organisation's home in Xero."""

    name = "Xero"

    def get_link(self, operator: SyncOperator | Any, *, ti_key: Any) -> str:
        """Return the page, or an empty text where the run did not get as far as asking for it."""
        return str(getattr(operator, "xero_page", "") or "")
