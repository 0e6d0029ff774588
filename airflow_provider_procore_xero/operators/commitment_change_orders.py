"""Commitment change orders → lines of the same purchase order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, UnknownRecord, in_full
from airflow_provider_procore_xero.operators.base import SyncOperator, ids_of
from airflow_provider_procore_xero.operators.commitments import KINDS, OFF
from airflow_provider_procore_xero.operators.orders import (
    FIX,
    deletion,
    found_order,
    lost,
    numbers,
    order_of,
    order_result,
    surroundings,
)
from airflow_provider_procore_xero.operators.projects import chosen_projects, projects_numbered
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.approval import named
from airflow_provider_procore_xero.sync.entities.commitment_change_orders import (
    ENTITY,
    READ,
    ChangeOrder,
    ChangeOrdersAround,
    composed_id,
    supplement,
)
from airflow_provider_procore_xero.sync.entities.order_lines import schedule, with_types
from airflow_provider_procore_xero.sync.entities.orders import (
    Order,
    claimed,
    composed,
    lines_of,
    taken_on,
    with_added,
    written_ids,
)
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Change, Create, Hold, Reason, Remove, Update
from airflow_provider_procore_xero.sync.planning import reading
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved, Unclear

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

AMOUNTS = ("extended_amount", "total_amount", "amount")
"""A change order's extended amounts have its markup in them, as its total has."""
Write = Create | Update | Remove


