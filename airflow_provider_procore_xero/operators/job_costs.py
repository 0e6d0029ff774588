"""Job costs: what each project and code has cost in Xero, added up in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.operators.base import A_PAGE, SyncOperator
from airflow_provider_procore_xero.operators.tracking import categories_of_lines
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.cost_slices import Left, name_left, sum_left
from airflow_provider_procore_xero.sync.entities.job_costs import ENTITY, Codes, costs_of, job_costs
from airflow_provider_procore_xero.sync.entities.transactions import (
    ID_FIELDS,
    Kind,
    Reading,
    Transaction,
    projects_by_option,
)
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from collections import Counter

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.settings import Settings

BILLS, SPENT = "job cost bills", "job cost spend money"


class JobCostsOperator(SyncOperator):
    """Add up what each project and cost code has cost: job to date, commitment invoiced, direct.

    Only documents that changed in Xero since the last run are read; what they had cost before is
    replaced. Nothing is written to either system: the figures are in the ledger.
    """

    entity = ENTITY
    shelves = False

    def switched_off(self, settings: Settings) -> str:
        return (
            "" if settings.job_costs.enabled else "Job costs are switched off: job_costs.enabled."
        )

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        categories_of_lines(work)
        since = {stream: work.since(stream) for stream in (BILLS, SPENT)}
        target, reading = work.settings.cost_codes.target, reading_of(work)
        retained: list[Left] = []
        for page in in_batches(_documents(work, since), A_PAGE):
            read = [transaction for transaction, _ in readable(work, page, reading)]
            counts["read"] += len(read)
            retained += [(t, t.retainage) for t in read if t.live and t.retainage]
            if not work.planning_only:
                costs = [cost for each in read for cost in costs_of(each, target)]
                work.ledger.save_costs(work.run, [each.id for each in read], costs)
        note_retainage(work, retained)
        if work.planning_only:
            return
        if not any(since.values()):
            work.ledger.forget_other_costs(work.run)
        links = work.load_links("project", "cost_code", "item")
        sums = work.ledger.summed_costs()
        work.ledger.save_job_costs(
            work.run, job_costs(sums, projects_by_option(links), Codes.from_links(links))
        )
        work.remember_sizes("", 0)
        work.move_watermarks()


def reading_of(work: Work) -> Reading:
    """Return what must be known to read a document of Xero's."""
    return Reading.from_settings(
        work.settings,
        procore=work.pages().procore,
        currency=work.organisation().get("BaseCurrency") or "",
    )


def note_retainage(work: Work, retained: Sequence[Left]) -> None:
    """Say which documents have lines of retainage, and what those come to."""
    if retained:
        work.note(
            f"RETAINAGE: {sum_left(retained)} on lines of retainage, which is no cost of any code,"
            f" so it stays in Xero: {name_left(retained, work.pages())}."
        )


def readable(
    work: Work, documents: Iterable[tuple[Kind, dict[str, Any]]], reading: Reading
) -> Iterator[tuple[Transaction, dict[str, Any]]]:
    """Yield *documents* as read and as sent; one that can't be read is noted, the others go on."""
    for kind, raw in documents:
        try:
            yield Transaction.from_xero(kind, raw, reading), raw
        except (*MISREAD, MappingError) as error:
            name = plain(
                raw.get("InvoiceNumber") or raw.get("Reference") or raw.get(ID_FIELDS[kind])
            )
            work.note(f"UNREADABLE: {kind.replace('_', ' ')} {name} of Xero is left out: {error}.")


def _documents(
    work: Work, since: Mapping[str, datetime | None]
) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """Yield what changed.

    :raises UnsafePlan: where most of a list is missing; no sum is made of what was read by then.
    """
    for bill in work.counted(BILLS, work.xero.bills(modified_since=since[BILLS])):
        yield "bill", bill
    for spent in work.counted(SPENT, work.xero.spend_money(modified_since=since[SPENT])):
        yield "spend_money", spent
