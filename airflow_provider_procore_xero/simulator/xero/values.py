"""Reading what a caller sent: amounts, dates, GUIDs, JSON bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from .refusals import malformed, server_error

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 15
_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_MS_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_GUID_KEYS = frozenset(
    f"{name}ID"
    for name in (
        "Account", "Allocation", "BankTransaction", "BatchPayment", "BrandingTheme", "Contact",
        "ContactGroup", "CreditNote", "Invoice", "Item", "LineItem", "ManualJournal",
        "Overpayment", "Payment", "Prepayment", "PurchaseOrder", "TrackingCategory",
        "TrackingOption",
    )
)  # fmt: skip
_LISTS = frozenset(
    {
        "Tracking", "LineItems", "JournalLines", "Addresses", "Phones", "ContactPersons",
        "Payments", "Options", "TaxComponents",
    }
)  # fmt: skip
_OBJECTS = frozenset(
    {
        "Contact", "Account", "BankAccount", "Invoice", "CreditNote", "Prepayment",
        "Overpayment", "PurchaseDetails", "SalesDetails",
    }
)  # fmt: skip
_TEXTS = frozenset(
    {
        "Url", "TaxType", "ContactStatus", "AddressType", "PhoneType", "Name", "Code",
        "AccountCode", "ItemCode", "Reference", "Description", "InvoiceNumber",
        "CreditNoteNumber", "PurchaseOrderNumber", "ContactNumber", "AccountNumber",
        "EmailAddress",
    }
)  # fmt: skip
_AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")


def cents(amount: Decimal) -> Decimal:
    """*amount* to two places, half up: how tax and totals are rounded."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def decimal_of(value: Any, name: str) -> Decimal:
    """An amount sent as a number or as text.

    :raises BadRequest: number 14, if it is neither.
    """
    if isinstance(value, bool):
        raise malformed(f"The value of {name} is not a number.")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise malformed(f"The value of {name} is not a number.") from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise malformed(f"The value of {name} is not a number.")
    return number


def date_of(value: Any, name: str) -> str:
    """A calendar date as ISO text, from ``2026-11-20``, with a midnight, or ``/Date(ms)/``.

    :raises BadRequest: number 14, if it is none of these.
    """
    text = str(value)
    try:
        if found := _MS_DATE.match(text):
            return datetime.fromtimestamp(int(found[1]) / 1000, UTC).date().isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except (ValueError, OverflowError):
        raise malformed(f"The value of {name} is not a date.") from None


def is_guid(value: Any) -> bool:
    return isinstance(value, str) and bool(_GUID.match(value))


def json_body(body: bytes) -> Any:
    """The decoded body, every number with a point a Decimal, nulls dropped.

    :raises BadRequest: number 14, for bad JSON and for a malformed GUID anywhere in it.
    :raises Problem: 500, for ``Tracking`` that is not an array.
    """
    try:
        document = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise malformed("The JSON document could not be parsed.") from None
    _check(document)
    return _without_nulls(document)


def _check(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _check(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key in _GUID_KEYS and item is not None and not is_guid(item):
            raise malformed(f"Error converting value {item!r} to type 'System.Guid' at {key}.")
        if key == "Tracking" and isinstance(item, dict):
            raise server_error()
        _check_shape(key, item)
        _check(item)


def _check_shape(key: str, item: Any) -> None:
    wrong = (
        (key in _LISTS and not _is_list_of_objects(item))
        or (key in _OBJECTS and not isinstance(item, dict))
        or (key in _TEXTS and isinstance(item, dict | list | bool))
        or (key == "LineAmountTypes" and item not in _AMOUNT_TYPES)
    )
    if item is not None and wrong:
        raise malformed(f"The value of {key} does not have the right type.")


def _is_list_of_objects(item: Any) -> bool:
    return isinstance(item, list) and all(isinstance(each, dict) for each in item)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: _kept(key, item) for key, item in value.items() if item is not None}
    return value


def _kept(key: str, item: Any) -> Any:
    """A number where a text belongs is taken as text."""
    if key in _TEXTS and isinstance(item, int | Decimal) and not isinstance(item, bool):
        return str(item)
    return _without_nulls(item)


def too_long(element: dict[str, Any], limits: dict[str, int]) -> Iterable[str]:
    """A message for each text of *element* that is longer than its limit."""
    for name, limit in limits.items():
        value = element.get(name)
        if isinstance(value, str) and len(value) > limit:
            yield f"The length of {name} must not be more than {limit} characters."


def same_text(one: Any, other: Any) -> bool:
    """Names are compared without case and outer spaces."""
    return str(one or "").strip().casefold() == str(other or "").strip().casefold()
