"""Purchase orders in Xero: reading them back, writing commitments, and looking for lost ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.cost_codes import closed_codes
from airflow_provider_procore_xero.operators.projects import inactive_projects, projects_of
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.commitments import CommitmentsAround
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.entities.orders import (
    Order,
    claimed,
    composed,
    content,
    drifted_order,
    lines_of,
    taken_on,
    with_added,
    written_ids,
)
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.plan import (
    Change,
    Create,
    Hold,
    Reason,
    Remove,
    Update,
    differences,
)
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved, Unclear

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entities.order_lines import OrdersAround
    from airflow_provider_procore_xero.sync.links import Link, Links
    from airflow_provider_procore_xero.sync.plan import Desired, Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result

STREAM = "orders written"
FIX = "Mend what Xero names, in Xero or in the settings; the next run sends it again."


def surroundings(work: Work, links: Links) -> dict[str, Any]:
    """Return what both commitments and their change orders are judged against."""
    settings = work.settings
    accounts = map(Account.from_xero, work.small("accounts", work.xero.accounts))
    items = _item_codes(work) if settings.cost_codes.target == "item" else frozenset()
    return {
        "settings": settings,
        "links": links,
        "pages": work.pages(),
        "one": work.asked.one,
        "inactive": inactive_projects(work),
        "closed": closed_codes(work, links, items),
        "codes": by_code(links),
        "items": items,
        "accounts": {account.code: account for account in accounts if account.code},
        "project_category": settings.projects.tracking_category,
        "code_category": settings.cost_codes.tracking_category,
        "currency": work.organisation().get("BaseCurrency") or "",
        "links_on": _links_on(work),
    }


def _links_on(work: Work) -> Callable[[str], Sequence[Link]]:
    """Return what finds the links of all that have lines on an order, by its id."""

    @cache
    def by_order() -> dict[str, list[Link]]:
        found: dict[str, list[Link]] = defaultdict(list)
        for kind in ("commitment", "commitment_change_order"):
            for link in work.ledger.links(kind):
                found[link.xero_id.partition("#")[0]].append(link)
        return found

    return lambda order_id: by_order().get(order_id, ())


def _item_codes(work: Work) -> frozenset[str]:
    """Return the codes of Xero's items, with those that this DAG run made or would make."""
    listed = {str(item["Code"]) for item in work.small("items", work.xero.items)}
    links = work.load_links("item").of("item")
    return frozenset(listed | {link.xero_name for link in links if link.state == "active"})


def places(work: Work) -> dict[str, Any]:
    """Return the number and the time zone of each project, by its id."""
    projects = projects_of(work)
    return {
        "project_numbers": {str(p["id"]): str(p.get("project_number") or "") for p in projects},
        "zones": {str(p["id"]): str(p.get("time_zone") or "") for p in projects},
    }


def remember_orders(work: Work, around: CommitmentsAround) -> None:
    """Read the orders that changed in Xero since the last run, and keep what concerns ours.

    That shows edited and deleted orders of ours, and on the first run every number that is taken.
    """
    since = work.since(STREAM)
    listed = work.counted(STREAM, work.xero.purchase_orders(modified_since=since))
    read = [Order.from_xero(raw) for raw in listed]
    around.numbered = numbers(work, read, whole=since is None)
    links = work.ledger.links("commitment", xero_ids=[order.id for order in read])
    ours = {link.xero_id: link for link in links}
    around.orders = {order.id: order for order in read if order.id in ours}
    around.held_now = {
        order.id: "gone" if order.gone else _print(order, ours[order.id], around)
        for order in around.orders.values()
        if ours[order.id].held
    }
    if not work.planning_only:
        _orphan_deleted(work, around, ours)
        _note_new_ids(work, around)


def _print(order: Order, link: Link, around: CommitmentsAround) -> str:
    own = lines_of(link, order, around.links_on).values()
    return fingerprint(order.content(set(own)))


