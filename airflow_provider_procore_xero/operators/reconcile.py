"""The nightly proof: both systems read afresh and laid side by side, to the cent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.reconcile_procore import read_procore
from airflow_provider_procore_xero.operators.reconcile_xero import lay_beside
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.reconciliation import (
    ENTITY,
    UNEXPLAINED,
    Reconciled,
    Sheet,
    beyond,
)
from airflow_provider_procore_xero.sync.report import Outcome

if TYPE_CHECKING:
    from collections import Counter

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.settings import Settings

TOLD = 50
"""How many rows with an unexplained difference are named one by one."""


class ReconcileOperator(SyncOperator):
    """Prove that both systems agree: claimed, billed, paid and cost, by project and cost code.

    Both are read afresh. Every difference is explained by name, and what is left unexplained is an
    issue; with ``safety.fail_run_on: [unreconciled]`` it fails the task.

    :param project_number: only this project.
    """

    template_fields = (*SyncOperator.template_fields, "project_number")
    entity = ENTITY
    selects = ("project_number",)
    shelves = False

    def __init__(self, *, project_number: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number

    def switched_off(self, settings: Settings) -> str:
        return "" if settings.reconcile.enabled else "It is switched off: reconcile.enabled."

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        if work.planning_only:
            work.note("A plan writes nothing, so there is nothing to prove after it.")
            return
        sheet = Sheet()
        lay_beside(work, sheet, read_procore(work))
        rows = sheet.rows()
        work.ledger.save_reconciliation(work.run, rows, work.scope)
        alarming = list(beyond(rows, work.settings.reconcile.tolerance))
        counts["read"] = len(rows)
        counts["unchanged"] = sum(not row.difference for row in rows)
        counts["differing"] = len(rows) - counts["unchanged"]
        counts["unreconciled"] = len(alarming)
        outcomes = list(_outcomes(alarming[:TOLD]))
        work.ledger.add_outcomes(work.run, outcomes)
        judged = [outcome.source_id for outcome in outcomes]
        work.ledger.settle_issues(
            work.run, ENTITY.name, outcomes, judged=judged, complete=not work.asked.one
        )

    def _end(self, work: Work, state: str, counts: Counter[str], error: str = "") -> dict[str, Any]:
        left = super()._end(work, state, counts, error)
        return {**left, "differing": counts["differing"], "unreconciled": counts["unreconciled"]}


def _outcomes(rows: Sequence[Reconciled]) -> Iterator[Outcome]:
    for row in rows:
        said = next(e for e in row.explanations if e.code == UNEXPLAINED)
        place = row.place
        yield Outcome(
            entity=ENTITY.name,
            what="drifted",
            source_id=f"{place.project_id}/{place.commitment_id}/{place.vendor_id}/{place.code}",
            title=row.title,
            procore_url=said.procore_url or row.procore_url,
            xero_url=said.xero_url or row.xero_url,
            reasons=(
                Reason(
                    code="UNRECONCILED",
                    sentence=f"{row.sentence} {row.unexplained:,.2f} of it is unexplained"
                    f"{f', at {said.title}' if said.title else ''}.",
                    fix="Open it in both systems and correct the one that is wrong; the next night"
                    " proves it.",
                ),
            ),
        )
