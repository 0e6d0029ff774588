"""What the flows that bring costs from Xero share: a slice for each project of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_procore_xero.errors import ApiError, MappingError
from airflow_provider_procore_xero.operators.base import A_PAGE, SyncOperator
from airflow_provider_procore_xero.operators.cost_checks import checked_costs
from airflow_provider_procore_xero.operators.cost_writes import found_costs, saved_costs
from airflow_provider_procore_xero.operators.job_costs import note_retainage, reading_of
from airflow_provider_procore_xero.operators.projects import inactive_projects, projects_numbered
from airflow_provider_procore_xero.operators.tracking import categories_of_lines
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.bill_payments import MARK
from airflow_provider_procore_xero.sync.entities.cost_coding import BudgetCodes, Coding
from airflow_provider_procore_xero.sync.entities.cost_slices import (
    CostsAround,
    Slice,
    name_left,
    slices_of,
    sum_left,
)
from airflow_provider_procore_xero.sync.entities.credit_notes import claim_in
from airflow_provider_procore_xero.sync.entities.job_costs import Codes
from airflow_provider_procore_xero.sync.entities.transactions import (
    ID_FIELDS,
    Kind,
    projects_by_option,
)
from airflow_provider_procore_xero.sync.planning import MISREAD

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Change, Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result

Document = tuple[Kind, dict[str, Any]]


class CostSlices(SyncOperator):
    """Brings documents of Xero's to Procore as direct costs.

    :cvar first_stream: the list that was never read where the ledger knows nothing.

    :param project_number: only what is on this project.
    """

    template_fields = (*SyncOperator.template_fields, "project_number")
    selects = ("project_number",)
    first_stream: ClassVar[str] = ""

    def __init__(self, *, project_number: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number

    def documents(self, work: Work) -> Iterator[Document]:
        """Yield the documents that changed since they were last read, each with its kind."""
        raise TypeError(f"{type(self).__name__} reads nothing")

    def around(self, work: Work) -> CostsAround:
        settings = work.settings
        links = work.load_links(*self.entity.refers_to)
        currency = work.organisation().get("BaseCurrency") or ""
        pages = work.pages()
        category = categories_of_lines(work)
        around = CostsAround(
            settings=settings,
            links=links,
            pages=pages,
            one=work.asked.one,
            kind=self.entity.kind,
            reading=reading_of(work),
            projects=projects_by_option(links),
            coding=Coding(settings=settings, codes=Codes.from_links(links)),
            currency=currency,
            inactive=inactive_projects(work),
            stopped=category.stopped(links.of("project")),
        )
        self._remember(work, around)
        return around

    def _remember(self, work: Work, around: CostsAround) -> None:
        """Note which slices each document had, and which numbers they have."""
        known: dict[str, set[str]] = defaultdict(set)
        for link in work.ledger.links(self.entity.kind):
            known[link.xero_id.partition(":")[0]].add(link.xero_id)
            if number := link.data.get("invoice_number"):
                place = (str(link.data["project_id"]), str(link.data.get("vendor_id") or ""))
                around.numbers.setdefault(place, {})[number] = link.xero_id
        shelved = [shelved for shelved, _ in work.ledger.shelf(self.entity.name)]
        told = [issue.source_id for issue in work.ledger.issues(self.entity.name)]
        for piece in (*shelved, *told):
            known[piece.partition(":")[0]].add(piece)
        around.known = dict(known)

    def read(self, work: Work, around: CostsAround) -> Iterator[dict[str, Any]]:
        number = work.asked.project_number
        chosen = {str(p["id"]) for p in projects_numbered(work, number)} if number else set()
        for page in in_batches(self.documents(work), A_PAGE):
            for kind, document in self._claims_marked(work, page):
                for raw in _slices(kind, document, around):
                    if not chosen or raw["project_id"] in chosen:
                        yield raw
        if not work.asked.one:
            _note_left(work, around)

    def _claims_marked(self, work: Work, page: Sequence[Document]) -> Iterator[Document]:
        """Yield a page, with a mark on the documents that we made of claims."""
        ids = [
            document.get("InvoiceID") or document.get("CreditNoteID") or "" for _, document in page
        ]
        links = work.ledger.links("subcontractor_invoice", xero_ids=list(filter(None, ids)))
        ours = {link.xero_id for link in links}
        claims = known_claims(work, [document for _, document in page])
        for (kind, document), document_id in zip(page, ids, strict=True):
            claimed = document_id in ours or claim_in(document) in claims
            yield kind, {**document, "from_procore": True} if claimed else document

    def again(
        self, work: Work, around: CostsAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Yield shelved slices as they are: had their documents changed, they had been read now.

        Where an option stands for a project by now, the slice has its proper name from now on.
        """
        for raw in raws:
            if raw["project_id"]:
                yield raw
                continue
            piece = Slice.from_xero(raw, around)
            if piece.project_id and piece.id not in around.known[piece.transaction.id]:
                yield {**raw, "id": piece.id, "project_id": piece.project_id}

    def complete(self, work: Work, around: CostsAround, records: Sequence[Slice]) -> None:
        """Read the budget codes of the projects, and where it matters what they hold already."""
        live = [piece for piece in records if not piece.gone]
        projects = {p.project_id for p in live} - around.budgets.keys() - around.hidden
        for project, rows in _budget_codes(work, around, projects):
            around.budgets[project] = BudgetCodes.from_procore(rows)
        if work.asked.full or work.ledger.watermark(self.first_stream) is None:
            new = {p.project_id for p in live if around.link_of(p) is None}
            self._recognise(work, around, new - around.listed)

    def _recognise(self, work: Work, around: CostsAround, projects: set[str]) -> None:
        """Note direct costs that carry a mark of ours, whether the ledger knows them or not."""
        around.listed |= projects
        for project, rows in read_each(work, around, projects, work.procore.direct_costs):
            for cost in rows:
                mark = str(cost.get("origin_data") or "").partition(f"{MARK}:")[2]
                piece = cost.get("origin_id") or mark
                if not piece:
                    continue
                around.issued[piece] = cost
                if number := cost.get("invoice_number"):
                    place = (project, str(cost.get("vendor_id") or ""))
                    around.numbers.setdefault(place, {}).setdefault(number, piece)

    def recheck(self, work: Work, around: CostsAround, changes: list[Change]) -> list[Change]:
        return checked_costs(work, around, self.entity, changes)

    def save(
        self, work: Work, around: CostsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        return saved_costs(work, batch)

    def find(self, work: Work, around: CostsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        return found_costs(work, doubts)


def known_claims(work: Work, documents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return which claims that numbers of credit notes may end in the ledger has heard of."""
    ids = {claim_in(document) for document in documents} - {""}
    if not ids:
        return frozenset()
    links = work.ledger.links("subcontractor_invoice", procore_ids=ids)
    waiting = (claim for claim, _ in work.ledger.shelf("subcontractor_invoices"))
    return frozenset(ids & {link.procore_id for link in links}.union(waiting))


def _slices(kind: Kind, document: dict[str, Any], around: CostsAround) -> Iterator[dict[str, Any]]:
    """Yield the slices of *document*; one that can't be read is one slice, and held."""
    try:
        yield from list(slices_of(kind, document, around))
    except (*MISREAD, MappingError):
        yield {
            "id": str(document[ID_FIELDS[kind]]),
            "kind": kind,
            "project_id": "",
            "option": "",
            "document": document,
        }


def read_each(
    work: Work, around: CostsAround, projects: Iterable[str], read: Any
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield what *read* lists of each project, a few ahead; what Procore hides is noted."""

    def or_hidden(project: int) -> Iterator[dict[str, Any]]:
        try:
            yield from read(project)
        except ApiError as error:
            if not not_permitted(error):
                raise
            around.hidden.add(str(project))

    wanted = sorted(int(project) for project in projects)
    for project, rows in work.procore.each_project(wanted, or_hidden):
        yield str(project), rows


def _budget_codes(
    work: Work, around: CostsAround, projects: Iterable[str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the budget codes of each project: those that items, or the other costs, have read.

    They are left to journals, which come after bills and are mostly on the same projects.
    """
    shared = {project: work.shared(f"wbs_codes/{project}") for project in projects}
    yield from ((project, rows) for project, rows in shared.items() if rows is not None)
    missing = [project for project, rows in shared.items() if rows is None]
    for project, rows in read_each(work, around, missing, work.procore.wbs_codes):
        if work.settings.journals.enabled and project not in around.hidden:
            work.share(f"wbs_codes/{project}", rows)
        yield project, rows


def _note_left(work: Work, around: CostsAround) -> None:
    """Say which documents have lines on no project, or of retainage, and what those come to."""
    if lost := around.unassigned:
        work.note(
            f"UNASSIGNED: {sum_left(lost)} on lines that name no project, so it stays in Xero:"
            f" {name_left(lost, around.pages)}."
        )
    note_retainage(work, around.retained)
