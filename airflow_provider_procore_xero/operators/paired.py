"""What every task says: which company and which organisation, the ledger of the two, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.sync.settings import Settings


class Paired(BaseOperator):
    """Works on one Procore company and one Xero organisation.

    :param settings: path of the settings file, or the settings themselves.
    """

    template_fields: Sequence[str] = ("settings",)

    def __init__(
        self,
        *,
        settings: str | Mapping[str, Any] | None = None,
        procore_conn_id: str = "procore_default",
        xero_conn_id: str = "xero_default",
        ledger_conn_id: str = "procore_xero_ledger",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.procore_conn_id = procore_conn_id
        self.xero_conn_id = xero_conn_id
        self.ledger_conn_id = ledger_conn_id

    def opened(self) -> tuple[Settings, Ledger]:
        """Return the settings and the ledger; neither system is called."""
        from airflow_provider_procore_xero.hooks.ledger import LedgerHook
        from airflow_provider_procore_xero.hooks.pair import pair_of
        from airflow_provider_procore_xero.operators.open import found

        pair = pair_of(self.procore_conn_id, self.xero_conn_id)
        return found(self.settings), LedgerHook(self.ledger_conn_id).get_conn(pair)
