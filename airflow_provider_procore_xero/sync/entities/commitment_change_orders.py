"""Commitment change orders become lines of their commitment's purchase order, below the old ones.

Procore: ``GET /rest/v1.0/change_order_packages`` of each project says which there are, their status
and their total, in projects of any number of tiers; a package's own answer has its lines. Xero:
``POST /PurchaseOrders`` with the order's id and every line it has. Several change orders share one
order, so the id of the pair is the order's and the package's, joined by ``#``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.bills import LINE_AMOUNT_TYPES
from airflow_provider_procore_xero.sync.entities.order_lines import (
    LINE_CONDITIONS,
    OrdersAround,
    to_line,
    total,
)
from airflow_provider_procore_xero.sync.entities.orders import Line, Order, claimed, free_number
from airflow_provider_procore_xero.sync.entities.projects import IN_AN_ACTIVE_PROJECT
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Create, Desired
from airflow_provider_procore_xero.sync.text import cut, plain

CANCELLED = ("void", "rejected")
REFERENCE_LENGTH = 255
READ = (
    "id", "project_id", "contract_id", "number", "title", "status", "grand_total", "updated_at",
    "deleted_at", "currency_configuration",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder:
    """A change order package of a commitment."""

    id: int
    project_id: int
    commitment_id: int
    commitment: str
    number: str
    name: str
    status: str
    total: Decimal | None
    currency: str
    deleted: bool

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /rest/v1.0/change_order_packages``."""
        link = None if around is None else around.commitment_link(record["contract_id"])
        worth = record.get("grand_total")
        return cls(
            id=record["id"],
            project_id=record["project_id"],
            commitment_id=record["contract_id"],
            commitment=str(link.data.get("number", "")) if link else "",
            number=plain(record["number"]),
            name=plain(record["title"]),
            status=record["status"],
            total=None if worth is None else money(worth),
            currency=(record.get("currency_configuration") or {}).get("currency_iso_code") or "",
            deleted=bool(record.get("deleted_at")),
        )

    @property
    def title(self) -> str:
        of = f" of {self.commitment}" if self.commitment else ""
        return f"Change order {self.number}{of} · {self.name}".rstrip(" ·")


@dataclass(kw_only=True)
class ChangeOrdersAround(OrdersAround):
    """What change orders are judged against.

    :param numbered: finds the order that has a number in Xero, a deleted one too.
    :param taken: ids of lines that are written down as somebody's.
    :param worth: what each order comes to with what this plan adds, by id.
    :param creators: who created each change order whose lines were read, by its id.
    """

    kind: ClassVar[str] = "commitment_change_order"
    numbered: Callable[[str], Order | None] = lambda number: None
    taken: set[str] = field(default_factory=set)
    worth: dict[str, Decimal] = field(default_factory=dict)
    creators: dict[str, str] = field(default_factory=dict)

    def commitment_link(self, commitment_id: int) -> Link | None:
        link = self.links.find("commitment", "procore", commitment_id)
        return link if link is not None and link.state == "active" else None

    def own_link(self, change: ChangeOrder) -> Link | None:
        """Return the link of a change order that was written, and whose order stands."""
        link = self.links.find("commitment_change_order", "procore", change.id)
        written = link is not None and not link.planned and link.state == "active"
        return link if written else None

    def ends(self, record: ChangeOrder) -> bool:
        """Whether it was deleted, or cancelled after its lines were written."""
        return record.deleted or (record.status in CANCELLED and self.own_link(record) is not None)

    def order_id(self, change: ChangeOrder) -> str:
        """Return the id of the order that has, or will have, the change order's lines."""
        if link := self.own_link(change):
            return link.xero_id.partition("#")[0]
        commitment = self.commitment_link(change.commitment_id)
        return commitment.xero_id if commitment else ""

    def order(self, change: ChangeOrder) -> Order | None:
        return self.orders.get(self.order_id(change))

    def page(self, change: ChangeOrder) -> str:
        """Return the commitment's page in Procore, where its change orders are listed."""
        commitment = self.commitment_link(change.commitment_id)
        kind = str(commitment.data.get("kind", "")) if commitment else ""
        return self.pages.commitment(change.project_id, kind, change.commitment_id)

    def supplements(self, change: ChangeOrder) -> bool:
        """Whether the lines stand on an order of their own, the commitment's being billed."""
        if link := self.own_link(change):
            return bool(link.data.get("supplement"))
        order = self.order(change)
        policy = self.settings.commitments.billed_po
        return policy == "supplement" and order is not None and order.billed