def _orphan_deleted(work: Work, around: CommitmentsAround, ours: Mapping[str, Link]) -> None:
    gone = [
        link
        for link in ours.values()
        if link.state == "active"
        and around.orders[link.xero_id].gone
        and link.procore_id not in work.removing  # that was us
    ]
    for link in gone:
        work.note(f"ORDER_DELETED: order {link.xero_name} of {link.procore_name} was deleted.")
    if gone:
        ids = [link.procore_id for link in gone]
        work.ledger.orphan_links("commitment", "procore", ids, work.run)


def _note_new_ids(work: Work, around: CommitmentsAround) -> None:
    """Remember whose lines have other ids since an update landed late, on orders that were read."""
    moved = [
        replace(link, data={**link.data, "lines": lines})
        for order in around.orders.values()
        for link in around.links_on(order.id)
        if (lines := lines_of(link, order, around.links_on)) != link.data.get("lines", {})
    ]
    if moved:
        work.ledger.save_links(moved, work.run)
        around.links.add(moved)


def numbers(work: Work, read: Sequence[Order], *, whole: bool) -> Callable[[str], Order | None]:
    """Return what finds the order that has a number, asking Xero where *read* can't tell.

    :param whole: *read* is every order there is.
    """
    known = _by_number(read)
    asked: dict[str, Order | None] = {}
    every = cache(lambda: _by_number(map(Order.from_xero, work.xero.purchase_orders())))

    def find(number: str) -> Order | None:
        at_hand = known.get(number)
        if whole or (at_hand is not None and not at_hand.gone):
            return at_hand
        if not _fits_a_path(number):
            return every().get(number)
        if number not in asked:
            asked[number] = order_numbered(work, number)
        return asked[number]

    return find


def _by_number(orders: Iterable[Order]) -> dict[str, Order]:
    """Return *orders* by number, a living one before a deleted one."""
    found: dict[str, Order] = {}
    for order in orders:
        if order.number not in found or not order.gone:
            found[order.number] = order
    return found


def _fits_a_path(number: str) -> bool:
    """Whether Xero can be asked for a number: servers read an encoded slash as they like."""
    return not set("/\\%?#") & set(number) and bool(number.strip("."))


def order_numbered(work: Work, number: str) -> Order | None:
    """Return the order that has *number* in Xero, a deleted one too, or None."""
    if not _fits_a_path(number):
        return _by_number(map(Order.from_xero, work.xero.purchase_orders())).get(number)
    raw = work.xero.purchase_order(number)
    order = Order.from_xero(raw) if raw else None
    return order if order is not None and order.number == number else None


def order_of(work: Work, around: OrdersAround, order_id: str) -> Order | None:
    """Return the order as it is now, read once in a run."""
    if order_id not in around.orders:
        raw = work.xero.purchase_order(order_id)
        if raw is None:
            return None
        around.orders[order_id] = Order.from_xero(raw)
    return around.orders[order_id]


# Before anything is written


def checked_orders(work: Work, around: CommitmentsAround, changes: list[Change]) -> list[Change]:
    """Return *changes* with what each order's present state does not allow held back."""
    billed = _billed(work) if any(isinstance(c, Remove) for c in changes) else set()
    checked: list[Change] = []
    for change in changes:
        match change:
            case Update():
                checked.append(_checked_update(work, around, change))
            case Remove():
                checked.append(_checked_removal(work, around, change, billed))
            case _:
                checked.append(change)
    return checked


def _billed(work: Work) -> set[str]:
    """Return the ids of the commitments that a bill of ours stands for."""
    links = work.ledger.links("subcontractor_invoice")
    return {str(link.data.get("commitment_id")) for link in links if link.state == "active"}


def _checked_update(work: Work, around: CommitmentsAround, change: Update) -> Change:
    reason = _kept_from(work, around, change)
    return _held(change, reason) if reason else change


