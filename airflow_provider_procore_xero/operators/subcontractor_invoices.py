"""Subcontractor invoices → bills."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, UnknownRecord, in_full
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.bill_pdfs import attach_all, leaned, put_down
from airflow_provider_procore_xero.operators.bills import STREAM as BILLS
from airflow_provider_procore_xero.operators.bills import (
    checked_updates,
    found_bills,
    remember_bills,
    remember_by_hand,
    saved_bills,
)
from airflow_provider_procore_xero.operators.claims_gone import paid_by_bill, tell_gone
from airflow_provider_procore_xero.operators.commitments import KINDS
from airflow_provider_procore_xero.operators.cost_codes import closed_codes
from airflow_provider_procore_xero.operators.payees import remember_payees
from airflow_provider_procore_xero.operators.projects import (
    chosen_projects,
    inactive_projects,
    projects_numbered,
    projects_of,
)
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.bills import DUE_BY, wants_terms
from airflow_provider_procore_xero.sync.entities.claims import (
    Commitment,
    CommitmentKind,
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.entities.items import Item
from airflow_provider_procore_xero.sync.entities.payees import contact_id
from airflow_provider_procore_xero.sync.entities.strangers import Strangers
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.plan import Create
from airflow_provider_procore_xero.sync.planning import MISREAD, reading
from airflow_provider_procore_xero.sync.results import Saved

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Change, Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
NAMED = 50
"""So many bills that a lock date moves are named one by one in a run's report."""