def to_lines(change: ChangeOrder, around: ChangeOrdersAround) -> Desired | None:
    """Return the lines that should stand on the order, None where they should not.

    :raises MappingError: where they would take the order below zero.
    """
    if around.ends(change):
        return None
    project = around.links.need("project", "procore", change.project_id)
    commitment = around.links.need("commitment", "procore", change.commitment_id)
    lines = [(x.id, to_line(x, around, project)) for x in around.lines[change.id]]
    net = total(around.lines[change.id])
    data: dict[str, Any] = {
        "project_id": change.project_id,
        "commitment_id": change.commitment_id,
        "number": change.number,
        "order_id": around.order_id(change),
        "net": str(net),
        "sources": [source for source, _ in lines],
    }
    if around.supplements(change):
        return _supplement(change, commitment, lines, data, around)
    found = _already(change, lines, around)
    if not found:
        _add(change, net, around)
    return Desired(
        payload={"LineItems": [line for _, line in lines]},
        name=f"{commitment.xero_name} · CO {change.number}",
        data=data | found,
    )


def _supplement(
    change: ChangeOrder,
    commitment: Link,
    lines: list[tuple[str, dict[str, Any]]],
    data: dict[str, Any],
    around: ChangeOrdersAround,
) -> Desired:
    """Return a whole order, numbered after the billed one; it can't be below zero by itself."""
    if Decimal(data["net"]) < ZERO:
        raise _below_zero(change, Decimal(data["net"]))
    link = around.own_link(change)
    base = f"{commitment.xero_name}-CO{change.number.lstrip('0') or change.number}"
    number = link.xero_name if link else free_number(base, lambda n: False, around.numbered)
    vendor_id = str(commitment.data.get("contact") or "")
    order = around.orders.get(commitment.xero_id)
    payload = {
        "PurchaseOrderNumber": number,
        "Contact": {"ContactID": order.contact_id if order else vendor_id},
        "Date": str(commitment.data.get("date", "")),
        "Reference": cut(change.name, REFERENCE_LENGTH),
        "LineAmountTypes": LINE_AMOUNT_TYPES[around.settings.tax.amounts],
        "CurrencyCode": around.currency,
        "Status": "AUTHORISED",
        "LineItems": [line for _, line in lines],
    }
    return Desired(payload=payload, name=number, data={**data, "supplement": True})


def _already(
    change: ChangeOrder, lines: Sequence[tuple[str, Line]], around: ChangeOrdersAround
) -> dict[str, Any]:
    """Return whose line is whose where all stand on the order, though no link says so."""
    order = around.order(change)
    if order is None or around.own_link(change) is not None:
        return {}
    found = claimed(order, lines, around.taken)
    if len(found) < len(lines):
        return {}
    around.taken.update(found.values())
    return {"lines": found, "content": order.content(found.values())}


def _add(change: ChangeOrder, net: Decimal, around: ChangeOrdersAround) -> None:
    """Count the change order into its order's worth."""
    order_id = around.order_id(change)
    link, order = around.own_link(change), around.orders.get(order_id)
    if order_id not in around.worth:
        commitment = around.commitment_link(change.commitment_id)
        planned = Decimal(commitment.data.get("net", "0")) if commitment else ZERO
        around.worth[order_id] = order.net if order else planned
    before = Decimal(link.data.get("net", "0")) if link else ZERO
    worth = around.worth[order_id] + net - before
    if worth < ZERO:
        raise _below_zero(change, worth)
    around.worth[order_id] = worth


def _below_zero(change: ChangeOrder, worth: Decimal) -> MappingError:
    return MappingError(
        f"{change.title} would take its order in Xero to {worth}; Xero takes none below zero.",
        code="ORDER_BELOW_ZERO",
        fix="Check the change order in Procore; take the amount off the order in Xero by hand.",
    )


def lines_twin(change: ChangeOrder, desired: Desired, around: ChangeOrdersAround) -> Twin | None:
    """Return the lines of the order that are the change order's already: the ledger forgot it.

    :raises MappingError: where a supplement's number belongs to another order.
    """
    if "lines" in desired.data:
        return Twin(target_id=composed_id(around.order_id(change), change.id))
    if not desired.data.get("supplement"):
        return None
    order = around.numbered(desired.name)
    if order is None or order.gone:
        return None
    lines = list(zip(desired.data["sources"], desired.payload["LineItems"], strict=True))
    if len(claimed(order, lines)) == len(lines) == len(order.lines):
        return Twin(target_id=composed_id(order.id, change.id))
    raise MappingError(
        f"Xero has an order {desired.name} already.",
        code="NUMBER_TAKEN",
        fix="Renumber or delete that order in Xero.",
    )


def composed_id(order_id: str, package_id: object) -> str:
    """Return the Xero id of a change order: that of its order, and which part of it."""
    return f"{order_id}#{package_id}"


def supplement(change: Any) -> str:
    """Return whose whole order a change is, which goes alone; lines of standing orders go together.

    Two new orders of one number in one call might become one.
    """
    new = isinstance(change, Create) and change.desired.data.get("supplement")
    return change.about.source_id if new else ""