def _kept_from(work: Work, around: CommitmentsAround, change: Update) -> Reason | None:
    """Return why an order is not written to, as it is now."""
    order = order_of(work, around, change.target_id)
    if order is None:
        return _deleted(change.target_id)
    link = _link_of(around, change)
    if reason := drifted_order(link, around.orders, around.links_on) or _closed(order):
        return reason
    wanted = _own(change.desired)
    mine = link.data.get("lines") or claimed(order, wanted)
    if "lines" not in link.data and not len(mine) == len(wanted) == len(order.lines):
        return _differs(order)
    return None


def _link_of(around: CommitmentsAround, change: Update) -> Link:
    link = around.links.find("commitment", "procore", change.about.source_id)
    assert link is not None  # there is no update without one
    return link


def _checked_removal(
    work: Work, around: CommitmentsAround, change: Remove, billed: set[str]
) -> Change:
    order = order_of(work, around, change.target_id)
    if order is None or order.gone:
        return change
    if not order.billed and change.about.source_id not in billed:
        return change
    return _held(change, _billed_since(change, order))


def _billed_since(change: Remove, order: Order) -> Reason:
    return Reason(
        code="COMMITMENT_CANCELLED",
        sentence=f"{change.about.title} was cancelled in Procore, but order {order.number} has been"
        " billed, so it is left in Xero.",
        fix="See to the order and its bills in Xero by hand, then unlink the commitment.",
    )


def _own(desired: Desired) -> list[tuple[str, Mapping[str, Any]]]:
    return list(zip(desired.data["sources"], desired.payload["LineItems"], strict=True))


def _held(change: Update | Remove, reason: Reason) -> Hold:
    return Hold(
        about=change.about,
        reasons=(reason,),
        target_id=change.target_id,
        target_url=change.target_url,
    )


def _deleted(order_id: str) -> Reason:
    return Reason(
        code="ORDER_DELETED",
        sentence=f"Xero does not know the order {order_id} any more.",
        fix="Unlink the commitment to have it sent anew.",
    )


def _closed(order: Order) -> Reason | None:
    if not order.billed:
        return None
    return Reason(
        code="ORDER_BILLED",
        sentence=f"The commitment changed, but order {order.number} is marked as billed in Xero.",
        fix="Unmark it as billed in Xero, or undo the change in Procore.",
    )


def _differs(order: Order) -> Reason:
    return Reason(
        code="ORDER_DIFFERS",
        sentence=f"Order {order.number} was linked by hand, and its lines are not the"
        " commitment's.",
        fix="Make its lines equal in Xero, or unlink it and delete it there.",
    )


# Writing


def saved_orders(
    work: Work, around: CommitmentsAround, batch: Sequence[Stored], key: str
) -> Iterator[Result]:
    """Write one batch of orders, all new, all known or all to go, and yield what came of each.

    Known ones are read right before, so that no line is lost which somebody has added meanwhile.
    """
    due: list[Create | Update | Remove] = []
    for change in (stored.change for stored in batch):
        assert isinstance(change, Create | Update | Remove)
        if not isinstance(change, Create):
            around.orders.pop(change.target_id, None)
        if isinstance(change, Remove) and _is_gone(work, around, change.target_id):
            yield Saved(source_id=change.about.source_id, target_id=change.target_id)
        elif reason := _overtaken(work, around, change):
            yield Refused(
                source_id=change.about.source_id, errors=(reason.sentence,), fix=reason.fix
            )
        else:
            due.append(_whole(around, change) if isinstance(change, Update) else change)
    if not due:
        return
    payloads = [order_payload(around, change) for change in due]
    create = isinstance(due[0], Create)
    write = work.xero.create_purchase_orders if create else work.xero.update_purchase_orders
    for change, payload, element in zip(due, payloads, write(payloads, key), strict=True):
        yield order_result(change, payload, element)


def _overtaken(
    work: Work, around: CommitmentsAround, change: Create | Update | Remove
) -> Reason | None:
    """Return why an order is left as somebody has made it since the plan was."""
    if isinstance(change, Update):
        return _kept_from(work, around, change)
    if isinstance(change, Remove) and around.orders[change.target_id].billed:
        return _billed_since(change, around.orders[change.target_id])
    return None


