"""Lists: what is asked for, since when, in which order, and which page of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .exchange import Answer, ApiCall
from .refusals import BadRequest, bad_query
from .where import Fields, compile_where

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

View = Callable[["Xero", "Record", ApiCall], "Record"]
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Listing:
    """How one endpoint lists its records.

    :param plural: the key of the array; *id_key* the key of the record's GUID.
    :param paged: knows ``page``; *always_paged* pages without being asked.
    :param since: honours If-Modified-Since.
    :param hidden: properties that an unpaged list leaves out.
    """

    plural: str
    id_key: str
    view: View
    fields: Fields = field(default_factory=Fields)
    orders: tuple[str, ...] = ()
    paged: bool = False
    always_paged: bool = False
    since: bool = True
    hidden: frozenset[str] = frozenset()


def listed(xero: Xero, call: ApiCall, listing: Listing, records: Iterable[Record]) -> Answer:
    """The answer to a list request over *records* (already narrowed by the caller)."""
    rows = records
    if listing.since and (since := call.headers.get("if-modified-since")):
        rows = _changed(rows, since, inclusive=xero.switches["modified_since_inclusive"])
    if where := call.query.get("where"):
        rows = _matching(xero, rows, where, listing.fields)
    ordered = _ordered(call, listing, list(rows))
    if listing.paged and ("page" in call.query or listing.always_paged):
        return _page(xero, call, listing, ordered)
    shown = [listing.view(xero, row, call) for row in ordered]
    if listing.hidden:
        shown = [_less(row, listing.hidden) for row in shown]
    return Answer({listing.plural: shown})


def _matching(xero: Xero, rows: Iterable[Record], where: str, fields: Fields) -> list[Record]:
    test = compile_where(where, fields)
    if not re.search(r"contact\.(name|contactnumber)", where, re.IGNORECASE):
        return [row for row in rows if test(row)]
    # Documents hold the contact's ID only; its name is that of today.
    known = xero.contacts
    return [row for row in rows if test({**row, "Contact": known[row["Contact"]["ContactID"]]})]


def _page(xero: Xero, call: ApiCall, listing: Listing, rows: list[Record]) -> Answer:
    page = max(1, _whole(call.query.get("page", "1"), 1))
    size = min(max(1, _whole(call.query.get("pagesize", "100"), 100)), LARGEST_PAGE)
    if page > 1 and xero.faults.take("forget_row", "xero", call.method, call.path) and rows:
        # Somebody edits the first row: it moves to the end, and one row is never seen.
        xero.stamp(rows[0])
        rows = _ordered(call, listing, rows)
    count = ceil(len(rows) / size)
    if page > max(count, 1) and xero.switches["page_beyond_end"] == "refuse":
        raise BadRequest(10, "ValidationException", "The page does not exist.", [])
    shown = rows[(page - 1) * size : page * size]
    return Answer(
        {
            "pagination": {
                "page": page,
                "pageSize": size,
                "pageCount": count,
                "itemCount": len(rows),
            },
            "Warnings": [],
            listing.plural: [listing.view(xero, row, call) for row in shown],
        }
    )


def _whole(text: str, default: int) -> int:
    try:
        return int(text)
    except ValueError:
        return default


def _less(row: Record, hidden: frozenset[str]) -> Record:
    return {name: value for name, value in row.items() if name not in hidden}


def _changed(rows: Iterable[Record], header: str, *, inclusive: bool) -> list[Record]:
    """Rows changed since *header*, compared by whole seconds."""
    since = seconds_of(header)
    if inclusive:
        return [row for row in rows if row["UpdatedDateUTC"][:19] >= since]
    return [row for row in rows if row["UpdatedDateUTC"][:19] > since]


def seconds_of(header: str) -> str:
    """``2026-11-22T10:00:00`` from that form, one with an offset, or an HTTP date.

    :raises BadRequest: if it is neither.
    """
    try:
        moment = (
            parsedate_to_datetime(header)
            if re.match(r"[A-Za-z]{3},", header)
            else datetime.fromisoformat(header)
        )
    except ValueError:
        raise bad_query("The If-Modified-Since header is not a date.") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _ordered(call: ApiCall, listing: Listing, rows: list[Record]) -> list[Record]:
    """By ``order``, or by UpdatedDateUTC; the ID breaks ties."""
    rows = sorted(rows, key=itemgetter(listing.id_key))
    asked = call.query.get("order")
    if not asked:
        return sorted(rows, key=_key("UpdatedDateUTC"))
    for part in reversed(asked.split(",")):
        name, _, direction = part.strip().partition(" ")
        rows.sort(key=_key(_order_name(name, listing)), reverse=_descending(direction))
    return rows


def _order_name(name: str, listing: Listing) -> str:
    for known in (*listing.orders, listing.id_key, "UpdatedDateUTC"):
        if known.lower() == name.lower():
            return known
    raise bad_query(f"No optimised order by {name}.")


def _descending(direction: str) -> bool:
    word = direction.strip().upper()
    if word not in ("", "ASC", "DESC"):
        raise bad_query(f"{direction} is not a direction.")
    return word == "DESC"


def _key(name: str) -> Callable[[Record], Any]:
    return lambda row: row.get(name) or ""


def values_of(call: ApiCall, name: str) -> list[str]:
    """A comma-separated parameter, without quotes and spaces."""
    return [part.strip().strip('"') for part in call.query.get(name, "").split(",") if part.strip()]


def narrowed(
    rows: Sequence[Record], names: Iterable[str], value: Callable[[Record], Any]
) -> list[Record]:
    """The rows whose *value* is one of *names*, without case; all rows without names."""
    wanted = {name.casefold() for name in names}
    if not wanted:
        return list(rows)
    return [row for row in rows if str(value(row) or "").casefold() in wanted]