def conflicts(change: ChangeOrder, around: ChangeOrdersAround) -> str:
    """Return what of the order is not as the commitment says: its number or its contact."""
    order, commitment = around.order(change), around.commitment_link(change.commitment_id)
    if order is None or commitment is None or around.supplements(change):
        return ""
    said = []
    if commitment.xero_name and order.number != commitment.xero_name:
        said.append(f"its number is {order.number}, not {commitment.xero_name}")
    contact = str(commitment.data.get("contact") or order.contact_id)
    if order.contact_id != contact:
        said.append("it is another contact's")
    return "; ".join(said)


def _staying(check: Callable[[ChangeOrder, ChangeOrdersAround], bool]) -> Any:
    """Return *check* for change orders whose lines are to stay."""
    return lambda r, a: a.ends(r) or check(r, a)


def _standing(change: ChangeOrder, around: ChangeOrdersAround) -> bool:
    order = around.order(change)
    return order is None or not order.gone


def _open(change: ChangeOrder, around: ChangeOrdersAround) -> bool:
    order = around.order(change)
    return order is None or not order.billed or around.supplements(change)


CONDITIONS = (
    IN_AN_ACTIVE_PROJECT,
    Condition(
        code="CHANGE_ORDER_NOT_APPROVED",
        asks="Is it approved?",
        met=_staying(lambda r, a: r.status == "approved"),
        sentence="{r.title} is {r.status!r} in Procore.",
        fix="Approve it in Procore.",
        waits=True,
    ),
    Condition(
        code="COMMITMENT_NOT_LINKED",
        asks="Is its commitment a purchase order in Xero?",
        met=_staying(lambda r, a: a.commitment_link(r.commitment_id) is not None),
        sentence="The commitment of {r.title} has no purchase order in Xero.",
        fix="Run procore_xero_commitments; it says why if the commitment is held there.",
    ),
    Condition(
        code="PROJECT_NOT_LINKED",
        asks="Is its project integrated?",
        met=_staying(lambda r, a: a.linked("project", r.project_id)),
        sentence="The project of {r.title} has no tracking option in Xero.",
        fix="Run procore_xero_projects first; it says why if the project is held there.",
    ),
    Condition(
        code="CURRENCY_DIFFERS",
        asks="Is it in the organisation's currency?",
        met=_staying(lambda r, a: not r.currency or not a.currency or r.currency == a.currency),
        sentence="{r.title} is in {r.currency}, the Xero organisation keeps {a.currency}.",
        fix="Enter its lines in Xero by hand.",
    ),
    Condition(
        code="ORDER_DELETED",
        asks="Does its purchase order still stand?",
        met=_staying(_standing),
        sentence="The purchase order of {r.title} was deleted in Xero.",
        fix="Unlink the commitment and the change order to have both sent anew.",
    ),
    Condition(
        code="ORDER_CONFLICT",
        asks="Do the order's number and contact agree with its commitment?",
        met=_staying(lambda r, a: not conflicts(r, a)),
        sentence="The purchase order of {r.title} was changed in Xero: {d}.",
        detail=conflicts,
        fix="Undo the change in Xero, or unlink the commitment from that order.",
    ),
    Condition(
        code="ORDER_BILLED",
        asks="Is the order not marked as billed (or does `commitments.billed_po` supplement it)?",
        met=_staying(_open),
        sentence="The purchase order of {r.title} is marked as billed in Xero.",
        fix="Unmark it as billed in Xero, or set commitments.billed_po to supplement.",
    ),
    *LINE_CONDITIONS,
)

ENTITY = Entity(
    name="commitment_change_orders",
    kind="commitment_change_order",
    source="procore",
    target="xero",
    batch=50,
    alike=supplement,
    parse=ChangeOrder.from_procore,
    conditions=CONDITIONS,
    desired=to_lines,
    twin=lines_twin,
    source_url=lambda r, a: a.page(r),
    target_url=lambda target_id, data, a: a.pages.purchase_order(target_id.partition("#")[0]),
    refers_to=("commitment", "commitment_change_order", "project", "vendor", "cost_code"),
    mapping=(
        MapRow(
            r="R82",
            source="Commitment of the change order",
            target="The purchase order that gets the lines",
            rule="by link; held where the order's number or contact is another in Xero",
        ),
        MapRow(
            r="R83",
            source="Line cost code and cost type",
            target="Line `ItemCode`, or `AccountCode` and `Tracking`",
            rule="as with commitments; a line without a cost type takes that of the commitment's"
            " lines of the same code",
        ),
        MapRow(
            r="R83",
            source="Line `description`",
            target="Line `Description`",
            rule="plain text; `-` if empty",
        ),
        MapRow(
            r="R83",
            source="Line `quantity`, `unit_cost`, amount with markup",
            target="Line `Quantity`, `UnitAmount`",
            rule="as with commitments; may be negative while the order is not below zero",
        ),
        MapRow(
            r="R83",
            source="Project",
            target="Line `Tracking`",
            rule="the linked option of the category, by its present name",
        ),
    ),
)