class SubcontractorInvoicesToBillsOperator(SyncOperator):
    """Send approved subcontractor invoices to Xero as bills.

    Without the three keys every claim of every integrated, active project is looked at; with them
    one claim is: Project Number, commitment number and application number.

    :param project_number: one project's number; alone, all claims of that project.
    :param commitment_number: one commitment's number, within the project.
    :param application_number: the claim's running number within the commitment.
    """

    template_fields = (
        *SyncOperator.template_fields,
        "project_number",
        "commitment_number",
        "application_number",
    )
    entity = ENTITY
    selects = ("project_number", "commitment_number", "application_number")
    lengthens = BILLS

    def __init__(
        self,
        *,
        project_number: str | None = None,
        commitment_number: str | None = None,
        application_number: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number
        self.commitment_number = commitment_number
        self.application_number = application_number

    def around(self, work: Work) -> InvoicesAround:
        around = claims_around(work)
        around.paid = paid_by_bill(work)
        remember_bills(work, around)
        return around

    def read(self, work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
        for raw in self._read(work, around):
            yield leaned(raw, around)

    def _read(self, work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
        if work.asked.commitment_number or work.asked.application_number:
            yield from self._one(work)
            return
        projects = chosen_projects(work)
        for raw in _claims(work, around, projects, lambda p: work.since(f"requisitions/{p}")):
            around.seen.add(str(raw["id"]))
            yield raw
        if not work.asked.one:
            yield from self._touched(work, around)

    def again(
        self, work: Work, around: InvoicesAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        for raw in _afresh(work, raws):
            yield leaned(raw, around)

    def list_of(self, raw: Mapping[str, Any]) -> str:
        return f"requisitions/{raw.get('project_id')}"

    def complete(
        self, work: Work, around: InvoicesAround, records: Sequence[SubcontractorInvoice]
    ) -> None:
        """Read the commitments that these claims bill, and the contacts that they are made out to.

        One call a project and kind, and one for forty contacts; more where people have linked or
        unlinked bills of these claims since, or may have entered them before our first run.
        """
        due = (contact_id(claim, around) for claim in records if wants_terms(claim, around))
        remember_payees(work, around, due)
        wanted: dict[tuple[int, CommitmentKind], set[int]] = defaultdict(set)
        for claim in records:
            with reading(claim, around):
                if claim.commitment_id not in around.commitments:
                    kind = _kind_of(claim)
                    wanted[claim.project_id, kind].add(int(claim.commitment_id))
        for (project_id, kind), ids in wanted.items():
            for raw in work.procore.contracts(project_id, kind, ids=sorted(ids)):
                with suppress(*MISREAD):  # its claims are held then: COMMITMENT_HIDDEN
                    around.commitments[raw["id"]] = Commitment.from_procore(raw, kind)
        remember_by_hand(work, around, records)
        put_down(work, around, records)

    def recheck(self, work: Work, around: InvoicesAround, changes: list[Change]) -> list[Change]:
        around.addresses.clear()
        return checked_updates(work, around, changes)

    def save(
        self, work: Work, around: InvoicesAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        for result in saved_bills(work, around, batch, key):
            if isinstance(result, Saved) and isinstance(batch[0].change, Create):
                around.made.add(result.target_id)
            yield result

    def find(self, work: Work, around: InvoicesAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        return found_bills(work, doubts)

    def finish(self, work: Work, around: InvoicesAround) -> None:
        attach_all(work, around)
        _note_dates(work)
        if work.asked.bulk:
            tell_gone(work, around)

    def _touched(self, work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
        """Yield claims that did not change, but whose bill was edited or voided in Xero."""
        links = work.ledger.links(ENTITY.kind, xero_ids=list(around.bills))
        touched = [
            {"id": int(link.procore_id), "project_id": link.data["project_id"]}
            for link in links
            if link.procore_id not in around.seen
            and "project_id" in link.data
            and around.held_now.get(link.xero_id, link.held) != link.held
        ]
        yield from _afresh(work, touched)

    # Which projects, which claim

    def _one(self, work: Work) -> Iterator[dict[str, Any]]:
        """Yield the one claim that project, commitment and application number pick out."""
        ask = work.asked
        missing = [n for n in self.selects if not getattr(ask, n)]
        if missing:
            raise UnknownRecord(
                f"One claim needs its project number, commitment number and application number;"
                f" {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
            )
        project_id = projects_numbered(work, ask.project_number)[0]["id"]
        found = [
            (kind, raw["id"])
            for kind in KINDS
            for raw in work.procore.contracts(project_id, kind)
            if str(raw["number"]).strip() == ask.commitment_number
        ]
        if len(found) != 1:
            what = "has no" if not found else f"has {len(found)}"
            plural = "" if len(found) < 2 else "s"
            raise UnknownRecord(
                f"Project {ask.project_number} {what} commitment{plural} with the number"
                f" {ask.commitment_number!r}."
            )
        claims = [
            raw
            for raw in work.procore.requisitions(project_id, commitment_id=found[0][1])
            if ask.application_number in (str(raw["number"]), str(raw["invoice_number"]).strip())
        ]
        by_number = [r for r in claims if str(r["number"]) == ask.application_number]
        for raw in by_number or claims:
            yield {**raw, "project_id": project_id}
        if not claims:
            raise UnknownRecord(
                f"Commitment {ask.commitment_number} of project {ask.project_number} has no claim"
                f" with the application number {ask.application_number!r}."
            )


def _note_dates(work: Work) -> None:
    """Say what the due dates of new bills come from, and which bills a lock date has moved."""
    counts: Counter[str] = Counter()
    moved: list[str] = []
    for stored in work.ledger.changes(work.plan, (Create,)):
        change = stored.change
        assert isinstance(change, Create)
        counts[change.desired.data["due_by"]] += 1
        moved += [
            f"{change.about.title}: {field.name}, {field.after} and not {field.before}."
            for field in change.fields
        ]
    for sentence in moved[:NAMED]:
        work.note(sentence)
    if len(moved) > NAMED:
        work.note(f"And {len(moved) - NAMED:,} more bills that the lock date moves.")
    if counts:
        said = (f"{n:,} {DUE_BY[by]}" for by in DUE_BY if (n := counts[by]))
        work.note(f"Due dates of new bills: {', '.join(said)}.")


def claims_around(work: Work) -> InvoicesAround:
    """Return the small lists that claims are judged against, without any bill."""
    settings, items = work.settings, _items(work)
    links = work.load_links(*ENTITY.refers_to)
    organisation = work.organisation()
    locks = [parse_date(organisation.get(f"{which}LockDate")) for which in _LOCKS]
    return InvoicesAround(
        settings=settings,
        links=links,
        pages=work.pages(),
        one=work.asked.one,
        strangers=Strangers(inclusive=settings.tax.amounts == "inclusive"),
        named=bool(work.asked.application_number) or work.asked.accepted,
        inactive=inactive_projects(work),
        closed=closed_codes(work, links, items),
        codes=by_code(links),
        accounts={
            account.code: account
            for account in map(Account.from_xero, work.small("accounts", work.xero.accounts))
            if account.code
        },
        project_category=settings.projects.tracking_category,
        code_category=settings.cost_codes.tracking_category,
        currency=organisation.get("BaseCurrency") or "",
        locked_until=max((lock for lock in locks if lock), default=None),
        project_numbers={
            str(p["id"]): str(p.get("project_number") or "") for p in projects_of(work)
        },
        items=items,
    )


def _kind_of(claim: SubcontractorInvoice) -> CommitmentKind:
    """Return the kind of commitment that *claim* bills.

    :raises MappingError: ``UNREADABLE``, for a kind that Procore has not had so far.
    """
    for kind in KINDS:
        if claim.commitment_kind == kind:
            return kind
    raise MappingError(
        f"{claim.title} bills a commitment of the kind {claim.commitment_kind!r}",
        code="UNREADABLE",
        fix="Procore has subcontracts and purchase orders so far; if this is a new kind, its API"
        " has changed.",
    )


def _afresh(work: Work, raws: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield these claims as they are now, one call a project; what is gone is left out."""
    wanted: dict[int, list[int]] = defaultdict(list)
    for raw in raws:
        wanted[raw["project_id"]].append(raw["id"])
    for project_id, ids in wanted.items():
        for raw in work.procore.requisitions(project_id, ids=ids):
            yield {**raw, "project_id": project_id}


def _items(work: Work) -> dict[str, Item]:
    """Return Xero's items by code, where the settings have lines name any."""
    settings = work.settings
    if settings.cost_codes.target != "item" and not settings.bills.retainage_item:
        return {}
    return {raw["Code"]: Item.from_xero(raw) for raw in work.small("items", work.xero.items)}


def _claims(
    work: Work,
    around: InvoicesAround,
    projects: Iterable[int],
    since: Callable[[int], datetime | None],
) -> Iterator[dict[str, Any]]:
    """Yield the claims of *projects* that changed since they were last read, a few lists ahead.

    A project that Procore hides is noted and left for the next run; the others go on.
    """
    marks = {project: None if work.asked.one else since(project) for project in projects}

    def read(project: int) -> Iterator[dict[str, Any]]:
        try:
            yield from work.procore.requisitions(
                project,
                updated_since=marks[project],
                updated_until=work.until if marks[project] else None,
            )
        except ApiError as error:
            if not not_permitted(error):
                raise
            work.unread(f"requisitions/{project}")
            work.note(f"PROJECT_HIDDEN: project {project} can't be read: {in_full(error)}")

    sizes = {}
    for project, raws in work.procore.each_project(marks, read):
        sizes[f"requisitions/{project}"] = len(raws)
        if marks[project] is None and f"requisitions/{project}" not in work.partial:
            around.listed[str(project)] = {str(raw["id"]) for raw in raws}
        for raw in raws:
            yield {**raw, "project_id": project}
    work.read_whole("subcontractor invoices", sizes)


_LOCKS = ("Period", "EndOfYear")