class CommitmentChangeOrdersToPurchaseOrdersOperator(SyncOperator):
    """Add the lines of approved commitment change orders to their commitments' purchase orders.

    :param project_number: one project's number; alone, all change orders of that project.
    :param commitment_number: only change orders of this commitment of the project.
    """

    template_fields = (*SyncOperator.template_fields, "project_number", "commitment_number")
    entity = ENTITY
    lease = "commitment"  # they change the purchase orders that commitments make
    selects = ("project_number", "commitment_number")

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

    def around(self, work: Work) -> ChangeOrdersAround:
        links = work.load_links(*ENTITY.refers_to)
        return ChangeOrdersAround(
            **surroundings(work, links),
            numbered=numbers(work, (), whole=False),
        )

    def read(self, work: Work, around: ChangeOrdersAround) -> Iterator[dict[str, Any]]:
        only = _commitment_asked(work)
        for project_id, raws in _packages(work, chosen_projects(work)):
            known = _commitments_among(work, around, project_id, raws)
            for raw in raws:
                if raw["contract_id"] in known and only in (None, raw["contract_id"]):
                    yield trimmed(raw, project_id)

    def again(
        self, work: Work, around: ChangeOrdersAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        wanted: dict[int, list[int]] = defaultdict(list)
        for raw in raws:
            wanted[raw["project_id"]].append(raw["id"])
        for project_id, ids in wanted.items():
            for raw in work.procore.change_order_packages(project_id, ids=ids, deleted=True):
                yield trimmed(raw, project_id)

    def list_of(self, raw: Mapping[str, Any]) -> str:
        return f"change orders/{raw.get('project_id')}"

    def complete(
        self, work: Work, around: ChangeOrdersAround, records: Sequence[ChangeOrder]
    ) -> None:
        """Read the lines of those that may be written, and the orders that they go to."""
        for change in records:
            order_id = around.order_id(change)
            if order_id and not order_id.startswith("planned:"):
                _order(work, around, order_id)
            if around.ends(change):
                continue
            commitment = around.commitment_link(change.commitment_id)
            types = commitment.data.get("types", {}) if commitment else {}
            package = work.procore.change_order_package(change.project_id, change.id)
            around.creators[str(change.id)] = named(package.get("creator") or {})
            with reading(change, around):
                lines = schedule(package.get("line_items") or (), amounts=AMOUNTS)
                around.lines[change.id] = with_types(lines, types)
                if package.get("grand_total") is not None:
                    around.totals[change.id] = money(package["grand_total"])

    def people(
        self, work: Work, around: ChangeOrdersAround, raws: Sequence[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Return what was read with the lines, which only a package's own answer has."""
        return {i: around.creators[i] for i in ids_of(raws) if i in around.creators}

    def recheck(
        self, work: Work, around: ChangeOrdersAround, changes: list[Change]
    ) -> list[Change]:
        return [_checked(around, c) if isinstance(c, Remove) else c for c in changes]

    def save(
        self, work: Work, around: ChangeOrdersAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        first = batch[0].change
        if supplement(first):
            assert isinstance(first, Create)
            return iter([_supplemented(work, first, key)])
        return _written(work, around, batch, key)

    def find(
        self, work: Work, around: ChangeOrdersAround, doubts: Sequence[Doubt]
    ) -> Iterator[Found]:
        for doubt in doubts:
            yield _found(work, around, doubt)


# Reading


def _order(work: Work, around: ChangeOrdersAround, order_id: str) -> Order | None:
    """Return the order as it is now, and know which of its lines are somebody's."""
    order = order_of(work, around, order_id)
    if order is not None:
        around.taken.update(taken_on(order, around.links_on))
    return order


def trimmed(raw: Mapping[str, Any], project_id: int) -> dict[str, Any]:
    """Return what is read of a package."""
    known = {**raw, "project_id": project_id}
    return {name: known[name] for name in READ if name in known}


def _packages(
    work: Work, projects: Sequence[int]
) -> Iterator[tuple[int, Sequence[dict[str, Any]]]]:
    """Yield each project's packages that changed since they were last read, oldest first."""
    streams = {project: f"change orders/{project}" for project in projects}
    marks = {p: None if work.asked.one else work.since(s) for p, s in streams.items()}

    def read(project: int) -> Iterator[dict[str, Any]]:
        try:
            yield from work.procore.change_order_packages(
                project,
                updated_since=marks[project],
                updated_until=work.until if marks[project] else None,
                deleted=True,
            )
        except ApiError as error:
            if not not_permitted(error):
                raise
            work.unread(streams[project])
            work.note(f"PROJECT_HIDDEN: project {project} can't be read: {in_full(error)}")

    sizes = {}
    for project, raws in work.procore.each_project(projects, read):
        sizes[streams[project]] = len(raws)
        yield project, sorted(raws, key=lambda raw: raw["id"])
    work.read_whole("change orders", sizes)


def _commitments_among(
    work: Work, around: ChangeOrdersAround, project_id: int, raws: Sequence[Mapping[str, Any]]
) -> set[int]:
    """Return which of the contracts that *raws* change are commitments, not prime contracts."""
    contracts = {raw["contract_id"] for raw in raws}
    linked = {c for c in contracts if around.links.find("commitment", "procore", c)}
    unknown = sorted(contracts - linked)
    if not unknown:
        return linked
    found = (
        raw["id"]
        for kind in KINDS
        for raw in work.procore.contracts(project_id, kind, ids=unknown, deleted=True)
    )
    return linked | set(found)


def _commitment_asked(work: Work) -> int | None:
    """Return the id of the commitment that the run was asked for, or None for all."""
    number = work.asked.commitment_number
    if not number:
        return None
    if not work.asked.project_number:
        raise UnknownRecord(
            "One commitment needs its project number too: numbers repeat from project to project."
        )
    project_id = projects_numbered(work, work.asked.project_number)[0]["id"]
    for kind in KINDS:
        for raw in work.procore.contracts(project_id, kind):
            if str(raw["number"]).strip() == number:
                return int(raw["id"])
    raise UnknownRecord(
        f"Project {work.asked.project_number} has no commitment with the number {number!r}."
    )


def _checked(around: ChangeOrdersAround, change: Remove) -> Change:
    """Return *change*, or why lines of an order that has been billed stay there."""
    order = around.orders.get(change.target_id.partition("#")[0])
    if order is None or not order.billed:
        return change
    reason = Reason(
        code="ORDER_BILLED",
        sentence=f"{change.about.title} was cancelled in Procore, but order {order.number} is"
        " marked as billed in Xero, so its lines stay.",
        fix="Take its lines off the order in Xero by hand, then unlink the change order.",
    )
    return Hold(
        about=change.about,
        reasons=(reason,),
        target_id=change.target_id,
        target_url=change.target_url,
    )


# Writing


def _written(
    work: Work, around: ChangeOrdersAround, batch: Sequence[Stored], key: str
) -> Iterator[Result]:
    """Write one batch by one call, and yield what came of each change order.

    Their orders are read right before, so that no line of them is lost. Change orders of one order
    go together, each order once.
    """
    writes: list[_Write] = []
    for order_id, changes in _by_order(batch).items():
        raw = work.xero.purchase_order(order_id)
        order = Order.from_xero(raw) if raw else None
        if order is None or order.gone:
            yield from map(_without_order, changes)
        elif order.billed:
            yield from (_billed_meanwhile(change, order) for change in changes)
        else:
            writes.append(_rewritten(around, order, changes))
    if not writes:
        return
    elements = work.xero.update_purchase_orders([write.payload for write in writes], key)
    for write, element in zip(writes, elements, strict=True):
        yield from _results(around, write, element)


def _supplemented(work: Work, change: Create, key: str) -> Result:
    """Write the order of its own that a change order of a billed order becomes."""
    payload = dict(change.desired.payload)
    (element,) = work.xero.create_purchase_orders([payload], key)
    result = order_result(change, payload, element)
    return _named(result, change) if isinstance(result, Saved) else result


def _by_order(batch: Sequence[Stored]) -> dict[str, list[Write]]:
    """Return the changes of a batch by the id of the order that each is about."""
    found: dict[str, list[Write]] = defaultdict(list)
    for stored in batch:
        change = stored.change
        assert isinstance(change, Write)
        if isinstance(change, Create):
            found[str(change.desired.data["order_id"])].append(change)
        else:
            found[change.target_id.partition("#")[0]].append(change)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    """How one order is to be.

    :param wanted: the lines of its change orders, each under :func:`_own_name` of its source.
    :param mine: which of the order's lines are theirs now, by the same names.
    """

    changes: Sequence[Write]
    payload: dict[str, Any]
    wanted: Sequence[tuple[str, Mapping[str, Any]]]
    mine: Mapping[str, str]


def _rewritten(around: ChangeOrdersAround, order: Order, changes: Sequence[Write]) -> _Write:
    """Return how *order* is to be with all of *changes*, which are of one kind."""
    wanted: list[tuple[str, Mapping[str, Any]]] = []
    mine: dict[str, str] = {}
    for change in changes:
        source_id = change.about.source_id
        wanted += [(_own_name(source_id, source), line) for source, line in _own(change)]
        link = around.links.find(ENTITY.kind, "procore", source_id)
        if link is not None and not isinstance(change, Create):
            theirs = lines_of(link, order, around.links_on)
            mine |= {_own_name(source_id, source): line for source, line in theirs.items()}
    if isinstance(changes[0], Update):
        mine = with_added(order, wanted, mine, around.taken | taken_on(order, around.links_on))
    lines = composed(order, mine, wanted)
    payload = order.written(lines) if lines else deletion(order)
    return _Write(changes=changes, payload=payload, wanted=wanted, mine=mine)


def _results(around: ChangeOrdersAround, write: _Write, element: Element) -> Iterator[Result]:
    """Yield what came of each change order of one order."""
    if not element.saved:
        apart = len(write.changes) > 1
        for change in write.changes:
            source_id = change.about.source_id
            yield Refused(source_id=source_id, errors=element.errors, fix=FIX, apart=apart)
        return
    now = Order.from_xero(element.record)
    if isinstance(write.changes[0], Remove):
        for change in write.changes:
            source_id = change.about.source_id
            yield Saved(source_id=source_id, target_id=composed_id(now.id, source_id))
        return
    names = [name for name, _ in write.wanted]
    written = written_ids(now.lines, write.payload["LineItems"], names, write.mine)
    around.taken.update(written.values())
    reasons = lost(write.payload, now, element.errors)
    for change in write.changes:
        source_id = change.about.source_id
        own = ((source, _own_name(source_id, source)) for source, _ in _own(change))
        lines = {source: written[name] for source, name in own if name in written}
        yield Saved(
            source_id=source_id,
            target_id=composed_id(now.id, source_id),
            data={"lines": lines, "content": now.content(lines.values())},
            reasons=reasons,
        )


def _own_name(source_id: str, source: str) -> str:
    """Return what a change order's line is called beside those of others."""
    return f"{source_id}/{source}"


def _own(change: Write) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the lines that a change order should have, with what each is written from."""
    if not isinstance(change, Create | Update):
        return []
    desired = change.desired
    return list(zip(desired.data["sources"], desired.payload["LineItems"], strict=True))


def _billed_meanwhile(change: Write, order: Order) -> Refused:
    return Refused(
        source_id=change.about.source_id,
        errors=(f"Order {order.number} has been marked as billed since it was planned.",),
        fix="The next run decides by commitments.billed_po.",
    )


def _named(saved: Saved, change: Write) -> Saved:
    """Return *saved* under the id that the pair of a supplement has."""
    return replace(saved, target_id=composed_id(saved.target_id, change.about.source_id))


def _without_order(change: Write) -> Result:
    """Its order is gone: nothing is left to take away, and nothing can be added."""
    if isinstance(change, Remove):
        return Saved(source_id=change.about.source_id, target_id=change.target_id)
    return Refused(
        source_id=change.about.source_id,
        errors=("Its purchase order has been deleted in Xero since it was planned.",),
        fix="Unlink the commitment to have it sent anew.",
    )


def _found(work: Work, around: ChangeOrdersAround, doubt: Doubt) -> Found:
    """Look whether lines whose answer was lost stand on their order."""
    change = doubt.stored.change
    assert isinstance(change, Create)
    source_id = change.about.source_id
    if change.desired.data.get("supplement"):
        found = found_order(work, doubt)
        return _named(found, change) if isinstance(found, Saved) else found
    order = _order(work, around, str(change.desired.data["order_id"]))
    if order is None or order.gone:
        return Absent(source_id=source_id)
    lines = claimed(order, _own(change), around.taken, incomplete=True)
    if not lines:
        return Absent(source_id=source_id)
    if len(lines) < len(change.desired.data["sources"]):
        why = f"Order {order.number} has some of its lines, but not all."
        return Unclear(source_id=source_id, why=why)
    around.taken.update(lines.values())
    target_id = composed_id(order.id, source_id)
    mine = [line for line in order.lines if line["LineItemID"] in set(lines.values())]
    sent = {**change.desired.payload, "Contact": {"ContactID": order.contact_id}}
    return Saved(
        source_id=source_id,
        target_id=target_id,
        data={"lines": lines, "content": order.content(lines.values())},
        reasons=lost(sent, replace(order, lines=tuple(mine)), ()),
    )