def _whole(around: CommitmentsAround, change: Update) -> Update:
    """Return *change* with every line that its order has now, ours as they should be."""
    order, wanted = around.orders[change.target_id], _own(change.desired)
    link = _link_of(around, change)
    mine = lines_of(link, order, around.links_on) or claimed(order, wanted)
    mine = with_added(order, wanted, mine, taken_on(order, around.links_on))
    lines = composed(order, mine, wanted)
    payload = {**change.desired.payload, "PurchaseOrderID": order.id, "LineItems": lines}
    data = {**change.desired.data, "lines": dict(mine)}
    return replace(change, desired=replace(change.desired, payload=payload, data=data))


def _is_gone(work: Work, around: OrdersAround, order_id: str) -> bool:
    order = order_of(work, around, order_id)
    return order is None or order.gone


def order_payload(around: OrdersAround, change: Change) -> dict[str, Any]:
    """Return the element that a commitment's change sends."""
    if isinstance(change, Remove):
        return deletion(around.orders[change.target_id])
    assert isinstance(change, Create | Update)
    return dict(change.desired.payload)


def deletion(order: Order) -> dict[str, Any]:
    """Return the update that deletes an order; its lines are left out, so they stay readable."""
    update = order.written(())
    del update["LineItems"]
    return {**update, "Status": "DELETED"}


def order_result(
    change: Create | Update | Remove, payload: Mapping[str, Any], element: Element
) -> Result:
    """Return what came of one order's write, with whose line is whose."""
    source_id = change.about.source_id
    if not element.saved:
        return Refused(source_id=source_id, errors=element.errors, fix=FIX)
    order = Order.from_xero(element.record)
    if isinstance(change, Remove):
        return Saved(source_id=source_id, target_id=order.id)
    mine = change.desired.data.get("lines", {}) if isinstance(change, Update) else {}
    sources = change.desired.data["sources"]
    lines = written_ids(order.lines, payload["LineItems"], sources, mine)
    return saved_order(source_id, order, lines, lost(payload, order, element.errors))


def saved_order(
    source_id: str, order: Order, lines: Mapping[str, str], reasons: tuple[Reason, ...] = ()
) -> Saved:
    """Return that *order* stands, and which of its lines are the record's."""
    held = order.content(set(lines.values()))
    return Saved(
        source_id=source_id,
        target_id=order.id,
        held=fingerprint(held),
        data={"lines": dict(lines), "content": held},
        reasons=reasons,
    )


def lost(payload: Mapping[str, Any], order: Order, said: Sequence[str]) -> tuple[Reason, ...]:
    """Return what Xero left out though it said yes: it has dropped tracking without a word."""
    sent = content(payload["Contact"]["ContactID"], order.number, payload["LineItems"])
    changed = differences(sent, order.content())
    if not changed and not said:
        return ()
    words = [*said, *(f"{f.name}: sent {f.before}, kept {f.after}" for f in changed[:4])]
    return (
        Reason(
            code="ORDER_INCOMPLETE",
            sentence=f"Xero saved order {order.number}, but not all of it: {'; '.join(words)}.",
            fix="Complete the order in Xero.",
        ),
    )


def found_order(work: Work, doubt: Doubt) -> Found:
    """Look for an order whose answer was lost, by its number."""
    change = doubt.stored.change
    assert isinstance(change, Create)
    desired, source_id = change.desired, change.about.source_id
    order = order_numbered(work, desired.payload["PurchaseOrderNumber"])
    if order is None or order.gone:
        return Absent(source_id=source_id)
    wanted = _own(desired)
    lines = claimed(order, wanted, incomplete=True)
    same = order.contact_id == desired.payload["Contact"]["ContactID"]
    if same and len(lines) == len(wanted):
        return saved_order(source_id, order, lines, lost(desired.payload, order, ()))
    why = f"Xero has an order {order.number} ({order.id}) with other lines or another contact."
    return Unclear(source_id=source_id, why=why)
