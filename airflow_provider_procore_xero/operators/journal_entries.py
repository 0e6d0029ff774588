"""Journal entries → direct costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.cost_slices import CostSlices, Document
from airflow_provider_procore_xero.sync.entities.journal_entries import ENTITY, expense_accounts

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entities.cost_slices import CostsAround
    from airflow_provider_procore_xero.sync.settings import Settings

JOURNALS = "manual journals"


class JournalEntriesToDirectCostsOperator(CostSlices):
    """Bring posted manual journals to Procore as direct costs; off unless ``journals.enabled``.

    :param project_number: only what is on this project.
    """

    entity = ENTITY
    first_stream = JOURNALS

    def switched_off(self, settings: Settings) -> str:
        return (
            ""
            if settings.journals.enabled
            else "Journal entries are switched off: journals.enabled."
        )

    def around(self, work: Work) -> CostsAround:
        around = super().around(work)
        around.cost_accounts = expense_accounts(work.small("accounts", work.xero.accounts))
        return around

    def list_of(self, raw: Mapping[str, Any]) -> str:
        return JOURNALS

    def documents(self, work: Work) -> Iterator[Document]:
        since = None if work.asked.one else work.since(JOURNALS)
        for journal in work.counted(JOURNALS, work.xero.manual_journals(modified_since=since)):
            yield "journal", journal
