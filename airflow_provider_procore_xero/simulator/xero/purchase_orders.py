"""Purchase orders: unique numbers that even deleted orders keep, always four places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .documents import check_currency, dates_of, shown
from .exchange import Answer, ApiCall
from .lines import Notes, Rules, build_lines, totals, untaxed
from .listing import Listing, listed, narrowed, values_of
from .parties import party
from .rates import put_rate
from .refusals import Invalid, NotFound
from .values import date_of, too_long

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

STATUS_INVALID = "PurchaseOrder status change is invalid"
DELETED_IS_DELETED = "Deleted PurchaseOrders cannot be updated"
NOT_UNIQUE = "Order number must be unique"
SENT_TOO_EARLY = "Only AUTHORISED and BILLED purchase orders may have SentToContact updated."
STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED", "BILLED", "DELETED")
_PLAIN = (
    "PurchaseOrderNumber", "Reference", "BrandingThemeID", "CurrencyCode", "DeliveryAddress",
    "AttentionTo", "Telephone", "DeliveryInstructions",
)  # fmt: skip
LENGTHS = {"DeliveryInstructions": 500, "PurchaseOrderNumber": 255, "Reference": 255}


def view(xero: Xero, order: Record, call: ApiCall) -> Record:
    return {**shown(xero, order, call, places=4, moment=False), "HasErrors": False}


SHAPE = Shape("PurchaseOrders", "PurchaseOrderID", "HasErrors", view)
LISTING = Listing(
    "PurchaseOrders",
    "PurchaseOrderID",
    view,
    orders=("PurchaseOrderNumber", "Date", "DeliveryDate"),
    paged=True,
    always_paged=True,
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    rows = narrowed(
        list(xero.purchase_orders.values()), values_of(call, "status"), lambda r: r["Status"]
    )
    if since := call.query.get("datefrom"):
        first = date_of(since, "DateFrom")
        rows = [row for row in rows if row["Date"] >= first]
    if until := call.query.get("dateto"):
        last = date_of(until, "DateTo")
        rows = [row for row in rows if row["Date"] <= last]
    return listed(xero, call, LISTING, rows)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    """By ID or by number."""
    key = call.parts["id"]
    found = xero.purchase_orders.get(key.lower()) or by_number(xero, key)
    if found is None:
        raise NotFound
    return Answer({"PurchaseOrders": [view(xero, found, call)]})


def by_number(xero: Xero, number: str) -> Record | None:
    """The order that holds *number*, a living one first."""
    holders = [o for o in xero.purchase_orders.values() if o["PurchaseOrderNumber"] == number]
    return min(holders, key=lambda order: order["Status"] == "DELETED", default=None)


def put(xero: Xero, call: ApiCall) -> Answer:
    def save(element: Record) -> Saved:
        number = element.get("PurchaseOrderNumber")
        if number and by_number(xero, str(number)) is not None:
            raise Invalid(NOT_UNIQUE)
        return create(xero, element)

    return save_all(xero, call, SHAPE, save)


def post(xero: Xero, call: ApiCall) -> Answer:
    unknown_is_404(xero, call, "PurchaseOrders", "PurchaseOrderID", xero.purchase_orders)
    return save_all(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.purchase_orders:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def _create_or_update(xero: Xero, element: Record) -> Saved:
    """By ID; without one, the order that already has the number is edited."""
    if "PurchaseOrderID" in element:
        found = xero.purchase_orders.get(str(element["PurchaseOrderID"]).lower())
        if found is None:
            raise Invalid("The purchase order with the specified ID could not be found.")
        return update(xero, found, element)
    number = element.get("PurchaseOrderNumber")
    holder = by_number(xero, str(number)) if number else None
    if holder is None:
        return create(xero, element)
    if holder["Status"] == "DELETED":
        raise Invalid(STATUS_INVALID, DELETED_IS_DELETED)
    return update(xero, holder, element)


def create(xero: Xero, sent: Record) -> Saved:
    notes = Notes()
    status = sent.get("Status", "DRAFT")
    if status not in ("DRAFT", "SUBMITTED", "AUTHORISED", "BILLED"):
        notes.errors.append(STATUS_INVALID)
    if not sent.get("LineItems"):
        notes.errors.append("One or more line items must be specified")
    draft = xero.blank_purchase_order(str(status))
    _merge(xero, draft, sent, notes)
    settle = party(xero, sent.get("Contact"), notes, may_create=False)
    notes.raise_if_any(None)
    assert settle is not None
    draft["Contact"] = {"ContactID": settle()["ContactID"]}
    draft["PurchaseOrderNumber"] = draft.get("PurchaseOrderNumber") or xero.next_order_number()
    xero.purchase_orders[draft["PurchaseOrderID"]] = draft
    return Saved(draft, notes.warnings)


def update(xero: Xero, order: Record, sent: Record) -> Saved:
    """Change *order*; leaving ``LineItems`` out keeps the lines.

    :raises Invalid: with all that is wrong, under the order's own ID.
    """
    key = order["PurchaseOrderID"]
    wanted = str(sent.get("Status", order["Status"]))
    if messages := _transition_problems(xero, order, wanted, sent):
        raise Invalid(*messages, record_id=key)
    notes = Notes()
    number = sent.get("PurchaseOrderNumber", order["PurchaseOrderNumber"])
    holder = by_number(xero, str(number))
    if holder is not None and holder is not order:
        notes.errors.append(NOT_UNIQUE)
    draft = {**order, "Status": wanted}
    _merge(xero, draft, sent, notes)
    settle = party(xero, sent["Contact"], notes, may_create=False) if "Contact" in sent else None
    notes.raise_if_any(key)
    if settle is not None:
        draft["Contact"] = {"ContactID": settle()["ContactID"]}
    order.update(draft)
    xero.stamp(order)
    return Saved(order, notes.warnings)


def _transition_problems(xero: Xero, order: Record, wanted: str, sent: Record) -> list[str]:
    now = order["Status"]
    if now == "DELETED":
        return [STATUS_INVALID, DELETED_IS_DELETED]
    if wanted not in STATUSES:
        return [STATUS_INVALID]
    if wanted == "DELETED":
        return []
    backwards = STATUSES.index(wanted) < STATUSES.index(now)
    allowed_back = now == "SUBMITTED" or xero.switches["po_back_to_draft"] == "allow"
    if backwards and not allowed_back:
        return [STATUS_INVALID]
    frozen = {"AUTHORISED": "po_edit_authorised", "BILLED": "po_edit_billed"}.get(now)
    if frozen and "LineItems" in sent and xero.switches[frozen] == "refuse":
        return [f"{now} purchase orders cannot be edited"]
    return []


def _merge(xero: Xero, draft: Record, sent: Record, notes: Notes) -> None:
    notes.errors += too_long(sent, LENGTHS)
    was = draft["CurrencyCode"]
    draft |= {name: sent[name] for name in _PLAIN if name in sent}
    put_rate(xero, draft, sent, was)
    draft |= dates_of(sent, "Date", "DeliveryDate", "ExpectedArrivalDate")
    check_currency(xero, draft, notes)
    if sent.get("SentToContact"):
        if draft["Status"] in ("AUTHORISED", "BILLED"):
            draft["SentToContact"] = True
        else:
            notes.warnings.append(SENT_TOO_EARLY)
    amount_types = str(sent.get("LineAmountTypes", draft["LineAmountTypes"]))
    if "LineItems" not in sent and amount_types == draft["LineAmountTypes"]:
        return
    old = draft["LineItems"]
    if amount_types != draft["LineAmountTypes"]:
        old = untaxed(old)
    lines = sent.get("LineItems", [{"LineItemID": line["LineItemID"]} for line in old])
    draft["LineAmountTypes"] = amount_types
    rules = Rules(
        places=4,
        draft=draft["Status"] in ("DRAFT", "SUBMITTED"),
        discounts=True,
        unit_with_quantity=True,
    )
    draft["LineItems"] = build_lines(xero, lines, old, amount_types, rules, notes)
    draft |= totals(draft["LineItems"], amount_types)
