"""Commitments → purchase orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, UnknownRecord, in_full
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.orders import STREAM as ORDERS
from airflow_provider_procore_xero.operators.orders import (
    checked_orders,
    found_order,
    places,
    remember_orders,
    saved_orders,
    surroundings,
)
from airflow_provider_procore_xero.operators.payees import remember_payees
from airflow_provider_procore_xero.operators.projects import (
    chosen_projects,
    projects_numbered,
)
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.approval import named
from airflow_provider_procore_xero.sync.entities.claims import CommitmentKind
from airflow_provider_procore_xero.sync.entities.commitments import (
    ENTITY,
    READ,
    CommitmentsAround,
    Contract,
)
from airflow_provider_procore_xero.sync.entities.order_lines import exact_total, schedule
from airflow_provider_procore_xero.sync.entities.payees import contact_id, is_new
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.planning import reading, unmet

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Change, Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

KINDS: tuple[CommitmentKind, ...] = ("WorkOrderContract", "PurchaseOrderContract")
OFF = "Commitments are switched off: commitments.enabled."


class CommitmentsToPurchaseOrdersOperator(SyncOperator):
    """Send approved commitments to Xero as purchase orders.

    Without the two keys every commitment of every integrated, active project is looked at.

    :param project_number: one project's number; alone, all commitments of that project.
    :param commitment_number: one commitment's number, within the project.
    """

    template_fields = (*SyncOperator.template_fields, "project_number", "commitment_number")
    entity = ENTITY
    selects = ("project_number", "commitment_number")
    lengthens = ORDERS

    def __init__(
        self,
        *,
        project_number: str | None = None,
        commitment_number: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number
        self.commitment_number = commitment_number

    def switched_off(self, settings: Settings) -> str:
        return "" if settings.commitments.enabled else OFF

    def around(self, work: Work) -> CommitmentsAround:
        links = work.load_links(ENTITY.kind, *ENTITY.refers_to)
        around = CommitmentsAround(
            **surroundings(work, links),
            **places(work),
            owners={link.xero_name: link.procore_id for link in links.of(ENTITY.kind)},
            today=work.started_at,
        )
        remember_orders(work, around)
        return around

    def read(self, work: Work, around: CommitmentsAround) -> Iterator[dict[str, Any]]:
        wanted = work.asked.commitment_number
        projects = chosen_projects(work)
        if wanted:
            yield from _one(work, wanted)
            return
        seen: set[str] = set()
        for raw in _contracts(work, projects):
            seen.add(str(raw["id"]))
            yield raw
        if not work.asked.one:
            yield from self._touched(work, around, seen)

    def again(
        self, work: Work, around: CommitmentsAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        wanted: dict[tuple[int, CommitmentKind], list[int]] = defaultdict(list)
        for raw in raws:
            wanted[raw["project_id"], raw["kind"]].append(raw["id"])
        for (project_id, kind), ids in wanted.items():
            for raw in work.procore.contracts(project_id, kind, ids=ids, deleted=True):
                yield trimmed(raw, project_id, kind)

    def list_of(self, raw: Mapping[str, Any]) -> str:
        return f"commitments/{raw.get('project_id')}"

    def complete(self, work: Work, around: CommitmentsAround, records: Sequence[Contract]) -> None:
        """Read the lines of the commitments that may be written, and the contacts of new ones."""
        for contract in records:
            if around.ends(contract):
                continue
            kind: Any = contract.kind
            lines = list(work.procore.contract_lines(contract.project_id, kind, contract.id))
            with reading(contract, around):
                around.lines[contract.id] = schedule(lines)
        _totals_again(work, around, records)
        new = (r for r in records if is_new(r, around, ENTITY.kind) and not r.deleted)
        due = (contact_id(r, around) for r in new if not unmet(ENTITY, r, around))
        remember_payees(work, around, due)

    def people(
        self, work: Work, around: CommitmentsAround, raws: Sequence[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Ask for each commitment by itself: no list knows who created it."""
        found = {}
        for raw in raws:
            try:
                record = work.procore.commitment(raw["project_id"], raw["id"])
            except ApiError as error:
                if not not_permitted(error):
                    raise
                continue  # it was deleted, or is hidden from us
            found[str(raw["id"])] = named(record.get("created_by") or {})
        return found

    def recheck(self, work: Work, around: CommitmentsAround, changes: list[Change]) -> list[Change]:
        return checked_orders(work, around, changes)

    def save(
        self, work: Work, around: CommitmentsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        return saved_orders(work, around, batch, key)

    def find(
        self, work: Work, around: CommitmentsAround, doubts: Sequence[Doubt]
    ) -> Iterator[Found]:
        for doubt in doubts:
            yield found_order(work, doubt)

    def _touched(
        self, work: Work, around: CommitmentsAround, seen: set[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield commitments that did not change, but whose order was edited or deleted in Xero."""
        links = work.ledger.links(ENTITY.kind, xero_ids=list(around.held_now))
        touched = [
            {"id": int(link.procore_id), **{k: link.data[k] for k in ("project_id", "kind")}}
            for link in links
            if link.procore_id not in seen
            and {"project_id", "kind"} <= link.data.keys()
            and around.held_now.get(link.xero_id, link.held) != link.held
        ]
        yield from self.again(work, around, touched)


def trimmed(raw: Mapping[str, Any], project_id: int, kind: str) -> dict[str, Any]:
    """Return what is read of a contract: without what changes with each claim and payment."""
    known = {**raw, "project_id": project_id, "kind": kind}
    return {name: known.get(name) for name in READ if name in known}


def _contracts(work: Work, projects: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the commitments of *projects* that changed since they were last read, both kinds.

    A project that Procore hides is noted and left for the next run; the others go on.
    """
    streams = {project: f"commitments/{project}" for project in projects}
    marks = {p: None if work.asked.one else work.since(s) for p, s in streams.items()}

    def read(project: int) -> Iterator[dict[str, Any]]:
        try:
            for kind in KINDS:
                for raw in work.procore.contracts(
                    project,
                    kind,
                    updated_since=marks[project],
                    updated_until=work.until if marks[project] else None,
                    deleted=True,
                ):
                    yield trimmed(raw, project, kind)
        except ApiError as error:
            if not not_permitted(error):
                raise
            work.unread(streams[project])
            work.note(f"PROJECT_HIDDEN: project {project} can't be read: {in_full(error)}")

    sizes = {}
    for project, raws in work.procore.each_project(projects, read):
        sizes[streams[project]] = len(raws)
        yield from raws
    work.read_whole("commitments", sizes)


def _totals_again(work: Work, around: CommitmentsAround, records: Sequence[Contract]) -> None:
    """Read the totals again that the lines do not come to: a changed line dates nothing else."""
    stale: dict[tuple[int, Any], list[int]] = defaultdict(list)
    for contract in records:
        lines = around.lines.get(contract.id)
        if lines is not None and exact_total(lines) != contract.total:
            stale[contract.project_id, contract.kind].append(contract.id)
    for (project_id, kind), ids in stale.items():
        for raw in work.procore.contracts(project_id, kind, ids=ids):
            with suppress(MappingError):  # then the total that was read before is told
                around.totals[raw["id"]] = money(raw.get("grand_total"))


def _one(work: Work, number: str) -> Iterator[dict[str, Any]]:
    """Yield the commitments of the asked project that have *number*."""
    if not work.asked.project_number:
        raise UnknownRecord(
            "One commitment needs its project number too: numbers repeat from project to project."
        )
    project_id = projects_numbered(work, work.asked.project_number)[0]["id"]
    found = [
        trimmed(raw, project_id, kind)
        for kind in KINDS
        for raw in work.procore.contracts(project_id, kind)
        if str(raw["number"]).strip() == number
    ]
    if not found:
        raise UnknownRecord(
            f"Project {work.asked.project_number} has no commitment with the number {number!r}."
        )
    yield from found
