"""Job costs: what each project and code has cost in Xero, added up in the ledger.

Where the settings want it, the figures are set as ERP job costs in Procore too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, in_full
from airflow_provider_procore_xero.operators.base import A_PAGE, SyncOperator
from airflow_provider_procore_xero.operators.job_cost_writes import (
    known_rows,
    records_of,
    saved_figures,
    settle_gone,
    tool_closed,
)
from airflow_provider_procore_xero.operators.tracking import categories_of_lines
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.cost_slices import Left, name_left, sum_left
from airflow_provider_procore_xero.sync.entities.erp_job_costs import JobCostsAround
from airflow_provider_procore_xero.sync.entities.job_costs import (
    ENTITY,
    Codes,
    Cost,
    JobCost,
    costs_of,
    job_costs,
)
from airflow_provider_procore_xero.sync.entities.transactions import (
    ID_FIELDS,
    Kind,
    Reading,
    Transaction,
    projects_by_option,
)
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.results import Absent, Refused
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from collections import Counter

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

BILLS, SPENT = "job cost bills", "job cost spend money"
WRITTEN = "job costs written"
Since = Mapping[str, datetime | None]
Sums = Iterable[tuple[Cost, bool]]
Page = tuple[list[Transaction], list[Cost]]


class JobCostsOperator(SyncOperator):
    """Add up what each project and cost code has cost: job to date, commitment invoiced, direct.

    Only documents that changed in Xero since the last run are read; what they had cost before is
    replaced. The figures are in the ledger, and with ``job_costs.write: erp`` they are set as ERP
    job costs in Procore too. Nothing is written to Xero.
    """

    entity = ENTITY
    shelves = False
    taken: bool
    """Whether Procore took a call of this run."""
    refused: str
    """What the first call of this run was about, if Procore does not permit it."""

    def switched_off(self, settings: Settings) -> str:
        return (
            "" if settings.job_costs.enabled else "Job costs are switched off: job_costs.enabled."
        )

    def around(self, work: Work) -> JobCostsAround:
        return JobCostsAround(
            settings=work.settings,
            links=work.links,
            pages=work.pages(),
            currency=work.organisation().get("BaseCurrency") or "",
            owners={link.procore_id: row for row, link in self.known.items() if link.procore_id},
        )

    def read(self, work: Work, around: JobCostsAround) -> Iterator[dict[str, Any]]:
        self.seen: set[str] = set()
        for record in records_of(work, around, self.figures, self.known, whole=self.whole):
            self.seen.add(record["id"])
            yield record

    def save(
        self, work: Work, around: JobCostsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        """Write one batch; where Procore hides a project though it took others, that one only."""
        try:
            results = saved_figures(work, around, batch)
        except ApiError as error:
            if not not_permitted(error):
                raise
            if not self.taken:
                self.refused = batch[0].about.title
                raise
            results = [
                Refused(source_id=s.about.source_id, errors=(in_full(error),)) for s in batch
            ]
        else:
            self.taken = True
        yield from results

    def find(self, work: Work, around: JobCostsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        """Have figures whose answer was lost sent again: they are set, never added."""
        yield from (Absent(source_id=doubt.source_id) for doubt in doubts)

    def finish(self, work: Work, around: JobCostsAround) -> None:
        if not work.planning_only:
            settle_gone(work, self.seen)

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        categories_of_lines(work)
        compute = self._as_it_would_be if work.planning_only else self._added_up
        self.figures = compute(work, counts)
        if work.settings.job_costs.write == "erp":
            self._write(work, counts)
        elif not work.planning_only:
            settle_gone(work, set())

    def _added_up(self, work: Work, counts: Counter[str]) -> list[JobCost]:
        """Bring the ledger's tables up to date, and return the figures."""
        since = _since(work)
        for read, costs in _pages(work, since, counts):
            work.ledger.save_costs(work.run, [each.id for each in read], costs)
        if not any(since.values()):
            work.ledger.forget_other_costs(work.run)
        figures = _figures(work, work.ledger.summed_costs())
        work.ledger.save_job_costs(work.run, figures)
        work.remember_sizes(self.lengthens, 0)
        work.move_watermarks()
        return figures

    def _as_it_would_be(self, work: Work, counts: Counter[str]) -> list[JobCost]:
        """Return the figures that a run would find, and leave the ledger's as they are."""
        return _figures(work, _planned_sums(work, counts))

    def _write(self, work: Work, counts: Counter[str]) -> None:
        """Plan and write what of the figures is not in Procore yet.

        What is read are documents, and no figures: the count stays theirs.

        :raises MappingError: ``ERP_TOOL_CLOSED``.
        """
        self.whole = work.since(WRITTEN) is None
        self.known = known_rows(work)
        self.taken, self.refused = False, ""
        read = counts["read"]
        try:
            super()._sync(work, counts)
        except ApiError as error:
            if self.refused:
                raise tool_closed(self.refused, error) from error
            raise
        finally:
            counts["read"] = read


def _since(work: Work) -> Since:
    """Return from when on each of the two lists must be read."""
    return {stream: work.since(stream) for stream in (BILLS, SPENT)}


def _pages(work: Work, since: Since, counts: Counter[str]) -> Iterator[Page]:
    """Yield what is read, a page at a time, with what each of it has cost; retainage is noted."""
    target, reading = work.settings.cost_codes.target, reading_of(work)
    retained: list[Left] = []
    for page in in_batches(_documents(work, since), A_PAGE):
        read = [transaction for transaction, _ in readable(work, page, reading)]
        counts["read"] += len(read)
        retained += [(t, t.retainage) for t in read if t.live and t.retainage]
        yield read, [cost for each in read for cost in costs_of(each, target)]
    note_retainage(work, retained)


def _figures(work: Work, sums: Sums) -> list[JobCost]:
    links = work.load_links("project", "cost_code", "item")
    return list(job_costs(sums, projects_by_option(links), Codes.from_links(links)))


def _planned_sums(work: Work, counts: Counter[str]) -> Iterator[tuple[Cost, bool]]:
    """Yield what would be added up: what was known, less what of it was read again, and that."""
    since = _since(work)
    planned = {link.xero_id for link in work.planned(["subcontractor_invoice"])}
    if any(since.values()):
        yield from work.ledger.summed_costs()
    for read, costs in _pages(work, since, counts):
        ids = [each.id for each in read]
        links = work.ledger.links("subcontractor_invoice", xero_ids=ids)
        ours = planned | {link.xero_id for link in links if link.state == "active"}
        yield from ((cost, cost.document in ours) for cost in costs)
        if any(since.values()):
            for cost, from_procore in work.ledger.summed_costs(ids):
                yield replace(cost, amount=-cost.amount), from_procore


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


def _documents(work: Work, since: Since) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """Yield what changed.

    :raises UnsafePlan: where most of a list is missing; no sum is made of what was read by then.
    """
    for bill in work.counted(BILLS, work.xero.bills(modified_since=since[BILLS])):
        yield "bill", bill
    for spent in work.counted(SPENT, work.xero.spend_money(modified_since=since[SPENT])):
        yield "spend_money", spent
