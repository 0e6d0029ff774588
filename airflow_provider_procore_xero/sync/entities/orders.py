"""A purchase order as Xero holds it: whose line is whose, and how it is written without loss.

An update deletes every line that it does not send back, so each write carries all lines: those that
are not ours to change exactly as they were read, with their ids.
https://developer.xero.com/documentation/api/accounting/purchaseorders
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.lines import in_one_order, options_of
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, decimal, money
from airflow_provider_procore_xero.sync.plan import Reason, differences

NUMBER_LENGTH = 50
"""Xero states no limit for an order's number; this much every one of its numbers takes."""
MOST_REVISIONS = 20
_COMPUTED = frozenset({"LineAmount", "AccountID", "Item", "ValidationErrors", "Warnings"})
"""Fields of a line that Xero works out, or that say a second time what another one says."""

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase order as it is now."""

    id: str
    number: str
    status: str
    contact_id: str
    dated: str
    lines: tuple[Line, ...]

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        """Read one record of ``GET /PurchaseOrders``."""
        return cls(
            id=record["PurchaseOrderID"],
            number=record.get("PurchaseOrderNumber") or "",
            status=record["Status"],
            contact_id=(record.get("Contact") or {}).get("ContactID") or "",
            dated=str(parse_date(record.get("DateString") or record.get("Date")) or ""),
            lines=tuple(record.get("LineItems") or ()),
        )

    @property
    def gone(self) -> bool:
        return self.status == "DELETED"

    @property
    def billed(self) -> bool:
        return self.status == "BILLED"

    @property
    def net(self) -> Decimal:
        """What its lines come to, as they are entered."""
        return sum((money(line.get("LineAmount")) for line in self.lines), ZERO)

    def content(self, ids: Collection[str] | None = None) -> dict[str, Any]:
        """Return what must stay as we wrote it, of the lines *ids* or of all."""
        chosen = [x for x in self.lines if ids is None or x["LineItemID"] in ids]
        return content(self.contact_id, self.number, chosen)

    def written(self, lines: Sequence[Line]) -> dict[str, Any]:
        """Return the update that leaves the order with *lines*."""
        update = {
            "PurchaseOrderID": self.id,
            "Contact": {"ContactID": self.contact_id},
            "LineItems": list(lines),
        }
        return {**update, "Date": self.dated} if self.dated else update


def content(contact_id: str, number: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Return what is compared of an order: its contact, number, amounts and coding."""
    return {
        "Contact": contact_id,
        "PurchaseOrderNumber": number,
        "Lines": in_one_order((line_amount(line), line) for line in lines),
    }


