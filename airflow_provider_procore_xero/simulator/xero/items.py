"""Items: unique codes of thirty characters, five hundred to a call, no pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .exchange import Answer, ApiCall
from .listing import Listing, listed
from .refusals import BadRequest, Invalid, NotFound
from .values import decimal_of, rounded, too_long
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

MOST_IN_A_CALL = 500
LENGTHS = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}
_PLAIN = (*LENGTHS, "InventoryAssetAccountCode")
_DETAILS = {"PurchaseDetails": "IsPurchased", "SalesDetails": "IsSold"}


def view(xero: Xero, item: Record, call: ApiCall) -> Record:
    seen = dict(item)
    for name in _DETAILS:
        if details := seen.get(name):
            seen[name] = dict(details)
            if "UnitPrice" in details:
                price = decimal_of(details["UnitPrice"], "UnitPrice")
                seen[name]["UnitPrice"] = rounded(price, call.places)
    return seen


SHAPE = Shape("Items", "ItemID", "HasErrors", view)
LISTING = Listing(
    "Items",
    "ItemID",
    view,
    Fields(equal=("Code", "Name"), ids=("ItemID",)),
    orders=("Code", "Name"),
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, LISTING, xero.items.values())


def get_one(xero: Xero, call: ApiCall) -> Answer:
    return Answer({"Items": [view(xero, _item(xero, call), call)]})


def _item(xero: Xero, call: ApiCall) -> Record:
    key = call.parts["id"]
    found = xero.items.get(key.lower()) or xero.item_of_code(key)
    if found is None:
        raise NotFound
    return found


def put(xero: Xero, call: ApiCall) -> Answer:
    _check_count(call)
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element, call.places))


def post(xero: Xero, call: ApiCall) -> Answer:
    """Update by ItemID or Code, else create."""
    _check_count(call)
    unknown_is_404(xero, call, "Items", "ItemID", xero.items)
    return save_all(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.items:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def delete(xero: Xero, call: ApiCall) -> Answer:
    item = _item(xero, call)
    keeps_used = xero.switches["delete_used_item"] == "refuse"
    if item["IsTrackedAsInventory"] or (keeps_used and _is_used(xero, item["Code"])):
        raise BadRequest(10, "ValidationException", "The item is in use and cannot be deleted.")
    del xero.items[item["ItemID"]]
    return Answer(None, 204)


def _is_used(xero: Xero, code: str) -> bool:
    return any(
        line.get("ItemCode") == code
        for records in (xero.invoices, xero.purchase_orders, xero.bank_transactions)
        for record in records.values()
        for line in record["LineItems"]
    )


def _check_count(call: ApiCall) -> None:
    if len(call.elements("Items")) > MOST_IN_A_CALL:
        raise BadRequest(
            10, "ValidationException", f"No more than {MOST_IN_A_CALL} items in a request.", []
        )


def _create_or_update(xero: Xero, element: Record, places: int) -> Saved:
    key = str(element.get("ItemID", "")).lower()
    found = xero.items.get(key) or xero.item_of_code(str(element.get("Code", "")))
    if key and found is None:
        raise Invalid("The item with the specified ItemID could not be found.")
    if found is None:
        return _create(xero, element, places)
    _check(xero, element, but=found["ItemID"])
    _write(xero, found, element, places)
    return Saved(found)


def _create(xero: Xero, element: Record, places: int) -> Saved:
    if not element.get("Code"):
        raise Invalid("Price List Item Code must be specified.")
    _check(xero, element, but=None)
    item = xero.add_item(str(element["Code"]))
    _write(xero, item, element, places)
    return Saved(item)


def _check(xero: Xero, element: Record, *, but: str | None) -> None:
    errors = list(too_long(element, LENGTHS))
    holder = xero.item_of_code(str(element.get("Code", "")))
    if holder is not None and holder["ItemID"] != but:
        errors.append(f"Price List Item with Code '{element['Code']}' already exists")
    for name in _DETAILS:
        code = element.get(name, {}).get("AccountCode")
        if code and xero.account_of(str(code)) is None:
            errors.append(f"Account code '{code}' is not a valid code for this document.")
    if errors:
        raise Invalid(*errors, record_id=but)


def _write(xero: Xero, item: Record, element: Record, places: int) -> None:
    item |= {name: element[name] for name in _PLAIN if name in element}
    item |= {flag: bool(element[flag]) for flag in _DETAILS.values() if flag in element}
    for name, flag in _DETAILS.items():
        if name in element:
            item[name] = dict(element[name])
            if "UnitPrice" in element[name]:
                price = decimal_of(element[name]["UnitPrice"], "UnitPrice")
                item[name]["UnitPrice"] = rounded(price, places)
        if not item[flag]:
            # The texts and prices of a side that is switched off are nulled.
            item[name] = {}
    xero.stamp(item)