def expected(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``content`` of an order that was sent as *payload*."""
    contact = payload["Contact"]["ContactID"]
    return content(contact, payload["PurchaseOrderNumber"], payload["LineItems"])


def line_amount(line: Line) -> Decimal:
    """Return what a line comes to, as Xero states it or will."""
    if line.get("LineAmount") is not None:
        return money(line["LineAmount"])
    if line.get("UnitAmount") is None:
        return ZERO
    whole = decimal(line.get("Quantity", 1)) * decimal(line["UnitAmount"])
    return money(whole - whole * decimal(line.get("DiscountRate") or 0) / 100)


def composed(
    order: Order, mine: Mapping[str, str], wanted: Sequence[tuple[str, Line]]
) -> list[dict[str, Any]]:
    """Return all lines of *order* with ours as *wanted*: changed in place, dropped, or added below.

    :param mine: the order's line ids by the Procore ids of what they were written from.
    :param wanted: Procore ids and lines, in order.
    """
    by_line = {line_id: source for source, line_id in mine.items()}
    new = dict(wanted)
    lines = []
    for line in order.lines:
        source = by_line.get(line["LineItemID"])
        if source is None:
            lines.append(as_it_is(line))
        elif source in new:
            lines.append({**new[source], "LineItemID": line["LineItemID"]})
    standing = {by_line[x["LineItemID"]] for x in order.lines if x["LineItemID"] in by_line}
    return lines + [dict(line) for source, line in wanted if source not in standing]


def as_it_is(line: Line) -> dict[str, Any]:
    """Return a line as it must be sent to stay the same."""
    return {name: value for name, value in line.items() if name not in _COMPUTED}


def written_ids(
    answered: Sequence[Line], sent: Sequence[Line], sources: Sequence[str], mine: Mapping[str, str]
) -> dict[str, str]:
    """Return the line ids by Procore id, once Xero has answered a write with *answered* lines.

    Lines that were sent without an id are the new ones. In which order they come back is promised
    nowhere, so they are known by what they say; those that say the same stand for one another.
    """
    known = {line["LineItemID"] for line in sent if line.get("LineItemID")}
    kept = {source: mine[source] for source in sources if mine.get(source) in known}
    new = [source for source in sources if source not in kept]
    wanted = list(zip(new, (x for x in sent if not x.get("LineItemID")), strict=False))
    left = [line for line in answered if line["LineItemID"] not in known]
    found = _matched(left, wanted, incomplete=True)
    rest = [source for source in new if source not in found]
    ids = [x["LineItemID"] for x in left if x["LineItemID"] not in found.values()]
    return {**kept, **found, **dict(zip(rest, ids, strict=False))}


def claimed(
    order: Order,
    wanted: Sequence[tuple[str, Line]],
    taken: Collection[str] = (),
    *,
    incomplete: bool = False,
) -> dict[str, str]:
    """Return which of the order's lines are *wanted* already, beside those that are *taken*.

    :param incomplete: a line that lacks some of its tracking is still the one.
    """
    left = [line for line in order.lines if line["LineItemID"] not in taken]
    return _matched(left, wanted, incomplete=incomplete)


def _matched(
    lines: Sequence[Line], wanted: Sequence[tuple[str, Line]], *, incomplete: bool
) -> dict[str, str]:
    left = list(lines)
    found: dict[str, str] = {}
    for source, line in wanted:
        alike = [x for x in left if _signature(x)[:-1] == _signature(line)[:-1]]
        same = next((x for x in alike if _signature(x) == _signature(line)), None)
        if same is None and incomplete:
            same = next((x for x in alike if set(options_of(x)) <= set(options_of(line))), None)
        if same is not None:
            left.remove(same)
            found[source] = same["LineItemID"]
    return found


def drifted_order(
    link: Link, orders: Mapping[str, Order], links_on: Callable[[str], Iterable[Link]]
) -> Reason | None:
    """Return why the linked order is no longer what we left, or None where it is, or is unread."""
    order = orders.get(link.xero_id)
    if link.state == "orphaned" or (order is not None and order.gone):
        return Reason(
            code="ORDER_DELETED",
            sentence=f"Order {link.xero_name} was deleted in Xero. It is not sent again.",
            fix="Unlink the commitment to have it sent anew, under a new number.",
        )
    if order is None or not link.held:
        return None
    now = order.content(set(lines_of(link, order, links_on).values()))
    if fingerprint(now) == link.held:
        return None
    changed = differences(link.data.get("content", {}), now)
    said = "; ".join(f"{f.name} {f.before} → {f.after}" for f in changed[:4])
    return Reason(
        code="ORDER_EDITED",
        sentence=f"Order {order.number} was changed in Xero since we wrote it: {said}.",
        fix="Undo the change in Xero, or unlink the order if Xero's version is the right one.",
    )


def lines_of(link: Link, order: Order, links_on: Callable[[str], Iterable[Link]]) -> dict[str, str]:
    """Return the ids of the order's lines that are the linked record's, by Procore id.

    An update that was at work still when the next one was written leaves the lines that both have
    added under ids of its own. Such lines are known by what they say.

    :param links_on: the links that have lines on an order, by its id.
    """
    lines = dict(link.data.get("lines", {}))
    if set(lines.values()) <= {line["LineItemID"] for line in order.lines}:
        return lines
    return _shares(order, links_on(order.id)).get((link.kind, link.procore_id), lines)


def taken_on(order: Order, links_on: Callable[[str], Iterable[Link]]) -> set[str]:
    """Return the ids of the order's lines that are some linked record's."""
    shares = _shares(order, links_on(order.id)).values()
    return {line for lines in shares for line in lines.values()}


def _shares(order: Order, links: Iterable[Link]) -> dict[tuple[str, str], dict[str, str]]:
    """Return whose line is whose, by kind and Procore id of the record."""
    links = list(links)
    known = {line for link in links for line in link.data.get("lines", {}).values()}
    free = [line for line in order.lines if line["LineItemID"] not in known]
    return {(link.kind, link.procore_id): _share(link, order, free) for link in links}


def _share(link: Link, order: Order, free: list[Line]) -> dict[str, str]:
    """Return the link's lines, those that are gone under the ids of *free* ones that read alike."""
    lines: dict[str, str] = dict(link.data.get("lines", {}))
    there = {line["LineItemID"] for line in order.lines}
    kept = {source: line for source, line in lines.items() if line in there}
    gone = [source for source in lines if source not in kept]
    missing = list(link.data.get("content", {}).get("Lines", ()))
    for line in order.content(set(kept.values()))["Lines"]:
        if line in missing:
            missing.remove(line)
    found: list[Line] = []
    for line in free:
        (said,) = in_one_order([(line_amount(line), line)])
        if said in missing and len(found) < len(gone):
            missing.remove(said)
            found.append(line)
    if len(found) < len(gone):
        return lines
    for line in found:
        free.remove(line)
    return kept | dict(zip(gone, (line["LineItemID"] for line in found), strict=True))


def with_added(
    order: Order,
    wanted: Sequence[tuple[str, Line]],
    mine: Mapping[str, str],
    taken: Collection[str],
) -> dict[str, str]:
    """Return *mine* and the lines that an update has added whose answer was lost.

    To add them again would order the same work twice.

    :param taken: ids of the order's lines that are some record's.
    """
    new = [(source, line) for source, line in wanted if source not in mine]
    return {**mine, **claimed(order, new, {*taken, *mine.values()}, incomplete=True)}


def _signature(line: Line) -> tuple[Any, ...]:
    return (
        str(line.get("Description") or "").strip(),
        decimal(line.get("Quantity") or 0).normalize(),
        decimal(line.get("UnitAmount") or 0).normalize(),
        options_of(line),
    )


def free_number(
    base: str, owned: Callable[[str], bool], numbered: Callable[[str], Order | None]
) -> str:
    """Return *base*, or its next revision where a deleted order keeps the number for ever.

    A number that an order still has is returned all the same: whose it is, is judged there.

    :param owned: whether another of our records has a number.
    """
    for revision in range(1, MOST_REVISIONS):
        number = base if revision == 1 else f"{base}-R{revision}"
        if owned(number):
            continue
        order = numbered(number)
        if order is None or not order.gone:
            return number
    raise MappingError(
        f"Order number {base} and {MOST_REVISIONS - 2} revisions of it are used up in Xero.",
        code="NUMBER_TAKEN",
        fix="Give the commitment another number in Procore.",
    )
